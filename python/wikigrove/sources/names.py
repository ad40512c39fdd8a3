"""What the name of a file says about it: a hint, never evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FAMILIES: Final = (
    "wiki",
    "wiktionary",
    "wikibooks",
    "wikinews",
    "wikiquote",
    "wikisource",
    "wikiversity",
    "wikivoyage",
    "wikimedia",
)
"""Endings of Wikimedia's database names (`operations-mediawiki-config: dblists`)."""

COMPRESSIONS: Final = ("bz2", "gz", "zst", "xz", "lzma", "7z")
"""Endings of packed files; anything else is `plain`."""

_WIKI = rf"(?P<wiki>[a-z][a-z0-9_]*?(?:{'|'.join(FAMILIES)}))"
_PACKED = rf"(?:\.(?P<packed>{'|'.join(COMPRESSIONS)}))?"
_DATE = r"(?:(?P<date>\d{8})|latest)-"
_DATABASE_NAME: Final = re.compile(r"[a-z0-9_]{1,32}")
_ANY: Final = re.compile(rf"{_WIKI}(?:(?P<joint>[-_])(?P<rest>.*))?$", re.ASCII)
_FILE_EXPORT: Final = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)-p(?P<p1>\d+)(?:p(?P<p2>\d+)|r(?P<r1>\d+)r(?P<r2>\d+))"
    rf"(?P<history>-pages-meta-history)?\.xml{_PACKED}",
    re.ASCII,
)
_LEGACY: Final = re.compile(
    rf"{_DATE}(?P<job>[a-z]+(?:-[a-z]+)*?)(?P<part>\d+)?\.xml(?:-p(?P<p1>\d+)p(?P<p2>\d+))?(?:-[a-z]+)?{_PACKED}",
    re.ASCII,
)
_INDEX: Final = re.compile(
    rf"{_DATE}(?P<job>[a-z]+(?:-[a-z]+)*-multistream)-index(?P<part>\d+)?\.txt(?:-p(?P<p1>\d+)p(?P<p2>\d+))?{_PACKED}",
    re.ASCII,
)
_TITLES: Final = re.compile(rf"{_DATE}(?P<job>all-titles(?:-in-ns-?0)?){_PACKED}", re.ASCII)
_SITEINFO: Final = re.compile(rf"{_DATE}(?P<job>siteinfo-namespaces)\.json{_PACKED}", re.ASCII)
_SUMS: Final = re.compile(rf"{_DATE}(?P<job>(?:md5|sha1|sha256)sums)\.(?:txt|json)(?P<packed>)", re.ASCII)
_TABLE: Final = re.compile(rf"{_DATE}(?P<job>[a-z_]+)\.sql{_PACKED}", re.ASCII)
_SNAPSHOT: Final = re.compile(
    r"namespace_(?P<namespace>\d+)(?:_chunk_(?P<chunk>\d+))?(?:_group_\d+)?(?:_(?P<part>\d+))?"
    r"\.(?P<type>tar\.gz|ndjson(?:\.gz)?|json)",
    re.ASCII,
)
_HTML_DUMP: Final = re.compile(
    r"NS(?P<namespace>\d+)-(?P<date>\d{8})-ENTERPRISE-HTML\.json(?P<packed>\.tar\.gz)?", re.ASCII
)
_CHUNK: Final = re.compile(r"chunk_(?P<chunk>\d+)\.ndjson(?:\.gz)?", re.ASCII)
_FILE_EXPORT_FOLDER: Final = re.compile(r"mediawiki_content_(current|history)")
_SUMS_FILE: Final = re.compile(
    r"(?:MD5|SHA1|SHA256)SUMS(?:\.txt)?|(?:md5|sha1|sha256)sums(?:-.+)?\.(?:txt|json)|.+\.(?:md5|sha1|sha256)"
)
_STATUS_FILES: Final = frozenset(
    {"_SUCCESS", "dumpstatus.json", "dumpruninfo.txt", "dumpruninfo.json", "maxrevid.txt", "report.json", "status.txt"}
)

_KINDS: Final = (
    (_INDEX, "index"),
    (_SITEINFO, "siteinfo"),
    (_SUMS, "sums"),
    (_TITLES, "titles"),
    (_TABLE, "sql"),
)


@dataclass(frozen=True, slots=True)
class DumpName:
    """What a file name says; every part may be unknown.

    Args:
        wiki_id: Database name, for instance `enwiki`.
        dump_date: `yyyymmdd`.
        job: For instance `pages-articles`, `pages-meta-history`, `stub-articles`, `content-current`, `enterprise`.
        kind: One of `glance.KINDS`, or None where the name tells nothing.
        compression: By the ending: `plain`, `bz2`, `gz`, `zst`, `xz`, `lzma` or `7z`.
        part: The number behind the job, of a dump that was made in parts.
        pages: First and last page id, both inclusive.
        revisions: First and last revision id of a slice of one page; earlier writers repeated the first one.
        namespace: Of an Enterprise snapshot.
        chunk: Of an Enterprise snapshot.
    """

    wiki_id: str | None = None
    dump_date: str | None = None
    job: str | None = None
    kind: str | None = None
    compression: str = "plain"
    part: int | None = None
    pages: tuple[int, int] | None = None
    revisions: tuple[int, int] | None = None
    namespace: int | None = None
    chunk: int | None = None


def is_database_name(name: str) -> bool:
    """Tell whether a text can be the database name of a wiki: 1 to 32 characters of `[a-z0-9_]`.

    Args:
        name: The text.

    Returns:
        Whether it can.

    Example:
        >>> is_database_name("be_x_oldwiki"), is_database_name("mw-test")
        (True, False)
    """
    return _DATABASE_NAME.fullmatch(name) is not None


def parse_name(path: str | Path) -> DumpName:
    """Read wiki, date, job and ranges from the name of a file.

    File Export writes `{wiki}-{yyyy-mm-dd}-p1p2.xml.bz2` and `{wiki}-{date}-p1r2r3.xml.bz2`, the legacy dumps
    `{wiki}-{yyyymmdd}-{job}[N].xml[-p1p2].bz2`, Enterprise `{wiki}_namespace_{n}[_chunk_{k}].tar.gz`. Whether a file of
    File Export is current or history is only told by the folder. Ranges in names are hints: the content decides.

    Args:
        path: The file; only its name and the names of its folders are looked at.

    Returns:
        What was recognised.

    Example:
        >>> name = parse_name("enwiki-20260101-pages-articles18.xml-p15193075p16120541.bz2")
        >>> name.wiki_id, name.dump_date, name.job, name.part, name.pages
        ('enwiki', '20260101', 'pages-articles', 18, (15193075, 16120541))
        >>> name = parse_name("mediawiki_content_history/aawiki/aawiki-2026-01-01-p5r10r20.xml.bz2")
        >>> name.wiki_id, name.dump_date, name.job, name.pages, name.revisions
        ('aawiki', '20260101', 'content-history', (5, 5), (10, 20))
        >>> parse_name("afwiki-mini.xml.bz2").wiki_id, parse_name("backup.xml").wiki_id
        ('afwiki', None)
    """
    path = Path(path)
    packed = compression_of(path.name)
    found = _ANY.match(path.name)
    # No database name holds two underscores in a row; names that people put together do.
    if found is None or not is_database_name(found["wiki"]) or "__" in found["wiki"]:
        return _unnamed(path.name, packed)
    wiki, rest = found["wiki"], found["rest"] or ""
    if found["joint"] == "_":
        snapshot = _SNAPSHOT.fullmatch(rest)
        return _enterprise(wiki, snapshot, packed) if snapshot else _unnamed(path.name, packed)
    if export := _FILE_EXPORT.fullmatch(rest):
        folders = [match[1] for part in path.parts if (match := _FILE_EXPORT_FOLDER.fullmatch(part))]
        kind = "history" if export["history"] else folders[-1] if folders else "export"
        first = int(export["p1"])
        revisions = (int(export["r1"]), int(export["r2"])) if export["r1"] else None
        return DumpName(
            wiki,
            export["date"].replace("-", ""),
            f"content-{kind}",
            "xml",
            packed,
            pages=(first, first if revisions else int(export["p2"])),
            revisions=revisions,
        )
    if html := _HTML_DUMP.fullmatch(rest):
        return _enterprise(wiki, html, packed)
    if legacy := _LEGACY.fullmatch(rest):
        kind = "abstracts" if legacy["job"] == "abstract" else "xml"
        return _legacy(wiki, legacy, kind, packed)
    for pattern, kind in _KINDS:
        if match := pattern.fullmatch(rest):
            return _legacy(wiki, match, kind, packed)
    return DumpName(wiki, kind=_unnamed(path.name, packed).kind, compression=packed)


def compression_of(name: str) -> str:
    """Tell the compression that a file name claims.

    Args:
        name: The file name.

    Returns:
        `plain`, `bz2`, `gz`, `zst`, `xz`, `lzma` or `7z`.

    Example:
        >>> compression_of("a.tar.gz"), compression_of("a.xml")
        ('gz', 'plain')
    """
    ending = name.rpartition(".")[2]
    return ending if ending in COMPRESSIONS else "plain"


def _legacy(wiki: str, match: re.Match[str], kind: str, packed: str) -> DumpName:
    groups = match.groupdict()
    pages = (int(groups["p1"]), int(groups["p2"])) if groups.get("p1") else None
    part = int(groups["part"]) if groups.get("part") else None
    return DumpName(wiki, groups["date"], groups["job"], kind, packed, part, pages)


def _enterprise(wiki: str, match: re.Match[str], packed: str) -> DumpName:
    groups = match.groupdict()
    is_metadata = groups.get("type") == "json" or (groups.get("type") is None and groups.get("packed") is None)
    namespace, chunk, part = (
        int(groups[name]) if groups.get(name) else None for name in ("namespace", "chunk", "part")
    )
    kind = "metadata" if is_metadata else "articles"
    return DumpName(wiki, groups.get("date"), "enterprise", kind, packed, part, namespace=namespace, chunk=chunk)


def _unnamed(name: str, packed: str) -> DumpName:
    """Recognise files whose names hold no wiki."""
    if chunk := _CHUNK.fullmatch(name):
        return DumpName(None, None, "enterprise", "articles", packed, chunk=int(chunk["chunk"]))
    if _SUMS_FILE.fullmatch(name):
        return DumpName(kind="sums", compression=packed)
    if name in _STATUS_FILES:
        return DumpName(kind="status", compression=packed)
    return DumpName(compression=packed)
