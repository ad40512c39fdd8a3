"""What runs say about themselves: dumpstatus.json, status.txt, maxrevid.txt, descriptions of Enterprise snapshots."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wikigrove.errors import DumpFormatError, DumpIncompleteError
from wikigrove.sources.names import parse_name
from wikigrove.sources.regular import read_small
from wikigrove.sources.sums.lists import SumTable, safe_name

DUMPSTATUS: Final = "dumpstatus.json"
DONE: Final = "done"

JOBS: Final = {
    "pages-articles": "articlesdump",
    "pages-articles-multistream": "articlesmultistreamdump",
    "pages-meta-current": "metacurrentdump",
    "pages-meta-history": "metahistorybz2dump",
    "stub-articles": "xmlstubsdump",
    "stub-meta-current": "xmlstubsdump",
    "stub-meta-history": "xmlstubsdump",
    "pages-logging": "xmlpagelogsdump",
}
"""From the job in file names to the job in dumpstatus.json (`operations-dumps: xmldumps-backup/dumps/jobs.py`)."""

_VERSION: Final = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a legacy run.

    Attributes:
        name: For instance `articlesdump`.
        status: `done`, `waiting`, `in-progress`, `failed` or `skipped`.
        files: Names of its files.
    """

    name: str
    status: str
    files: tuple[str, ...]


def read_dumpstatus(path: Path, table: SumTable) -> dict[str, Job]:
    """Read `dumpstatus.json` (version 0.8).

    Args:
        path: The file.
        table: Gets sizes and sums of the files of jobs that are done.

    Returns:
        The jobs by name. Waiting jobs may hold no files.

    Raises:
        DumpFormatError: It is no such file.
        UnsafeInputError: A name leads out of the folder.
    """
    value = _json_object(path)
    if not isinstance(value.get("jobs"), dict):
        raise DumpFormatError("dumpstatus.json names no jobs", source=str(path))
    jobs = {}
    for name, job in value["jobs"].items():
        files = job.get("files") if isinstance(job, dict) else None
        if not isinstance(job, dict) or not isinstance(job.get("status"), str) or not isinstance(files or {}, dict):
            raise DumpFormatError(f"job without a status, or with malformed files: {name}", source=str(path))
        names = [safe_name(file, source=str(path)) for file in files or {}]
        jobs[name] = Job(name, job["status"], tuple(names))
        if job["status"] == DONE:
            for file, facts in (files or {}).items():
                _add(table, safe_name(file, source=str(path)), facts, path)
    return jobs


def _add(table: SumTable, name: str, facts: Any, path: Path) -> None:
    if not isinstance(facts, dict):
        raise DumpFormatError(f"malformed facts in dumpstatus.json: {name}", source=str(path))
    size = facts.get("size")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise DumpFormatError(f"malformed size in dumpstatus.json: {name}", source=str(path))
    table.add(name, "", said_by=path.name, size_bytes=size)
    for algorithm in ("md5", "sha1"):
        if facts.get(algorithm) is not None:
            table.add(name, str(facts[algorithm]), said_by=path.name)


def status_of(jobs: dict[str, Job], job: str, *, compression: str, is_whole: bool, files: list[str]) -> Job | None:
    """Find the job that made some files: by their names, else by what makes such files.

    Args:
        jobs: As `read_dumpstatus` gives them.
        job: The job in the files' names.
        compression: Theirs.
        is_whole: Whether they are one file for the whole wiki.
        files: Their names.

    Returns:
        The job, or None where the run knows none.
    """
    for found in jobs.values():
        if set(files) & set(found.files):
            return found
    base = JOBS.get(job)
    if base == "metahistorybz2dump" and compression == "7z":
        base = "metahistory7zdump"
    wanted = [f"{base}recombine", base] if is_whole else [base]
    return next((jobs[name] for name in wanted if name in jobs), None)


def require_done(path: Path) -> None:
    """Demand that an adds-changes run says `done`.

    Args:
        path: Its `status.txt`.

    Raises:
        DumpIncompleteError: It says something else, or does not exist.
    """
    try:
        text = read_small(path, limit=1 << 16).decode("utf-8", "replace").strip()
    except FileNotFoundError as error:
        raise DumpIncompleteError(
            "the run has no status.txt; hint: fetch it, it must say done", source=str(path)
        ) from error
    if text not in {DONE, "done:all"}:
        raise DumpIncompleteError(f"the run is not done, its status.txt says: {text[:80]!r}", source=str(path))


def read_maxrevid(path: Path) -> int:
    """Read the highest revision id of an adds-changes run.

    Args:
        path: Its `maxrevid.txt`.

    Returns:
        The id.

    Raises:
        DumpFormatError: It holds no number.
    """
    text = read_small(path, limit=1 << 16).strip()
    if not (text.isdigit() and len(text) <= 18):
        raise DumpFormatError(f"maxrevid.txt holds no revision id: {text[:80]!r}", source=str(path))
    return int(text)


def read_descriptions(path: Path) -> Iterator[tuple[str, str]]:
    """Read descriptions of Enterprise snapshots or chunks: one, a list, or one a line.

    Args:
        path: The JSON file.

    Yields:
        Identifier, and version: the md5 of the archive.

    Raises:
        DumpFormatError: It is no JSON.
    """
    data = read_small(path)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        try:
            value = [json.loads(line) for line in data.splitlines() if line.strip()]
        except (ValueError, RecursionError) as error:
            raise DumpFormatError("the description of a snapshot is no JSON", source=str(path)) from error
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and isinstance(item.get("identifier"), str):
            version = item.get("version")
            if isinstance(version, str) and _VERSION.fullmatch(version):
                yield item["identifier"], version.lower()


def add_descriptions(table: SumTable, descriptions: list[Path], archives: list[str]) -> None:
    """Add the md5 sums that descriptions of Enterprise archives state.

    Args:
        table: Gets them.
        descriptions: The JSON files.
        archives: Names of the archives of the folder.
    """
    by_identifier = {archive.partition(".")[0]: archive for archive in archives if archive.endswith(".tar.gz")}
    for path in descriptions:
        for identifier, version in read_descriptions(path):
            if identifier in by_identifier:
                table.add(by_identifier[identifier], version, said_by=path.name)


def is_archive(name: str) -> bool:
    """Tell whether a name is that of an Enterprise archive."""
    parsed = parse_name(name)
    return parsed.kind == "articles" and name.endswith(".tar.gz")


def _json_object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(read_small(path))
    except (ValueError, RecursionError) as error:
        raise DumpFormatError("the state of the run is no JSON", source=str(path)) from error
    if not isinstance(value, dict):
        raise DumpFormatError("the state of the run is no JSON object", source=str(path))
    return value
