"""Put the report together: one file, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from wikigrove.report.chosen import selection_part
from wikigrove.report.data import ReportData
from wikigrove.report.element import Markup, element, join
from wikigrove.report.figures import count
from wikigrove.report.intake import intake_part, losses_part, quarantine_part
from wikigrove.report.lanes import lanes_part
from wikigrove.report.proof import proof_part, reproduce_part

__all__ = ["render_report"]

PARTS: Final[tuple[tuple[str, str, str, Any], ...]] = (
    ("intake", "In", "What came in", intake_part),
    ("quarantine", "Set aside", "What could not be read", quarantine_part),
    ("losses", "Lost", "What text extraction lost", losses_part),
    ("selection", "Chosen", "What was chosen, against chance", selection_part),
    ("lanes", "Lanes", "Classical and quantum, side by side", lanes_part),
    ("proof", "Proof", "What holds it together", proof_part),
    ("reproduce", "Again", "How to reproduce it", reproduce_part),
)

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""The page can neither run a script nor fetch anything, whatever a title may hold."""


def render_report(data: ReportData | Mapping[str, Any]) -> str:
    """Render a run as one self-contained HTML page.

    Every part of the data is optional; absent parts are left out. All text is escaped, and addresses that are no web
    addresses become plain text.

    Args:
        data: What to show.

    Returns:
        The page. It is also well-formed XML after its first line.

    >>> page = render_report({"title": "A <run>"})
    >>> "A &lt;run&gt;" in page, "<script" in page
    (True, False)
    """
    title = str(data.get("title", "A training set that can be proved"))
    present = [part for part in PARTS if data.get(part[0]) is not None]
    sections = [
        element(
            "section",
            element("p", f"{number} · {short}", class_="step"),
            element("h2", heading, id=f"{key}-heading"),
            render(data[key]),  # type: ignore[literal-required]
            id=key,
            aria_labelledby=f"{key}-heading",
        )
        for number, (key, short, heading, render) in enumerate(present, 1)
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("title", title),
        element("style", Markup(files("wikigrove.report").joinpath("style.css").read_text(encoding="utf-8"))),
    )
    top = element(
        "header",
        element(
            "div",
            element("h1", title),
            element("p", data.get("subtitle"), class_="lede") if data.get("subtitle") else None,
        ),
        _grove(),
        class_="top",
    )
    contents = element(
        "nav", [element("a", heading, href=f"#{key}") for key, _, heading, _ in present], aria_label="Contents"
    )
    notice = None
    if data.get("synthetic"):
        words = "The wikis of this run are synthetic: their text was invented, and links to their pages lead nowhere."
        notice = element("p", words, class_="soft")
    body = element(
        "body",
        top,
        contents if present else None,
        element("main", notice, _flow(data), sections),
        element("footer", "Made by wikigrove. This file runs no script and fetches nothing."),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _flow(data: ReportData | Mapping[str, Any]) -> Markup | None:
    """The run in a row of numbers."""
    parts: dict[str, Any] = {part[0]: data.get(part[0]) or {} for part in PARTS}
    intake, quarantine, selection, proof = (parts[key] for key in ("intake", "quarantine", "selection", "proof"))
    numbers: list[tuple[object, str]] = [
        (intake.get("revisions"), "revisions read"),
        (len(intake["languages"]) if intake.get("languages") else None, "wikis"),
        (quarantine.get("count"), "set aside as unreadable"),
        (selection.get("population"), "records to choose from"),
        (selection.get("budget"), "rows chosen"),
    ]
    tamper = proof.get("tamper") or []
    tiles = [(count(value), label) for value, label in numbers if isinstance(value, int)]
    if tamper:
        tiles.append(
            (f"{sum(bool(trial.get('found')) for trial in tamper)} / {len(tamper)}", "changes of a copy found")
        )
    if not tiles:
        return None
    return element(
        "ul", [element("li", element("b", value), element("span", label)) for value, label in tiles], class_="flow"
    )


def _grove() -> Markup:
    """A Merkle tree of eight leaves with the path of one of them lit."""
    rows = [[(22 + 28 * index, 128) for index in range(8)]]
    while len(rows[-1]) > 1:
        below = rows[-1]
        rows.append([((a[0] + b[0]) // 2, a[1] - 36) for a, b in zip(below[::2], below[1::2], strict=True)])
    lit = {(0, 5), (1, 2), (2, 1), (3, 0)}
    lines = [
        element("line", x1=x, y1=y, x2=rows[level + 1][index // 2][0], y2=rows[level + 1][index // 2][1])
        for level, row in enumerate(rows[:-1])
        for index, (x, y) in enumerate(row)
    ]
    circles = [
        element("circle", cx=x, cy=y, r=6 if level else 5, class_="lit" if (level, index) in lit else None)
        for level, row in enumerate(rows)
        for index, (x, y) in enumerate(row)
    ]
    return element("svg", join([lines, circles]), viewBox="0 0 240 145", class_="grove", aria_hidden="true")
