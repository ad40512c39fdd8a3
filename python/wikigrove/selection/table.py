"""Vectors, ids and strata as a selection takes them: checked, and in the order of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from wikigrove import _core
from wikigrove.errors import SelectionError, VectorError

SINGLE_STRATUM: Final = "all"
"""The stratum of every row where the caller names none."""


class VectorTable(Protocol):
    """Vectors with the ids of their records, as a store opens them."""

    @property
    def ids(self) -> NDArray[np.int64]:
        """Record ids, one a row."""

    @property
    def matrix(self) -> NDArray[np.float32]:
        """The vectors, one a row."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Rows in the order of their ids, which is the order that every sum and every tie follows.

    Args:
        ids: int64[n], ascending, none twice.
        matrix: float32[n, d], C-contiguous, every value finite.
        strata: int32[n], the stratum of each row.
        strata_names: Names, sorted; `strata` counts into them.
        sizes: int64[number of strata], rows of each stratum.
    """

    ids: NDArray[np.int64]
    matrix: NDArray[np.float32]
    strata: NDArray[np.int32]
    strata_names: tuple[str, ...]
    sizes: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        vectors: VectorTable | NDArray[np.float32],
        *,
        ids: NDArray[np.int64] | None = None,
        strata: Sequence[str] | None = None,
    ) -> Table:
        """Check rows and sort them by id; a table that is sorted already is not copied.

        Args:
            vectors: A store's vectors, or a float32 matrix, one row a record.
            ids: int64[n] for a matrix, by default 0 … n - 1. A store's vectors bring their own.
            strata: A label for each row, in the order of the vectors, or None for a single stratum.

        Returns:
            The table.

        Raises:
            VectorError: The matrix is not two-dimensional float32, or a value is not finite or too large.
            SelectionError: There is no row, ids repeat, or there is not one id or one label for each row.

        Example:
            >>> Table.of(np.eye(2, dtype=np.float32), ids=np.array([9, 4]), strata=["de", "en"]).strata.tolist()
            [1, 0]
        """
        matrix, identifiers = _parts(vectors, ids)
        _core.check_vectors(matrix)
        order = None
        if np.any(identifiers[1:] <= identifiers[:-1]):
            order = np.argsort(identifiers, kind="stable")
            identifiers, matrix = identifiers[order], matrix[order]
            repeated = np.flatnonzero(identifiers[1:] == identifiers[:-1])
            if len(repeated):
                raise SelectionError(f"an id occurs more than once: {identifiers[repeated[0]]}")
        codes, names = _strata(strata, len(identifiers))
        sizes = np.bincount(codes, minlength=len(names)).astype(np.int64)
        if order is not None:
            codes = codes[order]
        return cls(ids=identifiers, matrix=matrix, strata=codes, strata_names=names, sizes=sizes)


def _parts(
    vectors: VectorTable | NDArray[np.float32], ids: NDArray[np.int64] | None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    if isinstance(vectors, np.ndarray):
        matrix = vectors
        identifiers = np.arange(len(matrix), dtype=np.int64) if ids is None else np.asarray(ids)
    elif ids is None:
        matrix, identifiers = vectors.matrix, np.asarray(vectors.ids)
    else:
        raise SelectionError("a store's vectors bring their own ids; hint: leave ids out, or pass the matrix")
    if matrix.ndim != 2 or matrix.dtype != np.float32:
        raise VectorError(
            f"vectors are a matrix of float32, one row a record, got {matrix.ndim} dimensions of: {matrix.dtype}"
            "; hint: matrix.astype(numpy.float32)"
        )
    if not len(matrix):
        raise SelectionError("there are no rows to choose from; hint: ingest a dump or widen the filter")
    if identifiers.shape != (len(matrix),) or not np.issubdtype(identifiers.dtype, np.integer):
        raise SelectionError(f"each of the {len(matrix)} rows has one whole number as its id, got: {identifiers.shape}")
    return np.ascontiguousarray(matrix), identifiers.astype(np.int64, copy=False)


def _strata(labels: Sequence[str] | None, count: int) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    if labels is None:
        return np.zeros(count, dtype=np.int32), (SINGLE_STRATUM,)
    if len(labels) != count:
        raise SelectionError(f"each of the {count} rows has one stratum, got: {len(labels)}")
    for row, label in enumerate(labels):
        if not isinstance(label, str):
            raise SelectionError(f"the stratum of row {row} is not a string: {cast('object', label)!r}")
    names = tuple(sorted(set(labels)))
    code_of = {name: code for code, name in enumerate(names)}
    return np.fromiter((code_of[label] for label in labels), dtype=np.int32, count=count), names
