"""How many rows each stratum gives: proportional, by square root, equal, or as told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from wikigrove.errors import SelectionError
from wikigrove.selection.generator import TASK_QUOTAS, draw_rows, generator

RULES: Final = ("proportional", "sqrt", "equal")

Quotas = str | Mapping[str, int]


def allocate(
    sizes: Sequence[int], names: Sequence[str], *, budget: int, quotas: Quotas, seed: int
) -> NDArray[np.int64]:
    """Divide a budget over strata, never above a stratum's size; what a small stratum cannot give goes to the others.

    `proportional` and `sqrt` share by size and by its square root with largest remainders (ties: the earlier
    stratum). `equal` is the balanced cut: the largest c with sum(min(c, size)) <= budget, the rest one each to
    strata drawn with the seed among those that still have rows (Vo et al. 2024, arXiv 2405.15613). A mapping gives
    each stratum its count; strata that it leaves out give nothing.

    Args:
        sizes: Rows per stratum.
        names: Names in the same order.
        budget: Rows to choose, at least 1.
        quotas: One of `RULES`, or a mapping from name to count.
        seed: Seed of the `equal` rule's draw.

    Returns:
        int64[len(sizes)], summing to `budget`.

    Raises:
        SelectionError: There are no rows, the budget is not between 1 and their number, the rule is unknown, or the
            mapping does not fit.

    Example:
        >>> allocate([50, 30, 20, 7], ["a", "b", "c", "d"], budget=10, quotas="proportional", seed=0).tolist()
        [5, 3, 2, 0]
    """
    eligible = sum(sizes)
    if eligible == 0:
        raise SelectionError("there are no rows to choose from; hint: ingest a dump or widen the filter")
    if isinstance(budget, bool) or not isinstance(budget, int | np.integer) or budget < 1:
        raise SelectionError(f"a budget is a whole number of at least 1: {budget!r}")
    if budget > eligible:
        raise SelectionError(f"budget {budget} exceeds the eligible rows: {eligible}; hint: lower the budget")
    if not isinstance(quotas, str):
        return _explicit(sizes, names, int(budget), quotas)
    if quotas == "proportional":
        counts = _largest_remainder(sizes, sizes, int(budget))
    elif quotas == "sqrt":
        counts = _largest_remainder([math.sqrt(size) for size in sizes], sizes, int(budget))
    elif quotas == "equal":
        counts = _balanced_cut(sizes, int(budget), seed)
    else:
        raise SelectionError(f"unknown quota rule: {quotas!r}; hint: {', '.join(RULES)}, or a mapping name -> count")
    return np.asarray(counts, dtype=np.int64)


def _largest_remainder(weights: Sequence[float], sizes: Sequence[int], budget: int) -> list[int]:
    counts = [0] * len(sizes)
    open_strata = [index for index, size in enumerate(sizes) if size > 0]
    remaining = budget
    while True:
        # Whole weights (the proportional rule) are shared in whole numbers, so no remainder is a rounding error.
        total = math.fsum(weights[index] for index in open_strata)
        if all(isinstance(weight, int) for weight in weights):
            total = int(total)
        shares = {index: divmod(remaining * weights[index], total) for index in open_strata}
        full = [index for index in open_strata if shares[index][0] >= sizes[index]]
        if not full:
            break
        for index in full:
            counts[index] = sizes[index]
            remaining -= sizes[index]
        open_strata = [index for index in open_strata if index not in set(full)]
        if not open_strata:
            return counts
    for index in open_strata:
        counts[index] = int(shares[index][0])
    left = budget - sum(counts)
    for index in sorted(open_strata, key=lambda index: (-shares[index][1], index))[:left]:
        counts[index] += 1
    return counts


def _balanced_cut(sizes: Sequence[int], budget: int, seed: int) -> list[int]:
    low, high = 0, max(sizes)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(middle, size) for size in sizes) <= budget:
            low = middle
        else:
            high = middle - 1
    counts = [min(low, size) for size in sizes]
    having = [index for index, size in enumerate(sizes) if size > low]
    for position in draw_rows(generator(seed, task=TASK_QUOTAS), len(having), budget - sum(counts)):
        counts[having[int(position)]] += 1
    return counts


def _explicit(sizes: Sequence[int], names: Sequence[str], budget: int, quotas: Mapping[str, int]) -> NDArray[np.int64]:
    unknown = sorted(set(quotas) - set(names))
    if unknown:
        raise SelectionError(f"the quotas name strata that no row has: {', '.join(unknown[:5])}")
    counts = []
    for name, size in zip(names, sizes, strict=True):
        count = cast("object", quotas.get(name, 0))
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 0:
            raise SelectionError(f"the quota of stratum {name!r} is not a whole number: {count!r}")
        if count > size:
            raise SelectionError(f"the quota of stratum {name!r} is {count}, its rows: {size}; hint: lower that quota")
        counts.append(int(count))
    if sum(counts) != budget:
        raise SelectionError(f"the quotas add up to {sum(counts)}, the budget is: {budget}; hint: make them equal")
    return np.asarray(counts, dtype=np.int64)
