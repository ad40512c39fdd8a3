"""Verifies the log that a store names: its checkpoint, its memory, its entries, and that the snapshot stands in it."""

from __future__ import annotations

from wikigrove.crypto.note import MAX_NOTE_BYTES
from wikigrove.crypto.policy import Verified
from wikigrove.errors import ConfigError, LeafFormatError, NoteFormatError, ProofError, StoreError
from wikigrove.provenance.checkpoint import parse_checkpoint
from wikigrove.provenance.descriptor import snapshot_entries
from wikigrove.provenance.findings import Findings
from wikigrove.provenance.log import POINTER, GroveLog, LogTree, named_log
from wikigrove.provenance.signed import Trust, check_memory, check_signature
from wikigrove.provenance.tlog import CHECKPOINT
from wikigrove.store import Content, Manifest, Store
from wikigrove.store.regular import read_small

LOG_NOTE = "log: checkpoint"
"""How findings call the log's checkpoint; the log may lie outside of the store."""


def check_log(store: Store, manifest: Manifest, trust: Trust, findings: Findings) -> tuple[LogTree, Verified] | None:
    """Check the log of a store, as far as levels V0 to V3 reach.

    Args:
        store: The store.
        manifest: Its version that is verified.
        trust: The verifier's own things.
        findings: Where failures go.

    Returns:
        The log and its verified head, or None where there is no log or it does not hold.
    """
    try:
        named = named_log(store)
    except StoreError as error:
        findings.add("V0", str(error), file=POINTER)
        findings.skip("V2", "name of the log cannot be read")
        return None
    if named is None:
        _check_unnamed(manifest, trust, findings)
        return None
    log, origin = named
    try:
        note = read_small(log.path / CHECKPOINT, limit=MAX_NOTE_BYTES)
        head = parse_checkpoint(note)
    except (OSError, StoreError) as error:
        findings.skip("V2", f"log that the store names cannot be read: {error}")
        return None
    except NoteFormatError as error:
        findings.add("V0", str(error), file=LOG_NOTE)
        findings.skip("V2", "log cannot be read")
        return None
    verified = check_signature(note, None, trust, findings, file=LOG_NOTE)
    if head.origin != origin:
        findings.add("V2", f"log is another one ({head.origin}) than the store names: {origin}", file=POINTER)
    try:
        tree = log.tree(head)
        _check_entries(log, tree, manifest.content, findings)
    except (ProofError, LeafFormatError, StoreError) as error:
        findings.add("V2", str(error), file=LOG_NOTE)
        tree = None
    check_memory(verified, trust, findings, file=LOG_NOTE, root_at=None if tree is None else tree.root_at)
    return None if tree is None or verified is None else (tree, verified)


def _check_entries(log: GroveLog, tree: LogTree, content: Content, findings: Findings) -> None:
    names = ("source manifest", "snapshot root with its descriptor")
    for name, entry in zip(names, snapshot_entries(content, time_s=0), strict=True):
        if tree.find(entry) is None:
            findings.add("V2", f"log does not hold the {name} of this version: {content.tree.origin}", file=LOG_NOTE)
    for tile in log.damaged_tiles(tree):
        findings.add("V3", "tile of the log is missing or not the one of its entries", file=f"log: {tile}")


def _check_unnamed(manifest: Manifest, trust: Trust, findings: Findings) -> None:
    """A store that names no log is older than logs, unless it was seen in one."""
    if trust.memory is None or len(manifest.content.trees) != 1:
        return
    origin = manifest.content.tree.origin
    try:
        log = trust.memory.logs().get(origin)
    except ConfigError:
        return  # check_memory has said so
    if log is not None:
        findings.add("V2", f"store names no log, but was seen in one before: {log}", file=POINTER)
