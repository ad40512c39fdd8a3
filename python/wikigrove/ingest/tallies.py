"""Counts over the rows of a unit, as trees of numbers that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow.compute

from wikigrove import schema
from wikigrove.governance import licence

pc: Any = pyarrow.compute  # the stubs know no kernel for columns of any type

LICENCE_NAMES: Final = {0: "unknown"} | {rule.number: " or ".join(rule.licence_ids) for rule in licence.RULES}


class Tallies:
    """Counts per code."""

    def __init__(self) -> None:
        self.revisions = 0
        self.sha1: Counter[str] = Counter()
        self.text: Counter[str] = Counter()
        self.licences: Counter[str] = Counter()
        self.redirects = 0
        self.text_bytes = 0

    def add(self, rows: Any) -> None:
        """Count a batch of rows of `schema.REVISION`."""
        self.revisions += rows.num_rows
        self.sha1.update(_named(rows["sha1_status"], schema.SHA1_STATUSES))
        self.text.update(_named(rows["text_state"], schema.TEXT_STATES))
        for row in pc.value_counts(rows["licence_rule"]).to_pylist():
            self.licences[LICENCE_NAMES[row["values"]]] += row["counts"]
        self.redirects += rows.num_rows - rows["page_redirect_target"].null_count
        self.text_bytes += pc.sum(pc.binary_length(rows["text"])).as_py() or 0

    def to_json(self) -> dict[str, Any]:
        """Return the counts as a JSON object."""
        return {
            "revisions": self.revisions,
            "redirects": self.redirects,
            "text_bytes": self.text_bytes,
            "licences": dict(sorted(self.licences.items())),
            "sha1_status": dict(sorted(self.sha1.items())),
            "text_state": dict(sorted(self.text.items())),
        }


def _named(codes: Any, names: Sequence[str]) -> dict[str, int]:
    counted = pc.value_counts(codes)
    return {names[row["values"]]: row["counts"] for row in counted.to_pylist()}


def add_counts(total: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Add two count trees key by key.

    Example:
        >>> add_counts({"pages": 1, "sha1": {"match": 2}}, {"pages": 2, "sha1": {"absent": 1}})
        {'pages': 3, 'sha1': {'match': 2, 'absent': 1}}
    """
    for name, value in more.items():
        if isinstance(value, Mapping):
            total[name] = add_counts(total.get(name, {}), value)
        else:
            total[name] = total.get(name, 0) + value
    return total
