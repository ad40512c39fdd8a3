from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wikigrove.errors import SelectionError
from wikigrove.quantum.space import Space, SubsetSpace, membership, subset_masks


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_masks_are_all_numbers_with_so_many_bits(shape: tuple[int, int]) -> None:
    n, k = shape
    masks = subset_masks(n, k)
    assert masks.tolist() == [mask for mask in range(2**n) if bin(mask).count("1") == k]
    rows = membership(masks, n)
    assert (rows.sum(axis=1) == k).all()
    assert (rows @ (2.0 ** np.arange(n))).tolist() == masks.tolist()


def test_a_subset_space_knows_its_good_subsets_and_their_mass() -> None:
    costs = np.array([0.3, 0.1, 0.2, 0.1, 0.5, 0.4])
    space = SubsetSpace.at_fraction(4, 2, costs, fraction=0.34)  # two of six, and both cost 0.1
    assert space.threshold == 0.1
    assert space.marked.tolist() == [1, 3]
    assert space.good_probability == 2 / 6
    assert space.index_of(int(space.masks[3])) == 3
    assert [space.index_of(mask) for mask in (0, 1, 7, 15, 48)] == [-1] * 5


def test_equal_costs_are_all_good_and_one_is_always_good() -> None:
    assert SubsetSpace.at_fraction(4, 2, np.zeros(6), fraction=0.05).marked.size == 6
    assert SubsetSpace.at_fraction(4, 2, np.arange(6.0), fraction=0.05).marked.tolist() == [0]


@pytest.mark.parametrize(
    ("n", "k", "change"),
    [
        (5, 2, lambda masks: masks[:-1]),  # incomplete
        (5, 2, lambda masks: masks[::-1]),  # not ascending
        (5, 3, lambda masks: masks),  # another size
        (4, 2, lambda masks: masks),  # bits outside
    ],
)
def test_masks_that_are_not_all_subsets_are_refused(n: int, k: int, change) -> None:
    masks = change(subset_masks(5, 2))
    with pytest.raises(SelectionError):
        SubsetSpace(n, k, masks, np.zeros(masks.size), 0.0)


def test_costs_and_weights_must_be_numbers() -> None:
    with pytest.raises(SelectionError):
        SubsetSpace(4, 2, subset_masks(4, 2), np.full(6, np.nan), 0.0)
    for weights in ([], [0.0, 0.0], [1.0, -1.0], [1.0, np.inf], [[1.0]]):
        with pytest.raises(SelectionError):
            Space(np.array(weights), np.empty(0, dtype=np.int64))
    for marked in ([1, 0], [0, 0], [-1], [2]):
        with pytest.raises(SelectionError):
            Space.uniform(2, marked)
    for fraction in (0.0, -0.1, 1.1, float("nan")):
        with pytest.raises(SelectionError):
            SubsetSpace.at_fraction(4, 2, np.zeros(6), fraction=fraction)


def test_an_enumerated_cell_of_sixteen_is_complete() -> None:
    assert subset_masks(16, 8).size == comb(16, 8)
