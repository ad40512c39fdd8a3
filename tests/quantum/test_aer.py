"""Gates against the rotation law: the Dicke state, the oracle and the reflection are right, and counted."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from wikigrove.errors import EngineUnavailableError, VerificationError
from wikigrove.quantum.engines.aer import AerEngine, append_dicke, append_subset_oracle
from wikigrove.quantum.engines.analytic import AnalyticEngine
from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.sample import balanced_subset
from wikigrove.quantum.search import optimal_iterations
from wikigrove.quantum.space import Space, SubsetSpace, subset_masks

qiskit = pytest.importorskip("qiskit", reason="the gate engine needs qiskit")
pytest.importorskip("qiskit_aer", reason="the gate engine needs qiskit-aer")

SHAPES = [(2, 1), (3, 1), (3, 2), (4, 2), (5, 4), (6, 3), (8, 3), (8, 7), (10, 5), (12, 4)]


def space_of(n: int, k: int, fraction: float = 0.05, seed: int = 0) -> SubsetSpace:
    costs = np.random.default_rng(seed).random(subset_masks(n, k).size)
    return SubsetSpace.at_fraction(n, k, costs, fraction=fraction)


@pytest.mark.parametrize(("n", "k"), SHAPES)
def test_the_dicke_state_is_uniform_and_does_not_leak(n: int, k: int) -> None:
    space = space_of(n, k)
    register = AerEngine().register_probabilities(space, 0)
    inside = register[space.masks.astype(np.int64)]
    assert np.abs(inside - 1.0 / space.size).max() <= 1e-12
    assert abs(register.sum() - inside.sum()) <= 1e-12


@pytest.mark.parametrize(("n", "k"), SHAPES)
def test_gates_agree_with_the_law_up_to_over_rotation(n: int, k: int) -> None:
    space = space_of(n, k)
    best = optimal_iterations(space.good_probability)
    for j in {1, best, 2 * best + 1}:
        register = AerEngine().register_probabilities(space, j)
        inside = register[space.masks.astype(np.int64)]
        assert np.abs(inside - AnalyticEngine().probabilities(space, j)).max() <= 1e-10
        assert abs(register.sum() - inside.sum()) <= 1e-12
        good = inside[space.marked]
        assert np.abs(good - good[0]).max() <= 1e-12


def test_a_wrong_oracle_breaks_the_agreement() -> None:
    space = space_of(6, 3, fraction=0.2)

    def forgetful(circuit: object, subsets: SubsetSpace) -> None:
        append_subset_oracle(circuit, SubsetSpace(6, 3, subsets.masks, subsets.costs, float(subsets.costs.min())))

    gap = AerEngine(oracle=forgetful).probabilities(space, 1) - AnalyticEngine().probabilities(space, 1)
    assert np.abs(gap).max() > 1e-2


def test_a_counting_oracle_agrees_with_the_ledger() -> None:
    calls = 0

    def count(circuit: object, space: SubsetSpace) -> None:
        nonlocal calls
        calls += 1
        append_subset_oracle(circuit, space)

    space, ledger = space_of(7, 3, fraction=0.03), Ledger()
    found = balanced_subset(space, 6, AerEngine(oracle=count), np.random.default_rng(2), ledger)
    assert set(found.tolist()) <= set(space.marked.tolist())
    assert calls == ledger.oracle > 0
    assert ledger.prep == 2 * ledger.oracle + ledger.shots


def test_draws_on_gates_follow_the_law() -> None:
    space = space_of(6, 2, fraction=0.2)
    probabilities = AnalyticEngine().probabilities(space, 1)
    for seed in range(5):
        found = AerEngine().run(space, 1, 4000, np.random.default_rng(seed), Ledger())
        expected = 4000 * probabilities
        statistic = float(((np.bincount(found, minlength=space.size) - expected) ** 2 / expected).sum())
        assert statistic < 42.58  # upper 1e-4 point of χ² with 14 degrees of freedom
    again = AerEngine().run(space, 1, 4000, np.random.default_rng(4), Ledger())
    assert (again == found).all()


def test_only_native_gates_are_used_and_preparations_are_counted() -> None:
    engine, space = AerEngine(), space_of(6, 3)
    assert set(engine.circuit(space, 2).count_ops()) <= {"x", "ry", "cx", "ccx", "z", "cz", "mcphase"}
    single = qiskit.QuantumCircuit(6)
    append_dicke(single, 6, 3)
    rotations = single.count_ops()["ry"]
    for j in (0, 1, 3):
        assert engine.circuit(space, j).count_ops()["ry"] == (2 * j + 1) * rotations


def test_what_is_not_for_gates_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(EngineUnavailableError, match="k-subsets"):
        AerEngine().run(Space.uniform(8, [1]), 1, 1, rng, Ledger())
    masks = subset_masks(4, 4)
    with pytest.raises(EngineUnavailableError, match="0 < k < n"):
        AerEngine().probabilities(SubsetSpace(4, 4, masks, np.zeros(1), 0.0), 1)
    with pytest.raises(EngineUnavailableError, match="capped at 12 qubits, asked: 13"):
        AerEngine().probabilities(space_of(13, 1), 0)
    assert AerEngine(maximum_qubits=13).probabilities(space_of(13, 1), 0).size == 13
    with pytest.raises(EngineUnavailableError, match="capped at 16"):
        AerEngine(maximum_qubits=17)


def test_a_circuit_that_would_crash_or_crawl_is_refused() -> None:
    def crashing(circuit, space) -> None:
        circuit.append(qiskit.circuit.Gate("multiplexer", 2, []), [0, 1])

    def looping(circuit, space) -> None:
        with circuit.for_loop(range(2)):
            circuit.x(0)

    for oracle in (crashing, looping):
        with pytest.raises(EngineUnavailableError):
            AerEngine(oracle=oracle).probabilities(space_of(4, 2), 1)


def test_a_leak_out_of_the_subsets_is_noticed() -> None:
    def leaking(circuit, space) -> None:
        circuit.x(0)

    with pytest.raises(VerificationError, match="no subset of the asked size"):
        AerEngine(oracle=leaking).run(space_of(5, 2), 1, 200, np.random.default_rng(0), Ledger())


def test_missing_qiskit_is_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qiskit", None)
    with pytest.raises(EngineUnavailableError, match="hint: pip install"):
        AerEngine().probabilities(space_of(4, 2), 1)
