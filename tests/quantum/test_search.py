"""Searches must cost what the exact laws say, and never more than they may."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from wikigrove.errors import SelectionError
from wikigrove.quantum.engines.analytic import AnalyticEngine
from wikigrove.quantum.engines.dense import DenseEngine
from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.search import (
    bbht,
    bbht_law,
    best_iterations,
    grover_known,
    optimal_iterations,
    query_bound,
)
from wikigrove.quantum.space import Space

# Size, good items, expected iterations, expected rounds: the recurrence of `bbht_law`, computed independently.
LAW = [
    (1024, 1, 37.091222, 14.585357),
    (1024, 4, 15.676013, 10.601943),
    (16384, 1, 172.133256, 22.449827),
    (16384, 16, 37.442489, 14.587908),
    (2**20, 1, 1453.760947, 33.971338),
    (10**7, 10, 1431.179753, 33.843374),
    (10**9, 10, 14433.996602, 46.489437),
]


@pytest.mark.parametrize(("size", "good", "iterations", "rounds"), LAW)
def test_golden_law_of_the_search_for_an_unknown_number(size: int, good: int, iterations: float, rounds: float) -> None:
    assert bbht_law(size, good / size) == pytest.approx((iterations, rounds), abs=5e-7)


def test_the_law_at_its_ends() -> None:
    assert bbht_law(1, 1.0) == (0.0, 1.0)
    assert bbht_law(64, 1.0) == (0.0, 1.0)
    for a in (0.0, -0.1, 1.5):
        with pytest.raises(SelectionError):
            bbht_law(64, a)
    # The exponent of the cost in N, one good item: near 1/2, as the theory says, and far from the 1 of a scan.
    low, high = bbht_law(2**8, 2.0**-8)[0], bbht_law(2**18, 2.0**-18)[0]
    assert log(high / low) / log(2**10) == pytest.approx(0.5504, abs=5e-3)


@pytest.mark.parametrize(
    ("size", "good", "searches"), [(1024, 1, 600), (1024, 4, 800), (16384, 16, 600), (30, 2, 1500)]
)
def test_the_mean_cost_is_within_four_standard_errors_of_the_law(size: int, good: int, searches: int) -> None:
    space = Space.uniform(size, np.arange(good) * 7)
    rng, ledger = np.random.default_rng(size + good), Ledger()
    results = [bbht(space, AnalyticEngine(), rng, ledger) for _ in range(searches)]
    iterations = np.array([result.iterations for result in results], dtype=np.float64)
    rounds = np.array([result.rounds for result in results], dtype=np.float64)
    for sample, expected in zip((iterations, rounds), bbht_law(size, good / size), strict=True):
        assert abs(sample.mean() - expected) < 4 * sample.std(ddof=1) / sqrt(searches)
    if sqrt(size / good) >= 32:
        assert 1.1 <= iterations.mean() / sqrt(size / good) <= 1.6
    # The ledger is the sum of what the results say, to the unit.
    total, turns = int(iterations.sum()), int(rounds.sum())
    assert ledger == Ledger(oracle=total, prep=2 * total + turns, shots=turns, checks=turns, rounds=turns)


def test_the_law_test_catches_a_search_that_does_not_grow() -> None:
    """Without growth every round is a plain draw: N/M rounds, no iterations."""
    space = Space.uniform(1024, [7])
    expected_iterations, expected_rounds = bbht_law(1024, 1 / 1024)
    flat = 1 / space.good_probability
    assert flat > 10 * expected_rounds
    assert expected_iterations < 1024 / 8


@pytest.mark.parametrize("engine", [AnalyticEngine(), DenseEngine()], ids=lambda engine: engine.name)
def test_a_found_item_is_good_and_the_ledger_counts_real_oracle_calls(engine: object) -> None:
    calls = 0

    def count(amplitudes: np.ndarray, marked: np.ndarray) -> None:
        nonlocal calls
        calls += 1
        amplitudes[marked] *= -1.0

    space = Space.uniform(100, [0, 50, 99])
    ledger, rng = Ledger(), np.random.default_rng(3)
    counting = DenseEngine(oracle=count)
    found = {bbht(space, counting, rng, ledger).index for _ in range(40)}
    assert found == {0, 50, 99}
    assert calls == ledger.oracle > 0


@pytest.mark.parametrize("bound", [1, 2, 7, 40])
def test_the_bound_is_never_exceeded(bound: int) -> None:
    space = Space.uniform(4096, [9])
    given_up = 0
    for seed in range(60):
        ledger = Ledger()
        result = bbht(space, AnalyticEngine(), np.random.default_rng(seed), ledger, max_queries=bound)
        assert result.iterations + result.rounds == ledger.oracle + ledger.checks <= bound
        given_up += result.index is None
    assert given_up > 30


@pytest.mark.parametrize("size", [1, 2, 3, 64])
def test_a_search_for_nothing_ends(size: int) -> None:
    ledger = Ledger()
    result = bbht(Space.uniform(size, []), AnalyticEngine(), np.random.default_rng(0), ledger)
    assert result.index is None
    assert 0 < ledger.oracle + ledger.checks <= query_bound(size)


def test_a_lying_engine_finds_nothing() -> None:
    class Lying(AnalyticEngine):
        def run(self, space, j, shots, rng, ledger):
            super().run(space, j, shots, rng, ledger)
            return np.zeros(shots, dtype=np.int64)  # a bad item, whatever was measured

    result = bbht(Space.uniform(16, [3]), Lying(), np.random.default_rng(0), Ledger())
    assert result.index is None


def test_the_check_decides_not_the_marks() -> None:
    space = Space.uniform(16, [3, 4])
    found = {
        bbht(space, AnalyticEngine(), np.random.default_rng(s), Ledger(), check=(4).__eq__).index for s in range(9)
    }
    assert found == {4}


def test_known_number_of_good_items() -> None:
    space = Space.uniform(1024, [77])
    ledger = Ledger()
    result = grover_known(space, DenseEngine(), np.random.default_rng(0), ledger)
    assert (result.index, result.iterations, result.rounds) == (77, 25, 1)
    assert ledger == Ledger(oracle=25, prep=51, shots=1, checks=1)
    with pytest.raises(SelectionError):
        grover_known(Space.uniform(8, []), DenseEngine(), np.random.default_rng(0), Ledger())


def test_the_best_number_of_iterations() -> None:
    assert [optimal_iterations(a) for a in (1 / 1024, 7 / 1000, 1 / 8, 1 / 4, 1.0)] == [25, 9, 2, 1, 0]
    # Weighted starts: a = mean(w) / max(w), cost in preparations.
    for weights, j, probability, cost in [
        ([1, 2, 3, 4], 0, 0.625, 1.6),
        ([1, 1, 1, 13], 1, 0.963131543013, 3.114839319),
        ([1] * 7 + [57], 1, 0.834631978531, 3.594398582),
    ]:
        choice = best_iterations(float(np.mean(weights)) / max(weights))
        assert choice.iterations == j
        assert choice.probability == pytest.approx(probability, abs=1e-12)
        assert choice.cost == pytest.approx(cost, abs=1e-9)
    # The cheapest is not the most certain: (2j + 1)·θ tends to 1.1656, at 1.380/√a preparations.
    tiny = best_iterations(1e-8)
    assert tiny.cost * 1e-4 == pytest.approx(1.380, abs=1e-3)
    assert tiny.iterations < optimal_iterations(1e-8)
