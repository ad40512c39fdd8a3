"""Amplitude amplification over k-subsets by gates, on the Aer simulator."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from math import acos, pi, sqrt
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from wikigrove.errors import EngineUnavailableError, VerificationError
from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.space import Space, SubsetSpace

DEFAULT_QUBITS: Final = 12
HARD_QUBITS: Final = 16
"""Beyond this a Grover iteration takes tens of milliseconds and the dense engine is hundreds of times cheaper."""

SubsetOracle = Callable[[Any, SubsetSpace], None]
"""Appends, to a circuit, the phase flip of the good subsets."""


def append_dicke(circuit: Any, n: int, k: int) -> None:
    """Append the preparation of the Dicke state, the equal superposition of all k-subsets of n qubits.

    Source: Bärtschi and Eidenbenz, "Deterministic preparation of Dicke states", FCT 2019, arXiv:1904.07358, section 2.
    Their controlled rotations are written out as RY and (C)CX, so that every gate is native to Aer, can be inverted by
    reversing the list, and nothing has to be transpiled.

    Args:
        circuit: A `qiskit.QuantumCircuit` of n qubits in the state zero.
        n: Number of qubits.
        k: Size of a subset, 1 <= k < n.
    """
    for qubit in range(n - k, n):
        circuit.x(qubit)
    _append_split_and_cyclic_shift(circuit, n, k)


def _append_split_and_cyclic_shift(circuit: Any, n: int, k: int) -> None:
    """Append U(n, k), which turns the state of ones in the last k qubits into the Dicke state."""
    for last in range(n, 1, -1):
        for ones in range(1, min(k, last - 1) + 1):
            # In one-based qubits: with ones..1 at the end of the first `last` qubits, move the weight
            # sqrt((last - ones) / last) to the state in which they are shifted by one.
            target, end = last - ones - 1, last - 1
            angle = 2.0 * acos(sqrt(ones / last))
            controls = [end] if ones == 1 else [target + 1, end]
            circuit.cx(target, end)
            _append_controlled_ry(circuit, angle, controls, target)
            circuit.cx(target, end)


def _append_controlled_ry(circuit: Any, angle: float, controls: list[int], target: int) -> None:
    """RY(angle) under one or two controls: X·RY(-angle/2)·X = RY(angle/2) adds up only where the controls are set."""
    for half in (angle / 2.0, -angle / 2.0):
        circuit.ry(half, target)
        if len(controls) == 1:
            circuit.cx(controls[0], target)
        else:
            circuit.ccx(controls[0], controls[1], target)


def append_subset_oracle(circuit: Any, space: SubsetSpace) -> None:
    """Append the phase flip of every good subset, one controlled phase each.

    Controls on the k members are enough: among states of k ones only the subset itself has all of them set. The state
    never leaves those states, which the tests hold to 1e-12.

    Args:
        circuit: A `qiskit.QuantumCircuit` of n qubits.
        space: Which subsets are good.
    """
    for mask in space.masks[space.marked]:
        members = [qubit for qubit in range(space.n) if int(mask) >> qubit & 1]
        _append_all_ones_flip(circuit, members)


def append_dicke_reflection(circuit: Any, n: int, k: int) -> None:
    """Append the reflection about the Dicke state, up to a global sign: U, X on its ones, flip of zero, and back.

    Args:
        circuit: A `qiskit.QuantumCircuit` of n qubits.
        n: Number of qubits.
        k: Size of a subset.
    """
    preparation = circuit.copy_empty_like()
    append_dicke(preparation, n, k)
    circuit.compose(preparation.inverse(), inplace=True)
    circuit.x(range(n))
    _append_all_ones_flip(circuit, list(range(n)))
    circuit.x(range(n))
    circuit.compose(preparation, inplace=True)


def _append_all_ones_flip(circuit: Any, qubits: list[int]) -> None:
    """Flip the sign of the states in which all these qubits are set."""
    if len(qubits) == 1:
        circuit.z(qubits[0])
    elif len(qubits) == 2:
        circuit.cz(qubits[0], qubits[1])
    else:
        circuit.mcp(pi, qubits[:-1], qubits[-1])


class AerEngine:
    """Run the gates on Aer's state vector simulator, single-threaded, in double precision.

    Aer holds the interpreter lock for the whole run and cannot be interrupted: whoever needs a deadline runs this
    engine in a process of its own. Threads are pinned to one because Aer's OpenMP teams lose an order of magnitude on
    a busy machine (Qiskit/qiskit-aer issues 1581, 1843, 739).

    Args:
        maximum_qubits: Refuse larger spaces; at most 16.
        oracle: What appends the phase flip; a test hands in one that counts.

    Raises:
        EngineUnavailableError: If the cap is above 16.
    """

    name = "aer"
    simulated = True

    def __init__(self, *, maximum_qubits: int = DEFAULT_QUBITS, oracle: SubsetOracle = append_subset_oracle) -> None:
        if maximum_qubits > HARD_QUBITS:
            raise EngineUnavailableError(f"gates are capped at {HARD_QUBITS} qubits, asked: {maximum_qubits}")
        self._maximum_qubits = maximum_qubits
        self._oracle = oracle
        self._backend: Any = None

    def run(self, space: Space, j: int, shots: int, rng: Generator, ledger: Ledger) -> NDArray[np.int64]:
        """Run the circuit and measure it `shots` times.

        Args:
            space: A `SubsetSpace` with 0 < k < n.
            j: Number of iterations.
            shots: Number of measurements.
            rng: Source of the simulator's seed; one integer is taken.
            ledger: Where j oracle uses and 2j + 1 preparations per shot are booked.

        Returns:
            int64[shots], indices of subsets.

        Raises:
            EngineUnavailableError: If qiskit or qiskit-aer is missing, or the space is not for gates.
            VerificationError: If a measured bit string is no k-subset.
        """
        subsets = self._admit(space)
        circuit = self.circuit(subsets, j)
        circuit.measure_all()
        outcome = self._simulate(circuit, shots=shots, seed_simulator=int(rng.integers(0, 2**31 - 1)), memory=True)
        ledger.add(oracle=j * shots, prep=(2 * j + 1) * shots, shots=shots)
        # Qubit 0 is the least significant bit, so a memory string read as a number is the mask.
        found = [subsets.index_of(int(bits, 2)) for bits in outcome.get_memory()]
        if min(found) < 0:
            raise VerificationError(f"a measured bit string is no subset of the asked size: {subsets.k}")
        return np.array(found, dtype=np.int64)

    def probabilities(self, space: Space, j: int) -> NDArray[np.float64]:
        """Return float64[C(n, k)], the squared amplitude of every k-subset after j iterations."""
        subsets = self._admit(space)
        return self.register_probabilities(subsets, j)[subsets.masks.astype(np.int64)]

    def register_probabilities(self, space: SubsetSpace, j: int) -> NDArray[np.float64]:
        """Return float64[2^n], the squared amplitude of every basis state, those outside the k-subsets included."""
        circuit = self.circuit(self._admit(space), j)
        circuit.save_probabilities()
        return np.asarray(self._simulate(circuit, shots=1).data(0)["probabilities"], dtype=np.float64)

    def circuit(self, space: SubsetSpace, j: int) -> Any:
        """Build the circuit without a measurement: preparation, then j times oracle and reflection.

        Returns:
            A `qiskit.QuantumCircuit`.
        """
        qiskit, _ = _libraries()
        circuit = qiskit.QuantumCircuit(space.n)
        append_dicke(circuit, space.n, space.k)
        for _ in range(j):
            self._oracle(circuit, space)
            append_dicke_reflection(circuit, space.n, space.k)
        return circuit

    def _admit(self, space: Space) -> SubsetSpace:
        if not isinstance(space, SubsetSpace) or not 0 < space.k < space.n:
            raise EngineUnavailableError("gates are offered for k-subsets with 0 < k < n only")
        if space.n > self._maximum_qubits:
            raise EngineUnavailableError(f"gates are capped at {self._maximum_qubits} qubits, asked: {space.n}")
        return space

    def _simulate(self, circuit: Any, **options: Any) -> Any:
        """Run one circuit of native gates, as it stands."""
        _guard(circuit)
        if self._backend is None:
            _, aer = _libraries()
            self._backend = aer.AerSimulator(method="statevector", precision="double", max_parallel_threads=1)
        outcome = self._backend.run(circuit, **options).result()
        if not outcome.success:
            raise EngineUnavailableError(f"aer refused the circuit: {outcome.status}")
        return outcome


def _guard(circuit: Any) -> None:
    """Refuse what kills the process or makes it crawl.

    Aer dies on an inverted `StatePreparation`, seen as a multiplexer without parameters (Qiskit/qiskit-aer#2444,
    Qiskit/qiskit#14354), and simulates loops shot by shot.
    """
    for instruction in circuit.data:
        operation = instruction.operation
        if operation.name == "multiplexer" and not operation.params:
            raise EngineUnavailableError("a multiplexer without parameters would crash aer")
        if operation.name in {"for_loop", "while_loop", "if_else", "switch_case"}:
            raise EngineUnavailableError(f"control flow turns measurement sampling off: {operation.name}")


def _libraries() -> tuple[Any, Any]:
    """Import qiskit and qiskit-aer now, not with the package: it takes more than a second."""
    try:
        return import_module("qiskit"), import_module("qiskit_aer")
    except ImportError as error:
        raise EngineUnavailableError(
            f"the gate engine needs qiskit and qiskit-aer, hint: pip install 'wikigrove[quantum]', reason: {error}"
        ) from error
