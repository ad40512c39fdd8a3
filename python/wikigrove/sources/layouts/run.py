"""A dump run: the files of a folder that belong together, and what was published about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wikigrove.sources.names import DumpName, parse_name
from wikigrove.sources.regular import names_in
from wikigrove.sources.sums.lists import Published, SumTable


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a run.

    Attributes:
        path: Where it lies.
        name: What its name says.
        published: What was published about it.
    """

    path: Path
    name: DumpName
    published: Published = field(default_factory=Published)


@dataclass(frozen=True, slots=True)
class Run:
    """What a folder is, and the files of it that are read.

    Attributes:
        folder: The folder.
        layout: `file-export`, `legacy`, `adds-changes`, `enterprise` or `loose`.
        jobs: The jobs that are read.
        parts: The files that are read.
        sums: Names of the lists of sums that were found.
        warnings: What was left out or looks odd.
        facts: What else the run says, JSON-able.
    """

    folder: Path
    layout: str
    jobs: tuple[str, ...]
    parts: tuple[Part, ...]
    sums: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


class Listing:
    """The files of a folder by name, parsed, and a table for the sums that are found.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files, self.folders, self.warnings = names_in(folder)
        self.names = {name: parse_name(path) for name, path in self.files.items()}
        self.table = SumTable()
        self.lists: list[str] = []

    def of_kind(self, kind: str) -> list[str]:
        """Return the names of the files that are of a kind by their names."""
        return [name for name, parsed in self.names.items() if parsed.kind == kind]

    def read_sums(self, names: list[str] | None = None) -> None:
        """Read lists of sums, all of the folder by default.

        Raises:
            InputError: A list makes no sense.
        """
        for name in self.of_kind("sums") if names is None else names:
            self.table.read(self.files[name], strict=True)
            self.lists.append(name)

    def part(self, name: str) -> Part:
        """Return a file of the folder with what was published about it.

        Raises:
            DumpFormatError: The lists contradict each other.
        """
        return Part(self.files[name], self.names[name], self.table.published(name))
