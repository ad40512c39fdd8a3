"""What the quantum lane puts on record: queries, twin, agreement of engines, and what it does not claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.search import bbht_law
from wikigrove.selection.cells import CELL_SIZE
from wikigrove.selection.chain import ACCEPTABLE_FRACTION, COST_GRID
from wikigrove.selection.draw import AGREEMENT, Draw
from wikigrove.selection.gates import GATE_QUBITS, GateReport
from wikigrove.selection.generator import LANE_CLASSICAL, LANE_QUANTUM, TASK_BALANCED_SUBSET
from wikigrove.selection.problem import Problem

CELLS_LISTED: Final = 256
"""So many cells are described one by one."""


def total(draws: Sequence[Draw]) -> Ledger:
    """Add up the ledgers of all draws."""
    ledger = Ledger()
    for draw in draws:
        ledger.merge(draw.ledger)
    return ledger


def within(differences: Sequence[float]) -> float | None:
    """Return the smallest of 1e-12, 1e-11, … that no difference exceeds.

    The differences themselves are a few units in the last place and depend on the machine; a result must not.

    Returns:
        The bound, or None if there is no difference.

    Example:
        >>> within([3e-16, 2e-12])
        1e-11
    """
    if not differences:
        return None
    return next(limit for limit in (1e-12, 1e-11, 1e-10, AGREEMENT) if max(differences) <= limit)


def predicted(draws: Sequence[Draw]) -> dict[str, float | None]:
    """Return what the exact laws expect, summed over the cells.

    Rejection needs 1/a draws. The search needs the oracle uses and checks of `bbht_law`, and 2·oracle + rounds
    preparations. The gain counts queries of an oracle that somebody else has built; it is no ratio of times.

    Returns:
        `rejection_draws`, `oracle`, `checks`, `prep`, `predicted_gain` (draws per oracle use) and
        `predicted_gain_with_checks` (draws per oracle use or check), to nine digits; a gain is None where nothing is
        used.
    """
    rejections = sum(draw.subsets / draw.accepted for draw in draws)
    laws = [bbht_law(draw.subsets, draw.accepted / draw.subsets) for draw in draws]
    oracle, checks = sum(law[0] for law in laws), sum(law[1] for law in laws)
    return {
        "rejection_draws": round(float(rejections), 9),
        "oracle": round(float(oracle), 9),
        "checks": round(float(checks), 9),
        "prep": round(float(2.0 * oracle + checks), 9),
        "predicted_gain": round(rejections / oracle, 9) if oracle > 0 else None,
        "predicted_gain_with_checks": round(rejections / (oracle + checks), 9) if checks > 0 else None,
    }


def statement(ledger: Ledger) -> str:
    """Say in one sentence what was done and what it is worth.

    Example:
        >>> statement(Ledger(oracle=7, checks=9, emulator_ops=4368, classical_equiv_queries=21))[:60]
        'emulated amplitude amplification: 4368 classical operations '
    """
    return (
        f"emulated amplitude amplification: {ledger.emulator_ops} classical operations were spent to build the oracle, "
        f"one per enumerated subset, after which the best subset is known without any search; on hardware the draws "
        f"would need {ledger.oracle} oracle calls and {ledger.checks} checks; the classical twin, rejection sampling, "
        f"drew {ledger.classical_equiv_queries} subsets for the same law"
    )


def describe_cells(draws: Sequence[Draw], *, cells: int, sampled: Sequence[str]) -> dict[str, Any]:
    """Describe the cells: how many, which engine drew, and the first ones one by one.

    Args:
        draws: Draws of the cells that were not trivial, by stratum and number.
        cells: Number of all cells.
        sampled: Names of the strata that are represented by a sample of their rows.
    """
    engines = Counter(draw.engine for draw in draws)
    return {
        "acceptable_fraction": ACCEPTABLE_FRACTION,
        "cells": cells,
        "cells_without_choice": cells - len(draws),
        "cells_by_engine": {name: engines[name] for name in sorted(engines)},
        "engine_difference_at_most": within([draw.difference for draw in draws]),
        "strata_measured_on_a_sample": list(sampled),
        "cells_listed": [
            {
                "cell": draw.cell.name,
                "candidates": len(draw.cell.rows),
                "take": draw.cell.take,
                "subsets": draw.subsets,
                "accepted": draw.accepted,
                "threshold": draw.threshold,
                "mmd2": draw.cost,
                "engine": draw.engine,
            }
            for draw in draws[:CELLS_LISTED]
        ],
        "predicted": predicted(draws),
    }


def describe_gates(reports: Sequence[GateReport], draws: Sequence[Draw], *, chosen: bool) -> dict[str, Any]:
    """Describe what ran on gates, and how far its probabilities are from the rotation law's.

    Args:
        reports: What the worker gave.
        draws: The draws that were made of it.
        chosen: Whether they chose rows; otherwise they are a check that took part in no choice, with its own ledger.
    """
    return {
        "instances": len(reports),
        "role": "draws" if chosen else "check only",
        "difference_at_most": within([draw.difference for draw in draws]),
        "check_ledger": None if chosen else total(draws).as_dict(),
    }


def describe_reduction(problem: Problem, shortlists: Sequence[NDArray[np.int64]]) -> dict[str, Any]:
    """Describe the classical step before: how many candidates it kept, and what herding alone would have reached."""
    heads = [rows[:quota] for rows, quota in zip(shortlists, problem.quotas.tolist(), strict=True)]
    return {
        "method": "herding shortlist per stratum",
        "rows": problem.size,
        "candidates": int(sum(len(rows) for rows in shortlists)),
        "herding_objective": problem.objective(np.concatenate(heads)),
    }


def describe_twin(problem: Problem, draws: Sequence[Draw], rows: NDArray[np.int64]) -> dict[str, Any]:
    """Describe the classical twin: rejection sampling on the same cells by the same rule.

    In a stratum's first cell both lanes face the same subsets and threshold. In later cells each goes on from its own
    picks, so that the two selections follow one law as wholes.

    Args:
        problem: The instance.
        draws: The twin's draws.
        rows: int64[budget], all rows that the twin chose.
    """
    ledger = total(draws)
    return {
        "method": "rejection sampling",
        "draws": ledger.checks,
        "objective": problem.objective(rows),
        "ledger": ledger.as_dict(),
    }


def manifest(seed: int, *, factor: int, gate_cells: int, reports: Sequence[GateReport]) -> dict[str, Any]:
    """Say what a replay needs beyond the instance: no time, no host, nothing that may change between equal runs."""
    return {
        "method": "balanced-subset amplitude amplification over cells, each given the ones before it",
        "seed": seed,
        "streams": "Philox(SeedSequence([seed, task, lane, xxh3_64('<stratum>/<cell>')]))",
        "task": TASK_BALANCED_SUBSET,
        "lanes": {"classical": LANE_CLASSICAL, "quantum": LANE_QUANTUM},
        "threshold": "quantile of all enumerated costs, fixed before the draw, no random number involved",
        "acceptable_fraction": ACCEPTABLE_FRACTION,
        "shortlist_factor": factor,
        "cell_size": CELL_SIZE,
        "gate_qubits": GATE_QUBITS,
        "gate_cells": gate_cells,
        "cost_grid": COST_GRID,
        "precision": "double",
        "aer": {"method": "statevector", "max_parallel_threads": 1},
        "gate_operations": reports[0].operations if reports else None,
        "versions": {"numpy": np.__version__, "wikigrove": _wikigrove(), **(reports[0].versions if reports else {})},
    }


def _wikigrove() -> str | None:
    """Return the installed version; None in a source tree that was never installed."""
    try:
        return version("wikigrove")
    except ModuleNotFoundError:
        return None
