"""Identity reverts: a revision whose content equals that of an earlier one, with at least one other between them.

Defined as in https://meta.wikimedia.org/wiki/Research:Revert (radius 15 as in Priedhorsky et al., GROUP 2007) and
found as `mwreverts.Detector` does: the last radius + 1 revisions are looked at, the latest equal one is what was
restored, and an equal neighbour makes the revision a null edit instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from wikigrove import schema
from wikigrove.errors import ConfigError
from wikigrove.history.chains import Chains, Ints, chains_of, to_batch
from wikigrove.store import Manifest, Store

RADIUS: Final = 15
"""Most revisions that a revert may undo, as in the literature."""

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
    check_radius(radius)
    store = store if isinstance(store, Store) else Store.open(store)
    found = [_reverts_of(chains, radius) for chains in chains_of(store, manifest or store.manifest())]
    return pa.Table.from_batches(found, REVERT)


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
    check_radius(radius)
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
    check_radius(radius)
    after = np.zeros(len(lags), dtype=np.int64)
    for distance in range(1, min(radius, len(lags) - 1) + 1):
        undone = after[:-distance]
        undone[(lags[distance:] > distance) & (undone == 0)] = distance
    return after


def check_radius(radius: int) -> None:
    """Raise a ConfigError for a radius within which nothing can be reverted."""
    if radius < 1:
        raise ConfigError(f"the radius of a revert must be at least 1, got: {radius}")


def _reverts_of(chains: Chains, radius: int) -> pa.RecordBatch:
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
    return to_batch(columns, REVERT)
