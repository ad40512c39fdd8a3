"""Draw a balanced subset from a cell, by either lane, and check the draws of a stratum classically."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wikigrove.errors import VerificationError
from wikigrove.quantum.engine import Engine
from wikigrove.quantum.engines.analytic import AnalyticEngine
from wikigrove.quantum.engines.dense import DenseEngine
from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.sample import balanced_subset, rejection_twin
from wikigrove.quantum.space import SubsetSpace
from wikigrove.selection.cells import Cell, Population, mean_similarities
from wikigrove.selection.chain import COST_GRID
from wikigrove.selection.gates import GateReport, probe_iterations
from wikigrove.selection.generator import LANE_CLASSICAL, LANE_QUANTUM, TASK_BALANCED_SUBSET, generator
from wikigrove.selection.problem import Problem

AGREEMENT: Final = 1e-9
"""Largest difference between two engines' probabilities that passes for rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draw:
    """What was drawn from one cell. The subsets themselves are not kept: there are thousands per cell.

    Attributes:
        cell: Where it was drawn.
        rows: int64[take], the drawn rows.
        cost: The MMD² of the stratum's rows so far, these included, as it was priced.
        threshold: The largest cost that was acceptable; fixed before the draw.
        subsets: Number of subsets.
        accepted: Number of acceptable ones.
        engine: What drew: `aer`, `analytic` or `rejection`.
        ledger: What the draw has cost, the enumeration included.
        difference: Largest difference between the probabilities of two engines; 0 for rejection.
    """

    cell: Cell
    rows: NDArray[np.int64]
    cost: float
    threshold: float
    subsets: int
    accepted: int
    engine: str
    ledger: Ledger
    difference: float


def draw_analytic(cell: Cell, space: SubsetSpace, seed: int) -> Draw:
    """Draw by the rotation law, and hold the law against a dense state vector.

    Raises:
        VerificationError: If the draw fails its check, or the engines disagree.
    """
    engine = AnalyticEngine()
    ledger = Ledger()
    random = generator(seed, task=TASK_BALANCED_SUBSET, lane=LANE_QUANTUM, stratum=cell.name)
    index = int(balanced_subset(space, 1, engine, random, ledger)[0])
    dense = DenseEngine()
    other = {j: dense.probabilities(space, j) for j in probe_iterations(space)}
    return _draw(cell, space, index, engine.name, ledger, difference(space, other, engine))


def draw_from_report(cell: Cell, space: SubsetSpace, report: GateReport) -> Draw:
    """Take a draw that the gates made, and hold their probabilities against the rotation law.

    Raises:
        VerificationError: If the report names no subset, or the engines disagree.
    """
    if not 0 <= report.index < space.size:
        raise VerificationError(f"the gates named a subset that does not exist: {report.index}")
    gap = difference(space, report.probabilities, AnalyticEngine())
    return _draw(cell, space, report.index, "aer", Ledger.from_dict(report.ledger), gap)


def draw_twin(cell: Cell, space: SubsetSpace, seed: int) -> Draw:
    """Draw by rejection, on a stream of its own."""
    ledger = Ledger()
    random = generator(seed, task=TASK_BALANCED_SUBSET, lane=LANE_CLASSICAL, stratum=cell.name)
    index = int(rejection_twin(space, 1, random, ledger)[0])
    return _draw(cell, space, index, "rejection", ledger, 0.0)


def difference(space: SubsetSpace, probabilities: Mapping[int, NDArray[np.float64]], engine: Engine) -> float:
    """Return the largest difference between given probabilities and an engine's own.

    Args:
        space: The instance.
        probabilities: Per number of iterations, the probability of every subset.
        engine: What they are compared with.

    Raises:
        VerificationError: If they differ by more than rounding.
    """
    gap = max(float(np.abs(found - engine.probabilities(space, j)).max()) for j, found in probabilities.items())
    if not gap <= AGREEMENT:
        raise VerificationError(f"two engines disagree on the probability of a subset, difference: {gap:g}")
    return gap


def _draw(cell: Cell, space: SubsetSpace, index: int, engine: str, ledger: Ledger, gap: float) -> Draw:
    ledger.add(emulator_ops=space.size)
    mask = int(space.masks[index])
    return Draw(
        cell=cell,
        rows=cell.rows[[position for position in range(space.n) if mask >> position & 1]],
        cost=float(space.costs[index]),
        threshold=space.threshold,
        subsets=space.size,
        accepted=space.marked.size,
        engine=engine,
        ledger=ledger,
        difference=gap,
    )


def verify_draws(problem: Problem, population: Population, fixed: NDArray[np.int64], draws: Sequence[Draw]) -> None:
    """Check the draws of one stratum: size, membership, and the MMD² after each, computed anew from the kernel.

    Args:
        problem: The instance.
        population: What the stratum is measured against.
        fixed: int64, rows that were taken without a choice.
        draws: The draws, in their order.

    Raises:
        VerificationError: If a draw is not what it should be.
    """
    chosen = fixed
    means = mean_similarities(problem, population, np.concatenate([fixed, *(draw.rows for draw in draws)]))
    inside = float(problem.similarity(fixed, fixed).sum()) if len(fixed) else 0.0
    for draw in draws:
        if len(np.unique(draw.rows)) != draw.cell.take or not np.all(np.isin(draw.rows, draw.cell.rows)):
            raise VerificationError(f"a draw is no subset of the asked size, cell: {draw.cell.name}")
        inside += float(problem.similarity(draw.rows, draw.rows).sum())
        inside += 2.0 * float(problem.similarity(draw.rows, chosen).sum()) if len(chosen) else 0.0
        chosen = np.concatenate([chosen, draw.rows])
        size = len(chosen)
        cost = inside / size**2 - 2.0 * float(means[:size].mean()) + population.mean_of_means
        if not cost <= draw.threshold + COST_GRID:
            raise VerificationError(f"a draw is less balanced than the threshold, cell: {draw.cell.name}")
