"""Subsets cost the MMD² of the whole selection so far, equal ones cost the same, and the cheapest 5 % are good."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from wikigrove.selection.cells import Cell, mean_similarities, population_of
from wikigrove.selection.chain import ACCEPTABLE_FRACTION, COST_GRID, Chain
from wikigrove.selection.problem import Problem


def problem_of(rows: int, *, strata: int = 1, seed: int = 0) -> Problem:
    random = np.random.default_rng(seed)
    labels = [f"s{label}" for label in random.integers(0, strata, rows)]
    return Problem.build(random.normal(size=(rows, 8)).astype(np.float32), budget=6, strata=labels, seed=seed)


def chain_of(problem: Problem, stratum: int = 0) -> Chain:
    population = population_of(problem, stratum)
    rows = np.flatnonzero(problem.strata == stratum)
    means = mean_similarities(problem, population, rows)
    return Chain(problem, population, dict(zip(rows.tolist(), means.tolist(), strict=True)))


def cell_of(rows: np.ndarray, take: int) -> Cell:
    return Cell(name="x/0", stratum=0, number=0, rows=rows, take=take)


def naive_cost(problem: Problem, rows: list[int], population: list[int]) -> float:
    """MMD² as it is defined, one kernel value at a time."""

    def kernel(a: int, b: int) -> float:
        value = float(problem.similarity(np.array([a]), np.array([b]))[0, 0])
        gap = problem.matrix[a].astype(float) - problem.matrix[b].astype(float)
        assert value == pytest.approx(np.exp(-(gap @ gap) / problem.bandwidth), abs=1e-6)
        return value

    def mean(left: list[int], right: list[int]) -> float:
        return float(np.mean([[kernel(a, b) for b in right] for a in left]))

    return mean(rows, rows) - 2 * mean(rows, population) + mean(population, population)


@pytest.mark.parametrize("strata", [1, 2])
@pytest.mark.parametrize("before", [0, 1, 5])
def test_every_subset_costs_the_mmd_of_the_selection_with_it(strata: int, before: int) -> None:
    problem = problem_of(24, strata=strata, seed=strata)
    members = np.flatnonzero(problem.strata == 0)
    chain = chain_of(problem)
    earlier, candidates = members[6 : 6 + before], members[:6]
    for start in range(0, before, 2):  # in several steps, as cells do
        chain.add(earlier[start : start + 2])
    assert chain.rows.tolist() == earlier.tolist()
    space = chain.space(cell_of(candidates, 3))
    masks = space.masks.tolist()
    for chosen in combinations(range(6), 3):
        cost = space.costs[masks.index(sum(1 << position for position in chosen))]
        rows = [*earlier.tolist(), *candidates[list(chosen)].tolist()]
        assert cost == pytest.approx(naive_cost(problem, rows, members.tolist()), abs=1e-12 + COST_GRID)
    assert space.marked.size == max(1, int(ACCEPTABLE_FRACTION * space.size))
    assert space.costs[space.marked].max() == space.threshold < np.delete(space.costs, space.marked).min()


def test_duplicates_fall_on_one_side_of_the_threshold() -> None:
    """Four copies of each of four vectors: subsets of one kind cost the same, in whatever order they are added up."""
    matrix = np.repeat(np.random.default_rng(3).normal(size=(4, 5)), 4, axis=0).astype(np.float32)
    problem = Problem.build(matrix, budget=5, seed=0)
    cell = cell_of(np.random.default_rng(5).permutation(16), 5)
    space = chain_of(problem).space(cell)
    kinds: dict[tuple[int, ...], set[bool]] = {}
    for mask, good in zip(space.masks.tolist(), space.is_marked.tolist(), strict=True):
        chosen = [int(cell.rows[position]) // 4 for position in range(16) if mask >> position & 1]
        kinds.setdefault(tuple(np.bincount(chosen, minlength=4)), set()).add(good)
    assert all(len(verdicts) == 1 for verdicts in kinds.values())
    assert space.good_probability >= ACCEPTABLE_FRACTION * 0.99
