"""The part of the report that puts both lanes side by side, without taking sides."""

from __future__ import annotations

from wikigrove.report.charts import badge, stacked, table
from wikigrove.report.data import Lane, Lanes
from wikigrove.report.element import Markup, element, join
from wikigrove.report.figures import count, seconds, short

__all__ = ["lanes_part"]


def lanes_part(lanes: Lanes) -> Markup:
    """Show both lanes, whether their engines agree, and the verdict.

    Args:
        lanes: The lanes.

    Returns:
        Markup.
    """
    words = "Both lanes got the same task. A simulated quantum lane shows what the algorithm would do and what it "
    words += "would ask of an oracle; its time here is the time of an emulation and no forecast."
    parts: list[Markup | None] = [element("p", words, class_="lede")]
    if lanes.get("task"):
        parts.append(element("p", element("b", "Task: "), lanes["task"]))
    parts.append(element("div", [_lane(lane) for lane in lanes.get("lanes", [])], class_="lanes"))
    checks = lanes.get("agreement", [])
    if checks:
        rows = [
            [check.get("name", ""), check.get("left", ""), check.get("right", ""), _verdict(check.get("passed"))]
            for check in checks
        ]
        parts.append(table("Do the engines agree?", ("Check", "One", "Other", "Result"), rows))
    if lanes.get("verdict"):
        parts.append(element("blockquote", lanes["verdict"]))
    return join(parts)


def _lane(lane: Lane) -> Markup:
    name = lane.get("name", "lane")
    badges = [badge(lane["engine"])] if lane.get("engine") else []
    if lane.get("simulated"):
        badges.append(badge("simulated", "quantum"))
    if lane.get("fallback"):
        badges.append(badge("fell back", "warn"))
    parts: list[Markup | None] = [element("h3", name, badges)]
    if "objective" in lane:
        parts.append(element("p", short(lane["objective"]), class_="big"))
        parts.append(element("p", lane.get("objective_label", "objective"), class_="soft small"))
    if lane.get("fallback"):
        parts.append(element("p", element("b", "Fallback: "), lane["fallback"]))
    pairs = [("Rows", count(lane["rows"]))] if "rows" in lane else []
    pairs += [(f"Ledger: {key}", count(value)) for key, value in sorted(lane.get("ledger", {}).items())]
    pairs += [(f"Twin: {key}", short(value)) for key, value in sorted(lane.get("twin", {}).items())]
    if pairs:
        parts.append(element("dl", [join([element("dt", key), element("dd", value)]) for key, value in pairs]))
    times = lane.get("seconds", {})
    total = sum(times.values())
    pieces = [(stage, value, seconds(value), number % 7) for number, (stage, value) in enumerate(times.items())]
    parts.append(stacked(f"Wall time {seconds(total)}", pieces) if total else None)
    parts += [element("p", note, class_="soft small") for note in lane.get("notes", [])]
    return element("article", parts, class_="lane quantum" if "quantum" in name.lower() else "lane")


def _verdict(passed: bool | None) -> Markup:  # noqa: FBT001, a value that is shown and steers nothing
    if passed is None:
        return badge("not run", "warn")
    return badge("agree", "good") if passed else badge("differ", "bad")
