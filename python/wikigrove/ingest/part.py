"""One part of a dump file: its rows become sealed segments, and its record enters the journal.

Everything here runs on the writer's thread, one part after the other, while the reader is ahead by a few batches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from wikigrove import schema
from wikigrove.ingest.tallies import Tallies
from wikigrove.ingest.unit import Unit
from wikigrove.store import RecordWriter, Segment, Staging, Store, journal
from wikigrove.store.records import HISTORY_PAGE_BYTES, PAGE_BYTES

SIDE_TABLES = {"quarantine": schema.QUARANTINE, "seek": schema.SEEK_POINT}
"""Kinds that the reader gives at the end of a part, with their schemas."""

KINDS = ("records", "leaves", "logitems", *SIDE_TABLES)
"""The kinds of segments of a part, in the order of its record."""


def page_bytes(job: str | None) -> int:
    """Return what Parquet data pages aim at: large ones where neighbours are alike, as in a history."""
    return HISTORY_PAGE_BYTES if "history" in (job or "") else PAGE_BYTES


class PartWriter:
    """Writes the segments of one part.

    Args:
        staging: Where unfinished files go.
        unit: The file.
        number: The part's number, from 0.
        first_row: `leaf_index` of its first row, counted from the unit's first row.
    """

    def __init__(self, staging: Staging, unit: Unit, number: int, first_row: int) -> None:
        self._staging = staging
        self._unit = unit
        self._number = number
        self._place: dict[str, Any] = {"ordinal": unit.ordinal, "unit": unit.key()}
        pages = page_bytes(unit.source.job)
        self._records = RecordWriter(
            staging, "records", schema.REVISION, unit.partition, first=first_row, page_bytes=pages, **self._place
        )
        self._leaves = RecordWriter(staging, "leaves", schema.LEAF, unit.partition, first=first_row, **self._place)
        self._log_items = RecordWriter(staging, "logitems", schema.LOG_ITEM, unit.partition, **self._place)
        self._tallies = Tallies()

    def write(self, rows: pa.RecordBatch, leaves: pa.RecordBatch) -> None:
        """Add rows and their leaves."""
        self._tallies.add(rows)
        self._records.write(rows)
        self._leaves.write(leaves)

    def write_log(self, items: pa.RecordBatch) -> None:
        """Add items of the wiki's log."""
        self._log_items.write(items.cast(schema.LOG_ITEM))

    def finish(
        self, store: Store, side: Mapping[str, pa.RecordBatch], summary: Mapping[str, Any], state: Any
    ) -> dict[str, Any]:
        """Seal the segments and enter the part's record.

        Args:
            store: Whose journal it is.
            side: The rows of this part by kind, as in `SIDE_TABLES`.
            summary: The reader's summary of the file up to here.
            state: Where the next part begins, as the reader said it; None after the last part.

        Returns:
            The record that counts.
        """
        segments: list[Segment] = [*self._records.close(), *self._leaves.close(), *self._log_items.close()]
        for kind, rows in side.items():
            if rows.num_rows:
                table = pa.Table.from_batches([rows]).cast(SIDE_TABLES[kind])
                writer = RecordWriter(self._staging, kind, SIDE_TABLES[kind], self._unit.partition, **self._place)
                writer.write(table)
                segments += writer.close()
        reasons = Counter(side["quarantine"]["reason"].to_pylist())
        record = {
            "segments": [segment.to_json() for segment in segments],
            "tallies": self._tallies.to_json(),
            "quarantine_reasons": dict(sorted(reasons.items())),
            "so_far": {
                "counts": {**_reader_counts(summary), "quarantined": summary["quarantined"]},
                "bytes_read": summary["bytes_read"],
                "warnings": [[offset, text] for offset, text in summary["warnings"]],
                "warning_count": summary["warning_count"],
            },
            "resume": state,
        }
        return journal.put(store, self._unit.part_key(self._number), record)


def _reader_counts(summary: Mapping[str, Any]) -> dict[str, int]:
    names = ("pages", "bytes_decompressed", "uploads", "logitems", "duplicates", "unknown_elements")
    return {name: summary[name] for name in names}
