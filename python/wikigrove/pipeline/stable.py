"""Only the newest stable revision of each page: which rows those are, and whether vectors were made of them alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wikigrove.errors import SelectionError
from wikigrove.history import RULE, stable_revisions
from wikigrove.store import Manifest, Store


@dataclass(frozen=True, slots=True, eq=False)
class StableRows:
    """The pages of a store, parted by whether they have a stable revision.

    Attributes:
        ids: int64[n], ascending: `leaf_index` of the newest stable revision of each page that has one.
        without: int64[m], ascending: `leaf_index` of one revision of each page that has none.
    """

    ids: npt.NDArray[np.int64]
    without: npt.NDArray[np.int64]


def stable_rows(store: Store, manifest: Manifest) -> StableRows:
    """Choose the stable rows of a store, by `history.RULE`.

    Args:
        store: The store.
        manifest: The version to read.

    Returns:
        The rows.
    """
    found = stable_revisions(store, manifest=manifest, **RULE)
    ids, is_stable = found["leaf_index"].to_numpy(), found["is_stable"].to_numpy()
    return StableRows(np.sort(ids[is_stable]), np.sort(ids[~is_stable]))


def refuse_unfit_vectors(manifest: Manifest, *, stable: bool) -> None:
    """Refuse to select from vectors of stable revisions as if they were of all, or were chosen by another rule.

    Vectors of all revisions fit either way: the stable ones are among them.

    Args:
        manifest: The version whose vectors are used.
        stable: Whether stable revisions are asked for.

    Raises:
        SelectionError: The vectors do not fit.
    """
    for segment in manifest.content.of_kind("vectors"):
        rule = segment.extra.get("stable")
        if rule is not None and not stable:
            raise SelectionError(
                "store has vectors of stable revisions only; hint: select STORE --stable, "
                f"or embed STORE again without --stable: {rule}"
            )
        if rule not in (None, RULE):
            raise SelectionError(f"vectors are of what another rule called stable; hint: embed STORE --stable: {rule}")
