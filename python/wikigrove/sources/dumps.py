"""Dump files: what each one is, and the order in which they are read."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from wikigrove import schema
from wikigrove._core import DumpReader
from wikigrove._core import read_record as _read_record
from wikigrove.errors import ConfigError, DumpFormatError, DumpIncompleteError, InputError
from wikigrove.sources.glance import KINDS, Glance, glance
from wikigrove.sources.names import DumpName, is_database_name, parse_name
from wikigrove.sources.sums import Published, compare, measure
from wikigrove.sources.sums.beside import find
from wikigrove.sources.sums.digests import blamed

INSPECTED_BATCH_BYTES: Final = 1
"""One record is enough to know where a file belongs."""

HINTS: Final = {
    "index": "give the dump that it belongs to; `wikigrove sources page` uses the index",
    "sums": "give the files that it lists, or their folder",
    "status": "give the folder of the run",
    "metadata": "give the archive that it describes",
    "events": "event records are no articles; give a snapshot, a chunk or on-demand articles",
    "abstracts": "give pages-articles of the same run",
    "sql": "give an XML dump of the same run",
    "titles": "give pages-articles of the same run",
}
"""What to do with a file that is known and holds no records."""

_READER_DECIDES: Final = frozenset({"xml", "otherxml", "empty", "unknown"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One dump file, looked at but not read.

    Args:
        path: Where it lies.
        name: Its file name.
        size_bytes: Its size, compressed.
        sha256: Of its bytes, in hex, as measured: parts of a file are sealed under it before its end is known. Empty
            where the caller of `inspect` did not want it measured.
        compression: `plain`, `bz2`, `gz`, `zst`, `xz`, `lzma` or `7z`, by its first bytes.
        wiki_id: Database name of the wiki.
        wiki_id_origin: Who said so: `caller`, `name` or `siteinfo`.
        dump_date: `yyyymmdd`, or None where nobody says.
        dump_date_origin: `caller`, `name` or None.
        job: For instance `pages-articles`, or None.
        first_page_id: Of the first readable record, or None for a file without any.
        first_revision_id: Likewise.
        first_revision_dt: Likewise.
        kind: `xml` or `articles`: which reader reads it.
        published: Published sums, from algorithm to hex digest; `sums.check` compares them when the file was read.
        published_by: The lists that say so, or None.
        siteinfo: The header as `DumpReader.siteinfo()` gives it, or None.
        warnings: Conflicts between name, header and caller.
    """

    path: Path
    name: str
    size_bytes: int
    sha256: str
    compression: str
    wiki_id: str
    wiki_id_origin: str
    dump_date: str | None
    dump_date_origin: str | None
    job: str | None
    first_page_id: int | None
    first_revision_id: int | None
    siteinfo: dict[str, Any] | None = field(compare=False)
    warnings: tuple[str, ...] = ()
    kind: str = "xml"
    published: dict[str, str] = field(default_factory=dict, compare=False)
    published_by: str | None = field(default=None, compare=False)
    first_revision_dt: datetime | None = field(default=None, compare=False)


def inspect(
    path: str | os.PathLike[str],
    *,
    wiki_id: str | None = None,
    dump_date: str | None = None,
    published: Published | None = None,
    follow: bool = True,
    measured: bool = True,
) -> SourceFile:
    """Look at a dump file: which wiki, which date, where it belongs in dump order.

    The caller's word goes before the file name, the file name before the header: files made by third parties may carry
    another wiki's header. Every conflict is a warning of the result.

    Sums that were published beside the file are noted. SHA-256 is compared here, before anything is sealed under it;
    MD5 and SHA-1 are computed by the reader in its own pass and compared when the file was read (`sums.check`).

    Args:
        path: A dump, or a file of Enterprise articles.
        wiki_id: Database name, where the caller knows it.
        dump_date: `yyyymmdd`, where the caller knows it.
        published: What is published about it; looked up beside the file by default.
        follow: Follow a symbolic link, for a path that the caller named himself.
        measured: Hash the whole file; False to look at its start only.

    Returns:
        What is known.

    Raises:
        ConfigError: When nothing tells the wiki, or what was given cannot be one.
        ChecksumMismatchError: When the file is not the published one.
        DumpIncompleteError: When it is smaller or larger than published.
        InputError: When the file is no dump, or damaged before its first record.
        OSError: When the file cannot be opened.
    """
    path = Path(path)
    if wiki_id is not None and not is_database_name(wiki_id):
        raise ConfigError(f"a wiki id is 1 to 32 characters of [a-z0-9_]: {wiki_id}")
    if dump_date is not None and not (len(dump_date) == 8 and dump_date.isascii() and dump_date.isdigit()):
        raise ConfigError(f"a dump date is written yyyymmdd: {dump_date}")
    seen = glance(path, follow=follow)
    published = find(path) if published is None else published
    said_by = ", ".join(published.said_by) or None
    if published.size_bytes not in (None, seen.size_bytes):
        raise DumpIncompleteError(
            f"the file has {seen.size_bytes:,} bytes, by {said_by} it has: {published.size_bytes:,}; "
            "hint: fetch it again",
            source=str(path),
        )
    try:
        file = (
            _inspect_articles(seen, wiki_id, dump_date)
            if seen.kind == "articles"
            else _inspect_xml(seen, wiki_id, dump_date)
        )
    except InputError as error:
        raise blamed(path, published.sums, said_by or "", error) from error
    digest = file.sha256 or (measure(path, ["sha256"], follow=follow)["sha256"] if measured else "")
    if digest:
        compare(published.sums, {"sha256": digest}, source=str(path), said_by=said_by or "")
    return replace(file, sha256=digest, published=published.sums, published_by=said_by)


def _inspect_articles(seen: Glance, wiki_id: str | None, dump_date: str | None) -> SourceFile:
    """Leave a file of articles to their reader."""
    try:
        enterprise: Any = importlib.import_module("wikigrove.sources.enterprise")
    except ModuleNotFoundError as error:
        raise DumpFormatError("this build reads no Enterprise articles", source=str(seen.path)) from error
    file: SourceFile = enterprise.inspect_articles(seen.path, wiki_id=wiki_id, dump_date=dump_date)
    return replace(file, kind="articles")


def _inspect_xml(seen: Glance, wiki_id: str | None, dump_date: str | None) -> SourceFile:
    path, named = seen.path, parse_name(seen.path)
    if seen.kind not in _READER_DECIDES:
        hint = HINTS.get(seen.kind, "give a dump or Enterprise articles")
        raise DumpFormatError(f"not a dump but {KINDS[seen.kind]}; hint: {hint}", 0, source=str(path))
    reader = DumpReader(path, wiki_id=wiki_id or named.wiki_id or "unknown", batch_bytes=INSPECTED_BATCH_BYTES)
    batch = reader.next_batch()
    columns = ["page_id", "revision_id", "revision_dt"]
    rows = pa.record_batch(batch).slice(0, 1).select(columns).to_pylist() if batch else []
    first = rows[0] if rows else dict.fromkeys(columns)
    siteinfo = reader.siteinfo()
    wiki, origin, warnings = _settle_wiki(path, wiki_id, named, siteinfo)
    if dump_date and named.dump_date and dump_date != named.dump_date:
        warnings.append(f"the caller's date goes before the file name's, {dump_date} before: {named.dump_date}")
    return SourceFile(
        path=path,
        name=path.name,
        size_bytes=seen.size_bytes,
        sha256="",
        compression=reader.summary()["compression"],
        wiki_id=wiki,
        wiki_id_origin=origin,
        dump_date=dump_date or named.dump_date,
        dump_date_origin="caller" if dump_date else "name" if named.dump_date else None,
        job=named.job,
        first_page_id=first["page_id"],
        first_revision_id=first["revision_id"],
        first_revision_dt=first["revision_dt"],
        siteinfo=siteinfo,
        warnings=tuple(warnings),
    )


def _settle_wiki(
    path: Path, given: str | None, named: DumpName, siteinfo: dict[str, Any] | None
) -> tuple[str, str, list[str]]:
    """Choose among the caller's, the name's and the header's wiki id; tell the conflicts."""
    header = (siteinfo or {}).get("dbname")
    header = header if header and is_database_name(header) else None
    said = [(given, "caller"), (named.wiki_id, "name"), (header, "siteinfo")]
    known = [(wiki, origin) for wiki, origin in said if wiki is not None]
    if not known:
        raise ConfigError(f"nothing tells which wiki this dump is of: {path}; hint: give its database name as wiki_id")
    wiki, origin = known[0]
    words = {"caller": "the caller", "name": "the file name", "siteinfo": "the header"}
    warnings = [
        f"{words[origin]} says {wiki}, {words[other_origin]} says: {other}"
        for other, other_origin in known[1:]
        if other != wiki
    ]
    return wiki, origin, warnings


def order(files: Iterable[SourceFile]) -> tuple[list[SourceFile], list[str]]:
    """Put files into dump order and drop those that are given twice.

    The order is by wiki, then by the first page id, revision time and revision id in the content; names are hints. So
    slices of one page (`p5r10r20`, which are cut by time) lie in the order of its history. Files without a record come
    last, by digest. The order does not depend on the order of the argument.

    Args:
        files: Inspected files.

    Returns:
        The files in order, and a warning for each one that was dropped.
    """
    kept: dict[str, SourceFile] = {}
    warnings = []
    for file in sorted(files, key=lambda file: (file.sha256, str(file.path))):
        if file.sha256 in kept:
            warnings.append(f"the same bytes as {kept[file.sha256].path}, dropped: {file.path}")
        else:
            kept[file.sha256] = file
    return sorted(kept.values(), key=_place), warnings


def _place(file: SourceFile) -> tuple[bool, str, int, str, int, str]:
    """Where a file belongs."""
    if file.first_page_id is None or file.first_revision_id is None:
        return True, "", 0, "", 0, file.sha256
    time = file.first_revision_dt.isoformat() if file.first_revision_dt else ""
    return False, file.wiki_id, file.first_page_id, time, file.first_revision_id, file.sha256


def open_reader(
    file: SourceFile,
    *,
    source_id: int,
    threads: int = 1,
    batch_bytes: int = 8 << 20,
    part_bytes: int = 256 << 20,
    resume: dict[str, Any] | None = None,
) -> DumpReader:
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
        enterprise: Any = importlib.import_module("wikigrove.sources.enterprise")
        reader: DumpReader = enterprise.open_articles(file, **options)
        return reader
    digests = tuple(sorted({"md5", "sha1"} & set(file.published)))
    return DumpReader(file.path, part_bytes=part_bytes, resume=resume, digests=digests, **options)


def batches(reader: DumpReader) -> Iterator[pa.RecordBatch]:
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


def part_batches(reader: DumpReader) -> Iterator[pa.RecordBatch]:
    """Yield the batches of the part that a reader is in, as `batches` does; `next_part()` goes on to the next one."""
    while (batch := reader.next_batch()) is not None:
        yield pa.record_batch(batch)


def read_record(path: str | os.PathLike[str], row: dict[str, Any], namespaces: list[tuple[int, str]]) -> dict[str, Any]:
    """Read one revision again from the dump, at the position that its row names.

    Args:
        path: The dump file.
        row: A stored row; its columns `wiki_id`, `source_id` and those of the position are used.
        namespaces: (key, name) of the wiki, for dumps that state no namespace per page; may be empty.

    Returns:
        The row as read again, with the columns of `schema.DUMP_COLUMNS`.

    Raises:
        InputError: When no such revision lies there.
        OSError: When the file cannot be opened.
    """
    position = ("stream_offset", "page_stream_offset", "page_offset", "element_offset", "element_length")
    batch = _read_record(
        path,
        wiki_id=row["wiki_id"],
        source_id=row["source_id"],
        namespaces=namespaces,
        **{name: row[name] for name in position},
    )
    rows: list[dict[str, Any]] = pa.record_batch(batch).cast(schema.DUMP_COLUMNS).to_pylist()
    return rows[0]
