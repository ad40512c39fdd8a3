"""What a lane of selection hands back, whoever computed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaneResult:
    """The rows that a lane chose, and how.

    Everything but `rows` can be written as JSON.

    Args:
        rows: int64[budget], rows of the problem, in any order, none twice.
        engine: What computed it, for instance `herding`.
        simulated: Whether a quantum device was simulated.
        ledger: Counts of the work (oracle calls, shots, checks, …), or empty.
        twin: What the lane's classical twin reached on the same instance: its objective, its draws.
        details: Cells, threshold, acceptable fraction, agreement of engines.
        manifest: What a replay needs beyond the problem and the seed.
    """

    rows: NDArray[np.int64]
    engine: str
    simulated: bool
    ledger: dict[str, int] = field(default_factory=dict)
    twin: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
