"""Metrics and the random baseline against their definitions."""

import numpy as np
import pytest

from wikigrove.errors import SelectionError
from wikigrove.selection import METRICS, Problem, degrees_of_freedom, herd, measure, random_baseline
from wikigrove.selection.baseline import Baseline, draw_baseline


@pytest.fixture(scope="module")
def problem():
    random = np.random.default_rng(0)
    labels = [f"s{code}" for code in random.choice(4, size=400, p=[0.5, 0.3, 0.15, 0.05])]
    return Problem.build(random.normal(size=(400, 6)).astype(np.float32), budget=40, strata=labels, quotas="sqrt")


def test_metrics_follow_their_definitions(problem):
    rows = np.random.default_rng(1).permutation(400)[:40]
    found = measure(problem, rows)
    assert tuple(found) == METRICS
    wide = problem.matrix.astype(np.float64)
    distances = np.sqrt(((wide[:, None] - wide[None]) ** 2).sum(axis=2))
    energy = 2 * distances[rows].mean() - distances[np.ix_(rows, rows)].mean() - distances.mean()
    nearest = np.delete(distances[:, rows].min(axis=1), rows)
    observed = np.bincount(problem.strata[rows], minlength=4)
    expected = 40 * np.bincount(problem.strata) / 400
    assert found["mmd2"] == problem.objective(rows)
    assert found["energy_distance"] == pytest.approx(energy, abs=1e-6)
    assert found["coverage_mean"] == pytest.approx(nearest.mean(), abs=1e-6)
    assert found["coverage_p99"] == pytest.approx(np.sort(nearest)[356], abs=1e-6)
    assert found["coverage_max"] == pytest.approx(nearest.max(), abs=1e-6)
    assert found["chi2"] == pytest.approx((((observed - expected) ** 2) / expected).sum(), rel=1e-12)
    assert found["total_variation"] == pytest.approx(np.abs(observed - expected).sum() / 80, rel=1e-12)
    assert degrees_of_freedom(problem) == 3
    assert measure(problem, rows[::-1]) == found


def test_the_population_is_itself(problem):
    found = measure(problem, np.arange(400))
    assert found == pytest.approx(dict.fromkeys(METRICS, 0.0), abs=1e-13)
    with pytest.raises(SelectionError, match="no rows"):
        measure(problem, np.empty(0, dtype=np.int64))


def test_metrics_above_the_limit_use_the_reference_without_the_rows_themselves():
    matrix = np.random.default_rng(4).normal(size=(600, 5)).astype(np.float32)
    problem = Problem.build(matrix, budget=10, exact_limit=300)
    inside, outside = problem.reference[[1, 20, 33]], np.setdiff1d(np.arange(600), problem.reference)[:2]
    rows, reference = np.sort(np.concatenate([inside, outside])), problem.reference
    wide = matrix.astype(np.float64)
    distances = np.sqrt(((wide[:, None] - wide[None]) ** 2).sum(axis=2))
    kernel = np.exp(-(distances**2) / problem.bandwidth)
    others = [reference[reference != row] for row in rows]
    across = [
        np.mean([table[row, other].mean() for row, other in zip(rows, others, strict=True)])
        for table in (kernel, distances)
    ]
    square, own = np.ix_(reference, reference), np.ix_(rows, rows)
    nearest = distances[np.ix_(np.setdiff1d(reference, rows), rows)].min(axis=1)
    found = measure(problem, rows)
    assert found["mmd2"] == problem.objective(rows)
    assert found["mmd2"] == pytest.approx(kernel[own].mean() - 2 * across[0] + kernel[square].mean(), abs=1e-6)
    energy = 2 * across[1] - distances[own].mean() - distances[square].mean()
    assert found["energy_distance"] == pytest.approx(energy, abs=1e-6)
    assert found["coverage_mean"] == pytest.approx(nearest.mean(), abs=1e-6)
    assert found["coverage_max"] == pytest.approx(nearest.max(), abs=1e-6)


def test_a_baseline_keeps_the_quotas_and_draws_evenly(problem):
    draws = draw_baseline(problem, 400, 7)
    counts = np.zeros(400)
    for rows in draws:
        assert len(set(rows.tolist())) == 40
        assert np.array_equal(np.bincount(problem.strata[rows], minlength=4), problem.quotas)
        counts[rows] += 1
    share = (problem.quotas / problem.sizes)[problem.strata]
    # Each count is binomial; over 400 rows five standard deviations are passed once in four thousand tests.
    assert np.all(np.abs(counts - 400 * share) <= 5 * np.sqrt(400 * share * (1 - share)))


def test_other_strata_do_not_change_the_draws_of_a_stratum():
    matrix = np.random.default_rng(5).normal(size=(90, 3)).astype(np.float32)
    labels = ["a"] * 30 + ["b"] * 30 + ["c"] * 30
    both = Problem.build(matrix, budget=9, strata=labels)
    alone = Problem.build(matrix[30:60], budget=3, strata=labels[30:60], ids=np.arange(30, 60))
    for rows, own in zip(draw_baseline(both, 20, 1), draw_baseline(alone, 20, 1), strict=True):
        assert rows[(rows >= 30) & (rows < 60)].tolist() == (own + 30).tolist()


def test_the_summary_is_that_of_the_draws(problem):
    baseline = random_baseline(problem, 25, seed=2)
    metrics = measure(problem, herd(problem))
    summary = baseline.summary(metrics)
    values = np.array([draw["mmd2"] for draw in baseline.draws])
    assert summary["draws"] == len(values) == 25
    assert summary["mmd2"]["mean"] == pytest.approx(values.mean(), rel=1e-12)
    assert summary["mmd2"]["std"] == pytest.approx(values.std(ddof=1), rel=1e-12)
    assert (summary["mmd2"]["min"], summary["mmd2"]["max"]) == (values.min(), values.max())
    assert summary["mmd2"]["z"] == pytest.approx((metrics["mmd2"] - values.mean()) / values.std(ddof=1), rel=1e-12)
    assert summary["mmd2"]["z"] < -2
    assert summary["mmd2"]["beaten"] == 25
    assert summary["chi2"]["std"] == 0.0
    assert summary["chi2"]["z"] is None
    assert summary["chi2"]["mean"] == metrics["chi2"]
    assert random_baseline(problem, 25, seed=2) == baseline
    assert random_baseline(problem, 25, seed=3) != baseline
    with pytest.raises(SelectionError, match="at least 20 draws: 19"):
        random_baseline(problem, 19)


def test_a_constant_that_is_no_binary_fraction_has_no_spread():
    draws = tuple(dict.fromkeys(METRICS, 0.1) for _ in range(21))
    assert Baseline(draws=draws).summary(dict.fromkeys(METRICS, 0.1))["mmd2"] == {
        "mean": 0.1, "std": 0.0, "min": 0.1, "max": 0.1, "z": None, "beaten": 0,
        "values": [0.1] * 21,
    }  # fmt: skip
