"""Exact nearest records by inner product: fixed score bits, ties to the smaller id, no approximation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wikigrove import _core
from wikigrove.errors import FingerprintError, VectorError


class VectorSource(Protocol):
    """Vectors with their ids and the fingerprint of what made them.

    A source that keeps its matrix in several pieces offers `chunks`, float32[rows, d] each and together in the order of
    `ids`; then `matrix` is never asked for, and nothing is copied together.
    """

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """Record ids, int64[n], each once."""
        ...

    @property
    def matrix(self) -> npt.NDArray[np.float32]:
        """The vectors, float32[n, d]."""
        ...

    @property
    def fingerprint(self) -> str:
        """Digest of the embedder."""
        ...


@dataclass(frozen=True, slots=True)
class Hits:
    """The nearest records of each query, best first.

    Args:
        ids: Record ids, int64[b, k]; int64[k] for a single query.
        scores: Inner products, float32, of the same shape; descending, and ascending by id where equal.
    """

    ids: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]


class VectorIndex:
    """Searches vectors where they lie, chunk by chunk.

    A score is a sum in a fixed order (16 lanes along the dimensions by fused multiply-add, then a tree), so its bits
    depend on nothing but the two vectors: not on batches, chunks, threads or machine.

    Args:
        vectors: What to search, for instance `store.Vectors`. Chunks that are C-contiguous float32 in ascending order
            of id are used in place, others are copied once.
        threads: Threads of a search; they do not change the result.

    Raises:
        VectorError: Shapes do not match, an id occurs twice, or a vector holds NaN or infinity or is too long.

    Examples:
        >>> from types import SimpleNamespace
        >>> matrix = np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)
        >>> vectors = SimpleNamespace(ids=np.array([7, 8, 9]), matrix=matrix, fingerprint="demo")
        >>> hits = VectorIndex(vectors).search(np.array([1, 0], dtype=np.float32), 2, fingerprint="demo")
        >>> hits.ids.tolist(), hits.scores.tolist()
        ([7, 9], [1.0, 1.0])
    """

    def __init__(self, vectors: VectorSource, *, threads: int = 1) -> None:
        if threads < 1:
            raise VectorError(f"threads must be at least 1, not: {threads}")
        self._threads = threads
        self.fingerprint = vectors.fingerprint
        ids = _checked_ids(vectors.ids)
        chunks: Sequence[npt.NDArray[np.float32]] = getattr(vectors, "chunks", ()) or (vectors.matrix,)
        rows = sum(len(chunk) for chunk in chunks)
        if rows != len(ids):
            raise VectorError(f"vectors must be as many as ids, {len(ids)}, not: {rows}")
        self._parts: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]] = []
        first = 0
        for chunk in chunks:
            part_ids, part = ids[first : first + len(chunk)], _in_place(chunk)
            _core.check_rows(part, first_row=first)
            if (part_ids[1:] < part_ids[:-1]).any():  # ties go to the smaller row, which must be the smaller id
                order = np.argsort(part_ids)
                part_ids, part = part_ids[order], part[order]
            self._parts.append((part_ids, part))
            first += len(chunk)
        self.dimensions = int(self._parts[0][1].shape[1])
        others = [chunk.shape[1] for _, chunk in self._parts if chunk.shape[1] != self.dimensions]
        if others:
            raise VectorError(f"chunks must have the same dimensions, {self.dimensions}, not: {others[0]}")

    def __len__(self) -> int:
        return sum(len(ids) for ids, _ in self._parts)

    def search(self, queries: npt.NDArray[np.float32], k: int, *, fingerprint: str) -> Hits:
        """Return the k records with the largest inner product for each query.

        Args:
            queries: One vector, float32[d], or several, float32[b, d].
            k: How many records; where the index holds fewer, all of them are returned.
            fingerprint: The fingerprint of the embedder that made the queries.

        Returns:
            Ids and scores, one row for each query; one-dimensional for a single query.

        Raises:
            FingerprintError: The queries were made by another embedder than the index.
            VectorError: Queries are of another type, shape or length, or not finite; k is less than 1.
        """
        if fingerprint != self.fingerprint:
            raise FingerprintError(f"index holds vectors of {self.fingerprint}, queries are of: {fingerprint}")
        if k < 1:
            raise VectorError(f"k must be at least 1, not: {k}")
        if not isinstance(queries, np.ndarray) or queries.dtype != np.float32 or queries.ndim not in (1, 2):
            kind = (
                f"{queries.dtype}{list(queries.shape)}" if isinstance(queries, np.ndarray) else type(queries).__name__
            )
            raise VectorError(f"queries must be float32[d] or float32[b, d], got: {kind}")
        k = min(k, len(self))
        batch = _in_place(np.atleast_2d(queries))
        found = []
        for ids, chunk in self._parts:
            rows, scores = _core.top_k(chunk, batch, k, threads=self._threads)
            found.append((ids[rows], scores))
        hits = found[0] if len(found) == 1 else _merge(found, k)
        return Hits(*hits) if queries.ndim == 2 else Hits(hits[0][0], hits[1][0])


def _checked_ids(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if not isinstance(ids, np.ndarray) or ids.dtype != np.int64 or ids.ndim != 1:
        kind = f"{ids.dtype}{list(ids.shape)}" if isinstance(ids, np.ndarray) else type(ids).__name__
        raise VectorError(f"ids must be int64[n], got: {kind}")
    if (ids[1:] <= ids[:-1]).any():
        unique, counts = np.unique(ids, return_counts=True)
        if len(unique) != len(ids):
            raise VectorError(f"id occurs more than once: {unique[counts > 1][0]}")
    return ids


def _in_place(matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Float32 in another layout is copied, which changes no value; other types are left to the core, which refuses."""
    if isinstance(matrix, np.ndarray) and matrix.dtype == np.float32:
        return np.require(matrix, requirements=["C", "ALIGNED"])
    return matrix


def _merge(
    found: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]], k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The best k of several lists, by score descending, then id ascending."""
    ids = np.concatenate([part for part, _ in found], axis=1)
    scores = np.concatenate([part for _, part in found], axis=1)
    order = np.lexsort((ids, -scores))[:, :k]
    return np.take_along_axis(ids, order, axis=1), np.take_along_axis(scores, order, axis=1)
