"""The one instance that every lane of selection gets: rows, strata, quotas and a kernel over them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wikigrove import _core
from wikigrove.errors import SelectionError
from wikigrove.selection.generator import TASK_BANDWIDTH, TASK_FEATURES, TASK_REFERENCE, draw_rows, generator
from wikigrove.selection.quotas import Quotas, allocate
from wikigrove.selection.table import SINGLE_STRATUM, Table, VectorTable

EXACT_LIMIT: Final = 20_000
"""Up to so many rows every mean is exact; above, `reference` holds so many and herding starts on random features."""

BANDWIDTH_LIMIT: Final = 4_096
"""Up to so many rows the bandwidth is the median over all pairs; above, over all pairs of so many drawn rows."""

FEATURES: Final = 1_024
"""Random features above `EXACT_LIMIT`: a standard error of about 1/√1024 in a kernel value, and in a mean of them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """An instance of "choose quotas[s] rows of each stratum s so that their kernel mean is the population's".

    The kernel is K(x, y) = exp(-|x - y|² / bandwidth). The objective is the squared maximum mean discrepancy of the
    chosen rows against the reference rows (Gretton et al. 2012, JMLR 13, section 2.2):
    MMD²(S) = 1/B² Σ K_ij - 2/B Σ μ_i + K̄. Everything here is the same for every order of the input's rows and every
    number of threads.

    Args:
        ids: int64[n], ascending.
        matrix: float32[n, d], row i belongs to `ids[i]`.
        strata: int32[n], the stratum of each row.
        strata_names: Names, sorted; `strata` counts into them.
        quotas: int64[number of strata], how many rows each gives.
        bandwidth: σ², the median of the squared distances of pairs; where that is 0, their mean; where that is 0, 1.
        reference: int64 rows that stand for the population, ascending: all n, or a seeded draw of 20,000 above that.
        mean_similarity: float64[n], μ_i: the mean of K(i, ·) over the population; exact up to 20,000 rows, above
            that from `features`. `mean_similarity_to(rows, problem.reference)` is exact always.
        reference_similarity: float64[len(reference)], the exact mean of K(i, ·) over the reference, for its own rows.
        mean_of_means: K̄, the mean of K over all pairs of the reference.
        mean_distance: The mean of |x - y| over all pairs of the reference.
        features: None up to 20,000 rows; above, float32[n, 1024] random features z with z(x)·z(y) ≈ K(x, y).
        seed: The seed that every draw for this instance starts from.
        threads: How many threads the kernels may use.
    """

    ids: NDArray[np.int64]
    matrix: NDArray[np.float32]
    strata: NDArray[np.int32]
    strata_names: tuple[str, ...]
    quotas: NDArray[np.int64]
    bandwidth: float
    reference: NDArray[np.int64]
    mean_similarity: NDArray[np.float64]
    reference_similarity: NDArray[np.float64]
    mean_of_means: float
    mean_distance: float
    features: NDArray[np.float32] | None = None
    seed: int = 0
    threads: int = 1

    @property
    def size(self) -> int:
        """Rows of the population."""
        return len(self.ids)

    @property
    def budget(self) -> int:
        """Rows to choose."""
        return int(self.quotas.sum())

    @property
    def is_exact(self) -> bool:
        """Whether the reference is the whole population and `mean_similarity` is exact."""
        return self.features is None

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of each stratum, int64[number of strata]."""
        return np.bincount(self.strata, minlength=len(self.strata_names)).astype(np.int64)

    def vectors_of(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of some rows; those of all rows are not copied."""
        if len(rows) == self.size and bool(np.array_equal(rows, np.arange(self.size))):
            return self.matrix
        return self.matrix[rows]

    def similarity(self, rows_a: NDArray[np.int64], rows_b: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the kernel between two lists of rows.

        Args:
            rows_a: int64[a], rows of the problem.
            rows_b: int64[b], rows of the problem.

        Returns:
            float64[a, b].
        """
        left, right = self.vectors_of(rows_a), self.vectors_of(rows_b)
        return _core.kernel_similarity(left, right, self.bandwidth, threads=self.threads)

    def mean_similarity_to(self, rows: NDArray[np.int64], population_rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the mean kernel of each row over a list of rows.

        Args:
            rows: int64[a], rows of the problem.
            population_rows: int64[b], at least one.

        Returns:
            float64[a]. Over the reference of an exact problem: the bits of `mean_similarity[rows]`.

        Raises:
            SelectionError: `population_rows` is empty.
        """
        if not len(population_rows):
            raise SelectionError("a mean over no rows is not defined")
        left, right = self.vectors_of(rows), self.vectors_of(population_rows)
        return _core.cross_means(left, right, self.bandwidth, threads=self.threads)[0]

    def compare(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Compare rows with the reference.

        Above 20,000 rows, where the reference is a draw, a row is not compared with itself: else rows that happen to
        be drawn would look nearer to the population than others.

        Args:
            rows: int64[b], at least one, ascending.

        Returns:
            float64[b], the mean kernel of each row over the reference; float64[b], its mean distance; and the
            distance of each reference row that is not among `rows` to the nearest of them.
        """
        left, right = self.matrix[rows], self.vectors_of(self.reference)
        kernel, distance, nearest = _core.cross_means(left, right, self.bandwidth, threads=self.threads)
        if not self.is_exact:
            count, own = len(self.reference), np.isin(rows, self.reference).astype(np.float64)
            kernel, distance = without_self(kernel, own, count), distance * (count / (count - own))
        return kernel, distance, nearest[~np.isin(self.reference, rows)]

    def objective(self, rows: NDArray[np.int64]) -> float:
        """Return MMD² of a set of rows against the reference, by `compare`.

        Args:
            rows: int64[b], at least one, in any order.

        Returns:
            A number that is 0 (but for rounding) exactly if both have one mean in the kernel's space.

        Raises:
            SelectionError: `rows` is empty.
        """
        if not len(rows):
            raise SelectionError("the discrepancy of no rows is not defined")
        chosen = np.sort(rows)
        means = self.mean_similarity[chosen] if self.is_exact else self.compare(chosen)[0]
        inside = _core.pair_means(self.matrix[chosen], self.bandwidth, threads=self.threads)[0]
        return (math.fsum(inside) - 2.0 * math.fsum(means)) / len(chosen) + self.mean_of_means

    @classmethod
    def build(
        cls,
        vectors: VectorTable | NDArray[np.float32],
        *,
        budget: int,
        strata: Sequence[str] | None = None,
        ids: NDArray[np.int64] | None = None,
        quotas: Quotas = "proportional",
        seed: int = 0,
        threads: int = 1,
        exact_limit: int = EXACT_LIMIT,
    ) -> Problem:
        """Build an instance from vectors.

        Args:
            vectors: A store's vectors, or a float32 matrix, one row a record.
            budget: Rows to choose.
            strata: A label for each row, in the order of the vectors, or None for a single stratum.
            ids: int64[n] for a matrix, by default 0 … n - 1.
            quotas: `proportional`, `sqrt`, `equal`, or a mapping from label to count.
            seed: Where every draw starts from.
            threads: How many threads the kernels may use, at least 1.
            exact_limit: Rows up to which everything is exact, at least 2.

        Returns:
            The instance.

        Raises:
            VectorError: The matrix is not two-dimensional float32, or a value is not finite or too large.
            SelectionError: The rows, labels, budget, quotas or seed do not fit.

        Example:
            >>> plane = [(0, 0), (1, 0), (0, 2), (3, 1), (5, 5), (6, 4), (2, 6)]
            >>> problem = Problem.build(np.array(plane, dtype=np.float32), budget=3)
            >>> problem.bandwidth, round(problem.objective(np.array([1, 2, 4])), 10)
            (20.0, 0.0242261221)
        """
        if threads < 1:
            raise SelectionError(f"the number of threads is at least 1: {threads}")
        if exact_limit < 2:
            raise SelectionError(f"the limit of the exact means is at least 2: {exact_limit}")
        table = Table.of(vectors, ids=ids, strata=strata)
        shares = allocate(table.sizes.tolist(), table.strata_names, budget=budget, quotas=quotas, seed=seed)
        bandwidth = _bandwidth(table.matrix, seed, threads)
        count = len(table.ids)
        reference, features = np.arange(count, dtype=np.int64), None
        if count > exact_limit:
            reference = draw_rows(generator(seed, task=TASK_REFERENCE), count, exact_limit)
            features = _features(table.matrix, bandwidth, seed, threads)
        sample = table.matrix if features is None else table.matrix[reference]
        means, distances = _core.pair_means(sample, bandwidth, threads=threads)
        return cls(
            ids=table.ids,
            matrix=table.matrix,
            strata=table.strata,
            strata_names=table.strata_names,
            quotas=shares,
            bandwidth=bandwidth,
            reference=reference,
            mean_similarity=means if features is None else _core.feature_means(features, threads=threads),
            reference_similarity=means,
            mean_of_means=math.fsum(means) / len(means),
            mean_distance=math.fsum(distances) / len(distances),
            features=features,
            seed=seed,
            threads=threads,
        )


def without_self(means: NDArray[np.float64], own: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Take a row's similarity to itself, 1, out of its mean over `count` rows, where `own` is 1 and not 0.

    Args:
        means: float64[n], means over `count` rows.
        own: float64[n], 1 where the row is one of the `count` rows.
        count: At least 2.

    Returns:
        float64[n].

    Example:
        >>> without_self(np.array([0.5, 0.5]), np.array([0.0, 1.0]), 3).tolist()
        [0.5, 0.25]
    """
    return (means * count - own) / (count - own)


def _bandwidth(matrix: NDArray[np.float32], seed: int, threads: int) -> float:
    """The median squared distance (the usual choice since Gretton et al. 2012, section 8)."""
    if len(matrix) > BANDWIDTH_LIMIT:
        matrix = matrix[draw_rows(generator(seed, task=TASK_BANDWIDTH), len(matrix), BANDWIDTH_LIMIT)]
    distances = _core.pair_distances(matrix, threads=threads)
    if not len(distances):
        return 1.0  # a single row: any kernel gives the same answers
    # More than half of the pairs are equal: their median tells nothing, their mean still gives a scale.
    return float(np.median(distances)) or math.fsum(distances) / len(distances) or 1.0


def _features(matrix: NDArray[np.float32], bandwidth: float, seed: int, threads: int) -> NDArray[np.float32]:
    random = generator(seed, task=TASK_FEATURES)
    count = FEATURES * matrix.shape[1]
    radii, angles, phases = random.random(count), random.random(count), random.random(FEATURES)
    return _core.random_features(matrix, radii, angles, phases, bandwidth, threads=threads)


__all__ = ["BANDWIDTH_LIMIT", "EXACT_LIMIT", "FEATURES", "SINGLE_STRATUM", "Problem", "VectorTable"]
