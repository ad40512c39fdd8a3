"""An export judged by the verifier itself: every level passes, and every changed file is named."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from wikigrove.dataset import write_export
from wikigrove.dataset.proofs import Prover
from wikigrove.governance.licence import resolve
from wikigrove.schema import REVISION

provenance = pytest.importorskip("wikigrove.provenance", reason="the verifier is not here")
crypto = pytest.importorskip("wikigrove.crypto", reason="the verifier is not here")

specification = importlib.util.spec_from_file_location("verified_records", Path(__file__).with_name("records.py"))
assert specification is not None
assert specification.loader is not None
made = importlib.util.module_from_spec(specification)
sys.modules["verified_records"] = made
specification.loader.exec_module(made)

SIZE = 120
CHOSEN = [0, 1, 5, 17, 18, 64, 77, 118, 119]
TIME_S = 1_788_221_100
SIGNER = "example.org/grove"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An export and the policy of its signer."""
    from wikigrove import _core

    folder = tmp_path_factory.mktemp("signed")
    keys = crypto.KeyFolder.create(folder / "keys", name=SIGNER)
    (folder / "trust.policy").write_text(keys.policy_text)
    slot = {
        "role": "mediainfo", "content_model": "wikibase-mediainfo", "content_format": "application/json",
        "content_sha1": None, "content_size": 2, "origin_rev_id": 1, "text_state": 0, "content_body": "{}",
    }  # fmt: skip
    table = made.records(list(range(SIZE)), slots=lambda index: [slot] if index % 5 == 0 else [])
    assert resolve(table)[0].to_pylist() == table["licence_rule"].to_pylist()
    encoded = provenance.encode_leaves(table.combine_chunks().to_batches()[0])
    leaves, hashes = encoded.column("leaf").to_pylist(), b"".join(encoded.column("leaf_hash").to_pylist())
    root = _core.merkle_root(hashes)

    def seal(origin: str, size: int, tree_root: bytes) -> bytes:
        return bytes(provenance.make_checkpoint(keys, origin=origin, size=size, root=tree_root, time_s=TIME_S))

    def inclusion(indices: Any) -> list[tuple[bytes, list[bytes]]]:
        asked = np.asarray(indices).tolist()
        return [(leaves[i], path) for i, path in zip(asked, _core.inclusion_paths(hashes, asked), strict=True)]

    origin = provenance.snapshot_origin(SIGNER, wiki="multi", snapshot="20260901", job="articles")
    write_export(
        table.take(CHOSEN),
        target=folder / "set",
        name="The grove",
        selection={"objective": "represent", "budget": len(CHOSEN), "seed": 1},
        source_tree={"origin": origin, "size": SIZE, "root": root.hex()},
        source_checkpoint=seal(origin, SIZE, root),
        dataset_origin=provenance.dataset_origin(SIGNER, dataset="grove", version="1"),
        prover=Prover(inclusion, _core.encode_output_leaves, _core.merkle_root, seal),
        rows_per_shard=4,
    )
    return folder / "set", folder / "trust.policy"


def failed(report: Any) -> set[str]:
    return {finding.level for finding in report.findings}


def test_every_level_passes(signed: tuple[Path, Path], tmp_path: Path) -> None:
    folder, policy = signed
    report = provenance.verify(folder, policy=policy, memory=tmp_path / "memory.json")
    assert failed(report) == set()
    assert report.exit_code == 0


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    parquet.write_table(change(parquet.read_table(path)), path)


def replaced(table: pa.Table, column: str, row: int, value: object) -> pa.Table:
    values = table[column].to_pylist()
    values[row] = value
    place = table.schema.get_field_index(column)
    return table.set_column(place, table.schema.field(column), pa.array(values, table.schema.field(column).type))


@pytest.mark.parametrize(
    ("name", "column", "row", "value"),
    [
        ("data/train-00001-of-00003.parquet", "text", 2, "another text"),
        ("data/train-00000-of-00003.parquet", "id", 1, "enwiki:1:1"),
        ("data/train-00002-of-00003.parquet", "title", 0, "another title"),
        ("source/train-00001-of-00003.parquet", "text", 0, "another text"),
        ("source/train-00000-of-00003.parquet", "licence_rule", 3, 9),
        ("proofs/train-00000-of-00003.parquet", "output_leaf", 2, b"no leaf"),
        ("proofs/train-00001-of-00003.parquet", "inclusion_path", 1, [bytes(32)] * 7),
    ],
)
def test_a_changed_value_is_found_and_its_file_named(
    signed: tuple[Path, Path], tmp_path: Path, name: str, column: str, row: int, value: object
) -> None:
    folder, policy = signed
    copy = tmp_path / "set"
    shutil.copytree(folder, copy)
    rewrite(copy / name, lambda table: replaced(table, column, row, value))
    report = provenance.verify(copy, policy=policy, memory=tmp_path / "memory.json")
    assert report.exit_code in range(10, 15)
    assert name in {finding.file for finding in report.findings}


def test_every_column_that_a_leaf_needs_goes_along(signed: tuple[Path, Path]) -> None:
    columns = parquet.read_schema(signed[0] / "source/train-00000-of-00003.parquet").names
    assert set(provenance.LEAF_COLUMNS) <= set(columns)
    assert set(columns) <= set(REVISION.names)
