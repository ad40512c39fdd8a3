"""The data contracts: Arrow schemas with versions.

Names follow `wmf_content.mediawiki_content_history_v1`, the table behind Wikimedia's File Export. An additive change is
a minor version; a rename or another type is a major one and needs a migration.
"""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

REVISION_CONTRACT: Final = "wikigrove.revision/1"
LEAF_CONTRACT: Final = "wikigrove.leaf/1"
QUARANTINE_CONTRACT: Final = "wikigrove.quarantine/1"
LOG_ITEM_CONTRACT: Final = "wikigrove.logitem/1"

TIMESTAMP: Final = pa.timestamp("us", tz="UTC")

TEXT_STATES: Final = ("present", "empty", "hidden", "missing")
"""Meaning of `text_state`, by code."""

SHA1_STATUSES: Final = (
    "absent",  # the source states none
    "match",  # equal on the delivered text
    "match_crlf",  # equal once line feeds are carriage return + line feed again
    "match_multislot",  # every slot checked, and the chain over all of them equal
    "hidden",  # the content is suppressed
    "text_missing",  # the body was lost in the dump
    "not_comparable",  # a stub, or slots that the export left out
    "mismatch",  # kept, flagged, counted
)
"""Meaning of `sha1_status`, by code; the same codes as in the leaf's flags."""

SIZE_STATUSES: Final = ("absent", "match", "mismatch", "not_comparable")
"""Meaning of `size_status` (the `bytes` attributes against the texts), by code."""

SLOT: Final = pa.struct(
    [
        pa.field("role", pa.string(), nullable=False),
        pa.field("content_model", pa.string()),
        pa.field("content_format", pa.string()),
        pa.field("content_sha1", pa.string()),
        pa.field("content_size", pa.int64()),
        pa.field("origin_rev_id", pa.int64()),
        pa.field("text_state", pa.uint8(), nullable=False),
        pa.field("content_body", pa.string()),
    ]
)

_DUMP_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("wiki_id", pa.string(), nullable=False),
    pa.field("page_id", pa.int64(), nullable=False),
    pa.field("page_namespace_id", pa.int32(), nullable=False),
    pa.field("page_title", pa.string(), nullable=False),
    pa.field("page_redirect_target", pa.string()),
    pa.field("revision_id", pa.int64(), nullable=False),
    pa.field("revision_dt", TIMESTAMP),
    pa.field("revision_parent_id", pa.int64()),
    pa.field("revision_is_minor_edit", pa.bool_()),
    pa.field("user_id", pa.int64()),
    pa.field("user_text", pa.string()),
    pa.field("user_is_visible", pa.bool_(), nullable=False),
    pa.field("user_kind", pa.string(), nullable=False),  # registered temporary ip system hidden missing
    pa.field("revision_comment", pa.string()),
    pa.field("revision_comment_is_visible", pa.bool_(), nullable=False),
    pa.field("revision_sha1", pa.string()),
    pa.field("revision_size", pa.int64()),
    pa.field("revision_content_is_visible", pa.bool_(), nullable=False),
    pa.field("content_model", pa.string()),
    pa.field("content_format", pa.string()),
    pa.field("content_sha1", pa.string()),
    pa.field("origin_rev_id", pa.int64()),
    pa.field("slots", pa.list_(pa.field("item", SLOT, nullable=False)), nullable=False),
    pa.field("text_state", pa.uint8(), nullable=False),
    pa.field("sha1_status", pa.uint8(), nullable=False),
    pa.field("sha1_reason", pa.string()),  # wikibase slots_not_exported export_defect unknown
    pa.field("size_status", pa.uint8(), nullable=False),
    pa.field("source_id", pa.int32(), nullable=False),
    pa.field("stream_offset", pa.int64(), nullable=False),
    pa.field("element_offset", pa.int64(), nullable=False),
    pa.field("element_length", pa.int64(), nullable=False),
    pa.field("page_stream_offset", pa.int64(), nullable=False),
    pa.field("page_offset", pa.int64(), nullable=False),
    pa.field("text", pa.large_string()),
]
DUMP_COLUMNS: Final = pa.schema(_DUMP_FIELDS)
"""What the Rust reader yields: one row per revision, in dump order."""

PERSONAL_COLUMNS: Final = ("user_id", "user_text", "user_kind", "revision_comment")
"""Columns of a record that no export holds."""

LOSS: Final = pa.struct(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("count", pa.int32(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
    ]
)

ADDED_COLUMNS: Final = [
    pa.field("leaf_index", pa.int64(), nullable=False),
    pa.field("licence_rule", pa.int32(), nullable=False),
    pa.field("licence_ids", pa.list_(pa.field("item", pa.string(), nullable=False)), nullable=False),
    pa.field("canonical_url", pa.string(), nullable=False),
]
"""What ingestion adds to the reader's columns, before `text`."""

REVISION: Final = pa.schema(
    [*list(DUMP_COLUMNS)[:-1], *ADDED_COLUMNS, DUMP_COLUMNS.field("text")],
    metadata={"wikigrove.contract": REVISION_CONTRACT},
)
"""A record as stored. `text` is last, so that the other columns lie together."""

EXTRACTION: Final = pa.schema(
    [
        pa.field("plain_text", pa.large_string()),
        pa.field("plain_text_losses", pa.list_(pa.field("item", LOSS, nullable=False)), nullable=False),
    ]
)
"""What text extraction makes of a record where it is needed; it is never stored."""

EXTRACTED: Final = pa.schema([*REVISION, *EXTRACTION])
"""A record together with its plain text."""

_LEAF_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("leaf_index", pa.int64(), nullable=False),
    pa.field("leaf", pa.binary(), nullable=False),
    pa.field("leaf_hash", pa.binary(32), nullable=False),
]
LEAF: Final = pa.schema(_LEAF_FIELDS, metadata={"wikigrove.contract": LEAF_CONTRACT})
"""The leaf table: the encoded leaf of every record and its hash. It is never rewritten."""

_QUARANTINE_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("source_id", pa.int32(), nullable=False),
    pa.field("stream_offset", pa.int64(), nullable=False),
    pa.field("element_offset", pa.int64(), nullable=False),
    pa.field("element_length", pa.int64(), nullable=False),
    pa.field("page_id", pa.int64()),
    pa.field("revision_id", pa.int64()),
    pa.field("reason", pa.string(), nullable=False),
    pa.field("detail", pa.string(), nullable=False),
    pa.field("sha256", pa.binary(32), nullable=False),  # of the element's raw bytes
]
QUARANTINE: Final = pa.schema(_QUARANTINE_FIELDS, metadata={"wikigrove.contract": QUARANTINE_CONTRACT})
"""Records that could not be read: where they lie, why, and the digest of their bytes."""

SEEK_POINT: Final = pa.schema(
    [
        pa.field("source_id", pa.int32(), nullable=False),
        pa.field("stream_offset", pa.int64(), nullable=False),
        pa.field("block_bit", pa.int64(), nullable=False),  # bit offset of a bzip2 block in the file
        pa.field("decompressed", pa.int64(), nullable=False),  # where that block's bytes begin in the stream
    ],
    metadata={"wikigrove.contract": "wikigrove.seek/1"},
)
"""Places inside of long bzip2 streams where decompression can begin: hints for reading a record again, no evidence."""

_LOG_ITEM_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("wiki_id", pa.string(), nullable=False),
    pa.field("log_id", pa.int64(), nullable=False),
    pa.field("log_dt", TIMESTAMP),
    pa.field("user_id", pa.int64()),
    pa.field("user_text", pa.string()),
    pa.field("user_is_visible", pa.bool_(), nullable=False),
    pa.field("user_kind", pa.string(), nullable=False),
    pa.field("log_comment", pa.string()),
    pa.field("log_comment_is_visible", pa.bool_(), nullable=False),
    pa.field("log_type", pa.string()),
    pa.field("log_action", pa.string()),
    pa.field("log_title", pa.string()),
    pa.field("log_params", pa.string()),
    pa.field("log_is_visible", pa.bool_(), nullable=False),  # false: title and parameters are suppressed
    pa.field("source_id", pa.int32(), nullable=False),
    pa.field("stream_offset", pa.int64(), nullable=False),
    pa.field("element_offset", pa.int64(), nullable=False),
    pa.field("element_length", pa.int64(), nullable=False),
]
LOG_ITEM: Final = pa.schema(_LOG_ITEM_FIELDS, metadata={"wikigrove.contract": LOG_ITEM_CONTRACT})
"""Items of a wiki's log: moves, blocks, deletions, as the logging dumps hold them."""

_DATA_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("id", pa.string(), nullable=False),  # <wiki>:<page>:<revision>
    pa.field("text", pa.large_string(), nullable=False),
    pa.field("title", pa.string(), nullable=False),
    pa.field("language", pa.string()),  # BCP 47; null where the wiki has many
    pa.field("wiki_id", pa.string(), nullable=False),
    pa.field("page_id", pa.int64(), nullable=False),
    pa.field("revision_id", pa.int64(), nullable=False),
    pa.field("revision_dt", TIMESTAMP),
    pa.field("licence_ids", pa.list_(pa.field("item", pa.string(), nullable=False)), nullable=False),
    pa.field("url", pa.string(), nullable=False),
    pa.field("source_leaf_index", pa.int64(), nullable=False),
    pa.field("row", pa.int64(), nullable=False),
]
DATA: Final = pa.schema(_DATA_FIELDS, metadata={"wikigrove.contract": "wikigrove.data/1"})
"""What a reader trains on: plain text, where it is from, and what it may be used for."""

_PROOF_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("row", pa.int64(), nullable=False),
    pa.field("source_leaf_index", pa.int64(), nullable=False),
    pa.field("leaf", pa.binary(), nullable=False),
    pa.field("inclusion_path", pa.list_(pa.field("item", pa.binary(32), nullable=False)), nullable=False),
    pa.field("output_leaf", pa.binary(), nullable=False),
]
PROOF: Final = pa.schema(_PROOF_FIELDS, metadata={"wikigrove.contract": "wikigrove.proof/1"})
"""One row per row of the data, in the same order."""

LOW_CARDINALITY: Final = (
    "wiki_id",
    "page_namespace_id",
    "user_kind",
    "content_model",
    "content_format",
    "sha1_status",
    "sha1_reason",
    "size_status",
    "text_state",
    "source_id",
    "licence_rule",
)
"""Columns that get a Parquet dictionary."""
