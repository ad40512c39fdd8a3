"""What a build was given, files and folders, becomes inspected files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wikigrove.errors import ConfigError
from wikigrove.sources.file import SourceFile
from wikigrove.sources.inspection import inspect
from wikigrove.sources.layouts import Part, open_run
from wikigrove.sources.names import parse_name
from wikigrove.sources.sums.beside import read_folder
from wikigrove.sources.sums.lists import SumTable


def gather(
    paths: Sequence[str | os.PathLike[str]], *, wiki_id: str | None = None, job: str | None = None, threads: int = 1
) -> tuple[list[SourceFile], list[str]]:
    """Inspect files, and the files of folders.

    Args:
        paths: Files, and folders of dump runs.
        wiki_id: Database name for all of them, where the caller knows it.
        job: Which job of the folders is read.
        threads: Files that are inspected at the same time.

    Returns:
        The files, in no particular order (`order` puts them into one), and what looked odd about the folders.

    Raises:
        DumpIncompleteError: A run is not finished, or files of it are missing.
        ChecksumMismatchError: A file is damaged at its start, and not the published one.
        ConfigError: A folder holds several jobs and none is chosen; a job without a folder; an unknown wiki.
        InputError: A file is no dump, or damaged before its first record.
        OSError: Something cannot be opened.
    """
    parts: list[tuple[Part, bool]] = []
    warnings: list[str] = []
    tables: dict[Path, SumTable] = {}
    for path in map(Path, paths):
        if path.is_dir():
            run = open_run(path, job=job)
            parts += [(part, False) for part in run.parts]
            warnings += [f"{text}; source: {run.folder}" for text in run.warnings]
            continue
        if path.parent not in tables:
            tables[path.parent] = table = _beside(path.parent)
            warnings += table.warnings
        parts.append((Part(path, parse_name(path), tables[path.parent].published(path.name)), True))
    if job is not None and all(follow for _, follow in parts):
        raise ConfigError(f"a job is chosen among those of a folder, and no folder was given: {job}")

    def look(part: Part, follow: bool) -> SourceFile:  # noqa: FBT001 - of a pair
        return inspect(part.path, wiki_id=wiki_id, published=part.published, follow=follow)

    with ThreadPoolExecutor(threads, "wikigrove-inspect") as pool:
        return list(pool.map(look, *zip(*parts, strict=True))) if parts else [], warnings


def _beside(folder: Path) -> SumTable:
    """Read the sums beside files that were given one by one."""
    try:
        return read_folder(folder)
    except OSError:  # a folder that may not be listed, or is none: opening the file tells
        return SumTable()
