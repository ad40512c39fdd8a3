"""The whole pages of a store, each one a chain of revisions in order of time, wherever their files lie."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wikigrove import schema
from wikigrove.store import Manifest, Store, iterate

pc: Any = pyarrow.compute  # the stubs know no kernel for columns of any type

BATCH_ROWS: Final = 1 << 16
"""Rows read before whole pages are cut off; a larger page is read whole."""

NO_TIME: Final = np.iinfo(np.int64).min
"""The time of a revision that has none: before all others."""

HIDDEN: Final = schema.TEXT_STATES.index("hidden")

Ints = npt.NDArray[np.int64]

COLUMNS: Final = (
    "leaf_index",
    "wiki_id",
    "page_id",
    "revision_id",
    "revision_dt",
    "revision_sha1",
    "text_state",
    "user_id",
)


@dataclass(frozen=True, slots=True)
class Chains:
    """Whole pages, each one's revisions in order of time."""

    rows: Any  # a table with COLUMNS
    pages: Ints
    times: Ints  # microseconds; the smallest number where there is none

    @classmethod
    def of(cls, table: Any) -> Chains:
        """Sort a table of whole pages by page, time and revision id."""
        wikis = codes(table["wiki_id"])
        ids, revisions = table["page_id"].to_numpy(), table["revision_id"].to_numpy()
        times = _microseconds(table["revision_dt"])
        _, first, numbers = np.unique(np.stack([wikis, ids]), axis=1, return_index=True, return_inverse=True)
        pages = first[np.ravel(numbers)]  # pages stay in the order in which they lie in the store
        order = np.lexsort((revisions, times, pages))
        return cls(table.take(pa.array(order)), pages[order], times[order])

    def contents(self) -> Ints:
        """Number the contents; -1 where one is hidden or has no checksum."""
        numbers = codes(self.rows["revision_sha1"])
        return np.where(self.rows["text_state"].to_numpy() == HIDDEN, -1, numbers)


def chains_of(store: Store, manifest: Manifest) -> Iterator[Chains]:
    """Yield the pages of a store, about `BATCH_ROWS` revisions at a time; each page comes once and whole."""
    batches = iterate(store, "records", list(COLUMNS), manifest=manifest, batch_rows=BATCH_ROWS)
    return (Chains.of(table) for table in _whole_pages(batches, _apart(store, manifest)))


def newest_times(store: Store, manifest: Manifest) -> dict[str, int]:
    """Return the newest timestamp of each wiki, after which nothing was observed."""
    ends: dict[str, int] = {}
    for batch in iterate(store, "records", ["wiki_id", "revision_dt"], manifest=manifest, batch_rows=BATCH_ROWS):
        newest = pa.table({"wiki": batch["wiki_id"], "time": batch["revision_dt"].cast(pa.int64())}).group_by("wiki")
        for row in newest.aggregate([("time", "max")]).to_pylist():
            time = row["time_max"] if row["time_max"] is not None else NO_TIME
            ends[row["wiki"]] = max(ends.get(row["wiki"], NO_TIME), time)
    return ends


def _whole_pages(batches: Iterator[pa.RecordBatch], apart: dict[tuple[str, int], int]) -> Iterator[Any]:
    """Cut a stream of rows into tables of whole pages.

    Args:
        batches: Rows with at least `wiki_id` and `page_id`.
        apart: Rows of each page that lies in several places: such a page waits until all of its rows are there.

    Yields:
        Tables; each page is in exactly one of them.
    """
    waiting: dict[tuple[str, int], list[pa.RecordBatch]] = {}
    pending: list[pa.RecordBatch] = []
    rows = cut = 0  # the last page in `pending` begins at row `cut`
    last: tuple[str, int] | None = None
    for batch in batches:
        for part in _set_aside(batch, apart, waiting) if apart else [batch]:
            starts = _run_starts(part)
            begins = int(starts[-1])
            if begins or _key(part, 0) != last:
                cut = rows + begins
            last = _key(part, begins)
            pending.append(part)
            rows += part.num_rows
        if rows >= BATCH_ROWS and cut:
            table = pa.Table.from_batches(pending)
            yield table.slice(0, cut)
            pending = table.slice(cut).to_batches()
            rows, cut = rows - cut, 0
    if rows:
        yield pa.Table.from_batches(pending)


def _set_aside(
    batch: pa.RecordBatch, apart: dict[tuple[str, int], int], waiting: dict[tuple[str, int], list[pa.RecordBatch]]
) -> list[pa.RecordBatch]:
    """Give back the batch without the rows of pages that wait, and with the pages that are complete now."""
    ready: list[pa.RecordBatch] = []
    for start, end in _runs(batch):
        key, run = _key(batch, start), batch.slice(start, end - start)
        if key not in apart:
            ready.append(run)
            continue
        own = run.take(pa.array(range(run.num_rows), pa.int64()))  # a slice would keep its whole batch in memory
        waiting.setdefault(key, []).append(own)
        apart[key] -= run.num_rows
        if apart[key] == 0:
            ready += waiting.pop(key)
    return ready


def _apart(store: Store, manifest: Manifest) -> dict[tuple[str, int], int]:
    """Count the rows of each page whose rows do not lie together: mostly none, and then nothing is kept in memory."""
    newest: dict[str, int] = {}
    before = ""
    for wiki, page, _ in _page_runs(store, manifest):
        if wiki in newest and (page < newest[wiki] or (page == newest[wiki] and wiki != before)):
            break
        newest[wiki], before = page, wiki
    else:
        return {}
    runs: dict[str, tuple[array[int], array[int]]] = {}
    for wiki, page, rows in _page_runs(store, manifest):
        pages, lengths = runs.setdefault(wiki, (array("q"), array("q")))
        pages.append(page)
        lengths.append(rows)
    apart: dict[tuple[str, int], int] = {}
    for wiki, (pages, lengths) in runs.items():
        ids, numbers, times = np.unique(np.array(pages), return_inverse=True, return_counts=True)
        rows_of = np.bincount(numbers, weights=np.array(lengths)).astype(np.int64)
        apart |= {(wiki, int(ids[place])): int(rows_of[place]) for place in np.flatnonzero(times > 1)}
    return apart


def _page_runs(store: Store, manifest: Manifest) -> Iterator[tuple[str, int, int]]:
    """Yield (wiki, page, rows) for each run of rows of one page; a run may be cut where a batch ends."""
    for batch in iterate(store, "records", ["wiki_id", "page_id"], manifest=manifest, batch_rows=BATCH_ROWS):
        for start, end in _runs(batch):
            yield (*_key(batch, start), end - start)


def _runs(batch: pa.RecordBatch) -> Iterator[tuple[int, int]]:
    starts = _run_starts(batch).tolist()
    return zip(starts, [*starts[1:], batch.num_rows], strict=True)


def _run_starts(batch: pa.RecordBatch) -> Ints:
    """Return the rows at which another page begins; the first row is one."""
    wikis, pages = codes(batch["wiki_id"]), batch["page_id"].to_numpy()
    changes = (wikis[1:] != wikis[:-1]) | (pages[1:] != pages[:-1])
    return np.concatenate(([0], np.flatnonzero(changes) + 1))


def _key(batch: pa.RecordBatch, row: int) -> tuple[str, int]:
    return batch["wiki_id"][row].as_py(), batch["page_id"][row].as_py()


def codes(values: Any) -> Ints:
    """Number equal values alike, from 0; -1 where there is none."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    encoded = whole.dictionary_encode()
    return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _microseconds(times: Any) -> Ints:
    return np.asarray(pc.fill_null(times.cast(pa.int64()), NO_TIME).to_numpy(), dtype=np.int64)


def to_batch(columns: dict[str, Any], contract: pa.Schema) -> pa.RecordBatch:
    """Put columns, some of them in chunks, into one batch of a contract."""
    arrays = [column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column for column in columns.values()]
    return pa.RecordBatch.from_arrays(arrays, schema=contract)
