"""Reverts, and the newest revision of a page that has stood: read from the checksums of a history alone.

An identity revert is a revision whose content equals that of an earlier one, with at least one other revision between
(https://meta.wikimedia.org/wiki/Research:Revert; radius 15 as in Priedhorsky et al., GROUP 2007). It is defined as in
`mwreverts.Detector`: the last radius + 1 revisions are looked at, the latest equal one is what was restored, and an
equal neighbour makes the revision a null edit instead.

The functions over arrays see many pages at once. The ones over a store hold whole pages in memory, one batch of them at
a time, and join a page whose revisions lie in several files.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wikigrove import schema
from wikigrove.errors import ConfigError
from wikigrove.store import Manifest, Store, iterate

pc: Any = pyarrow.compute  # the stubs know no kernel for columns of any type

RADIUS: Final = 15
"""Most revisions that a revert may undo, as in the literature."""

STOOD_SECONDS: Final = 48 * 3600
"""How long a revision must have been unreverted before it counts as stable."""

BATCH_ROWS: Final = 1 << 16
"""Rows read before whole pages are cut off; a larger page is read whole."""

REASONS: Final = (
    "stood",  # the current revision for at least as long as asked
    "survived",  # edited sooner, but not reverted in that time or by the next `radius` revisions
    "latest",  # none is stable yet: the newest visible revision
    "hidden",  # no revision is visible: the newest one
)
"""Why a revision was chosen, by code; the first two are stable."""

Ints = npt.NDArray[np.int64]

_HIDDEN: Final = schema.TEXT_STATES.index("hidden")
_COLUMNS: Final = (
    "leaf_index",
    "wiki_id",
    "page_id",
    "revision_id",
    "revision_dt",
    "revision_sha1",
    "text_state",
    "user_id",
)

_REVERT_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("wiki_id", pa.string(), nullable=False),
    pa.field("page_id", pa.int64(), nullable=False),
    pa.field("reverting_id", pa.int64(), nullable=False),
    pa.field("reverting_dt", schema.TIMESTAMP),
    pa.field("reverting_user_id", pa.int64()),
    pa.field("reverted_ids", pa.list_(pa.field("item", pa.int64(), nullable=False)), nullable=False),
    pa.field("reverted_to_id", pa.int64(), nullable=False),
]
REVERT: Final = pa.schema(_REVERT_FIELDS)
"""One row per revert; `reverted_ids` has the newest first."""

_STABLE_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("wiki_id", pa.string(), nullable=False),
    pa.field("page_id", pa.int64(), nullable=False),
    pa.field("leaf_index", pa.int64(), nullable=False),
    pa.field("revision_id", pa.int64(), nullable=False),
    pa.field("revision_dt", schema.TIMESTAMP),
    pa.field("is_stable", pa.bool_(), nullable=False),
    pa.field("reason", pa.string(), nullable=False),
    pa.field("newer", pa.int64(), nullable=False),
    pa.field("newer_reverted", pa.int64(), nullable=False),
]
STABLE: Final = pa.schema(_STABLE_FIELDS)
"""One row per page: the revision chosen, and how many newer ones were passed over, reverted ones among them."""


# ---------------------------------------------------------------- arrays


def revert_lags(pages: Ints, contents: Ints, *, radius: int = RADIUS) -> Ints:
    """Find the reverts in chains of revisions.

    Args:
        pages: int64[n], one number for each page; equal numbers lie together, each page's revisions in order of time.
        contents: int64[n], equal where contents are equal; negative where the content is unknown and equals nothing.
        radius: Most revisions that a revert may undo, at least 1.

    Returns:
        int64[n]: how many revisions back the restored one lies, at least 2; 0 where a revision reverts nothing.

    Example:
        >>> pages, contents = np.zeros(11, np.int64), np.array([0, 0, 1, 0, 2, 3, 0, 4, 5, 6, 0])
        >>> revert_lags(pages, contents, radius=2).tolist()
        [0, 0, 0, 2, 0, 0, 3, 0, 0, 0, 0]
    """
    _check_radius(radius)
    lags = np.zeros(len(pages), dtype=np.int64)
    for lag in range(1, min(radius + 1, len(pages) - 1) + 1):
        equal = (contents[lag:] == contents[:-lag]) & (contents[lag:] >= 0) & (pages[lag:] == pages[:-lag])
        later = lags[lag:]
        later[equal & (later == 0)] = lag
    lags[lags == 1] = 0  # a null edit, whatever lies behind it
    return lags


def reverted_after(lags: Ints, *, radius: int = RADIUS) -> Ints:
    """Say how soon each revision was reverted.

    Args:
        lags: From `revert_lags` with the same radius.
        radius: As there.

    Returns:
        int64[n]: how many revisions later the first revert came that undid this one; 0 where none did.

    Example:
        >>> reverted_after(np.array([0, 0, 2, 0, 0, 3])).tolist()
        [0, 1, 0, 2, 1, 0]
    """
    _check_radius(radius)
    after = np.zeros(len(lags), dtype=np.int64)
    for distance in range(1, min(radius, len(lags) - 1) + 1):
        undone = after[:-distance]
        undone[(lags[distance:] > distance) & (undone == 0)] = distance
    return after


def _check_radius(radius: int) -> None:
    if radius < 1:
        raise ConfigError(f"the radius of a revert must be at least 1, got: {radius}")


# ---------------------------------------------------------------- stores


def reverts(store: Store | str | Path, *, radius: int = RADIUS, manifest: Manifest | None = None) -> pa.Table:
    """List the identity reverts of a store that holds histories.

    Revisions of a page are taken in order of (timestamp, id), wherever their files lie; one without time goes first.
    Content that is hidden or has no checksum equals nothing, not even itself.

    Args:
        store: A store, or its folder.
        radius: Most revisions that a revert may undo.
        manifest: The version to read; the newest by default.

    Returns:
        Rows of `REVERT`, pages as they lie in the store.

    Raises:
        ConfigError: The radius is less than 1.
    """
    _check_radius(radius)
    found = [_reverts_of(chains, radius) for chains in _chains(_opened(store), manifest)]
    return pa.Table.from_batches(found, REVERT)


def stable_revisions(
    store: Store | str | Path,
    *,
    radius: int = RADIUS,
    stood_seconds: int = STOOD_SECONDS,
    manifest: Manifest | None = None,
) -> pa.Table:
    """Choose of every page the newest revision that is visible, was not reverted, and had the time to be.

    That time has passed when `stood_seconds` lie between the revision and the newest one of its wiki in the store, or
    `radius` later revisions came. Where no revision of a page qualifies, its newest visible one is named as not stable.
    A store of current revisions alone knows no reverts: there a revision is stable when it stood long enough.

    Args:
        store: A store, or its folder.
        radius: Most revisions that a revert may undo.
        stood_seconds: Least seconds; 0 asks for none.
        manifest: The version to read; the newest by default.

    Returns:
        Rows of `STABLE`, pages as they lie in the store.

    Raises:
        ConfigError: The radius is less than 1, or the seconds are negative.
    """
    _check_radius(radius)
    if stood_seconds < 0:
        raise ConfigError(f"seconds cannot be negative, got: {stood_seconds}")
    store = _opened(store)
    manifest = manifest or store.manifest()
    ends = _ends(store, manifest)
    found = [_stable_of(chains, radius, stood_seconds, ends) for chains in _chains(store, manifest)]
    return pa.Table.from_batches(found, STABLE)


@dataclass(frozen=True, slots=True)
class _Chains:
    """Whole pages, each one's revisions in order of time."""

    rows: Any  # a table with _COLUMNS
    pages: Ints
    times: Ints  # microseconds; the smallest number where there is none

    @classmethod
    def of(cls, table: Any) -> _Chains:
        wikis = _codes(table["wiki_id"])
        ids, revisions = table["page_id"].to_numpy(), table["revision_id"].to_numpy()
        times = _microseconds(table["revision_dt"])
        _, first, numbers = np.unique(np.stack([wikis, ids]), axis=1, return_index=True, return_inverse=True)
        pages = first[np.ravel(numbers)]  # pages stay in the order in which they lie in the store
        order = np.lexsort((revisions, times, pages))
        return cls(table.take(pa.array(order)), pages[order], times[order])

    def contents(self) -> Ints:
        """Number the contents; -1 where one is hidden or has no checksum."""
        codes = _codes(self.rows["revision_sha1"])
        return np.where(self.rows["text_state"].to_numpy() == _HIDDEN, -1, codes)


def _reverts_of(chains: _Chains, radius: int) -> pa.RecordBatch:
    lags = revert_lags(chains.pages, chains.contents(), radius=radius)
    places = np.flatnonzero(lags)
    undone = lags[places] - 1
    ends = np.concatenate(([0], np.cumsum(undone)))
    backwards = np.arange(ends[-1]) - np.repeat(ends[:-1], undone) + 1
    revisions = chains.rows["revision_id"].to_numpy()
    reverting = chains.rows.take(pa.array(places)).combine_chunks()
    columns = {
        "wiki_id": reverting["wiki_id"],
        "page_id": reverting["page_id"],
        "reverting_id": reverting["revision_id"],
        "reverting_dt": reverting["revision_dt"],
        "reverting_user_id": reverting["user_id"],
        "reverted_ids": pa.ListArray.from_arrays(
            pa.array(ends, pa.int32()),
            pa.array(revisions[np.repeat(places, undone) - backwards]),
            type=REVERT.field("reverted_ids").type,
        ),
        "reverted_to_id": pa.array(revisions[places - lags[places]]),
    }
    return _batch(columns, REVERT)


def _stable_of(chains: _Chains, radius: int, stood_seconds: int, ends: dict[str, int]) -> pa.RecordBatch:
    count = len(chains.pages)
    lags = revert_lags(chains.pages, chains.contents(), radius=radius)
    undone = reverted_after(lags, radius=radius) > 0
    visible = chains.rows["text_state"].to_numpy() != _HIDDEN
    places = np.arange(count)
    is_first = np.concatenate(([True], chains.pages[1:] != chains.pages[:-1]))
    starts = np.flatnonzero(is_first)
    lasts = np.concatenate((starts[1:], [count])) - 1
    last = lasts[np.cumsum(is_first) - 1]  # of each row's page
    known = chains.times > _NO_TIME
    end = _per_wiki(chains.rows["wiki_id"], ends)
    until = np.where(places < last, np.append(chains.times[1:], 0), end)
    least = stood_seconds * 1_000_000
    stood = known & (until - np.where(known, chains.times, until) >= least)
    settled = stood | (known & (end - np.where(known, chains.times, end) >= least)) | (last - places >= radius)
    stable = _last_place(visible & ~undone & settled, starts)
    shown = _last_place(visible, starts)
    chosen = np.where(stable >= 0, stable, np.where(shown >= 0, shown, lasts))
    reasons = np.where(stable >= 0, np.where(stood[chosen], 0, 1), np.where(shown >= 0, 2, 3))
    undone_before = np.concatenate(([0], np.cumsum(undone)))
    rows = chains.rows.take(pa.array(chosen)).combine_chunks()
    columns = {name: rows[name] for name in ("wiki_id", "page_id", "leaf_index", "revision_id", "revision_dt")} | {
        "is_stable": pa.array(reasons <= 1),
        "reason": pa.array([REASONS[reason] for reason in reasons.tolist()], pa.string()),
        "newer": pa.array(lasts - chosen),
        "newer_reverted": pa.array(undone_before[lasts + 1] - undone_before[chosen + 1]),
    }
    return _batch(columns, STABLE)


def _batch(columns: dict[str, Any], contract: pa.Schema) -> pa.RecordBatch:
    arrays = [column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column for column in columns.values()]
    return pa.RecordBatch.from_arrays(arrays, schema=contract)


def _last_place(wanted: npt.NDArray[np.bool_], starts: Ints) -> Ints:
    """Return of each page the last row that is wanted, or -1."""
    return np.asarray(np.maximum.reduceat(np.where(wanted, np.arange(len(wanted)), -1), starts), dtype=np.int64)


_NO_TIME: Final = np.iinfo(np.int64).min


def _microseconds(times: Any) -> Ints:
    return np.asarray(pc.fill_null(times.cast(pa.int64()), _NO_TIME).to_numpy(), dtype=np.int64)


def _codes(values: Any) -> Ints:
    """Number equal values alike, from 0; -1 where there is none."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    encoded = whole.dictionary_encode()
    return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _per_wiki(wikis: Any, values: dict[str, int]) -> Ints:
    encoded = wikis.combine_chunks().dictionary_encode()
    of = np.array([values[wiki] for wiki in encoded.dictionary.to_pylist()], dtype=np.int64)
    return np.asarray(of[encoded.indices.to_numpy()], dtype=np.int64)


# ---------------------------------------------------------------- whole pages out of a stream


def _opened(store: Store | str | Path) -> Store:
    return store if isinstance(store, Store) else Store.open(store)


def _ends(store: Store, manifest: Manifest) -> dict[str, int]:
    """Return the newest timestamp of each wiki, after which nothing was observed."""
    ends: dict[str, int] = {}
    for batch in iterate(store, "records", ["wiki_id", "revision_dt"], manifest=manifest, batch_rows=BATCH_ROWS):
        newest = pa.table({"wiki": batch["wiki_id"], "time": batch["revision_dt"].cast(pa.int64())}).group_by("wiki")
        for row in newest.aggregate([("time", "max")]).to_pylist():
            time = row["time_max"] if row["time_max"] is not None else _NO_TIME
            ends[row["wiki"]] = max(ends.get(row["wiki"], _NO_TIME), time)
    return ends


def _chains(store: Store, manifest: Manifest | None) -> Iterator[_Chains]:
    manifest = manifest or store.manifest()
    batches = iterate(store, "records", list(_COLUMNS), manifest=manifest, batch_rows=BATCH_ROWS)
    return (_Chains.of(table) for table in _whole_pages(batches, _apart(store, manifest)))


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
    wikis, pages = _codes(batch["wiki_id"]), batch["page_id"].to_numpy()
    changes = (wikis[1:] != wikis[:-1]) | (pages[1:] != pages[:-1])
    return np.concatenate(([0], np.flatnonzero(changes) + 1))


def _key(batch: pa.RecordBatch, row: int) -> tuple[str, int]:
    return batch["wiki_id"][row].as_py(), batch["page_id"][row].as_py()
