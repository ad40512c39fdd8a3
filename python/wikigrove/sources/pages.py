"""One page out of a dump: by the index of a multistream dump from one stream, otherwise by reading up to it."""

from __future__ import annotations

import bz2
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from wikigrove import schema
from wikigrove.errors import ConfigError, InputError, LimitExceededError
from wikigrove.sources.file import SourceFile
from wikigrove.sources.inspection import inspect
from wikigrove.sources.multistream import MultistreamIndex, find_index, is_stream
from wikigrove.sources.reading import batches, open_reader, read_record
from wikigrove.sources.regular import open_regular

STREAM_BYTES: Final = 1 << 30
"""Decompressed bytes of one stream that are taken: 100 pages with at most some megabytes each."""

_ID: Final = re.compile(rb"<id>\s*(\d{1,18})\s*</id>")


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page of a dump.

    Attributes:
        rows: Its revisions, with the columns of `schema.DUMP_COLUMNS`; empty where the dump does not hold it.
        stream_offset: Where the stream that holds it begins, or None.
        by_index: Whether the index led there; otherwise the dump was read up to the page.
        warnings: In what the index lies.
    """

    rows: list[dict[str, Any]]
    stream_offset: int | None = None
    by_index: bool = False
    warnings: list[str] = field(default_factory=list)


def read_page(
    path: str | os.PathLike[str],
    page_id: int,
    *,
    index: MultistreamIndex | str | os.PathLike[str] | None = None,
    wiki_id: str | None = None,
) -> PageRead:
    """Read all revisions of one page.

    With an index only the one stream is read that holds the page. An index that lies is not believed: every lie is a
    warning, and the dump is read from its start instead.

    Args:
        path: The dump.
        page_id: The page.
        index: Its index, or the path of one; by default the one that lies beside a multistream dump.
        wiki_id: Database name, where nothing else tells it.

    Returns:
        The page.

    Raises:
        ConfigError: The page id is none, or nothing tells the wiki.
        InputError: The dump cannot be read up to the page.
        OSError: Something cannot be opened.
    """
    if not 0 < page_id < 2**63:
        raise ConfigError(f"a page id is a number from 1 to 2**63 - 1: {page_id}")
    file = inspect(path, wiki_id=wiki_id, measured=False)
    warnings: list[str] = []
    index = find_index(file.path) if index is None else index
    if index is not None:
        try:
            known = index if isinstance(index, MultistreamIndex) else MultistreamIndex.read(index)
            warnings += known.check(file.path)
            offset = known.offset_of(page_id)
            if offset is not None:
                rows = _from_stream(file, page_id, offset)
                if rows:
                    return PageRead(rows, offset, by_index=True, warnings=warnings)
            warnings.append(
                f"the index does not lead to page {page_id}, reading from the start; "
                f"stream by the index: {'none' if offset is None else offset}"
            )
        except InputError as error:
            warnings.append(f"the index cannot be used, reading from the start: {error}")
    rows = _by_scanning(file, page_id)
    return PageRead(rows, rows[0]["page_stream_offset"] if rows else None, warnings=warnings)


def _from_stream(file: SourceFile, page_id: int, offset: int) -> list[dict[str, Any]]:
    """Find the page in one stream, and let the reader parse and check its revisions at their places."""
    data = _decompress(file.path, offset)
    if data is None:
        return []
    siteinfo = file.siteinfo or {}
    namespaces = [(int(key), str(name)) for key, _, name in siteinfo.get("namespaces", [])]
    rows = []
    for page in _elements(b"page", data, 0, len(data)):
        found = _ID.search(data, page.inner_start, page.inner_end)
        if found is None or int(found[1]) != page_id:
            continue
        for revision in _elements(b"revision", data, page.inner_start, page.inner_end):
            position = {
                "wiki_id": file.wiki_id,
                "source_id": 0,
                "stream_offset": offset,
                "page_stream_offset": offset,
                "page_offset": page.start,
                "element_offset": revision.start,
                "element_length": revision.end - revision.start,
            }
            rows.append(read_record(file.path, position, namespaces))
    return [row for row in rows if row["page_id"] == page_id]


class _Element(NamedTuple):
    start: int
    inner_start: int
    inner_end: int
    end: int


def _elements(name: bytes, data: bytes, start: int, end: int) -> Iterator[_Element]:
    """Find elements of a name, none inside another one, going forward only: a start without an end costs no more."""
    opening, closing = re.compile(rb"<%s(?=[\s>])" % name), re.compile(rb"</%s\s*>" % name)
    while tag := opening.search(data, start, end):
        inner = data.find(b">", tag.end(), end) + 1
        close = closing.search(data, inner, end) if inner else None
        if close is None:
            return
        yield _Element(tag.start(), inner, close.start(), close.end())
        start = close.end()


def _decompress(path: Path, offset: int) -> bytes | None:
    """Decompress one stream, or give None where none begins or it is damaged."""
    with open_regular(path, follow=True) as file:
        if offset >= os.fstat(file.fileno()).st_size:
            return None
        file.seek(offset)
        if not is_stream(file.peek(10)[:10]):
            return None
        decoder, pieces, total = bz2.BZ2Decompressor(), [], 0
        while not decoder.eof:
            data = file.read(1 << 16) if decoder.needs_input else b""
            if decoder.needs_input and not data:
                return None
            try:
                pieces.append(decoder.decompress(data, 1 << 22))
            except OSError:
                return None
            total += len(pieces[-1])
            if total > STREAM_BYTES:
                raise LimitExceededError(f"a stream holds more bytes than: {STREAM_BYTES}", offset, source=str(path))
        return b"".join(pieces)


def _by_scanning(file: SourceFile, page_id: int) -> list[dict[str, Any]]:
    """Read the dump up to the end of the page."""
    rows: list[dict[str, Any]] = []
    reader: Any = open_reader(file, source_id=0)
    while True:
        for batch in batches(reader):
            is_wanted = batch["page_id"].to_numpy() == page_id
            if is_wanted.any():
                rows += batch.cast(schema.DUMP_COLUMNS).filter(pa.array(is_wanted)).to_pylist()
            elif rows:
                return rows
        if not hasattr(reader, "next_part") or reader.next_part() is None:
            return rows
