from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest

from wikigrove.crypto import TreeHead
from wikigrove.errors import ConfigError, ProofError
from wikigrove.provenance import Memory


def head(size: int, salt: str = "", origin: str = "example.org/t") -> TreeHead:
    return TreeHead(origin, size, hashlib.sha256(f"{size}{salt}".encode()).digest())


def test_memory_never_moves_back(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "state" / "memory.json")
    assert memory.relation(head(5)) == "new"
    memory.remember(head(5))
    assert [memory.relation(other) for other in (head(5), head(6), head(4), head(5, "x"))] == [
        "same",
        "grown",
        "rollback",
        "fork",
    ]
    before = memory.path.read_bytes()
    for other in (head(4), head(5, "x"), head(6)):
        with pytest.raises(ProofError, match="does not continue"):
            memory.remember(other)
    with pytest.raises(ProofError, match="grown"):
        memory.remember(head(6), root_at=lambda size: bytes(32))
    assert memory.path.read_bytes() == before
    memory.remember(head(6), root_at=lambda size: head(size).root)
    memory.remember(head(1, origin="example.org/other"))
    assert memory.heads() == {"example.org/t": head(6), "example.org/other": head(1, origin="example.org/other")}
    assert sorted(path.name for path in memory.path.parent.iterdir()) == [".memory.json.lock", "memory.json"]


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{}",
        b"[]",
        b'{"format":"other","heads":{}}',
        b'{"format":"wikigrove.memory/1","heads":{"o":{"size":"5","root":""}}}',
        b'{"format":"wikigrove.memory/1","heads":{"o":{"size":5,"root":"00"}}}',
    ],
)
def test_damaged_memory_is_not_taken_for_empty(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "memory.json").write_bytes(damaged)
    with pytest.raises(ConfigError, match="malformed"):
        Memory(tmp_path / "memory.json").relation(head(5))
    with pytest.raises(ConfigError, match="malformed"):
        Memory(tmp_path / "memory.json").remember(head(5))


def test_racing_writers_lose_nothing(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory.json")

    def work(writer: int) -> None:
        for number in range(5):
            memory.remember(head(1, origin=f"example.org/{writer}/{number}"))

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(memory.heads()) == 20
    assert json.loads(memory.path.read_text())["format"] == "wikigrove.memory/1"
