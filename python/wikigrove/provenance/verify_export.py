"""Verifies an exported data set: no store is needed, only the folder and the signer's policy."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import pyarrow as pa
import rfc8785

from wikigrove import _core
from wikigrove.crypto.policy import Verified
from wikigrove.crypto.treehead import TreeHead
from wikigrove.errors import InclusionError, NoteFormatError, ProofError, SchemaError
from wikigrove.provenance.compare import Derive, differing_fields, encode_readable, unequal_rows
from wikigrove.provenance.damage import Damage, read_rows
from wikigrove.provenance.findings import LEVELS, Findings, VerifyReport
from wikigrove.provenance.leaf import LEAF_COLUMNS, hash_leaves
from wikigrove.provenance.proof import InclusionProof, check_path
from wikigrove.provenance.signed import Trust, check_memory, check_signature, remember
from wikigrove.schema import DATA, PERSONAL_COLUMNS, PROOF, REVISION
from wikigrove.store.regular import open_regular

FORMAT: Final = "wikigrove.dataset/1"
MANIFEST: Final = "manifest.json"
SOURCE_NOTE: Final = "proofs/source.checkpoint"
DATASET_NOTE: Final = "proofs/dataset.checkpoint"
DATA_FOLDERS: Final = ("data", "source", "proofs")
"""Readers take every file in these, so a file that the manifest does not name is a failure there."""

MAX_MANIFEST_BYTES: Final = 32 << 20
MAX_NOTE_BYTES: Final = 1 << 20
PROOF_COLUMNS: Final = ("row", "source_leaf_index", "leaf", "inclusion_path", "output_leaf")
DATA_COLUMNS: Final = (
    "row",
    "source_leaf_index",
    "id",
    "text",
    "title",
    "wiki_id",
    "page_id",
    "revision_id",
    "revision_dt",
)
DERIVED_COLUMNS: Final = ("url", "licence_ids")
"""Columns of the data that follow from the source record, beside the text."""

SOURCE_COLUMNS: Final = ("leaf_index", *LEAF_COLUMNS)
EXTRACTED_FROM: Final = ("content_format",)
"""What plain text depends on beside the columns of a leaf."""
TIMES_US: Final = (-62_135_596_800_000_000, 253_402_300_799_999_999)
"""Microseconds since 1970 of the years 1 to 9999, which is what readers can name."""

CONTRACTS: Final = {
    "data": DATA,
    "proofs": PROOF,
    "source": pa.schema([column for column in REVISION if column.name not in PERSONAL_COLUMNS]),
}
"""By folder; a column about a person has no place in any."""


@dataclass(frozen=True, slots=True)
class ExportManifest:
    """What the manifest of an export says.

    Args:
        files: SHA-256 and size by path.
        source: Head of the tree that the rows were taken from.
        dataset: Head of the tree over the rows.
        transform: SHA-256 of the canonical JSON of the transform.
        headers: What the transform names of each wiki: what plain text and links depend on.
        override: The licence that the transform states for records without one, or None.
    """

    files: dict[str, tuple[str, int]]
    source: TreeHead
    dataset: TreeHead
    transform: bytes
    headers: dict[str, Any]
    override: str | None

    @classmethod
    def read(cls, path: Path) -> ExportManifest:
        """Read a manifest strictly.

        Raises:
            ProofError: It is missing, not canonical, or not of this format.
        """
        try:
            with open_regular(path) as file:
                data = file.read(MAX_MANIFEST_BYTES)
            value: Any = json.loads(data)
            if rfc8785.dumps(value) != data or value["format"] != FORMAT:
                raise ProofError(f"not the canonical JSON of {FORMAT}: {MANIFEST}")
            files = {str(item["path"]): (str(item["sha256"]), _number(item["bytes"])) for item in value["files"]}
            if len(files) != len(value["files"]):
                raise ProofError(f"a file is listed twice: {MANIFEST}")
            for name in files:
                parts = PurePosixPath(name)
                if parts.is_absolute() or ".." in parts.parts or parts.as_posix() != name:
                    raise ProofError(f"path leads out of the export: {name}")
            heads = [
                TreeHead(str(value[name]["origin"]), _number(value[name]["size"]), bytes.fromhex(value[name]["root"]))
                for name in ("source", "dataset")
            ]
            if _number(value["rows"]) != heads[1].size:
                raise ProofError(f"rows are not as many as the tree has leaves: {value['rows']}")
            transform = value["transform"]
            override = transform.get("externalParameters", {}).get("licenceOverride")
            return cls(
                files,
                heads[0],
                heads[1],
                hashlib.sha256(rfc8785.dumps(transform)).digest(),
                dict(transform.get("internalParameters", {}).get("headers", {})),
                None if override is None else str(override),
            )
        except OSError as error:
            raise ProofError(f"manifest cannot be read ({error.strerror}): {MANIFEST}") from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, NoteFormatError) as error:
            if isinstance(error, ProofError) and not isinstance(error, NoteFormatError):
                raise
            raise ProofError(f"manifest is malformed ({error}): {MANIFEST}") from error


@dataclass(slots=True)
class ExportLadder:
    """One run over an export.

    Args:
        path: The folder.
        trust: The verifier's own things.
        findings: Where failures go.
        derive: Computes what follows from a record, or None to leave such columns alone.
        extract: Computes the plain text of a record, or None to leave the texts alone.
    """

    path: Path
    trust: Trust
    findings: Findings
    derive: Derive | None = None
    extract: Derive | None = None
    output_hashes: bytearray = field(default_factory=bytearray)
    rows: int = 0
    is_readable: bool = True

    def run(self) -> VerifyReport:
        """Run every asked level as far as it can go."""
        verified: list[Verified] = []
        counts = {"rows": 0}
        self.findings.checked["V0"] += 1
        try:
            manifest = ExportManifest.read(self.path / MANIFEST)
        except ProofError as error:
            self.findings.add("V0", str(error), file=MANIFEST)
            for level in LEVELS[1:]:
                self.findings.skip(level, "manifest cannot be read")
        else:
            self._files(manifest)
            verified = self._notes(manifest)
            self._shards(manifest, verified)
            counts = {"rows": self.rows, "files": len(manifest.files)}
            if len(verified) == 2:
                remember(verified, self.trust, self.findings, root_at=None)
        policy = None if self.trust.policy is None else self.trust.policy.digest
        return self.findings.report(target=str(self.path), kind="export", policy=policy, trees=verified, counts=counts)

    def _files(self, manifest: ExportManifest) -> None:
        for name, (sha256, size) in sorted(manifest.files.items()):
            self.findings.checked["V0"] += 1
            try:
                with open_regular(self.path / name) as file:
                    found = (hashlib.file_digest(file, "sha256").hexdigest(), file.tell())
            except OSError as error:
                self.findings.add("V0", f"file cannot be read: {error.strerror}", file=name)
                continue
            if found != (sha256, size):
                message = f"file is not the one that the manifest names, its digest is: {found[0]}"
                self.findings.add("V0", message, file=name)
        known = {*manifest.files, SOURCE_NOTE, DATASET_NOTE, MANIFEST}
        for folder, folders, names in os.walk(self.path):
            for entry in sorted([*names, *folders]):
                path = Path(folder) / entry
                name = path.relative_to(self.path).as_posix()
                if path.is_symlink() or not (path.is_file() or path.is_dir()):
                    self.findings.add("V0", "neither a file nor a folder, or a link to one", file=name)
                elif path.is_file() and name not in known:
                    self.findings.add("V0", "file is not named in the manifest", file=name)

    def _notes(self, manifest: ExportManifest) -> list[Verified]:
        verified = []
        for name, expected in ((SOURCE_NOTE, manifest.source), (DATASET_NOTE, manifest.dataset)):
            try:
                with open_regular(self.path / name) as file:
                    note = file.read(MAX_NOTE_BYTES)
            except OSError:
                note = None
            found = check_signature(note, expected, self.trust, self.findings, file=name)
            check_memory(found, self.trust, self.findings, file=name, root_at=None)
            if found is not None:
                verified.append(found)
        return verified

    def _shards(self, manifest: ExportManifest, verified: list[Verified]) -> None:
        """Check row by row, the folders beside each other. What is signed decides, where it is known."""
        heads = {tree.head.origin: tree.head for tree in verified}
        source = heads.get(manifest.source.origin, manifest.source)
        dataset = heads.get(manifest.dataset.origin, manifest.dataset)
        names = sorted(name for name in manifest.files if name.startswith("data/"))
        shards = {folder: _shard_names(manifest, folder) for folder in DATA_FOLDERS}
        has_source = bool(shards["source"])
        for folder in ("proofs", *(["source"] if has_source else [])):
            for shard in sorted(shards[folder] ^ shards["data"]):
                self.findings.add("V0", "shard is not in every folder", file=f"{folder}/{shard}")
        for name in names:
            self._shard(name, source, manifest, has_source=has_source)
        if not has_source:
            self.findings.skip("V4", "the source records were left out, so source leaves cannot be computed again")
        if not self.is_readable:
            for level in ("V3", "V4"):
                self.findings.skip(level, "rows are damaged")
            return
        root = _core.merkle_root(bytes(self.output_hashes))
        if (self.rows, root) != (dataset.size, dataset.root):
            message = f"root over the rows is not the signed one ({self.rows} of {dataset.size} rows): {root.hex()}"
            self.findings.add("V3", message, file=DATASET_NOTE)

    def _shard(self, name: str, source: TreeHead, manifest: ExportManifest, *, has_source: bool) -> None:
        transform = manifest.transform
        shard = name.removeprefix("data/")
        data = self._table(name, DATA_COLUMNS if self.derive is None else (*DATA_COLUMNS, *DERIVED_COLUMNS))
        proofs = self._table(f"proofs/{shard}", PROOF_COLUMNS)
        columns = SOURCE_COLUMNS if self.extract is None else (*SOURCE_COLUMNS, *EXTRACTED_FROM)
        records = self._table(f"source/{shard}", columns) if has_source else None
        first = self.rows
        self.rows += data.num_rows if data is not None else proofs.num_rows if proofs is not None else 0
        if proofs is not None:
            self._inclusion(f"proofs/{shard}", proofs, source, transform, first)
        if data is not None and proofs is not None and self._same_rows(name, data, proofs, first):
            self._outputs(name, data, proofs, source, transform, first)
            self._identity(name, data, proofs, first)
        if records is not None and proofs is not None:
            self._sources(f"source/{shard}", records, proofs, first)
        if records is not None and data is not None and records.num_rows != data.num_rows:
            message = f"shard has {data.num_rows} rows, its source records: {records.num_rows}"
            self.findings.add("V0", message, file=name)
        elif records is not None and data is not None:
            for row in unequal_rows(data.column("title"), records.column("page_title")):
                self.findings.add("V4", "title is not the one of the record", file=name, row=first + row)
            self._derived(name, data, records, manifest, first)

    def _derived(
        self, name: str, data: pa.RecordBatch, records: pa.RecordBatch, manifest: ExportManifest, first: int
    ) -> None:
        """V4: text, address and licence of the row follow from the source record, wiki by wiki."""
        if not self.findings.wants("V4"):
            return
        wikis = np.asarray(records.column("wiki_id").to_pylist(), dtype=object)
        for wiki in sorted(set(wikis.tolist())):
            rows = np.flatnonzero(wikis == wiki)
            places: Any = pa.array(rows)
            chosen, header, shown = records.take(places), manifest.headers.get(wiki), data.take(places)
            made: dict[str, Any] = {}
            compared: list[tuple[str, str]] = []
            if self.extract is not None:
                made |= self.extract(chosen, header)
                compared.append(("text", "plain_text"))
            if self.derive is not None:
                made |= self.derive(chosen, header)
                compared.append(("url", "canonical_url"))
                compared.append(("licence_ids", "licence_ids"))
                if manifest.override is not None:
                    known = made["licence_ids"]
                    made["licence_ids"] = pa.array(
                        [ids or [manifest.override] for ids in known.to_pylist()], known.type
                    )
            for column, origin in compared:
                values = shown.column(column)
                for place in unequal_rows(values, made[origin].cast(values.type)):
                    message = f"column does not follow from the record: {column}"
                    self.findings.add("V4", message, file=name, row=first + int(rows[place]))

    def _table(self, name: str, columns: tuple[str, ...]) -> pa.RecordBatch | None:
        """Read a whole shard, or note what is damaged. Rows in front of the damage are still named by V3 of others."""
        batches = []
        for found in read_rows(self.path / name, CONTRACTS[name.partition("/")[0]], columns, others=True):
            if not isinstance(found, Damage) and (reason := _unreadable(found.batch)) is not None:
                found = Damage(found.first, found.first + found.batch.num_rows - 1, reason)
            if isinstance(found, Damage):
                self.is_readable = False
                last = None if found.last is None else self.rows + found.last
                names = f" in columns {', '.join(found.columns)}" if found.columns else ""
                message = f"rows cannot be read{names}: {found.reason}"
                self.findings.add("V0", message, file=name, row=self.rows + found.first, last_row=last)
                return None
            batches.append(found.batch)
        if not batches:  # a file of no rows is no damage by itself: it has fewer rows than it should
            contract = CONTRACTS[name.partition("/")[0]]
            return pa.RecordBatch.from_pylist([], schema=pa.schema([contract.field(column) for column in columns]))
        return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]

    def _same_rows(self, name: str, data: pa.RecordBatch, proofs: pa.RecordBatch, first: int) -> bool:
        """Check that data and proofs speak of the same rows in the same order."""
        if data.num_rows != proofs.num_rows:
            self.findings.add("V0", f"shard has {data.num_rows} rows, its proofs: {proofs.num_rows}", file=name)
            return False
        for row, (one, other) in enumerate(zip(_places(data), _places(proofs), strict=True)):
            if one != other or one[0] != first + row:
                self.findings.add("V0", f"row has the place {one} and its proof {other}", file=name, row=first + row)
        return True

    def _inclusion(self, name: str, proofs: pa.RecordBatch, source: TreeHead, transform: bytes, first: int) -> None:
        """V3: each source leaf is in the signed source tree, and each output leaf names it."""
        leaves, outputs = proofs.column("leaf"), proofs.column("output_leaf")
        for column in (_core.decode_leaves(leaves), _core.decode_output_leaves(outputs)):
            for row, message in _errors(pa.record_batch(column)):
                self.findings.add("V0", f"leaf does not decode: {message}", file=name, row=first + row)
        hashes = hash_leaves(leaves)
        self.output_hashes += hash_leaves(outputs)
        paths, indices = proofs.column("inclusion_path"), proofs.column("source_leaf_index").to_pylist()
        decoded = pa.record_batch(_core.decode_output_leaves(outputs)).to_pylist()
        for row, (index, output) in enumerate(zip(indices, decoded, strict=True)):
            self.findings.checked["V3"] += 1
            try:
                proof = InclusionProof(_index(index), check_path(paths[row].as_py()))
                proof.verify_hash(hashes[row * 32 : row * 32 + 32], source)
            except (InclusionError, ProofError) as error:
                self.findings.add("V3", f"source leaf is not in the signed tree: {error}", file=name, row=first + row)
            named = (output["source_index"], output["source_root"], output["transform"])
            if output["error"] is None and named != (index, source.root, transform):
                message = "output leaf names another source leaf, source tree or transform"
                self.findings.add("V3", message, file=name, row=first + row)

    def _outputs(
        self, name: str, data: pa.RecordBatch, proofs: pa.RecordBatch, source: TreeHead, transform: bytes, first: int
    ) -> None:
        """V4: the output leaf follows from the published text."""
        texts = data.column("text")
        self.findings.checked["V4"] += data.num_rows
        try:
            indices = proofs.column("source_leaf_index")
            made = pa.record_batch(_core.encode_output_leaves(indices, source.root, transform, texts)).column("leaf")
        except SchemaError as error:
            self.findings.add("V4", f"output leaves cannot be made: {error}", file=name)
            return
        stored = proofs.column("output_leaf")
        for row in unequal_rows(made, stored):
            fields = differing_fields(made[row].as_py(), stored[row].as_py() or b"")
            message = f"output leaf of the text is not the proved one, fields: {fields}"
            self.findings.add("V4", message, file=name, row=first + row)

    def _identity(self, name: str, data: pa.RecordBatch, proofs: pa.RecordBatch, first: int) -> None:
        """V4: what the row says of itself is what its source leaf says."""
        leaves = pa.record_batch(_core.decode_leaves(proofs.column("leaf"))).to_pylist()
        rows = data.select(["id", "wiki_id", "page_id", "revision_id", "revision_dt"]).to_pylist()
        for row, (leaf, shown) in enumerate(zip(leaves, rows, strict=True)):
            if leaf["error"] is not None:
                continue
            time = None if shown["revision_dt"] is None else int(shown["revision_dt"].timestamp())
            said = (shown["wiki_id"], shown["page_id"], shown["revision_id"], time, shown["id"])
            proved = (leaf["wiki_id"], leaf["page_id"], leaf["revision_id"], leaf["unix_time"])
            if said != (*proved, f"{leaf['wiki_id']}:{leaf['page_id']}:{leaf['revision_id']}"):
                message = (
                    f"row says {said[4]}, its source leaf: {leaf['wiki_id']}:{leaf['page_id']}:{leaf['revision_id']}"
                )
                self.findings.add("V4", message, file=name, row=first + row)

    def _sources(self, name: str, records: pa.RecordBatch, proofs: pa.RecordBatch, first: int) -> None:
        """V4: the source leaf follows from the record that goes along."""
        if records.num_rows != proofs.num_rows:
            self.findings.add("V0", f"shard has {records.num_rows} rows, its proofs: {proofs.num_rows}", file=name)
            return
        stored, indices = proofs.column("leaf"), proofs.column("source_leaf_index")
        for row in unequal_rows(records.column("leaf_index"), indices):
            self.findings.add("V0", "record is of another leaf than its proof", file=name, row=first + row)
        for row, made in encode_readable(records.select(list(LEAF_COLUMNS))):
            if isinstance(made, str):
                self.findings.add("V4", f"no leaf can be made: {made}", file=name, row=first + row)
                continue
            column = made.column("leaf")
            for place in unequal_rows(column, stored.slice(row, made.num_rows)):
                fields = differing_fields(column[place].as_py(), stored[row + place].as_py() or b"")
                message = f"leaf of the record is not the proved leaf, fields: {fields}"
                self.findings.add("V4", message, file=name, row=first + row + place)


def _unreadable(batch: pa.RecordBatch) -> str | None:
    """Say which values Parquet could hold and no reader can take: text that is no UTF-8, times past the year 9999."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid as error:
        return " ".join(str(error).split())[:200]
    for column in batch.columns:
        if pa.types.is_timestamp(column.type):
            times = column.cast(pa.int64()).drop_null().to_numpy()
            if len(times) and not TIMES_US[0] <= times.min() <= times.max() <= TIMES_US[1]:
                return "a time is not in the years 1 to 9999"
    return None


def _shard_names(manifest: ExportManifest, folder: str) -> set[str]:
    return {name.removeprefix(f"{folder}/") for name in manifest.files if name.startswith(f"{folder}/")}


def _places(batch: pa.RecordBatch) -> list[tuple[Any, Any]]:
    rows, indices = batch.column("row").to_pylist(), batch.column("source_leaf_index").to_pylist()
    return list(zip(rows, indices, strict=True))


def _number(value: object) -> int:
    if type(value) is not int:
        raise ProofError(f"no whole number: {value!r:.40}")
    return value


def _index(value: int | None) -> int:
    if value is None:
        raise ProofError("source_leaf_index is null")
    return value


def _errors(batch: pa.RecordBatch) -> Iterator[tuple[int, str]]:
    column = batch.column("error")
    if column.null_count < len(column):
        yield from ((row, str(message)) for row, message in enumerate(column.to_pylist()) if message is not None)
