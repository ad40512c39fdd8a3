from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from wikigrove.errors import DumpFormatError, RecordNotFoundError
from wikigrove.provenance import StoreProver, hash_leaf, make_checkpoint, trace, verify_checkpoint
from wikigrove.schema import DUMP_COLUMNS, SEEK_POINT
from wikigrove.store import Partition, RecordWriter, Staging, commit_manifest

ROW = 305


def reader(sample: Any, asked: list[dict[str, Any]], **changes: Any) -> Any:
    """Stand in for the dump reader: gives the row that the dump would give, with some columns changed."""

    def read(path: Path, row: dict[str, Any], namespaces: list[tuple[int, str]], **how: Any) -> dict[str, Any]:
        place = ("source_id", "stream_offset", "page_offset", "element_offset", "element_length")
        asked.append({"path": path, "namespaces": namespaces, **how, **{name: row[name] for name in place}})
        row = sample.make_records().slice(ROW, 1).to_pylist()[0] | changes
        return {name: row[name] for name in DUMP_COLUMNS.names}

    return read


@pytest.fixture
def dump(sample: Any) -> Path:
    path: Path = sample.folder / "dump.xml"
    path.write_bytes(b"the dump")
    return path


def statuses(report: Any) -> dict[str, str]:
    return {step.name: step.status for step in report.steps}


def test_row_is_followed_to_the_signed_root(sample: Any, dump: Path) -> None:
    asked: list[dict[str, Any]] = []
    report = trace(sample.store, ROW, policy=sample.policy, dump=dump, read_record=reader(sample, asked))
    assert report.is_ok, report.to_text()
    names = ["source", "extraction", "text", "columns", "leaf from the record", "leaf from the dump"]
    assert [step.name for step in report.steps] == [*names, "signature", "inclusion"]
    assert asked == [
        {
            "path": dump,
            "namespaces": [],
            "kind": "xml",
            "seek": [],
            "source_id": 0,
            "stream_offset": 620,
            "page_offset": 1000 * ROW,
            "element_offset": 1000 * ROW + 100,
            "element_length": 500,
        }
    ]
    value = json.loads(json.dumps(report.to_json()))
    assert value["ok"]
    assert value["values"]["leaf_hash"] == hash_leaf(bytes.fromhex(value["values"]["leaf"])).hex()
    assert len(value["values"]["inclusion_path"]) == 10
    assert "proved" in report.to_text()


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"text": "another text"}, {"text", "leaf from the dump"}),
        ({"revision_id": 5}, {"columns", "leaf from the dump"}),
        ({"user_text": "Somebody"}, {"columns"}),
        ({"page_id": -5}, {"columns", "leaf from the dump"}),
    ],
)
def test_difference_to_the_dump_shows(sample: Any, dump: Path, changes: dict[str, Any], failed: set[str]) -> None:
    read = reader(sample, [], **changes)
    report = trace(sample.store, ROW, policy=sample.policy, dump=dump, read_record=read)
    assert {name for name, status in statuses(report).items() if status == "failed"} == failed
    assert "not proved" in report.to_text()


def test_other_or_missing_dump(sample: Any, dump: Path) -> None:
    read = reader(sample, [])
    dump.write_bytes(b"THE DUMP")
    report = trace(sample.store, ROW, policy=sample.policy, dump=dump, read_record=read)
    assert statuses(report)["source"] == "failed"
    report = trace(sample.store, ROW, policy=sample.policy, read_record=read)
    assert statuses(report)["source"] == "not_run"
    assert statuses(report)["inclusion"] == "passed"
    assert not report.is_ok

    def broken(*_: Any, **__: Any) -> Any:
        raise DumpFormatError("malformed page", 12)

    dump.write_bytes(b"the dump")
    report = trace(sample.store, ROW, policy=sample.policy, dump=dump, read_record=broken)
    assert statuses(report)["extraction"] == "failed"


def test_signature_decides(sample: Any, dump: Path) -> None:
    read = reader(sample, [])
    report = trace(sample.store, ROW, policy=None, dump=dump, read_record=read)
    assert (statuses(report)["signature"], statuses(report)["inclusion"]) == ("not_run", "passed")
    tree = sample.manifest.content.trees[0]
    sample.store.write_checkpoint(
        tree, make_checkpoint(sample.keys, origin=tree.origin, size=700, root=bytes(32), time_s=0)
    )
    report = trace(sample.store, ROW, policy=sample.policy, dump=dump, read_record=read)
    assert (statuses(report)["signature"], statuses(report)["inclusion"]) == ("failed", "failed")


def test_kind_and_namespaces_of_the_source_are_used(sample: Any, dump: Path) -> None:
    content = sample.manifest.content
    extra = {"kind": "articles", "namespaces": [[0, "first-letter", ""], [1, None, "Talk"]]}
    commit_manifest(sample.store, replace(content, sources=(replace(content.sources[0], extra=extra),)))
    asked: list[dict[str, Any]] = []
    assert trace(sample.store, ROW, policy=sample.policy, dump=dump, read_record=reader(sample, asked)).is_ok
    assert (asked[0]["kind"], asked[0]["namespaces"]) == ("articles", [(0, ""), (1, "Talk")])


def test_seek_points_of_the_stream_are_passed_on_and_damaged_ones_are_not(sample: Any, dump: Path) -> None:
    points = [(0, 620, 5_000, 100_000), (0, 620, 9_000, 200_000), (0, 0, 77, 88), (1, 620, 99, 111)]
    rows = pa.table([pa.array(column) for column in zip(*points, strict=True)], names=SEEK_POINT.names).cast(SEEK_POINT)
    with Staging(sample.store) as staging, RecordWriter(staging, "seek", SEEK_POINT, Partition("xxwiki")) as writer:
        writer.write(rows)
        (segment,) = writer.close()
    content = sample.manifest.content
    commit_manifest(sample.store, replace(content, segments=(*content.segments, segment)))
    asked: list[dict[str, Any]] = []
    assert trace(sample.store, ROW, policy=sample.policy, dump=dump, read_record=reader(sample, asked)).is_ok
    assert asked[0]["seek"] == [(5_000, 100_000), (9_000, 200_000)]
    (sample.store.path / segment.path).write_bytes(b"PAR1" * 10)
    assert trace(sample.store, ROW, policy=sample.policy, dump=dump, read_record=reader(sample, asked)).is_ok
    assert asked[1]["seek"] == []


def test_missing_row(sample: Any) -> None:
    with pytest.raises(RecordNotFoundError):
        trace(sample.store, 700, policy=sample.policy)


def test_prover_answers_in_the_order_asked(sample: Any) -> None:
    prover = StoreProver(sample.store)
    head = verify_checkpoint(sample.store.read_checkpoint(prover.tree), sample.policy).head
    leaves = sample.make_records()
    rows = [699, 0, 512, 300, 0]
    answers = prover.inclusion(rows)
    from wikigrove.provenance import InclusionProof, encode_leaves

    encoded = encode_leaves(leaves).column("leaf")
    for row, (leaf, path) in zip(rows, answers, strict=True):
        assert leaf == encoded[row].as_py()
        InclusionProof(row, path).verify(leaf, head)
