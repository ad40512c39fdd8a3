"""The checks of one traced row, and how they are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from wikigrove.provenance.findings import EXIT_NOT_RUN

FORMAT: Final = "wikigrove.trace/1"

EXIT_CODES: Final = {"signature": 11, "inclusion": 13, "leaf from the record": 14, "source": 16}
"""Levels of the verify ladder that the checks belong to; all others read the dump again, which is V5."""


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One check.

    Args:
        name: What was checked.
        status: `passed`, `failed` or `not_run`.
        detail: Outcome in words.
    """

    name: str
    status: str
    detail: str


@dataclass(slots=True)
class TraceReport:
    """All checks of one row.

    Args:
        row: Its `leaf_index`.
        steps: The checks in order.
        values: Facts by name, JSON-able; digests in hexadecimal digits.
    """

    row: int
    steps: list[TraceStep] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 proved; 11, 13 to 16 the lowest level of the verify ladder that failed; 20 a check could not run."""
        failed = [EXIT_CODES.get(step.name, 15) for step in self.steps if step.status == "failed"]
        if failed:
            return min(failed)
        return 0 if self.is_ok else EXIT_NOT_RUN

    @property
    def is_ok(self) -> bool:
        """Whether every check ran and passed."""
        return bool(self.steps) and all(step.status == "passed" for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        steps = [{"name": step.name, "status": step.status, "detail": step.detail} for step in self.steps]
        return {"format": FORMAT, "row": self.row, "ok": self.is_ok, "steps": steps, "values": self.values}

    def to_text(self) -> str:
        """Return the report for people, one line a check."""
        title = f"{self.values.get('wiki_id', '?')}:{self.values.get('page_title', '?')}"
        lines = [f"row {self.row}: {title}, revision {self.values.get('revision_id', '?')}"]
        lines += [f"{step.status:8} {step.name}: {step.detail}" for step in self.steps]
        return "\n".join([*lines, "proved" if self.is_ok else "not proved"])
