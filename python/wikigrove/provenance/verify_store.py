"""Verifies a store: files, signatures, memory, tree, and every leaf against its record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from wikigrove import _core
from wikigrove.crypto.policy import Verified
from wikigrove.crypto.treehead import TreeHead
from wikigrove.errors import NoteFormatError, ProofError, StoreError
from wikigrove.provenance.compare import Derive, differing_fields, differing_rows, encode_readable, unequal_rows
from wikigrove.provenance.damage import Damage, Rows, read_rows
from wikigrove.provenance.findings import Findings, VerifyReport
from wikigrove.provenance.leaf import LEAF_COLUMNS, fixed_bytes, hash_leaves
from wikigrove.provenance.leaf_table import LeafTable
from wikigrove.provenance.signed import Trust, check_memory, check_signature, remember
from wikigrove.provenance.tiles import WIDTH, TilePack
from wikigrove.provenance.verify_log import check_log
from wikigrove.schema import LEAF, REVISION
from wikigrove.store import Manifest, Segment, Store
from wikigrove.store.manifest import DENSE_KINDS
from wikigrove.store.regular import open_regular

DESCRIBED_ROWS = 10
"""Differing rows of which the fields are named; the others are named by number only."""


@dataclass(slots=True)
class StoreLadder:
    """One run over a store.

    Args:
        store: The store.
        version: The version, the newest by default.
        trust: The verifier's own things.
        findings: Where failures go.
        derive: Computes what follows from a record, or None to leave such columns alone.
    """

    store: Store
    version: int | None
    trust: Trust
    findings: Findings
    derive: Derive | None = None
    hashes: bytearray = field(default_factory=bytearray)
    has_gap: bool = False
    described: int = 0

    def run(self) -> VerifyReport:
        """Run every asked level as far as it can go."""
        manifest = self._manifest()
        verified: list[Verified] = []
        counts: dict[str, int] = {}
        if manifest is not None:
            counts = {"rows": sum(segment.rows for segment in manifest.content.of_kind("records"))}
            counts["files"] = len(manifest.content.segments)
            self._files(manifest)
            self._dense(manifest)
            verified = self._tree(manifest)
            log = (
                check_log(self.store, manifest, self.trust, self.findings) if len(manifest.content.trees) == 1 else None
            )
            self._records(manifest)
            origin = None if log is None else log[1].head.origin
            remember(verified, self.trust, self.findings, root_at=None if self.has_gap else self._root_at, log=origin)
            if log is not None:
                remember([log[1]], self.trust, self.findings, root_at=log[0].root_at)
                verified.append(log[1])
        policy = None if self.trust.policy is None else self.trust.policy.digest
        return self.findings.report(
            target=str(self.store.path), kind="store", policy=policy, trees=verified, counts=counts
        )

    def _manifest(self) -> Manifest | None:
        self.findings.checked["V0"] += 1
        try:
            return self.store.manifest(self.version)
        except (StoreError, OSError) as error:
            path = self.store.path / "manifests"
            versions = self.store.versions()
            if versions:
                path = self.store.manifest_path(versions[-1] if self.version is None else self.version)
            self.findings.add("V0", str(error), file=_name(self.store, path))
            for level in ("V1", "V2", "V3", "V4"):
                self.findings.skip(level, "manifest cannot be read")
            return None

    def _files(self, manifest: Manifest) -> None:
        for segment in manifest.content.segments:
            self.findings.checked["V0"] += 1
            try:
                with open_regular(self.store.path / segment.path) as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                    size = file.tell()
            except OSError as error:
                self.findings.add("V0", f"file cannot be read: {error.strerror}", file=segment.path)
                continue
            if (digest, size) != (segment.sha256, segment.bytes):
                message = f"file is not the one that the manifest names, its digest is: {digest}"
                self.findings.add("V0", message, file=segment.path)

    def _dense(self, manifest: Manifest) -> None:
        """Check that records and leaves follow one another without a gap, as many as the tree has."""
        for kind in DENSE_KINDS:
            expected = 0
            for segment in manifest.content.of_kind(kind):
                if segment.first != expected:
                    self.findings.add("V0", f"rows leave a gap or overlap at row: {expected}", file=segment.path)
                expected = segment.last + 1
            size = sum(tree.size for tree in manifest.content.trees)
            if expected != size:
                message = f"there are {expected} {kind}, the tree has: {size}"
                self.findings.add("V0", message, file=self._manifest_name(manifest))

    def _tree(self, manifest: Manifest) -> list[Verified]:
        trees = manifest.content.trees
        if len(trees) != 1:
            self.findings.add(
                "V0", f"version does not have exactly one tree: {len(trees)}", file=self._manifest_name(manifest)
            )
            for level in ("V1", "V2", "V3"):
                self.findings.skip(level, "no tree")
            return []
        tree = trees[0]
        try:
            expected = TreeHead(tree.origin, tree.size, bytes.fromhex(tree.root))
            note = self.store.read_checkpoint(tree)
        except (NoteFormatError, OSError) as error:
            self.findings.add("V0", str(error), file=self._manifest_name(manifest))
            return []
        file = _name(self.store, self.store.checkpoint_path(tree))
        verified = check_signature(note, expected, self.trust, self.findings, file=file)
        # What is signed decides; without a valid signature the manifest's claim is at least tested for itself.
        head = expected if verified is None else verified.head
        self._leaves(manifest, head)
        root_at = None if self.has_gap else self._root_at
        check_memory(verified, self.trust, self.findings, file=file, root_at=root_at)
        return [] if verified is None else [verified]

    def _root_at(self, size: int) -> bytes:
        return _core.merkle_root(bytes(self.hashes[: size * 32]))

    def _leaves(self, manifest: Manifest, head: TreeHead) -> None:
        """Decode and hash the leaf table; the root comes from the recomputed hashes alone."""
        for segment in manifest.content.of_kind("leaves"):
            for rows in self._rows(segment, ("leaf_index", "leaf", "leaf_hash")):
                self._leaf_rows(segment, rows)
        file = self._manifest_name(manifest)
        if self.has_gap:
            self.findings.skip("V3", "leaves are damaged, so the root cannot be computed")
            return
        count = len(self.hashes) // 32
        if count != head.size:
            self.findings.add("V3", f"leaf table has {count} leaves, the signed tree: {head.size}", file=file)
            return
        root = self._root_at(count)
        is_whole = root == head.root
        if not is_whole:
            self.findings.add("V3", f"root over the leaf table is not the signed one: {root.hex()}", file=file)
        self._tiles(manifest, head, leaves_are_whole=is_whole)

    def _leaf_rows(self, segment: Segment, rows: Rows) -> None:
        first, batch = segment.first + rows.first, rows.batch
        leaves = batch.column("leaf")
        self._places(segment, rows)
        errors = pa.record_batch(_core.decode_leaves(leaves)).column("error")
        if errors.null_count < len(errors):
            for row, message in enumerate(errors.to_pylist()):
                if message is not None:
                    self.findings.add("V0", f"leaf does not decode: {message}", file=segment.path, row=first + row)
        hashes = hash_leaves(leaves)
        self.findings.checked["V3"] += len(leaves)
        for row in differing_rows(hashes, fixed_bytes(batch.column("leaf_hash"))):
            self.findings.add("V3", "leaf_hash is not the hash of the leaf", file=segment.path, row=first + row)
        # Hashes are appended, never placed: a manifest that claims huge indices cannot claim memory.
        self.has_gap = self.has_gap or first != len(self.hashes) // 32
        if not self.has_gap:
            self.hashes += hashes

    def _places(self, segment: Segment, rows: Rows) -> None:
        """Check that each row says of itself the place that it has."""
        first, stated = segment.first + rows.first, rows.batch.column("leaf_index").to_numpy()
        for row in np.flatnonzero(stated + segment.offset != np.arange(first, first + len(stated))).tolist():
            self.findings.add("V0", "leaf_index is not the row's place", file=segment.path, row=first + row)

    def _tiles(self, manifest: Manifest, head: TreeHead, *, leaves_are_whole: bool) -> None:
        """Compare the stored tiles with the recomputed ones; where they differ, the signed root tells who is wrong."""
        tree = _core.Tree()
        tree.append(bytes(self.hashes))
        recomputed = TilePack(tree.tiles())
        packs = manifest.content.of_kind("tiles")
        if len(packs) != 1:
            self.findings.add(
                "V3",
                f"version does not have exactly one pack of tiles: {len(packs)}",
                file=self._manifest_name(manifest),
            )
            return
        segment = packs[0]
        try:
            stored = TilePack.read(self.store.path / segment.path)
            if stored.size != head.size:
                raise ProofError(f"tiles are of another tree size: {stored.size}")
        except (ProofError, OSError) as error:
            self.findings.add("V3", str(error), file=segment.path)
            return
        if stored == recomputed:
            return
        differing = recomputed.differing_tiles(stored)
        stored_is_signed = stored.root(lambda first, end: bytes(self.hashes[first * 32 : end * 32])) == head.root
        if stored_is_signed and not leaves_are_whole:
            for number in differing:
                owner = self._owner(manifest, "leaves", number * WIDTH)
                message = "leaves do not have the hash that the signed tree has for them"
                last = number * WIDTH + WIDTH - 1
                self.findings.add("V3", message, file=owner, row=number * WIDTH, last_row=last)
            return
        if not differing:
            self.findings.add("V3", "tiles of a level above 1 are not those of the leaf table", file=segment.path)
        for number in differing:
            message, last = "tile is not the one of the leaf table", number * WIDTH + WIDTH - 1
            self.findings.add("V3", message, file=segment.path, row=number * WIDTH, last_row=last)

    def _records(self, manifest: Manifest) -> None:
        """Recompute every leaf from its record and compare it with the stored one."""
        table = LeafTable(self.store, manifest)
        content = _core.Tree()
        headers = {source.source_id: source.extra.get("siteinfo") for source in manifest.content.sources}
        for segment in manifest.content.of_kind("records"):
            for rows in self._rows(segment, None, needed=("leaf_index", *LEAF_COLUMNS)):
                self._record_rows(segment, rows, table, content)
                self._derived_rows(segment, rows, headers)
        size = sum(tree.size for tree in manifest.content.trees)
        if self.findings.wants("V4") and self.findings.checked["V4"] < size:
            self.findings.skip("V4", f"rows could not be compared: {size - self.findings.checked['V4']}")
        for tree in manifest.content.trees:
            if content.size == tree.size and content.root.hex() != tree.content_root:
                message = f"content root is not the one over the records: {content.root.hex()}"
                self.findings.add("V4", message, file=self._manifest_name(manifest))

    def _record_rows(self, segment: Segment, rows: Rows, table: LeafTable, content: _core.Tree) -> None:
        first = segment.first + rows.first
        self._places(segment, rows)
        if not self.findings.wants("V4"):
            return
        for row, leaves in encode_readable(rows.batch.select(["leaf_index", *LEAF_COLUMNS])):
            if isinstance(leaves, str):
                self.findings.checked["V4"] += 1
                self.findings.add("V4", f"no leaf can be made: {leaves}", file=segment.path, row=first + row)
                continue
            if content.size == first + row:  # after a gap the sizes never fit again, and the content root is left out
                content.append(fixed_bytes(leaves.column("content_hash")))
            stored, known = table.read(first + row, leaves.num_rows)
            self.findings.checked["V4"] += int(known.sum())
            column = leaves.column("leaf")
            for place in unequal_rows(column, stored):
                if known[place]:
                    self._differs(segment, first + row + place, column[place].as_py(), stored[place].as_py())

    def _derived_rows(self, segment: Segment, rows: Rows, headers: Mapping[int, Any]) -> None:
        """Compute again what follows from the records, and compare it with what is stored."""
        is_whole = set(REVISION.names) <= set(rows.batch.schema.names)
        if self.derive is None or not is_whole or not rows.batch.num_rows or not self.findings.wants("V4"):
            return
        header = headers.get(rows.batch.column("source_id")[0].as_py())  # a segment holds rows of one file
        for name, column in self.derive(rows.batch, header).items():
            for place in unequal_rows(rows.batch.column(name), column.cast(REVISION.field(name).type)):
                message = f"column does not follow from the record: {name}"
                self.findings.add("V4", message, file=segment.path, row=segment.first + rows.first + place)

    def _differs(self, segment: Segment, row: int, made: bytes, stored: bytes) -> None:
        detail = ""
        if self.described < DESCRIBED_ROWS:
            self.described += 1
            detail = f", fields: {differing_fields(made, stored)}"
        self.findings.add("V4", f"leaf of the record is not the stored leaf{detail}", file=segment.path, row=row)

    def _rows(
        self, segment: Segment, columns: tuple[str, ...] | None, *, needed: tuple[str, ...] | None = None
    ) -> Iterator[Rows]:
        """Yield what is readable; where other columns than the needed ones are damaged, read the needed ones alone."""
        path = self.store.path / segment.path
        count, is_damaged = 0, False
        schema = REVISION if segment.kind == "records" else LEAF
        for found in read_rows(path, schema, columns):
            if isinstance(found, Damage):
                is_damaged = True
                last = segment.last if found.last is None else segment.first + found.last
                names = f" in columns {', '.join(found.columns)}" if found.columns else ""
                message = f"rows cannot be read{names}: {found.reason}"
                self.findings.add("V0", message, file=segment.path, row=segment.first + found.first, last_row=last)
            elif not is_damaged or needed is None:
                count += found.batch.num_rows
                yield found
        if is_damaged and needed is not None:
            for rows in read_rows(path, schema, needed):
                if isinstance(rows, Rows) and rows.first + rows.batch.num_rows > count:
                    done = max(0, count - rows.first)
                    yield Rows(rows.first + done, rows.batch.slice(done))
        elif not is_damaged and count != segment.rows:
            self.findings.add("V0", f"file does not have {segment.rows} rows: {count}", file=segment.path)

    def _owner(self, manifest: Manifest, kind: str, row: int) -> str | None:
        owners = [part.path for part in manifest.content.of_kind(kind) if part.first <= row <= part.last]
        return owners[0] if owners else None

    def _manifest_name(self, manifest: Manifest) -> str:
        return _name(self.store, self.store.manifest_path(manifest.version))


def _name(store: Store, path: Path) -> str:
    return path.relative_to(store.path).as_posix()
