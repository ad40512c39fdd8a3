"""Fetch: rows of a store, all of them in order or single ones by id.

`leaf_index` is dense, so an id leads to its segment, row group and row by arithmetic on the footers; no column has to
be searched. Stored values count from the first row of their unit of work; every reader here returns global ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wikigrove.errors import RecordNotFoundError, SchemaError, SegmentDamagedError, StoreError
from wikigrove.store.layout import Store
from wikigrove.store.manifest import DENSE_KINDS, Manifest, Segment

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH_ROWS: Final = 4096
NAMED_IDS: Final = 10
"""How many missing ids a message names."""


@contextmanager
def damage(path: Path) -> Iterator[None]:
    """Turn what pyarrow raises on damaged bytes into one error that names the file."""
    try:
        yield
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise SegmentDamagedError(f"file of the store cannot be read ({reason}): {path}") from error


def _with_arrow_names(schema: pa.Schema) -> pa.Schema:
    """Return the schema with list items called `item`; Parquet calls them `element`, and Arrow compares the names."""
    fields: list[pa.Field[Any]] = []
    for field in schema:
        kind: Any = field.type
        if pa.types.is_list(kind):
            kind = pa.list_(kind.value_field.with_name("item"))
        fields.append(field.with_type(kind))
    return pa.schema(fields).with_metadata(schema.metadata or {})


class _Reader:
    """One Parquet segment: its row groups by number, with global `leaf_index`."""

    def __init__(self, store: Store, segment: Segment, columns: Sequence[str] | None) -> None:
        import pyarrow.parquet as pq

        self._segment = segment
        self._path = store.segment_path(segment)
        if self._path.suffix != ".parquet":
            raise StoreError(f"segment is no Parquet file: {self._path}")
        with damage(self._path):
            self._file: pq.ParquetFile = pq.ParquetFile(self._path, page_checksum_verification=True)
            metadata = self._file.metadata
            counts = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
            self._schema = self._file.schema_arrow
            names = self._schema.names
        if sum(counts) != segment.rows:
            raise SegmentDamagedError(f"file of the store has {sum(counts)} rows, not {segment.rows}: {self._path}")
        self.starts = np.concatenate(([0], np.cumsum(np.asarray(counts, dtype=np.int64))))
        unknown = sorted(set(columns or ()) - set(names))
        if unknown:
            raise SchemaError(f"kind {segment.kind} has no such column: {', '.join(unknown)}")
        self.columns = list(names if columns is None else columns)
        chosen = [self._schema.field(name) for name in self.columns]
        self._target = _with_arrow_names(pa.schema(chosen).with_metadata(self._schema.metadata or {}))

    def group(self, number: int) -> pa.Table:
        with damage(self._path):
            rows = self._file.read_row_group(number, columns=self.columns, use_threads=False)
            rows = rows.select(self.columns).cast(self._target)
        if "leaf_index" in self.columns and self._segment.offset:
            place = self.columns.index("leaf_index")
            moved = pc.add(rows.column(place), pa.scalar(self._segment.offset, pa.int64()))
            rows = rows.set_column(place, rows.schema.field(place), moved)
        return rows

    def nothing(self) -> pa.Table:
        return self._target.empty_table()

    def close(self) -> None:
        self._file.close()


def iterate_segment(
    store: Store, segment: Segment, columns: Sequence[str] | None = None, *, batch_rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Read one segment in order, one row group in memory at a time.

    Args:
        store: The store.
        segment: From a manifest of the store.
        columns: Names, in the order wanted; all by default.
        batch_rows: Most rows of a batch.

    Yields:
        Batches with global `leaf_index`.

    Raises:
        SegmentDamagedError: The file is missing or damaged.
        SchemaError: A column is not there.
    """
    reader = _Reader(store, segment, columns)
    try:
        for number in range(len(reader.starts) - 1):
            yield from reader.group(number).to_batches(max_chunksize=batch_rows)
    finally:
        reader.close()


def iterate(
    store: Store,
    kind: str,
    columns: Sequence[str] | None = None,
    *,
    batch_rows: int = BATCH_ROWS,
    manifest: Manifest | None = None,
) -> Iterator[pa.RecordBatch]:
    """Read all rows of one kind in global order.

    Args:
        store: The store.
        kind: For instance `records` or `leaves`.
        columns: Names, in the order wanted; all by default.
        batch_rows: Most rows of a batch.
        manifest: The version to read; the newest by default.

    Returns:
        Batches with global `leaf_index`. The version is fixed at the call, so a later commit changes nothing.

    Raises:
        SegmentDamagedError: A file is missing or damaged.
        SchemaError: A column is not there.
    """
    segments = (manifest or store.manifest()).content.of_kind(kind)
    return (batch for segment in segments for batch in iterate_segment(store, segment, columns, batch_rows=batch_rows))


def _as_ids(ids: npt.ArrayLike | pa.Array[Any]) -> npt.NDArray[np.int64]:
    array = np.asarray(ids.to_numpy(zero_copy_only=False) if isinstance(ids, pa.Array) else ids)
    if array.size == 0 and array.ndim == 1:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise SchemaError(f"ids are no list of integers: {array.dtype} with {array.ndim} dimensions")
    if array.dtype.kind == "u" and int(array.max()) > np.iinfo(np.int64).max:
        raise RecordNotFoundError(f"store holds no record with the id: {array.max()}")
    return array.astype(np.int64)


def fetch_by_ids(
    store: Store,
    ids: npt.ArrayLike | pa.Array[Any],
    columns: Sequence[str] | None = None,
    missing: Literal["error", "null"] = "error",
    *,
    kind: str = "records",
    manifest: Manifest | None = None,
) -> pa.Table:
    """Fetch single rows by `leaf_index`, in the order asked.

    Only row groups that hold an asked row are read, one at a time.

    Args:
        store: The store.
        ids: Integers, in any order; the same one may come twice.
        columns: Names, in the order wanted; all by default.
        missing: `error`, or `null` for a row of nulls in that place.
        kind: `records` or `leaves`, the kinds with one row for every record.
        manifest: The version to read; the newest by default.

    Returns:
        One row for each asked id. With `null` every column is nullable.

    Raises:
        RecordNotFoundError: An id is not there; the message names it.
        SegmentDamagedError: A file is missing or damaged.
        SchemaError: A column is not there, or the ids are no integers.
        StoreError: The version has no segment of that kind, or its rows have no global ids.
    """
    if kind not in DENSE_KINDS:
        raise StoreError(f"rows of this kind have no global ids: {kind}")
    asked = _as_ids(ids)
    segments = (manifest or store.manifest()).content.of_kind(kind)
    if not segments and asked.size and missing != "null":
        raise RecordNotFoundError(f"store holds no {kind}, so none with the id: {asked[0]}")
    if not segments:
        raise StoreError(f"version has no segment of kind: {kind}")
    wanted, places = np.unique(asked, return_inverse=True)
    firsts = np.asarray([segment.first for segment in segments], dtype=np.int64)
    lasts = np.asarray([segment.last for segment in segments], dtype=np.int64)
    owners = np.searchsorted(firsts, wanted, side="right") - 1
    found = (owners >= 0) & (wanted <= lasts[np.maximum(owners, 0)])
    absent = wanted[~found]
    if absent.size and missing != "null":
        named = ", ".join(str(value) for value in absent[:NAMED_IDS].tolist())
        more = f" and {absent.size - NAMED_IDS} more" if absent.size > NAMED_IDS else ""
        raise RecordNotFoundError(f"store holds no {kind} with the ids: {named}{more}")
    pieces: list[pa.Table] = []
    for owner in np.unique(owners[found]).tolist():
        rows = wanted[found & (owners == owner)] - firsts[owner]
        pieces.extend(_take(store, segments[owner], columns, rows))
    rows_found = pa.concat_tables(pieces) if pieces else _Reader(store, segments[0], columns).nothing()
    if missing == "null":
        loose = [field.with_nullable(nullable=True) for field in rows_found.schema]
        rows_found = rows_found.cast(pa.schema(loose).with_metadata(rows_found.schema.metadata or {}))
    # Position of each wanted id among the rows found; absent ones become a null index, and take gives a null row.
    positions = np.cumsum(found) - 1
    return rows_found.take(pa.array(positions[places], mask=~found[places]))


def _take(
    store: Store, segment: Segment, columns: Sequence[str] | None, rows: npt.NDArray[np.int64]
) -> Iterator[pa.Table]:
    """Yield the asked rows (ascending, counted from the segment's first) of one row group after the other."""
    reader = _Reader(store, segment, columns)
    try:
        groups = np.searchsorted(reader.starts, rows, side="right") - 1
        for number in np.unique(groups).tolist():
            yield reader.group(number).take(pa.array(rows[groups == number] - reader.starts[number]))
    finally:
        reader.close()
