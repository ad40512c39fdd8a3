"""Where randomness comes from: one counter-based generator per (seed, task, lane, stratum)."""

from __future__ import annotations

from typing import Final

import numpy as np
import xxhash

from wikigrove.errors import SelectionError

TASK_BALANCED_SUBSET: Final = 4
TASK_BASELINE: Final = 6
TASK_BANDWIDTH: Final = 7
TASK_REFERENCE: Final = 8
TASK_FEATURES: Final = 9
TASK_QUOTAS: Final = 10

LANE_CLASSICAL: Final = 1
LANE_QUANTUM: Final = 2

SEED_LIMIT: Final = 2**53
"""Seeds stay below this, so that they survive JSON (RFC 8785 numbers are IEEE doubles)."""


def generator(seed: int, *, task: int, lane: int = LANE_CLASSICAL, stratum: str | None = None) -> np.random.Generator:
    """Make the generator of one task, which no other task, lane, stratum, order or thread count can disturb.

    Only `random()` and `integers()` of it may be used: NumPy promises nothing about the stream of the others.

    Args:
        seed: The selection's seed, 0 <= seed < 2**53.
        task: One of the `TASK_` constants.
        lane: `LANE_CLASSICAL` or `LANE_QUANTUM`.
        stratum: The stratum's name, or None for a draw over all rows.

    Returns:
        A Philox generator.

    Raises:
        SelectionError: The seed is no such number.

    Example:
        >>> first = generator(7, task=TASK_BASELINE, stratum="de").random()
        >>> bool(first == generator(7, task=TASK_BASELINE, stratum="de").random())
        True
    """
    if isinstance(seed, bool) or not 0 <= seed < SEED_LIMIT:
        raise SelectionError(f"a seed is a whole number from 0 to 2**53 - 1: {seed!r}")
    key = 0 if stratum is None else xxhash.xxh3_64_intdigest(stratum.encode())
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([int(seed), task, lane, key])))


def draw_rows(random: np.random.Generator, count: int, size: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Draw `size` of `count` rows without replacement, all subsets equally likely.

    Args:
        random: The generator to draw from; it gives `count` numbers.
        count: How many rows there are.
        size: How many to take.

    Returns:
        Row numbers, ascending.

    Example:
        >>> draw_rows(generator(0, task=TASK_BASELINE), 3, 3).tolist()
        [0, 1, 2]
    """
    order = np.argsort(random.random(count), kind="stable")
    return np.sort(order[:size]).astype(np.int64)
