"""Amplitude amplification, emulated and counted: arrays in, indices out.

Everything here is emulated on a classical machine and says so. Names are resolved on first use, so that importing the
package costs nothing; qiskit is imported only when the Aer engine is asked for a circuit.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wikigrove.quantum.engine import Engine
    from wikigrove.quantum.engines.aer import AerEngine
    from wikigrove.quantum.engines.analytic import AnalyticEngine
    from wikigrove.quantum.engines.dense import DenseEngine
    from wikigrove.quantum.ledger import Ledger
    from wikigrove.quantum.sample import balanced_subset, rejection_twin
    from wikigrove.quantum.search import bbht, bbht_law, best_iterations, grover_known, optimal_iterations
    from wikigrove.quantum.space import Space, SubsetSpace

_HOMES = {
    "AerEngine": "engines.aer",
    "AnalyticEngine": "engines.analytic",
    "DenseEngine": "engines.dense",
    "Engine": "engine",
    "Ledger": "ledger",
    "Space": "space",
    "SubsetSpace": "space",
    "balanced_subset": "sample",
    "bbht": "search",
    "bbht_law": "search",
    "best_iterations": "search",
    "grover_known": "search",
    "optimal_iterations": "search",
    "rejection_twin": "sample",
}

__all__ = [
    "AerEngine",
    "AnalyticEngine",
    "DenseEngine",
    "Engine",
    "Ledger",
    "Space",
    "SubsetSpace",
    "balanced_subset",
    "bbht",
    "bbht_law",
    "best_iterations",
    "grover_known",
    "optimal_iterations",
    "rejection_twin",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
