"""Draw balanced subsets uniformly: amplitude amplification, and rejection as its classical twin."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from wikigrove.errors import SelectionError, VerificationError
from wikigrove.quantum.engine import Engine
from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.search import bbht, query_bound
from wikigrove.quantum.space import SubsetSpace


def balanced_subset(
    space: SubsetSpace, samples: int, engine: Engine, rng: Generator, ledger: Ledger
) -> NDArray[np.int64]:
    """Draw subsets uniformly from {S : |S| = k, cost(S) <= threshold}, by amplitude amplification.

    Each sample is one search for an unknown number of good items, from the Dicke state of all k-subsets. All good
    subsets start with one amplitude and keep it, so the one found is uniform among them; this is rerandomisation
    (Morgan and Rubin, Annals of Statistics 40(2), 2012) with an amplified acceptance.

    Args:
        space: The subsets, their costs and the threshold.
        samples: Number of independent samples.
        engine: What carries out the rotation.
        rng: Source of randomness.
        ledger: Where the costs are booked.

    Returns:
        int64[samples], indices into `space.masks`.

    Raises:
        VerificationError: If a search gave up, or what it found fails the classical check.

    Example:
        >>> from wikigrove.quantum.engines.analytic import AnalyticEngine
        >>> costs = np.array([0.4, 0.1, 0.3, 0.3, 0.2, 0.5])  # the pairs among four candidates
        >>> space = SubsetSpace.at_fraction(4, 2, costs, fraction=1 / 6)
        >>> balanced_subset(space, 3, AnalyticEngine(), np.random.default_rng(0), Ledger()).tolist()
        [1, 1, 1]
    """
    found = np.empty(samples, dtype=np.int64)
    for sample in range(samples):
        result = bbht(space, engine, rng, ledger)
        if result.index is None:
            raise VerificationError(f"no acceptable subset was found, queries allowed: {query_bound(space.size)}")
        _verify(space, result.index)
        found[sample] = result.index
    return found


def _verify(space: SubsetSpace, index: int) -> None:
    """Look at the mask and its cost, not at the marks that the search itself used."""
    if int(space.masks[index]).bit_count() != space.k:
        raise VerificationError(f"a drawn subset has the wrong size, wanted: {space.k}")
    if not space.costs[index] <= space.threshold:
        raise VerificationError(f"a drawn subset costs more than the threshold: {space.costs[index]}")


def rejection_twin(space: SubsetSpace, samples: int, rng: Generator, ledger: Ledger) -> NDArray[np.int64]:
    """Draw subsets by the same law classically: draw uniform k-subsets until one costs at most the threshold.

    Args:
        space: The same subsets, costs and threshold that the amplified draw uses.
        samples: Number of independent samples.
        rng: Source of randomness; not the stream of the other lane.
        ledger: Where every draw is booked, as a check and as a classical query.

    Returns:
        int64[samples], indices into `space.masks`.

    Raises:
        SelectionError: If no subset is acceptable; the draws would never end.

    Example:
        >>> costs = np.array([0.4, 0.1, 0.3, 0.3, 0.2, 0.5])
        >>> space = SubsetSpace.at_fraction(4, 2, costs, fraction=1 / 6)
        >>> ledger = Ledger()
        >>> rejection_twin(space, 3, np.random.default_rng(0), ledger).tolist(), ledger.checks >= 3
        ([1, 1, 1], True)
    """
    if space.marked.size == 0:
        raise SelectionError(f"no subset is acceptable at the threshold: {space.threshold}")
    found = np.empty(samples, dtype=np.int64)
    filled = draws = 0
    while filled < samples:
        # Draw about as many as are still needed; what lies behind the last needed hit was never looked at.
        block = rng.integers(0, space.size, size=1 + int((samples - filled) / space.good_probability))
        hits = np.flatnonzero(space.costs[block] <= space.threshold)[: samples - filled]
        found[filled : filled + hits.size] = block[hits]
        filled += hits.size
        draws += int(hits[-1]) + 1 if filled == samples and hits.size else block.size
    ledger.add(checks=draws, classical_equiv_queries=draws)
    return found
