"""Both lanes draw uniformly from the acceptable subsets and from nothing else."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from wikigrove.errors import SelectionError, VerificationError
from wikigrove.quantum.engine import Engine
from wikigrove.quantum.engines.analytic import AnalyticEngine
from wikigrove.quantum.engines.dense import DenseEngine
from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.sample import balanced_subset, rejection_twin
from wikigrove.quantum.search import bbht_law
from wikigrove.quantum.space import SubsetSpace, subset_masks

SAMPLES = 1200


def space_of(n: int = 8, k: int = 3, fraction: float = 0.16) -> SubsetSpace:
    costs = np.random.default_rng(8).random(subset_masks(n, k).size)
    return SubsetSpace.at_fraction(n, k, costs, fraction=fraction)


def chi_square(found: np.ndarray, space: SubsetSpace) -> float:
    """Of a sample against the uniform law on the acceptable subsets; nothing else may occur."""
    counts = np.bincount(found, minlength=space.size)
    assert counts[~space.is_marked].sum() == 0
    expected = found.size / space.marked.size
    return float(((counts[space.marked] - expected) ** 2 / expected).sum())


def critical(space: SubsetSpace) -> float:
    """Upper 1e-4 point of χ² (Wilson and Hilferty 1931; z = 3.719)."""
    freedom = space.marked.size - 1
    return freedom * (1 - 2 / (9 * freedom) + 3.719 * sqrt(2 / (9 * freedom))) ** 3


@pytest.mark.parametrize("engine", [AnalyticEngine(), DenseEngine()], ids=lambda engine: engine.name)
@pytest.mark.parametrize("seed", range(5))
def test_the_amplified_draw_is_uniform_on_the_acceptable_subsets(engine: Engine, seed: int) -> None:
    space = space_of()
    assert space.marked.size == 8
    found = balanced_subset(space, SAMPLES, engine, np.random.default_rng(seed), Ledger())
    assert chi_square(found, space) < critical(space)


@pytest.mark.parametrize("seed", range(5))
def test_the_twin_is_uniform_on_the_same_subsets(seed: int) -> None:
    space = space_of()
    found = rejection_twin(space, SAMPLES, np.random.default_rng(seed), Ledger())
    assert chi_square(found, space) < critical(space)


def test_the_uniformity_test_catches_a_skewed_engine() -> None:
    class Skewed(AnalyticEngine):
        """Prefers the first good subset a little."""

        def run(self, space, j, shots, rng, ledger):
            found = super().run(space, j, shots, rng, ledger)
            swap = (found == space.marked[1]) & (rng.random(shots) < 0.4)
            return np.where(swap, space.marked[0], found)

    space = space_of()
    found = balanced_subset(space, SAMPLES, Skewed(), np.random.default_rng(0), Ledger())
    assert chi_square(found, space) > critical(space)


def test_queries_of_both_lanes_follow_their_laws() -> None:
    space = space_of(n=12, k=4, fraction=0.02)
    a = space.good_probability
    ledger, twin = Ledger(), Ledger()
    balanced_subset(space, SAMPLES, AnalyticEngine(), np.random.default_rng(1), ledger)
    rejection_twin(space, SAMPLES, np.random.default_rng(1), twin)
    iterations, rounds = bbht_law(space.size, a)
    # Standard deviations: about 0.6 of the mean for the search, √(1 - a)/a for rejection.
    assert ledger.oracle / SAMPLES == pytest.approx(iterations, rel=4 * 0.8 / sqrt(SAMPLES))
    assert ledger.rounds / SAMPLES == pytest.approx(rounds, rel=4 * 0.6 / sqrt(SAMPLES))
    assert twin.checks / SAMPLES == pytest.approx(1 / a, rel=4 / sqrt(SAMPLES))
    assert twin.checks == twin.classical_equiv_queries
    assert twin.oracle == twin.prep == 0
    assert ledger.prep == 2 * ledger.oracle + ledger.shots
    assert ledger.checks == ledger.rounds == ledger.shots


def test_the_twin_counts_every_draw_up_to_the_last_needed_one() -> None:
    """Five lines that draw one by one, on a stream of which the blocks are known."""
    space = space_of()
    ledger = Ledger()
    found = rejection_twin(space, 3, np.random.default_rng(4), ledger)
    rng, drawn, good = np.random.default_rng(4), [], 0
    while good < 3:
        block = rng.integers(0, space.size, size=1 + int((3 - good) / space.good_probability)).tolist()
        for index in block:
            if good < 3:
                drawn.append(index)
                good += bool(space.is_marked[index])
    assert ledger.checks == len(drawn)
    assert found.tolist() == [index for index in drawn if space.is_marked[index]]


def test_a_false_mark_is_caught_by_the_classical_check() -> None:
    space = space_of()
    bad = int(np.argmax(space.costs))
    space.marked = np.array([bad])  # the oracle, and the search's own check, now prefer the worst subset
    with pytest.raises(VerificationError, match="costs more than the threshold"):
        balanced_subset(space, 1, AnalyticEngine(), np.random.default_rng(0), Ledger())


def test_no_acceptable_subset_is_an_error_in_both_lanes() -> None:
    masks = subset_masks(6, 3)
    space = SubsetSpace(6, 3, masks, np.ones(masks.size), threshold=0.5)
    with pytest.raises(VerificationError, match="no acceptable subset"):
        balanced_subset(space, 1, AnalyticEngine(), np.random.default_rng(0), Ledger())
    with pytest.raises(SelectionError, match="no subset is acceptable"):
        rejection_twin(space, 1, np.random.default_rng(0), Ledger())


def test_same_seed_same_subsets() -> None:
    space = space_of()
    first, second = (
        balanced_subset(space, 50, AnalyticEngine(), np.random.default_rng(9), Ledger()).tolist() for _ in range(2)
    )
    assert first == second
