"""No revision may come twice: not from two pages of one file, not from two files of one build.

Inside one page the reader drops equal duplicates. A file whose pages ascend by id cannot hold a revision in two pages;
one whose pages do not ascend is looked through. Between files only those whose page ranges overlap need a look: the
ranges stand in the Parquet footers, so parts of one dump are compared without reading a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from wikigrove.errors import DuplicateRevisionError
from wikigrove.ingest import Unit
from wikigrove.store import Segment, Store

Keys = npt.NDArray[np.int64]


def refuse_duplicates(store: Store, units: Sequence[Unit], segments: Sequence[Segment]) -> None:
    """Refuse a build in which two files hold the same revision.

    Args:
        store: Where the segments lie.
        units: The files of the build.
        segments: Their segments.

    Raises:
        DuplicateRevisionError: It names wiki, page, revision and both files.
    """
    by_key = {unit.key(): unit for unit in units}
    records: dict[Unit, list[Path]] = {}
    for segment in segments:
        if segment.kind == "records" and segment.unit is not None:
            records.setdefault(by_key[segment.unit], []).append(store.segment_path(segment))
    ranges = {unit: _page_range(paths) for unit, paths in records.items()}
    for unit, paths in records.items():
        if not _ascends(paths):
            keys = _keys(paths, *ranges[unit])
            found, counts = np.unique(keys, return_counts=True)
            if (counts > 1).any():
                page, revision = found[counts > 1][0].tolist()
                raise DuplicateRevisionError(
                    f"revision {revision} of {unit.source.wiki_id} is in two pages of the file, "
                    f"{int((counts > 1).sum())} such in all",
                    page_id=page,
                    source=str(unit.source.path),
                )
    for one, other in combinations(records, 2):
        if one.source.wiki_id != other.source.wiki_id:
            continue
        low, high = max(ranges[one][0], ranges[other][0]), min(ranges[one][1], ranges[other][1])
        if low > high:
            continue
        shared = np.intersect1d(_keys(records[one], low, high), _keys(records[other], low, high))
        if len(shared):
            page, revision = shared[0].tolist()
            raise DuplicateRevisionError(
                f"revision {revision} of {one.source.wiki_id} is in two files, {len(shared)} such in all; "
                f"hint: give only one of them; the other file: {other.source.path}",
                page_id=page,
                source=str(one.source.path),
            )


def _page_range(paths: Sequence[Path]) -> tuple[int, int]:
    lows, highs = [], []
    for path in paths:
        metadata: Any = pq.ParquetFile(path).metadata
        column = metadata.schema.names.index("page_id")
        for group in range(metadata.num_row_groups):
            statistics = metadata.row_group(group).column(column).statistics
            lows.append(statistics.min)
            highs.append(statistics.max)
    return min(lows), max(highs)


def _ascends(paths: Sequence[Path]) -> bool:
    """Say whether the page ids of a file ascend from page to page, reading three narrow columns."""
    last: tuple[int, int, int] | None = None
    for path in paths:
        for batch in pq.ParquetFile(path).iter_batches(columns=["page_id", "page_stream_offset", "page_offset"]):
            ids, streams, offsets = (column.to_numpy() for column in batch.columns)
            if last is not None:
                ids, streams, offsets = (
                    np.insert(part, 0, value) for part, value in zip((ids, streams, offsets), last, strict=True)
                )
            starts = (np.diff(streams) != 0) | (np.diff(offsets) != 0)
            if (np.diff(ids)[starts] <= 0).any():
                return False
            last = (int(ids[-1]), int(streams[-1]), int(offsets[-1]))
    return True


def _keys(paths: Sequence[Path], low: int, high: int) -> npt.NDArray[np.void]:
    """Return (page_id, revision_id) of the rows whose page lies in a range, as a sortable structured array."""
    found = []
    for path in paths:
        rows = pq.read_table(
            path, columns=["page_id", "revision_id"], filters=[("page_id", ">=", low), ("page_id", "<=", high)]
        )
        keys = np.empty(rows.num_rows, dtype=[("page", np.int64), ("revision", np.int64)])
        keys["page"], keys["revision"] = rows["page_id"].to_numpy(), rows["revision_id"].to_numpy()
        found.append(keys)
    return np.concatenate(found)
