"""What files and folders are, told before they are read, and what to do with them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from wikigrove.errors import ChecksumMismatchError, ConfigError, InputError, WikigroveError
from wikigrove.sources.file import SourceFile
from wikigrove.sources.glance import KINDS, READABLE, Glance, glance
from wikigrove.sources.inspection import HINTS, inspect
from wikigrove.sources.layouts import Part, Run, open_run
from wikigrove.sources.multistream import MultistreamIndex, find_index
from wikigrove.sources.pages import PageRead
from wikigrove.sources.sums import Published, compare, measure
from wikigrove.sources.sums.beside import find

_LISTED: Final = 12


@dataclass(slots=True)
class Overview:
    """What one path is.

    Attributes:
        facts: Kind, wiki, date, sizes, sums and so on, JSON-able, in the order of telling.
        problem: Why it cannot be read, or does not match; None where all is well.
        error: Type of the error behind `problem`.
        warnings: What looks odd.
        files: The files of a folder.
    """

    facts: dict[str, Any]
    problem: str | None = None
    error: str | None = None
    warnings: list[str] = field(default_factory=list)
    files: list[Overview] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON-able values."""
        value: dict[str, Any] = {**self.facts, "problem": self.problem, "error": self.error, "warnings": self.warnings}
        return value | ({"files": [file.to_json() for file in self.files]} if self.files else {})

    def describe(self) -> str:
        """Return some lines for people."""
        lines = [str(self.facts["path"])]
        lines += [
            f"  {name.replace('_', ' ')}: {_told(value)}"
            for name, value in self.facts.items()
            if name != "path" and value is not None
        ]
        for file in self.files[:_LISTED]:
            told = ("first_page", "size_bytes", "sums")
            facts = [f"{name.replace('_', ' ')} {_told(file.facts[name])}" for name in told if file.facts.get(name)]
            state = f"{file.error}: {file.problem}" if file.problem else ", ".join(facts)
            lines.append(f"  - {Path(file.facts['path']).name}: {state}")
        if len(self.files) > _LISTED:
            lines.append(f"  and {len(self.files) - _LISTED} more files; --json lists all of them")
        lines += [f"  warning: {text}" for text in self.warnings[:_LISTED]]
        if len(self.warnings) > _LISTED:
            lines.append(f"  and {len(self.warnings) - _LISTED} more warnings; --json lists all of them")
        if self.problem:
            lines.append(f"  {self.error}: {self.problem}")
        return "\n".join(lines)


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def look_at(
    path: str | os.PathLike[str], *, wiki_id: str | None = None, job: str | None = None, verify: bool = False
) -> Overview:
    """Tell what a file or folder is, without reading more than its first record.

    Args:
        path: The file or folder.
        wiki_id: Database name, where nothing else tells it.
        job: Which job of a folder is meant, where it holds several.
        verify: Hash the files, in one pass each, and compare with the published sums.

    Returns:
        What it is. What cannot be read is an answer too, not an error.

    Raises:
        OSError: It cannot be opened.
    """
    path = Path(path)
    if not path.is_dir():
        return _look_at_file(path, wiki_id, None, verify=verify, follow=True)
    try:
        run = open_run(path, job=job)
    except WikigroveError as error:
        facts = {"path": str(path), "kind": "folder", "build": "refuses it"}
        return Overview(facts, str(error), type(error).__name__)
    return _look_at_run(path, run, wiki_id, verify=verify)


def _look_at_run(path: Path, run: Run, wiki_id: str | None, *, verify: bool) -> Overview:
    files = [_look_at_part(part, wiki_id, verify=verify) for part in run.parts]
    bad = [file for file in files if file.problem]

    def said(name: str) -> list[str]:
        return sorted({str(value) for file in files if (value := file.facts.get(name)) is not None})

    facts = {
        "path": str(path),
        "kind": "folder",
        "layout": run.layout,
        "jobs": list(run.jobs),
        "wiki": said("wiki"),
        "date": said("date") or None,
        "size_bytes": sum(file.facts["size_bytes"] or 0 for file in files),
        "sums": ("match" if not bad else "see the files")
        if verify and run.sums
        else list(run.sums) or "none published",
        **run.facts,
        "build": f"reads {len(files)} file{'' if len(files) == 1 else 's'}" if not bad else "refuses it",
    }
    problem = f"{len(bad)} of {len(files)} files: {bad[0].problem}" if bad else None
    return Overview(facts, problem, bad[0].error if bad else None, list(run.warnings), files)


def _look_at_part(part: Part, wiki_id: str | None, *, verify: bool) -> Overview:
    return _look_at_file(part.path, wiki_id, part.published, verify=verify, follow=False)


def _look_at_file(
    path: Path, wiki_id: str | None, published: Published | None, *, verify: bool, follow: bool
) -> Overview:
    facts: dict[str, Any] = {"path": str(path), "kind": "unknown", "size_bytes": None}
    overview = Overview(facts)
    try:
        seen = glance(path, follow=follow)
        facts |= _facts_of_glance(seen)
        published = find(path) if published is None else published
        facts["sums"] = _told_sums(published)
        if seen.kind == "index":
            facts |= _facts_of_index(path)
        # The reader may know better where neither content nor name told anything.
        if seen.kind in READABLE or seen.kind in {"otherxml", "unknown"}:
            file = inspect(path, wiki_id=wiki_id, published=published, follow=follow, measured=False)
            facts |= _facts_of_dump(file)
            overview.warnings += file.warnings
        if verify and published.sums:
            said_by = ", ".join(published.said_by)
            compare(published.sums, measure(path, published.sums, follow=follow), source=str(path), said_by=said_by)
            facts["sums"] = f"match: {_told_sums(published)}"
    except (InputError, ConfigError) as error:
        overview.problem, overview.error = str(error), type(error).__name__
        if isinstance(error, ChecksumMismatchError):
            facts["sums"] = "do not match"
    is_read = facts["kind"] in READABLE and overview.problem is None
    facts["build"] = "reads it" if is_read else "refuses it"
    if not is_read and overview.problem is None:
        facts["next"] = HINTS.get(facts["kind"], "give a dump or Enterprise articles")
    return overview


def _told_sums(published: Published) -> str:
    if not published.sums:
        return "none published"
    return f"{' and '.join(sorted(published.sums))} in {', '.join(published.said_by)}"


def _facts_of_glance(seen: Glance) -> dict[str, Any]:
    name = seen.name
    return {
        "kind": seen.kind,
        "meaning": KINDS[seen.kind],
        "compression": seen.compression,
        "size_bytes": seen.size_bytes,
        "wiki": name.wiki_id,
        "date": name.dump_date,
        "job": name.job,
        "part": name.part,
        "pages_by_name": list(name.pages) if name.pages else None,
        "revisions_by_name": list(name.revisions) if name.revisions else None,
        "namespace": name.namespace,
        "chunk": name.chunk,
    }


def _facts_of_dump(file: SourceFile) -> dict[str, Any]:
    site = file.siteinfo or {}
    index = find_index(file.path)
    return {
        "kind": file.kind,
        "meaning": KINDS[file.kind],
        "wiki": file.wiki_id,
        "wiki_said_by": file.wiki_id_origin,
        "date": file.dump_date,
        "job": file.job,
        "schema_version": site.get("schema_version"),
        "generator": site.get("generator"),
        "case": site.get("case"),
        "namespaces": len(site["namespaces"]) if site.get("namespaces") else None,
        "first_page": file.first_page_id,
        "first_revision": file.first_revision_id,
        "index": str(index) if index else None,
    }


def _facts_of_index(path: Path) -> dict[str, Any]:
    index = MultistreamIndex.read(path)
    return {"pages": len(index), "streams": len(index.streams())}


def page_to_json(page: PageRead) -> dict[str, Any]:
    """Return a page as JSON-able values.

    Args:
        page: The page.

    Returns:
        Its revisions and how it was found.
    """
    rows = [
        {
            name: value if isinstance(value, str | int | bool | list | None) else str(value)
            for name, value in row.items()
            if not isinstance(value, bytes | dict)
        }
        for row in page.rows
    ]
    return {
        "stream_offset": page.stream_offset,
        "by_index": page.by_index,
        "warnings": page.warnings,
        "revisions": rows,
    }


def describe_page(page: PageRead) -> str:
    """Return a page for people: what was found, and the text of the newest revision.

    Args:
        page: The page.

    Returns:
        The lines.
    """
    lines = [f"warning: {text}" for text in page.warnings]
    if not page.rows:
        return "\n".join([*lines, "the dump holds no such page"])
    newest = page.rows[-1]
    way = "by the index" if page.by_index else "by reading up to it"
    lines += [
        f"{newest['page_title']} ({newest['wiki_id']}, page {newest['page_id']}), {len(page.rows)} revisions, "
        f"stream at byte {page.stream_offset}, found {way}",
        f"revision {newest['revision_id']} of {newest['revision_dt']}:",
        newest["text"] or "",
    ]
    return "\n".join(lines)
