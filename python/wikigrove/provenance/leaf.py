"""Leaves of the provenance tree, made from columns and hashed in bulk."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import pyarrow as pa

from wikigrove import _core

LEAF_COLUMNS: Final = (
    "wiki_id",
    "page_id",
    "page_namespace_id",
    "page_title",
    "revision_id",
    "revision_parent_id",
    "revision_dt",
    "revision_is_minor_edit",
    "user_is_visible",
    "revision_comment_is_visible",
    "revision_content_is_visible",
    "content_model",
    "slots",
    "text_state",
    "sha1_status",
    "size_status",
    "source_id",
    "stream_offset",
    "element_offset",
    "element_length",
    "licence_rule",
    "text",
)
"""The columns of a record that its leaf is made from."""


def encode_leaves(rows: pa.RecordBatch, *, threads: int = 1) -> pa.RecordBatch:
    """Make the leaf of every record under the profile `open`.

    The digests of texts are taken from the texts themselves, never from columns.

    Args:
        rows: Records with at least `LEAF_COLUMNS`, by name.
        threads: Workers; they change nothing but the time.

    Returns:
        Columns `leaf` (binary), `leaf_hash` (32 bytes, SHA-256(00 ‖ leaf)) and `content_hash` (the same over the leaf
        with source_id, stream_offset, record_offset and member zeroed).

    Raises:
        SchemaError: A column is missing or of another type, or a value has no place in a leaf; the row is named.
    """
    return pa.record_batch(_core.encode_leaves(rows, threads=threads))


def hash_leaf(leaf: bytes) -> bytes:
    """Hash one encoded leaf: `SHA-256(00 ‖ leaf)` (RFC 6962 section 2.1).

    >>> hash_leaf(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\0" + leaf).digest()


def hash_leaves(leaves: pa.Array[Any]) -> bytes:
    """Hash a column of encoded leaves.

    Args:
        leaves: Binary, without nulls.

    Returns:
        32 bytes for each leaf, one after the other.
    """
    return fixed_bytes(pa.record_batch(_core.hash_leaves(leaves)).column(0))


def content_hashes(leaves: pa.Array[Any]) -> bytes:
    """Hash a column of encoded leaves without their positions, for the content root.

    Args:
        leaves: Binary, without nulls.

    Returns:
        32 bytes for each leaf, one after the other; equal for all packings of the same records.
    """
    return fixed_bytes(pa.record_batch(_core.hash_leaves(leaves)).column(1))


def encode_output_leaves(
    source_indices: Any, source_root: bytes, transform: bytes, texts: pa.Array[Any]
) -> pa.RecordBatch:
    """Make the leaves of transformed records: each ties a published text to its source leaf and to the transform.

    Args:
        source_indices: int64, `leaf_index` of each source record.
        source_root: Root of the source tree, 32 bytes.
        transform: SHA-256 of the transform's canonical JSON, 32 bytes.
        texts: large_string, the published texts.

    Returns:
        Columns `leaf` (binary) and `leaf_hash` (32 bytes).

    Raises:
        SchemaError: Lengths or types do not fit.
    """
    return pa.record_batch(_core.encode_output_leaves(source_indices, source_root, transform, texts))


def fixed_bytes(column: pa.Array[Any], *, width: int = 32) -> bytes:
    """Return the bytes of a fixed-size binary column, one value after the other; a null is zeros.

    >>> fixed_bytes(pa.array([b"ab", b"cd"], pa.binary(2)), width=2)
    b'abcd'
    """
    data = column.buffers()[1]
    if data is None or column.null_count:
        return b"".join(value or bytes(width) for value in column.to_pylist())
    start = column.offset * width
    return data[start : start + len(column) * width].to_pybytes()
