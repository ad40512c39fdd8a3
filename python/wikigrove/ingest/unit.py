"""One unit of work: a dump file and its place in the build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from wikigrove import _core, schema
from wikigrove.governance import licence
from wikigrove.sources.file import SourceFile
from wikigrove.store import Partition, journal

PROFILE: Final = "open"
PARSER: Final = f"wikigrove {_core.__version__}"

PART_BYTES: Final = 256 << 20
"""Decompressed bytes of a part: what a crash can cost. A part's segments are sealed before the next part begins."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One dump file and its place in the build.

    Attributes:
        ordinal: Position of the file in dump order; becomes the leaf's `source_id`.
        source: The inspected file.
        snapshot: The dump date as `yyyymmdd`, or `undated`.
        part_bytes: Decompressed bytes after which a part ends, at the end of a page. Segments end there too.
    """

    ordinal: int
    source: SourceFile
    snapshot: str
    part_bytes: int = PART_BYTES

    @property
    def partition(self) -> Partition:
        """Where the unit's segments lie."""
        return Partition(self.source.wiki_id, self.snapshot)

    def key(self) -> str:
        """Name the unit by everything that its output depends on."""
        return journal.unit_key(self._facts())

    def part_key(self, number: int) -> str:
        """Name one part of the unit, counted from 0."""
        return journal.unit_key({**self._facts(), "part": number})

    def _facts(self) -> dict[str, Any]:
        return {
            "source": self.source.sha256,
            "ordinal": self.ordinal,
            "wiki": self.source.wiki_id,
            "snapshot": self.snapshot,
            "part_bytes": self.part_bytes,
            "profile": PROFILE,
            "parser": PARSER,
            "schema": schema.REVISION_CONTRACT,
            "licences": licence.table_digest(),
        }


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """How far a unit has come: compressed bytes, pages and revisions read, and whether it is finished."""

    unit: Unit
    bytes_read: int
    pages: int
    revisions: int
    finished: bool = False


Progress = Callable[[UnitProgress], None]
