"""Stable revisions: of each page the newest one that is visible, was not reverted, and had the time to be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wikigrove import schema
from wikigrove.errors import ConfigError
from wikigrove.history.chains import HIDDEN, NO_TIME, Chains, Ints, chains_of, newest_times, to_batch
from wikigrove.history.revert import RADIUS, check_radius, revert_lags, reverted_after
from wikigrove.store import Manifest, Store

STOOD_SECONDS: Final = 48 * 3600
"""How long a revision must have been unreverted before it counts as stable."""

RULE: Final = {"radius": RADIUS, "stood_seconds": STOOD_SECONDS}
"""What counts as stable where nobody says otherwise, as it is kept with what was made under it."""

REASONS: Final = (
    "stood",  # the current revision for at least as long as asked
    "survived",  # edited sooner, but not reverted in that time or by the next `radius` revisions
    "latest",  # none is stable yet: the newest visible revision
    "hidden",  # no revision is visible: the newest one
)
"""Why a revision was chosen, by code; the first two are stable."""

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
    check_radius(radius)
    if stood_seconds < 0:
        raise ConfigError(f"seconds cannot be negative, got: {stood_seconds}")
    store = store if isinstance(store, Store) else Store.open(store)
    manifest = manifest or store.manifest()
    ends = newest_times(store, manifest)
    found = [_stable_of(chains, radius, stood_seconds, ends) for chains in chains_of(store, manifest)]
    return pa.Table.from_batches(found, STABLE)


def in_words(rule: Mapping[str, int]) -> str:
    """Say what a rule like `RULE` counts as stable, in one line.

    Example:
        >>> in_words(RULE)
        'undone by none of the next 15 revisions, and followed by so many or by 172,800 seconds of its wiki'
    """
    return (
        f"undone by none of the next {rule['radius']:,} revisions, and followed by so many or by "
        f"{rule['stood_seconds']:,} seconds of its wiki"
    )


def _stable_of(chains: Chains, radius: int, stood_seconds: int, ends: dict[str, int]) -> pa.RecordBatch:
    count = len(chains.pages)
    lags = revert_lags(chains.pages, chains.contents(), radius=radius)
    undone = reverted_after(lags, radius=radius) > 0
    visible = chains.rows["text_state"].to_numpy() != HIDDEN
    places = np.arange(count)
    is_first = np.concatenate(([True], chains.pages[1:] != chains.pages[:-1]))
    starts = np.flatnonzero(is_first)
    lasts = np.concatenate((starts[1:], [count])) - 1
    last = lasts[np.cumsum(is_first) - 1]  # of each row's page
    known = chains.times > NO_TIME
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
    return to_batch(columns, STABLE)


def _last_place(wanted: npt.NDArray[np.bool_], starts: Ints) -> Ints:
    """Return of each page the last row that is wanted, or -1."""
    return np.asarray(np.maximum.reduceat(np.where(wanted, np.arange(len(wanted)), -1), starts), dtype=np.int64)


def _per_wiki(wikis: Any, values: dict[str, int]) -> Ints:
    encoded = wikis.combine_chunks().dictionary_encode()
    of = np.array([values[wiki] for wiki in encoded.dictionary.to_pylist()], dtype=np.int64)
    return np.asarray(of[encoded.indices.to_numpy()], dtype=np.int64)
