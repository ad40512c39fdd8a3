"""The part of the data card that says how the rows were chosen, against chance and in which lane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wikigrove.dataset.markdown import markdown_cell, markdown_table
from wikigrove.history import in_words

__all__ = ["quantum_part", "selection_part"]

OBJECTIVES: Final = {
    "represent": "represent: the sample shall look like the whole",
    "cover": "cover: no region of the whole shall be far from the sample",
    "balance": "balance: a random subset among those that look like the whole",
    "target": "target: the sample shall look like a given target",
}


def selection_part(selection: Mapping[str, Any]) -> str:
    """Say what was asked for and how the result compares with random draws.

    Args:
        selection: The selection as JSON.

    Returns:
        Markdown.
    """
    objective = str(selection.get("objective", "not stated"))
    facts = [
        ("Objective", OBJECTIVES.get(objective, objective)),
        ("Lane", str(selection.get("lane", "not stated"))),
        ("Engine", str(selection.get("engine") or "-")),
        ("Budget", _figure(selection.get("budget"))),
        ("Seed", str(selection.get("seed", "not stated"))),
        ("Embedder", str(selection.get("embedder") or selection.get("fingerprint") or "-")),
    ]
    if selection.get("stable"):
        facts.append(("Revisions", f"of each page the newest stable one: {in_words(selection['stable'])}"))
    fallback = selection.get("fallback")
    if fallback:
        reason = fallback.get("reason", "not stated") if isinstance(fallback, Mapping) else fallback
        facts.append(("Fallback", f"the asked lane failed, the classical lane took over: {reason}"))
    parts = [markdown_table(("What", "Value"), [[name, markdown_cell(value)] for name, value in facts])]
    table = _baseline(selection)
    if table:
        parts.append(table)
    quotas, population = selection.get("quotas"), selection.get("population") or {}
    if isinstance(quotas, Mapping) and quotas:
        rows = [
            [markdown_cell(name), _figure(population.get(name)), _figure(count)]
            for name, count in sorted(quotas.items())
        ]
        parts.append("Quotas by stratum:\n\n" + markdown_table(("Stratum", "Records", "Rows"), rows))
    return "\n\n".join(parts)


def quantum_part(selection: Mapping[str, Any]) -> list[str]:
    """Say what a quantum lane did, and what that does not mean.

    Args:
        selection: The selection as JSON.

    Returns:
        Markdown parts; none if no quantum lane ran.
    """
    if selection.get("lane") != "quantum":
        return []
    text = (
        "The rows were drawn by amplitude amplification, **simulated on classical hardware**. It draws from the same "
        "law as its classical twin, rejection sampling, and is checked against it. Fewer oracle calls are a property "
        "of the algorithm in the query model; nothing here ran faster for being quantum."
        if selection.get("simulated", True)
        else "The rows were drawn by amplitude amplification on a quantum device and checked classically."
    )
    ledger = selection.get("ledger")
    if isinstance(ledger, Mapping) and ledger:
        rows = [[markdown_cell(name), _figure(count)] for name, count in sorted(ledger.items()) if _plain_number(count)]
        text += "\n\n" + markdown_table(("Ledger", "Count"), rows)
    return ["### What the quantum lane did", text]


def baseline_rows(selection: Mapping[str, Any]) -> list[tuple[str, float | None, Mapping[str, Any]]]:
    """Pair each metric of the selection with what random draws reached.

    Args:
        selection: The selection as JSON; `baseline` maps metrics to mean, std and z, directly or under `metrics`.

    Returns:
        Metric, value of the selection, figures of the random draws.
    """
    baseline = selection.get("baseline") or {}
    figures = baseline.get("metrics", baseline) if isinstance(baseline, Mapping) else {}
    metrics = selection.get("metrics") or {}
    rows = []
    for name, of_random in sorted(figures.items()):
        if isinstance(of_random, Mapping) and "mean" in of_random:
            value: Any = metrics.get(name, of_random.get("value"))
            rows.append((name, float(value) if _plain_number(value) else None, of_random))
    return rows


def _baseline(selection: Mapping[str, Any]) -> str:
    rows = []
    for name, value, of_random in baseline_rows(selection):
        spread = of_random.get("std")
        z = of_random.get("z")
        if z is None and value is not None and spread:
            z = (value - float(of_random["mean"])) / float(spread)
        random = (
            f"{_figure(of_random['mean'])} ± {_figure(spread)}" if spread is not None else _figure(of_random["mean"])
        )
        rows.append([markdown_cell(name), _figure(value), random, _figure(z)])
    if not rows:
        return ""
    draws = (selection.get("baseline") or {}).get("draws")
    count = f"{draws} random draws" if _plain_number(draws) else "random draws"
    return (
        f"Against {count} of the same budget and quotas (mean ± standard deviation; z counts standard deviations from "
        "that mean, and for distances less is better):\n\n"
        + markdown_table(("Metric", "This selection", "Random", "z"), rows)
    )


def _figure(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "-" if value is None else str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else markdown_cell(value)


def _plain_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
