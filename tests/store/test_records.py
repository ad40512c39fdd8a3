"""The record writer: cuts that depend on rows alone, and files that follow the settings."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wikigrove.errors import SchemaError, StoreError
from wikigrove.schema import LEAF, LOW_CARDINALITY, REVISION
from wikigrove.store import Partition, RecordWriter, Segment, Staging, Store, iterate_segment, records

PARTITION = Partition("enwiki", "20260801")
COLUMNS = pa.schema([REVISION.field(name) for name in ("leaf_index", "wiki_id", "element_length", "text")])


def table(sizes: list[int], first: int = 0) -> pa.Table:
    """Rows that came from so many bytes."""
    return pa.table(
        {
            "leaf_index": pa.array(range(first, first + len(sizes)), pa.int64()),
            "wiki_id": ["enwiki"] * len(sizes),
            "element_length": sizes,
            "text": ["x" * size if size % 7 else None for size in sizes],
        },
        schema=COLUMNS,
    )


def naive_groups(sizes: list[int], rows: int, limit: int) -> list[int]:
    """Row counts of the groups, one row after the other."""
    groups, count, total = [], 0, 0
    for size in sizes:
        count, total = count + 1, total + size
        if count == rows or total >= limit:
            groups.append(count)
            count = total = 0
    return [*groups, count] if count else groups


def naive_segments(weights: list[int], limit: int) -> list[int]:
    """How many groups a segment has: it ends before the one that would take it over the limit."""
    segments, count, total = [], 0, 0
    for weight in weights:
        if count and total + weight > limit:
            segments.append(count)
            count = total = 0
        count, total = count + 1, total + weight
    return [*segments, count] if count else segments


@pytest.fixture(autouse=True)
def no_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Durability is not the question here, and hundreds of flushes take their time."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def write(store: Store, rows: pa.Table, cuts: list[int], **options: Any) -> list[Segment]:
    """Write rows, cut into batches in these places."""
    with Staging(store) as staging, RecordWriter(staging, "records", rows.schema, PARTITION, **options) as writer:
        for start, end in zip([0, *cuts], [*cuts, rows.num_rows], strict=True):
            writer.write(rows.slice(start, end - start))
        return writer.close()


def groups_of(store: Store, segments: list[Segment]) -> list[list[int]]:
    files = [pq.read_metadata(store.segment_path(segment)) for segment in segments]
    return [[file.row_group(number).num_rows for number in range(file.num_row_groups)] for file in files]


SIZES = st.lists(st.integers(0, 60) | st.integers(0, 1500), max_size=60)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), sizes=SIZES)
def test_bytes_and_cuts_depend_on_the_rows_alone(tmp_path: Path, data: st.DataObject, sizes: list[Any]) -> None:
    store = Store.create(tmp_path / "store")
    rows = table(sizes)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sizes)), max_size=8)))
    options = {"group_rows": 25, "group_bytes": 1000, "segment_bytes": 2500, "page_bytes": 40}
    whole = write(store, rows, [], **options)
    assert write(store, rows, cuts, **options) == whole

    groups = naive_groups(sizes, 25, 1000)
    assert [count for counts in groups_of(store, whole) for count in counts] == groups
    starts = [sum(groups[:number]) for number in range(len(groups))]
    weights = [sum(sizes[start : start + count]) for start, count in zip(starts, groups, strict=True)]
    assert [len(counts) for counts in groups_of(store, whole)] == naive_segments(weights, 2500)
    if sizes:
        files = [pq.read_table(store.segment_path(segment), partitioning=None) for segment in whole]
        assert pa.concat_tables(files).equals(rows)
    assert [(s.first, s.last) for s in whole] == [
        (sum(s.rows for s in whole[:number]), sum(s.rows for s in whole[: number + 1]) - 1)
        for number in range(len(whole))
    ]


def test_a_row_group_ends_with_the_row_that_fills_it(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    segments = write(store, table([1, 500, 0, 1, 99, 100, 99]), [], group_bytes=100)
    assert groups_of(store, segments) == [[2, 3, 1, 1]]


def revisions(count: int) -> pa.Table:
    """Rows of the whole contract with texts of a few kilobytes."""
    source = random.Random(7)
    words = ["".join(source.choices("abcdefghij", k=source.randint(2, 9))) for _ in range(2000)]

    def column(field: pa.Field[Any]) -> pa.Array[Any]:
        kind: Any = field.type
        if field.name == "leaf_index":
            return pa.array(range(count), kind)
        if pa.types.is_large_string(kind):
            return pa.array([" ".join(source.choices(words, k=source.randint(50, 900))) for _ in range(count)])
        if field.name == "slots":
            slot = {"role": "main", "text_state": 0, "content_body": "short"}
            return pa.array([[slot]] * count, kind)
        if field.name == "licence_ids":
            return pa.array([["CC-BY-SA-4.0"]] * count, kind)
        if pa.types.is_string(kind):
            return pa.array([f"{field.name} {row % 5}" for row in range(count)], kind)
        if pa.types.is_boolean(kind):
            return pa.array([True] * count)
        if pa.types.is_timestamp(kind):
            return pa.array(range(count), pa.int64()).cast(kind)
        if field.name == "element_length":
            return pa.array([2500] * count, kind)
        return pa.array([row % 100 for row in range(count)], kind)

    return pa.table([column(field).cast(field.type) for field in REVISION], schema=REVISION)


def test_files_follow_the_settings(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    rows = revisions(1500)
    (segment,) = write(store, rows, [700], group_bytes=1 << 20)
    path = store.check_segment(segment)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == segment.sha256
    assert path.name == f"part-00000-{segment.sha256[:16]}.parquet"
    file = pq.ParquetFile(path)
    assert file.schema_arrow.equals(REVISION)
    assert file.read().equals(rows)
    batches = list(iterate_segment(store, segment))
    assert batches[0].schema.equals(REVISION, check_metadata=True)
    assert str(batches[0].column("slots").type) == str(REVISION.field("slots").type)  # equality ignores names of items
    assert pa.Table.from_batches(batches).equals(rows, check_metadata=True)
    assert file.metadata.num_row_groups > 3
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        assert group.num_rows <= records.GROUP_ROWS
        for place in range(group.num_columns):
            chunk = group.column(place)
            name = chunk.path_in_schema
            assert chunk.compression == "ZSTD"
            assert chunk.has_offset_index, name
            statistics = "." not in name and name not in records.WITHOUT_STATISTICS
            assert (chunk.has_column_index, chunk.is_stats_set) == (statistics, statistics), name
            assert chunk.has_dictionary_page == (name in LOW_CARDINALITY), name


def test_pages_are_small(tmp_path: Path) -> None:
    """Pages cannot be counted through pyarrow; but pages of one size cost a header each, so the file shows them."""
    store = Store.create(tmp_path / "store")
    rows = revisions(1500).select(["text"])
    sizes = [write(store, rows, [], page_bytes=size)[0].bytes for size in (16 << 10, 256 << 10, 4 << 20)]
    assert sizes[0] > sizes[1] > sizes[2]
    assert sizes[0] < 1.3 * sizes[2]


def test_leaves_come_in_groups_of_a_tile(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    count = 65_536 + 5
    rows = pa.table(
        {
            "leaf_index": range(count),
            "leaf": [b"leaf"] * count,
            "leaf_hash": pa.array([b"h" * 32] * count, pa.binary(32)),
        },
        schema=LEAF,
    )
    with Staging(store) as staging, RecordWriter(staging, "leaves", LEAF, PARTITION) as writer:
        writer.write(rows)
    assert groups_of(store, writer.close()) == [[65_536, 5]]


def test_rows_off_the_schema_are_refused(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    rows = table([1] * 3)
    with Staging(store) as staging:
        writer = RecordWriter(staging, "records", COLUMNS, PARTITION)
        writer.write(rows)
        with pytest.raises(SchemaError, match="leaf_index"):
            writer.write(rows)
        with pytest.raises(SchemaError, match="schema of the writer"):
            writer.write(rows.select(["text"]))
        holes = table([1], first=3).to_pylist()
        broken = pa.Table.from_pylist([{**holes[0], "wiki_id": None}], schema=COLUMNS)
        with pytest.raises(SchemaError, match="wiki_id"):
            writer.write(broken)
        assert sum(segment.rows for segment in writer.close()) == 3
        with pytest.raises(StoreError, match="closed"):
            writer.write(rows)


def test_no_rows_make_no_segment_and_a_failed_block_none_either(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    assert write(store, table([]), []) == []

    def fail() -> None:
        with (
            Staging(store) as staging,
            RecordWriter(staging, "records", COLUMNS, PARTITION, group_rows=1) as writer,
        ):
            writer.write(table([1] * 3))
            assert len(list(staging.path.iterdir())) == 1
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert list((store.path / "segments").rglob("*")) == []
    assert list(store.staging.iterdir()) == []


def test_memory_follows_the_row_group_not_the_file(tmp_path: Path) -> None:
    """Revisions of 2 MB: writing and reading hold a few row groups, however many rows there are."""
    store = Store.create(tmp_path / "store")
    plain = pa.default_memory_pool()
    counted = pa.proxy_memory_pool(plain)
    count, size = 60, 2 << 20
    pa.set_memory_pool(counted)
    try:
        with Staging(store) as staging, RecordWriter(staging, "records", COLUMNS, PARTITION) as writer:
            for row in range(count):
                writer.write(table([size], first=row))
        segments = writer.close()
        total = sum(pq.read_metadata(store.segment_path(segment)).num_rows for segment in segments)
        rows = sum(batch.num_rows for segment in segments for batch in iterate_segment(store, segment))
        peak = counted.max_memory()
    finally:
        pa.set_memory_pool(plain)
    assert total == rows == count
    assert peak is not None
    assert size < peak < 6 * records.GROUP_BYTES < count * size
