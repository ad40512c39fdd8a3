"""The journal: the first attempt's record is the truth."""

import threading
from pathlib import Path
from typing import Any

import pytest

from wikigrove.errors import StoreError, StoreFormatError
from wikigrove.store import Store, journal, unit_key


def test_keys_follow_the_content_of_a_unit_and_nothing_else() -> None:
    unit = {"source": "ab" * 32, "range": [0, 100], "parser": "1"}
    assert unit_key(unit) == unit_key(dict(reversed(unit.items())))
    assert unit_key(unit) != unit_key({**unit, "parser": "2"})


def test_the_first_attempt_wins(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    key = unit_key({"n": 1})
    assert journal.get(store, key) is None
    assert journal.keys(store) == []
    first = {"state": "done", "rows": 3}
    assert journal.put(store, key, first) == first
    assert journal.put(store, key, {"state": "failed"}) == first
    assert journal.get(store, key) == first
    assert journal.keys(store) == [key]
    assert list(store.staging.iterdir()) == []


def test_racing_attempts_agree(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    for turn in range(5):
        key = unit_key({"turn": turn})
        gate = threading.Barrier(8)
        winners: list[Any] = []

        def attempt(number: int, key: str = key, gate: threading.Barrier = gate, winners: list[Any] = winners) -> None:
            gate.wait()
            winners.append(journal.put(store, key, {"attempt": number}))

        threads = [threading.Thread(target=attempt, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(winners) == 8
        assert all(winner == winners[0] for winner in winners)


def test_damaged_and_foreign_records_are_refused(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    key, other = unit_key({"n": 1}), unit_key({"n": 2})
    journal.put(store, key, {})
    path = store.path / "journal" / f"{key}.json"
    (store.path / "journal" / f"{other}.json").write_bytes(path.read_bytes())
    with pytest.raises(StoreFormatError, match=other):
        journal.get(store, other)
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(StoreFormatError, match=key):
        journal.get(store, key)
    with pytest.raises(StoreError, match="no digest"):
        journal.put(store, "../escape", {})
