"""Which records may be chosen, into which strata they fall, and the selection that is kept under a name."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wikigrove import schema
from wikigrove.errors import ConfigError, SchemaError, SelectionError
from wikigrove.governance.wikis import language_tag
from wikigrove.history import RULE
from wikigrove.pipeline.stable import refuse_unfit_vectors, stable_rows
from wikigrove.selection import Selection, select_representative
from wikigrove.selection.quotas import Quotas
from wikigrove.store import Store, canonical, commit, iterate
from wikigrove.store.regular import read_small
from wikigrove.store.vectors import Vectors

pc: Any = pyarrow.compute  # the stubs know no kernel for columns of any type

FORMAT: Final = "wikigrove.kept-selection/1"
DERIVED: Final = ("language", "year")
"""Strata that are no column: the wiki's language, and the year of the revision."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEYS: Final = ("leaf_index", "wiki_id", "page_id", "page_namespace_id", "revision_id", "revision_dt")


@dataclass(frozen=True, slots=True, eq=False)
class EligibleVectors:
    """The vectors of the records that may be chosen.

    Attributes:
        ids: int64[n], ascending.
        matrix: float32[n, d].
        fingerprint: That of their embedder.
    """

    ids: npt.NDArray[np.int64]
    matrix: npt.NDArray[np.float32]
    fingerprint: str


def select(
    store: Store | str | Path,
    *,
    budget: int,
    objective: str = "represent",
    by: Sequence[str] = (),
    quotas: Quotas = "proportional",
    lane: str = "classical",
    namespaces: Sequence[int] | None = (0,),
    stable: bool = False,
    seed: int = 0,
    baseline_draws: int = 20,
    deadline_s: float = 60.0,
    threads: int = 1,
    name: str = "selection",
) -> Selection:
    """Choose records of a store that represent it, and keep the selection by name.

    Eligible are records with vectors (they have plain text and are no redirect), of the given namespaces, and of each
    page only the newest revision, or the newest stable one. The latter was not reverted and had the time to be
    (`stable_revisions`); pages without such a one are left out and counted. Where a store holds current revisions
    alone, nothing is known of reverts: then pages are left out that were edited in the last 48 hours before the newest
    revision of their wiki.

    Args:
        store: A store with vectors.
        budget: How many records to choose.
        objective: `represent`: the kernel mean of the chosen comes close to that of all eligible records.
        by: Columns whose values, joined, are the strata; also `language` and `year`.
        quotas: `proportional`, `sqrt`, `equal`, or the number for each stratum.
        lane: `classical`, or `quantum` (emulated; falls back to classical when it cannot deliver).
        namespaces: Namespaces to choose from; None for all.
        stable: Take of each page the newest stable revision, by `history.RULE`, which is kept with the selection.
        seed: Same seed, same rows.
        baseline_draws: How many random draws stand beside the selection, at least 20.
        deadline_s: Seconds for the quantum lane.
        threads: Change nothing but the time.
        name: Name to keep it under; an older selection of that name is replaced.

    Returns:
        The selection, with its metrics and those of the random draws.

    Raises:
        SelectionError: Nothing is eligible, the budget does not fit, the objective is unknown, or the vectors are of
            stable revisions only and `stable` was not asked for.
        SchemaError: A column of `by` does not exist.
    """
    store = store if isinstance(store, Store) else Store.open(store)
    path = selection_path(store, name)
    manifest = store.manifest()
    vectors = Vectors.open(store, manifest=manifest)
    refuse_unfit_vectors(manifest, stable=stable)
    table: Any = pa.Table.from_batches(
        list(iterate(store, "records", _columns(by), manifest=manifest, batch_rows=1 << 16))
    )
    candidates, left_out = vectors.ids, None
    if stable:
        pages = stable_rows(store, manifest)
        candidates = np.intersect1d(candidates, pages.ids, assume_unique=True)
        left_out = int(_of(table, pages.without, namespaces).sum())
    rows = _eligible(table, candidates, namespaces)
    if not len(rows):
        there = table.take(pa.array(_eligible(table, candidates, None)))["page_namespace_id"].value_counts().to_pylist()
        counts = ", ".join(f"{row['values']} ({row['counts']} records)" for row in there) or "none"
        unstable = f" ({left_out} pages have no stable revision)" if left_out else ""
        raise SelectionError(
            f"no record of these namespaces can be chosen{unstable}; hint: there are {counts}: {namespaces}"
        )
    chosen = table.take(pa.array(rows))
    ids = chosen["leaf_index"].to_numpy()
    selection = select_representative(
        EligibleVectors(ids, vectors.matrix[np.searchsorted(vectors.ids, ids)], vectors.fingerprint),
        budget=budget,
        objective=objective,
        strata=strata_labels(chosen, by) if by else None,
        quotas=quotas,
        lane=lane,
        seed=seed,
        baseline_draws=baseline_draws,
        deadline_s=deadline_s,
        threads=threads,
    )
    if stable:
        selection = dataclasses.replace(selection, stable=dict(RULE), unstable_pages=left_out)
    kept = {
        "format": FORMAT,
        "by": list(by),
        "namespaces": None if namespaces is None else list(namespaces),
        "eligible": len(rows),
        "embedder": {"name": vectors.name, "fingerprint": vectors.fingerprint},
        "snapshot": {"origin": manifest.content.tree.origin, "root": manifest.content.tree.root},
        "selection": selection.to_json(),
    }
    path.parent.mkdir(exist_ok=True)
    commit.replace_file(path, canonical.encode(kept), staging=store.staging)
    return selection


def selection_path(store: Store, name: str) -> Path:
    """Return where a selection lies, after checking that its name is one."""
    if _NAME.fullmatch(name) is None:
        raise ConfigError(f"a selection's name has letters, digits, dots, underscores and hyphens only: {name!r}")
    return store.path / "selections" / f"{name}.json"


def read_selection(store: Store, selection: Selection | str | Path) -> tuple[dict[str, Any], Selection]:
    """Read a selection by name or path.

    Args:
        store: The store.
        selection: Its name in the store, the path of a file (with a `/` or ending in `.json`), or the selection itself.

    Returns:
        What was kept (with strata columns and snapshot), and the selection.

    Raises:
        ConfigError: There is none of that name, it is no selection, or it was made of another snapshot.
    """
    if isinstance(selection, Selection):
        vectors = store.manifest().content.of_kind("vectors")
        if selection.embedder not in {segment.extra["embedder"]["fingerprint"] for segment in vectors}:
            raise ConfigError(f"selection was made of other vectors than the store's: {selection.embedder}")
        return {"format": FORMAT, "selection": selection.to_json()}, selection
    is_path = isinstance(selection, Path) or "/" in selection or selection.endswith(".json")
    path = Path(selection) if is_path else selection_path(store, str(selection))
    try:
        kept = json.loads(read_small(path))
        if kept["format"] != FORMAT:
            raise ValueError("another format")
        made_of, found = kept["snapshot"], Selection.from_json(kept["selection"])
    except FileNotFoundError as error:
        there = sorted(other.stem for other in path.parent.glob("*.json"))
        raise ConfigError(f"no such selection; hint: there are {', '.join(there) or 'none'}: {selection}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(f"file is no selection: {path}") from error
    root = store.manifest().content.tree.root
    if not isinstance(made_of, dict) or made_of.get("root") != root:
        raise ConfigError(f"selection was made of another snapshot; hint: select again; snapshot: {made_of}")
    return kept, found


def strata_labels(table: pa.Table, by: Sequence[str]) -> list[str]:
    """Name the stratum of each row by the values of its columns, joined by ` | `.

    Args:
        table: Rows with the columns that `by` needs.
        by: Columns, or `language`, `year`.

    Returns:
        One label a row; a missing value is `none`.

    Example:
        >>> strata_labels(pa.table({"wiki_id": ["dewiki", "zh_yuewiki"]}), ["language", "wiki_id"])
        ['de | dewiki', 'yue | zh_yuewiki']
    """
    columns = [_labels(table, name) for name in by]
    return [" | ".join(values) for values in zip(*columns, strict=True)]


def _labels(table: Any, name: str) -> list[str]:
    if name == "language":
        tags = {wiki: language_tag(wiki) or wiki for wiki in pc.unique(table["wiki_id"]).to_pylist()}
        return [tags[wiki] for wiki in table["wiki_id"].to_pylist()]
    values = pc.year(table["revision_dt"]) if name == "year" else table[name]
    return ["none" if value is None else str(value) for value in values.to_pylist()]


def _columns(by: Sequence[str]) -> list[str]:
    nested = {"slots", "licence_ids", "text"}
    columns = list(_KEYS)
    for name in by:
        if name in DERIVED or name in columns:
            continue
        if name not in schema.REVISION.names or name in nested:
            usable = sorted(set(schema.REVISION.names) - nested | set(DERIVED))
            raise SchemaError(f"no column for strata; hint: {', '.join(usable)}; column: {name}")
        columns.append(name)
    return columns


def _of(table: Any, ids: npt.NDArray[np.int64], namespaces: Sequence[int] | None) -> npt.NDArray[np.bool_]:
    """Mark the rows that have one of these ids and lie in the namespaces."""
    mask = np.isin(table["leaf_index"].to_numpy(), ids, assume_unique=True)
    if namespaces is not None:
        mask &= np.isin(table["page_namespace_id"].to_numpy(), list(namespaces))
    return mask


def _eligible(table: Any, candidates: npt.NDArray[np.int64], namespaces: Sequence[int] | None) -> npt.NDArray[np.int64]:
    """Return the rows, ascending, that are candidates, lie in the namespaces and are the newest of their page."""
    rows = np.flatnonzero(_of(table, candidates, namespaces))
    wikis = table["wiki_id"].combine_chunks().dictionary_encode().indices.to_numpy()[rows]
    pages = table["page_id"].to_numpy()[rows]
    times = pc.fill_null(table["revision_dt"].cast(pa.int64()), np.iinfo(np.int64).min).to_numpy()[rows]
    revisions = table["revision_id"].to_numpy()[rows]
    order = np.lexsort((revisions, times, pages, wikis))
    newest = np.ones(len(order), dtype=np.bool_)
    newest[:-1] = (np.diff(wikis[order]) != 0) | (np.diff(pages[order]) != 0)
    return np.sort(rows[order[newest]])
