"""Files of Wikimedia Enterprise articles: what each one is, and how it is opened.

A snapshot or chunk is a tar.gz of NDJSON, an answer of the on-demand service a JSON list or object, a batch NDJSON.
What a file is, its bytes say; names are hints for the wiki and the date. The service promises no order and repeats
under one percent of the articles: the highest revision of a page is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa

from wikigrove import _core, schema
from wikigrove._core import ArticleReader
from wikigrove.errors import ConfigError, DumpFormatError, SourceChangedError
from wikigrove.sources.file import SourceFile
from wikigrove.sources.names import parse_name

JOB: Final = "enterprise"
INSPECTED_BATCH_BYTES: Final = 1
"""One record is enough to know where a file belongs."""

_MD5: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ArchiveMetadata:
    """What the service says about a snapshot, chunk or batch.

    Args:
        identifier: For instance `enwiki_namespace_0`.
        version: MD5 of the archive's bytes, in hex.
        wiki_id: Database name.
        namespace: Number of the namespace.
        dump_date: `yyyymmdd` of `date_modified`.
    """

    identifier: str
    version: str
    wiki_id: str | None
    namespace: int | None
    dump_date: str | None


def read_metadata(path: str | os.PathLike[str], identifier: str | None = None) -> ArchiveMetadata:
    """Read the metadata of one archive, from an answer of the service.

    Args:
        path: A JSON file with one object or a list of them.
        identifier: Which one of a list.

    Returns:
        What it says.

    Raises:
        ConfigError: When a list does not hold exactly one fitting object.
        DumpFormatError: When the file is no such metadata.
    """
    path = Path(path)
    try:
        answer = json.loads(path.read_bytes())
    except ValueError as error:
        raise DumpFormatError(f"not JSON: {error}", source=str(path)) from error
    found = answer if isinstance(answer, list) else [answer]
    fitting = [item for item in found if isinstance(item, dict) and identifier in (None, item.get("identifier"))]
    if len(fitting) != 1:
        raise ConfigError(f"{len(fitting)} archives fit, one is needed: {identifier or path}")
    item = fitting[0]
    name, version = item.get("identifier"), item.get("version")
    if not isinstance(name, str) or not isinstance(version, str) or not _MD5.fullmatch(version):
        raise DumpFormatError("no metadata of an archive: it has no identifier, or no MD5 as version", source=str(path))
    part, space, date = item.get("is_part_of") or {}, item.get("namespace") or {}, item.get("date_modified") or ""
    return ArchiveMetadata(
        identifier=name,
        version=version,
        wiki_id=part.get("identifier"),
        namespace=space.get("identifier"),
        dump_date=date[:10].replace("-", "") or None,
    )


def check_version(path: str | os.PathLike[str], expected_md5: str) -> None:
    """Check that an archive is the one that its metadata speaks of: `version` is the MD5 of its bytes.

    Args:
        path: The archive.
        expected_md5: In hex.

    Raises:
        SourceChangedError: When it is another one.
    """
    with Path(path).open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != expected_md5.lower():
        raise SourceChangedError(
            f"the archive is not the one of its metadata; hint: fetch both again; md5 {found}, version: {expected_md5}",
            source=str(path),
        )


def inspect_articles(
    path: str | os.PathLike[str],
    *,
    wiki_id: str | None = None,
    dump_date: str | None = None,
    expected_md5: str | None = None,
) -> SourceFile:
    """Look at a file of articles: which wiki, which date, where it belongs in the order of sources.

    The caller's word goes before that of the first article, the article's before the name's.

    Args:
        path: A tar archive of NDJSON, NDJSON, a JSON list or an object; plain or packed like dumps.
        wiki_id: Database name, where the caller knows it.
        dump_date: `yyyymmdd`, where the caller knows it.
        expected_md5: `version` of the archive's metadata.

    Returns:
        What is known.

    Raises:
        ConfigError: When nothing tells the wiki.
        InputError: When the file holds no articles, or is damaged before its first one.
        SourceChangedError: When it has another MD5 than expected.
        OSError: When the file cannot be opened.
    """
    path = Path(path)
    if expected_md5 is not None:
        check_version(path, expected_md5)
    named = parse_name(path)
    reader = ArticleReader(path, wiki_id=wiki_id or named.wiki_id or "unknown", batch_bytes=INSPECTED_BATCH_BYTES)
    batch = reader.next_batch()
    columns = ["wiki_id", "page_id", "revision_id", "page_namespace_id"]
    rows = pa.record_batch(batch).slice(0, 1).select(columns).to_pylist() if batch else []
    first = rows[0] if rows else dict.fromkeys(columns)
    said = [(wiki_id, "caller"), (first["wiki_id"], "articles"), (named.wiki_id, "name")]
    known = [(wiki, origin) for wiki, origin in said if wiki is not None and wiki != "unknown"]
    if not known:
        raise ConfigError(f"nothing tells which wiki these articles are of: {path}; hint: give its name as wiki_id")
    wiki, origin = known[0]
    warnings = [f"the {origin} says {wiki}, the {by} says: {other}" for other, by in known[1:] if other != wiki]
    if named.namespace is not None and first["page_namespace_id"] not in (None, named.namespace):
        warnings.append(f"the name says namespace {named.namespace}, the first article: {first['page_namespace_id']}")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return SourceFile(
        path=path,
        name=path.name,
        size_bytes=path.stat().st_size,
        sha256=digest,
        compression=reader.summary()["compression"],
        wiki_id=wiki,
        wiki_id_origin=origin,
        dump_date=dump_date or named.dump_date,
        dump_date_origin="caller" if dump_date else "name" if named.dump_date else None,
        job=JOB,
        first_page_id=first["page_id"],
        first_revision_id=first["revision_id"],
        siteinfo=None,
        warnings=tuple(warnings),
        kind="articles",
    )


def open_articles(
    file: SourceFile,
    *,
    source_id: int,
    wiki_id: str | None = None,
    threads: int = 1,
    batch_bytes: int = 8 << 20,
    duplicates: Literal["highest", "first"] = "highest",
) -> ArticleReader:
    """Open an inspected file for reading.

    Articles that come twice can be told in two ways. `highest` looks through the whole file first and keeps the highest
    revision of each page, wherever it stands. `first` reads the file once: a revision that is not newer than the one
    before is dropped and counted, a newer one goes to quarantine as `duplicate_conflict`. Either way the summary counts
    what was dropped, and nothing is lost without a word.

    Args:
        file: The file.
        source_id: Its position among the sources.
        wiki_id: Wiki of the records that name none; that of the file by default.
        threads: 2 decompresses ahead of parsing and hashes beside it; what is read does not depend on it.
        batch_bytes: Raw bytes of records per batch, at most 1 GiB.
        duplicates: How articles that come twice are told.

    Returns:
        A reader whose `next_batch()` gives rows of `schema.DUMP_COLUMNS` until it gives None.

    Raises:
        InputError: When the file cannot be looked through.
    """
    wiki = wiki_id or file.wiki_id
    superseded = None
    if duplicates == "highest":
        superseded, _ = _core.find_superseded(file.path, wiki_id=wiki, threads=threads)
    return ArticleReader(
        file.path,
        wiki_id=wiki,
        source_id=source_id,
        threads=threads,
        batch_bytes=batch_bytes,
        digests=tuple(sorted({"md5", "sha1"} & set(file.published))),
        superseded=superseded,
    )


def read_article(path: str | os.PathLike[str], row: Mapping[str, Any]) -> dict[str, Any]:
    """Read one article again from its file, at the position that its row names.

    Args:
        path: The file.
        row: A stored row; `wiki_id`, `source_id`, `element_offset` and `element_length` are used.

    Returns:
        The row as read again, with the columns of `schema.DUMP_COLUMNS`.

    Raises:
        InputError: When no such article lies there.
        OSError: When the file cannot be opened.
    """
    names = ("wiki_id", "source_id", "element_offset", "element_length")
    batch = _core.read_article(path, **{name: row[name] for name in names})
    rows: list[dict[str, Any]] = pa.record_batch(batch).cast(schema.DUMP_COLUMNS).to_pylist()
    return rows[0]


def contradicted_licences(stated: Mapping[str, int], resolved: Iterable[str]) -> dict[str, int]:
    """Find the licences that articles name and the licence table does not give.

    The service writes one constant into every article, of Wikinews too, so it decides nothing; but it is told.

    Args:
        stated: `summary()["licences"]`: articles by the licence that they name.
        resolved: Licence ids that the table gave to the file's rows.

    Returns:
        Articles by contradicting licence.

    Example:
        >>> contradicted_licences({"CC-BY-SA-3.0": 4, "CC-BY-SA-4.0": 90}, ["CC-BY-SA-4.0"])
        {'CC-BY-SA-3.0': 4}
    """
    known = set(resolved)
    return {licence: count for licence, count in sorted(stated.items()) if licence not in known}
