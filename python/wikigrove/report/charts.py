"""Charts without scripts: each has its numbers beside it as text, so that nothing is told by colour alone.

Positions are percentages, so that drawings follow the width of the page while their type keeps its size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from wikigrove.report.data import Draws, Stratum
from wikigrove.report.element import Markup, element, foreign, join
from wikigrove.report.figures import count, share, short

__all__ = ["badge", "bars", "stacked", "strata_chart", "strip", "table"]

STRIP_HEIGHT = 56
STRIP_MIDDLE = 28


def table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[str | Markup]], *, numeric: Sequence[int] = ()
) -> Markup:
    """Write a table that scrolls by itself when the page is narrow.

    Args:
        caption: What it shows.
        head: Names of the columns.
        rows: Cells.
        numeric: Columns whose cells stand to the right.

    Returns:
        Markup.
    """

    def style(column: int) -> str | None:
        return "number" if column in numeric else None

    header = element("tr", [element("th", name, scope="col", class_=style(i)) for i, name in enumerate(head)])
    body = [element("tr", [element("td", cell, class_=style(i)) for i, cell in enumerate(row)]) for row in rows]
    whole = element("table", element("caption", caption), element("thead", header), element("tbody", body))
    return element("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def badge(text: str, kind: str = "plain") -> Markup:
    """Write a short label.

    Args:
        text: A word or two.
        kind: `good`, `bad`, `warn`, `quantum`, or `plain`.

    Returns:
        Markup.
    """
    return element("span", text, class_=f"badge {kind}")


def stacked(label: str, parts: Sequence[tuple[str, float, str, int]]) -> Markup:
    """Draw one bar of parts, with a legend that carries the numbers.

    Args:
        label: What the whole is.
        parts: Name, size, the size as text, and number of its colour (0 to 7).

    Returns:
        Markup.
    """
    whole = sum(value for _, value, _, _ in parts)
    if whole <= 0:
        return Markup("")
    shown = [part for part in parts if part[1] > 0]
    pieces = [
        element(
            "span", class_=f"piece tone{tone}", style=f"flex-grow:{100 * value / whole:.4f}", title=f"{name}: {text}"
        )
        for name, value, text, tone in shown
    ]
    legend = [
        element(
            "li",
            element("span", class_=f"swatch tone{tone}"),
            element("span", name, class_="what"),
            element("b", text),
            element("span", share(value, whole), class_="soft"),
        )
        for name, value, text, tone in shown
    ]
    return element(
        "figure",
        element("figcaption", label),
        element("div", pieces, class_="stacked", aria_hidden="true"),
        element("ul", legend, class_="legend"),
        class_="chart",
    )


def bars(label: str, rows: Sequence[tuple[str, float, str]]) -> Markup:
    """Draw horizontal bars with their numbers.

    Args:
        label: What they show.
        rows: Name, size, the size as text.

    Returns:
        Markup.
    """
    largest = max((value for _, value, _ in rows), default=0.0)
    if largest <= 0:
        return Markup("")
    lines = [
        element(
            "li",
            element("span", foreign(name), class_="name"),
            element(
                "span", element("i", style=f"width:{100 * value / largest:.3f}%"), class_="track", aria_hidden="true"
            ),
            element("span", text, class_="value"),
        )
        for name, value, text in rows
    ]
    return element("figure", element("figcaption", label), element("ul", lines, class_="bars"), class_="chart")


def strip(draws: Draws) -> Markup:
    """Draw a metric of random draws as dots, their mean and spread as a band, and the selection as a diamond.

    Where only a summary of the draws is known, a line from the smallest to the largest stands for the dots.

    Args:
        draws: The metric.

    Returns:
        Markup; nothing without draws.
    """
    values, selected = draws.get("draws", []), draws.get("selected")
    if selected is None or not (values or "mean" in draws):
        return Markup("")
    label = draws.get("label", draws.get("name", ""))
    mean, spread, low, high = _summary(draws)
    start, end = min(low, selected), max(high, selected)
    width = (end - start) or 1.0

    def place(value: float) -> float:
        return 4 + 92 * (value - start) / width

    left, right = max(place(mean - spread), 0.5), min(place(mean + spread), 99.5)
    shift = [hashlib.sha256(f"{label}/{index}".encode()).digest()[0] % 25 - 12 for index in range(len(values))]
    dots = [
        element("circle", cx=f"{place(value):.2f}%", cy=STRIP_MIDDLE + aside, r=4, class_="dot")
        for value, aside in zip(values, shift, strict=True)
    ]
    drawing = element(
        "svg",
        element("line", x1="0", x2="100%", y1=STRIP_MIDDLE, y2=STRIP_MIDDLE, class_="axis"),
        element(
            "rect", x=f"{left:.2f}%", y=8, width=f"{right - left:.2f}%", height=STRIP_HEIGHT - 16, rx=3, class_="band"
        ),
        _upright(place(mean), "mean"),
        dots or [_upright(place(low), "end"), _upright(place(high), "end"), _level(place(low), place(high))],
        # A diamond of fixed size at a relative place: an inner drawing is moved, not scaled.
        element(
            "svg",
            element("path", d="M0 -11 L9 0 L0 11 L-9 0 Z", class_="chosen"),
            x=f"{place(selected):.2f}%",
            y=STRIP_MIDDLE,
            overflow="visible",
        ),
        element("text", short(start), x=f"{place(start):.2f}%", y=STRIP_HEIGHT + 10, class_="tick"),
        element("text", short(end), x=f"{place(end):.2f}%", y=STRIP_HEIGHT + 10, class_="tick"),
        width="100%",
        height=STRIP_HEIGHT + 14,
        role="img",
        aria_label=f"{label}: selection {short(selected)}, random mean {short(mean)}",
    )
    better = "higher is better →" if draws.get("better") == "higher" else "← lower is better"
    z = f" · z = {(selected - mean) / spread:+.1f}" if spread > 0 else ""
    figures = f"selection {short(selected)} · random {short(mean)} ± {short(spread)}{z}"
    return element(
        "div",
        element("div", element("b", label), element("span", better, class_="soft"), class_="head"),
        drawing,
        element("p", element("b", _verdict(draws, selected)), figures, class_="reading"),
        element("p", draws["note"], class_="soft small") if draws.get("note") else None,
        class_="strip",
    )


def strata_chart(label: str, strata: Sequence[Stratum]) -> Markup:
    """Draw, for every stratum, its share of the population as an outline and its share of the selection as a bar.

    Args:
        label: What the strata are.
        strata: The strata.

    Returns:
        Markup.
    """
    whole = sum(stratum.get("population", 0) for stratum in strata)
    chosen = sum(stratum.get("selected", 0) for stratum in strata)
    if not whole or not chosen:
        return Markup("")
    pairs = [(s.get("label", ""), s.get("population", 0), s.get("selected", 0)) for s in strata]
    scale = max(max(population / whole, selected / chosen) for _, population, selected in pairs)
    lines = []
    for name, population, selected in sorted(pairs, key=lambda pair: (-pair[1], pair[0])):
        inside = element("i", style=f"width:{100 * selected / chosen / scale:.3f}%")
        outline = element("em", style=f"width:{100 * population / whole / scale:.3f}%")
        numbers = join([element("b", share(selected, chosen)), f" of rows · {share(population, whole)} of records"])
        lines.append(
            element(
                "li",
                element("span", foreign(name), class_="name"),
                element("span", outline, inside, class_="track", aria_hidden="true"),
                element(
                    "span",
                    numbers,
                    element("span", f" ({count(selected)} of {count(population)})", class_="soft"),
                    class_="value",
                ),
            )
        )
    key = element(
        "p",
        element("span", class_="swatch filled"),
        "share of the selection ",
        element("span", class_="swatch outlined"),
        "share of the population",
        class_="soft small",
    )
    return element(
        "figure", element("figcaption", label), key, element("ul", lines, class_="bars strata"), class_="chart"
    )


def _summary(draws: Draws) -> tuple[float, float, float, float]:
    """Mean, deviation of the sample, smallest and largest of the draws."""
    values = draws.get("draws", [])
    if values:
        mean = sum(values) / len(values)
        spread = (sum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1)) ** 0.5
        return mean, spread, min(values), max(values)
    mean = draws["mean"]
    return mean, draws.get("std", 0.0), draws.get("low", mean), draws.get("high", mean)


def _verdict(draws: Draws, selected: float) -> str:
    values, higher = draws.get("draws", []), draws.get("better") == "higher"
    if values:
        beaten = sum(value < selected if higher else value > selected for value in values)
        return f"better than {beaten} of {len(values)} draws · "
    if "low" not in draws or "high" not in draws:
        return ""
    many = f"all {draws['count']} draws" if "count" in draws else "all draws"
    if selected > draws["high"] if higher else selected < draws["low"]:
        return f"better than {many} · "
    if selected < draws["low"] if higher else selected > draws["high"]:
        return f"worse than {many} · "
    return f"within the range of {many} · "


def _upright(place: float, kind: str) -> Markup:
    return element("line", x1=f"{place:.2f}%", x2=f"{place:.2f}%", y1=8, y2=STRIP_HEIGHT - 8, class_=kind)


def _level(start: float, end: float) -> Markup:
    return element("line", x1=f"{start:.2f}%", x2=f"{end:.2f}%", y1=STRIP_MIDDLE, y2=STRIP_MIDDLE, class_="end")
