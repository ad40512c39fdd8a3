from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from wikigrove import _core
from wikigrove.errors import LeafFormatError, SchemaError
from wikigrove.provenance import LEAF_COLUMNS, encode_leaves, hash_leaf, hash_leaves
from wikigrove.schema import REVISION

DATA = Path(__file__).parents[1] / "data" / "leaf"
GOLDEN = json.loads((DATA / "golden.json").read_text())
FORGERIES = json.loads((DATA / "forgeries.json").read_text())


def to_record(vector: dict[str, Any]) -> dict[str, Any]:
    others = [(role, text) for role, text in vector["slots"].items() if role != "main"]
    slot = {"content_model": None, "content_format": None, "content_sha1": None, "content_size": None}
    return {
        **vector,
        "revision_dt": datetime.fromtimestamp(vector["unix_time"], tz=UTC),
        "revision_is_minor_edit": vector["is_minor"],
        "user_is_visible": vector["user_is_visible"],
        "revision_comment_is_visible": True,
        "revision_content_is_visible": vector["text_is_visible"],
        "text_state": 0 if "main" in vector["slots"] else 2,
        "text": vector["slots"].get("main"),
        "slots": [
            {**slot, "role": role, "origin_rev_id": None, "text_state": 0, "content_body": text}
            for role, text in others
        ],
    }


def test_columns_give_the_golden_leaves() -> None:
    schema = pa.schema([REVISION.field(name) for name in LEAF_COLUMNS])
    rows = [to_record(vector) for vector in GOLDEN["revisions"]]
    batch = pa.RecordBatch.from_pylist([{name: row[name] for name in LEAF_COLUMNS} for row in rows], schema)
    leaves = encode_leaves(batch, threads=2)
    assert leaves.schema.names == ["leaf", "leaf_hash", "content_hash"]
    for place, vector in enumerate(GOLDEN["revisions"]):
        for name in leaves.schema.names:
            assert leaves.column(name)[place].as_py().hex() == vector[name]
        fields = _core.decode_leaf(bytes.fromhex(vector["leaf"]))
        assert (fields["revision_id"], fields["unix_time"]) == (vector["revision_id"], vector["unix_time"])
        assert fields["text_is_hidden"] is not vector["text_is_visible"]
        assert hash_leaf(bytes.fromhex(vector["leaf"])).hex() == vector["leaf_hash"]
    assert hash_leaves(leaves.column("leaf")).hex() == "".join(vector["leaf_hash"] for vector in GOLDEN["revisions"])
    assert _core.merkle_root(hash_leaves(leaves.column("leaf"))).hex() == GOLDEN["root"]
    sliced = encode_leaves(batch.slice(1, 1))
    assert sliced.column("leaf")[0] == leaves.column("leaf")[1]


def test_output_leaf_is_the_golden_one() -> None:
    vector = GOLDEN["output"]
    index, texts = pa.array([vector["source_index"]], pa.int64()), pa.array([vector["text"]], pa.large_string())
    root, transform = bytes.fromhex(vector["source_root"]), bytes.fromhex(vector["transform"])
    leaves = pa.record_batch(_core.encode_output_leaves(index, root, transform, texts))
    assert leaves.column("leaf")[0].as_py().hex() == vector["leaf"]
    assert leaves.column("leaf_hash")[0].as_py().hex() == vector["leaf_hash"]
    fields = _core.decode_leaf(bytes.fromhex(vector["leaf"]))
    assert fields["kind"] == 5
    assert (fields["source_root"], fields["transform"]) == (root, transform)
    commitment = pa.record_batch(_core.output_commitment(texts)).column(0)[0].as_py()
    assert fields["output"] == commitment


def test_redactable_leaf_decodes() -> None:
    fields = _core.decode_leaf(bytes.fromhex(GOLDEN["redactable"]["leaf"]))
    assert fields["profile"] == "redactable"
    assert fields["user"].hex() == GOLDEN["redactable"]["user_commitment"]


@pytest.mark.parametrize("vector", FORGERIES["forged"], ids=lambda vector: vector["name"])
def test_forged_leaves_are_refused(vector: dict[str, Any]) -> None:
    leaf = bytes.fromhex(vector["leaf"])
    with pytest.raises(LeafFormatError, match=f"byte offset: {vector['byte_offset']}$"):
        _core.decode_leaf(leaf)
    decode = _core.decode_output_leaves if leaf[8:9] == b"\5" else _core.decode_leaves
    errors = pa.record_batch(decode(pa.array([leaf, None], pa.binary()))).column("error")
    assert errors[0].as_py().endswith(f"byte offset: {vector['byte_offset']}")
    assert errors[1].as_py() is not None


def test_odd_leaves_are_not_refused() -> None:
    leaves = pa.array([bytes.fromhex(vector["leaf"]) for vector in FORGERIES["accepted"]], pa.binary())
    assert pa.record_batch(_core.decode_leaves(leaves)).column("error").null_count == len(leaves)


def test_naive_leaf_agrees(sample: Any) -> None:
    """The leaf of a plain record, made in plain Python after the layout."""
    records = sample.make_records(100)
    leaves = encode_leaves(records)
    salt = hashlib.sha256(b"wikigrove/v1/open-salt").digest()[:16]
    assert salt.hex() == GOLDEN["open_salt"]
    for row, record in enumerate(records.to_pylist()):
        assert leaves.column("leaf")[row].as_py() == naive_leaf(record, salt), row


def naive_leaf(record: dict[str, Any], salt: bytes) -> bytes:
    import hmac
    import struct

    def commit(label: bytes, value: bytes) -> bytes:
        field_salt = hmac.digest(salt, b"wikigrove/v1/salt/" + label, "sha256")[:16]
        return hmac.digest(field_salt, b"wikigrove/v1/commit/" + label + b"\0" + value, "sha256")

    text = bytes(32)
    if record["text"] is not None:
        slots = {slot["role"]: slot["content_body"] for slot in record["slots"]} | {"main": record["text"]}
        value = bytes([len(slots)])
        for role, body in sorted((role.encode(), body.encode()) for role, body in slots.items()):
            digests = hashlib.sha256(body).digest() + hashlib.sha1(body).digest()  # noqa: S324
            value += bytes([len(role)]) + role + digests + struct.pack(">Q", len(body))
        text = commit(b"text", value)
    models = {None: 0, "wikitext": 1, "GadgetDefinition": 255}
    model = models[record["content_model"]]
    extension = b"" if model != 255 else struct.pack(">HH", 1, len("GadgetDefinition")) + b"GadgetDefinition"
    flags = record["sha1_status"] | record["size_status"] << 8
    flags |= (not record["revision_content_is_visible"]) << 3 | (not record["revision_comment_is_visible"]) << 4
    flags |= (not record["user_is_visible"]) << 5 | bool(record["revision_is_minor_edit"]) << 6
    time = -(1 << 63) if record["revision_dt"] is None else int(record["revision_dt"].timestamp())
    numbers = struct.pack(
        ">HiQQqqIIQQHH",
        flags,
        record["page_namespace_id"],
        record["page_id"],
        record["revision_id"],
        record["revision_parent_id"] or 0,
        time,
        record["source_id"],
        record["element_length"],
        record["stream_offset"],
        record["element_offset"],
        0,
        record["licence_rule"],
    )
    wiki = record["wiki_id"].encode()
    commitments = text + commit(b"title", record["page_title"].encode()) + bytes(64)
    tail = bytes([len(wiki)]) + wiki + struct.pack(">H", len(extension)) + extension
    return b"wgleaf\0\1\1" + bytes([model]) + numbers + commitments + tail


def test_row_without_leaf_is_named(sample: Any) -> None:
    records = sample.make_records(5)
    broken = records.set_column(
        records.schema.get_field_index("page_id"), REVISION.field("page_id"), pa.array([1, 2, 3, -4, 5], pa.int64())
    )
    with pytest.raises(SchemaError, match="column page_id, row 3: does not fit the leaf: -4"):
        encode_leaves(broken)
    with pytest.raises(SchemaError, match="column slots: missing"):
        encode_leaves(records.drop_columns(["slots"]))
