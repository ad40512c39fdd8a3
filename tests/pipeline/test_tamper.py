"""One changed byte, at ten random places in each kind of file: `verify` or `trace` says so and names the file."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rfc8785

import wikigrove
from wikigrove.errors import SegmentDamagedError, WikigroveError
from wikigrove.pipeline import locations
from wikigrove.pipeline.build import Build
from wikigrove.store import Partition, RecordWriter, Staging, commit_manifest

PLACES = 10


def places(path: Path, kind: str) -> list[int]:
    return random.Random(kind).sample(range(path.stat().st_size), PLACES)


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << (place % 8)
    path.write_bytes(data)


def check(folder: Path, policy: Path, state: Path, name: str) -> None:
    """A failed verification names the file; damage that lets nothing be opened is a typed error that names it too."""
    try:
        report = wikigrove.verify(folder, policy=policy, state=state)
    except WikigroveError as error:
        message = str(error)
    else:
        message = report.to_text()
        assert 10 <= report.exit_code <= 14, message
    assert name in message


@pytest.mark.parametrize("kind", ["records", "leaves", "tiles", "vectors", "checkpoint"])
def test_store(built: Build, policy: Path, tmp_path: Path, kind: str) -> None:
    copy = tmp_path / "store"
    shutil.copytree(built.store.path, copy)
    store = wikigrove.Store.open(copy)
    if kind == "checkpoint":
        (path,) = (copy / "checkpoints").iterdir()
    else:
        path = copy / store.manifest().content.of_kind(kind)[0].path
    original = path.read_bytes()
    for place in places(path, kind):
        flip(path, place)
        check(copy, policy, tmp_path / "state.json", path.name)
        path.write_bytes(original)
    assert wikigrove.verify(copy, policy=policy, state=tmp_path / "state.json").exit_code == 0


@pytest.mark.parametrize("folder", ["data", "proofs", "source"])
def test_export(exported: Path, policy: Path, tmp_path: Path, folder: str) -> None:
    copy = tmp_path / "dataset"
    shutil.copytree(exported, copy)
    (path,) = (copy / folder).glob("*.parquet")
    original = path.read_bytes()
    for place in places(path, folder):
        flip(path, place)
        check(copy, policy, tmp_path / "state.json", path.name)
        path.write_bytes(original)


def test_columns_that_follow_from_a_record_cannot_be_changed(built: Build, policy: Path, tmp_path: Path) -> None:
    """Not even by somebody who also makes the manifest agree: licence and address are computed again."""
    copy = tmp_path / "store"
    shutil.copytree(built.store.path, copy)
    store = wikigrove.Store.open(copy)
    manifest = store.manifest()
    segment = manifest.content.of_kind("records")[0]
    table = pq.read_table(copy / segment.path)
    forged = pa.array(["forged" if row == 3 else text for row, text in enumerate(table["canonical_url"].to_pylist())])
    place = table.schema.names.index("canonical_url")
    table = table.set_column(place, table.schema.field(place), forged)
    with Staging(store) as staging:
        writer = RecordWriter(staging, "records", table.schema, Partition("arwiki", "20260901"))
        writer.write(table)
        (made,) = writer.close()
    made = dataclasses.replace(made, extra=segment.extra)
    segments = tuple(made if each == segment else each for each in manifest.content.segments)
    commit_manifest(store, dataclasses.replace(manifest.content, segments=segments))
    report = wikigrove.verify(store, policy=policy, state=tmp_path / "state.json")
    assert report.exit_code == 14
    assert [(finding.file, finding.row) for finding in report.findings] == [(made.path, 3)]
    assert "canonical_url" in report.findings[0].message
    everything = len(wikigrove.embed(store).vectors) - 1  # one page has an older revision, which is not eligible
    selection = wikigrove.select(store, budget=everything, namespaces=None, name="all")
    with pytest.raises(SegmentDamagedError, match="canonical_url"):
        wikigrove.export(store, selection, to=tmp_path / "dataset", keys=policy.parent)
    assert not (tmp_path / "dataset").exists()


def rewrite(folder: Path, name: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change a shard and make the manifest agree, as somebody without a key can."""
    path = folder / name
    pq.write_table(change(pq.read_table(path)), path)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for entry in manifest["files"]:
        if entry["path"] == name:
            entry |= {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
    (folder / "manifest.json").write_bytes(rfc8785.dumps(manifest))


SHARD = "train-00000-of-00001.parquet"
HOSTILE: dict[str, Callable[[Path], None]] = {
    "no rows of data": lambda folder: rewrite(folder, f"data/{SHARD}", lambda table: table.slice(0, 0)),
    "no source records": lambda folder: rewrite(folder, f"source/{SHARD}", lambda table: table.slice(0, 0)),
    "another column": lambda folder: rewrite(
        folder, f"data/{SHARD}", lambda table: table.append_column("text_clean", table["text"])
    ),
    "another type": lambda folder: rewrite(
        folder, f"data/{SHARD}", lambda table: table.cast(table.schema.set(5, pa.field("page_id", pa.float64())))
    ),
    "a linked folder": lambda folder: (folder / "data" / "more").symlink_to(folder / "source"),
    "a file nobody named": lambda folder: (folder / "train.parquet").write_bytes(b"PAR1"),
    "a pipe for a file": lambda folder: ((folder / "README.md").unlink(), os.mkfifo(folder / "README.md"))[1],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_an_export_holds_what_was_signed_and_nothing_else(
    exported: Path, policy: Path, tmp_path: Path, what: str
) -> None:
    copy = tmp_path / "dataset"
    shutil.copytree(exported, copy)
    HOSTILE[what](copy)
    report = wikigrove.verify(copy, policy=policy, state=tmp_path / "state.json")
    assert 10 <= report.exit_code <= 14, report.to_text()


@pytest.mark.parametrize("column", ["url", "licence_ids", "text"])
def test_columns_of_an_export_cannot_be_changed(exported: Path, policy: Path, tmp_path: Path, column: str) -> None:
    copy = tmp_path / "dataset"
    shutil.copytree(exported, copy)

    def forge(table: pa.Table) -> pa.Table:
        place = table.schema.names.index(column)
        values = [["CC0-1.0"] if column == "licence_ids" else "https://forged.example/", *table[column].to_pylist()[1:]]
        return table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))

    rewrite(copy, f"data/{SHARD}", forge)
    report = wikigrove.verify(copy, policy=policy, state=tmp_path / "state.json")
    assert report.exit_code == 14, report.to_text()
    assert {finding.row for finding in report.findings} == {0}
    assert any(finding.message.endswith(f": {column}") for finding in report.findings)


def test_dump(built: Build, policy: Path, tmp_path: Path) -> None:
    row = built.tree.size // 2
    original = locations.find(built.store, row)
    assert original is not None
    assert wikigrove.trace(built.store, row, policy=policy).exit_code == 0
    copy = tmp_path / original.name
    for place in places(original, "dump"):
        shutil.copy(original, copy)
        flip(copy, place)
        report = wikigrove.trace(built.store, row, dump=copy, policy=policy)
        assert report.exit_code in (15, 16)
        assert any(
            step.name == "source" and str(copy) in step.detail for step in report.steps if step.status == "failed"
        )


def test_another_signer_and_a_remembered_fork_are_refused(
    built: Build, exported: Path, policy: Path, dumps: list[Path], tmp_path: Path
) -> None:
    stranger = wikigrove.build(dumps[:1], into=tmp_path / "store", keys=tmp_path / "other-keys")
    assert wikigrove.verify(stranger.store, policy=policy).exit_code == 11
    assert wikigrove.verify(exported, policy=tmp_path / "other-keys" / "trust.policy").exit_code == 11
    state = tmp_path / "state.json"
    assert wikigrove.verify(built.store, policy=policy, state=state).exit_code == 0
    state.write_text(state.read_text().replace(built.tree.root, "00" * 32))
    assert wikigrove.verify(built.store, policy=policy, state=state).exit_code == 12
