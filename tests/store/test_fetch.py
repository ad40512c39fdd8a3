"""Reading: global ids, the order asked, and damage that is named."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wikigrove.errors import RecordNotFoundError, SchemaError, SegmentDamagedError, StoreError
from wikigrove.store import (
    Content,
    Partition,
    RecordWriter,
    Staging,
    Store,
    commit_manifest,
    fetch_by_ids,
    iterate,
    iterate_segment,
)

COLUMNS = pa.schema(
    [
        pa.field("leaf_index", pa.int64(), nullable=False),
        pa.field("page_title", pa.string(), nullable=False),
        pa.field("text", pa.large_string()),
        pa.field("element_length", pa.int64(), nullable=False),
    ],
    metadata={"wikigrove.contract": "test"},
)
UNITS = (13, 1, 30, 22)
TOTAL = sum(UNITS)


def text(leaf: int) -> str | None:
    return None if leaf % 7 == 3 else f"text of {leaf} " * (leaf % 5)


def build(path: Path) -> Store:
    """A store of four units with several segments and row groups each; leaf_index is stored from 0 in every unit."""
    store = Store.create(path)
    segments = []
    offset = 0
    for ordinal, count in enumerate(UNITS):
        rows = pa.table(
            {
                "leaf_index": range(count),
                "page_title": [f"page {offset + row}" for row in range(count)],
                "text": [text(offset + row) for row in range(count)],
                "element_length": [25] * count,
            },
            schema=COLUMNS,
        )
        with Staging(store) as staging:
            writer = RecordWriter(
                staging, "records", COLUMNS, Partition("w"), ordinal=ordinal, group_rows=4, segment_bytes=300
            )
            writer.write(rows)
            segments += [segment.placed(offset) for segment in writer.close()]
        offset += count
    commit_manifest(store, Content(schema="test", parser="test", segments=tuple(segments)))
    return store


def plain_row(leaf: int) -> dict[str, Any]:
    return {"leaf_index": leaf, "page_title": f"page {leaf}", "text": text(leaf), "element_length": 25}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return build(tmp_path_factory.mktemp("fetch") / "store")


def test_the_store_under_test_has_several_of_everything(store: Store) -> None:
    segments = store.manifest().content.of_kind("records")
    assert len(segments) > len(UNITS)
    assert max(pq.read_metadata(store.segment_path(segment)).num_row_groups for segment in segments) > 2


@pytest.mark.parametrize("batch_rows", [1, 3, 1000])
def test_iterate_gives_every_row_once_in_global_order(store: Store, batch_rows: int) -> None:
    batches = list(iterate(store, "records", batch_rows=batch_rows))
    assert max(batch.num_rows for batch in batches) <= batch_rows
    assert pa.Table.from_batches(batches).to_pylist() == [plain_row(leaf) for leaf in range(TOTAL)]
    assert batches[0].schema.equals(COLUMNS, check_metadata=True)


def test_columns_come_in_the_order_asked(store: Store) -> None:
    batch = next(iterate(store, "records", ["text", "leaf_index"]))
    assert batch.schema.names == ["text", "leaf_index"]
    segment = store.manifest().content.of_kind("records")[-1]
    only = list(iterate_segment(store, segment, ["leaf_index"]))
    assert only[-1].column(0)[-1].as_py() == TOTAL - 1
    with pytest.raises(SchemaError, match="nonsense"):
        list(iterate(store, "records", ["nonsense"]))


@settings(max_examples=80, deadline=None)
@given(
    asked=st.lists(st.integers(0, TOTAL - 1), max_size=40),
    columns=st.none() | st.lists(st.sampled_from(COLUMNS.names), unique=True, min_size=1),
)
def test_fetch_equals_a_plain_scan(store: Store, asked: list[int], columns: list[str] | None) -> None:
    fetched = fetch_by_ids(store, asked, columns)
    names = columns or COLUMNS.names
    assert fetched.schema.names == names
    assert fetched.to_pylist() == [{name: plain_row(leaf)[name] for name in names} for leaf in asked]
    assert [field.nullable for field in fetched.schema] == [COLUMNS.field(name).nullable for name in names]


@settings(max_examples=40, deadline=None)
@given(asked=st.lists(st.integers(-3, TOTAL + 3) | st.sampled_from([2**62, -(2**63)]), max_size=20))
def test_missing_ids_are_null_rows_or_an_error(store: Store, asked: list[int]) -> None:
    absent = [leaf for leaf in asked if not 0 <= leaf < TOTAL]
    rows = fetch_by_ids(store, asked, missing="null").to_pylist()
    nothing = dict.fromkeys(COLUMNS.names)
    assert rows == [nothing if leaf in absent else plain_row(leaf) for leaf in asked]
    if absent:
        with pytest.raises(RecordNotFoundError, match=str(min(absent))):
            fetch_by_ids(store, asked)


def test_ids_may_be_arrays_and_must_be_integers(store: Store) -> None:
    for ids in (np.array([5, 2], dtype=np.uint64), np.array([5, 2], dtype=np.int32), pa.array([5, 2]), (5, 2)):
        assert fetch_by_ids(store, ids, ["leaf_index"]).column(0).to_pylist() == [5, 2]
    for wrong in ([1.0], [True], [[1]], ["1"], 1, pa.array([1, None])):
        with pytest.raises(SchemaError, match="integers"):
            fetch_by_ids(store, wrong)
    with pytest.raises(RecordNotFoundError, match=str(2**64 - 1)):
        fetch_by_ids(store, np.array([2**64 - 1], dtype=np.uint64))
    with pytest.raises(StoreError, match="quarantine"):
        fetch_by_ids(store, [0], kind="quarantine")
    with pytest.raises(RecordNotFoundError, match="leaves"):
        fetch_by_ids(store, [0], kind="leaves")


def test_fetch_reads_only_the_row_groups_concerned(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    plain = pq.ParquetFile.read_row_group

    def counted(self: Any, number: int, **options: Any) -> Any:
        read.append(number)
        return plain(self, number, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counted)
    fetch_by_ids(store, [1, 0, 2, 1])
    assert len(read) == 1
    fetch_by_ids(store, [99], missing="null")
    assert len(read) == 1


def test_a_version_stays_readable_after_the_next_one(tmp_path: Path) -> None:
    store = build(tmp_path / "store")
    first = store.manifest()
    rows = iterate(store, "records", ["leaf_index"])
    commit_manifest(store, Content(schema="test", parser="test"))
    assert sum(batch.num_rows for batch in rows) == TOTAL
    assert fetch_by_ids(store, [3], manifest=first).num_rows == 1
    with pytest.raises(RecordNotFoundError, match="3"):
        fetch_by_ids(store, [3])


def test_damage_is_one_error_that_names_the_file(tmp_path: Path) -> None:
    """Whatever bit flips: the right rows, or one exception class with the file's name; and hashing sees every flip."""
    store = build(tmp_path / "store")
    segment = max(store.manifest().content.of_kind("records"), key=lambda segment: segment.bytes)
    path = store.check_segment(segment)
    good = path.read_bytes()
    source = random.Random(11)
    seen, named = 0, True
    for _ in range(150):
        data = bytearray(good)
        data[source.randrange(len(data))] ^= 1 << source.randrange(8)
        path.write_bytes(data)
        try:
            list(iterate(store, "records"))
        except SegmentDamagedError as error:
            seen += 1
            named = named and str(path) in str(error)
        with pytest.raises(SegmentDamagedError, match=path.name):
            store.check_segment(segment)
    assert named
    assert seen > 30


def test_missing_and_truncated_files_are_named(tmp_path: Path) -> None:
    store = build(tmp_path / "store")
    path = store.segment_path(store.manifest().content.of_kind("records")[0])
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    with pytest.raises(SegmentDamagedError, match=path.name):
        fetch_by_ids(store, [0])
    path.write_bytes(b"\0" * len(data))
    with pytest.raises(SegmentDamagedError, match=path.name):
        fetch_by_ids(store, [0])
    path.unlink()
    with pytest.raises(SegmentDamagedError, match=f"missing.*{path.name}"):
        list(iterate(store, "records"))


def test_a_page_with_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    """Many a flipped bit inside of a compressed page just gives another text; its checksum does not fit."""
    store = build(tmp_path / "store")
    path = store.segment_path(store.manifest().content.of_kind("records")[0])
    good = path.read_bytes()
    chunk = pq.read_metadata(path).row_group(0).column(2)
    end = chunk.data_page_offset + chunk.total_compressed_size
    silent = 0
    for place in range(end - 24, end):
        data = bytearray(good)
        data[place] ^= 0x04
        path.write_bytes(data)
        with pytest.raises(SegmentDamagedError, match=path.name):
            fetch_by_ids(store, [0], ["text"])
        assert fetch_by_ids(store, [0], ["page_title"]).num_rows == 1
        try:
            pq.ParquetFile(path).read_row_group(0, columns=["text"])
            silent += 1
        except (OSError, pa.ArrowException):
            continue
    assert silent > 0, "the checksum has not been put to the test"
