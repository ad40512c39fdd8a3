"""Vectors: read where they lie, and refused when they are not what they say."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wikigrove.errors import FingerprintError, SegmentDamagedError, StoreError, VectorError
from wikigrove.store import (
    Content,
    EmbedderFacts,
    Partition,
    Segment,
    Staging,
    Store,
    Vectors,
    VectorWriter,
    commit_manifest,
)

FACTS = EmbedderFacts("hash-v1", "1", "ab" * 32, 6, True, "cd" * 32)


def matrix(count: int, dimensions: int = 6) -> npt.NDArray[np.float32]:
    return np.random.default_rng(count).standard_normal((count, dimensions)).astype(np.float32)


@pytest.fixture(autouse=True)
def no_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Durability is not the question here, and hundreds of flushes take their time."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def write(store: Store, vectors: npt.NDArray[np.float32], cuts: list[int], **options: object) -> Segment:
    facts = options.pop("facts", FACTS)
    with Staging(store) as staging, VectorWriter(staging, Partition("w"), facts, **options) as writer:  # type: ignore[arg-type]
        for start, end in zip([0, *cuts], [*cuts, len(vectors)], strict=True):
            rows = np.arange(start, end)
            writer.write(rows, rows * 10, rows * 100, vectors[start:end])
        (segment,) = writer.close()
    return segment


def commit(store: Store, *segments: Segment) -> None:
    commit_manifest(store, Content(schema="test", parser="test", segments=segments))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), count=st.integers(1, 40))
def test_bytes_depend_on_the_rows_alone(tmp_path: Path, data: st.DataObject, count: int) -> None:
    store = Store.create(tmp_path / "store")
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=5)))
    segment = write(store, matrix(count), cuts, batch_rows=7)
    assert segment == write(store, matrix(count), [], batch_rows=7)
    vectors = Vectors.open_file(store.check_segment(segment))
    assert np.array_equal(vectors.matrix, matrix(count))
    assert [len(chunk) for chunk in vectors.chunks] == [min(7, count - start) for start in range(0, count, 7)]


def test_one_batch_is_read_without_a_copy(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    segment = write(store, matrix(50), [])
    commit(store, segment)
    vectors = Vectors.open(store)
    with pa.memory_map(str(store.segment_path(segment))) as file:
        size = file.size()
    # The matrix lies inside of the mapping of the file: its bytes are found at a place of the mapping.
    mapping = [line for line in Path("/proc/self/maps").read_text().splitlines() if segment.path in line]
    spans = [tuple(int(end, 16) for end in line.split()[0].split("-")) for line in mapping]
    address = vectors.matrix.__array_interface__["data"][0]
    assert any(start <= address and address + vectors.matrix.nbytes <= end for start, end in spans)
    assert vectors.matrix.nbytes < size
    assert vectors.matrix.__array_interface__["data"] == vectors.chunks[0].__array_interface__["data"]
    assert vectors.matrix.flags.c_contiguous
    assert not vectors.matrix.flags.writeable
    assert vectors.matrix.dtype == np.float32
    assert len(vectors) == 50
    assert (vectors.name, vectors.fingerprint, vectors.dimensions, vectors.facts) == (
        "hash-v1",
        FACTS.fingerprint,
        6,
        FACTS,
    )


def test_the_mapping_outlives_the_object(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    rows = Vectors.open_file(store.segment_path(write(store, matrix(20), []))).matrix
    assert np.array_equal(rows, matrix(20))


def test_several_segments_are_one_matrix_with_global_ids(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    first, second = write(store, matrix(20), [], batch_rows=8), write(store, matrix(9), [], ordinal=1)
    commit(store, first.placed(0), second.placed(20))
    vectors = Vectors.open(store, verify=True)
    assert vectors.ids.tolist() == list(range(29))
    assert vectors.page_ids.tolist() == [10 * row for row in (*range(20), *range(9))]
    assert vectors.revision_ids.tolist() == [100 * row for row in (*range(20), *range(9))]
    assert np.array_equal(vectors.matrix, np.concatenate([matrix(20), matrix(9)]))
    assert vectors.matrix is vectors.matrix
    assert not vectors.matrix.flags.writeable
    assert not vectors.ids.flags.writeable
    assert [len(chunk) for chunk in vectors.chunks] == [8, 8, 4, 9]
    commit(store, second.placed(20), first.placed(0))
    with pytest.raises(StoreError, match="out of order"):
        Vectors.open(store)


def test_the_embedder_must_be_the_one_asked_for(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    commit(store)
    with pytest.raises(StoreError, match="embed the records first"):
        Vectors.open(store)
    other = EmbedderFacts("model", "2", "ef" * 32, 3, False, "cd" * 32)
    commit(store, write(store, matrix(5), []), write(store, matrix(4, 3), [], facts=other))
    with pytest.raises(StoreError, match=r"several.*hash-v1.*model"):
        Vectors.open(store)
    assert Vectors.open(store, name="model").dimensions == 3
    assert Vectors.open(store, fingerprint="ab" * 32).name == "hash-v1"
    with pytest.raises(FingerprintError, match="00"):
        Vectors.open(store, fingerprint="00" * 32)


def test_wrong_rows_are_refused(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    with Staging(store) as staging:
        writer = VectorWriter(staging, Partition("w"), FACTS)
        ok = matrix(2)
        for wrong in (ok.astype(np.float64), matrix(2, 5), ok[0]):
            with pytest.raises(VectorError, match="float32"):
                writer.write([0, 1], [0, 1], [0, 1], wrong)
        with pytest.raises(VectorError, match="length: 2"):
            writer.write([0], [0, 1], [0, 1], ok)
        with pytest.raises(VectorError, match="integers"):
            writer.write([0.5, 1.5], [0, 1], [0, 1], ok)
        writer.write([3, 5], [0, 1], [0, 1], ok)
        for indices in ([5, 6], [7, 7], [9, 8]):
            with pytest.raises(VectorError, match="ascend"):
                writer.write(indices, [0, 1], [0, 1], ok)
        writer.write([], [], [], matrix(0))
        (segment,) = writer.close()
        assert (segment.first, segment.last, segment.rows) == (3, 5, 2)
        with pytest.raises(StoreError, match="closed"):
            writer.write([9, 10], [0, 1], [0, 1], ok)
        assert VectorWriter(staging, Partition("w"), FACTS).close() == []
    with pytest.raises(VectorError, match="dimension"):
        EmbedderFacts("x", "1", "00", 0, True, "00")


def test_damage_is_one_error_that_names_the_file(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    segment = write(store, matrix(30), [], batch_rows=10)
    commit(store, segment)
    path = store.segment_path(segment)
    good = path.read_bytes()
    source = random.Random(5)
    for length in [0, 1, 8, len(good) // 2, len(good) - 1]:
        path.write_bytes(good[:length])
        for opening in (lambda: Vectors.open(store), lambda: Vectors.open_file(path)):
            with pytest.raises(SegmentDamagedError, match=path.name):
                opening()
    seen, named = 0, True
    for _ in range(200):
        data = bytearray(good)
        data[source.randrange(len(data))] ^= 1 << source.randrange(8)
        path.write_bytes(data)
        try:
            Vectors.open(store).matrix.sum()
        except SegmentDamagedError as error:
            seen += 1
            named = named and path.name in str(error)
        with pytest.raises(SegmentDamagedError, match=path.name):
            Vectors.open(store, verify=True)
    assert named
    assert seen > 20
    path.unlink()
    with pytest.raises(SegmentDamagedError, match=path.name):
        Vectors.open(store)


def test_another_arrow_file_holds_no_vectors(tmp_path: Path) -> None:
    path = tmp_path / "other.arrow"
    with pa.ipc.new_file(str(path), pa.schema([("x", pa.int64())])) as file:
        file.write_table(pa.table({"x": [1]}))
    with pytest.raises(SegmentDamagedError, match=r"other\.arrow"):
        Vectors.open_file(path)
