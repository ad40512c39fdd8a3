"""RFC 6962 trees over 200,000 entries of 64 bytes: ours (hashing each twice, for two roots), hashlib, pymerkle."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from wikigrove import _core
from wikigrove.provenance.leaf import hash_leaves

LEAVES = 200_000


@pytest.fixture(scope="module")
def entries() -> list[bytes]:
    return [number.to_bytes(64, "big") for number in range(LEAVES)]


def plain_python_root(entries: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, level by level: an odd node moves up as it is."""
    sha256 = hashlib.sha256
    level = [sha256(b"\0" + entry).digest() for entry in entries]
    while len(level) > 1:
        paired = [sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[len(level) - len(level) % 2 :]
    return level[0]


def wikigrove_root(column: pa.Array) -> bytes:
    return _core.merkle_root(hash_leaves(column))


@pytest.mark.benchmark(group="merkle: root of 200,000 leaves")
def bench_wikigrove(benchmark: BenchmarkFixture, entries: list[bytes]) -> None:
    assert benchmark(wikigrove_root, pa.array(entries, pa.binary())) == plain_python_root(entries)


@pytest.mark.benchmark(group="merkle: root of 200,000 leaves")
def bench_plain_python(benchmark: BenchmarkFixture, entries: list[bytes]) -> None:
    benchmark(plain_python_root, entries)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.benchmark(group="merkle: root of 200,000 leaves")
def bench_pymerkle(benchmark: BenchmarkFixture, entries: list[bytes]) -> None:
    pymerkle = pytest.importorskip("pymerkle")

    def build() -> bytes:
        tree = pymerkle.InmemoryTree(algorithm="sha256")
        for entry in entries:
            tree.append_entry(entry)
        return bytes(tree.get_state())

    assert benchmark.pedantic(build, rounds=2) == plain_python_root(entries)
