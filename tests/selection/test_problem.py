"""The problem: golden vectors, exact means, invariance, and what it refuses."""

import math

import numpy as np
import pytest

from wikigrove.errors import SelectionError, VectorError
from wikigrove.selection import Problem
from wikigrove.selection.generator import TASK_BASELINE, TASK_QUOTAS, generator

PLANE = np.array([(0, 0), (1, 0), (0, 2), (3, 1), (5, 5), (6, 4), (2, 6)], dtype=np.float32)


def cloud(count, dimensions=12, seed=0):
    """Clustered vectors with a label for each row that follows the cluster in part."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(7, dimensions)) * 2
    cluster = random.choice(7, size=count, p=np.array([8, 6, 4, 3, 2, 1, 1]) / 25)
    matrix = (centres[cluster] + random.normal(size=(count, dimensions)) * random.uniform(0.3, 1.2)).astype(np.float32)
    labels = [f"s{code % 4}" for code in (cluster + random.integers(0, 2, size=count))]
    return matrix, labels


def naive_kernel(matrix, bandwidth):
    wide = matrix.astype(np.float64)
    return np.exp(-((wide[:, None] - wide[None]) ** 2).sum(axis=2) / bandwidth)


def test_seven_points_of_the_plane():
    problem = Problem.build(PLANE, budget=3)
    assert problem.bandwidth == 20.0
    assert problem.mean_of_means == pytest.approx(0.504455, abs=5e-7)
    expected = [0.524026, 0.560505, 0.555709, 0.576978, 0.467536, 0.431090, 0.415342]
    assert problem.mean_similarity == pytest.approx(expected, abs=5e-7)
    for rows, value in (([3, 4, 0], 0.0268719432), ([1, 2, 4], 0.0242261221), ([4, 5, 6], 0.3794204452)):
        assert problem.objective(np.array(rows)) == pytest.approx(value, abs=5e-11)


def test_means_and_objective_follow_their_definitions():
    matrix, labels = cloud(300)
    problem = Problem.build(matrix, budget=30, strata=labels)
    wide = matrix.astype(np.float64)
    squares = ((wide[:, None] - wide[None]) ** 2).sum(axis=2)
    assert problem.bandwidth == pytest.approx(np.median(squares[np.triu_indices(300, 1)]), rel=1e-6)
    kernel = naive_kernel(matrix, problem.bandwidth)
    everything = np.arange(300)
    similarity = problem.similarity(everything, everything)
    assert similarity == pytest.approx(kernel, abs=2e-6)
    assert np.array_equal(similarity, similarity.T)
    assert np.array_equal(np.diagonal(similarity), np.ones(300))
    assert problem.mean_similarity == pytest.approx(similarity.mean(axis=1), abs=1e-14)
    rows = np.array([5, 2, 250, 77])
    naive = similarity[np.ix_(rows, rows)].mean() - 2 * similarity[rows].mean() + similarity.mean()
    assert problem.objective(rows) == pytest.approx(naive, abs=1e-14)
    assert problem.objective(rows[::-1]) == problem.objective(rows)
    assert problem.objective(everything) == pytest.approx(0.0, abs=1e-14)
    assert np.array_equal(problem.mean_similarity_to(rows, problem.reference), problem.mean_similarity[rows])
    some = np.array([1, 2, 3])
    assert problem.mean_similarity_to(rows, some) == pytest.approx(
        similarity[np.ix_(rows, some)].mean(axis=1), abs=1e-15
    )


def test_the_discrepancy_is_a_qubo():
    matrix, _ = cloud(40, seed=3)
    problem = Problem.build(matrix, budget=9)
    everything = np.arange(40)
    quadratic = problem.similarity(everything, everything) / 81
    np.fill_diagonal(quadratic, np.diagonal(quadratic) - 2 * problem.mean_similarity / 9)
    for seed in range(20):
        rows = np.random.default_rng(seed).permutation(40)[:9]
        chosen = np.isin(everything, rows).astype(np.float64)
        assert chosen @ quadratic @ chosen + problem.mean_of_means == pytest.approx(problem.objective(rows), abs=1e-12)


@pytest.mark.parametrize("exact_limit", [20_000, 256])
def test_neither_the_order_of_rows_nor_threads_change_a_bit(exact_limit):
    matrix, labels = cloud(700)
    ids = np.random.default_rng(1).permutation(10_000)[:700]
    order = np.argsort(ids)
    options = {"budget": 40, "quotas": "sqrt", "seed": 5, "exact_limit": exact_limit}
    sorted_labels = [labels[row] for row in order]
    expected = Problem.build(matrix[order], ids=ids[order], strata=sorted_labels, **options)
    found = Problem.build(matrix, ids=ids, strata=labels, threads=3, **options)
    for name in ("ids", "matrix", "strata", "quotas", "reference", "mean_similarity", "features"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    for name in ("strata_names", "bandwidth", "mean_of_means", "mean_distance", "is_exact"):
        assert getattr(found, name) == getattr(expected, name), name
    assert found.is_exact == (exact_limit > 700)


def test_a_matrix_in_order_is_not_copied():
    matrix, _ = cloud(50)
    matrix.flags.writeable = False
    assert np.shares_memory(Problem.build(matrix, budget=5).matrix, matrix)


def test_above_the_limit_features_stand_in():
    matrix, _ = cloud(900, seed=2)
    exact, sampled = Problem.build(matrix, budget=20), Problem.build(matrix, budget=20, exact_limit=600)
    assert len(sampled.reference) == len(set(sampled.reference.tolist())) == 600
    assert np.all(np.diff(sampled.reference) > 0)
    assert sampled.features is not None
    assert sampled.features.shape == (900, 1024)
    errors = sampled.mean_similarity - exact.mean_similarity
    assert np.sqrt((errors**2).mean()) < 1 / 32
    rows = np.arange(0, 900, 45)
    kernel = exact.similarity(rows, sampled.reference)
    means = sampled.mean_similarity_to(rows, sampled.reference)
    assert means == pytest.approx(kernel.mean(axis=1), abs=1e-14)
    own = np.isin(rows, sampled.reference)
    without = (kernel.sum(axis=1) - own) / (600 - own)
    naive = exact.similarity(rows, rows).mean() - 2 * without.mean() + sampled.mean_of_means
    assert sampled.objective(rows) == pytest.approx(naive, abs=1e-14)


def test_bandwidths_without_a_median():
    assert Problem.build(np.zeros((5, 3), dtype=np.float32), budget=2).bandwidth == 1.0
    assert Problem.build(np.ones((1, 3), dtype=np.float32), budget=1).bandwidth == 1.0
    mostly_equal = np.array([[0.0], [0.0], [0.0], [0.0], [2.0]], dtype=np.float32)
    assert Problem.build(mostly_equal, budget=2).bandwidth == pytest.approx(4 * 4 / 10)


def test_a_drawn_bandwidth_is_near_the_median():
    matrix, _ = cloud(4500, dimensions=4)
    wide = matrix.astype(np.float64)
    squares = (wide**2).sum(axis=1)
    distances = (squares[:, None] + squares[None] - 2 * wide @ wide.T)[np.triu_indices(4500, 1)]
    assert Problem.build(matrix, budget=3).bandwidth == pytest.approx(np.median(distances), rel=0.05)


@pytest.mark.parametrize(
    ("matrix", "options", "error", "message"),
    [
        (PLANE.astype(np.float64), {}, VectorError, "got 2 dimensions of: float64; hint"),
        (PLANE[0], {}, VectorError, "got 1 dimensions of: float32"),
        (np.empty((0, 4), dtype=np.float32), {}, SelectionError, "no rows"),
        (np.empty((4, 0), dtype=np.float32), {}, VectorError, "at least one component"),
        (PLANE, {"ids": np.array([0, 1, 2, 3, 4, 5, 3])}, SelectionError, "more than once: 3"),
        (PLANE, {"ids": np.arange(6)}, SelectionError, "each of the 7 rows has one whole number"),
        (PLANE, {"ids": np.arange(7) / 2}, SelectionError, "each of the 7 rows has one whole number"),
        (PLANE, {"strata": ["a"] * 6}, SelectionError, "each of the 7 rows has one stratum, got: 6"),
        (PLANE, {"strata": ["a"] * 6 + [None]}, SelectionError, "stratum of row 6 is not a string: None"),
        (PLANE, {"budget": 8}, SelectionError, "budget 8 exceeds the eligible rows: 7"),
        (PLANE, {"seed": -1}, SelectionError, "a seed is a whole number"),
        (PLANE, {"seed": 2**53}, SelectionError, "a seed is a whole number"),
        (PLANE, {"threads": 0}, SelectionError, "at least 1: 0"),
        (PLANE, {"exact_limit": 1}, SelectionError, "at least 2: 1"),
    ],
)
def test_what_makes_no_instance_is_refused(matrix, options, error, message):
    with pytest.raises(error, match=message):
        Problem.build(matrix, **{"budget": 3, "quotas": "equal", **options})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_refused_with_its_row(value):
    matrix = PLANE.copy()
    matrix[4, 1] = value
    with pytest.raises(VectorError, match="not finite, in row: 4"):
        Problem.build(matrix, budget=3, ids=np.arange(7)[::-1].copy())


def test_generators_are_apart_and_repeat():
    streams = [
        generator(seed, task=task, stratum=stratum).random(4).tolist()
        for seed in (0, 1)
        for task in (TASK_BASELINE, TASK_QUOTAS)
        for stratum in (None, "", "de")
    ]
    assert len({tuple(stream) for stream in streams}) == len(streams)
    assert generator(1, task=TASK_QUOTAS, stratum="de").random(4).tolist() == streams[-1]
