"""The part of the report on what was chosen: against chance, against the population, and row by row."""

from __future__ import annotations

from wikigrove.report.charts import badge, strata_chart, strip
from wikigrove.report.data import SampleRow, Selection
from wikigrove.report.element import Markup, element, join, link
from wikigrove.report.figures import count, plural, share

__all__ = ["selection_part"]

SNIPPET_CHARACTERS = 220
OBJECTIVES = {
    "represent": "look like the whole",
    "cover": "leave no region of the whole far away",
    "balance": "be random among the subsets that look like the whole",
    "target": "look like a given target",
}


def selection_part(selection: Selection) -> Markup:
    """Show the selection.

    Args:
        selection: What was chosen.

    Returns:
        Markup.
    """
    parts: list[Markup | None] = [element("p", _sentence(selection), class_="lede")]
    parts.append(_facts(selection))
    strips = [strip(draws) for draws in selection.get("metrics", [])]
    if any(strips):
        draws = max(len(metric.get("draws", [])) for metric in selection["metrics"])
        note = "The band is the mean of random draws at the same budget and quotas ± one standard deviation; "
        note += (
            f"each grey dot is one of {draws} draws; " if draws else "the line runs from the smallest to the largest; "
        )
        note += "the diamond is this selection."
        parts += [element("h3", "Against chance"), element("p", note, class_="soft small"), *strips]
    if selection.get("strata"):
        by = selection.get("strata_by")
        parts += [element("h3", "Against the population")]
        parts.append(strata_chart("Shares" + (f" by {by}" if by else ""), selection["strata"]))
    rows = selection.get("rows", [])
    if rows:
        parts += [element("h3", "Some of the rows"), element("ol", [_row(row) for row in rows], class_="rows")]
    return join(parts)


def _sentence(selection: Selection) -> str:
    budget, population = selection.get("budget"), selection.get("population")
    words = "A sample"
    if budget is not None:
        words = f"{plural(budget, 'row')}"
        if population:
            words += f" of {count(population)} ({share(budget, population)})"
    goal = OBJECTIVES.get(selection.get("objective", ""), "")
    return f"{words}, chosen to {goal}." if goal else f"{words}."


def _facts(selection: Selection) -> Markup | None:
    facts = [
        ("Objective", selection.get("objective")),
        ("Lane", selection.get("lane")),
        ("Engine", selection.get("engine")),
        ("Seed", selection.get("seed")),
        ("Embedder", selection.get("embedder")),
    ]
    pairs = [(name, value) for name, value in facts if value is not None]
    if not pairs:
        return None
    return element(
        "dl",
        [element("div", element("dt", name), element("dd", element("code", value))) for name, value in pairs],
        class_="facts inline",
    )


def _row(row: SampleRow) -> Markup:
    language = row.get("language")
    snippet = row.get("snippet", "")
    if len(snippet) > SNIPPET_CHARACTERS:
        snippet = snippet[:SNIPPET_CHARACTERS].rstrip() + "…"
    facts = [row.get("licence"), f"leaf {count(row['leaf_index'])}" if "leaf_index" in row else None]
    return element(
        "li",
        element(
            "div", badge(row["wiki_id"]) if "wiki_id" in row else None, " · ".join(filter(None, facts)), class_="tags"
        ),
        element("h4", link(row.get("url"), row.get("title", "untitled")), lang=language, dir="auto"),
        element("p", snippet, lang=language, dir="auto"),
    )
