"""A finished selection: which records, how well they stand for the rest, and all that a replay needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wikigrove.errors import SelectionError

FORMAT: Final = "wikigrove.selection/1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selection:
    """Records that were chosen, with the evidence for the choice.

    Everything but `ids` and `weights` can be written as JSON; two selections are equal when their JSON is.

    Args:
        ids: int64[budget], ascending record ids.
        objective: What was asked for, `represent`.
        lane: The lane whose rows these are, `classical` or `quantum`.
        engine: What computed them, for instance `herding`.
        simulated: Whether a quantum device was simulated.
        budget: Records asked for.
        quotas: For each stratum the records that it was to give.
        population: For each stratum its rows in the input.
        chosen: For each stratum the records that it gave.
        metrics: `wikigrove.selection.measure` of the chosen rows.
        baseline: The same metrics for random draws at the same budget and quotas: `draws`, and for each metric
            `mean`, `std`, `min`, `max`, `z`, `beaten`.
        seed: Where every draw started from.
        embedder: Fingerprint of the embedder of a store's vectors, else None.
        manifest: What a replay needs: parameters, a digest of the input, the kernel, versions.
        weights: float64[budget] where records count differently, else None.
        ledger: The quantum lane's counts of work, else None.
        details: The quantum lane's cells, threshold and agreement, else None.
        twin: What classical methods reached on the same input: `herding` with its metrics, and `sampler`, the
            quantum lane's own twin. None in the classical lane.
        fallback: Why the classical lane answered a call for the quantum lane: `lane`, `error`, `reason`; else None.
        stable: What counted as stable, `radius` and `stood_seconds`, where of each page only the newest stable
            revision could be chosen; else None.
        unstable_pages: How many pages were left out then, since none of their revisions is stable; else None.
    """

    ids: NDArray[np.int64]
    objective: str
    lane: str
    engine: str | None
    simulated: bool
    budget: int
    quotas: dict[str, int]
    population: dict[str, int]
    chosen: dict[str, int]
    metrics: dict[str, float]
    baseline: dict[str, Any]
    seed: int
    embedder: str | None
    manifest: dict[str, Any]
    weights: NDArray[np.float64] | None = None
    ledger: dict[str, int] | None = None
    details: dict[str, Any] | None = None
    twin: dict[str, Any] | None = None
    fallback: dict[str, str] | None = None
    stable: dict[str, int] | None = None
    unstable_pages: int | None = None

    def __eq__(self, other: object) -> bool:
        return self.to_json() == other.to_json() if isinstance(other, Selection) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def to_json(self) -> dict[str, Any]:
        """Return the selection as JSON, fit for the canonical form of RFC 8785.

        Returns:
            A dict of JSON values, with `format` beside the fields.
        """
        content = {item.name: getattr(self, item.name) for item in fields(self)}
        content["ids"] = self.ids.tolist()
        content["weights"] = None if self.weights is None else self.weights.tolist()
        return {"format": FORMAT, **content}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Selection:
        """Read what `to_json` wrote.

        Args:
            content: The parsed JSON.

        Returns:
            A selection equal to the one that was written.

        Raises:
            SelectionError: It is no selection, or one of another format, or its parts do not fit together.
        """
        if content.get("format") != FORMAT:
            raise SelectionError(f"not a selection of format {FORMAT!r}, its format is: {content.get('format')!r}")
        names = {item.name for item in fields(cls)}
        missing, unknown = names - set(content), set(content) - names - {"format"}
        if missing or unknown:
            raise SelectionError(f"a selection with missing or unknown fields: {', '.join(sorted(missing | unknown))}")
        values = {name: content[name] for name in names}
        for name, kinds in _KINDS.items():
            if type(values[name]) not in kinds:
                raise SelectionError(f"a selection whose {name} is of another type: {values[name]!r}")
        try:
            values["ids"] = _array(values["ids"], int).astype(np.int64)
            values["metrics"] = {name: float(value) for name, value in values["metrics"].items()}
            if values["weights"] is not None:
                values["weights"] = _array(values["weights"], int, float).astype(np.float64)
            selection = cls(**values)
            selection._check()
        except (OverflowError, TypeError) as error:
            raise SelectionError(f"a selection whose numbers cannot be read: {error}") from error
        return selection

    def _check(self) -> None:
        if np.any(self.ids[1:] <= self.ids[:-1]):
            raise SelectionError("a selection whose ids do not ascend")
        if not len(self.ids) == self.budget == sum(self.chosen.values()):
            raise SelectionError(f"a selection of {len(self.ids)} ids whose budget is: {self.budget}")
        if self.weights is not None and self.weights.shape != self.ids.shape:
            raise SelectionError(f"a selection of {len(self.ids)} ids whose weights are: {len(self.weights)}")
        rule = self.stable
        if rule is not None and {name: type(value) for name, value in rule.items()} != _RULE:
            raise SelectionError(f"a selection whose rule of stability cannot be read: {rule}")


_NONE: Final = type(None)

_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "objective": (str,),
    "lane": (str,),
    "engine": (str, _NONE),
    "simulated": (bool,),
    "budget": (int,),
    "quotas": (dict,),
    "population": (dict,),
    "chosen": (dict,),
    "metrics": (dict,),
    "baseline": (dict,),
    "seed": (int,),
    "embedder": (str, _NONE),
    "manifest": (dict,),
    "ledger": (dict, _NONE),
    "details": (dict, _NONE),
    "twin": (dict, _NONE),
    "fallback": (dict, _NONE),
    "stable": (dict, _NONE),
    "unstable_pages": (int, _NONE),
}

_RULE: Final = {"radius": int, "stood_seconds": int}


def _array(values: object, *kinds: type) -> NDArray[Any]:
    """Make an array of a list whose members are exactly of the given types: true is no number here."""
    if not isinstance(values, list) or not all(type(value) in kinds for value in values):
        raise TypeError(f"expected a list of numbers, got: {type(values).__name__}")
    return np.asarray(values if values else np.empty(0, dtype=np.int64))
