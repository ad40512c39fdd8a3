"""Exact top 10 of 100,000 rows of 384 numbers: our fixed-order kernel against NumPy and faiss."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from wikigrove import _core

ROWS, DIMENSIONS, K = 100_000, 384, 10
BATCHES = [1, 32, 1024]

Matrix = NDArray[np.float32]


@pytest.fixture(scope="module")
def rows() -> Matrix:
    matrix = np.random.default_rng(1).standard_normal((ROWS, DIMENSIONS), dtype=np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def queries() -> Matrix:
    matrix = np.random.default_rng(2).standard_normal((max(BATCHES), DIMENSIONS), dtype=np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def with_numpy(rows: Matrix, queries: Matrix) -> NDArray[np.int64]:
    scores = queries @ rows.T
    candidates = np.argpartition(-scores, K, axis=1)[:, :K]
    order = np.argsort(-np.take_along_axis(scores, candidates, axis=1), axis=1)
    return np.take_along_axis(candidates, order, axis=1)


@pytest.mark.parametrize("batch", BATCHES)
def bench_wikigrove(benchmark: BenchmarkFixture, rows: Matrix, queries: Matrix, batch: int) -> None:
    benchmark.group = f"top-k: batch {batch}"
    found, _ = benchmark(_core.top_k, rows, queries[:batch], K)
    assert (
        found == with_numpy(rows, queries[:batch])
    ).mean() > 0.99  # near ties may swap under another summation order


@pytest.mark.parametrize("batch", BATCHES)
def bench_numpy(benchmark: BenchmarkFixture, rows: Matrix, queries: Matrix, batch: int) -> None:
    benchmark.group = f"top-k: batch {batch}"
    benchmark(with_numpy, rows, queries[:batch])


@pytest.mark.parametrize("batch", BATCHES)
def bench_faiss(benchmark: BenchmarkFixture, rows: Matrix, queries: Matrix, batch: int) -> None:
    faiss = pytest.importorskip("faiss")
    faiss.omp_set_num_threads(1)
    benchmark.group = f"top-k: batch {batch}"
    index = faiss.IndexFlatIP(DIMENSIONS)
    index.add(rows)
    benchmark(index.search, queries[:batch], K)
