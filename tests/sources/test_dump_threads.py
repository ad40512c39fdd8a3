"""A reader that several threads share, and the threads that it does not leave behind."""

from __future__ import annotations

import bz2
import gzip
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from wikigrove._core import DumpReader

RECORD = "<page><title>P{0}</title><id>{0}</id><revision><id>{0}</id><text>{1}</text></revision></page>"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "dump.xml"
    pages = "".join(RECORD.format(number, "example " * 400) for number in range(1, 2001))
    path.write_text(f"<mediawiki>{pages}</mediawiki>")
    return path


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_share_a_reader(path: Path, threads: int) -> None:
    reader = DumpReader(path, wiki_id="examplewiki", threads=threads, batch_bytes=10_000)

    def drain(_: int) -> list[int]:
        found: list[int] = []
        while (batch := reader.next_batch()) is not None:
            ids = pa.record_batch(batch)["revision_id"].to_pylist()
            assert ids == list(range(ids[0], ids[0] + len(ids))), "a batch is a run of the dump"
            found += ids
            assert reader.summary()["revisions"] >= len(found)
            assert pa.record_batch(reader.quarantine()).num_rows == 0
        return found

    with ThreadPoolExecutor(8) as pool:
        together = [number for found in pool.map(drain, range(8)) for number in found]
    assert sorted(together) == list(range(1, 2001))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted by /proc")
@pytest.mark.parametrize("pack", [bytes, bz2.compress, gzip.compress])
def test_no_thread_outlives_its_reader(path: Path, pack: Callable[[bytes], bytes]) -> None:
    path.write_bytes(pack(path.read_bytes()))
    before = len(os.listdir("/proc/self/task"))
    for batches in (0, 1, 2, 1000):
        reader = DumpReader(path, wiki_id="examplewiki", threads=4, batch_bytes=1_000_000)
        for _ in range(batches):
            if reader.next_batch() is None:
                break
        del reader
        assert len(os.listdir("/proc/self/task")) == before
