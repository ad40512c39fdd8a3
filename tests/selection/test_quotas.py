"""Quotas: golden vectors, exact sums, caps, refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wikigrove.errors import SelectionError
from wikigrove.selection import allocate


def quotas(sizes, budget, rule, seed=0):
    return allocate(sizes, [f"s{i:03}" for i in range(len(sizes))], budget=budget, quotas=rule, seed=seed).tolist()


@pytest.mark.parametrize(
    ("sizes", "budget", "rule", "expected"),
    [
        ([50, 30, 20, 7], 10, "proportional", [5, 3, 2, 0]),
        ([50, 30, 20, 7], 10, "sqrt", [4, 3, 2, 1]),
        ([50, 30, 20, 1], 10, "equal", [3, 3, 3, 1]),
        ([1, 1, 1], 2, "proportional", [1, 1, 0]),
        ([1, 1000], 40, "sqrt", [1, 39]),
        ([1, 2, 400], 60, "sqrt", [1, 2, 57]),
        ([3, 0, 5], 8, "equal", [3, 0, 5]),
        ([7], 1, "sqrt", [1]),
    ],
)
def test_known_quotas(sizes, budget, rule, expected):
    assert quotas(sizes, budget, rule) == expected


def naive_largest_remainder(weights, budget):
    shares = [budget * weight / sum(weights) for weight in weights]
    counts = [int(share) for share in shares]
    ranked = sorted(range(len(weights)), key=lambda i: (-(shares[i] - counts[i]), i))
    for index in ranked[: budget - sum(counts)]:
        counts[index] += 1
    return counts


@given(st.data(), st.lists(st.integers(0, 64), min_size=1, max_size=9).filter(any))
def test_every_rule_spends_the_budget_within_the_sizes(data, sizes):
    budget = data.draw(st.integers(1, sum(sizes)))
    for rule in ("proportional", "sqrt", "equal"):
        counts = quotas(sizes, budget, rule, seed=data.draw(st.integers(0, 9)))
        assert sum(counts) == budget
        assert all(0 <= count <= size for count, size in zip(counts, sizes, strict=True))
        if rule == "equal":
            open_counts = [count for count, size in zip(counts, sizes, strict=True) if count < size]
            assert not open_counts or max(counts) - min(open_counts) <= 1
    if sum(sizes) in (1, 2, 4, 8, 16, 32, 64, 128):  # shares are exact in binary, so the naive form is too
        assert quotas(sizes, budget, "proportional") == naive_largest_remainder(sizes, budget)


def test_the_seed_decides_who_gets_the_rest_of_a_balanced_cut():
    found = {tuple(quotas([9] * 5, 7, "equal", seed=seed)) for seed in range(40)}
    assert len(found) > 5
    assert all(sorted(counts) == [1, 1, 1, 2, 2] for counts in found)


def test_a_mapping_is_taken_as_it_is():
    assert quotas([5, 5, 5], 4, {"s002": 3, "s000": 1}) == [1, 0, 3]


@pytest.mark.parametrize(
    ("sizes", "budget", "rule", "message"),
    [
        ([], 1, "proportional", "no rows"),
        ([0, 0], 1, "equal", "no rows"),
        ([3, 4], 8, "sqrt", "budget 8 exceeds the eligible rows: 7; hint"),
        ([3], 0, "proportional", "at least 1: 0"),
        ([3], True, "proportional", "at least 1: True"),
        ([3], 1.5, "proportional", "at least 1: 1.5"),
        ([3], 1, "uniform", "unknown quota rule: 'uniform'; hint"),
        ([3, 4], 4, {"s000": 4}, "'s000' is 4, its rows: 3; hint"),
        ([3, 4], 4, {"s000": 3}, "add up to 3, the budget is: 4; hint"),
        ([3, 4], 4, {"nowhere": 4}, "that no row has: nowhere"),
        ([3, 4], 4, {"s001": 4.0}, "not a whole number: 4.0"),
        ([3, 4], 4, {"s001": -1}, "not a whole number: -1"),
    ],
)
def test_what_cannot_be_divided_is_refused(sizes, budget, rule, message):
    with pytest.raises(SelectionError, match=message.replace("(", "\\(")):
        quotas(sizes, budget, rule)
