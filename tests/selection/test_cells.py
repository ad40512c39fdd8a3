"""Cells cover the shortlist and the quota exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wikigrove.errors import SelectionError
from wikigrove.quantum.space import subset_masks
from wikigrove.selection.cells import (
    CELL_SIZE,
    deal,
)
from wikigrove.selection.problem import Problem


def problem_of(rows: int, budget: int, *, strata: int = 1, seed: int = 0) -> Problem:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(rows, 8)).astype(np.float32)
    labels = [f"s{label}" for label in random.integers(0, strata, rows)]
    return Problem.build(matrix, budget=budget, strata=labels, seed=seed)


@given(st.integers(1, 90), st.integers(1, 90), st.integers(2, 16))
def test_cells_deal_every_candidate_once_and_the_whole_quota(candidates: int, quota: int, cell_size: int) -> None:
    quota = min(quota, candidates)
    problem = problem_of(candidates, quota)
    order = np.random.default_rng(1).permutation(candidates)
    cells = deal(problem, [order], cell_size=cell_size)
    assert sorted(np.concatenate([cell.rows for cell in cells]).tolist()) == list(range(candidates))
    assert sum(cell.take for cell in cells) == quota
    sizes = [len(cell.rows) for cell in cells]
    assert max(sizes) <= cell_size
    assert max(sizes) - min(sizes) <= 1
    for cell in cells:
        assert 0 <= cell.take <= len(cell.rows)
        assert abs(cell.take - quota * len(cell.rows) / candidates) < 1
        assert cell.is_trivial == (cell.take in (0, len(cell.rows)))
    # Round-robin: the first pick of each cell is among the first picks of the shortlist.
    assert [int(cell.rows[0]) for cell in cells] == order[: len(cells)].tolist()
    assert len({cell.name for cell in cells}) == len(cells)


def test_a_shortlist_that_does_not_serve_its_stratum_is_refused() -> None:
    problem = problem_of(20, 4, strata=2)
    first, second = (np.flatnonzero(problem.strata == code) for code in (0, 1))
    assert {cell.stratum for cell in deal(problem, [first, second])} == {0, 1}
    for wrong in ([second, first], [first[:0], second], [np.append(first, first[0]), second]):
        with pytest.raises(SelectionError, match="the shortlist does not serve the stratum: s"):
            deal(problem, wrong)


def test_cells_are_small_enough_to_enumerate() -> None:
    assert subset_masks(CELL_SIZE, CELL_SIZE // 2).size == 12870
