"""Records as Parquet: row groups cut by rows and bytes of text, never by the batches that happen to come in.

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
import pyarrow.compute as pc

from wikigrove.errors import SchemaError, StoreError
from wikigrove.schema import LOW_CARDINALITY
from wikigrove.store.layout import Partition
from wikigrove.store.manifest import Segment
from wikigrove.store.staging import Staging

if TYPE_CHECKING:
    import pyarrow.parquet as pq

PAGE_BYTES: Final = 16 * 1024
"""Data pages of current revisions."""

HISTORY_PAGE_BYTES: Final = 256 * 1024
"""Data pages where neighbours are alike: larger pages compress histories to half the size."""

WRITE_BATCH_ROWS: Final = 8
GROUP_ROWS: Final = 50_000
LEAF_GROUP_ROWS: Final = 65_536  # one tile of level 1
GROUP_BYTES: Final = 8 << 20
"""Text of a row group. A fetch decodes whole row groups, so its latency and every reader's memory follow this number;
above 4 MiB neither writing speed nor file size depend on it."""

SEGMENT_BYTES: Final = 256 << 20

WITHOUT_STATISTICS: Final = frozenset({"text", "leaf", "leaf_hash"})
"""Nobody looks for a minimum of these, and each would add its whole value to the footer."""


def payload_bytes(rows: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Count the bytes of text in each row: `text` and the bodies of `slots`.

    Args:
        rows: Any batch; columns that are absent count nothing.

    Returns:
        One number for each row.
    """
    sizes = np.zeros(rows.num_rows, dtype=np.int64)
    if "text" in rows.schema.names:
        sizes += _lengths(rows.column("text"))
    if "slots" in rows.schema.names:
        slots = rows.column("slots")
        bodies = _lengths(pc.struct_field(pc.list_flatten(slots), "content_body"))
        np.add.at(sizes, pc.list_parent_indices(slots).to_numpy(zero_copy_only=False), bodies)
    return sizes


def _lengths(texts: Any) -> npt.NDArray[np.int64]:
    lengths = pc.fill_null(pc.binary_length(texts), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.int64)


class RecordWriter:
    """Writes rows of one unit into one or more segments; bytes depend on the rows alone.

    A row group ends before the row that would take it over `group_rows` or `group_bytes`; a row that is larger than
    `group_bytes` has a group of its own. A segment ends before the row group that would take it over `segment_bytes`.

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
        group_bytes: Bytes of text of a row group.
        segment_bytes: Bytes of text of a segment.
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
        ends = np.concatenate(([0], np.cumsum(payload_bytes(batch))))  # ends[i]: bytes of the first i rows
        start = 0
        while start < batch.num_rows:
            limit = ends[start] + self._group_bytes - self._pending_bytes
            fitting = int(np.searchsorted(ends, limit, side="right")) - 1 - start
            count = min(fitting, self._group_rows - self._pending_rows, batch.num_rows - start)
            if count <= 0:
                if self._pending_rows:
                    self._flush()
                    continue
                count = 1
            self._pending.append(batch.slice(start, count))
            self._pending_rows += count
            self._pending_bytes += int(ends[start + count] - ends[start])
            start += count

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
