"""Traces one row back to the bytes of the dump, and forward to the signed root."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from wikigrove.crypto.policy import Policy
from wikigrove.crypto.treehead import TreeHead
from wikigrove.errors import ProofError, SchemaError, StoreError, WikigroveError
from wikigrove.provenance.checkpoint import verify_checkpoint
from wikigrove.provenance.compare import differing_fields
from wikigrove.provenance.leaf import LEAF_COLUMNS, encode_leaves, hash_leaf
from wikigrove.provenance.prove import StoreProver
from wikigrove.provenance.steps import TraceReport, TraceStep
from wikigrove.schema import DUMP_COLUMNS, SEEK_POINT, SHA1_STATUSES
from wikigrove.sources import read_record as from_source
from wikigrove.store import Manifest, SourceFile, Store, Tree, fetch_by_ids, iterate

RecordReader = Callable[..., dict[str, Any]]
"""Like `sources.read_record`: reopens a file at a position and returns one row of `schema.DUMP_COLUMNS`."""

GIVEN: Final = "licence_rule"
"""The one column of a leaf that ingestion adds: the dump does not state it."""


def trace(
    store: Store,
    row: int,
    *,
    policy: Policy | str | Path | None,
    dump: str | Path | None = None,
    manifest: Manifest | None = None,
    now_s: int | None = None,
    read_record: RecordReader = from_source,
) -> TraceReport:
    """Follow one row from the dump's bytes to the signed root, checking every link.

    Args:
        store: The store.
        row: `leaf_index` of the record.
        policy: The signer's policy, or the path of its file; without it the signature is not checked.
        dump: The file that the row came from; without it nothing is compared with the source.
        manifest: The version; the newest by default.
        now_s: The present in seconds since 1970, to refuse signatures from the future.
        read_record: Reads one record again; `sources.read_record` by default.

    Returns:
        The report. A check that fails does not stop those that can still run.

    Raises:
        RecordNotFoundError: The store does not hold the row.
        StoreError: The store cannot be read.
        ConfigError: The policy cannot be read.
    """
    policy = Policy.load(policy) if isinstance(policy, str | Path) else policy
    manifest = manifest or store.manifest()
    record = fetch_by_ids(store, [row], manifest=manifest).to_batches()[0]
    report = TraceReport(row)
    _describe(report, record)
    found = _from_dump(report, record, store, manifest, dump, read_record)
    if found is not None:
        _compare(report, record, found)
    _leaf(report, store, manifest, _make_leaf(report, "leaf from the record", record), policy, now_s)
    return report


def _make_leaf(report: TraceReport, name: str, record: pa.RecordBatch) -> bytes | None:
    try:
        leaf: bytes = encode_leaves(record).column("leaf")[0].as_py()
    except SchemaError as error:
        report.steps.append(TraceStep(name, "failed", f"no leaf can be made: {error}"))
        return None
    return leaf


def _describe(report: TraceReport, record: pa.RecordBatch) -> None:
    names = ("wiki_id", "page_id", "page_title", "revision_id", "canonical_url", "source_id", "stream_offset")
    row = record.select(
        [*names, "element_offset", "element_length", "revision_sha1", "sha1_status", "text"]
    ).to_pylist()[0]
    text = row.pop("text")
    row["sha1_status"] = SHA1_STATUSES[row["sha1_status"]]
    report.values.update(row)
    if text is not None:
        report.values["text_bytes"] = len(text.encode())
        report.values["text_sha256"] = hashlib.sha256(text.encode()).hexdigest()
        report.values["text_sha1"] = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _from_dump(
    report: TraceReport,
    record: pa.RecordBatch,
    store: Store,
    manifest: Manifest,
    dump: str | Path | None,
    read_record: RecordReader,
) -> pa.RecordBatch | None:
    """Check the dump file, and read the record out of it again."""
    row = record.to_pylist()[0]
    sources = [source for source in manifest.content.sources if source.source_id == row["source_id"]]
    if len(sources) != 1:
        report.steps.append(TraceStep("source", "failed", f"manifest names no single source: {row['source_id']}"))
        return None
    source = sources[0]
    report.values["source"] = source.name
    path = None if dump is None else Path(dump)
    if path is None or not path.is_file():
        detail = f"dump file is not here: {path or source.name}; hint: name the path of {source.name}"
        report.steps.append(TraceStep("source", "not_run", detail))
        return None
    with path.open("rb") as file:
        digest, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    report.values["source_sha256"] = digest
    if (digest, size) != (source.sha256, source.bytes):
        detail = f"{path} is not the file that was ingested, its digest is: {digest}"
        report.steps.append(TraceStep("source", "failed", detail))
    else:
        report.steps.append(TraceStep("source", "passed", f"{path} has the digest of the ingested file: {digest}"))
    try:
        again = read_record(
            path,
            row,
            _namespaces(source),
            kind=source.extra.get("kind", "xml"),
            seek=_seek_points(store, manifest, row["source_id"], row["stream_offset"]),
        )
        found = pa.RecordBatch.from_pylist([again], schema=DUMP_COLUMNS)
    except (WikigroveError, OSError, ValueError) as error:
        report.steps.append(TraceStep("extraction", "failed", f"record cannot be read out of the dump: {error}"))
        return None
    place = f"stream at byte {row['stream_offset']}, element at byte {row['element_offset']} of what it decompresses to"
    report.steps.append(TraceStep("extraction", "passed", f"{row['element_length']} bytes read again: {place}"))
    return found


def _compare(report: TraceReport, record: pa.RecordBatch, found: pa.RecordBatch) -> None:
    """Compare the stored record with the one read again: text bytes, columns, and the leaf made from it."""
    one, other = record.column("text")[0].as_py(), found.column("text")[0].as_py()
    if one == other:
        count = 0 if one is None else len(one.encode())
        report.steps.append(TraceStep("text", "passed", f"bytes equal to the dump's: {count}"))
    else:
        report.steps.append(TraceStep("text", "failed", "text is not the dump's"))
    names = [name for name in found.schema.names if name in record.schema.names and name != "text"]
    differing = [name for name in names if record.column(name)[0].as_py() != found.column(name)[0].as_py()]
    if differing:
        report.steps.append(TraceStep("columns", "failed", f"columns are not the dump's: {', '.join(differing)}"))
    else:
        report.steps.append(TraceStep("columns", "passed", f"columns equal to the dump's: {len(names)}"))
    columns = {name: found.column(name) for name in LEAF_COLUMNS if name != GIVEN}
    again = pa.record_batch({**columns, GIVEN: record.column(GIVEN)})
    fresh = _make_leaf(report, "leaf from the dump", again)
    report.values["leaf_from_dump"] = None if fresh is None else fresh.hex()


def _leaf(
    report: TraceReport, store: Store, manifest: Manifest, made: bytes | None, policy: Policy | None, now_s: int | None
) -> None:
    """Compare the leaves, then follow the path to the signed root."""
    try:
        prover = StoreProver(store, manifest)
        stored, proof = prover.prove(report.row)
    except (StoreError, ProofError) as error:
        report.steps.append(TraceStep("inclusion", "failed", f"no path to the root: {error}"))
        return
    for name, leaf in (
        ("leaf from the record", made),
        ("leaf from the dump", report.values.pop("leaf_from_dump", None)),
    ):
        if leaf is None:
            continue
        leaf = bytes.fromhex(leaf) if isinstance(leaf, str) else leaf
        if leaf == stored:
            report.steps.append(TraceStep(name, "passed", f"equal to the stored leaf of {len(stored)} bytes"))
        else:
            detail = f"not the stored leaf, fields: {differing_fields(leaf, stored)}"
            report.steps.append(TraceStep(name, "failed", detail))
    leaf_hash = hash_leaf(stored)
    report.values["leaf"] = stored.hex()
    report.values["leaf_hash"] = leaf_hash.hex()
    report.values["inclusion_path"] = [node.hex() for node in proof.path]
    head, is_signed = _signed_head(report, store, prover.tree, policy, now_s)
    report.values.update({"origin": head.origin, "tree_size": head.size, "root": head.root.hex()})
    claim = "signed root" if is_signed else "root of the manifest, which nobody vouches for"
    try:
        proof.verify_hash(leaf_hash, head)
        report.steps.append(TraceStep("inclusion", "passed", f"{len(proof.path)} hashes lead to the {claim}"))
    except ProofError as error:
        report.steps.append(TraceStep("inclusion", "failed", f"{error}; compared with the {claim}"))


def _signed_head(
    report: TraceReport, store: Store, tree: Tree, policy: Policy | None, now_s: int | None
) -> tuple[TreeHead, bool]:
    """Return the head of the tree: the signed one, or what the manifest says if there is no valid signature."""
    claimed = TreeHead(tree.origin, tree.size, bytes.fromhex(tree.root))
    note = store.read_checkpoint(tree)
    if note is None or policy is None:
        detail = "tree is not signed" if note is None else "no policy was given, so nothing is trusted"
        report.steps.append(TraceStep("signature", "not_run", detail))
        return claimed, False
    try:
        verified = verify_checkpoint(note, policy, now_s=now_s)
    except ProofError as error:
        report.steps.append(TraceStep("signature", "failed", str(error)))
        return claimed, False
    head = verified.head
    if head != claimed:
        report.steps.append(TraceStep("signature", "failed", f"signed tree is not the manifest's: {head.origin}"))
    else:
        detail = f"{head.origin}, {head.size} leaves: {', '.join(verified.keys)}"
        report.steps.append(TraceStep("signature", "passed", detail))
    return head, True


def _seek_points(store: Store, manifest: Manifest, source_id: int, stream_offset: int) -> list[tuple[int, int]]:
    """Return where decompression may begin in a stream. Hints that are damaged are left out: it only takes longer."""
    points: list[tuple[int, int]] = []
    try:
        for batch in iterate(store, "seek", SEEK_POINT.names, manifest=manifest):
            points += [
                (row["block_bit"], row["decompressed"])
                for row in batch.to_pylist()
                if (row["source_id"], row["stream_offset"]) == (source_id, stream_offset)
            ]
    except StoreError:
        return []
    return points


def _namespaces(source: SourceFile) -> list[tuple[int, str]]:
    """Take `[key, name]` or `[key, case, name]`, as a reader's siteinfo gives them."""
    stated = source.extra.get("namespaces") or []
    return [(int(namespace[0]), str(namespace[-1])) for namespace in stated]
