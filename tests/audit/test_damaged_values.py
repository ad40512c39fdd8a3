"""Values that Parquet can hold and Python cannot: both verifiers refuse the file, and neither crashes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def spoil(column: pa.Array[Any]) -> pa.Array[Any]:
    """Break the first value: bytes that are no UTF-8, or a time past the year 9999."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return pa.array([(1 << 63) - 1 - (1 << 63) % 1_000_000, *column.cast(pa.int64()).to_pylist()[1:]]).cast(kind)
    buffers = column.buffers()
    data = bytearray(buffers[2].to_pybytes())
    data[0] = 0xFF
    return pa.Array.from_buffers(kind, len(column), [buffers[0], buffers[1], pa.py_buffer(bytes(data))])


@pytest.mark.parametrize(
    ("folder", "column"),
    [
        *[("data", name) for name in ("id", "text", "title", "wiki_id", "url", "language", "revision_dt")],
        *[("source", name) for name in ("wiki_id", "page_title", "content_model", "text", "canonical_url")],
        *[("source", name) for name in ("revision_dt", "content_format", "revision_sha1")],
    ],
)
def test_value_that_is_none(export: Any, folder: str, column: str) -> None:
    path: Path = export.shard(folder)
    table = pq.read_table(path).combine_chunks()
    place = table.schema.get_field_index(column)
    spoilt = spoil(table.column(column).combine_chunks() if hasattr(table.column(column), "chunks") else None)
    pq.write_table(table.set_column(place, table.schema.field(column), spoilt), path)
    export.relist()
    assert export.codes() == (10, 10)
