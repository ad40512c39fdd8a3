"""Amplitude amplification by its rotation law."""

from __future__ import annotations

from math import asin, sin, sqrt

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.space import Space


def good_probability_after(a: float, j: int) -> float:
    """Return the probability of a good item after j iterations, sin²((2j + 1)·asin √a).

    Source: Brassard, Hoyer, Mosca, Tapp, quant-ph/0005055, section 2.

    Args:
        a: Mass of the good items before the first iteration, in [0, 1].
        j: Number of iterations, not negative.

    Example:
        >>> round(good_probability_after(1 / 8, 1), 12), round(good_probability_after(1 / 8, 2), 12)
        (0.78125, 0.9453125)
    """
    return sin((2 * j + 1) * asin(sqrt(a))) ** 2


class AnalyticEngine:
    """Draw from the exact law without a state vector.

    Amplification changes only the balance between good and bad items; inside either group the start weights decide.
    """

    name = "analytic"
    simulated = True

    def run(self, space: Space, j: int, shots: int, rng: Generator, ledger: Ledger) -> NDArray[np.int64]:
        """Draw `shots` items as they would be measured after j iterations.

        Args:
            space: Items, start weights and good indices.
            j: Number of iterations.
            shots: Number of measurements.
            rng: Source of randomness; two uniform numbers per shot are taken.
            ledger: Where j oracle uses and 2j + 1 preparations per shot are booked.

        Returns:
            int64[shots], indices of items.

        Example:
            >>> ledger = Ledger()
            >>> space = Space.uniform(4, [2])  # one iteration finds one of four with certainty
            >>> AnalyticEngine().run(space, 1, 3, np.random.default_rng(0), ledger).tolist(), ledger.oracle
            ([2, 2, 2], 3)
        """
        probability = good_probability_after(space.good_probability, j)
        is_good = rng.random(shots) < probability
        if space.marked.size == space.size:
            is_good[:] = True  # the sine of π/2 may be rounded down, and there is no bad item to draw
        position = rng.random(shots)
        found = np.empty(shots, dtype=np.int64)
        if np.any(is_good):
            found[is_good] = space.marked[_places(space.marked_prefix, position[is_good])]
        if not np.all(is_good):
            found[~is_good] = space.unmarked[_places(space.unmarked_prefix, position[~is_good])]
        ledger.add(oracle=j * shots, prep=(2 * j + 1) * shots, shots=shots)
        return found

    def probabilities(self, space: Space, j: int) -> NDArray[np.float64]:
        """Return float64[N], the probability of every item after j iterations."""
        a = space.good_probability
        good = good_probability_after(a, j)
        start = space.weights / space.weights.sum()
        result: NDArray[np.float64] = start * ((1.0 - good) / (1.0 - a) if a < 1.0 else 0.0)
        if a > 0.0:
            result[space.marked] = start[space.marked] * (good / a)
        return result


def _places(prefix: NDArray[np.float64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Invert prefix sums; rounding may step past the last item, which the minimum takes back."""
    places = np.searchsorted(prefix, uniform * prefix[-1], side="right")
    clipped: NDArray[np.int64] = np.minimum(places, prefix.size - 1)
    return clipped
