"""Dump files in, a sealed and signed store version out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from wikigrove import ingest
from wikigrove.crypto.keys import Signer
from wikigrove.errors import QuarantineBudgetError
from wikigrove.pipeline import grove, keyring, locations, snapshot
from wikigrove.pipeline.duplicates import refuse_duplicates
from wikigrove.provenance.checkpoint import make_checkpoint
from wikigrove.provenance.log import GroveLog
from wikigrove.sources import gather, order
from wikigrove.store import Manifest, Store, Tree, collect_staging, commit_manifest

QUARANTINE_SHARE: Final = 0.001
QUARANTINE_FLOOR: Final = 100
"""A build fails when more than 0.1 % of its records, and more than 100, could not be read."""

WARNINGS_SHOWN: Final = 10

STAGING_GRACE_S: Final = 24 * 3600
"""Unfinished files that nobody has written to for so long belong to a writer that was killed."""


@dataclass(frozen=True, slots=True)
class Build:
    """What a build made.

    Attributes:
        store: The store.
        manifest: The version that is now the newest.
        tree: Origin, size, root and content root of the snapshot.
        log: The grove log that the snapshot stands in.
        counts: Pages, revisions, bytes, sha1 and text states, losses, over all files.
        quarantined: Records that could not be read.
        quarantine_reasons: How many for which reason.
        warnings: What was odd, with file and byte offset.
    """

    store: Store
    manifest: Manifest
    tree: Tree
    log: GroveLog
    counts: dict[str, Any]
    quarantined: int
    quarantine_reasons: dict[str, int]
    warnings: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON-able values."""
        return {
            "store": str(self.store.path),
            "version": self.manifest.version,
            "origin": self.tree.origin,
            "size": self.tree.size,
            "root": self.tree.root,
            "content_root": self.tree.content_root,
            "log": str(self.log.path),
            "counts": self.counts,
            "quarantined": self.quarantined,
            "quarantine_reasons": self.quarantine_reasons,
            "warnings": self.warnings,
        }

    def describe(self) -> str:
        """Return some lines for people."""
        counts, sources = self.counts, self.manifest.content.sources
        lines = [
            f"{len(sources)} file{'s' if len(sources) > 1 else ''}, {counts['pages']:,} pages, "
            f"{counts['revisions']:,} revisions, {counts['bytes_decompressed'] / 1e6:,.1f} MB unpacked",
            f"sha1: {_listed(counts['sha1_status'])}",
            f"text: {_listed(counts['text_state'])}",
            f"quarantined: {self.quarantined}" + (f" ({_listed(self.quarantine_reasons)})" if self.quarantined else ""),
            f"signed: {self.tree.origin}, {self.tree.size:,} leaves",
            f"root: {self.tree.root}",
            f"content root: {self.tree.content_root}",
            f"log: {self.log.path}",
            f"store: {self.store.path}, version {self.manifest.version}",
        ]
        lines += [f"warning: {text}" for text in self.warnings[:WARNINGS_SHOWN]]
        if len(self.warnings) > WARNINGS_SHOWN:
            lines.append(f"and {len(self.warnings) - WARNINGS_SHOWN} more warnings; --json has all of them")
        return "\n".join(lines)


def build(
    sources: Sequence[str | Path],
    *,
    into: str | Path,
    wiki: str | None = None,
    job: str | None = None,
    threads: int = 2,
    batch_bytes: int = 8 << 20,
    part_bytes: int = ingest.PART_BYTES,
    keys: Signer | str | Path | None = None,
    log: str | Path | None = None,
    progress: Callable[[ingest.UnitProgress], None] | None = None,
    now: datetime | None = None,
) -> Build:
    """Read dumps into a store: every revision checked, sealed under one signed root, or quarantined with its place.

    Running it again, after a crash or for fun, ends in the same root and adds no version. Files and parts of files that
    were sealed are not read again, also when more files have come.

    Args:
        sources: MediaWiki XML dumps, plain or packed, and folders of dump runs; any number, any order.
        into: Folder of the store; made when missing.
        wiki: Database name for all files, for instance `enwiki`; otherwise the file name or the dump's header says.
        job: Which job of a folder is read, where it holds several, for instance `pages-meta-history`.
        threads: Threads to read with. They change no byte of the result.
        batch_bytes: Decompressed bytes read at a time. It changes no byte of the result either.
        part_bytes: Decompressed bytes of a part of a file, after which the work on it is safe. Segments end there; so
            it changes how rows are dealt into files, but neither rows nor roots.
        keys: Folder with the signing keys; made when missing. By default `keyring.keys_path()`.
        log: Folder of the log that the snapshot is entered in; stores may share one. By default the one that the store
            names already, or a new one inside of the store.
        progress: Called often, from the reading threads.
        now: Time for the signature and the manifest; the present time by default.

    Returns:
        What was built.

    Raises:
        InputError: A file cannot be read to its end, is not the published one, or too many records are unreadable; a
            dump run is not finished or not whole. Nothing is committed.
        ConfigError: The wiki of a file is unknown, a folder holds several jobs, or the keys cannot be used.
        ProofError: The log is not one that these keys can go on with: an old backup, a copy, or somebody else's.
    """
    now = now or datetime.now(UTC)
    signer = keyring.open_signer(keys)
    inspected, odd = gather(sources, wiki_id=wiki, job=job, threads=threads)
    ordered, warnings = order(inspected)
    warnings = odd + warnings
    store = Store.create(into)
    collect_staging(store, older_than_s=STAGING_GRACE_S, now_s=now.timestamp())
    units = [
        ingest.Unit(ordinal, file, file.dump_date or "undated", part_bytes) for ordinal, file in enumerate(ordered)
    ]
    done = _process(store, units, threads, batch_bytes, progress)
    counts: dict[str, Any] = {}
    reasons: dict[str, Any] = {}
    for record in done:
        ingest.add_counts(counts, record["counts"])
        ingest.add_counts(reasons, record["quarantine_reasons"])
    quarantined = counts["quarantined"]
    if quarantined > max(QUARANTINE_FLOOR, QUARANTINE_SHARE * (counts["revisions"] + quarantined)):
        raise QuarantineBudgetError(
            f"too many records could not be read, nothing was committed ({_listed(reasons)}): {quarantined}"
        )
    segments = snapshot.placed(done)
    refuse_duplicates(store, units, segments)
    content = snapshot.seal(store, units, done, segments, signer, counts=counts, reasons=reasons)
    tree = content.tree
    if not keyring.is_signed(store.read_checkpoint(tree), tree, signer):
        root = bytes.fromhex(tree.root)
        time_s = int(now.timestamp())
        store.write_checkpoint(
            tree, make_checkpoint(signer, origin=tree.origin, size=tree.size, root=root, time_s=time_s)
        )
    entered = grove.enter_snapshot(store, content, log=log, signer=signer, keys=keys, time_s=int(now.timestamp()))
    manifest = commit_manifest(store, content, created_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    locations.remember(store, {file.sha256: str(file.path.absolute()) for file in ordered})
    for unit, record in zip(units, done, strict=True):
        warnings += [f"{text}; source: {unit.source.path}" for text in unit.source.warnings]
        warnings += [
            f"{text}; byte offset: {offset}; source: {unit.source.path}" for offset, text in record["warnings"]
        ]
        left_out = record["warning_count"] - len(record["warnings"])
        warnings += [f"and {left_out} more; source: {unit.source.path}"] if left_out > 0 else []
    return Build(store, manifest, tree, entered, counts, quarantined, reasons, warnings)


def _process(
    store: Store,
    units: Sequence[ingest.Unit],
    threads: int,
    batch_bytes: int,
    progress: Callable[[ingest.UnitProgress], None] | None,
) -> list[dict[str, Any]]:
    """Work on several files at once, or with several threads on a single one, never both."""
    per_unit = threads if len(units) == 1 else 1
    stop = threading.Event()
    with ThreadPoolExecutor(min(threads, len(units)), "wikigrove-unit") as pool:
        work = [
            pool.submit(
                ingest.process_unit,
                store,
                unit,
                threads=per_unit,
                batch_bytes=batch_bytes,
                progress=progress,
                stop=stop,
            )
            for unit in units
        ]
        try:
            return [unit.result() for unit in work]
        except BaseException:  # an interrupt too: the other files stop after their next batch
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _listed(counts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
