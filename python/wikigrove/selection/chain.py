"""Price every subset of a cell by the MMD² it would give, on top of what the stratum's earlier cells have chosen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import fsum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wikigrove.quantum.space import SubsetSpace, membership, subset_masks
from wikigrove.selection.cells import Cell, Population
from wikigrove.selection.problem import Problem

COST_GRID: Final = 2.0**-40
"""Costs are rounded to this step. Subsets of equal cost, as duplicates make them, must not fall on two sides of the
threshold because their members are added up in another order; kernel values are at most 1 and have fixed bits."""

ACCEPTABLE_FRACTION: Final = 0.05
"""Share of a cell's subsets that counts as balanced."""


class Chain:
    """The rows that a stratum has chosen so far, and the price of adding a subset of the next cell.

    Cells priced one by one against the population would all lean to its centre, and the lean would not average out: for
    hundreds of picks such a selection is worse than a random one. So each cell is balanced given the ones before it
    (sequential rerandomization: Zhou, Ernst, Morgan, Rubin, Zhang, Biometrika 105(3), 2018), and the cost of the last
    draw is the MMD² of the stratum's whole selection.

    Args:
        problem: The instance.
        population: What the stratum is measured against.
        means: For each candidate row its mean kernel over the population.
    """

    def __init__(self, problem: Problem, population: Population, means: Mapping[int, float]) -> None:
        self._problem = problem
        self._population = population
        self._means = means
        self._rows = np.empty(0, dtype=np.int64)
        self._inside = 0.0
        self._linear = 0.0

    @property
    def rows(self) -> NDArray[np.int64]:
        """The rows chosen so far, in the order in which they were added."""
        return self._rows

    def add(self, rows: NDArray[np.int64]) -> None:
        """Add chosen rows."""
        kernel = self._problem.similarity(rows, rows)
        self._inside += fsum(kernel.ravel()) + 2.0 * fsum(self._towards(rows))
        self._linear += fsum(self._means_of(rows))
        self._rows = np.concatenate([self._rows, rows])

    def space(self, cell: Cell) -> SubsetSpace:
        """Enumerate the subsets of a cell, price them and fix the threshold; no random number is involved.

        Args:
            cell: A cell that is not trivial.

        Returns:
            All subsets; the good ones are the cheapest 5 %, at least one.
        """
        costs = subset_costs(
            self._problem.similarity(cell.rows, cell.rows),
            self._towards(cell.rows),
            self._means_of(cell.rows),
            cell.take,
            count=len(self._rows),
            inside=self._inside,
            linear=self._linear,
            mean_of_means=self._population.mean_of_means,
        )
        costs = np.rint(costs / COST_GRID) * COST_GRID
        return SubsetSpace.at_fraction(len(cell.rows), cell.take, costs, fraction=ACCEPTABLE_FRACTION)

    def _means_of(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.array([self._means[row] for row in rows.tolist()])

    def _towards(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the sum of each row's kernel over the rows chosen so far."""
        if not len(self._rows):
            return np.zeros(len(rows))
        return self._problem.mean_similarity_to(rows, self._rows) * len(self._rows)


def subset_costs(
    kernel: NDArray[np.float64],
    towards: NDArray[np.float64],
    means: NDArray[np.float64],
    take: int,
    *,
    count: int = 0,
    inside: float = 0.0,
    linear: float = 0.0,
    mean_of_means: float = 0.0,
) -> NDArray[np.float64]:
    """Return the MMD² that each k-subset of the candidates gives together with the rows chosen before.

    MMD²(S) = 1/B² Σ K_ij - 2/B Σ μ_i + K̄ over all B rows of S (Gretton et al. 2012, JMLR 13, section 2.2).

    Args:
        kernel: float64[n, n] between the candidates.
        towards: float64[n], the sum of each candidate's kernel over the rows chosen before.
        means: float64[n], the mean kernel of each candidate over the population.
        take: The size of a subset, at least 1.
        count: Number of rows chosen before.
        inside: Sum of the kernel over all pairs of them.
        linear: Sum of their mean kernels over the population.
        mean_of_means: The mean kernel over all pairs of the population.

    Returns:
        float64[C(n, take)], in the order of `subset_masks`.

    Example:
        >>> subset_costs(np.eye(2), np.zeros(2), np.array([0.5, 0.25]), 1, mean_of_means=0.5).tolist()
        [0.5, 1.0]
    """
    members = _members(len(means), take)
    # Only sums and products of whole vectors, always in this order: the bits depend neither on a BLAS nor on threads.
    pairs, weights = np.full(members.shape[1], inside), np.full(members.shape[1], linear)
    for i, own in enumerate(members):
        others = np.full(members.shape[1], towards[i] + 0.5 * kernel[i, i])
        for j in range(i):
            others += kernel[i, j] * members[j]
        pairs += 2.0 * others * own
        weights += means[i] * own
    total = count + take
    return pairs / total**2 - (2.0 / total) * weights + mean_of_means


@lru_cache(maxsize=32)
def _members(n: int, take: int) -> NDArray[np.float64]:
    return np.ascontiguousarray(membership(subset_masks(n, take), n).T)
