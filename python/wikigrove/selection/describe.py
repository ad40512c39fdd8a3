"""A selection in words: the table beside chance, the quotas, and which lane did better."""

from __future__ import annotations

from typing import Final

from wikigrove.history import in_words
from wikigrove.selection.base import Selection

LABELS: Final = {
    "mmd2": "MMD²",
    "energy_distance": "energy distance",
    "coverage_mean": "coverage, mean",
    "coverage_p99": "coverage, p99",
    "coverage_max": "coverage, max",
    "chi2": "χ² of strata",
}
"""Metrics in the order of the table; for all of them smaller is closer to the population."""

STRATA_SHOWN: Final = 40


def describe(selection: Selection) -> str:
    """Return a selection as text for people.

    Args:
        selection: Any selection.

    Returns:
        Lines: what was asked, the metrics beside the random draws, the quotas, and both lanes where two ran.
    """
    population = sum(selection.population.values())
    draws = selection.baseline["draws"]
    lines = [
        f"{selection.budget:,} of {population:,} records, objective {selection.objective}, {selection.lane} lane "
        f"({selection.engine}{', simulated' if selection.simulated else ''}), seed {selection.seed}",
        *_stable(selection),
        "",
        f"{'metric':<18}{'selection':>12}{f'random, {draws} draws':>26}{'z':>8}   smaller than",
    ]
    for name, label in LABELS.items():
        chance = selection.baseline[name]
        spread = f"{_number(chance['mean'])} ± {_number(chance['std'])}"
        z = "-" if chance["z"] is None else f"{chance['z']:.1f}"
        beaten = f"{chance['beaten']} of {draws} draws"
        lines.append(f"{label:<18}{_number(selection.metrics[name]):>12}{spread:>26}{z:>8}   {beaten}")
    freedom = selection.manifest["strata"]["degrees_of_freedom"]
    lines.append(f"(χ² has {freedom} degrees of freedom; under quotas every draw has the same)")
    if len(selection.population) > 1:
        lines += ["", f"{'stratum':<30}{'records':>10}{'chosen':>8}"]
        names = sorted(selection.population, key=lambda name: (-selection.population[name], name))
        lines += [
            f"{name[:30]:<30}{selection.population[name]:>10,}{selection.chosen[name]:>8,}"
            for name in names[:STRATA_SHOWN]
        ]
        if len(names) > STRATA_SHOWN:
            lines.append(f"and {len(names) - STRATA_SHOWN} more strata")
    if selection.lane == "quantum" or selection.fallback:
        lines += ["", *_lanes(selection)]
    return "\n".join(lines)


def verdict(selection: Selection) -> str:
    """Say which lane did better on the objective, for a selection that was asked of the quantum lane.

    Args:
        selection: What `select_representative(lane="quantum")` returned.

    Returns:
        One or two sentences. They may say that the classical lane wins, and never speak of speed.
    """
    if selection.fallback:
        return (
            f"The quantum lane could not deliver ({selection.fallback['error']}: {selection.fallback['reason']}), "
            "so the classical lane answered."
        )
    if selection.twin is None:
        return "Only the classical lane ran."
    ours, theirs = selection.metrics["mmd2"], selection.twin["herding"]["metrics"]["mmd2"]
    if theirs < ours:
        return (
            f"Classical wins: herding reaches an MMD² of {_number(theirs)}, the emulated quantum lane {_number(ours)}. "
            "What the lane offers is a uniform draw among balanced subsets, with every oracle call counted."
        )
    return (
        f"The emulated quantum lane reaches an MMD² of {_number(ours)}, herding {_number(theirs)}. The lane is "
        "simulated, and its classical twin draws from the same law, so this is chance, not an advantage."
    )


def _stable(selection: Selection) -> list[str]:
    if selection.stable is None:
        return []
    return [
        "of each page the newest stable revision, which is one " + in_words(selection.stable),
        f"pages without a stable revision, left out: {selection.unstable_pages or 0:,}",
    ]


def _lanes(selection: Selection) -> list[str]:
    lines = [verdict(selection)]
    if selection.ledger:
        lines.append("ledger: " + ", ".join(f"{name} {count:,}" for name, count in selection.ledger.items()))
    if selection.twin:
        sampler = {key: value for key, value in selection.twin["sampler"].items() if isinstance(value, int | float)}
        lines.append("classical twin: " + ", ".join(f"{name} {_number(value)}" for name, value in sampler.items()))
    statement = (selection.details or {}).get("statement")
    if isinstance(statement, str):
        lines.append(statement)
    return lines


def _number(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3g}" if value == 0 or abs(value) < 1000 else f"{value:,.0f}"
