"""Crashes: whenever a writer dies, a reader sees the old version or the new one, whole."""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from wikigrove.errors import StoreFormatError
from wikigrove.store import Store, Vectors, collect_staging, iterate

SCRIPT = Path(__file__).with_name("torture_child.py")
KILLS = 48


def load() -> ModuleType:
    """Load the child's script as a module, to build the references with the same code."""
    spec = importlib.util.spec_from_file_location("torture_child", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Nursery:
    """The process that forks the writers."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.acknowledged = 0

    def send(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for(self, word: str) -> list[str]:
        """Return the words behind this one, and note what was acknowledged before it."""
        assert self.process.stdout is not None
        while True:
            first, *rest = self.process.stdout.readline().split() or [""]
            if first == word:
                return rest
            assert first == "ack", f"the child process has died: {first!r}"
            self.acknowledged = max(self.acknowledged, int(rest[0]))

    def start(self, command: str) -> int:
        self.send(command)
        return int(self.wait_for("pid")[0])

    def reap(self) -> list[int]:
        self.send("reap")
        return [int(code) for code in self.wait_for("reaped")]


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    assert nursery.process.stdin is not None
    assert nursery.process.stdout is not None
    nursery.process.stdin.close()
    nursery.process.wait(timeout=30)
    nursery.process.stdout.close()


class References:
    """Digests of the contents by version, from an undisturbed store."""

    def __init__(self, path: Path) -> None:
        self.module = load()
        self.store = Store.create(path)
        self.digests = [""]

    def digest(self, version: int) -> str:
        while len(self.digests) <= version:
            self.digests.append(self.module.build(self.store, len(self.digests)).content.digest)
        return self.digests[version]


def check_whole(path: Path, references: References, old: int = 0) -> int:
    """Read everything of every version since `old`, and return the newest version; 0 where there is none yet."""
    try:
        store = Store.open(path)
    except StoreFormatError:
        assert old == 0
        return 0
    versions = store.versions()
    newest = versions[-1] if versions else 0
    assert versions == list(range(1, newest + 1))
    for version in range(max(old, 1), newest + 1):
        manifest = store.manifest(version)
        assert manifest.content.digest == references.digest(version)
        for segment in manifest.content.segments:
            store.check_segment(segment)
        leaves = [batch.column(0).to_pylist() for batch in iterate(store, "records", ["leaf_index"], manifest=manifest)]
        expected = list(range(references.module.UNITS * references.module.ROWS))
        assert [leaf for batch in leaves for leaf in batch] == expected
        assert Vectors.open(store, manifest=manifest).ids.tolist() == expected
        note = store.read_checkpoint(manifest.content.trees[0])
        assert note in (None, f"note over version {version}".encode())
    return newest


def test_killed_writers_leave_whole_versions(tmp_path: Path, nursery: Nursery) -> None:
    """SIGKILL at random moments, with two racing writers in every other round."""
    source = random.Random(20260801)
    references = References(tmp_path / "reference")
    path = tmp_path / "store"
    newest = kills = rounds = 0
    while kills < KILLS:
        writers = [nursery.start(f"loop {path} 1000000") for _ in range(1 + rounds % 2)]
        for writer in writers:
            time.sleep(source.uniform(0, 0.16))
            os.kill(writer, signal.SIGKILL)
        assert nursery.reap() == [-signal.SIGKILL] * len(writers)
        kills += len(writers)
        rounds += 1
        newest = check_whole(path, references, newest)
        assert newest >= nursery.acknowledged
    assert newest > 3, "the machine was too slow for a single commit between two kills"

    until = newest + 2
    nursery.start(f"loop {path} {until}")
    assert nursery.reap() == [0]
    assert check_whole(path, references) == until
    store = Store.open(path)
    assert references.module.build(store, until) == store.manifest()
    assert store.versions()[-1] == until

    # What the dead left behind is seen by no reader, and collected once it is old enough.
    present = time.time()
    assert list(store.staging.iterdir()) != []
    assert collect_staging(store, older_than_s=3600, now_s=present) == []
    assert len(collect_staging(store, older_than_s=3600, now_s=present + 3700)) > 0
    assert list(store.staging.iterdir()) == []
    assert check_whole(path, references) == until


def test_a_crash_after_any_step_leaves_a_whole_version(
    tmp_path: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Die after the first, second, … call that changes or flushes the disk; then run again."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    references = References(tmp_path / "reference")
    references.digest(2)
    template = tmp_path / "template"
    references.module.build(Store.create(template), 1)
    seen = []
    for step in range(1, 1000):
        path = tmp_path / f"store-{step}"
        shutil.copytree(template, path)
        nursery.start(f"crash {path} 2 {step}")
        (code,) = nursery.reap()
        seen.append(check_whole(path, references, 1))
        if code == 0:
            break
        assert code == 9
        references.module.build(Store.open(path), 2)  # base is version 1: nothing but version 2 can come of it
        assert check_whole(path, references, 1) == 2
        assert sorted(file for file in segments(path)) == sorted(segments(references.store.path))
        shutil.rmtree(path)
    assert code == 0
    assert seen == sorted(seen), "once a version is there, it stays"
    assert seen.count(1) > 20
    assert seen.count(2) >= 2


def segments(path: Path) -> list[str]:
    return [str(file.relative_to(path)) for file in (path / "segments").rglob("*") if file.is_file()]
