"""Looking at a file before it is read: what it is, of which wiki and date, and whether it is the published one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from wikigrove._core import DumpReader
from wikigrove.errors import ConfigError, DumpFormatError, DumpIncompleteError, InputError
from wikigrove.sources.enterprise import inspect_articles
from wikigrove.sources.file import SourceFile
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
            inspect_articles(seen.path, wiki_id=wiki_id, dump_date=dump_date)
            if seen.kind == "articles"
            else _inspect_xml(seen, wiki_id, dump_date)
        )
    except InputError as error:
        raise blamed(path, published.sums, said_by or "", error) from error
    digest = file.sha256 or (measure(path, ["sha256"], follow=follow)["sha256"] if measured else "")
    if digest:
        compare(published.sums, {"sha256": digest}, source=str(path), said_by=said_by or "")
    return replace(file, sha256=digest, published=published.sums, published_by=said_by)


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
