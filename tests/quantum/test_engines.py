"""The rotation law and the dense vector must agree, on any weights and any good set, past the best iteration too."""

from __future__ import annotations

from math import asin, pi, sin, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wikigrove.quantum.engine import Engine
from wikigrove.quantum.engines.analytic import AnalyticEngine, good_probability_after
from wikigrove.quantum.engines.dense import DenseEngine
from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.space import Space

ENGINES: list[Engine] = [AnalyticEngine(), DenseEngine()]


def critical_chi_square(freedom: int) -> float:
    """Upper 1e-4 point of χ² (Wilson and Hilferty 1931; z = 3.719), good to a percent for 3 degrees and more."""
    return freedom * (1 - 2 / (9 * freedom) + 3.719 * sqrt(2 / (9 * freedom))) ** 3


def follows(found: np.ndarray, probabilities: np.ndarray) -> bool:
    """Test draws against a law by χ²; items expected less than five times are pooled, as the approximation needs."""
    counts = np.bincount(found, minlength=probabilities.size)
    if counts[probabilities == 0].any():
        return False
    expected = found.size * probabilities
    rare = expected < 5
    counts, expected = np.append(counts[~rare], counts[rare].sum()), np.append(expected[~rare], expected[rare].sum())
    counts, expected = counts[expected > 0], expected[expected > 0]
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return statistic < critical_chi_square(expected.size - 1)


# Sources: sin²((2j + 1)θ) with θ = asin √(M/N), computed to twelve digits with arbitrary precision.
GOLDEN = [
    (1024, 1, 1, 0.008766189218),
    (1024, 1, 25, 0.999461244744),
    (1024, 1, 50, 0.000230150226),
    (1000, 7, 9, 0.999570818163),
    (1000, 7, 18, 0.001790551678),
    (8, 1, 1, 0.78125),
    (8, 1, 2, 0.945312500000),
    (8, 1, 4, 0.012207031250),
]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize(("size", "good", "j", "probability"), GOLDEN)
def test_golden_probabilities(engine: Engine, size: int, good: int, j: int, probability: float) -> None:
    space = Space.uniform(size, np.arange(good) * 3)
    assert engine.probabilities(space, j)[space.marked].sum() == pytest.approx(probability, abs=1e-11)


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    size = draw(st.integers(1, 40))
    weights = draw(st.lists(st.one_of(st.floats(0.01, 100.0), st.just(1.0)), min_size=size, max_size=size))
    marked = draw(st.sets(st.integers(0, size - 1)))
    return Space(np.array(weights), np.array(sorted(marked), dtype=np.int64))


@given(spaces(), st.integers(0, 12))
def test_the_law_equals_the_state_vector(space: Space, j: int) -> None:
    analytic, dense = (engine.probabilities(space, j) for engine in ENGINES)
    assert np.abs(analytic - dense).max() <= 1e-12
    assert analytic.sum() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("size", "good"), [(64, 1), (100, 3), (1000, 7)])
def test_over_rotation_loses_what_was_gained(size: int, good: int) -> None:
    space = Space.uniform(size, np.arange(good))
    theta = asin(sqrt(good / size))
    best = round(pi / (4 * theta) - 0.5)
    for engine in ENGINES:
        curve = [float(engine.probabilities(space, j)[:good].sum()) for j in range(2 * best + 1)]
        assert curve == pytest.approx([sin((2 * j + 1) * theta) ** 2 for j in range(2 * best + 1)], abs=1e-12)
        assert int(np.argmax(curve)) == best
        assert curve[2 * best] < 0.1 < 0.9 < curve[best]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_draws_follow_the_law(engine: Engine) -> None:
    weights = np.random.default_rng(5).pareto(1.5, size=24) + 0.05
    space = Space(weights, np.array([2, 3, 11, 20]))
    for j in (0, 1, 3):
        for seed in range(5):
            found = engine.run(space, j, 4000, np.random.default_rng(seed), Ledger())
            assert follows(found, DenseEngine().probabilities(space, j))


def test_the_draw_test_catches_a_skew_inside_the_good_set() -> None:
    space = Space.uniform(24, np.array([2, 3, 11, 20]))
    found = AnalyticEngine().run(space, 1, 4000, np.random.default_rng(0), Ledger())
    law = DenseEngine().probabilities(space, 1)
    assert follows(found, law)
    assert not follows(np.where((found == 2) & (np.arange(4000) % 4 == 0), 3, found), law)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("marked", [[], list(range(7))], ids=["none", "all"])
def test_nothing_or_everything_good_leaves_the_start(engine: Engine, marked: list[int]) -> None:
    space = Space(np.arange(1.0, 8.0), np.array(marked, dtype=np.int64))
    for j in (0, 1, 5):
        assert engine.probabilities(space, j) == pytest.approx(np.arange(1.0, 8.0) / 28, abs=1e-12)
        found = engine.run(space, j, 500, np.random.default_rng(j), Ledger())
        assert set(found.tolist()) == set(range(7))


def test_items_without_weight_are_never_drawn() -> None:
    space = Space(np.array([0.0, 1.0, 0.0, 2.0]), np.array([0, 1]))
    for engine in ENGINES:
        assert set(engine.run(space, 1, 500, np.random.default_rng(0), Ledger()).tolist()) == {1, 3}


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_every_shot_is_booked_at_its_full_price(engine: Engine) -> None:
    ledger = Ledger()
    engine.run(Space.uniform(16, [3]), 3, 10, np.random.default_rng(0), ledger)
    assert ledger == Ledger(oracle=30, prep=70, shots=10)
    assert engine.simulated


def test_a_counting_oracle_agrees_with_the_ledger() -> None:
    calls = 0

    def count(amplitudes: np.ndarray, marked: np.ndarray) -> None:
        nonlocal calls
        calls += 1
        amplitudes[marked] *= -1.0

    ledger = Ledger()
    engine = DenseEngine(oracle=count)
    for j in (0, 1, 4, 7):
        engine.run(Space.uniform(16, [3]), j, 1, np.random.default_rng(j), ledger)
    assert calls == ledger.oracle == 12


def test_an_oracle_that_flips_nothing_breaks_the_agreement() -> None:
    space = Space.uniform(16, [3])
    idle = DenseEngine(oracle=lambda amplitudes, marked: None)
    assert np.abs(idle.probabilities(space, 2) - AnalyticEngine().probabilities(space, 2)).max() > 0.1


def test_the_angle_is_not_off_by_one() -> None:
    assert good_probability_after(0.25, 1) == pytest.approx(1.0, abs=1e-15)
    assert good_probability_after(0.25, 0) == pytest.approx(0.25, abs=1e-15)
