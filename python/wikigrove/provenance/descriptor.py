"""What a log says of a snapshot or a data set: the entries, and the descriptor whose digest they carry."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from wikigrove.provenance.entry import DATASET_ROOT, DESCRIPTOR, SNAPSHOT_ROOT, SOURCE_MANIFEST, Entry
from wikigrove.store import Content, Tree, canonical

LEAF_VERSION: Final = 1


def source_digest(content: Content) -> str:
    """Name the files of a version and all that their headers said: SHA-256 of the canonical list, as hex."""
    return canonical.digest([asdict(source) for source in content.sources])


def snapshot_descriptor(content: Content) -> dict[str, Any]:
    """Say what the root of a snapshot depends on.

    Args:
        content: A version with one tree.

    Returns:
        A value for canonical JSON.
    """
    tree = content.tree
    return {
        "leaf_version": LEAF_VERSION,
        "profile": content.profile,
        "origin": tree.origin,
        "size": tree.size,
        "root": tree.root,
        "content_root": tree.content_root,
        "source_manifest": source_digest(content),
        "licence_table": content.licences.get("sha256"),
        "limits": content.limits,
        "quarantined": content.quarantine.get("count"),
        "quarantine_digest": content.quarantine.get("sha256"),
        "software": content.parser,
    }


def snapshot_entries(content: Content, *, time_s: int) -> tuple[Entry, Entry]:
    """Make the entries of a snapshot: its source manifest, then its root with the digest of its descriptor.

    Args:
        content: A version with one tree.
        time_s: When they are entered.

    Returns:
        Both entries.
    """
    origin = content.tree.origin
    sources = Entry(SOURCE_MANIFEST, time_s, len(content.sources), bytes.fromhex(source_digest(content)), origin)
    return sources, _root_entry(SNAPSHOT_ROOT, content.tree, snapshot_descriptor(content), time_s=time_s)


def dataset_entry(*, origin: str, size: int, root: bytes, source: Tree, facts: Mapping[str, Any], time_s: int) -> Entry:
    """Make the entry of a data set.

    Args:
        origin: Origin of its tree.
        size: Number of its rows.
        root: Root of its tree.
        source: The snapshot's tree that the rows were taken from.
        facts: What else the data set follows from, JSON-able.
        time_s: When it is entered.

    Returns:
        The entry.
    """
    tree = Tree(origin, size, root.hex(), root.hex())
    from_tree = {"origin": source.origin, "size": source.size, "root": source.root}
    return _root_entry(
        DATASET_ROOT,
        tree,
        {
            "leaf_version": LEAF_VERSION,
            "origin": origin,
            "size": size,
            "root": root.hex(),
            "source": from_tree,
            "facts": dict(facts),
        },
        time_s=time_s,
    )


def _root_entry(kind: int, tree: Tree, descriptor: Mapping[str, Any], *, time_s: int) -> Entry:
    digest = hashlib.sha256(canonical.encode(dict(descriptor))).digest()
    return Entry(kind, time_s, tree.size, bytes.fromhex(tree.root), tree.origin, ((DESCRIPTOR, digest),))
