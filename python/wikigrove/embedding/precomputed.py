"""Vectors that were made elsewhere, by any model, under the same rules as those made here."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import rfc8785

from wikigrove import _core
from wikigrove.embedding.encoder import Texts
from wikigrove.errors import VectorError

_Scalar = TypeVar("_Scalar", bound=np.generic)

_UNIT_TOLERANCE: Final = 1e-3
"""How far the length of a vector may be from 1 for `normalized`: rounding to float16 stays below this."""


class PrecomputedEmbedder:
    """Vectors by record id. It looks vectors up and cannot encode new texts.

    Args:
        ids: Record ids, int64[n], each once; rows are kept in ascending order of id.
        matrix: The vectors, float32[n, d], finite.
        name: What made them, for instance `all-MiniLM-L6-v2`. It is part of the fingerprint.
        version: The version of what made them.

    Raises:
        VectorError: An id occurs twice, shapes do not match, or a value is NaN or infinite.

    Examples:
        >>> matrix = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
        >>> embedder = PrecomputedEmbedder(np.array([30, 10, 20]), matrix, name="my-model")
        >>> embedder.lookup([30, 10]).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """

    dtype: Final = "float32"
    deterministic: Final = True

    def __init__(self, ids: npt.ArrayLike, matrix: npt.NDArray[np.float32], *, name: str, version: str = "1") -> None:
        self.name: Final = name
        self.version: Final = version
        keys = _checked_ids(ids)
        if not isinstance(matrix, np.ndarray) or matrix.dtype != np.float32 or matrix.ndim != 2 or not matrix.shape[1]:
            kind = f"{matrix.dtype}{list(matrix.shape)}" if isinstance(matrix, np.ndarray) else type(matrix).__name__
            raise VectorError(f"vectors must be a matrix float32[n, d] with d >= 1, got: {kind}")
        if len(keys) != len(matrix):
            raise VectorError(f"vectors must be as many as ids, {len(keys)}, not: {len(matrix)}")
        order = np.argsort(keys, kind="stable")
        ascending = bool((order[1:] > order[:-1]).all())
        self.ids: Final = _frozen(keys if ascending else keys[order])
        self.matrix: Final = _frozen(np.ascontiguousarray(matrix if ascending else matrix[order]))
        repeated = np.flatnonzero(self.ids[1:] == self.ids[:-1])
        if len(repeated):
            raise VectorError(f"id occurs more than once: {self.ids[repeated[0]]}")
        _core.check_rows(self.matrix)

    @classmethod
    def from_numpy(
        cls, path: str | Path, ids: str | Path | npt.ArrayLike, *, name: str, version: str = "1"
    ) -> PrecomputedEmbedder:
        """Read vectors from a `.npy` file.

        Args:
            path: The matrix, float32[n, d].
            ids: The ids of its rows, int64[n]: another `.npy` file, or the ids themselves.
            name: As in the constructor.
            version: As in the constructor.

        Returns:
            The vectors.

        Raises:
            VectorError: A file is no such array, or the constructor refuses it.
        """
        keys = _load(ids) if isinstance(ids, str | Path) else ids
        return cls(keys, _load(path), name=name, version=version)

    @classmethod
    def from_parquet(
        cls, path: str | Path, *, name: str, version: str = "1", id_column: str = "id", vector_column: str = "vector"
    ) -> PrecomputedEmbedder:
        """Read vectors from a Parquet file.

        Args:
            path: The file.
            name: As in the constructor.
            version: As in the constructor.
            id_column: Column of ids, of an integer type.
            vector_column: Column of vectors, a list or fixed-size list of float32, all of one length.

        Returns:
            The vectors.

        Raises:
            VectorError: A column is missing, of another type or holds nulls, or the constructor refuses it.
        """
        import pyarrow.parquet as pq

        try:
            rows = pq.read_table(path, columns=[id_column, vector_column])
            ids, vectors = (rows.column(column).combine_chunks() for column in (id_column, vector_column))
        except (pa.ArrowInvalid, pa.ArrowKeyError, KeyError) as error:
            raise VectorError(f"file has no columns {id_column} and {vector_column}: {path}") from error
        if ids.null_count or vectors.null_count:
            raise VectorError(f"ids and vectors may not be null, nulls: {ids.null_count + vectors.null_count}")
        return cls(ids.to_numpy(), _matrix(vectors), name=name, version=version)

    @property
    def dimensions(self) -> int:
        """Components of a vector."""
        return int(self.matrix.shape[1])

    @cached_property
    def normalized(self) -> bool:
        """Whether every vector has length 1, to 1e-3, or is zero."""
        lengths = np.sqrt(np.einsum("ij,ij->i", self.matrix, self.matrix))
        return bool(((np.abs(lengths - 1) <= _UNIT_TOLERANCE) | (lengths == 0)).all())

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the declared name and version, and the bytes of ids and vectors in ascending order of id."""
        rows, dimensions = self.matrix.shape
        facts = {"name": self.name, "version": self.version, "rows": rows, "dimensions": dimensions}
        digest = hashlib.sha256(rfc8785.dumps(cast("Any", facts)))
        digest.update(self.ids.astype("<i8", copy=False).data)
        digest.update(self.matrix.astype("<f4", copy=False).data)
        return digest.hexdigest()

    def lookup(self, ids: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return the vectors of records.

        Args:
            ids: Record ids, in any order, repeated or not.

        Returns:
            float32[n, dimensions], in the order asked.

        Raises:
            VectorError: An id has no vector; the first such id is named.
        """
        wanted = _checked_ids(ids)
        places = np.searchsorted(self.ids, wanted)
        found = places < len(self.ids)
        found[found] = self.ids[places[found]] == wanted[found]
        if not found.all():
            missing = wanted[~found]
            raise VectorError(f"ids without a vector, {len(missing)} in all, the first: {missing[0]}")
        return self.matrix[places]

    def encode(self, texts: Texts) -> NoReturn:
        """Refuse: what made these vectors is not here.

        Args:
            texts: Ignored.

        Raises:
            VectorError: Always.
        """
        raise VectorError(f"precomputed vectors cannot encode new texts: {self.name}; hint: use lookup with record ids")


def _checked_ids(ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
    keys = np.asarray(ids)
    if not keys.size and not isinstance(ids, np.ndarray):
        keys = keys.astype(np.int64)  # an empty list says nothing of its type
    fits = keys.dtype.kind in "iu" and (keys.dtype != np.uint64 or (keys <= np.iinfo(np.int64).max).all())
    if keys.ndim != 1 or not fits:
        raise VectorError(f"ids must be integers in one dimension, int64[n], got: {keys.dtype}{list(keys.shape)}")
    return keys.astype(np.int64)


def _frozen(array: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
    """A view that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view


def _load(path: str | Path) -> npt.NDArray[Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise VectorError(f"file is no array in NumPy's format: {path}") from error
    if not isinstance(array, np.ndarray):
        raise VectorError(f"file holds several arrays, expected one: {path}")
    return array


def _matrix(vectors: Any) -> npt.NDArray[np.float32]:
    kind = vectors.type
    lists = pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if not lists or kind.value_type != pa.float32():
        raise VectorError(f"vectors must be lists or fixed-size lists of float32, got: {kind}")
    values = vectors.flatten()
    if values.null_count:
        raise VectorError(f"vectors may not hold nulls, nulls: {values.null_count}")
    dimensions = len(values) // max(len(vectors), 1)
    if pa.types.is_fixed_size_list(kind):
        dimensions = kind.list_size
    else:
        lengths = np.diff(vectors.offsets.to_numpy())
        odd = np.flatnonzero(lengths != dimensions)
        if len(odd):
            raise VectorError(
                f"vectors differ in length, {lengths[0]} at row 0, then at row {odd[0]}: {lengths[odd[0]]}"
            )
    matrix: npt.NDArray[np.float32] = values.to_numpy().reshape(len(vectors), dimensions)
    return matrix
