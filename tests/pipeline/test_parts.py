"""Parts of a file, and files that come later: whatever was sealed before, the end is that of one run over all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import wikigrove
from wikigrove.errors import StoreError
from wikigrove.ingest import UnitProgress
from wikigrove.pipeline.build import Build
from wikigrove.sources import reading
from wikigrove.store import Store, iterate, journal

PART = 30_000
"""Small enough for several parts in each of the invented dumps."""


class CutOffError(Exception):
    """Raised in the middle of a file."""


def interrupted(batches: int) -> Any:
    """Give a progress callback that raises after some batches."""
    left = [batches]

    def progress(_: UnitProgress) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise CutOffError

    return progress


def records(build: Build) -> pa.Table:
    return pa.Table.from_batches(list(iterate(build.store, "records")))


def parts_of(store: Store) -> int:
    return sum("resume" in (journal.get(store, key) or {}) for key in journal.keys(store))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Name of each file that is opened for reading, and whether in its middle."""
    names: list[tuple[str, bool]] = []
    original = reading.open_reader

    def open_reader(file: reading.SourceFile, **options: Any) -> Any:
        names.append((file.name, options.get("resume") is not None))
        return original(file, **options)

    monkeypatch.setattr(reading, "open_reader", open_reader)
    return names


@pytest.mark.parametrize("packing", ["plain", "bz2", "gz"])
def test_an_interrupted_file_goes_on_after_its_last_part(
    tmp_path: Path, opened: list[tuple[str, bool]], packing: str
) -> None:
    dump = wikigrove_dumps(tmp_path, packing)[0]
    options: dict[str, Any] = {"batch_bytes": 5_000, "part_bytes": PART}
    reference = wikigrove.build([dump], into=tmp_path / "reference", **options)
    assert len(reference.manifest.content.of_kind("records")) >= 3
    opened.clear()
    sealed = [0]
    for _ in range(100):
        try:
            end = wikigrove.build([dump], into=tmp_path / "store", progress=interrupted(8), **options)
            break
        except CutOffError:
            sealed.append(parts_of(Store.open(tmp_path / "store")))
    assert sealed == sorted(sealed), "a part that was sealed stays"
    assert len(set(sealed)) >= 3, "no attempt got further than the one before"
    assert opened[0] == (dump.name, False)
    assert (dump.name, True) in opened
    assert end.manifest.content == reference.manifest.content
    assert end.warnings == reference.warnings


def wikigrove_dumps(folder: Path, packing: str) -> list[Path]:
    from wikigrove.demo.dump import write_demo_dumps

    return write_demo_dumps(folder / "dumps", packing=packing)


def test_parts_change_neither_rows_nor_roots(dumps: list[Path], tmp_path: Path) -> None:
    whole = wikigrove.build(dumps[:2], into=tmp_path / "whole")
    assert len(whole.manifest.content.of_kind("records")) == 2
    digests = set()
    for number, (threads, batch_bytes) in enumerate([(1, 8 << 20), (2, 1), (2, 4096)]):
        options: dict[str, Any] = {"threads": threads, "batch_bytes": batch_bytes, "part_bytes": PART}
        parted = wikigrove.build(dumps[:2], into=tmp_path / str(number), **options)
        digests.add(parted.manifest.content.digest)
        assert (parted.tree.root, parted.tree.content_root) == (whole.tree.root, whole.tree.content_root)
        assert parted.counts == whole.counts
        assert parted.quarantine_reasons == whole.quarantine_reasons
        assert records(parted).equals(records(whole))
    assert len(digests) == 1
    assert len(parted.manifest.content.of_kind("records")) > 4


def test_a_lost_segment_costs_one_part(dumps: list[Path], tmp_path: Path, opened: list[tuple[str, bool]]) -> None:
    first = wikigrove.build(dumps[:1], into=tmp_path / "store", part_bytes=PART)
    segments = first.manifest.content.of_kind("records")
    lost = first.store.path / segments[1].path
    content = lost.read_bytes()
    lost.unlink()
    opened.clear()
    again = wikigrove.build(dumps[:1], into=tmp_path / "store", part_bytes=PART)
    assert lost.read_bytes() == content
    assert again.manifest == first.manifest
    assert opened == [(dumps[0].name, True)]


def test_files_that_come_later_end_like_one_run(
    dumps: list[Path], tmp_path: Path, opened: list[tuple[str, bool]]
) -> None:
    together = wikigrove.build(dumps, into=tmp_path / "together")
    ordered = [source.name for source in together.manifest.content.sources]
    by_name = {dump.name: dump for dump in dumps}
    opened.clear()
    for count in (1, 3, len(ordered)):
        given = [by_name[name] for name in ordered[:count]]
        grown = wikigrove.build(given[::-1], into=tmp_path / "grown")
    assert sorted(opened) == [(name, False) for name in sorted(ordered)], "a file was read twice"
    assert grown.tree == together.tree
    assert grown.manifest.content == together.manifest.content
    in_front = wikigrove.build([by_name[name] for name in ordered[2:]], into=tmp_path / "front")
    assert in_front.tree.root != together.tree.root
    in_front = wikigrove.build(dumps, into=tmp_path / "front")
    assert in_front.manifest.content == together.manifest.content, "files in front move the others"


def test_a_file_that_ends_too_early_keeps_its_parts(dumps: list[Path], tmp_path: Path) -> None:
    whole = wikigrove_dumps(tmp_path / "plain", "plain")[0]
    xml = whole.read_bytes()
    whole.write_bytes(xml[: 3 * len(xml) // 4])
    store = tmp_path / "store"
    with pytest.raises(wikigrove.errors.TruncatedInputError):
        wikigrove.build([whole], into=store, part_bytes=PART)
    assert parts_of(Store.open(store)) > 0
    with pytest.raises(StoreError):
        Store.open(store).manifest()
    whole.write_bytes(xml)
    reference = wikigrove.build([whole], into=tmp_path / "reference", part_bytes=PART)
    assert wikigrove.build([whole], into=store, part_bytes=PART).manifest.content == reference.manifest.content
