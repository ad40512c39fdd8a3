"""The seam between a search and whatever carries out the rotation."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.space import Space


class Engine(Protocol):
    """Carry out j iterations of amplitude amplification and measure.

    All engines obey one law: a good item is measured with probability sin²((2j + 1)·asin √a), where a is the mass of
    the good items before the first iteration (Brassard, Hoyer, Mosca, Tapp, quant-ph/0005055, section 2).
    """

    @property
    def name(self) -> str:
        """Name of the method, as it is written into a result."""

    @property
    def simulated(self) -> bool:
        """Whether a classical machine emulates the device."""

    def run(self, space: Space, j: int, shots: int, rng: Generator, ledger: Ledger) -> NDArray[np.int64]:
        """Prepare, iterate j times and measure, `shots` times over; book j oracle uses per shot."""

    def probabilities(self, space: Space, j: int) -> NDArray[np.float64]:
        """Return the probability of every item after j iterations; nothing is booked, nothing is measured."""
