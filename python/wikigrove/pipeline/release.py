"""A selection of a store as a data set that others can check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wikigrove.crypto.keys import Signer
from wikigrove.dataset import ExportResult, Prover, write_export
from wikigrove.errors import SegmentDamagedError, StoreError
from wikigrove.ingest import derive
from wikigrove.pipeline import grove, keyring
from wikigrove.pipeline.sample import read_selection
from wikigrove.pipeline.texts import by_source, headers_of, with_plain_text
from wikigrove.provenance.checkpoint import dataset_origin, make_checkpoint
from wikigrove.provenance.compare import unequal_rows
from wikigrove.provenance.leaf import encode_output_leaves
from wikigrove.provenance.prove import StoreProver
from wikigrove.provenance.tiles import build_tree
from wikigrove.selection import Selection
from wikigrove.store import Manifest, Store, canonical, fetch_by_ids

FETCHED_ROWS = 1024
"""Rows that are in memory at one time."""


def export(
    store: Store | str | Path,
    selection: Selection | str | Path,
    *,
    to: str | Path,
    keys: Signer | str | Path | None = None,
    include_source: bool = True,
    licence: str | None = None,
    now: datetime | None = None,
) -> ExportResult:
    """Write a selection as Parquet shards with licences, attribution, data card and proofs.

    Args:
        store: The store.
        selection: Name of a selection of the store, a file, or the selection itself.
        to: Folder to make.
        keys: Signing keys, as in `build`.
        include_source: Put the wikitext in as well, which opens the commitments of the source leaves.
        licence: SPDX id for records whose wiki is in no licence rule; without it they are refused.
        now: Time for the signature; the present by default.

    Returns:
        What was written.

    Raises:
        ConfigError: The folder is occupied, or a licence is unknown.
        StoreError: The snapshot is not signed, or the store is damaged.
    """
    store = store if isinstance(store, Store) else Store.open(store)
    signer = keyring.open_signer(keys)
    manifest = store.manifest()
    kept, chosen = read_selection(store, selection)
    tree = manifest.content.tree
    note = store.read_checkpoint(tree)
    if note is None:
        raise StoreError(f"snapshot is not signed; hint: run build again: {tree.origin}")
    time_s = int((now or datetime.now(UTC)).timestamp())

    def seal(origin: str, size: int, root: bytes) -> bytes:
        grove.enter_dataset(
            store,
            manifest.content,
            origin=origin,
            size=size,
            root=root,
            facts=_facts(kept, manifest, tree.root, licence),
            signer=signer,
            keys=keys,
            time_s=time_s,
        )
        return make_checkpoint(signer, origin=origin, size=size, root=root, time_s=time_s)

    prover = Prover(
        inclusion=StoreProver(store, manifest).inclusion,
        encode_output_leaves=encode_output_leaves,
        merkle_root=lambda hashes: build_tree([hashes]).root,
        seal=seal,
    )
    target = Path(to)
    return write_export(
        _records(store, manifest, chosen.ids),
        target=target,
        name=target.name,
        selection=kept["selection"],
        source_tree={"origin": tree.origin, "size": tree.size, "root": tree.root},
        source_checkpoint=note,
        dataset_origin=dataset_origin(
            signer.name, dataset=target.name, version=_version(kept, manifest, tree.root, licence)
        ),
        prover=prover,
        sources=[
            {"name": source.name, "bytes": source.bytes, "sha256": source.sha256, "wiki_id": source.wiki_id}
            for source in manifest.content.sources
        ],
        headers=_headers(manifest),
        extractor=manifest.content.parser,
        include_source=include_source,
        licence_override=licence,
    )


def _version(kept: dict[str, Any], manifest: Manifest, root: str, licence: str | None) -> str:
    """Name the data set's version by all that its tree depends on, so that one origin never has two roots."""
    return canonical.digest(_facts(kept, manifest, root, licence))[:16]


def _facts(kept: dict[str, Any], manifest: Manifest, root: str, licence: str | None) -> dict[str, Any]:
    facts = {"selection": kept["selection"], "root": root, "licence": licence}
    return {**facts, "headers": _headers(manifest), "extractor": manifest.content.parser}


def _records(store: Store, manifest: Manifest, ids: npt.NDArray[np.int64]) -> Iterator[pa.RecordBatch]:
    """Fetch the chosen rows with their plain text; refuse those whose stored columns do not follow from the record."""
    ascending = np.sort(ids)
    headers = headers_of(manifest)
    for start in range(0, len(ascending), FETCHED_ROWS):
        for batch in fetch_by_ids(store, ascending[start : start + FETCHED_ROWS], manifest=manifest).to_batches():
            for source, rows in by_source(batch):
                records = batch.take(pa.array(rows, pa.int64()))
                for name, column in derive(records, headers.get(source)).items():
                    wrong = unequal_rows(records[name], column.cast(records[name].type))
                    if wrong:
                        raise SegmentDamagedError(
                            f"column does not follow from the record ({name}), nothing was exported; "
                            f"hint: wikigrove verify; row: {records['leaf_index'][wrong[0]].as_py()}"
                        )
            yield with_plain_text(batch, headers)


def _headers(manifest: Manifest) -> dict[str, dict[str, Any]]:
    """Take from the headers of the dumps what plain text and links depend on."""
    infos = {source.wiki_id: source.extra.get("siteinfo") or {} for source in manifest.content.sources}
    return {wiki: {"base": info.get("base"), "namespaces": info.get("namespaces", [])} for wiki, info in infos.items()}
