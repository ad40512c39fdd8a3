"""Plain text of stored records, with the headers of the dumps that they come from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wikigrove.extraction import INPUT_COLUMNS, extract
from wikigrove.schema import EXTRACTION
from wikigrove.store import Manifest, Store, fetch_by_ids

Headers = dict[int, Any]


def headers_of(manifest: Manifest) -> Headers:
    """Return the header of every dump file of a version, by `source_id`."""
    return {source.source_id: source.extra.get("siteinfo") for source in manifest.content.sources}


def by_source(batch: Any) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """Tell which rows of a batch come from which dump file, in the order of the files.

    Args:
        batch: Records with the column `source_id`.

    Returns:
        Pairs of `source_id` and rows, ascending.
    """
    sources = batch["source_id"].to_numpy(zero_copy_only=False)
    return [(int(source), np.flatnonzero(sources == source)) for source in np.unique(sources)]


def with_plain_text(batch: pa.RecordBatch, headers: Headers, *, threads: int = 1) -> pa.RecordBatch:
    """Append what extraction gives to some records, whatever files they come from.

    Args:
        batch: Records with `source_id` and the columns of `extraction.INPUT_COLUMNS`.
        headers: From `headers_of`.
        threads: Change nothing but the time.

    Returns:
        The batch with `plain_text` and `plain_text_losses` at its end.
    """
    parts, order = [], []
    for source, rows in by_source(batch):
        part: Any = batch if len(rows) == batch.num_rows else batch.take(pa.array(rows, pa.int64()))
        parts.append(pa.record_batch(extract(part, headers.get(source), threads=threads)))
        order.append(rows)
    if not parts:
        made: Any = EXTRACTION.empty_table()
    elif len(parts) == 1:
        made = parts[0]
    else:
        made = (
            pa.Table.from_batches(parts).take(pa.array(np.argsort(np.concatenate(order)), pa.int64())).combine_chunks()
        )
    columns = [made[field.name] for field in EXTRACTION]
    flat = [column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column for column in columns]
    return pa.RecordBatch.from_arrays([*batch.columns, *flat], schema=pa.schema([*batch.schema, *EXTRACTION]))


def plain_text(store: Store, ids: npt.ArrayLike | pa.Array[Any], *, threads: int = 1) -> pa.Table:
    """Compute the plain text of single records.

    Args:
        store: The store.
        ids: `leaf_index` of the records, in any order.
        threads: Change nothing but the time.

    Returns:
        `leaf_index`, `page_title`, `plain_text` and `plain_text_losses`, in the order asked.

    Raises:
        RecordNotFoundError: An id is not there.
        SegmentDamagedError: A file is missing or damaged.
    """
    manifest = store.manifest()
    names = ("leaf_index", "page_title", "source_id", *INPUT_COLUMNS)
    rows: Any = fetch_by_ids(store, ids, names, manifest=manifest).combine_chunks()
    headers = headers_of(manifest)
    made = [with_plain_text(batch, headers, threads=threads) for batch in rows.to_batches()]
    table = pa.Table.from_batches(made, pa.schema([*rows.schema, *EXTRACTION]))
    return table.select(["leaf_index", "page_title", *EXTRACTION.names])
