"""One unit of ingestion: a dump file becomes sealed segments and a done-record in the journal.

A unit is pure and idempotent: its record depends on the source's bytes and the options alone, so any number of
attempts, on any machine, after any crash, end in the same segments. A large file is read in parts; each part that was
sealed has a record of its own, from which the next attempt goes on. Data errors never raise: they become quarantine
rows. A truncated or unreadable file raises, and the unit is not done.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, Final

import pyarrow as pa

from wikigrove.errors import ChecksumMismatchError, InputError, SegmentDamagedError, SourceChangedError
from wikigrove.ingest.part import KINDS, PartWriter, page_bytes
from wikigrove.ingest.seal import derive, seal
from wikigrove.ingest.tallies import add_counts
from wikigrove.ingest.unit import PARSER, PART_BYTES, PROFILE, Progress, Unit, UnitProgress
from wikigrove.sources import reading, sums
from wikigrove.store import Segment, Staging, Store, journal

__all__ = [
    "PARSER",
    "PART_BYTES",
    "PROFILE",
    "Unit",
    "UnitProgress",
    "add_counts",
    "derive",
    "page_bytes",
    "process_unit",
    "seal",
]

WRITES_IN_FLIGHT: Final = 2
"""Batches that may wait for the writer: enough to overlap reading and compressing, and little memory."""


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
        stop: When set, reading ends after the next batch; parts that were sealed stay recorded.

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
            parts = _Attempt(store, unit, threads, batch_bytes, progress, stop).run()
        except InputError as error:
            error.source = error.source or str(unit.source.path)
            if isinstance(error, SourceChangedError | ChecksumMismatchError):
                _forget_parts(store, unit)
            raise sums.blame(unit.source, error) from error.__cause__
        done = journal.put(store, key, _merged(unit, parts))
    if progress is not None:
        counts = done["counts"]
        progress(UnitProgress(unit, unit.source.size_bytes, counts["pages"], counts["revisions"], finished=True))
    return done


class _Attempt:
    """One attempt at a unit: takes the parts that the journal has, and reads the others.

    The reader is ahead of the writer by at most `WRITES_IN_FLIGHT` batches, also over the border of a part.
    """

    def __init__(
        self,
        store: Store,
        unit: Unit,
        threads: int,
        batch_bytes: int,
        progress: Progress | None,
        stop: threading.Event | None,
    ) -> None:
        self._store = store
        self._unit = unit
        self._threads = threads
        self._batch_bytes = batch_bytes
        self._progress = progress
        self._stop = stop
        self._writes: list[Future[Any]] = []

    def run(self) -> list[dict[str, Any]]:
        """Return the records of all parts, in order."""
        parts: list[Future[dict[str, Any]]] = []
        reader: Any = None
        state: Any = None
        row = 0
        with Staging(self._store) as staging, ThreadPoolExecutor(1, "wikigrove-writer") as pool:
            while True:
                number = len(parts)
                kept = journal.get(self._store, self._unit.part_key(number))
                if kept is not None and _is_whole(self._store, kept):
                    part: Future[dict[str, Any]] = Future()
                    part.set_result(kept)
                    reader, state, row = None, kept["resume"], row + kept["tallies"]["revisions"]
                else:
                    reader = reader or self._open(state)
                    part, state, row = self._read(reader, PartWriter(staging, self._unit, number, row), row, pool)
                parts.append(part)
                if state is None:
                    return [part.result() for part in parts]

    def _open(self, state: Any) -> Any:
        return reading.open_reader(
            self._unit.source,
            source_id=self._unit.ordinal,
            threads=self._threads,
            batch_bytes=self._batch_bytes,
            part_bytes=self._unit.part_bytes,
            resume=state,
        )

    def _read(
        self, reader: Any, writer: PartWriter, row: int, pool: ThreadPoolExecutor
    ) -> tuple[Future[dict[str, Any]], Any, int]:
        """Read one part; its record will be there once the writer has caught up."""
        source = self._unit.source
        for batch in reading.part_batches(reader):
            self._submit_log(reader, writer, pool)
            rows, leaves = seal(batch, row, siteinfo=source.siteinfo, threads=self._threads)
            row += rows.num_rows
            if len(self._writes) >= WRITES_IN_FLIGHT:
                self._writes.pop(0).result()
            self._writes.append(pool.submit(writer.write, rows, leaves))
            if self._stop is not None and self._stop.is_set():
                raise CancelledError(f"reading was stopped: {source.path}")
            if self._progress is not None:
                summary = reader.summary()
                self._progress(UnitProgress(self._unit, summary["bytes_read"], summary["pages"], summary["revisions"]))
        self._submit_log(reader, writer, pool)
        side = {"quarantine": pa.record_batch(reader.quarantine()), "seek": pa.record_batch(reader.seek_points())}
        state = reader.next_part()
        summary = reader.summary()
        if state is None:
            sums.check(source, summary)
        for write in self._writes:  # a part whose rows could not be written must not be recorded
            write.result()
        self._writes.clear()
        return pool.submit(writer.finish, self._store, side, summary, state), state, row

    def _submit_log(self, reader: Any, writer: PartWriter, pool: ThreadPoolExecutor) -> None:
        """Pass on the log items that the reader met on its way to the last batch."""
        items = pa.record_batch(reader.log_items())
        if items.num_rows:
            self._writes.append(pool.submit(writer.write_log, items))


def _forget_parts(store: Store, unit: Unit) -> None:
    """Take back the parts of a file that proved to hold other bytes than those that name the unit."""
    for number in itertools.count():
        if not journal.discard(store, unit.part_key(number)):
            return


def _merged(unit: Unit, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Make one done-record of the parts' records: segments by kind, in the order of rows; counts added up."""
    tallies: dict[str, Any] = {}
    reasons: dict[str, Any] = {}
    segments = []
    for part in parts:
        add_counts(tallies, part["tallies"])
        add_counts(reasons, part["quarantine_reasons"])
        segments += part["segments"]
    end = parts[-1]["so_far"]
    return {
        "segments": sorted(segments, key=lambda segment: KINDS.index(segment["kind"])),
        "counts": {**tallies, **end["counts"]},
        "quarantine_reasons": dict(sorted(reasons.items())),
        "siteinfo": unit.source.siteinfo,
        "warnings": end["warnings"],
        "warning_count": end["warning_count"],
    }


def _is_whole(store: Store, done: Mapping[str, Any]) -> bool:
    """Say whether the segments of a record are still there; a lost one is made again, byte for byte."""
    try:
        for segment in done["segments"]:
            store.segment_path(Segment.from_json(segment))
    except SegmentDamagedError:
        return False
    return True
