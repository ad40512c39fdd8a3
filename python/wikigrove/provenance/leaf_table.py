"""Reads the stored leaves of a store forward, whatever of them is readable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wikigrove.provenance.damage import Rows, read_rows
from wikigrove.schema import LEAF
from wikigrove.store import Manifest, Store


class LeafTable:
    """The stored leaves by global index, read forward."""

    def __init__(self, store: Store, manifest: Manifest) -> None:
        self._parts = self._read(store, manifest)
        self._first = 0
        self._now: pa.Array[Any] = pa.array([], pa.binary())

    @staticmethod
    def _read(store: Store, manifest: Manifest) -> Iterator[tuple[int, pa.Array[Any]]]:
        for segment in manifest.content.of_kind("leaves"):
            for rows in read_rows(store.path / segment.path, LEAF, ("leaf",)):
                if isinstance(rows, Rows):
                    yield segment.first + rows.first, rows.batch.column(0)

    def read(self, first: int, count: int) -> tuple[pa.Array[Any], npt.NDArray[np.bool_]]:
        """Return leaves from an index on, null where they cannot be read, and which ones could.

        Args:
            first: Global index, not below the one of the call before.
            count: Number of leaves.
        """
        pieces: list[pa.Array[Any]] = []
        place = first
        while place < first + count:
            end = self._first + len(self._now)
            if self._first <= place < end:
                piece = self._now.slice(place - self._first, first + count - place)
                pieces.append(piece)
                place += len(piece)
                continue
            if place < self._first:  # a hole in front of the next readable rows
                gap = min(self._first, first + count) - place
                pieces.append(pa.nulls(gap, pa.binary()))
                place += gap
                continue
            following = next(self._parts, None)
            if following is None:
                pieces.append(pa.nulls(first + count - place, pa.binary()))
                break
            self._first, self._now = following
        leaves = pa.concat_arrays(pieces) if pieces else pa.array([], pa.binary())
        return leaves, np.asarray(leaves.is_valid())
