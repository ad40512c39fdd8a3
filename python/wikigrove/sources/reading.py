"""Reading a file, whatever its kind: all of it part by part, or one record again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from wikigrove import _core, schema
from wikigrove._core import ArticleReader, DumpReader
from wikigrove.sources.enterprise import open_articles, read_article
from wikigrove.sources.file import SourceFile


def open_reader(
    file: SourceFile,
    *,
    source_id: int,
    threads: int = 1,
    batch_bytes: int = 8 << 20,
    part_bytes: int = 256 << 20,
    resume: dict[str, Any] | None = None,
) -> DumpReader | ArticleReader:
    """Open an inspected file for reading, with the reader of its kind.

    Args:
        file: The file.
        source_id: Its position in dump order.
        threads: 2 decompresses ahead of parsing; what is read does not depend on it.
        batch_bytes: Raw bytes of records per batch, at most 1 GiB.
        part_bytes: Decompressed bytes after which a part ends, at the end of a page.
        resume: What `next_part()` of another reader of this file gave: begin there.

    Returns:
        A reader whose `next_batch()` gives rows of `schema.DUMP_COLUMNS` until the part ends and it gives None. Then
        `next_part()` says where the next part begins, and None at the end of the file.
    """
    options: dict[str, Any] = {
        "wiki_id": file.wiki_id,
        "source_id": source_id,
        "threads": threads,
        "batch_bytes": batch_bytes,
    }
    if file.kind == "articles":
        return open_articles(file, **options)
    digests = tuple(sorted({"md5", "sha1"} & set(file.published)))
    return DumpReader(file.path, part_bytes=part_bytes, resume=resume, digests=digests, **options)


def batches(reader: DumpReader | ArticleReader) -> Iterator[pa.RecordBatch]:
    """Yield the batches of all parts of a file as pyarrow record batches.

    Args:
        reader: An open reader.

    Yields:
        Rows of `schema.DUMP_COLUMNS`, without a copy.

    Raises:
        InputError: When the dump cannot be read on; all whole records came before.
    """
    while True:
        yield from part_batches(reader)
        if reader.next_part() is None:
            return


def part_batches(reader: DumpReader | ArticleReader) -> Iterator[pa.RecordBatch]:
    """Yield the batches of the part that a reader is in, as `batches` does; `next_part()` goes on to the next one."""
    while (batch := reader.next_batch()) is not None:
        yield pa.record_batch(batch)


def read_record(
    path: str | os.PathLike[str],
    row: Mapping[str, Any],
    namespaces: Sequence[tuple[int, str]],
    *,
    kind: str = "xml",
    seek: Sequence[tuple[int, int]] = (),
) -> dict[str, Any]:
    """Read one record again from its file, at the position that its row names.

    Args:
        path: The file.
        row: A stored row; its columns `wiki_id`, `source_id` and those of the position are used.
        namespaces: (key, name) of the wiki, for dumps that state no namespace per page; may be empty.
        kind: `SourceFile.kind` of the file.
        seek: (block_bit, decompressed) of `schema.SEEK_POINT` in the record's stream, where decompression may begin.

    Returns:
        The row as read again, with the columns of `schema.DUMP_COLUMNS`.

    Raises:
        InputError: When no such record lies there.
        OSError: When the file cannot be opened.
    """
    if kind == "articles":
        return read_article(path, row)
    position = ("stream_offset", "page_stream_offset", "page_offset", "element_offset", "element_length")
    batch = _core.read_record(
        path,
        wiki_id=row["wiki_id"],
        source_id=row["source_id"],
        namespaces=list(namespaces),
        seek=list(seek),
        **{name: row[name] for name in position},
    )
    rows: list[dict[str, Any]] = pa.record_batch(batch).cast(schema.DUMP_COLUMNS).to_pylist()
    return rows[0]
