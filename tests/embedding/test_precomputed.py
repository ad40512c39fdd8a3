"""Vectors made elsewhere: read, looked up, and refused where they are not what they claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wikigrove.embedding import Embedder, PrecomputedEmbedder
from wikigrove.errors import VectorError

IDS = [30, 10, 20]
MATRIX = np.array([[3, 3.5], [1, 1.5], [2, 2.5]], dtype=np.float32)


def write_parquet(path: Path, ids: list[int | None], vectors: Any) -> Path:
    pq.write_table(pa.table({"id": pa.array(ids, pa.int64()), "vector": vectors}), path)
    return path


def test_every_source_gives_the_same_vectors(tmp_path: Path) -> None:
    np.save(tmp_path / "matrix.npy", MATRIX)
    np.save(tmp_path / "fortran.npy", np.asfortranarray(MATRIX))
    np.save(tmp_path / "ids.npy", np.array(IDS))
    rows = MATRIX.tolist()
    fixed = write_parquet(tmp_path / "fixed.parquet", list(IDS), pa.array(rows, pa.list_(pa.float32(), 2)))
    loose = write_parquet(tmp_path / "loose.parquet", list(IDS), pa.array(rows, pa.list_(pa.float32())))
    sources = [
        PrecomputedEmbedder(IDS, MATRIX, name="model"),
        PrecomputedEmbedder(sorted(IDS), MATRIX[[1, 2, 0]], name="model"),
        PrecomputedEmbedder.from_numpy(tmp_path / "matrix.npy", tmp_path / "ids.npy", name="model"),
        PrecomputedEmbedder.from_numpy(tmp_path / "fortran.npy", IDS, name="model"),
        PrecomputedEmbedder.from_parquet(fixed, name="model"),
        PrecomputedEmbedder.from_parquet(loose, name="model"),
    ]
    for source in sources:
        assert isinstance(source, Embedder)
        assert source.ids.tolist() == [10, 20, 30]
        assert source.matrix.tolist() == [[1, 1.5], [2, 2.5], [3, 3.5]]
        assert source.matrix.flags.c_contiguous
        assert not source.matrix.flags.writeable
        assert source.lookup([30, 10, 30]).tolist() == [[3, 3.5], [1, 1.5], [3, 3.5]]
        assert source.lookup([]).shape == (0, 2)
    assert len({source.fingerprint for source in sources}) == 1


def test_fingerprints_name_what_was_declared_and_every_byte() -> None:
    changed = MATRIX.copy()
    changed[2, 1] = np.nextafter(changed[2, 1], np.float32(9))
    embedders = [
        PrecomputedEmbedder(IDS, MATRIX, name="model"),
        PrecomputedEmbedder(IDS, MATRIX, name="model", version="2"),
        PrecomputedEmbedder(IDS, MATRIX, name="other"),
        PrecomputedEmbedder([31, 10, 20], MATRIX, name="model"),
        PrecomputedEmbedder(IDS, changed, name="model"),
        PrecomputedEmbedder([], np.zeros((0, 2), np.float32), name="model"),
        PrecomputedEmbedder([], np.zeros((0, 3), np.float32), name="model"),
    ]
    assert len({embedder.fingerprint for embedder in embedders}) == len(embedders)


def test_normalized_is_measured() -> None:
    unit = np.array([[1, 0], [0, 0], [0.6, 0.8]], dtype=np.float32)
    assert PrecomputedEmbedder(IDS, unit, name="unit").normalized
    assert not PrecomputedEmbedder(IDS, MATRIX, name="long").normalized


def test_ids_without_a_vector_are_refused_and_named() -> None:
    embedder = PrecomputedEmbedder(IDS, MATRIX, name="model")
    with pytest.raises(VectorError, match="2 in all, the first: 15"):
        embedder.lookup([10, 15, 99, 30])
    with pytest.raises(VectorError, match="the first: -1"):
        embedder.lookup([-1])
    with pytest.raises(VectorError, match="int64"):
        embedder.lookup([10.0])


def test_new_texts_are_refused() -> None:
    with pytest.raises(VectorError, match="cannot encode new texts: model; hint: use lookup"):
        PrecomputedEmbedder(IDS, MATRIX, name="model").encode(["new"])


@pytest.mark.parametrize(
    ("ids", "matrix", "message"),
    [
        ([1, 1, 2], MATRIX, "more than once: 1"),
        ([1, 2], MATRIX, "as many as ids, 2, not: 3"),
        ([1.0, 2.0, 3.0], MATRIX, "integers"),
        ([[1, 2, 3]], MATRIX, "one dimension"),
        (np.array([1, 2, 1 << 63], np.uint64), MATRIX, "int64"),
        (IDS, MATRIX.astype(np.float64), r"float32\[n, d\] with d >= 1, got: float64"),
        (IDS, MATRIX.astype(">f4"), "float32"),
        (IDS, MATRIX[0], "float32"),
        (IDS, np.zeros((3, 0), np.float32), "d >= 1"),
        (IDS, [[1.0, 2.0]], "got: list"),
        (IDS, np.array([[1, 1], [np.nan, 1], [1, 1]], np.float32), "NaN or infinity"),
        (IDS, np.array([[1, 1], [1, -np.inf], [1, 1]], np.float32), "NaN or infinity"),
        (IDS, np.array([[1, 1], [3e38, 1], [1, 1]], np.float32), "too long for float32"),
    ],
)
def test_refuses_what_are_no_vectors(ids: Any, matrix: Any, message: str) -> None:
    with pytest.raises(VectorError, match=message):
        PrecomputedEmbedder(ids, matrix, name="model")


@pytest.mark.parametrize(
    ("ids", "vectors", "message"),
    [
        ([1, None], pa.array([[1.0], [2.0]], pa.list_(pa.float32(), 1)), "null"),
        ([1, 2], pa.array([[1.0], None], pa.list_(pa.float32(), 1)), "null"),
        ([1, 2], pa.array([[1.0], [None]], pa.list_(pa.float32(), 1)), "null"),
        ([1, 2], pa.array([[1.0], [2.0, 3.0]], pa.list_(pa.float32())), "row 1: 2"),
        ([1, 2], pa.array([[1.0], [2.0]], pa.list_(pa.float64())), "lists of float32, got: list"),
        ([1, 2], pa.array([1.0, 2.0], pa.float32()), "got: float"),
    ],
)
def test_refuses_wrong_columns(tmp_path: Path, ids: list[int | None], vectors: Any, message: str) -> None:
    path = write_parquet(tmp_path / "vectors.parquet", ids, vectors)
    with pytest.raises(VectorError, match=message):
        PrecomputedEmbedder.from_parquet(path, name="model")


def test_refuses_files_of_another_kind(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "vectors.parquet", [1], pa.array([[1.0]], pa.list_(pa.float32())))
    with pytest.raises(VectorError, match="no columns id and embedding"):
        PrecomputedEmbedder.from_parquet(path, name="model", vector_column="embedding")
    with pytest.raises(VectorError, match="no array in NumPy's format"):
        PrecomputedEmbedder.from_numpy(path, [1], name="model")
    np.savez(tmp_path / "several.npz", a=MATRIX)
    with pytest.raises(VectorError, match="several arrays"):
        PrecomputedEmbedder.from_numpy(tmp_path / "several.npz", IDS, name="model")
    (tmp_path / "text.parquet").write_text("no Parquet")
    with pytest.raises(VectorError, match="no columns"):
        PrecomputedEmbedder.from_parquet(tmp_path / "text.parquet", name="model")
