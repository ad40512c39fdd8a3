"""One unit of ingestion: a dump file becomes sealed segments and a done-record in the journal.

A unit is pure and idempotent: its record depends on the source's bytes and the options alone, so any number of
attempts, on any machine, after any crash, end in the same segments. Data errors never raise: they become quarantine
rows. A truncated or unreadable file raises, and nothing of it is recorded.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute

from wikigrove import _core, schema
from wikigrove.errors import InputError, SegmentDamagedError
from wikigrove.governance import licence
from wikigrove.governance.wikis import canonical_urls
from wikigrove.provenance.leaf import encode_leaves
from wikigrove.sources import dumps, sums
from wikigrove.sources.dumps import SourceFile
from wikigrove.store import Partition, RecordWriter, Segment, Staging, Store, journal
from wikigrove.store.records import HISTORY_PAGE_BYTES, PAGE_BYTES

pc: Any = pyarrow.compute  # the stubs know no kernel for columns of any type

PROFILE: Final = "open"
PARSER: Final = f"wikigrove {_core.__version__}"
WIKITEXT: Final = "wikitext"
WRITES_IN_FLIGHT: Final = 2
"""Batches that may wait for the writer: enough to overlap reading and compressing, and little memory."""

LICENCE_NAMES: Final = {0: "unknown"} | {rule.number: " or ".join(rule.licence_ids) for rule in licence.RULES}

Progress = Callable[["UnitProgress"], None]


@dataclass(frozen=True, slots=True)
class Unit:
    """One dump file and its place in the build.

    Attributes:
        ordinal: Position of the file in dump order; becomes the leaf's `source_id`.
        source: The inspected file.
        snapshot: The dump date as `yyyymmdd`, or `undated`.
    """

    ordinal: int
    source: SourceFile
    snapshot: str

    def key(self) -> str:
        """Name the unit by everything that its output depends on."""
        return journal.unit_key(
            {
                "source": self.source.sha256,
                "ordinal": self.ordinal,
                "wiki": self.source.wiki_id,
                "snapshot": self.snapshot,
                "profile": PROFILE,
                "parser": PARSER,
                "schema": schema.REVISION_CONTRACT,
                "licences": licence.table_digest(),
            }
        )


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """How far a unit has come: compressed bytes, pages and revisions read, and whether it is finished."""

    unit: Unit
    bytes_read: int
    pages: int
    revisions: int
    finished: bool = False


def process_unit(
    store: Store,
    unit: Unit,
    *,
    threads: int = 1,
    batch_bytes: int = 8 << 20,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> dict[str, Any]:
    """Read one dump file into sealed segments, unless the journal says that it was done.

    Args:
        store: Where the segments go.
        unit: The file and its place.
        threads: Threads of the reader; they change nothing but the time.
        batch_bytes: Decompressed bytes a batch; they change nothing but the memory.
        progress: Called after each batch.
        stop: When set, reading ends after the next batch, and nothing is recorded.

    Returns:
        The done-record: segments, counts, site info. JSON-able.

    Raises:
        InputError: The file cannot be read to its end; the error names file and byte offset.
        CancelledError: `stop` was set.
    """
    key = unit.key()
    done = journal.get(store, key)
    if done is None or not _is_whole(store, done):
        try:
            done = journal.put(store, key, _read_file(store, unit, threads, batch_bytes, progress, stop))
        except InputError as error:
            error.source = error.source or str(unit.source.path)
            raise sums.blame(unit.source, error) from error.__cause__
    if progress is not None:
        counts = done["counts"]
        progress(UnitProgress(unit, unit.source.size_bytes, counts["pages"], counts["revisions"], finished=True))
    return done


def _read_file(
    store: Store,
    unit: Unit,
    threads: int,
    batch_bytes: int,
    progress: Progress | None,
    stop: threading.Event | None,
) -> dict[str, Any]:
    source = unit.source
    reader = dumps.open_reader(source, source_id=unit.ordinal, threads=threads, batch_bytes=batch_bytes)
    partition = Partition(source.wiki_id, unit.snapshot)
    place: dict[str, Any] = {"ordinal": unit.ordinal, "unit": unit.key()}
    tallies = _Tallies()
    with Staging(store) as staging, ThreadPoolExecutor(1, "wikigrove-writer") as pool:
        pages = page_bytes(source.job)
        records = RecordWriter(staging, "records", schema.REVISION, partition, page_bytes=pages, **place)
        leaves = RecordWriter(staging, "leaves", schema.LEAF, partition, **place)
        writes: list[Future[None]] = []
        row = 0
        for batch in dumps.batches(reader):
            rows, sealed = seal(batch, row, siteinfo=source.siteinfo, threads=threads)
            row += rows.num_rows
            tallies.add(rows)
            if len(writes) >= WRITES_IN_FLIGHT:
                writes.pop(0).result()
            writes.append(pool.submit(_write, records, rows, leaves, sealed))
            if stop is not None and stop.is_set():
                raise CancelledError(f"reading was stopped: {source.path}")
            if progress is not None:
                summary = reader.summary()
                progress(UnitProgress(unit, summary["bytes_read"], summary["pages"], summary["revisions"]))
        for write in writes:
            write.result()
        summary = reader.summary()
        sums.check(source, summary)
        segments = [*records.close(), *leaves.close()]
        quarantined = pa.Table.from_batches([pa.record_batch(reader.quarantine())]).cast(schema.QUARANTINE)
        if quarantined.num_rows:
            writer = RecordWriter(staging, "quarantine", schema.QUARANTINE, partition, **place)
            writer.write(quarantined)
            segments += writer.close()
        return {
            "segments": [segment.to_json() for segment in segments],
            "counts": {**tallies.to_json(), **_reader_counts(summary), "quarantined": summary["quarantined"]},
            "quarantine_reasons": dict(sorted(Counter(quarantined["reason"].to_pylist()).items())),
            "siteinfo": source.siteinfo,
            "warnings": [[offset, text] for offset, text in summary["warnings"]],
            "warning_count": summary["warning_count"],
        }


def page_bytes(job: str | None) -> int:
    """Return what Parquet data pages aim at: large ones where neighbours are alike, as in a history."""
    return HISTORY_PAGE_BYTES if "history" in (job or "") else PAGE_BYTES


def _is_whole(store: Store, done: Mapping[str, Any]) -> bool:
    """Say whether the segments of a done-record are still there; a lost one is made again, byte for byte."""
    try:
        for segment in done["segments"]:
            store.segment_path(Segment.from_json(segment))
    except SegmentDamagedError:
        return False
    return True


def seal(
    batch: pa.RecordBatch, first_row: int, *, siteinfo: Mapping[str, Any] | None, threads: int
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Add licence, permanent URL and plain text to the reader's rows, and encode their leaves.

    Args:
        batch: Rows of `schema.DUMP_COLUMNS`.
        first_row: Row number of the first one in its file.
        siteinfo: The dump's header: namespaces for the text scanner, base URL for links.
        threads: Threads for hashing and scanning.

    Returns:
        Rows of `schema.REVISION` and of `schema.LEAF`.
    """
    columns = {name: batch.column(name) for name in batch.schema.names}
    columns |= derive(batch, siteinfo, threads=threads)
    columns["leaf_index"] = pa.array(range(first_row, first_row + batch.num_rows), pa.int64())
    rows = pa.record_batch([columns[field.name].cast(field.type) for field in schema.REVISION], schema=schema.REVISION)
    encoded = encode_leaves(rows, threads=threads)
    sealed = pa.record_batch([rows["leaf_index"], encoded["leaf"], encoded["leaf_hash"]], schema=schema.LEAF)
    return rows, sealed


def derive(batch: Any, siteinfo: Mapping[str, Any] | None, *, threads: int = 1) -> dict[str, Any]:
    """Compute the columns that follow from a record: its licence, its permanent address, its plain text.

    It is a pure function, so that a verifier can compute the same again and compare.

    Args:
        batch: Rows with at least the columns `wiki_id`, `page_namespace_id`, `revision_id`, `revision_dt`,
            `content_model` and `text`.
        siteinfo: The dump's header: namespaces for the text scanner, base URL for links.
        threads: Threads for scanning.

    Returns:
        `licence_rule`, `licence_ids`, `canonical_url`, `plain_text` and `plain_text_losses`, as in `schema.REVISION`.
    """
    rule, licences = licence.resolve(batch)
    base = (siteinfo or {}).get("base")
    bases = dict.fromkeys(pc.unique(batch["wiki_id"]).to_pylist(), base) if base else None
    is_wikitext = pc.equal(pc.fill_null(batch["content_model"], WIKITEXT), WIKITEXT)
    wikitext = pc.if_else(is_wikitext, batch["text"], pa.scalar(None, pa.large_string()))
    extracted = pa.record_batch(_core.plain_text(wikitext, namespaces=_namespaces(siteinfo), threads=threads))
    return {
        "licence_rule": rule,
        "licence_ids": licences,
        "canonical_url": canonical_urls(batch["wiki_id"], batch["revision_id"], bases=bases),
        "plain_text": extracted["plain_text"],
        "plain_text_losses": extracted["plain_text_losses"],
    }


def _namespaces(siteinfo: Mapping[str, Any] | None) -> list[tuple[int, str]]:
    return [(key, name) for key, _, name in (siteinfo or {}).get("namespaces", [])]


def _write(records: RecordWriter, rows: pa.RecordBatch, leaves: RecordWriter, sealed: pa.RecordBatch) -> None:
    records.write(rows)
    leaves.write(sealed)


def _reader_counts(summary: Mapping[str, Any]) -> dict[str, int]:
    names = ("pages", "bytes_decompressed", "uploads", "logitems", "duplicates", "unknown_elements")
    return {name: summary[name] for name in names}


class _Tallies:
    """Counts per code over the rows of a unit."""

    def __init__(self) -> None:
        self.revisions = 0
        self.sha1: Counter[str] = Counter()
        self.text: Counter[str] = Counter()
        self.losses: dict[str, Counter[str]] = {}
        self.licences: Counter[str] = Counter()
        self.redirects = 0
        self.text_bytes = 0
        self.plain_bytes = 0

    def add(self, rows: Any) -> None:
        self.revisions += rows.num_rows
        self.sha1.update(_named(rows["sha1_status"], schema.SHA1_STATUSES))
        self.text.update(_named(rows["text_state"], schema.TEXT_STATES))
        for row in pc.value_counts(rows["licence_rule"]).to_pylist():
            self.licences[LICENCE_NAMES[row["values"]]] += row["counts"]
        self.redirects += rows.num_rows - rows["page_redirect_target"].null_count
        self.text_bytes += pc.sum(pc.binary_length(rows["text"])).as_py() or 0
        self.plain_bytes += pc.sum(pc.binary_length(rows["plain_text"])).as_py() or 0
        losses = rows["plain_text_losses"].flatten()
        totals = pa.table({name: losses.field(name) for name in ("kind", "count", "bytes")}).group_by("kind")
        for row in totals.aggregate([("count", "sum"), ("bytes", "sum")]).to_pylist():
            self.losses.setdefault(row["kind"], Counter()).update(count=row["count_sum"], bytes=row["bytes_sum"])

    def to_json(self) -> dict[str, Any]:
        return {
            "revisions": self.revisions,
            "redirects": self.redirects,
            "text_bytes": self.text_bytes,
            "plain_bytes": self.plain_bytes,
            "licences": dict(sorted(self.licences.items())),
            "sha1_status": dict(sorted(self.sha1.items())),
            "text_state": dict(sorted(self.text.items())),
            "losses": {kind: dict(sorted(loss.items())) for kind, loss in sorted(self.losses.items())},
        }


def _named(codes: Any, names: Sequence[str]) -> dict[str, int]:
    counted = pc.value_counts(codes)
    return {names[row["values"]]: row["counts"] for row in counted.to_pylist()}


def add_counts(total: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Add two count trees key by key.

    Example:
        >>> add_counts({"pages": 1, "sha1": {"match": 2}}, {"pages": 2, "sha1": {"absent": 1}})
        {'pages': 3, 'sha1': {'match': 2, 'absent': 1}}
    """
    for name, value in more.items():
        if isinstance(value, Mapping):
            total[name] = add_counts(total.get(name, {}), value)
        else:
            total[name] = total.get(name, 0) + value
    return total
