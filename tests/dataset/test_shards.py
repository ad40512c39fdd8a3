"""An export as a stranger finds it: complete, recomputable, without persons, and the same bytes every time."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import rfc8785

from wikigrove.dataset import ExportResult, write_export
from wikigrove.dataset.proofs import Prover
from wikigrove.errors import ConfigError, ProofError, SchemaError, SelectionError
from wikigrove.schema import PERSONAL_COLUMNS, REVISION

specification = importlib.util.spec_from_file_location("export_records", Path(__file__).with_name("records.py"))
assert specification is not None
assert specification.loader is not None
made = importlib.util.module_from_spec(specification)
sys.modules["export_records"] = made
specification.loader.exec_module(made)

INDICES = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 199]
SELECTION = {
    "objective": "represent", "lane": "classical", "engine": "herding", "budget": 13, "seed": 7,
    "quotas": {"enwiki": 5, "a|b <script>": 8}, "metrics": {"mmd2": 0.001},
    "baseline": {"draws": 20, "mmd2": {"mean": 0.004, "std": 0.0005, "z": -6.0}},
    "ids": INDICES,
}  # fmt: skip
SOURCES = [{"name": "enwiki.xml.bz2", "wiki_id": "enwiki", "bytes": 12345, "sha256": "ab" * 32}]


def export(target: Path, table: Any = None, *, proving: Prover | None = None, **options: Any) -> ExportResult:
    values: dict[str, Any] = {
        "name": "The grove", "selection": SELECTION, "source_tree": made.SOURCE_TREE, "source_checkpoint": b"note\n",
        "dataset_origin": "example.com/d/grove/1", "sources": SOURCES, "rows_per_shard": 5,
    }  # fmt: skip
    rows = made.records(INDICES) if table is None else table
    return write_export(rows, target=target, prover=proving or made.prover(), **values | options)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def read(folder: Path, kind: str) -> list[dict[str, Any]]:
    paths = sorted((folder / kind).glob("*.parquet"))
    return [row for path in paths for row in parquet.read_table(path).to_pylist()]


def test_a_stranger_recomputes_everything(tmp_path: Path) -> None:
    result = export(tmp_path / "set")
    folder = tmp_path / "set"
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert (result.rows, result.shards) == (13, 3)
    assert (folder / "manifest.json").read_bytes() == rfc8785.dumps(manifest)
    assert (folder / "selection.json").read_bytes() == rfc8785.dumps(SELECTION)
    listed = {entry["path"]: entry for entry in manifest["files"]}
    on_disk = contents(folder)
    notes = {"proofs/source.checkpoint", "proofs/dataset.checkpoint"}
    assert set(on_disk) == set(listed) | notes | {"manifest.json"}
    for path, entry in listed.items():
        assert entry["bytes"] == len(on_disk[path])
        assert entry["sha256"] == hashlib.sha256(on_disk[path]).hexdigest()
    assert on_disk["proofs/source.checkpoint"] == b"note\n"

    transform = hashlib.sha256(rfc8785.dumps(manifest["transform"])).digest()
    assert transform.hex() == result.transform_sha256
    root = bytes.fromhex(manifest["source"]["root"])
    data, proofs, sources = (read(folder, kind) for kind in ("data", "proofs", "source"))
    hashes = []
    for row, (datum, proof, source) in enumerate(zip(data, proofs, sources, strict=True)):
        assert datum["row"] == proof["row"] == row
        assert datum["source_leaf_index"] == proof["source_leaf_index"] == source["leaf_index"] == INDICES[row]
        path = proof["inclusion_path"]
        assert made.root_from_path(INDICES[row], made.SIZE, proof["leaf"], path) == root
        assert proof["output_leaf"] == made.output_leaf(INDICES[row], root, transform, datum["text"])
        hashes.append(made.hash_leaf(proof["output_leaf"]))
        want = made.record(INDICES[row])
        assert datum["text"] == want["plain_text"]
        assert source["text"] == want["text"]
        assert datum["id"] == f"{want['wiki_id']}:{want['page_id']}:{want['revision_id']}"
        assert datum["url"].endswith(f"/w/index.php?oldid={want['revision_id']}")
    assert made.tree_root(hashes).hex() == manifest["dataset"]["root"] == result.dataset_root
    assert [datum["language"] for datum in data[:4]] == ["en", "el", "nb", None]
    assert sorted(path.name for path in (folder / "data").iterdir()) == [
        f"train-{number:05d}-of-00003.parquet" for number in range(3)
    ]


def test_same_input_same_bytes_whatever_the_batches(tmp_path: Path) -> None:
    table = made.records(INDICES)
    export(tmp_path / "a", table)
    export(tmp_path / "b", iter(table.to_batches(max_chunksize=2)), proving=made.prover("second"))
    export(tmp_path / "c", [table.slice(start, 4).to_batches()[0] for start in range(0, 13, 4)])
    first, second, third = (contents(tmp_path / name) for name in "abc")
    assert first == third
    assert {path for path in first if first[path] != second[path]} == {"proofs/dataset.checkpoint"}


def test_packing_does_not_move_the_root(tmp_path: Path) -> None:
    roots = {export(tmp_path / str(rows), rows_per_shard=rows).dataset_root for rows in (1, 5, 13, 100)}
    assert len(roots) == 1


def test_no_person_is_in_any_file(tmp_path: Path) -> None:
    export(tmp_path / "set")
    for path, data in contents(tmp_path / "set").items():
        decoded = b""
        if path.endswith(".parquet"):
            table = parquet.read_table(tmp_path / "set" / path)
            assert not set(PERSONAL_COLUMNS) & set(table.schema.names), path
            decoded = json.dumps(table.to_pylist(), default=str).encode()
        for secret in made.SEEDED:
            assert secret.encode() not in data + decoded, path
        assert b'"user_id"' not in data + decoded


def test_the_source_can_be_left_out(tmp_path: Path) -> None:
    export(tmp_path / "set", include_source=False)
    assert not (tmp_path / "set/source").exists()
    assert json.loads((tmp_path / "set/manifest.json").read_bytes())["schemas"]["source"] is None
    assert "`source/` was left out" in (tmp_path / "set/README.md").read_text()


def test_an_unknown_licence_is_refused_with_counts_and_leaves_nothing(tmp_path: Path) -> None:
    table = made.records(INDICES, wiki_id=lambda index: "gardenwiki" if index > 20 else "enwiki")
    with pytest.raises(ConfigError, match=r"gardenwiki 6 of 13 rows; hint: state it with --licence"):
        export(tmp_path / "set", table)
    assert list(tmp_path.iterdir()) == []


def test_a_stated_licence_fills_only_the_gaps(tmp_path: Path) -> None:
    table = made.records(INDICES, wiki_id=lambda index: "gardenwiki" if index > 20 else "wikidatawiki")
    headers = {"gardenwiki": {"base": "https://wiki.example.org/wiki/Main_Page"}}
    result = export(tmp_path / "set", table, licence_override="CC-BY-SA-3.0", headers=headers)
    assert result.licences == {"CC-BY-SA-3.0": 6, "CC0-1.0": 7}
    rows = read(tmp_path / "set", "data")
    assert rows[-1]["licence_ids"] == ["CC-BY-SA-3.0"]
    assert rows[-1]["url"] == "https://wiki.example.org/wiki/Main_Page?oldid=9000000199"
    assert [row["licence_rule"] for row in read(tmp_path / "set", "source")][-1] == 0
    assert "was stated by whoever made this export" in (tmp_path / "set/README.md").read_text()


@pytest.mark.parametrize("licence", ["", "CC BY", "x\ny", "<b>", "-"])
def test_a_licence_must_look_like_one(tmp_path: Path, licence: str) -> None:
    with pytest.raises(ConfigError, match="not an SPDX licence identifier"):
        export(tmp_path / "set", licence_override=licence)


def test_rows_without_plain_text_are_refused(tmp_path: Path) -> None:
    table = made.records(INDICES, plain_text=lambda index: None if index in (3, 199) else "", text_state=lambda _: 2)
    with pytest.raises(SelectionError, match=r"hidden 2 of 13 rows"):
        export(tmp_path / "set", table)
    assert list(tmp_path.iterdir()) == []


def test_records_that_break_the_contract_are_refused(tmp_path: Path) -> None:
    table = made.records([1, 2, 3])
    with pytest.raises(SchemaError, match="lack columns: plain_text"):
        export(tmp_path / "set", table.drop_columns(["plain_text"]))
    with pytest.raises(SchemaError, match="does not ascend"):
        export(tmp_path / "set", table.take([0, 2, 1]))
    with pytest.raises(SchemaError, match="does not ascend"):
        export(tmp_path / "set", [*table.to_batches(), *table.to_batches()])
    with pytest.raises(SelectionError, match="no rows"):
        export(tmp_path / "set", table.slice(0, 0))
    with pytest.raises(ConfigError, match="at least one row: 0"):
        export(tmp_path / "set", table, rows_per_shard=0)
    extra = table.append_column("extra", pa.array([1, 2, 3]))
    assert export(tmp_path / "set", extra).rows == 3


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    for name in ("full", "file"):
        with pytest.raises(ConfigError, match="the target is"):
            export(tmp_path / name)
    assert export(tmp_path / "empty").rows == 13
    with pytest.raises(ConfigError, match="not empty"):
        export(tmp_path / "empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "full"]


def test_a_crash_leaves_no_half_folder(tmp_path: Path) -> None:
    calls = []

    def failing(indices: Any) -> Any:
        calls.append(len(indices))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return made.prover().inclusion(indices)

    whole = made.prover()
    half = Prover(failing, whole.encode_output_leaves, whole.merkle_root, whole.seal)
    with pytest.raises(KeyboardInterrupt):
        export(tmp_path / "set", proving=half)
    assert calls == [5, 5]
    assert list(tmp_path.iterdir()) == []


def test_a_prover_must_answer_for_every_row(tmp_path: Path) -> None:
    whole = made.prover()
    short = Prover(lambda ids: whole.inclusion(ids[1:]), whole.encode_output_leaves, whole.merkle_root, whole.seal)
    with pytest.raises(ProofError, match="given: 4"):
        export(tmp_path / "set", proving=short)


def test_attribution_names_every_row(tmp_path: Path) -> None:
    export(tmp_path / "set")
    with (tmp_path / "set/ATTRIBUTION.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    data = read(tmp_path / "set", "data")
    for row, datum in zip(rows, data, strict=True):
        assert row["id"] == datum["id"]
        assert row["title"] == datum["title"]
        assert row["licence_ids"].split() == datum["licence_ids"]
        assert row["permanent_url"] == datum["url"]
        assert row["history_url"].endswith(f"?curid={datum['page_id']}&action=history")


def test_the_contract_of_the_store_is_covered() -> None:
    """A column added to the store must be judged here: published, or private."""
    assert set(PERSONAL_COLUMNS) <= set(REVISION.names)
    assert {name for name in REVISION.names if name.startswith("user_")} - set(PERSONAL_COLUMNS) == {"user_is_visible"}
