"""Turn the JSON of a selection into what the report shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wikigrove.report.data import Draws, Stratum

__all__ = ["metrics_of", "strata_of"]

LABELS: Final = {
    "mmd2": ("Distance from the whole (MMD²)", "Squared maximum mean discrepancy between the sample and all records."),
    "energy_distance": ("Energy distance from the whole", "Like MMD², without a bandwidth to choose."),
    "coverage_mean": ("Mean distance of a record to its nearest row", ""),
    "coverage_p99": ("The same, 99th percentile", ""),
    "coverage_max": ("The same, farthest record", ""),
    "chi2": ("χ² of the strata", "How far the counts of strata are from those of the population."),
    "total_variation": ("Total variation of the strata", ""),
}
"""Label and note by name of the metric. For all of them, lower is better."""


def metrics_of(selection: Mapping[str, Any]) -> list[Draws]:
    """Set each metric of a selection beside its random baseline.

    Metrics in which neither the selection nor the draws differ say nothing and are left out, as the counts of strata
    under fixed quotas.

    Args:
        selection: The selection as JSON, with `metrics` and `baseline`; where that has no `values` of single draws,
            its summary is shown.

    Returns:
        What `ReportData["selection"]["metrics"]` takes.
    """
    metrics, baseline = selection.get("metrics", {}), selection.get("baseline", {})
    known = [name for name in LABELS if name in metrics]
    result: list[Draws] = []
    for name in [*known, *sorted(set(metrics) - set(known))]:
        of_random = baseline.get(name)
        if not isinstance(of_random, Mapping) or "mean" not in of_random:
            continue
        values = [float(value) for value in of_random.get("values", [])]
        label, note = LABELS.get(name, (name, ""))
        entry: Draws = {"name": name, "label": label, "selected": float(metrics[name]), "better": "lower", "note": note}
        if values:
            entry["draws"] = values
        else:
            entry["mean"], entry["std"] = float(of_random["mean"]), float(of_random.get("std") or 0.0)
            entry["low"] = float(of_random.get("min", entry["mean"]))
            entry["high"] = float(of_random.get("max", entry["mean"]))
            if isinstance(baseline.get("draws"), int):
                entry["count"] = baseline["draws"]
        if {entry["selected"]} != {*values, *(entry[key] for key in ("low", "high") if key in entry)}:
            result.append(entry)
    return result


def strata_of(selection: Mapping[str, Any]) -> list[Stratum]:
    """Set the rows of each stratum beside its records.

    Args:
        selection: The selection as JSON, with `population` and `chosen`.

    Returns:
        What `ReportData["selection"]["strata"]` takes.

    >>> strata_of({"population": {"enwiki": 90, "elwiki": 10}, "chosen": {"enwiki": 9}})[1]
    {'label': 'elwiki', 'population': 10, 'selected': 0}
    """
    chosen = selection.get("chosen", {})
    return [
        {"label": str(label), "population": int(records), "selected": int(chosen.get(label, 0))}
        for label, records in selection.get("population", {}).items()
    ]
