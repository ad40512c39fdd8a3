"""What the name of a dump file says about it."""

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

_WIKI = rf"(?P<wiki>[a-z][a-z0-9_]*?(?:{'|'.join(FAMILIES)}))"
_COMPRESSION = r"(?:\.(?:bz2|gz|zst|7z))?"
_DATABASE_NAME: Final = re.compile(r"[a-z0-9_]{1,32}")
_ANY: Final = re.compile(rf"{_WIKI}(?:-(?P<rest>.*))?$")
_FILE_EXPORT: Final = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)-p\d+(?:p\d+|r\d+r\d+)(?P<history>-pages-meta-history)?\.xml" + _COMPRESSION
)
_LEGACY: Final = re.compile(
    r"(?:(?P<date>\d{8})|latest)-(?P<job>[a-z]+(?:-[a-z]+)*?)\d*\.xml(?:-p\d+p\d+)?(?:-[a-z]+)?" + _COMPRESSION
)
_FILE_EXPORT_FOLDER: Final = re.compile(r"mediawiki_content_(current|history)")


@dataclass(frozen=True, slots=True)
class DumpName:
    """What a file name says; every part may be unknown.

    Args:
        wiki_id: Database name, for instance `enwiki`.
        dump_date: `yyyymmdd`.
        job: For instance `pages-articles`, `pages-meta-history`, `stub-articles`, `content-current`.
    """

    wiki_id: str | None = None
    dump_date: str | None = None
    job: str | None = None


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
    """Read wiki, date and job from the name of a dump file.

    File Export writes `{wiki}-{yyyy-mm-dd}-p1p2.xml.bz2` and `{wiki}-{date}-p1r2r3.xml.bz2`, the legacy dumps
    `{wiki}-{yyyymmdd}-{job}[N].xml[-p1p2].bz2`. Whether a file of File Export is current or history is only told by the
    folder. The ranges in names are hints and are not read.

    Args:
        path: The file; only its name and the names of its folders are looked at.

    Returns:
        What was recognised.

    Example:
        >>> parse_name("enwiki-20260101-pages-articles18.xml-p15193075p16120541.bz2")
        DumpName(wiki_id='enwiki', dump_date='20260101', job='pages-articles')
        >>> parse_name("mediawiki_content_history/aawiki/2026-01-01/xml/bzip2/aawiki-2026-01-01-p1p9.xml.bz2")
        DumpName(wiki_id='aawiki', dump_date='20260101', job='content-history')
        >>> parse_name("afwiki-mini.xml.bz2")
        DumpName(wiki_id='afwiki', dump_date=None, job=None)
        >>> parse_name("backup.xml")
        DumpName(wiki_id=None, dump_date=None, job=None)
    """
    path = Path(path)
    found = _ANY.match(path.name)
    # No database name holds two underscores in a row; names that people put together do.
    if found is None or not is_database_name(found["wiki"]) or "__" in found["wiki"]:
        return DumpName()
    rest = found["rest"] or ""
    if export := _FILE_EXPORT.fullmatch(rest):
        folders = [match[1] for part in path.parts if (match := _FILE_EXPORT_FOLDER.fullmatch(part))]
        kind = "history" if export["history"] else folders[-1] if folders else "export"
        return DumpName(found["wiki"], export["date"].replace("-", ""), f"content-{kind}")
    if legacy := _LEGACY.fullmatch(rest):
        return DumpName(found["wiki"], legacy["date"], legacy["job"])
    return DumpName(found["wiki"])
