"""Multistream indexes: from page id to the bzip2 stream that holds it. An index is a hint, and is checked."""

from __future__ import annotations

import bz2
import gzip
import html
import itertools
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wikigrove.errors import DumpFormatError, LimitExceededError, TruncatedInputError
from wikigrove.sources.regular import open_regular

pc: Any = pyarrow.compute  # the stubs know no kernel for columns of any type

LINE_BYTES: Final = 16 << 10
"""A title has at most 255 bytes, and escaping makes at most six of one."""

MAX_LINES: Final = 200_000_000
RATIO: Final = 2000
RATIO_FREE_BYTES: Final = 64 << 20

_CHUNK_BYTES: Final = 4 << 20
_LINE: Final = "^[0-9]{1,18}:[0-9]{1,18}:"
_BLOCK_MAGIC: Final = b"\x31\x41\x59\x26\x53\x59"
_END_MAGIC: Final = b"\x17\x72\x45\x38\x50\x90"

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MultistreamIndex:
    """Page ids and the offsets of their streams: 16 bytes a page, titles are not kept.

    Attributes:
        path: The index file.
        offsets: Per line, the offset of the stream in the dump; ascending.
        page_ids: Per line.
        by_id: Places of the lines in the order of page ids, or None where they ascend anyway.
    """

    path: Path
    offsets: Integers
    page_ids: Integers
    by_id: Integers | None

    @classmethod
    def read(cls, path: str | os.PathLike[str], *, max_lines: int = MAX_LINES) -> MultistreamIndex:
        """Read an index: lines of `offset:page id:title`, plain, bz2 or gz.

        Args:
            path: The index.
            max_lines: The most lines that are taken.

        Returns:
            The index.

        Raises:
            DumpFormatError: A line is no such line, or offsets do not ascend; the error names the line by number.
            LimitExceededError: It has too many lines, one that is too long, or expands beyond reason.
            TruncatedInputError: The compressed stream ends early.
            OSError: It cannot be opened.
        """
        path = Path(path)
        offsets, ids = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        lines, reached = 0, 0
        for chunk in _line_chunks(path):
            found_offsets, found_ids = _parse(chunk, lines, path)
            falls = np.diff(found_offsets, prepend=reached) < 0
            if falls.any():
                raise DumpFormatError(f"offsets go back in line: {lines + int(falls.argmax()) + 1}", source=str(path))
            lines, reached = lines + len(chunk), int(found_offsets[-1])
            if lines > max_lines:
                raise LimitExceededError(f"the index has more lines than: {max_lines}", source=str(path))
            offsets.append(found_offsets)
            ids.append(found_ids)
        page_ids = np.concatenate(ids)
        ascends = bool((np.diff(page_ids) >= 0).all())
        return cls(path, np.concatenate(offsets), page_ids, None if ascends else np.argsort(page_ids, kind="stable"))

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.page_ids)

    def offset_of(self, page_id: int) -> int | None:
        """Look up the stream of a page.

        Args:
            page_id: The page.

        Returns:
            The offset of its stream, or None where the index does not know it.
        """
        at = int(np.searchsorted(self.page_ids, page_id, sorter=self.by_id))
        if at == len(self):
            return None
        line = at if self.by_id is None else int(self.by_id[at])
        return int(self.offsets[line]) if int(self.page_ids[line]) == page_id else None

    def streams(self) -> Integers:
        """Return the offsets of the streams, each once, ascending."""
        return np.unique(self.offsets)

    def pages_of(self, offset: int) -> Integers:
        """Return the page ids that the index places in the stream at an offset."""
        first, last = np.searchsorted(self.offsets, [offset, offset + 1])
        return self.page_ids[first:last]

    def check(self, dump: str | os.PathLike[str]) -> list[str]:
        """Compare the index with the dump: a bzip2 stream must begin at every offset.

        What pages a stream holds is checked when it is read (`pages.read_page`).

        Args:
            dump: The multistream dump.

        Returns:
            A warning for every kind of lie, with the number of such offsets and the first line; empty if it holds.

        Raises:
            OSError: The dump cannot be opened.
        """
        streams = self.streams()
        with open_regular(Path(dump), follow=True) as file:
            size = file.seek(0, 2)
            descriptor = file.fileno()
            within = streams[streams < size]
            wrong = [offset for offset in within.tolist() if not is_stream(os.pread(descriptor, 10, offset))]
        warnings = []
        if len(within) < len(streams):
            line = int(np.searchsorted(self.offsets, size)) + 1
            count = len(streams) - len(within)
            warnings.append(f"offsets beyond the end of the dump, from line {line} of {self.path.name}: {count}")
        if wrong:
            line = int(np.searchsorted(self.offsets, wrong[0])) + 1
            warnings.append(f"offsets where no stream begins, from line {line} of {self.path.name}: {len(wrong)}")
        return warnings


def is_stream(head: bytes) -> bool:
    """Tell whether ten bytes begin a bzip2 stream: `BZh1` to `BZh9`, then a block or the end of an empty stream.

    Args:
        head: The bytes.

    Returns:
        Whether they do.

    Example:
        >>> is_stream(b"BZh91AY&SY"), is_stream(b"BZh9 hello")
        (True, False)
    """
    return head[:3] == b"BZh" and head[3:4] in b"123456789" and head[4:10] in (_BLOCK_MAGIC, _END_MAGIC)


def entries(path: str | os.PathLike[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the lines of an index, with their titles as they are in the wiki.

    A line is split at its first two colons; titles hold colons of their own. They are written as in the XML, escaped.

    Args:
        path: The index.

    Yields:
        Offset of the stream, page id, title.

    Raises:
        InputError: As for `MultistreamIndex.read`.
        OSError: It cannot be opened.
    """
    path, lines = Path(path), 0
    for chunk in _line_chunks(path):
        offsets, ids = _parse(chunk, lines, path)
        for number, (offset, page, line) in enumerate(
            zip(offsets.tolist(), ids.tolist(), chunk, strict=True), lines + 1
        ):
            try:
                title = line.split(b":", 2)[2].decode()
            except UnicodeDecodeError as error:
                raise DumpFormatError(f"the title is no UTF-8 in line: {number}", source=str(path)) from error
            yield offset, page, html.unescape(title)
        lines += len(chunk)


def _line_chunks(path: Path) -> Iterator[list[bytes]]:
    """Read whole lines, some megabytes at a time."""
    with open_regular(path, follow=True) as file:
        magic = file.peek(3)[:3]
        size = os.fstat(file.fileno()).st_size
        packed: Any = (
            bz2.BZ2File(file)
            if magic == b"BZh"
            else gzip.GzipFile(fileobj=file)
            if (magic[:2] == b"\x1f\x8b")
            else file
        )
        rest, total, lines = b"", 0, 0
        while True:
            try:
                data = packed.read(_CHUNK_BYTES)
            except EOFError as error:
                raise TruncatedInputError("the index ends inside its stream", total, source=str(path)) from error
            except (OSError, ValueError, zlib.error) as error:
                raise DumpFormatError(f"the index is damaged: {error}", total, source=str(path)) from error
            total += len(data)
            if total > RATIO_FREE_BYTES and total > RATIO * size:
                raise LimitExceededError(f"the index expands more than {RATIO} times", total, source=str(path))
            *whole, rest = (rest + data).split(b"\n")
            if not data and rest:
                whole, rest = [rest], b""
            if whole and not data and not whole[-1].strip():
                whole.pop()
            if len(rest) > LINE_BYTES or any(len(line) > LINE_BYTES for line in whole):
                long = next((place for place, line in enumerate(whole) if len(line) > LINE_BYTES), len(whole))
                raise LimitExceededError(f"more than {LINE_BYTES} bytes in line: {lines + long + 1}", source=str(path))
            if whole:
                lines += len(whole)
                yield whole
            if not data:
                return


def _parse(lines: list[bytes], before: int, path: Path) -> tuple[Integers, Integers]:
    """Parse whole lines in bulk; the first one that makes no sense is named."""
    column = pa.array(lines, pa.binary())
    good = pc.match_substring_regex(column, _LINE)
    if not pc.all(good).as_py():
        number = before + good.to_pylist().index(False) + 1
        bad = lines[number - before - 1][:60]
        raise DumpFormatError(f"no `offset:page id:title` in line {number}: {bad!r}", source=str(path))
    fields = list(zip(*(line.split(b":", 2)[:2] for line in lines), strict=True))
    return np.array(fields[0], dtype="S18").astype(np.int64), np.array(fields[1], dtype="S18").astype(np.int64)


def find_index(dump: Path) -> Path | None:
    """Find the index that lies beside a multistream dump, by its name.

    Args:
        dump: The dump, for instance `…-pages-articles-multistream18.xml-p1p9.bz2`.

    Returns:
        The index, or None.

    Example:
        >>> find_index(Path("nowhere/aawiki-20260101-pages-articles-multistream.xml.bz2")) is None
        True
    """
    stem, joint, rest = dump.name.partition("-multistream")
    if not joint:
        return None
    number = "".join(itertools.takewhile(str.isdigit, rest))
    pages = rest[len(number) :].removeprefix(".xml").removesuffix(".bz2")
    for ending in (".bz2", ".gz", ""):
        candidate = dump.with_name(f"{stem}-multistream-index{number}.txt{pages}{ending}")
        if candidate.is_file():
            return candidate
    return None
