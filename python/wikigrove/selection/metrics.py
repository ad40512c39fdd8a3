"""How well chosen rows stand for the population: discrepancy, coverage, and the counts of strata.

No single one of these is representativeness. All but the counts are taken against the problem's reference rows: the
whole population up to 20,000 rows, a seeded draw of 20,000 above that.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wikigrove import _core
from wikigrove.errors import SelectionError
from wikigrove.selection.problem import Problem

METRICS: Final = (
    "mmd2",
    "energy_distance",
    "coverage_mean",
    "coverage_p99",
    "coverage_max",
    "chi2",
    "total_variation",
)
"""Every metric; for each of them less is nearer to the population."""


def measure(problem: Problem, rows: NDArray[np.int64]) -> dict[str, float]:
    """Measure a set of rows.

    * `mmd2`: squared maximum mean discrepancy (Gretton et al. 2012, JMLR 13), as `Problem.objective`.
    * `energy_distance`: 2 E|X - Y| - E|X - X'| - E|Y - Y'| over all pairs (Székely and Rizzo 2013); no bandwidth.
    * `coverage_mean`, `coverage_p99`, `coverage_max`: distance of the reference rows that were not chosen to the
      nearest chosen row, 0 where all were; p99 is the smallest distance that at least 99 % of those rows keep.
    * `chi2`: Σ (chosen - expected)² / expected over strata, expected at the population's shares; its degrees of
      freedom are `degrees_of_freedom(problem)`.
    * `total_variation`: half the sum of the absolute differences of the shares.

    Args:
        problem: The instance.
        rows: int64[b], rows of the problem, at least one, in any order, none twice.

    Returns:
        The metrics in the order of `METRICS`.

    Raises:
        SelectionError: `rows` is empty.

    Example:
        >>> plane = [(0, 0), (1, 0), (0, 2), (3, 1), (5, 5), (6, 4), (2, 6)]
        >>> problem = Problem.build(np.array(plane, dtype=np.float32), budget=3)
        >>> found = measure(problem, np.array([3, 4, 0]))
        >>> round(found["mmd2"], 10), round(found["coverage_max"] ** 2)
        (0.0268719432, 10)
    """
    if not len(rows):
        raise SelectionError("the metrics of no rows are not defined")
    chosen = np.sort(rows)
    vectors, count = problem.matrix[chosen], len(chosen)
    inside, inside_distance = _core.pair_means(vectors, problem.bandwidth, threads=problem.threads)
    across, across_distance, nearest = problem.compare(chosen)
    energy = (2.0 * math.fsum(across_distance) - math.fsum(inside_distance)) / count - problem.mean_distance
    nearest = np.sort(nearest) if len(nearest) else np.zeros(1)
    sizes = problem.sizes
    counts = np.bincount(problem.strata[chosen], minlength=len(sizes))
    shares = sizes / problem.size
    differences = counts / count - shares
    return {
        "mmd2": (math.fsum(inside) - 2.0 * math.fsum(across)) / count + problem.mean_of_means,
        "energy_distance": energy,
        "coverage_mean": math.fsum(nearest) / len(nearest),
        "coverage_p99": float(nearest[-(-99 * len(nearest) // 100) - 1]),
        "coverage_max": float(nearest[-1]),
        "chi2": math.fsum(count * differences**2 / shares),
        "total_variation": math.fsum(np.abs(differences)) / 2.0,
    }


def degrees_of_freedom(problem: Problem) -> int:
    """Return the degrees of freedom of the `chi2` metric: one less than there are strata.

    Args:
        problem: The instance.

    Returns:
        At least 0.
    """
    return len(problem.strata_names) - 1
