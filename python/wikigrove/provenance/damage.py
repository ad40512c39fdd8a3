"""Reads Parquet files that may be damaged: whatever is readable, and where it is not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from wikigrove.store.regular import open_regular

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH_ROWS: Final = 8192
FAILURES: Final = (OSError, pa.ArrowException, UnicodeDecodeError, ValueError, MemoryError, OverflowError)
"""What pyarrow raises on damaged bytes."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Rows that cannot be read.

    Args:
        first: First unreadable row of the file.
        last: Last row of the row group; pages behind a damaged one cannot be reached. None where nothing is known.
        reason: What the reader said.
        columns: The damaged columns.
    """

    first: int
    last: int | None
    reason: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """Readable rows.

    Args:
        first: Row number of the first one in the file.
        batch: The rows.
    """

    first: int
    batch: pa.RecordBatch


def read_rows(
    path: Path, schema: pa.Schema, columns: Sequence[str] | None = None, *, others: bool = False
) -> Iterator[Rows | Damage]:
    """Read a Parquet file to its end, whatever is damaged.

    Page checksums are verified where the file has them.

    Args:
        path: The file.
        schema: The contract: names must be in it, with these types.
        columns: Names; all by default.
        others: Whether the columns behind these names are read too.

    Yields:
        Runs of readable rows and damaged ranges, in order. A footer that does not parse is one damage.
    """
    import pyarrow.parquet as pq

    with contextlib.ExitStack() as stack:
        try:
            source = stack.enter_context(open_regular(path))
            file = stack.enter_context(pq.ParquetFile(source, page_checksum_verification=True))
        except FAILURES as error:
            yield Damage(0, None, _reason(error))
            return
        names = file.schema_arrow.names
        wanted = list(names if columns is None else columns)
        problem = _misfit(file.schema_arrow, schema)
        wanted += [name for name in names if others and name not in wanted]
        missing = [name for name in wanted if name not in names]
        if problem is None and missing:
            problem = f"columns are missing: {', '.join(missing)}"
        if problem is not None:
            yield Damage(0, max(0, file.metadata.num_rows - 1), problem, tuple(missing))
            return
        start = 0
        for group in range(file.metadata.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            yield from _read_group(file, schema, group, wanted, start, end)
            start = end


def _misfit(found: pa.Schema, schema: pa.Schema) -> str | None:
    """Say what about the columns of a file is not as its contract has it: names twice or unknown, other types.

    Names of list items are no part of it: Parquet has its own.
    """
    names = found.names
    if len(set(names)) != len(names):
        return "a column is there twice"
    unknown = sorted(set(names) - set(schema.names))
    if unknown:
        return f"columns are not in the contract: {', '.join(unknown)}"
    for name in names:
        kind, expected = found.field(name).type, schema.field(name).type
        if not pa.types.is_nested(expected) and kind != expected:
            return f"column {name} is of another type than {expected}: {kind}"
        if pa.types.is_nested(expected) and not pa.types.is_list(kind):
            return f"column {name} is of another type than {expected}: {kind}"
    return None


def _read_group(
    file: pq.ParquetFile, schema: pa.Schema, group: int, columns: list[str], start: int, end: int
) -> Iterator[Rows | Damage]:
    try:
        table = file.read_row_group(group, columns=columns, use_threads=False).select(columns)
    except FAILURES as error:
        first, damaged = end, []
        for name in columns:  # one column after the other: only damaged ones are read row by row
            good = _readable(file, group, name, end - start)
            if good < end - start:
                damaged.append(name)
                first = min(first, start + good)
        if first > start:
            yield from _prefix(file, group, columns, start, first - start)
        yield Damage(min(first, end - 1), end - 1, _reason(error), tuple(damaged))
        return
    required = [name for name in columns if not schema.field(name).nullable and table.column(name).null_count]
    if required:
        yield Damage(start, end - 1, "a value that must be there is missing", tuple(required))
        return
    for batch in table.to_batches(max_chunksize=BATCH_ROWS):
        yield Rows(start, batch)
        start += batch.num_rows


def _readable(file: pq.ParquetFile, group: int, column: str, rows: int) -> int:
    """Count the rows of a column before its first damaged page."""
    good = 0
    try:
        if file.read_row_group(group, columns=[column], use_threads=False).num_rows == rows:
            return rows
    except FAILURES:
        pass
    try:
        for batch in file.iter_batches(batch_size=1, row_groups=[group], columns=[column], use_threads=False):
            good += batch.num_rows
    except FAILURES:
        pass
    return good


def _prefix(file: pq.ParquetFile, group: int, columns: list[str], start: int, count: int) -> Iterator[Rows]:
    """Yield the first rows of a group whose later pages are damaged."""
    done = 0
    try:
        for batch in file.iter_batches(batch_size=1, row_groups=[group], columns=columns, use_threads=False):
            if done >= count:
                return
            yield Rows(start + done, batch.select(columns))
            done += batch.num_rows
    except FAILURES:
        return


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
