"""A small signed store and the export of some of its rows, made once and copied for each test."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import rfc8785

from wikigrove import _core
from wikigrove.crypto import KeyFolder, Policy
from wikigrove.provenance import build_tree, dataset_origin, encode_leaves, make_checkpoint, snapshot_origin
from wikigrove.provenance.leaf import fixed_bytes
from wikigrove.provenance.prove import StoreProver
from wikigrove.schema import LEAF, REVISION
from wikigrove.store import (
    Content,
    Manifest,
    Partition,
    RecordWriter,
    SourceFile,
    Staging,
    Store,
    Tree,
    commit_manifest,
)

ROWS = 700  # two full tiles of level 1 and a partial one
TIME_S = 1_788_221_100
NAME = "example.org/test"
DUMP = "xxwiki-20260901-pages-articles.xml"


def make_records(rows: int = ROWS, *, seed: int = 7) -> pa.RecordBatch:
    """Make records of every text state, some with a second slot."""
    random = np.random.default_rng(seed)
    start = datetime(2026, 9, 1, tzinfo=UTC)
    values = []
    for row in range(rows):
        state = int(random.choice([0, 0, 0, 0, 0, 1, 2, 3]))
        text = {0: f"text of row {row}: " + "wörd " * int(random.integers(1, 60)), 1: ""}.get(state)
        slot = {
            "role": "mediainfo",
            "content_model": "wikibase-mediainfo",
            "content_format": "application/json",
            "content_sha1": None,
            "content_size": 2,
            "origin_rev_id": 1000 + row,
            "text_state": 0,
            "content_body": f'{{"row":{row}}}',
        }
        values.append(
            {
                "wiki_id": "xxwiki",
                "page_id": row // 2 + 1,
                "page_namespace_id": 0,
                "page_title": f"Page {row // 2 + 1}",
                "revision_id": 1000 + row,
                "revision_dt": None if row % 50 == 49 else start + timedelta(seconds=row),
                "revision_parent_id": 999 + row if row % 2 else None,
                "revision_is_minor_edit": row % 3 == 0,
                "user_is_visible": row % 11 != 0,
                "user_kind": "hidden" if row % 11 == 0 else "registered",
                "revision_comment_is_visible": row % 13 != 0,
                "revision_content_is_visible": state != 2,
                "content_model": None if row % 17 == 0 else "GadgetDefinition" if row % 19 == 0 else "wikitext",
                "slots": [slot] if state == 0 and row % 5 == 0 else [],
                "text_state": state,
                "sha1_status": {2: 4, 3: 5}.get(state, 1),
                "size_status": 1 if state < 2 else 3,
                "source_id": 0,
                "stream_offset": 620,
                "element_offset": 1000 * row + 100,
                "element_length": 500,
                "page_stream_offset": 620,
                "page_offset": 1000 * row,
                "text": text,
                "leaf_index": row,
                "licence_rule": 1,
                "licence_ids": ["CC-BY-SA-4.0"],
                "canonical_url": f"https://xx.wikipedia.org/w/index.php?oldid={1000 + row}",
            }
        )
    full = [{field.name: value.get(field.name) for field in REVISION} for value in values]
    return pa.RecordBatch.from_pylist(full, REVISION)


def write_kind(store: Store, kind: str, schema: pa.Schema, batch: pa.RecordBatch, *, group_rows: int) -> Any:
    """Write one unit's rows and return its segments, placed at leaf 0."""
    with Staging(store) as staging:
        writer = RecordWriter(staging, kind, schema, Partition("xxwiki", "20260901"), unit="u", group_rows=group_rows)
        writer.write(batch)
        return [segment.placed(0) for segment in writer.close()]


def make_store(path: Path, keys: KeyFolder, records: pa.RecordBatch) -> Store:
    """Build, commit and sign a store."""
    store = Store.create(path)
    leaves = encode_leaves(records)
    table = pa.record_batch(
        {
            "leaf_index": records.column("leaf_index"),
            "leaf": leaves.column("leaf"),
            "leaf_hash": leaves.column("leaf_hash"),
        }
    ).cast(LEAF)
    segments = write_kind(store, "records", REVISION, records, group_rows=128)
    segments += write_kind(store, "leaves", LEAF, table, group_rows=256)
    tree = build_tree([fixed_bytes(leaves.column("leaf_hash"))])
    content_root = _core.merkle_root(fixed_bytes(leaves.column("content_hash")))
    with Staging(store) as staging:
        file = staging.file("tiles.wgt")
        file.write_bytes(tree.tiles())
        segments.append(
            staging.seal(file, kind="tiles", partition=Partition("xxwiki", "20260901"), ordinal=0, rows=len(records))
        )
    origin = snapshot_origin(keys.name, wiki="xxwiki", snapshot="20260901", job="articles")
    head = Tree(origin, tree.size, tree.root.hex(), content_root.hex())
    source = SourceFile(0, DUMP, 8, hashlib.sha256(b"the dump").hexdigest(), "xxwiki", "20260901", "articles")
    commit_manifest(
        store,
        Content(
            schema="wikigrove.revision/1", parser="test", sources=(source,), segments=tuple(segments), trees=(head,)
        ),
    )
    store.write_checkpoint(head, make_checkpoint(keys, origin=origin, size=tree.size, root=tree.root, time_s=TIME_S))
    return store


def make_export(store: Store, keys: KeyFolder, target: Path, rows: list[int], *, with_source: bool = True) -> Path:
    """Write an export in the layout of the exporter, two shards."""
    manifest = store.manifest()
    prover = StoreProver(store, manifest)
    transform = {"buildType": "urn:test"}
    digest = hashlib.sha256(rfc8785.dumps(transform)).digest()
    records = make_records()
    hashes = b""
    root = bytes.fromhex(manifest.content.trees[0].root)
    for shard, part in enumerate(np.array_split(np.array(rows), 2)):
        chosen = records.take(pa.array(part))
        indices, places = pa.array(part, pa.int64()), pa.array(np.arange(len(part)) + len(rows[: len(part)]) * shard)
        answers = prover.inclusion(part)
        text = pc.utf8_upper(chosen.column("text"))
        outputs = pa.record_batch(_core.encode_output_leaves(indices, root, digest, text))
        hashes += fixed_bytes(outputs.column("leaf_hash"))
        ids = [f"xxwiki:{row['page_id']}:{row['revision_id']}" for row in chosen.to_pylist()]
        data = {
            name: chosen.column(name) for name in ("wiki_id", "page_id", "revision_id", "revision_dt", "licence_ids")
        }
        title = chosen.column("page_title")
        data |= {"id": pa.array(ids), "text": text, "title": title, "source_leaf_index": indices, "row": places}
        proofs = {
            "row": places,
            "source_leaf_index": indices,
            "leaf": pa.array([leaf for leaf, _ in answers]),
            "inclusion_path": pa.array([list(path) for _, path in answers], pa.list_(pa.binary(32))),
            "output_leaf": outputs.column("leaf"),
        }
        folders: dict[str, Any] = {"data": data, "proofs": proofs}
        if with_source:
            private = ("user_id", "user_text", "user_kind", "revision_comment")
            names = [name for name in REVISION.names if name not in private]
            folders["source"] = {name: chosen.column(name) for name in names}
        for folder, columns in folders.items():
            (target / folder).mkdir(parents=True, exist_ok=True)
            pq.write_table(
                pa.table(columns),
                target / folder / f"train-{shard:05d}-of-00002.parquet",
                write_page_checksum=True,
                data_page_size=2048,
                write_batch_size=8,
            )
    source = manifest.content.trees[0]
    (target / "proofs" / "source.checkpoint").write_bytes(store.read_checkpoint(source) or b"")
    origin = dataset_origin(keys.name, dataset="sample", version="1")
    note = make_checkpoint(keys, origin=origin, size=len(rows), root=_core.merkle_root(hashes), time_s=TIME_S)
    (target / "proofs" / "dataset.checkpoint").write_bytes(note)
    value = {
        "format": "wikigrove.dataset/1",
        "source": {"origin": source.origin, "size": source.size, "root": source.root},
        "dataset": {"origin": origin, "size": len(rows), "root": _core.merkle_root(hashes).hex()},
        "transform": transform,
        "rows": len(rows),
    }
    (target / "manifest.json").write_bytes(rfc8785.dumps({**value, "files": listing(target)}))
    return target


def listing(target: Path) -> list[dict[str, Any]]:
    """List the files of an export as its manifest does."""
    files = sorted(path for path in target.rglob("*.parquet"))
    return [
        {
            "path": path.relative_to(target).as_posix(),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in files
    ]


@dataclass(frozen=True)
class Sample:
    """What a test may change: its own copies, with the keys and the policy to check them."""

    keys: KeyFolder
    policy: Policy
    folder: Path
    store: Store
    export: Path
    make_store: Callable[..., Store]
    make_export: Callable[..., Path]
    make_records: Callable[..., pa.RecordBatch]
    listing: Callable[[Path], list[dict[str, Any]]]

    @property
    def manifest(self) -> Manifest:
        return self.store.manifest()

    def segment(self, kind: str) -> Path:
        return self.store.path / self.manifest.content.of_kind(kind)[0].path


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> tuple[KeyFolder, Path]:
    folder = tmp_path_factory.mktemp("originals")
    keys = KeyFolder.create(folder / "keys", name=NAME)
    records = make_records()
    store = make_store(folder / "store", keys, records)
    present = [row for row, text in enumerate(records.column("text").to_pylist()) if text is not None]
    make_export(store, keys, folder / "export", present[::7])
    return keys, folder


@pytest.fixture
def sample(originals: tuple[KeyFolder, Path], tmp_path: Path) -> Sample:
    keys, folder = originals
    for name in ("store", "export"):
        shutil.copytree(folder / name, tmp_path / name)
    policy = Policy.load(folder / "keys" / "trust.policy")
    store = Store.open(tmp_path / "store")
    return Sample(keys, policy, tmp_path, store, tmp_path / "export", make_store, make_export, make_records, listing)
