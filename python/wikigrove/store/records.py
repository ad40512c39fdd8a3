"""Records as Parquet: row groups cut by rows and bytes of the source, never by the batches that happen to come in.

Small pages with a page index let a reader fetch single rows; statistics of texts would only bloat the footer. The size
of a page is checked once per `write_batch_size` rows, so that number must be small for `data_page_size` to hold.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wikigrove.errors import SchemaError, StoreError
from wikigrove.schema import LOW_CARDINALITY
from wikigrove.store.layout import Partition
from wikigrove.store.manifest import Segment
from wikigrove.store.staging import Staging

if TYPE_CHECKING:
    import pyarrow.parquet as pq

PAGE_BYTES: Final = 64 * 1024
"""Data pages of current revisions. Smaller ones cost time: the compressor starts anew for each."""

HISTORY_PAGE_BYTES: Final = 256 * 1024
"""Data pages where neighbours are alike: larger pages compress histories to half the size."""

WRITE_BATCH_ROWS: Final = 8
GROUP_ROWS: Final = 50_000
LEAF_GROUP_ROWS: Final = 65_536  # one tile of level 1
GROUP_BYTES: Final = 8 << 20
"""Bytes of the source in a row group. A fetch decodes whole row groups, so its latency and every reader's memory follow
this number; above 4 MiB neither writing speed nor file size depend on it. The dump reader cuts its batches by the same
rule, so that by default nothing has to be copied into groups."""

SEGMENT_BYTES: Final = 256 << 20

WITHOUT_STATISTICS: Final = frozenset({"text", "leaf", "leaf_hash"})
"""Nobody looks for a minimum of these, and each would add its whole value to the footer."""


def element_bytes(rows: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Return how many bytes of the source each row came from.

    Args:
        rows: Any batch.

    Returns:
        Its column `element_length`, or zeros where it has none.
    """
    if "element_length" not in rows.schema.names:
        return np.zeros(rows.num_rows, dtype=np.int64)
    lengths: npt.NDArray[np.int64] = rows.column("element_length").to_numpy()
    return lengths


class RecordWriter:
    """Writes rows of one unit into one or more segments; bytes depend on the rows alone.

    A row group ends with the row that takes it to `group_rows` or `group_bytes`, a segment before the row group that
    would take it over `segment_bytes`.

    Args:
        staging: Where unfinished files go.
        kind: Kind of the segments.
        schema: Of the rows. A column `leaf_index` must count up from `first` without gaps.
        partition: Wiki and snapshot.
        ordinal: The unit's place among all units.
        unit: Key of the unit.
        extra: JSON-able facts for each segment.
        first: `leaf_index` of the first row, counted from the unit's first row.
        page_bytes: What data pages aim at; `HISTORY_PAGE_BYTES` for histories.
        group_rows: Rows of a row group; by default 65,536 for kind `leaves` and 50,000 for all others.
        group_bytes: Bytes of the source of a row group.
        segment_bytes: Bytes of the source of a segment.
    """

    def __init__(
        self,
        staging: Staging,
        kind: str,
        schema: pa.Schema,
        partition: Partition,
        *,
        ordinal: int = 0,
        unit: str | None = None,
        extra: dict[str, Any] | None = None,
        first: int = 0,
        page_bytes: int = PAGE_BYTES,
        group_rows: int | None = None,
        group_bytes: int = GROUP_BYTES,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        self._staging = staging
        self._kind = kind
        self._schema = schema
        self._partition = partition
        self._ordinal = ordinal
        self._unit = unit
        self._extra = extra
        self._page_bytes = page_bytes
        self._group_rows = group_rows or (LEAF_GROUP_ROWS if kind == "leaves" else GROUP_ROWS)
        self._group_bytes = group_bytes
        self._segment_bytes = segment_bytes
        self._next = first  # leaf_index that the next row must have
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._pending_bytes = 0
        self._file: pq.ParquetWriter | None = None
        self._path: Path | None = None
        self._file_first = first
        self._file_rows = 0
        self._file_bytes = 0
        self._segments: list[Segment] = []
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        elif self._file is not None:
            self._closed = True
            self._pending.clear()
            self._file.close()

    def write(self, rows: pa.Table | pa.RecordBatch) -> None:
        """Add rows.

        Args:
            rows: With exactly the writer's schema, metadata aside.

        Raises:
            SchemaError: Columns, types or order differ, a required column has nulls, or `leaf_index` has a gap.
            StoreError: The writer is closed.
        """
        if self._closed:
            raise StoreError(f"writer is closed: {self._kind}")
        if not rows.schema.equals(self._schema, check_metadata=False):
            raise SchemaError(f"rows do not follow the schema of the writer: {self._kind}")
        for batch in [rows] if isinstance(rows, pa.RecordBatch) else rows.to_batches():
            self._check(batch)
            self._cut(batch)

    def close(self) -> list[Segment]:
        """Write what is pending and seal the last segment.

        Returns:
            The segments in the order of rows; none where no row was written.
        """
        if not self._closed:
            self._flush()
            self._seal()
            self._closed = True
        return list(self._segments)

    def _check(self, batch: pa.RecordBatch) -> None:
        for field, column in zip(self._schema, batch.columns, strict=True):
            if not field.nullable and column.null_count:
                raise SchemaError(f"required column has nulls: {field.name}")
        expected = np.arange(self._next, self._next + batch.num_rows, dtype=np.int64)
        if "leaf_index" in self._schema.names and not np.array_equal(batch.column("leaf_index").to_numpy(), expected):
            raise SchemaError(f"leaf_index does not count up without gaps from: {self._next}")
        self._next += batch.num_rows

    def _cut(self, batch: pa.RecordBatch) -> None:
        ends = np.cumsum(element_bytes(batch))  # ends[i]: bytes of the rows up to i
        start = 0
        while start < batch.num_rows:
            before = int(ends[start - 1]) if start else 0
            full = int(np.searchsorted(ends, before + self._group_bytes - self._pending_bytes)) + 1
            stop = min(full, start + self._group_rows - self._pending_rows, batch.num_rows)
            self._pending.append(batch.slice(start, stop - start))
            self._pending_rows += stop - start
            self._pending_bytes += int(ends[stop - 1]) - before
            if self._pending_rows == self._group_rows or self._pending_bytes >= self._group_bytes:
                self._flush()
            start = stop

    def _flush(self) -> None:
        """Write the pending rows as one row group."""
        if not self._pending_rows:
            return
        if self._file_rows and self._file_bytes + self._pending_bytes > self._segment_bytes:
            self._seal()
        # Chunk borders would show in the pages, and they come from the caller's batches: make one chunk of them.
        group = pa.Table.from_batches(self._pending, self._schema).combine_chunks()
        self._pending.clear()
        file = self._file or self._begin()
        file.write_table(group, row_group_size=group.num_rows)
        self._file_rows += self._pending_rows
        self._file_bytes += self._pending_bytes
        self._pending_rows = self._pending_bytes = 0

    def _begin(self) -> pq.ParquetWriter:
        import pyarrow.parquet as pq

        names = self._schema.names
        flat = [field.name for field in self._schema if not pa.types.is_nested(field.type)]
        self._path = self._staging.file(f"{self._kind}-{self._ordinal:05d}-{len(self._segments)}.parquet")
        self._file = pq.ParquetWriter(
            self._path,
            self._schema,
            version="2.6",
            compression="zstd",
            compression_level=1,
            use_dictionary=cast(Any, [name for name in LOW_CARDINALITY if name in names]),  # the stubs lack the list
            write_statistics=[name for name in flat if name not in WITHOUT_STATISTICS],
            write_page_index=True,
            write_page_checksum=True,
            data_page_size=self._page_bytes,
            write_batch_size=WRITE_BATCH_ROWS,
        )
        return self._file

    def _seal(self) -> None:
        if self._file is None or self._path is None:
            return
        self._file.close()
        segment = self._staging.seal(
            self._path,
            kind=self._kind,
            partition=self._partition,
            ordinal=self._ordinal,
            rows=self._file_rows,
            first=self._file_first,
            unit=self._unit,
            extra=self._extra,
        )
        self._segments.append(segment)
        self._file_first = segment.last + 1
        self._file = self._path = None
        self._file_rows = self._file_bytes = 0
