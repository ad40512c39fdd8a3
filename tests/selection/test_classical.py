"""Herding and swaps against a naive twin, the true optimum, and chance."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wikigrove.errors import SelectionError
from wikigrove.selection import Problem, herd, shortlist
from wikigrove.selection.baseline import draw_baseline

PLANE = np.array([(0, 0), (1, 0), (0, 2), (3, 1), (5, 5), (6, 4), (2, 6)], dtype=np.float32)


def clusters(count, seed, dimensions=16):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(9, dimensions)) * 1.5
    cluster = random.choice(9, size=count, p=np.arange(1, 10) / 45)
    matrix = (centres[cluster] + random.normal(size=(count, dimensions))).astype(np.float32)
    return matrix, [f"s{code % 3}" for code in cluster]


def naive_herd(problem, quotas, sweeps):
    """The formulas over a full kernel matrix, in the same order of operations: not a bit may differ."""
    everything = np.arange(problem.size)
    kernel, means, strata = problem.similarity(everything, everything), problem.mean_similarity, problem.strata
    left, budget = list(quotas), int(sum(quotas))
    picks, sums = [], np.zeros(problem.size)
    while len(picks) < budget:
        eligible = np.array([row not in picks and left[strata[row]] > 0 for row in everything])
        scores = np.where(eligible, means - sums / (len(picks) + 1), -np.inf)
        pick = int(np.argmax(scores))
        picks.append(pick)
        left[strata[pick]] -= 1
        sums = sums + kernel[pick]
    return naive_sweeps(kernel, means, strata, picks, sums, sweeps)


def naive_sweeps(kernel, means, strata, picks, sums, sweeps):
    budget = len(picks)
    for _ in range(sweeps):
        for place, pick in enumerate(picks):
            rest = picks[:place] + picks[place + 1 :]
            candidates = np.array([strata[row] == strata[pick] and row not in rest for row in range(len(means))])
            shares = (2 * (sums - kernel[pick]) + 1) / (budget * budget) - 2 * means / budget
            best = int(np.argmin(np.where(candidates, shares, np.inf)))
            if best != pick:
                sums = sums - kernel[pick] + kernel[best]
                picks[place] = best
    return picks


def test_seven_points_of_the_plane():
    problem = Problem.build(PLANE, budget=3)
    assert herd(problem, sweeps=0).tolist() == herd(problem).tolist() == [3, 4, 0]
    subsets = [np.array(rows) for rows in itertools.combinations(range(7), 3)]
    values = {tuple(rows.tolist()): problem.objective(rows) for rows in subsets}
    assert min(values, key=values.__getitem__) == (1, 2, 4)
    assert max(values, key=values.__getitem__) == (4, 5, 6)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_herding_is_its_naive_twin(data):
    count, dimensions = data.draw(st.integers(1, 45)), data.draw(st.integers(1, 20))
    # Small whole numbers make duplicates, zero vectors and ties.
    values = st.lists(st.integers(-2, 2), min_size=dimensions, max_size=dimensions)
    matrix = np.array(data.draw(st.lists(values, min_size=count, max_size=count)), dtype=np.float32)
    strata = data.draw(st.lists(st.sampled_from("abc"), min_size=count, max_size=count))
    budget = data.draw(st.integers(1, count))
    rule, sweeps = data.draw(st.sampled_from(["proportional", "sqrt", "equal"])), data.draw(st.integers(0, 3))
    problem = Problem.build(matrix, budget=budget, strata=strata, quotas=rule, threads=data.draw(st.integers(1, 3)))
    picks = herd(problem, sweeps=sweeps)
    assert picks.tolist() == naive_herd(problem, problem.quotas.tolist(), sweeps)
    assert len(set(picks.tolist())) == budget
    assert np.array_equal(np.bincount(problem.strata[picks], minlength=len(problem.quotas)), problem.quotas)


@pytest.mark.parametrize("seed", range(6))
def test_between_the_optimum_and_chance_on_small_instances(seed):
    matrix = np.random.default_rng(seed).normal(size=(14, 3)).astype(np.float32)
    problem = Problem.build(matrix, budget=5)
    values = np.sort([problem.objective(np.array(rows)) for rows in itertools.combinations(range(14), 5)])
    found = problem.objective(herd(problem))
    assert found >= values[0]
    assert found <= np.quantile(values, 0.05)  # of all 2,002 subsets


@pytest.mark.parametrize("exact_limit", [20_000, 500])
@pytest.mark.parametrize("seed", [0, 1])
def test_below_the_fifth_percentile_of_200_draws(seed, exact_limit):
    matrix, labels = clusters(1500, seed)
    problem = Problem.build(matrix, budget=60, strata=labels, exact_limit=exact_limit, seed=seed)
    chance = [problem.objective(rows) for rows in draw_baseline(problem, 200, seed)]
    herded, swapped = problem.objective(herd(problem, sweeps=0)), problem.objective(herd(problem))
    assert herded < np.quantile(chance, 0.05)
    assert swapped < np.quantile(chance, 0.05)
    assert swapped < herded


@pytest.mark.parametrize("seed", range(3))
def test_features_come_near_the_exact_kernel(seed):
    """On features the discrepancy stays within twice that of the exact kernel; chance has more than six times."""
    matrix, labels = clusters(1500, seed)
    exact = Problem.build(matrix, budget=60, strata=labels)
    sampled = Problem.build(matrix, budget=60, strata=labels, exact_limit=1000)
    best = exact.objective(herd(exact))
    assert best < exact.objective(herd(sampled, sweeps=0)) < 2 * best
    assert best < exact.objective(herd(sampled)) < 2 * best
    assert np.mean([exact.objective(rows) for rows in draw_baseline(exact, 20, 0)]) > 6 * best


def test_swaps_above_the_limit_are_their_naive_twin():
    matrix, labels = clusters(220, 8)
    problem = Problem.build(matrix, budget=15, strata=labels, exact_limit=90)
    picks = herd(problem, sweeps=0)
    pool = np.union1d(picks, problem.reference)
    kernel, own = problem.similarity(pool, pool), np.isin(pool, problem.reference).astype(np.float64)
    means = (problem.mean_similarity_to(pool, problem.reference) * 90 - own) / (90 - own)
    places = np.searchsorted(pool, picks).tolist()
    sums = np.zeros(len(pool))
    for place in places:
        sums = sums + kernel[place]
    expected = pool[naive_sweeps(kernel, means, problem.strata[pool], places, sums, 2)]
    assert herd(problem, sweeps=2).tolist() == expected.tolist()


@pytest.mark.parametrize("exact_limit", [20_000, 500])
def test_neither_the_order_of_rows_nor_threads_change_the_ids(exact_limit):
    matrix, labels = clusters(900, 5)
    options = {"budget": 50, "quotas": "equal", "seed": 3, "exact_limit": exact_limit}
    expected = Problem.build(matrix, strata=labels, **options)
    expected_ids = expected.ids[herd(expected)].tolist()
    for seed, threads in ((1, 1), (2, 2), (3, 4)):
        order = np.random.default_rng(seed).permutation(900)
        shuffled = [labels[row] for row in order]
        problem = Problem.build(matrix[order], ids=order, strata=shuffled, threads=threads, **options)
        assert problem.ids[herd(problem)].tolist() == expected_ids


def test_ties_go_to_the_smaller_id():
    problem = Problem.build(np.concatenate([PLANE, PLANE]), budget=6)
    picks = herd(problem).tolist()
    assert picks == naive_herd(problem, [6], 3)
    assert all(pick < 7 or pick - 7 in picks for pick in picks)
    assert herd(problem, np.array([1])).tolist() == [int(np.argmax(problem.mean_similarity))]
    zeros = np.zeros((6, 4), dtype=np.float32)
    assert herd(Problem.build(zeros, budget=3)).tolist() == [0, 1, 2]


def test_the_whole_and_a_single_row():
    matrix, labels = clusters(80, 1)
    problem = Problem.build(matrix, budget=80, strata=labels)
    assert sorted(herd(problem).tolist()) == list(range(80))
    assert problem.objective(herd(problem)) == pytest.approx(0.0, abs=1e-14)
    single = Problem.build(matrix, budget=1)
    assert herd(single).tolist() == [int(np.argmax(single.mean_similarity))]


def test_a_shortlist_is_the_head_of_herding_under_larger_quotas():
    matrix, labels = clusters(120, 4)
    problem = Problem.build(matrix, budget=12, strata=labels)
    lists = shortlist(problem, 3)
    assert [len(rows) for rows in lists] == np.minimum(problem.quotas * 3, problem.sizes).tolist()
    for code, rows in enumerate(lists):
        assert set(problem.strata[rows].tolist()) <= {code}
    naive = naive_herd(problem, np.minimum(problem.quotas * 3, problem.sizes).tolist(), 0)
    assert [row for row in naive if row in set(lists[0].tolist())] == lists[0].tolist()
    assert sum(len(rows) for rows in shortlist(problem, 1000)) == 120


def test_quotas_that_do_not_fit_are_refused():
    problem = Problem.build(PLANE, budget=3)
    with pytest.raises(SelectionError, match="fewer rows than its quota, in stratum: 0"):
        herd(problem, np.array([8]))
    with pytest.raises(SelectionError, match="each of the 1 strata has one quota"):
        herd(problem, np.array([1, 2]))
    with pytest.raises(SelectionError, match="of at least 0"):
        herd(problem, np.array([-1]))
    with pytest.raises(SelectionError, match="at least 1: 0"):
        shortlist(problem, 0)
