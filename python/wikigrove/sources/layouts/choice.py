"""Copies of one content: whole or in parts, packed this way or that. One of them is read, and the others are named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from wikigrove.errors import ConfigError, DumpIncompleteError
from wikigrove.sources.names import DumpName

PREFERRED: Final = ("plain", "bz2", "zst", "gz", "xz", "lzma", "7z")
"""Packings from the one that is the fastest to read again at a position to the slowest."""

_LISTED: Final = 5


@dataclass(slots=True)
class Copy:
    """One way in which the content of a job lies in a folder.

    Attributes:
        job: The job in its files' names.
        compression: By their endings.
        is_whole: One file for the whole wiki.
        files: Names of the files that are there.
        missing: Names of files that are published and not there.
        unready: Why it may not be used, or None.
    """

    job: str
    compression: str
    is_whole: bool
    files: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unready: str | None = None

    def describe(self) -> str:
        """Say what it is: job, form, packing."""
        form = "whole" if self.is_whole else f"{len(self.files)} part{'s' if len(self.files) != 1 else ''}"
        return f"{self.job} ({form}, {self.compression})"

    def rank(self) -> tuple[bool, bool, int]:
        """Order copies: multistream first, for its index; parts before whole, as units of work; then by packing."""
        return not self.job.endswith("-multistream"), self.is_whole, PREFERRED.index(self.compression)


def group(present: dict[str, DumpName], published: Iterable[tuple[str, DumpName]]) -> list[Copy]:
    """Put the files of a run into copies.

    Args:
        present: Files that are there.
        published: Files that the lists name.

    Returns:
        Copies of which at least one file is there, in the order of their names.
    """
    copies: dict[tuple[str, str, bool], Copy] = {}
    for name, parsed in sorted(present.items()):
        key = _key(parsed)
        copies.setdefault(key, Copy(*key)).files.append(name)
    for name, parsed in published:
        if name not in present and (copy := copies.get(_key(parsed))):
            copy.missing.append(name)
    return list(copies.values())


def _key(name: DumpName) -> tuple[str, str, bool]:
    return name.job or "", name.compression, name.part is None and name.pages is None


def choose(copies: Sequence[Copy], *, source: str) -> tuple[Copy, list[str]]:
    """Choose one of several copies of the same content.

    Args:
        copies: At least one.
        source: The folder, for errors.

    Returns:
        The chosen copy, and a warning for each other one.

    Raises:
        DumpIncompleteError: None of them is ready and whole; it names what the best one lacks.
    """
    ranked = sorted(copies, key=Copy.rank)
    usable = [copy for copy in ranked if not copy.missing and copy.unready is None]
    if not usable:
        best = min(ranked, key=lambda copy: (copy.unready is not None, len(copy.missing), copy.rank()))
        if best.unready is not None:
            raise DumpIncompleteError(f"{best.unready}: {best.describe()}", source=source)
        more = f" and {len(best.missing) - _LISTED} more" if len(best.missing) > _LISTED else ""
        raise DumpIncompleteError(
            f"{len(best.missing)} of {len(best.files) + len(best.missing)} published files are missing of "
            f"{best.describe()}; hint: fetch them, or give the files themselves to read only those: "
            f"{', '.join(best.missing[:_LISTED])}{more}",
            source=source,
        )
    chosen = usable[0]
    warnings = [
        f"the same content is there twice; read: {chosen.describe()}, left out: {copy.describe()}"
        + (f", {copy.unready}" if copy.unready else ", of which files are missing" if copy.missing else "")
        for copy in ranked
        if copy is not chosen
    ]
    return chosen, warnings


def choose_job(jobs: Sequence[str], wanted: str | None, *, source: str) -> str:
    """Choose one job of several different ones.

    Args:
        jobs: The jobs.
        wanted: The caller's choice, or None.
        source: The folder, for errors.

    Returns:
        The job.

    Raises:
        ConfigError: The choice is not there, or there are several and no choice.
    """
    if wanted is not None and wanted not in jobs:
        raise ConfigError(f"no such job in {source}, there are {', '.join(jobs) or 'none'}: {wanted}")
    if wanted is None and len(jobs) != 1:
        raise ConfigError(f"several jobs lie in {source}; hint: choose with --job one of: {', '.join(jobs)}")
    return jobs[0] if wanted is None else wanted


def check_ranges(names: Sequence[DumpName], *, gaps: bool) -> list[str]:
    """Compare the page ranges in the names of parts.

    Args:
        names: Parsed names.
        gaps: Tell gaps too: legacy parts leave none, File Export has a list for that.

    Returns:
        A warning for each overlap and gap.
    """
    ranges = sorted({name.pages for name in names if name.pages and not name.revisions})
    warnings = []
    reached = ranges[0][1] if ranges else 0
    for first, last in ranges[1:]:
        if first <= reached:
            warnings.append(f"two files hold the same pages, by their names, from page: {first}")
        elif gaps and first > reached + 1:
            warnings.append(f"no file holds pages {reached + 1} to {first - 1}, by the names of the parts")
        reached = max(reached, last)
    return warnings
