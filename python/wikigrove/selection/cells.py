"""Cut the selection into cells small enough to enumerate, and say what they are measured against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, fsum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wikigrove.errors import SelectionError
from wikigrove.selection.generator import TASK_REFERENCE, draw_rows, generator
from wikigrove.selection.problem import Problem

CELL_SIZE: Final = 16
"""Candidates in a cell, at most: C(16, 8) = 12,870 subsets are enumerated in milliseconds."""

POPULATION_LIMIT: Final = 4_096
"""Rows that stand for one stratum among several, at most: the constant of its MMD² takes the square of them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cell:
    """A few candidates of one stratum, and how many of them to take.

    Attributes:
        name: `<stratum>/<number>`, the key of its random streams.
        stratum: Code of the stratum.
        number: Number of the cell within the stratum.
        rows: int64[n], candidates in the order of the shortlist.
        take: How many of them are taken, 0 <= take <= n.
    """

    name: str
    stratum: int
    number: int
    rows: NDArray[np.int64]
    take: int

    @property
    def is_trivial(self) -> bool:
        """Whether there is nothing to choose: none or all are taken."""
        return self.take in {0, len(self.rows)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Population:
    """What the subsets of a stratum's cells are measured against.

    Attributes:
        rows: int64, the stratum's rows, or a sample of them.
        is_sample: Whether they are a sample.
        mean_of_means: The mean of the kernel over all pairs of these rows.
    """

    rows: NDArray[np.int64]
    is_sample: bool
    mean_of_means: float


def deal(problem: Problem, shortlists: Sequence[NDArray[np.int64]], *, cell_size: int = CELL_SIZE) -> list[Cell]:
    """Deal each stratum's shortlist round-robin into cells and share its quota among them.

    Round-robin, so that every cell gets early and late picks. Shares follow the cells' sizes by rounding the running
    total, which adds up to the quota exactly and never exceeds a cell.

    Args:
        problem: The instance.
        shortlists: Candidate rows per stratum, in the order in which they were picked.
        cell_size: Candidates in a cell, at most.

    Returns:
        The cells, by stratum and number.

    Raises:
        SelectionError: If a shortlist is shorter than its quota, or repeats or misplaces a row.
    """
    cells = []
    for stratum, shortlist in enumerate(shortlists):
        rows, quota = np.asarray(shortlist, dtype=np.int64), int(problem.quotas[stratum])
        name = problem.strata_names[stratum]
        if len(rows) < quota or len(np.unique(rows)) != len(rows) or np.any(problem.strata[rows] != stratum):
            raise SelectionError(f"the shortlist does not serve the stratum: {name}")
        if quota == 0:
            continue
        count = ceil(len(rows) / cell_size)
        dealt = given = 0
        for number in range(count):
            hand = rows[number::count]
            dealt += len(hand)
            total = quota * dealt // len(rows)
            take = total - given
            cells.append(Cell(name=f"{name}/{number}", stratum=stratum, number=number, rows=hand, take=take))
            given = total
    return cells


def population_of(problem: Problem, stratum: int) -> Population:
    """Return the rows that stand for a stratum and the constant of its MMD².

    Where there is one stratum these are the problem's own reference and constant. A stratum of more than 4,096 rows is
    represented by as many of them, drawn with the problem's seed and the stratum's name.
    """
    rows = np.flatnonzero(problem.strata == stratum).astype(np.int64)
    if len(rows) == problem.size:
        return Population(rows=problem.reference, is_sample=not problem.is_exact, mean_of_means=problem.mean_of_means)
    is_sample = len(rows) > POPULATION_LIMIT
    if is_sample:
        random = generator(problem.seed, task=TASK_REFERENCE, stratum=problem.strata_names[stratum])
        rows = rows[draw_rows(random, len(rows), POPULATION_LIMIT)]
    means = problem.mean_similarity_to(rows, rows)
    return Population(rows=rows, is_sample=is_sample, mean_of_means=fsum(means) / len(means))


def mean_similarities(problem: Problem, population: Population, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean kernel of each row over the population, float64[len(rows)]."""
    if problem.is_exact and population.rows is problem.reference:
        return problem.mean_similarity[rows]
    return problem.mean_similarity_to(rows, population.rows)
