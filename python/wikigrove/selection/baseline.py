"""What chance reaches at the same budget and the same quotas; no figure of a selection means anything without it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wikigrove.errors import SelectionError
from wikigrove.selection.generator import TASK_BASELINE, draw_rows, generator
from wikigrove.selection.metrics import METRICS, measure
from wikigrove.selection.problem import Problem

LEAST_DRAWS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The metrics of random draws.

    Args:
        draws: For each draw its metrics.
    """

    draws: tuple[dict[str, float], ...]

    def summary(self, metrics: dict[str, float]) -> dict[str, Any]:
        """Set the metrics of a selection beside those of the draws.

        Args:
            metrics: What `measure` found for the selection.

        Returns:
            `draws`, and for each metric `mean`, `std` (of the sample), `min`, `max`, `z` = (selection - mean) / std,
            `beaten`: how many draws have a greater value, and `values`: that of each draw. `z` is None
            where the draws do not differ, as the
            counts of strata under fixed quotas.
        """
        return {"draws": len(self.draws), **{name: self._compare(name, metrics[name]) for name in METRICS}}

    def _compare(self, name: str, value: float) -> dict[str, float | list[float] | None]:
        values = [draw[name] for draw in self.draws]
        mean = math.fsum(values) / len(values)
        low, high = min(values), max(values)
        # Equal values may have a mean that is off by a rounding; they have no spread.
        spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1)) if high > low else 0.0
        return {
            "mean": mean if high > low else low,
            "std": spread,
            "min": low,
            "max": high,
            "z": (value - mean) / spread if spread > 0.0 else None,
            "beaten": sum(other > value for other in values),
            "values": values,
        }


def random_baseline(problem: Problem, draws: int = LEAST_DRAWS, seed: int = 0) -> Baseline:
    """Draw uniformly within the strata, without replacement, and measure each draw.

    Args:
        problem: The instance; its quotas hold for every draw.
        draws: How many, at least 20.
        seed: Where the draws start from. Each stratum has its own generator, so no other stratum changes its draws.

    Returns:
        The metrics of every draw.

    Raises:
        SelectionError: Fewer than 20 draws were asked for.

    Example:
        >>> matrix = np.arange(12, dtype=np.float32).reshape(12, 1)
        >>> baseline = random_baseline(Problem.build(matrix, budget=12))
        >>> baseline.summary(baseline.draws[0])["mmd2"]["std"]
        0.0
    """
    if draws < LEAST_DRAWS:
        raise SelectionError(f"a baseline takes at least {LEAST_DRAWS} draws: {draws}")
    return Baseline(draws=tuple(measure(problem, rows) for rows in draw_baseline(problem, draws, seed)))


def draw_baseline(problem: Problem, draws: int, seed: int) -> list[NDArray[np.int64]]:
    """Draw the rows of a baseline.

    Args:
        problem: The instance.
        draws: How many.
        seed: Where the draws start from.

    Returns:
        For each draw int64[budget], ascending rows of the problem.
    """
    parts: list[list[NDArray[np.int64]]] = [[] for _ in range(draws)]
    for code, (name, quota) in enumerate(zip(problem.strata_names, problem.quotas.tolist(), strict=True)):
        members = np.flatnonzero(problem.strata == code)
        random = generator(seed, task=TASK_BASELINE, stratum=name)
        for part in parts:
            part.append(members[draw_rows(random, len(members), quota)])
    return [np.sort(np.concatenate(part)) for part in parts]
