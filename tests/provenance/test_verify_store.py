from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rfc8785

from wikigrove.crypto import KeyFolder, Policy
from wikigrove.errors import ConfigError
from wikigrove.provenance import Memory, VerifyReport, make_checkpoint, verify
from wikigrove.store import Content, Staging, Tree, commit_manifest


def check(sample: Any, **options: Any) -> VerifyReport:
    options = {"policy": sample.policy, "memory": sample.folder / "memory.json", **options}
    return verify(sample.store, **options)


def statuses(report: VerifyReport) -> dict[str, str]:
    return {level.level: level.status for level in report.levels}


def found(report: VerifyReport, level: str) -> list[tuple[str | None, int | None]]:
    return [(finding.file, finding.row) for finding in report.findings if finding.level == level]


def relative(sample: Any, path: Path) -> str:
    return path.relative_to(sample.store.path).as_posix()


def rewrite(sample: Any, kind: str, change: Any) -> Path:
    """Change a table as an attacker would who cannot sign: file, name and manifest fit together again."""
    segment = sample.manifest.content.of_kind(kind)[0]
    old = sample.segment(kind)
    table = change(pq.read_table(old))
    with Staging(sample.store) as staging:
        file = staging.file("forged.parquet")
        pq.write_table(table, file, row_group_size=128)
        forged = staging.seal(
            file, kind=kind, partition=partition(segment), ordinal=9, rows=segment.rows, unit="u"
        ).placed(0)
    replace_segment(sample, segment, forged)
    old.unlink()
    return Path(sample.store.path / forged.path)


def partition(segment: Any) -> Any:
    from wikigrove.store import Partition

    return Partition("xxwiki", "20260901")


def replace_segment(sample: Any, old: Any, new: Any) -> None:
    content: Content = sample.manifest.content
    segments = tuple(new if segment == old else segment for segment in content.segments)
    commit_manifest(sample.store, replace(content, segments=segments))


def set_value(table: pa.Table, name: str, row: int, value: Any) -> pa.Table:
    values = table.column(name).to_pylist()
    values[row] = value
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(name), pa.array(values, table.schema.field(name).type))


def test_whole_store_passes(sample: Any) -> None:
    report = check(sample)
    assert report.exit_code == 0, report.to_text()
    assert statuses(report) == dict.fromkeys(("V0", "V1", "V2", "V3", "V4"), "passed")
    assert [level.checked for level in report.levels] == [5, 1, 1, 700, 700]
    assert check(sample).levels[2].reason is None, "the origin is known the second time"
    value = json.loads(json.dumps(report.to_json()))
    assert (value["exit_code"], value["trees"][0]["size"], value["counts"]["rows"]) == (0, 700, 700)
    assert "V4 passed" in report.to_text()
    assert verify(sample.store.path, policy=sample.policy, up_to="V1").exit_code == 0


def test_what_could_not_run_is_no_success(sample: Any) -> None:
    assert check(sample, memory=None).exit_code == 20
    report = check(sample, policy=None)
    assert report.exit_code == 2
    assert "nothing is trusted" in report.to_text()
    with pytest.raises(ConfigError, match="no such level"):
        check(sample, up_to="V9")
    with pytest.raises(ConfigError, match="cannot be read"):
        check(sample, policy=sample.folder / "absent.policy")


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kind", ["records", "leaves", "tiles"])
def test_any_flipped_byte_names_the_file(sample: Any, kind: str, seed: int) -> None:
    path = sample.segment(kind)
    data = bytearray(path.read_bytes())
    place = random.Random(f"{kind}{seed}").randrange(len(data))
    data[place] ^= 1 << seed % 8
    path.write_bytes(data)
    report = check(sample)
    assert report.exit_code == 10
    assert relative(sample, path) in [file for file, _ in found(report, "V0")], report.to_text()
    assert not (sample.folder / "memory.json").exists(), "nothing is remembered of a damaged store"


@pytest.mark.parametrize("seed", range(10))
def test_changed_text_names_the_row(sample: Any, seed: int) -> None:
    rows = [row for row, text in enumerate(pq.read_table(sample.segment("records")).column("text").to_pylist()) if text]
    row = random.Random(seed).choice(rows)

    def change(table: pa.Table) -> pa.Table:
        text = table.column("text")[row].as_py()
        place = random.Random(seed).randrange(len(text))
        return set_value(table, "text", row, text[:place] + "#" + text[place + 1 :])

    path = rewrite(sample, "records", change)
    report = check(sample)
    assert report.exit_code == 14, report.to_text()
    assert found(report, "V4")[0] == (relative(sample, path), row)
    assert "fields: text" in report.findings[0].message
    assert statuses(report)["V3"] == "passed"


@pytest.mark.parametrize("seed", range(10))
def test_changed_leaf_names_the_row(sample: Any, seed: int) -> None:
    row = random.Random(seed).randrange(700)

    def change(table: pa.Table) -> pa.Table:
        leaf = bytearray(table.column("leaf")[row].as_py())
        leaf[random.Random(seed).choice([19, 27, 80, 110])] ^= 1
        return set_value(table, "leaf", row, bytes(leaf))

    path = rewrite(sample, "leaves", change)
    report = check(sample)
    rows = found(report, "V3")
    assert (relative(sample, path), row) in rows, report.to_text()
    assert report.exit_code == (10 if found(report, "V0") else 13)
    assert [where for _, where in found(report, "V4")] == [row]


@pytest.mark.parametrize("row", [0, 255, 300, 511, 512, 699])
def test_leaf_and_hash_and_record_changed_together(sample: Any, row: int) -> None:
    """Everything fits but the signed root; full tiles lead to the rows."""
    from wikigrove.provenance import encode_leaves, hash_leaf

    def change(table: pa.Table) -> pa.Table:
        return set_value(table, "page_title", row, "Forged")

    rewrite(sample, "records", change)
    records = pq.read_table(sample.segment("records")).combine_chunks().to_batches()[0]
    leaf = encode_leaves(records).column("leaf")[row].as_py()
    path = rewrite(
        sample,
        "leaves",
        lambda table: set_value(set_value(table, "leaf", row, leaf), "leaf_hash", row, hash_leaf(leaf)),
    )
    report = check(sample)
    assert report.exit_code == 13
    if row < 512:
        spans = [(finding.file, finding.row, finding.last_row) for finding in report.findings if finding.level == "V3"]
        assert (relative(sample, path), row // 256 * 256, row // 256 * 256 + 255) in spans
    assert any(finding.message.startswith("root over the leaf table") for finding in report.findings)
    assert [finding.message for finding in report.findings if finding.level == "V4"] == [
        finding.message for finding in report.findings if finding.message.startswith("content root")
    ]


@pytest.mark.parametrize("seed", range(10))
def test_changed_tile_names_file_and_rows(sample: Any, seed: int) -> None:
    segment, old = sample.manifest.content.of_kind("tiles")[0], sample.segment("tiles")
    data = bytearray(old.read_bytes())
    place = 16 + random.Random(seed).randrange(len(data) - 16)
    data[place] ^= 0x10
    with Staging(sample.store) as staging:
        file = staging.file("forged.wgt")
        file.write_bytes(data)
        forged = staging.seal(file, kind="tiles", partition=partition(segment), ordinal=9, rows=segment.rows)
    replace_segment(sample, segment, forged)
    report = check(sample)
    assert report.exit_code == 13
    assert found(report, "V3") == [(forged.path, (place - 16) // 32 * 256)]


@pytest.mark.parametrize("seed", range(10))
def test_changed_checkpoint_is_refused(sample: Any, seed: int) -> None:
    tree = sample.manifest.content.trees[0]
    note = bytearray(sample.store.read_checkpoint(tree))
    note[random.Random(seed).randrange(len(note))] ^= 1
    path = sample.store.write_checkpoint(tree, bytes(note))
    report = check(sample)
    assert report.exit_code in (10, 11)
    assert {file for file, _ in found(report, "V0") + found(report, "V1")} == {relative(sample, path)}
    assert statuses(report)["V4"] == "passed"


def test_checkpoint_of_another_tree_or_signer(sample: Any) -> None:
    tree = sample.manifest.content.trees[0]
    other = make_checkpoint(sample.keys, origin=tree.origin, size=3, root=bytes(32), time_s=0)
    sample.store.write_checkpoint(tree, other)
    report = check(sample)
    assert report.exit_code == 11
    assert "another tree" in report.findings[0].message
    stranger = KeyFolder.create(sample.folder / "stranger", name=sample.keys.name)
    note = make_checkpoint(stranger, origin=tree.origin, size=tree.size, root=bytes.fromhex(tree.root), time_s=0)
    sample.store.write_checkpoint(tree, note)
    assert check(sample).exit_code == 11
    assert check(sample, policy=Policy.parse(stranger.policy_text.encode())).exit_code == 0
    sample.store.checkpoint_path(tree).unlink()
    report = check(sample)
    assert (report.exit_code, report.findings[0].message) == (11, "checkpoint is missing: the tree is not signed")


def test_times_of_signatures(sample: Any) -> None:
    assert check(sample, now_s=1_788_221_100).exit_code == 0
    assert check(sample, now_s=1_788_000_000).exit_code == 11
    assert check(sample, now_s=1_788_221_200, max_age_s=60).exit_code == 11


def test_fork_and_rollback_show(sample: Any) -> None:
    """The same signer signs another tree under the same origin: only memory can tell."""
    assert check(sample).exit_code == 0
    for records, code in [(sample.make_records(700, seed=8), 12), (sample.make_records(699), 12)]:
        path = sample.folder / f"store-{records.num_rows}-{code}"
        other = sample.make_store(path, sample.keys, records)
        report = verify(other, policy=sample.policy, memory=sample.folder / "memory.json")
        assert report.exit_code == code, report.to_text()
        assert report.findings[0].message.startswith(("fork", "rollback"))
    longer = pa.concat_batches([sample.make_records(700), sample.make_records(710).slice(700)])
    grown = sample.make_store(sample.folder / "grown", sample.keys, longer)
    assert verify(grown, policy=sample.policy, memory=sample.folder / "memory.json").exit_code == 0
    assert check(sample).exit_code == 12, "and now the first store is a step back"
    other = sample.make_store(sample.folder / "inconsistent", sample.keys, sample.make_records(720, seed=9))
    report = verify(other, policy=sample.policy, memory=sample.folder / "memory.json")
    assert report.exit_code == 12
    assert "does not begin with the remembered one" in report.findings[0].message


def test_damaged_memory_stops_v2(sample: Any) -> None:
    Memory(sample.folder / "memory.json").path.write_bytes(b"{")
    report = check(sample)
    assert (report.exit_code, statuses(report)["V2"]) == (20, "not_run")


def test_missing_files(sample: Any) -> None:
    records, manifest = sample.segment("records"), sample.manifest
    records.unlink()
    report = check(sample)
    assert report.exit_code == 10
    assert {file for file, _ in found(report, "V0")} == {relative(sample, records)}
    assert (statuses(report)["V3"], statuses(report)["V4"]) == ("passed", "not_run")
    path = sample.store.manifest_path(manifest.version)
    path.write_bytes(path.read_bytes().replace(b'"open"', b'"open" '))
    report = check(sample)
    assert (report.exit_code, found(report, "V0")) == (10, [("manifests/v000000001.json", None)])


def test_damaged_page_names_rows_and_leaves_the_others_checked(sample: Any) -> None:
    """A page of `text` is broken: the rows before it in its row group, and all other groups, are still compared."""
    path = sample.segment("records")
    metadata = pq.ParquetFile(path).metadata
    text = next(
        place for place in range(metadata.num_columns) if metadata.row_group(1).column(place).path_in_schema == "text"
    )
    chunk = metadata.row_group(1).column(text)
    data = bytearray(path.read_bytes())
    data[chunk.data_page_offset + chunk.total_compressed_size // 2] ^= 0xFF
    path.write_bytes(data)
    report = check(sample)
    assert report.exit_code == 10
    damage = [finding for finding in report.findings if "cannot be read in columns text" in finding.message]
    assert len(damage) == 1
    assert 128 <= (damage[0].row or 0) < 256
    assert damage[0].last_row == 255
    assert not found(report, "V4")
    v4 = report.levels[4]
    assert (v4.status, v4.checked) == ("not_run", 700 - (256 - (damage[0].row or 0)))


def test_damage_outside_of_leaves_does_not_stop_v4(sample: Any) -> None:
    path = sample.segment("records")
    metadata = pq.ParquetFile(path).metadata
    plain = next(
        place
        for place in range(metadata.num_columns)
        if metadata.row_group(0).column(place).path_in_schema == "canonical_url"
    )
    chunk = metadata.row_group(2).column(plain)
    data = bytearray(path.read_bytes())
    data[chunk.data_page_offset + chunk.total_compressed_size // 2] ^= 0xFF
    path.write_bytes(data)
    report = check(sample)
    assert report.exit_code == 10
    assert (report.levels[4].status, report.levels[4].checked) == ("passed", 700), report.to_text()


def test_wrong_content_root(sample: Any) -> None:
    content = sample.manifest.content
    tree = content.trees[0]
    forged = Tree(tree.origin, tree.size, tree.root, "00" * 32)
    commit_manifest(sample.store, replace(content, trees=(forged,)))
    report = check(sample)
    assert (report.exit_code, found(report, "V4")) == (14, [("manifests/v000000002.json", None)])


def test_row_that_no_leaf_can_be_made_of(sample: Any) -> None:
    path = rewrite(sample, "records", lambda table: set_value(table, "page_id", 300, -1))
    report = check(sample)
    assert found(report, "V4")[0] == (relative(sample, path), 300)
    assert report.levels[4].checked == 700


def test_rows_in_another_order(sample: Any) -> None:
    def swap(table: pa.Table) -> pa.Table:
        order = list(range(700))
        order[10], order[11] = 11, 10
        swapped = table.take(pa.array(order))
        return swapped.set_column(
            swapped.schema.get_field_index("leaf_index"), table.schema.field("leaf_index"), table.column("leaf_index")
        )

    rewrite(sample, "leaves", swap)
    report = check(sample)
    assert report.exit_code == 13
    assert [row for _, row in found(report, "V4")] == [10, 11]


def test_segments_that_overlap_or_claim_too_much(sample: Any) -> None:
    """A manifest written by hand: the store's own writer refuses such a thing."""
    manifest = sample.manifest
    value = json.loads(manifest.to_bytes())
    for kind, change in [
        ("records", {"first": 1, "last": 700, "extra": {"offset": 1}}),
        ("leaves", {"first": 1 << 40, "last": (1 << 40) + 699, "extra": {"offset": 1 << 40}}),
    ]:
        segments = [{**part, **change} if part["kind"] == kind else part for part in value["content"]["segments"]]
        forged = {**value, "content": {**value["content"], "segments": segments}}
        sample.store.manifest_path(1).write_bytes(rfc8785.dumps(forged))
        report = check(sample)
        assert report.exit_code == 10
        path = next(part["path"] for part in segments if part["kind"] == kind)
        assert any(finding.file == path and "gap or overlap" in finding.message for finding in report.findings)
        assert report.levels[4].status != "passed"
    tree = {**value["content"]["trees"][0], "size": (1 << 53) - 1}
    forged = {**value, "content": {**value["content"], "trees": [tree]}}
    sample.store.manifest_path(1).write_bytes(rfc8785.dumps(forged))
    report = check(sample)
    assert (report.exit_code, report.levels[4].status) == (10, "not_run")
