"""Write vectors into uncompressed Arrow IPC files, one batch in memory at a time."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wikigrove.errors import StoreError, VectorError
from wikigrove.store import canonical
from wikigrove.store.layout import Partition
from wikigrove.store.manifest import Segment
from wikigrove.store.staging import Staging
from wikigrove.store.vectors import METADATA_KEY, EmbedderFacts, vector_schema

BATCH_ROWS: Final = 65_536


class VectorWriter:
    """Writes the vectors of one records segment, or of a whole store, into one file.

    Rows are gathered to batches of `batch_rows`, so the file depends on the rows alone. Memory: one batch.

    Args:
        staging: Where the unfinished file goes.
        partition: Wiki and snapshot.
        facts: Who made the vectors.
        ordinal: The unit's place among all units.
        unit: Key of the unit.
        batch_rows: Rows of a batch; a file of one batch is read without any copy.
    """

    def __init__(
        self,
        staging: Staging,
        partition: Partition,
        facts: EmbedderFacts,
        *,
        ordinal: int = 0,
        unit: str | None = None,
        batch_rows: int = BATCH_ROWS,
    ) -> None:
        self._staging = staging
        self._partition = partition
        self._facts = facts
        self._ordinal = ordinal
        self._unit = unit
        self._schema = vector_schema(facts.dimensions)
        self._keys = np.empty((3, batch_rows), dtype=np.int64)  # leaf_index, page_id, revision_id
        self._block = np.empty((batch_rows, facts.dimensions), dtype=np.float32)
        self._pending = 0
        self._rows = 0
        self._first = 0
        self._last = -1
        self._path = staging.file(f"vectors-{ordinal:05d}.arrow")
        metadata = {METADATA_KEY: canonical.encode(facts.to_json())}
        options = pa.ipc.IpcWriteOptions(compression=None)
        self._file = pa.ipc.new_file(str(self._path), self._schema.with_metadata(metadata), options=options)
        self._segments: list[Segment] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        elif self._segments is None:
            self._segments = []
            self._file.close()

    def write(
        self, leaf_index: npt.ArrayLike, page_id: npt.ArrayLike, revision_id: npt.ArrayLike, matrix: npt.ArrayLike
    ) -> None:
        """Add vectors.

        Args:
            leaf_index: int64[n], ascending over all calls, counted as in the records segments.
            page_id: int64[n].
            revision_id: int64[n].
            matrix: float32[n, dimensions].

        Raises:
            VectorError: A shape or type differs, or `leaf_index` does not ascend.
            StoreError: The writer is closed.
        """
        if self._segments is not None:
            raise StoreError("writer of vectors is closed")
        keys = [np.asarray(column) for column in (leaf_index, page_id, revision_id)]
        vectors = np.asarray(matrix)
        if vectors.dtype != np.float32 or vectors.ndim != 2 or vectors.shape[1] != self._facts.dimensions:
            raise VectorError(f"matrix is not float32[n, {self._facts.dimensions}]: {vectors.dtype}{vectors.shape}")
        count = len(vectors)
        if any(column.shape != (count,) or (count and column.dtype.kind not in "iu") for column in keys):
            raise VectorError(f"leaf_index, page_id and revision_id are no lists of integers of length: {count}")
        if not count:
            return
        indices = keys[0].astype(np.int64)
        if indices[0] <= self._last or (np.diff(indices) <= 0).any() or indices[0] < 0:
            raise VectorError(f"leaf_index does not ascend from: {self._last}")
        if not self._rows and not self._pending:
            self._first = int(indices[0])
        self._last = int(indices[-1])
        start = 0
        while start < count:
            take = min(len(self._block) - self._pending, count - start)
            target = slice(self._pending, self._pending + take)
            for row, column in zip(self._keys, keys, strict=True):
                row[target] = column[start : start + take]
            self._block[target] = vectors[start : start + take]
            self._pending += take
            start += take
            if self._pending == len(self._block):
                self._flush()

    def close(self) -> list[Segment]:
        """Write what is pending and seal the file.

        Returns:
            One segment, with the facts as `extra["embedder"]`; none where no vector was written.
        """
        if self._segments is None:
            self._flush()
            self._file.close()
            self._segments = [self._seal()] if self._rows else []
        return list(self._segments)

    def _flush(self) -> None:
        if not self._pending:
            return
        values = pa.array(self._block[: self._pending].reshape(-1))  # no copy: the block is reused only after writing
        vectors = pa.FixedSizeListArray.from_arrays(values, type=self._schema.field("vec").type)
        keys = [pa.array(row[: self._pending]) for row in self._keys]
        self._file.write_batch(pa.RecordBatch.from_arrays([*keys, vectors], schema=self._schema))
        self._rows += self._pending
        self._pending = 0

    def _seal(self) -> Segment:
        return self._staging.seal(
            self._path,
            kind="vectors",
            partition=self._partition,
            ordinal=self._ordinal,
            rows=self._rows,
            first=self._first,
            last=self._last,
            unit=self._unit,
            extra={"embedder": self._facts.to_json()},
        )
