"""The commit: at once or not at all, one winner, and nothing half there."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wikigrove.errors import CommitConflictError, SegmentDamagedError, StoreError, StoreFormatError
from wikigrove.store import (
    Content,
    Manifest,
    Partition,
    Segment,
    Staging,
    Store,
    Tree,
    canonical,
    collect_staging,
    commit_manifest,
    put_new,
)


def content(number: int, *segments: Segment) -> Content:
    return Content(schema="test", parser="test", counts={"number": number}, segments=segments)


def add_file(store: Store, data: bytes, *, kind: str = "records", rows: int = 1, first: int = 0) -> Segment:
    with Staging(store) as staging:
        path = staging.file("rows.parquet")
        path.write_bytes(data)
        return staging.seal(path, kind=kind, partition=Partition("w"), ordinal=0, rows=rows, first=first)


def race(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run the same work in several threads that start together; results or errors, by number."""
    gate = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_put_new_makes_a_file_once(tmp_path: Path) -> None:
    path = tmp_path / "name"
    assert put_new(path, b"first")
    assert not put_new(path, b"second")
    assert path.read_bytes() == b"first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["name"]
    assert path.stat().st_nlink == 1


def test_of_racing_creators_one_wins(tmp_path: Path) -> None:
    for turn in range(10):
        path = tmp_path / f"{turn}"
        won = race(8, lambda number, path=path: put_new(path, bytes([number]) * 1000))
        assert sorted(won) == [False] * 7 + [True]
        assert path.read_bytes() == bytes([won.index(True)]) * 1000


def test_a_link_whose_answer_was_lost_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = os.link

    def lost(source: Path, target: Path) -> None:
        plain(source, target)
        raise OSError(errno.EEXIST, "exists")

    monkeypatch.setattr(os, "link", lost)
    assert put_new(tmp_path / "name", b"x")


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_without_hard_links_nothing_is_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(_: Path, __: Path) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(StoreError, match="hard links"):
        Store.create(tmp_path / "store")
    assert not (tmp_path / "store" / "wikigrove-store.json").exists()
    monkeypatch.undo()
    Store.create(tmp_path / "store")


def test_another_failure_of_the_disk_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path, __: Path) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="no space"):
        put_new(tmp_path / "name", b"x")
    assert list(tmp_path.iterdir()) == []


def test_creating_and_opening(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "store"
    store = Store.create(path)
    assert Store.create(path) == Store.open(path) == store
    with pytest.raises(StoreError, match="no committed version"):
        store.manifest()
    with pytest.raises(StoreFormatError, match="no store"):
        Store.open(tmp_path / "nowhere")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    with pytest.raises(StoreError, match=r"thesis\.txt"):
        Store.create(tmp_path / "full")
    with pytest.raises(StoreFormatError, match="redactable"):
        Store.create(tmp_path / "other", profile="redactable")
    marker = path / "wikigrove-store.json"
    value = json.loads(marker.read_bytes())
    marker.write_bytes(canonical.encode({**value, "format": "wikigrove.store/9"}))
    with pytest.raises(StoreFormatError, match="store/9"):
        Store.open(path)
    marker.write_bytes(marker.read_bytes()[:-1])
    with pytest.raises(StoreFormatError, match=r"wikigrove-store\.json"):
        Store.open(path)


def test_versions_follow_one_another_and_the_same_content_makes_none(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    first = commit_manifest(store, content(1), created_at="2026-01-01T00:00:00Z", created_by="a")
    assert commit_manifest(store, content(1), created_at="2027-01-01T00:00:00Z", created_by="b") == first
    second = commit_manifest(store, content(2))
    assert (first.version, first.parent, second.version) == (1, None, 2)
    assert store.versions() == [1, 2]
    assert store.manifest() == second
    assert store.manifest(1) == first
    with pytest.raises(StoreError, match="no such version: 3"):
        store.manifest(3)
    back = commit_manifest(store, content(1))  # an older content again is a new version
    assert (back.version, back.content) == (3, first.content)


def test_work_on_an_old_base_is_a_conflict(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    commit_manifest(store, content(1), base=0)
    with pytest.raises(CommitConflictError, match="hint"):
        commit_manifest(store, content(2), base=0)
    assert commit_manifest(store, content(1), base=0).version == 1
    assert commit_manifest(store, content(2), base=1).version == 2


def test_racing_writers_of_the_same_content_agree(tmp_path: Path) -> None:
    for turn in range(5):
        store = Store.create(tmp_path / f"{turn}")
        manifests = race(6, lambda number, store=store: commit_manifest(store, content(1), created_by=f"{number}"))
        assert manifests == [store.manifest()] * 6
        assert store.versions() == [1]


def test_of_racing_writers_of_different_content_one_wins(tmp_path: Path) -> None:
    for turn in range(5):
        store = Store.create(tmp_path / f"{turn}")
        results = race(6, lambda number, store=store: commit_manifest(store, content(number), base=0))
        winners = [result for result in results if isinstance(result, Manifest)]
        assert winners == [store.manifest()]
        assert sum(isinstance(result, CommitConflictError) for result in results) == 5
        assert store.versions() == [1]
        assert list(store.staging.iterdir()) == []


def test_a_rival_in_the_last_moment_is_a_conflict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window between reading the newest version and linking the next one."""
    store = Store.create(tmp_path / "store")
    plain = os.link

    def rival_first(source: Path, target: Path) -> None:
        monkeypatch.setattr(os, "link", plain)
        commit_manifest(store, content(7))
        plain(source, target)

    monkeypatch.setattr(os, "link", rival_first)
    with pytest.raises(CommitConflictError, match="version: 1"):
        commit_manifest(store, content(8))
    monkeypatch.setattr(os, "link", rival_first)
    assert commit_manifest(store, content(7)).version == 1
    assert store.manifest().content == content(7)


def test_a_commit_needs_all_its_files_and_rows(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    segment = add_file(store, b"rows", rows=4)
    following = add_file(store, b"more", rows=2).placed(4)
    with pytest.raises(StoreError, match="gap or overlap at leaf 0"):
        commit_manifest(store, content(1, following))
    with pytest.raises(StoreError, match="gap or overlap at leaf 4"):
        commit_manifest(store, content(1, segment, following.placed(3)))
    with pytest.raises(StoreError, match="listed twice"):
        commit_manifest(store, content(1, segment, segment))
    with pytest.raises(StoreFormatError, match="outside the layout"):
        commit_manifest(store, content(1, dataclasses.replace(segment, path="elsewhere.parquet")))
    with pytest.raises(SegmentDamagedError, match=r"bytes instead of 5.*parquet"):
        commit_manifest(store, content(1, dataclasses.replace(segment, bytes=5)))
    assert store.versions() == []
    assert commit_manifest(store, content(1, segment, following)).version == 1
    store.segment_path(segment).unlink()
    with pytest.raises(SegmentDamagedError, match="missing"):
        commit_manifest(store, content(2, segment))


def test_tampered_manifests_are_refused_with_the_file_named(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    commit_manifest(store, content(1))
    commit_manifest(store, content(2))
    first, second = store.manifest_path(1), store.manifest_path(2)
    good = second.read_bytes()
    second.write_bytes(good.replace(b'"number":2', b'"number": 2'))
    with pytest.raises(StoreFormatError, match=second.name):
        store.manifest()
    second.write_bytes(good.replace(b'"version":2', b'"version":3'))
    with pytest.raises(StoreFormatError, match=second.name):
        store.manifest()
    second.write_bytes(good)
    old = first.read_bytes()
    first.write_bytes(old.replace(b'"number":1', b'"number":9'))  # canonical, but not what version 2 names
    with pytest.raises(SegmentDamagedError, match=first.name):
        store.manifest()
    first.unlink()  # expired
    assert store.manifest().version == 2
    second.rename(store.manifest_path(1))
    with pytest.raises(StoreFormatError, match=first.name):
        store.manifest()


def test_sealing_hashes_and_names_and_never_replaces_other_bytes(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    segment = add_file(store, b"rows")
    assert add_file(store, b"rows") == segment
    assert segment.path.startswith("segments/records/wiki=w/snapshot=undated/part-00000-")
    assert store.check_segment(segment).read_bytes() == b"rows"
    store.segment_path(segment).write_bytes(b"r0ws")
    with pytest.raises(SegmentDamagedError, match="digest"):
        store.check_segment(segment)
    with pytest.raises(SegmentDamagedError, match="move it away"):
        add_file(store, b"rows")
    assert list(store.staging.iterdir()) == []
    with Staging(store) as staging:
        with pytest.raises(StoreError, match="folder in it"):
            staging.file("../x")
        with pytest.raises(StoreError, match="layout"):
            staging.seal(staging.file("x.a"), kind="No Kind", partition=Partition("w"), ordinal=0, rows=0)
    for wiki, snapshot in (("../up", "undated"), ("w/x", "undated"), ("w", "2026-01-01"), ("", "undated")):
        with pytest.raises(StoreError, match=f"{wiki if snapshot == 'undated' else snapshot}$"):
            Partition(wiki, snapshot)


def test_collecting_spares_what_is_young_or_still_written(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    with Staging(store) as living, Staging(store) as dead:
        (store.staging / "lost.new").write_bytes(b"x")
        for staging in (living, dead):
            staging.file("rows.parquet").write_bytes(b"x")
        for path in (store.staging / "lost.new", dead.file("rows.parquet"), dead.path, living.path):
            os.utime(path, (1000, 1000))
        assert collect_staging(store, older_than_s=100, now_s=1050) == []
        removed = collect_staging(store, older_than_s=100, now_s=1101)
        assert sorted(path.name for path in removed) == sorted([dead.path.name, "lost.new"])
        assert living.file("rows.parquet").exists()
        assert not dead.path.exists()


def test_checkpoints_are_replaced_whole(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store")
    tree = Tree("example.org/s/w", 1, "ab" * 32, "cd" * 32)
    assert store.read_checkpoint(tree) is None
    assert store.write_checkpoint(tree, b"one signature") == store.checkpoint_path(tree)
    other = dataclasses.replace(tree, origin="example.org/s/v")
    assert store.checkpoint_path(other) != store.checkpoint_path(tree)
    store.write_checkpoint(tree, b"two signatures")
    assert store.read_checkpoint(tree) == b"two signatures"
    assert list(store.staging.iterdir()) == []
    with pytest.raises(StoreError, match="no digest"):
        store.read_checkpoint(dataclasses.replace(tree, root="../../etc/passwd"))
