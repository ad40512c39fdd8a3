from __future__ import annotations

import hashlib
import json
import random
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rfc8785

from wikigrove import _core
from wikigrove.provenance import VerifyReport, make_checkpoint, verify

SHARDS = ("train-00000-of-00002.parquet", "train-00001-of-00002.parquet")


def check(sample: Any, **options: Any) -> VerifyReport:
    options = {"policy": sample.policy, "memory": sample.folder / "memory.json", **options}
    return verify(sample.export, **options)


def found(report: VerifyReport, level: str) -> list[tuple[str | None, int | None]]:
    return [(finding.file, finding.row) for finding in report.findings if finding.level == level]


def relist(sample: Any) -> None:
    """Make the manifest name the changed files, as an attacker would who cannot sign."""
    path = sample.export / "manifest.json"
    value = json.loads(path.read_bytes())
    path.write_bytes(rfc8785.dumps({**value, "files": sample.listing(sample.export)}))


def change(sample: Any, name: str, column: str, row: int, edit: Any) -> None:
    path = sample.export / name
    table = pq.read_table(path)
    values = table.column(column).to_pylist()
    values[row] = edit(values[row])
    place = table.schema.get_field_index(column)
    table = table.set_column(place, table.schema.field(column), pa.array(values, table.schema.field(column).type))
    pq.write_table(table, path)
    relist(sample)


def rows_of(sample: Any, shard: int) -> int:
    return pq.read_metadata(sample.export / "data" / SHARDS[shard]).num_rows


def test_whole_export_passes(sample: Any) -> None:
    report = check(sample)
    assert report.exit_code == 0, report.to_text()
    rows = rows_of(sample, 0) + rows_of(sample, 1)
    assert [level.checked for level in report.levels] == [9, 2, 2, rows, rows]
    assert [tree.head.size for tree in report.trees] == [700, rows]
    assert check(sample, memory=None).exit_code == 20
    assert check(sample, policy=None).exit_code == 2


def test_without_source_records_v4_does_not_run(sample: Any) -> None:
    shutil.rmtree(sample.export)
    records = sample.make_records()
    present = [row for row, text in enumerate(records.column("text").to_pylist()) if text is not None]
    sample.make_export(sample.store, sample.keys, sample.export, present[:40], with_source=False)
    report = check(sample)
    assert (report.exit_code, report.levels[4].status) == (20, "not_run")
    change(sample, f"data/{SHARDS[0]}", "text", 3, lambda text: text + ".")
    report = check(sample)
    assert (report.exit_code, found(report, "V4")) == (14, [(f"data/{SHARDS[0]}", 3)])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("folder", ["data", "source", "proofs"])
def test_any_flipped_byte_names_the_file(sample: Any, folder: str, seed: int) -> None:
    path = sample.export / folder / SHARDS[seed % 2]
    data = bytearray(path.read_bytes())
    data[random.Random(f"{folder}{seed}").randrange(len(data))] ^= 1 << seed % 8
    path.write_bytes(data)
    report = check(sample)
    assert report.exit_code == 10
    assert f"{folder}/{path.name}" in [file for file, _ in found(report, "V0")], report.to_text()
    assert not (sample.folder / "memory.json").exists()


@pytest.mark.parametrize("seed", range(10))
def test_changed_text_names_the_row(sample: Any, seed: int) -> None:
    shard = seed % 2
    row = random.Random(seed).randrange(rows_of(sample, shard))
    change(sample, f"data/{SHARDS[shard]}", "text", row, lambda text: "#" + text[1:])
    report = check(sample)
    assert report.exit_code == 14
    assert found(report, "V4") == [(f"data/{SHARDS[shard]}", row + shard * rows_of(sample, 0))]


@pytest.mark.parametrize("seed", range(10))
def test_changed_path_names_the_row(sample: Any, seed: int) -> None:
    generator, shard = random.Random(seed), seed % 2
    row = generator.randrange(rows_of(sample, shard))

    def edit(path: list[bytes]) -> list[bytes]:
        place = generator.randrange(len(path))
        changed = bytearray(path[place])
        changed[generator.randrange(32)] ^= 1 << generator.randrange(8)
        return [*path[:place], bytes(changed), *path[place + 1 :]]

    change(sample, f"proofs/{SHARDS[shard]}", "inclusion_path", row, edit)
    report = check(sample)
    assert report.exit_code == 13
    assert found(report, "V3") == [(f"proofs/{SHARDS[shard]}", row + shard * rows_of(sample, 0))]


def flip(place: int) -> Any:
    def edit(leaf: bytes) -> bytes:
        return leaf[:place] + bytes([leaf[place] ^ 1]) + leaf[place + 1 :]

    return edit


@pytest.mark.parametrize("place", [19, 31, 47, 75, 76, 139])
def test_changed_source_leaf_names_the_row(sample: Any, place: int) -> None:
    change(sample, f"proofs/{SHARDS[0]}", "leaf", 5, flip(place))
    report = check(sample)
    assert report.exit_code == 13
    assert found(report, "V3") == [(f"proofs/{SHARDS[0]}", 5)]
    assert (f"source/{SHARDS[0]}", 5) in found(report, "V4")


@pytest.mark.parametrize("place", [9, 11, 19, 20, 52, 84, 115])
def test_changed_output_leaf_names_the_row(sample: Any, place: int) -> None:
    change(sample, f"proofs/{SHARDS[1]}", "output_leaf", 2, flip(place))
    report = check(sample)
    assert report.exit_code == 13
    assert found(report, "V4") == [(f"data/{SHARDS[1]}", rows_of(sample, 0) + 2)]


@pytest.mark.parametrize(
    ("folder", "column", "edit", "level"),
    [
        ("data", "id", lambda value: value + "0", "V4"),
        ("data", "page_id", lambda value: value + 1, "V4"),
        ("data", "revision_id", lambda value: value + 1, "V4"),
        ("data", "wiki_id", lambda value: "enwiki", "V4"),
        ("data", "title", lambda value: "Forged", "V4"),
        ("data", "revision_dt", lambda value: None, "V4"),
        ("data", "source_leaf_index", lambda value: value + 1, "V0"),
        ("data", "row", lambda value: value + 1, "V0"),
        ("source", "page_title", lambda value: "Forged", "V4"),
        ("source", "text", lambda value: value + " ", "V4"),
        ("source", "licence_rule", lambda value: 2, "V4"),
        ("source", "element_offset", lambda value: value + 1, "V4"),
        ("source", "leaf_index", lambda value: value + 1, "V0"),
    ],
)
def test_changed_columns_name_the_row(sample: Any, folder: str, column: str, edit: Any, level: str) -> None:
    change(sample, f"{folder}/{SHARDS[0]}", column, 7, edit)
    report = check(sample)
    # A title is compared with the record's: both files hold it, and the leaf says whose is wrong.
    assert (f"{folder}/{SHARDS[0]}", 7) in found(report, level), report.to_text()
    assert {row for _, row in found(report, level)} == {7}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("name", ["source", "dataset"])
def test_changed_checkpoint_is_refused(sample: Any, name: str, seed: int) -> None:
    path = sample.export / "proofs" / f"{name}.checkpoint"
    note = bytearray(path.read_bytes())
    note[random.Random(seed).randrange(len(note))] ^= 1
    path.write_bytes(note)
    report = check(sample)
    assert report.exit_code in (10, 11)
    assert {finding.file for finding in report.findings if finding.level in ("V0", "V1")} == {
        f"proofs/{name}.checkpoint"
    }


def test_dropped_added_and_reordered_rows(sample: Any) -> None:
    for edit in (
        lambda table: table.slice(1),
        lambda table: pa.concat_tables([table, table.slice(0, 1)]),
        lambda table: table.take(pa.array([1, 0, *range(2, table.num_rows)])),
    ):
        copy = sample.folder / "copy"
        shutil.copytree(sample.export, copy)
        for folder in ("data", "source", "proofs"):
            path = copy / folder / SHARDS[1]
            pq.write_table(edit(pq.read_table(path)), path)
        value = json.loads((copy / "manifest.json").read_bytes())
        (copy / "manifest.json").write_bytes(rfc8785.dumps({**value, "files": sample.listing(copy)}))
        report = verify(copy, policy=sample.policy, memory=sample.folder / "memory.json")
        assert report.exit_code == 10
        assert any("root over the rows" in finding.message for finding in report.findings), report.to_text()
        shutil.rmtree(copy)


def test_smuggled_and_missing_files(sample: Any) -> None:
    extra = sample.export / "data" / "train-00002-of-00002.parquet"
    shutil.copy(sample.export / "data" / SHARDS[0], extra)
    report = check(sample)
    assert (report.exit_code, found(report, "V0")) == (10, [(f"data/{extra.name}", None)])
    relist(sample)
    assert check(sample).exit_code == 10
    extra.unlink()
    relist(sample)
    assert check(sample).exit_code == 0
    (sample.export / "proofs" / SHARDS[0]).unlink()
    report = check(sample)
    assert f"proofs/{SHARDS[0]}" in [file for file, _ in found(report, "V0")]
    assert report.levels[3].status == "not_run"


@pytest.mark.parametrize(
    "edit",
    [
        lambda value: {**value, "format": "wikigrove.dataset/2"},
        lambda value: {**value, "files": [{**value["files"][0], "path": "../secret"}]},
        lambda value: {**value, "files": value["files"] + value["files"][:1]},
        lambda value: {**value, "source": {**value["source"], "root": "00"}},
        lambda value: {key: item for key, item in value.items() if key != "transform"},
        lambda value: [value],
    ],
)
def test_malformed_manifests(sample: Any, edit: Any) -> None:
    path: Path = sample.export / "manifest.json"
    path.write_bytes(rfc8785.dumps(edit(json.loads(path.read_bytes()))))
    report = check(sample)
    assert (report.exit_code, found(report, "V0")) == (10, [("manifest.json", None)])
    assert {level.status for level in report.levels[1:]} == {"not_run"}


def test_manifest_that_is_not_canonical(sample: Any) -> None:
    path: Path = sample.export / "manifest.json"
    path.write_bytes(path.read_bytes() + b"\n")
    assert check(sample).exit_code == 10
    path.unlink()
    assert check(sample).exit_code == 10


def test_other_transform_and_other_source_tree(sample: Any) -> None:
    path: Path = sample.export / "manifest.json"
    value = json.loads(path.read_bytes())
    path.write_bytes(rfc8785.dumps({**value, "transform": {"buildType": "urn:other"}}))
    report = check(sample)
    assert report.exit_code == 13
    assert all("another source leaf, source tree or transform" in finding.message for finding in report.findings[:3])
    forged = {**value["source"], "root": hashlib.sha256(b"forged").hexdigest()}
    path.write_bytes(rfc8785.dumps({**value, "source": forged}))
    report = check(sample)
    assert (report.exit_code, found(report, "V1")) == (11, [("proofs/source.checkpoint", None)])
    assert report.levels[3].status == "passed", "the signed tree decides, not the manifest"


def test_signer_cannot_swap_texts_without_a_new_dataset_root(sample: Any) -> None:
    """Text and output leaf are forged together: the signed root over the rows shows it."""
    name, row = SHARDS[0], 4
    change(sample, f"data/{name}", "text", row, lambda text: "forged")
    proofs = pq.read_table(sample.export / "proofs" / name)
    leaf = _core.decode_leaf(proofs.column("output_leaf")[row].as_py())
    index = pa.array([leaf["source_index"]], pa.int64())
    texts = pa.array(["forged"], pa.large_string())
    forged = pa.record_batch(_core.encode_output_leaves(index, leaf["source_root"], leaf["transform"], texts))
    change(sample, f"proofs/{name}", "output_leaf", row, lambda _: forged.column("leaf")[0].as_py())
    report = check(sample)
    assert report.exit_code == 13
    assert found(report, "V3") == [("proofs/dataset.checkpoint", None)]
    assert report.levels[4].status == "passed"


def test_fork_of_a_dataset_shows(sample: Any) -> None:
    assert check(sample).exit_code == 0
    value = json.loads((sample.export / "manifest.json").read_bytes())["dataset"]
    note = make_checkpoint(sample.keys, origin=value["origin"], size=value["size"], root=bytes(32), time_s=0)
    (sample.export / "proofs" / "dataset.checkpoint").write_bytes(note)
    report = check(sample)
    assert ("proofs/dataset.checkpoint", None) in found(report, "V2")
    assert report.exit_code == 11
