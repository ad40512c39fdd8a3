"""The items among which an amplitude is amplified, and which of them are good."""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import combinations
from math import comb
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from wikigrove.errors import SelectionError

MAX_VARIABLES: Final = 63
"""A subset is one unsigned 64-bit mask; the top bit stays free, so that no shift can overflow."""


class Space:
    """Hold N items with start weights and the indices of the good ones.

    Args:
        weights: float64[N], finite, not negative, with a positive sum. Item i starts with probability
            weights[i] / sum(weights).
        marked: int64[M], strictly ascending indices of the good items.

    Raises:
        SelectionError: If the arrays are not of this form.

    Example:
        >>> space = Space.uniform(8, [5])
        >>> space.size, space.good_probability
        (8, 0.125)
    """

    def __init__(self, weights: NDArray[np.float64], marked: NDArray[np.int64]) -> None:
        self.weights = np.array(weights, dtype=np.float64)
        self.marked = np.array(marked, dtype=np.int64)
        if self.weights.ndim != 1 or self.weights.size == 0:
            raise SelectionError(f"weights must be a vector with at least one item, shape: {self.weights.shape}")
        if not np.all(np.isfinite(self.weights)) or np.any(self.weights < 0) or self.weights.sum() <= 0:
            raise SelectionError("weights must be finite and not negative, with a positive sum")
        if self.marked.ndim != 1 or np.any(np.diff(self.marked) <= 0):
            raise SelectionError("marked indices must be a strictly ascending vector")
        if self.marked.size and (self.marked[0] < 0 or self.marked[-1] >= self.weights.size):
            raise SelectionError(f"marked indices must lie in the space, size: {self.weights.size}")
        self.weights.setflags(write=False)
        self.marked.setflags(write=False)

    @classmethod
    def uniform(cls, size: int, marked: NDArray[np.int64] | list[int]) -> Space:
        """Return a space of `size` items of equal weight."""
        return Space(np.ones(size), np.asarray(marked, dtype=np.int64))

    @property
    def size(self) -> int:
        """Number of items."""
        return int(self.weights.size)

    @cached_property
    def is_uniform(self) -> bool:
        """Whether all items start with one probability."""
        return bool(np.all(self.weights == self.weights[0]))

    @cached_property
    def is_marked(self) -> NDArray[np.bool_]:
        """bool[N]: whether an item is good."""
        mask = np.zeros(self.size, dtype=np.bool_)
        mask[self.marked] = True
        mask.setflags(write=False)
        return mask

    @cached_property
    def unmarked(self) -> NDArray[np.int64]:
        """Return int64[N - M]: the indices of the bad items."""
        return np.flatnonzero(~self.is_marked)

    @cached_property
    def marked_prefix(self) -> NDArray[np.float64]:
        """float64[M]: prefix sums of the good weights."""
        return np.cumsum(self.weights[self.marked])

    @cached_property
    def unmarked_prefix(self) -> NDArray[np.float64]:
        """float64[N - M]: prefix sums of the bad weights."""
        return np.cumsum(self.weights[self.unmarked])

    @cached_property
    def good_probability(self) -> float:
        """Mass of the good items before the first iteration, the `a` of the literature."""
        if self.is_uniform:
            return self.marked.size / self.size
        return min(1.0, float(self.weights[self.marked].sum() / self.weights.sum()))


class SubsetSpace(Space):
    """Hold all k-subsets of n candidates with a cost each; good are those that cost at most the threshold.

    Args:
        n: Number of candidates, at most 63.
        k: Size of a subset, 0 <= k <= n.
        masks: uint64[C(n, k)], all masks of k bits below 2^n, ascending; bit i is candidate i.
        costs: float64[C(n, k)], finite; the cost of each subset.
        threshold: The largest cost that is still good.

    Raises:
        SelectionError: If the masks are not all the k-subsets, or costs do not match them.

    Example:
        >>> masks = subset_masks(4, 2)
        >>> space = SubsetSpace(4, 2, masks, masks.astype(float), threshold=5.0)
        >>> [int(mask) for mask in space.masks[space.marked]]
        [3, 5]
    """

    def __init__(self, n: int, k: int, masks: NDArray[np.uint64], costs: NDArray[np.float64], threshold: float) -> None:
        if not 0 <= k <= n <= MAX_VARIABLES:
            raise SelectionError(f"a subset needs 0 <= k <= n <= {MAX_VARIABLES}, k and n: {k}, {n}")
        masks = np.array(masks, dtype=np.uint64)
        costs = np.array(costs, dtype=np.float64)
        # Distinct masks of k bits below 2^n, as many as there are k-subsets, are all the k-subsets.
        complete = (
            masks.shape == (comb(n, k),)
            and bool(np.all(masks[1:] > masks[:-1]))
            and bool(np.all(np.bitwise_count(masks) == k))
            and int(masks[-1]) < 1 << n
        )
        if not complete:
            raise SelectionError(f"masks must be all k-subsets in ascending order, k and n: {k}, {n}")
        if costs.shape != masks.shape or not np.all(np.isfinite(costs)):
            raise SelectionError(f"costs must be finite, one per subset, shape: {costs.shape}")
        super().__init__(np.ones(masks.size), np.flatnonzero(costs <= threshold))
        self.n = n
        self.k = k
        self.masks = masks
        self.costs = costs
        self.threshold = float(threshold)
        self.masks.setflags(write=False)
        self.costs.setflags(write=False)

    @classmethod
    def at_fraction(cls, n: int, k: int, costs: NDArray[np.float64], *, fraction: float) -> Self:
        """Return the space in which the cheapest share of the subsets is good.

        The threshold is the cost of the cheapest subset number max(1, floor(fraction · C(n, k))); subsets of equal cost
        are all good, so the share may be a little larger.

        Args:
            n: Number of candidates.
            k: Size of a subset.
            costs: float64[C(n, k)], in the order of `subset_masks`.
            fraction: Share of good subsets, in (0, 1].

        Raises:
            SelectionError: If the share is out of range.
        """
        if not 0 < fraction <= 1:
            raise SelectionError(f"the acceptable fraction must lie in (0, 1]: {fraction}")
        count = max(1, int(fraction * len(costs)))
        threshold = float(np.partition(costs, count - 1)[count - 1])
        return cls(n, k, subset_masks(n, k), costs, threshold)

    def index_of(self, mask: int) -> int:
        """Return the index of a mask, or -1 if it is no k-subset."""
        index = int(np.searchsorted(self.masks, np.uint64(mask)))
        return index if index < self.size and int(self.masks[index]) == mask else -1


@lru_cache(maxsize=32)
def subset_masks(n: int, k: int) -> NDArray[np.uint64]:
    """List all k-subsets of n candidates as bit masks.

    Args:
        n: Number of candidates, at most 63.
        k: Size of a subset.

    Returns:
        uint64[C(n, k)], ascending and read-only.

    Example:
        >>> [int(mask) for mask in subset_masks(4, 3)]
        [7, 11, 13, 14]
    """
    if not 0 <= k <= n <= MAX_VARIABLES:
        raise SelectionError(f"a subset needs 0 <= k <= n <= {MAX_VARIABLES}, k and n: {k}, {n}")
    chosen = np.array(list(combinations(range(n), k)), dtype=np.uint64).reshape(comb(n, k), k)
    masks: NDArray[np.uint64] = np.bitwise_or.reduce(np.uint64(1) << chosen, axis=1, dtype=np.uint64)
    masks.sort()
    masks.setflags(write=False)
    return masks


def membership(masks: NDArray[np.uint64], n: int) -> NDArray[np.float64]:
    """Spread masks into rows of zeros and ones.

    Args:
        masks: uint64[S].
        n: Number of candidates.

    Returns:
        float64[S, n]; entry (s, i) is 1 if bit i of mask s is set.

    Example:
        >>> membership(np.array([5], dtype=np.uint64), 4).tolist()
        [[1.0, 0.0, 1.0, 0.0]]
    """
    bits = (masks[:, None] >> np.arange(n, dtype=np.uint64)) & np.uint64(1)
    return bits.astype(np.float64)
