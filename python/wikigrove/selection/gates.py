"""The part of the quantum lane that runs on gates, in a worker process."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wikigrove.quantum.engines.aer import AerEngine
from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.sample import balanced_subset
from wikigrove.quantum.search import optimal_iterations
from wikigrove.quantum.space import SubsetSpace
from wikigrove.selection.generator import LANE_QUANTUM, TASK_BALANCED_SUBSET, generator

GATE_QUBITS: Final = 10
"""Cells of at most so many candidates run on gates: tens of milliseconds a circuit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GateReport:
    """What the gates gave for one instance.

    Attributes:
        index: The drawn subset's index.
        ledger: What the draw has cost.
        probabilities: Per number of iterations, the probability of every subset.
        operations: Gates of a circuit with one iteration, by name.
        versions: Of the libraries that ran them.
    """

    index: int
    ledger: dict[str, int]
    probabilities: dict[int, NDArray[np.float64]]
    operations: dict[str, int]
    versions: dict[str, str]


def probe_iterations(space: SubsetSpace) -> tuple[int, ...]:
    """Return the numbers of iterations at which engines are compared: the best one, and far beyond it.

    Past the best number the good items lose probability again; an emulator that merely returns good items is caught.
    """
    best = optimal_iterations(space.good_probability)
    return tuple(sorted({best, 2 * best + 1}))


def run_gates(jobs: list[tuple[str, SubsetSpace]], seed: int) -> list[GateReport]:
    """Draw one balanced subset per instance on Aer, and measure its probabilities for the comparison of engines.

    Args:
        jobs: The key of the instance's random stream, and its subsets.
        seed: The selection's seed.

    Returns:
        One report per job, in order.

    Raises:
        EngineUnavailableError: If qiskit or qiskit-aer is missing.
        VerificationError: If a draw fails its classical check.
    """
    engine = AerEngine()
    reports = []
    for key, space in jobs:
        ledger = Ledger()
        random = generator(seed, task=TASK_BALANCED_SUBSET, lane=LANE_QUANTUM, stratum=key)
        index = int(balanced_subset(space, 1, engine, random, ledger)[0])
        reports.append(
            GateReport(
                index=index,
                ledger=ledger.as_dict(),
                probabilities={j: engine.probabilities(space, j) for j in probe_iterations(space)},
                operations={str(name): int(count) for name, count in engine.circuit(space, 1).count_ops().items()},
                versions={name: version(name) for name in ("qiskit", "qiskit-aer")},
            )
        )
    return reports
