"""The classical lane: kernel herding under quotas, then swaps."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from wikigrove import _core
from wikigrove.errors import SelectionError
from wikigrove.selection.problem import Problem, without_self

ENGINE: Final = "herding"

SWEEPS: Final = 3


def herd(problem: Problem, quotas: NDArray[np.int64] | None = None, sweeps: int = SWEEPS) -> NDArray[np.int64]:
    """Choose rows whose kernel mean follows the population's.

    Herding takes, step by step, the row of the greatest μ_i - (1/(t+1)) Σ K_ij over the t rows chosen so far, among
    the strata with quota left (Chen, Welling and Smola 2010, arXiv 1203.3472). A swap sweep then replaces each pick
    in turn by the row of its stratum that lowers MMD² most. Ties go to the smaller id.

    Above 20,000 rows herding runs on 1,024 random Fourier features of the kernel (Rahimi and Recht 2007), whose
    discrepancy is not quite that of the kernel; the sweeps then use the kernel itself, over the picks and the
    reference rows.

    Args:
        problem: The instance.
        quotas: int64[number of strata], or None for the problem's.
        sweeps: Swap sweeps at most; they end when one changes nothing.

    Returns:
        int64[sum of the quotas], rows of the problem in the order of the picks.

    Raises:
        SelectionError: A quota exceeds its stratum.

    Example:
        >>> plane = [(0, 0), (1, 0), (0, 2), (3, 1), (5, 5), (6, 4), (2, 6)]
        >>> herd(Problem.build(np.array(plane, dtype=np.float32), budget=3)).tolist()
        [3, 4, 0]
    """
    counts = (problem.quotas if quotas is None else np.asarray(quotas)).tolist()
    if len(counts) != len(problem.strata_names) or min(counts) < 0:
        raise SelectionError(f"each of the {len(problem.strata_names)} strata has one quota of at least 0: {counts}")
    strata = problem.strata.astype(np.uint32)
    means, threads = problem.mean_similarity, problem.threads
    if problem.features is None:
        return _core.herd(problem.matrix, means, strata, counts, problem.bandwidth, sweeps=sweeps, threads=threads)
    picks = _core.herd_features(problem.features, means, strata, counts, sweeps=0, threads=threads)
    return _swap(problem, picks, counts, sweeps) if sweeps and len(picks) else picks


def _swap(problem: Problem, picks: NDArray[np.int64], counts: list[int], sweeps: int) -> NDArray[np.int64]:
    """Sweep over the picks and the reference, for whose rows the exact means cost little.

    The means leave each row's similarity to itself out, as `Problem.objective` does.
    """
    pool = np.union1d(picks, problem.reference)
    means = np.empty(len(pool))
    means[np.searchsorted(pool, picks)] = problem.mean_similarity_to(picks, problem.reference)
    means[np.searchsorted(pool, problem.reference)] = problem.reference_similarity
    means = without_self(means, np.isin(pool, problem.reference).astype(np.float64), len(problem.reference))
    swapped = _core.herd(
        problem.matrix[pool],
        means,
        problem.strata[pool].astype(np.uint32),
        counts,
        problem.bandwidth,
        start=np.searchsorted(pool, picks).tolist(),
        sweeps=sweeps,
        threads=problem.threads,
    )
    return pool[swapped]


def shortlist(problem: Problem, factor: int) -> tuple[NDArray[np.int64], ...]:
    """Reduce each stratum to the rows that herding takes first when every quota is enlarged.

    Args:
        problem: The instance.
        factor: How many times its quota a stratum gives, at most all its rows.

    Returns:
        For each stratum, in the order of `problem.strata_names`, int64 rows in the order of the picks.

    Raises:
        SelectionError: The factor is below 1.

    Example:
        >>> plane = [(0, 0), (1, 0), (0, 2), (3, 1), (5, 5), (6, 4), (2, 6)]
        >>> [rows.tolist() for rows in shortlist(Problem.build(np.array(plane, dtype=np.float32), budget=2), 2)]
        [[3, 4, 0, 6]]
    """
    if factor < 1:
        raise SelectionError(f"the factor of a shortlist is at least 1: {factor}")
    picks = herd(problem, np.minimum(problem.quotas * factor, problem.sizes), sweeps=0)
    codes = problem.strata[picks]
    return tuple(picks[codes == code] for code in range(len(problem.strata_names)))
