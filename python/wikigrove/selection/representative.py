"""The call: choose records that stand for all, by either lane, always beside chance."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wikigrove import _core
from wikigrove.errors import QuantumLaneError, SelectionError, VerificationError
from wikigrove.selection.base import Selection
from wikigrove.selection.baseline import LEAST_DRAWS, random_baseline
from wikigrove.selection.classical import ENGINE, SWEEPS, herd
from wikigrove.selection.lane import LaneResult
from wikigrove.selection.metrics import degrees_of_freedom, measure
from wikigrove.selection.problem import BANDWIDTH_LIMIT, EXACT_LIMIT, Problem
from wikigrove.selection.quotas import Quotas
from wikigrove.selection.table import VectorTable

OBJECTIVES: Final = ("represent",)
LANES: Final = ("classical", "quantum")


def select_representative(
    vectors: VectorTable | NDArray[np.float32],
    *,
    budget: int,
    strata: Sequence[str] | None = None,
    ids: NDArray[np.int64] | None = None,
    quotas: Quotas = "proportional",
    objective: str = "represent",
    lane: str = "classical",
    seed: int = 0,
    baseline_draws: int = LEAST_DRAWS,
    threads: int = 1,
    deadline_s: float = 60.0,
) -> Selection:
    """Choose records whose vectors are distributed as all vectors are, under quotas for strata.

    The classical lane is kernel herding with swaps (`wikigrove.selection.herd`). The quantum lane samples balanced
    subsets by amplitude amplification on simulated engines; the classical lane runs on the same input beside it, and
    answers in its place, with the reason in `fallback`, when the quantum lane reports that it cannot deliver. Equal
    input and seed give equal ids for every order of the rows and every number of threads.

    Args:
        vectors: A store's vectors, or a float32 matrix, one row a record.
        budget: Records to choose.
        strata: A label for each row, in the order of the vectors; labels of several columns come joined. None: one
            stratum.
        ids: int64[n] record ids for a matrix, by default 0 … n - 1. A store's vectors bring their own.
        quotas: `proportional`, `sqrt`, `equal`, or a mapping from label to count that adds up to the budget.
        objective: `represent`.
        lane: `classical` or `quantum`.
        seed: Where every draw starts from, 0 <= seed < 2**53.
        baseline_draws: Random draws that the selection is set beside, at least 20.
        threads: How many threads the kernels may use, at least 1.
        deadline_s: Seconds that the quantum lane may take.

    Returns:
        The selection with its metrics, baseline and manifest.

    Raises:
        SelectionError: The selection cannot be made as asked; the message says what to change.
        VectorError: The matrix is not two-dimensional float32, or a value is not finite or too large.

    Example:
        >>> plane = [(0, 0), (1, 0), (0, 2), (3, 1), (5, 5), (6, 4), (2, 6)]
        >>> selection = select_representative(np.array(plane, dtype=np.float32), budget=3)
        >>> selection.ids.tolist(), round(selection.metrics["mmd2"], 4)
        ([0, 3, 4], 0.0269)
    """
    if objective not in OBJECTIVES:
        raise SelectionError(f"unknown objective: {objective!r}; hint: supported is {', '.join(OBJECTIVES)}")
    if lane not in LANES:
        raise SelectionError(f"unknown lane: {lane!r}; hint: {' or '.join(LANES)}")
    if not (math.isfinite(deadline_s) and deadline_s > 0.0):
        raise SelectionError(f"the deadline is a positive number of seconds: {deadline_s}")
    if baseline_draws < LEAST_DRAWS:
        raise SelectionError(f"a baseline takes at least {LEAST_DRAWS} draws: {baseline_draws}")
    problem = Problem.build(vectors, budget=budget, strata=strata, ids=ids, quotas=quotas, seed=seed, threads=threads)
    classical = LaneResult(rows=np.sort(herd(problem)), engine=ENGINE, simulated=False)
    classical_metrics = measure(problem, classical.rows)
    result, metrics, twin, fallback = classical, classical_metrics, None, None
    if lane == "quantum":
        try:
            result = _choose_quantum(problem, seed=seed, deadline_s=deadline_s, threads=threads)
            metrics = measure(problem, result.rows)
            twin = {
                "sampler": result.twin,
                "herding": {
                    "engine": ENGINE,
                    "metrics": classical_metrics,
                    "shared_rows": len(np.intersect1d(result.rows, classical.rows)),
                },
            }
        except QuantumLaneError as error:
            fallback = {"lane": "quantum", "error": type(error).__name__, "reason": str(error)}
    is_quantum = result is not classical
    counts = np.bincount(problem.strata[result.rows], minlength=len(problem.strata_names))
    fingerprint = getattr(vectors, "fingerprint", None)
    return Selection(
        ids=problem.ids[np.sort(result.rows)],
        objective=objective,
        lane="quantum" if is_quantum else "classical",
        engine=result.engine,
        simulated=result.simulated,
        budget=problem.budget,
        quotas=_by_name(problem, problem.quotas),
        population=_by_name(problem, problem.sizes),
        chosen=_by_name(problem, counts),
        metrics=metrics,
        baseline=random_baseline(problem, baseline_draws, seed).summary(metrics),
        seed=int(seed),
        embedder=None if fingerprint is None else str(fingerprint),
        manifest={
            "parameters": {
                "baseline_draws": int(baseline_draws),
                "budget": problem.budget,
                "lane": lane,
                "objective": objective,
                "quotas": quotas if isinstance(quotas, str) else {name: int(count) for name, count in quotas.items()},
                "seed": int(seed),
            },
            "lane": result.manifest,
            **_describe(problem),
        },
        ledger=result.ledger if is_quantum else None,
        details=result.details if is_quantum else None,
        twin=twin,
        fallback=fallback,
    )


def _choose_quantum(problem: Problem, *, seed: int, deadline_s: float, threads: int) -> LaneResult:
    from wikigrove.selection.quantum import choose

    result = choose(problem, seed=seed, deadline_s=deadline_s, threads=threads)
    rows = np.asarray(result.rows)
    if rows.ndim != 1 or rows.dtype != np.int64 or len(np.unique(rows)) != len(rows):
        raise VerificationError("the lane's rows are not distinct whole numbers")
    if len(rows) and not 0 <= rows.min() <= rows.max() < problem.size:
        raise VerificationError(f"the lane chose a row that does not exist, of rows: {problem.size}")
    counts = np.bincount(problem.strata[rows], minlength=len(problem.strata_names))
    if not np.array_equal(counts, problem.quotas):
        raise VerificationError(f"the lane missed the quotas {problem.quotas.tolist()}, it chose: {counts.tolist()}")
    return result


def _by_name(problem: Problem, counts: NDArray[np.int64]) -> dict[str, int]:
    return dict(zip(problem.strata_names, counts.tolist(), strict=True))


def _describe(problem: Problem) -> dict[str, Any]:
    """All that went into the choice beside the parameters; a replay can compare each of these."""
    digest = hashlib.sha256()
    for part in (problem.ids.astype("<i8"), problem.matrix.astype("<f4", copy=False), problem.strata.astype("<i4")):
        digest.update(np.ascontiguousarray(part).data)
    for name in problem.strata_names:
        digest.update(len(name.encode()).to_bytes(8, "little") + name.encode())
    return {
        "input": {
            "rows": problem.size,
            "dimensions": problem.matrix.shape[1],
            "sha256": digest.hexdigest(),
        },
        "kernel": {
            "name": "rbf",
            "bandwidth": problem.bandwidth,
            "bandwidth_rows": min(problem.size, BANDWIDTH_LIMIT),
            "mean_of_means": problem.mean_of_means,
            "exact_limit": EXACT_LIMIT,
            "reference_rows": len(problem.reference),
            "features": 0 if problem.features is None else problem.features.shape[1],
        },
        "herding": {"sweeps": SWEEPS},
        "strata": {"degrees_of_freedom": degrees_of_freedom(problem)},
        "versions": {"wikigrove": _core.__version__, "numpy": np.__version__},
    }
