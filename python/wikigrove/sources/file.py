"""One source file as inspection found it, and the order in which files are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


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
