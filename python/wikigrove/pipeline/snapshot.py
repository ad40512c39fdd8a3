"""What the units of a build made, as one snapshot: segments in their place, one tree over all leaves, the content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from wikigrove import ingest, schema
from wikigrove.crypto.keys import Signer
from wikigrove.governance import licence
from wikigrove.provenance.checkpoint import snapshot_origin
from wikigrove.provenance.leaf import content_hashes, fixed_bytes
from wikigrove.provenance.tiles import build_tree
from wikigrove.store import DENSE_KINDS, Content, Partition, Segment, SourceFile, Staging, Store, Tree, iterate_segment

INPUT_DIGITS: Final = 8
"""Hexadecimal digits of the digest over all unit keys in an origin. The keys name everything that a root depends on:
bytes of the sources, their order, wiki, parser, licence table. So one origin never has two roots."""


def placed(done: Sequence[dict[str, Any]]) -> list[Segment]:
    """Give each unit's segments their place behind those of the units before it.

    Args:
        done: The done-records of all units, in order.

    Returns:
        The segments, those of dense kinds moved.
    """
    segments, offset = [], 0
    for record in done:
        for value in record["segments"]:
            segment = Segment.from_json(value)
            segments.append(segment.placed(offset) if segment.kind in DENSE_KINDS else segment)
        offset += record["counts"]["revisions"]
    return segments


def seal(
    store: Store,
    units: Sequence[ingest.Unit],
    done: Sequence[dict[str, Any]],
    segments: Sequence[Segment],
    signer: Signer,
    *,
    counts: dict[str, Any],
    reasons: dict[str, Any],
) -> Content:
    """Put a tree over all leaves, and say everything that the new version holds.

    Args:
        store: The store; the tree's tiles are written into it.
        units: The files, in order.
        done: Their done-records.
        segments: From `placed`.
        signer: Whose name the tree's origin bears.
        counts: Sums of the units' counts.
        reasons: Sums of the units' reasons for quarantine.

    Returns:
        The content of the manifest.
    """
    tree, tiles = _tree(store, units, segments, signer)
    return Content(
        schema=schema.REVISION_CONTRACT,
        parser=ingest.PARSER,
        profile=ingest.PROFILE,
        page_bytes=max(ingest.page_bytes(unit.source.job) for unit in units),
        sources=tuple(_source(unit, record) for unit, record in zip(units, done, strict=True)),
        segments=(*segments, tiles, *_vectors_of(store, tree)),
        trees=(tree,),
        quarantine={"count": counts["quarantined"], "reasons": reasons, "sha256": _quarantine_digest(segments)},
        licences={"table": licence.TABLE_VERSION, "sha256": licence.table_digest()},
        counts=counts,
    )


def _tree(
    store: Store, units: Sequence[ingest.Unit], segments: Sequence[Segment], signer: Signer
) -> tuple[Tree, Segment]:
    """Build the tree over all leaves in order, keep its tiles, and build the tree of the content beside it."""
    tables = sorted((segment for segment in segments if segment.kind == "leaves"), key=lambda segment: segment.first)

    def runs() -> Iterator[bytes]:
        for table in tables:
            for batch in iterate_segment(store, table, ["leaf", "leaf_hash"], batch_rows=1 << 16):
                content.append(content_hashes(batch["leaf"]))
                yield fixed_bytes(batch["leaf_hash"])

    content = build_tree([])
    tree = build_tree(runs())
    wikis = sorted({unit.source.wiki_id for unit in units})
    snapshots = sorted({unit.snapshot for unit in units})
    jobs = sorted({unit.source.job or "dump" for unit in units})
    digest = hashlib.sha256("".join(unit.key() for unit in units).encode()).hexdigest()
    origin = snapshot_origin(
        signer.name,
        wiki=wikis[0] if len(wikis) == 1 else "multi",
        snapshot=snapshots[-1],
        job=f"{jobs[0] if len(jobs) == 1 else 'multi'}-{digest[:INPUT_DIGITS]}",
    )
    with Staging(store) as staging:
        path = staging.file("tree.tiles")
        path.write_bytes(tree.tiles())
        partition = Partition("multi" if len(wikis) > 1 else wikis[0], snapshots[-1])
        tiles = staging.seal(path, kind="tiles", partition=partition, ordinal=0, rows=tree.size)
    return Tree(origin, tree.size, tree.root.hex(), content.root.hex()), tiles


def _vectors_of(store: Store, tree: Tree) -> tuple[Segment, ...]:
    """Return the vectors of the newest version, if it is of the same tree: building again does not lose them."""
    if not store.versions():
        return ()
    content = store.manifest().content
    return (*content.of_kind("vectors"), *content.of_kind("embedders")) if content.trees == (tree,) else ()


def _source(unit: ingest.Unit, record: dict[str, Any]) -> SourceFile:
    source = unit.source
    facts = {
        "kind": source.kind,
        "compression": source.compression,
        "wiki_id_origin": source.wiki_id_origin,
        "dump_date_origin": source.dump_date_origin,
        "siteinfo": record["siteinfo"],
        "namespaces": [list(namespace) for namespace in (record["siteinfo"] or {}).get("namespaces", [])],
        "counts": record["counts"],
    }
    return SourceFile(
        unit.ordinal,
        source.name,
        source.size_bytes,
        source.sha256,
        source.wiki_id,
        unit.snapshot,
        source.job or "",
        facts,
    )


def _quarantine_digest(segments: Sequence[Segment]) -> str | None:
    """Name all quarantine rows of the version by the digests of their files, which depend on the sources alone."""
    digests = [segment.sha256 for segment in segments if segment.kind == "quarantine"]
    return hashlib.sha256("".join(digests).encode()).hexdigest() if digests else None
