"""Searches by amplitude amplification, and the laws they must follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import asin, ceil, inf, log, pi, sin, sqrt
from typing import Final

from numpy.random import Generator

from wikigrove.errors import SelectionError
from wikigrove.quantum.engine import Engine
from wikigrove.quantum.engines.analytic import good_probability_after
from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.space import Space

GROWTH: Final = 6.0 / 5.0
"""Growth of the range of iterations, as in quant-ph/9605034, section 4."""

TIMEOUT_FACTOR: Final = 9.2
"""9.2·√N queries find a good item, if there is one, with probability 2/3 (Cade, Folkertsma, Niesen, Weggemans,
arXiv:2203.04975)."""

FAILURE_PROBABILITY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        index: The good item, or None if the search gave up.
        iterations: Uses of the oracle.
        rounds: Circuits run, each followed by one classical check.
    """

    index: int | None
    iterations: int
    rounds: int


@dataclass(frozen=True, slots=True)
class IterationChoice:
    """A number of iterations and what repeating until success costs with it.

    Attributes:
        iterations: Iterations per shot.
        probability: Probability that a shot is good.
        cost: Expected cost until the first good shot.
    """

    iterations: int
    probability: float
    cost: float


def optimal_iterations(a: float) -> int:
    """Return the number of iterations that comes nearest to certainty, round(π / 4θ - 1/2) with θ = asin √a.

    Source: Boyer, Brassard, Hoyer, Tapp, quant-ph/9605034, section 3. More iterations rotate past the good items.

    Args:
        a: Mass of the good items, in (0, 1].

    Raises:
        SelectionError: If there is no good item.

    Example:
        >>> optimal_iterations(1 / 1024), optimal_iterations(7 / 1000)
        (25, 9)
    """
    if not 0.0 < a <= 1.0:
        raise SelectionError(f"the mass of the good items must lie in (0, 1]: {a}")
    return max(0, round(pi / (4.0 * asin(sqrt(a))) - 0.5))


def best_iterations(a: float, *, per_iteration: float = 2.0, per_shot: float = 1.0) -> IterationChoice:
    """Choose j that minimises the expected cost until success, (per_iteration·j + per_shot) / P_j.

    This is not the j of the largest P_j: stopping short and repeating is cheaper.

    Args:
        a: Mass of the good items, in (0, 1].
        per_iteration: Cost of an iteration; 2 counts preparations, 1 counts oracle uses.
        per_shot: Cost of a shot on top; 1 counts its preparation, or its check.

    Returns:
        The cheapest choice; of equal ones the one with fewer iterations.

    Raises:
        SelectionError: If there is no good item.

    Example:
        >>> choice = best_iterations(4 / 13)
        >>> choice.iterations, round(choice.probability, 12), round(choice.cost, 9)
        (1, 0.963131543013, 3.114839319)
    """
    best = IterationChoice(0, a, per_shot / a if a > 0.0 else inf)
    for j in range(1, optimal_iterations(a) + 1):
        probability = good_probability_after(a, j)
        cost = (per_iteration * j + per_shot) / probability
        if cost < best.cost:
            best = IterationChoice(j, probability, cost)
    return best


def grover_known(space: Space, engine: Engine, rng: Generator, ledger: Ledger, *, max_shots: int = 64) -> SearchResult:
    """Find a good item when the mass of the good items is known.

    Args:
        space: Items and good indices.
        engine: What carries out the rotation.
        rng: Source of randomness.
        ledger: Where the costs are booked.
        max_shots: Give up after so many misses.

    Returns:
        The first measured item that passes its check.

    Raises:
        SelectionError: If there is no good item.

    Example:
        >>> from wikigrove.quantum.engines.dense import DenseEngine
        >>> import numpy as np
        >>> grover_known(Space.uniform(4, [3]), DenseEngine(), np.random.default_rng(0), Ledger())
        SearchResult(index=3, iterations=1, rounds=1)
    """
    j = optimal_iterations(space.good_probability)
    for shot in range(1, max_shots + 1):
        index = int(engine.run(space, j, 1, rng, ledger)[0])
        ledger.add(checks=1)
        if space.is_marked[index]:
            return SearchResult(index, shot * j, shot)
    return SearchResult(None, max_shots * j, max_shots)


def bbht(
    space: Space,
    engine: Engine,
    rng: Generator,
    ledger: Ledger,
    *,
    max_queries: int | None = None,
    check: Callable[[int], bool] | None = None,
) -> SearchResult:
    """Find a good item when nobody knows how many there are.

    Each round draws j uniformly from 0..⌈m⌉ - 1, runs j iterations, measures once and checks the item; m starts at 1
    and grows by 6/5 up to √N. Given success, every good item is found with equal probability if the start is uniform.

    Source: Boyer, Brassard, Hoyer, Tapp, quant-ph/9605034, section 4.

    Args:
        space: Items and good indices.
        engine: What carries out the rotation.
        rng: Source of randomness; one integer per round, and what the engine takes.
        ledger: Where the costs are booked.
        max_queries: Bound on oracle uses and checks together; a round that could exceed it is not started. By default
            a search that gives up is wrong with probability below 1e-9.
        check: The classical test of a measured item; by default its membership in the good ones.

    Returns:
        The good item and its price, or `index=None` if the bound was reached.

    Example:
        >>> from wikigrove.quantum.engines.analytic import AnalyticEngine
        >>> import numpy as np
        >>> bbht(Space.uniform(64, [9]), AnalyticEngine(), np.random.default_rng(1), Ledger()).index
        9
    """
    bound = query_bound(space.size) if max_queries is None else max_queries
    passes = check if check is not None else space.is_marked.item
    largest = sqrt(space.size)
    width = 1.0
    iterations = rounds = 0
    while True:
        j = int(rng.integers(0, ceil(width)))
        if iterations + j + rounds + 1 > bound:
            return SearchResult(None, iterations, rounds)
        index = int(engine.run(space, j, 1, rng, ledger)[0])
        ledger.add(checks=1, rounds=1)
        iterations += j
        rounds += 1
        if passes(index):
            return SearchResult(index, iterations, rounds)
        width = min(GROWTH * width, largest)


def query_bound(size: int) -> int:
    """Return after how many queries a search of `size` items may give up, 9.2·√N·⌈log₃(1/ε)⌉ with ε = 1e-9."""
    return ceil(TIMEOUT_FACTOR * sqrt(size)) * ceil(log(1.0 / FAILURE_PROBABILITY, 3.0))


def bbht_law(size: int, a: float) -> tuple[float, float]:
    """Return the exact expected oracle uses and rounds of `bbht`.

    The mean of cos²((2j + 1)θ) over j = 0..J-1 is 1/2 + sin(4Jθ) / (4J·sin 2θ), the probability that a round misses.
    With S_r the probability that round r is reached, iterations are Σ S_r·(J_r - 1)/2 and rounds Σ S_r.

    Args:
        size: Number of items N, which caps m at √N.
        a: Mass of the good items, in (0, 1].

    Returns:
        Expected iterations, expected rounds.

    Raises:
        SelectionError: If there is no good item.

    Example:
        >>> iterations, rounds = bbht_law(1024, 1 / 1024)
        >>> round(iterations, 6), round(rounds, 6)
        (37.091222, 14.585357)
    """
    if not 0.0 < a <= 1.0:
        raise SelectionError(f"the mass of the good items must lie in (0, 1]: {a}")
    theta = asin(sqrt(a))
    largest = sqrt(size)
    width, reached = 1.0, 1.0
    iterations = rounds = 0.0
    while True:
        spread = ceil(width)
        denominator = 4.0 * spread * sin(2.0 * theta)
        miss = 0.0 if a == 1.0 else 0.5 + sin(4.0 * spread * theta) / denominator
        if width >= largest:  # every further round is like this one: a geometric series
            total = reached / (1.0 - miss)
            return iterations + total * (spread - 1) / 2.0, rounds + total
        iterations += reached * (spread - 1) / 2.0
        rounds += reached
        reached *= miss
        width = min(GROWTH * width, largest)
