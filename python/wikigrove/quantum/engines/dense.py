"""Amplitude amplification on a dense vector of amplitudes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.space import Space

PhaseOracle = Callable[[NDArray[np.float64], NDArray[np.int64]], None]
"""Flips, in place, the sign of the amplitudes at the given indices."""


def flip(amplitudes: NDArray[np.float64], marked: NDArray[np.int64]) -> None:
    """Flip the sign of the marked amplitudes in place.

    Example:
        >>> amplitudes = np.array([0.6, 0.8])
        >>> flip(amplitudes, np.array([1]))
        >>> amplitudes.tolist()
        [0.6, -0.8]
    """
    amplitudes[marked] *= -1.0


class DenseEngine:
    """Evolve every amplitude: flip the good ones, then reflect about the start, 2⟨start, ψ⟩·start - ψ.

    It knows nothing of the rotation law and so checks it.

    Args:
        oracle: What flips the good amplitudes; a test hands in one that counts.
    """

    name = "dense"
    simulated = True

    def __init__(self, oracle: PhaseOracle = flip) -> None:
        self._oracle = oracle

    def run(self, space: Space, j: int, shots: int, rng: Generator, ledger: Ledger) -> NDArray[np.int64]:
        """Evolve once and draw `shots` measurements; each is booked at its full price.

        Args:
            space: Items, start weights and good indices.
            j: Number of iterations.
            shots: Number of measurements.
            rng: Source of randomness; one uniform number per shot is taken.
            ledger: Where j oracle uses and 2j + 1 preparations per shot are booked.

        Returns:
            int64[shots], indices of items.
        """
        prefix = np.cumsum(self.probabilities(space, j))
        places = np.searchsorted(prefix, rng.random(shots) * prefix[-1], side="right")
        ledger.add(oracle=j * shots, prep=(2 * j + 1) * shots, shots=shots)
        found: NDArray[np.int64] = np.minimum(places, space.size - 1)
        return found

    def probabilities(self, space: Space, j: int) -> NDArray[np.float64]:
        """Return float64[N], the squared amplitudes after j iterations."""
        start = np.sqrt(space.weights / space.weights.sum())
        amplitudes: NDArray[np.float64] = start.copy()
        for _ in range(j):
            self._oracle(amplitudes, space.marked)
            amplitudes = 2.0 * float(start @ amplitudes) * start - amplitudes
        return np.square(amplitudes)
