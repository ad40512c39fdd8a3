"""From the reader's rows to stored rows: what follows from a record is added, and its leaf is encoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute

from wikigrove import schema
from wikigrove.governance import licence
from wikigrove.governance.wikis import canonical_urls
from wikigrove.provenance.leaf import encode_leaves

pc: Any = pyarrow.compute  # the stubs know no kernel for columns of any type


def seal(
    batch: pa.RecordBatch, first_row: int, *, siteinfo: Mapping[str, Any] | None, threads: int
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Add licence and permanent URL to the reader's rows, and encode their leaves.

    Args:
        batch: Rows of `schema.DUMP_COLUMNS`.
        first_row: Row number of the first one in its file.
        siteinfo: The dump's header: the base URL for links.
        threads: Threads for hashing.

    Returns:
        Rows of `schema.REVISION` and of `schema.LEAF`.
    """
    columns = {name: batch.column(name) for name in batch.schema.names}
    columns |= derive(batch, siteinfo)
    columns["leaf_index"] = pa.array(range(first_row, first_row + batch.num_rows), pa.int64())
    rows = pa.record_batch([columns[field.name].cast(field.type) for field in schema.REVISION], schema=schema.REVISION)
    encoded = encode_leaves(rows, threads=threads)
    sealed = pa.record_batch([rows["leaf_index"], encoded["leaf"], encoded["leaf_hash"]], schema=schema.LEAF)
    return rows, sealed


def derive(batch: Any, siteinfo: Mapping[str, Any] | None) -> dict[str, Any]:
    """Compute the columns that follow from a record: its licence and its permanent address.

    It is a pure function, so that a verifier can compute the same again and compare.

    Args:
        batch: Rows with at least the columns `wiki_id`, `page_namespace_id`, `revision_id` and `revision_dt`.
        siteinfo: The dump's header: the base URL for links.

    Returns:
        `licence_rule`, `licence_ids` and `canonical_url`, as in `schema.REVISION`.
    """
    rule, licences = licence.resolve(batch)
    base = (siteinfo or {}).get("base")
    bases = dict.fromkeys(pc.unique(batch["wiki_id"]).to_pylist(), base) if base else None
    urls = canonical_urls(batch["wiki_id"], batch["revision_id"], bases=bases)
    return {"licence_rule": rule, "licence_ids": licences, "canonical_url": urls}
