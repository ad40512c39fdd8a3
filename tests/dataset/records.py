"""Invented records, and an RFC 6962 tree as slow as its definition, for the tests of this folder."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from wikigrove.dataset.proofs import Prover
from wikigrove.governance.licence import resolve
from wikigrove.governance.wikis import canonical_urls
from wikigrove.schema import EXTRACTED

SEEDED = ("Seeded Person Alpha", "~2026-77777-01", "192.0.2.77", "seeded remark about someone")
WIKIS = ("enwiki", "elwiki", "nowiki", "commonswiki")
SIZE = 200


def records(indices: list[int], **changes: Any) -> pa.Table:
    """Give stored records at these places of the tree; `changes` replaces columns by functions of the index."""
    rows = [record(index) for index in indices]
    for row in rows:
        row.update({name: change(row["leaf_index"]) for name, change in changes.items()})
    table = pa.Table.from_pylist(rows, schema=EXTRACTED)
    if "licence_ids" in changes:
        return table
    numbers, licences = resolve(table)
    for name, column in (("licence_rule", numbers), ("licence_ids", licences)):
        table = table.set_column(table.schema.get_field_index(name), EXTRACTED.field(name), column)
    urls = canonical_urls(table["wiki_id"].combine_chunks(), table["revision_id"].combine_chunks())
    return table.set_column(table.schema.get_field_index("canonical_url"), EXTRACTED.field("canonical_url"), urls)


def record(index: int) -> dict[str, Any]:
    wiki = WIKIS[index % len(WIKIS)]
    loss = [{"kind": "template", "count": 2, "bytes": 40}, {"kind": "table", "count": 1, "bytes": 100}]
    return {
        "wiki_id": wiki,
        "page_id": 1000 + index,
        "page_namespace_id": 0,
        "page_title": f'Page "{index}", <b>=1+1</b>',
        "revision_id": 9_000_000_000 + index,
        "revision_dt": datetime(2026, 1, 1 + index % 28, tzinfo=UTC),
        "user_id": 777,
        "user_text": SEEDED[index % 3],
        "user_is_visible": True,
        "user_kind": ("registered", "temporary", "ip")[index % 3],
        "revision_comment": SEEDED[3],
        "revision_comment_is_visible": True,
        "revision_content_is_visible": True,
        "content_model": "wikitext",
        "slots": [],
        "text_state": 0,
        "sha1_status": 1,
        "size_status": 1,
        "source_id": 0,
        "stream_offset": 0,
        "element_offset": 100 * index,
        "element_length": 90,
        "page_stream_offset": 0,
        "page_offset": 100 * index,
        "leaf_index": index,
        "licence_rule": 0,
        "licence_ids": [],
        "canonical_url": "",
        "plain_text": f"Text {index} " + "δένδρο 樹 " * (index % 7),
        "plain_text_losses": loss if index % 2 else [],
        "text": f"'''Text''' {index} {{{{box}}}}",
    }


def leaf_of(index: int) -> bytes:
    return b"source leaf %d" % index


def output_leaf(index: int, root: bytes, transform: bytes, text: str) -> bytes:
    return index.to_bytes(8) + root + transform + hashlib.sha256(text.encode()).digest()


def hash_leaf(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def tree_root(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else hashlib.sha256().digest()
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree_root(hashes[:half]) + tree_root(hashes[half:])).digest()


def tree_path(index: int, hashes: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if len(hashes) == 1:
        return []
    half = 1 << (len(hashes) - 1).bit_length() - 1
    if index < half:
        return [*tree_path(index, hashes[:half]), tree_root(hashes[half:])]
    return [*tree_path(index - half, hashes[half:]), tree_root(hashes[:half])]


def root_from_path(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.3.2."""
    node, last, result = index, size - 1, hash_leaf(leaf)
    for sibling in path:
        assert last > 0
        if node & 1 or node == last:
            result = hashlib.sha256(b"\1" + sibling + result).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = hashlib.sha256(b"\1" + result + sibling).digest()
        node, last = node >> 1, last >> 1
    assert last == 0
    return result


HASHES = [hash_leaf(leaf_of(index)) for index in range(SIZE)]
SOURCE_TREE = {"origin": "example.com/s/multi/20260901/articles/open-v1", "size": SIZE, "root": tree_root(HASHES).hex()}


def prover(signature: str = "first") -> Prover:
    def encode(indices: Any, root: bytes, transform: bytes, texts: Any) -> pa.RecordBatch:
        pairs = zip(indices.to_pylist(), texts.to_pylist(), strict=True)
        leaves = [output_leaf(index, root, transform, text) for index, text in pairs]
        return pa.record_batch(
            {"leaf": pa.array(leaves, pa.binary()), "leaf_hash": [hash_leaf(leaf) for leaf in leaves]}
        )

    def split(hashes: bytes) -> list[bytes]:
        return [hashes[start : start + 32] for start in range(0, len(hashes), 32)]

    return Prover(
        inclusion=lambda indices: [(leaf_of(i), tree_path(i, HASHES)) for i in np.asarray(indices).tolist()],
        encode_output_leaves=encode,
        merkle_root=lambda hashes: tree_root(split(hashes)),
        seal=lambda origin, size, root: f"{origin}\n{size}\n{root.hex()}\n\n{signature}\n".encode(),
    )
