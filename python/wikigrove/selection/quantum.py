"""The quantum lane of selection: balanced subsets by emulated amplitude amplification, with a classical twin.

The lane reduces classically first: herding shortlists about three times the quota of each stratum, and the shortlist is
dealt into cells of at most 16 candidates. Cell by cell, all k-subsets are priced by the MMD² of the stratum's selection
so far with the subset added, the cheapest 5 % are called balanced, and amplitude amplification draws one of these
uniformly. The last threshold of a stratum bounds the MMD² of its whole selection.

Nothing here is faster than a classical computer. To build the oracle every subset is enumerated, after which the best
one is known; the ledger says how many. What the lane offers is the draw's exact law, its count of queries, and the same
draw made classically beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wikigrove.errors import DeadlineExceededError
from wikigrove.selection.cells import Cell, deal, mean_similarities, population_of
from wikigrove.selection.chain import Chain
from wikigrove.selection.classical import shortlist
from wikigrove.selection.draw import Draw, draw_analytic, draw_from_report, draw_twin, verify_draws
from wikigrove.selection.evidence import (
    describe_cells,
    describe_gates,
    describe_reduction,
    describe_twin,
    manifest,
    statement,
    total,
)
from wikigrove.selection.gates import GATE_QUBITS, GateReport, run_gates
from wikigrove.selection.lane import LaneResult
from wikigrove.selection.problem import Problem
from wikigrove.selection.worker import run_isolated

SHORTLIST_FACTOR: Final = 3
"""Candidates per pick that the classical reduction keeps."""

GATE_CELLS: Final = 16
"""So many cells run on gates, at most: each takes a quarter of a second. The others take the analytic engine. Only the
first cell of a stratum can: the later ones depend on its draw."""

CHECK_CANDIDATES: Final = 8
"""Candidates of the instance that exercises the gates where no cell is small enough for them."""


def choose(problem: Problem, *, seed: int, deadline_s: float, threads: int = 1) -> LaneResult:
    """Choose rows by balanced-subset amplitude amplification over cells.

    Args:
        problem: The instance; the classical lanes get the same one.
        seed: Seed of every draw. Same seed, same rows, whatever the threads.
        deadline_s: Seconds the lane may take in all.
        threads: Accepted for the signature that lanes share. Aer runs on one thread, the rest is too small to split.

    Returns:
        The rows and what they cost, with the twin's draws and objective.

    Raises:
        DeadlineExceededError: If time runs out; no process is left running.
        EngineUnavailableError: If qiskit or qiskit-aer is missing.
        WorkerCrashedError: If the process that runs the gates dies.
        VerificationError: If a draw fails its check, or two engines disagree.
    """
    deadline = _Deadline(deadline_s)
    shortlists = shortlist(problem, SHORTLIST_FACTOR)
    return amplify(problem, shortlists, seed=seed, deadline_s=deadline.left())


def amplify(problem: Problem, shortlists: Sequence[NDArray[np.int64]], *, seed: int, deadline_s: float) -> LaneResult:
    """Choose rows among shortlisted candidates; `choose` is this after the classical reduction.

    Args:
        problem: The instance.
        shortlists: Candidate rows per stratum, in the order in which they were picked.
        seed: Seed of every draw.
        deadline_s: Seconds the lane may take.

    Returns:
        The rows and what they cost.

    Raises:
        QuantumLaneError: As for `choose`.
        SelectionError: If a shortlist does not serve its stratum.
    """
    deadline = _Deadline(deadline_s)
    cells = deal(problem, shortlists)
    strata = []
    for code in sorted({cell.stratum for cell in cells}):
        deadline.check()
        strata.append(_Stratum(problem, [cell for cell in cells if cell.stratum == code]))
    reports, first, chosen = _draw_on_gates(problem, strata, seed, deadline.left())
    opened = {draw.cell.name: draw for draw in first}
    draws: list[Draw] = []
    twins: list[Draw] = []
    for stratum in strata:
        own = []
        for cell in stratum.choices:
            deadline.check()
            own.append(opened.get(cell.name) or draw_analytic(cell, stratum.lane.space(cell), seed))
            stratum.lane.add(own[-1].rows)
            twins.append(draw_twin(cell, stratum.twin.space(cell), seed))
            stratum.twin.add(twins[-1].rows)
        verify_draws(problem, stratum.population, stratum.fixed, own)
        draws += own
    deadline.check()
    ledger = total(draws)
    ledger.add(classical_equiv_queries=total(twins).checks)
    sampled = [problem.strata_names[stratum.code] for stratum in strata if stratum.population.is_sample]
    return LaneResult(
        rows=_union([stratum.lane.rows for stratum in strata]),
        engine="+".join(sorted({draw.engine for draw in draws})) or "none",
        simulated=True,
        ledger=ledger.as_dict(),
        twin=describe_twin(problem, twins, _union([stratum.twin.rows for stratum in strata])),
        details={
            "statement": statement(ledger),
            "reduction": describe_reduction(problem, shortlists),
            **describe_cells(draws, cells=len(cells), sampled=sampled),
            "gates": describe_gates(reports, first, chosen=chosen),
        },
        manifest=manifest(seed, factor=SHORTLIST_FACTOR, gate_cells=GATE_CELLS, reports=reports),
    )


class _Stratum:
    """The cells of one stratum, and what both lanes have chosen there so far."""

    def __init__(self, problem: Problem, cells: list[Cell]) -> None:
        self.code = cells[0].stratum
        self.cells = cells
        self.choices = [cell for cell in cells if not cell.is_trivial]
        self.population = population_of(problem, self.code)
        candidates = np.concatenate([cell.rows for cell in cells])
        means = mean_similarities(problem, self.population, candidates)
        self.lane, self.twin = (
            Chain(problem, self.population, dict(zip(candidates.tolist(), means.tolist(), strict=True)))
            for _ in range(2)
        )
        self.fixed = np.concatenate([np.empty(0, dtype=np.int64), *(c.rows for c in cells if c.take == len(c.rows))])
        if len(self.fixed):
            self.lane.add(self.fixed)
            self.twin.add(self.fixed)


def _draw_on_gates(
    problem: Problem, strata: list[_Stratum], seed: int, deadline_s: float
) -> tuple[list[GateReport], list[Draw], bool]:
    """Run the gates in a process of their own, and say whether what they drew chooses rows.

    Later cells wait for what the first ones have chosen, and one process runs all gates: so first cells run on them.
    Gates are exercised in every run, if need be on an instance that chooses nothing.
    """
    openings = [(stratum, stratum.choices[0]) for stratum in strata if stratum.choices]
    chosen = [(stratum, cell) for stratum, cell in openings if len(cell.rows) <= GATE_QUBITS][:GATE_CELLS]
    instances = chosen or _check_instance(strata)
    jobs = [(cell.name, stratum.lane.space(cell)) for stratum, cell in instances]
    reports = run_isolated(run_gates, deadline_s, jobs, seed) if jobs else []
    draws = []
    for (stratum, cell), (_, space), report in zip(instances, jobs, reports, strict=True):
        draws.append(draw_from_report(cell, space, report))
        verify_draws(problem, stratum.population, stratum.fixed, draws[-1:])
    return reports, draws, bool(chosen)


def _check_instance(strata: list[_Stratum]) -> list[tuple[_Stratum, Cell]]:
    """Cut a small instance out of the first cell that offers a choice, or else out of any with two candidates."""
    usable = [(stratum, cell) for stratum in strata for cell in stratum.cells if len(cell.rows) > 1]
    if not usable:
        return []
    stratum, cell = min(usable, key=lambda pair: pair[1].is_trivial)
    rows = cell.rows[:CHECK_CANDIDATES]
    take = min(max(1, round(len(rows) * cell.take / len(cell.rows))), len(rows) - 1)
    return [(stratum, replace(cell, name=f"{cell.name}/gate check", rows=rows, take=take))]


def _union(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.sort(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)


class _Deadline:
    """A point in time after which nothing more is started."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = monotonic() + seconds

    def left(self) -> float:
        self.check()
        return self._end - monotonic()

    def check(self) -> None:
        if monotonic() >= self._end:
            raise DeadlineExceededError(f"the quantum lane ran out of time, seconds: {self._seconds:g}")
