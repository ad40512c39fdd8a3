"""The parts of the report on proof and on doing it all again."""

from __future__ import annotations

from wikigrove.report.charts import badge, stacked, table
from wikigrove.report.data import Level, Proof, Reproduce
from wikigrove.report.element import Markup, element, foreign, join
from wikigrove.report.figures import count, plural, seconds

__all__ = ["proof_part", "reproduce_part"]


def proof_part(proof: Proof) -> Markup:
    """Show trees, signatures, the verify ladder and what tampering did.

    Args:
        proof: What was proved and tried.

    Returns:
        Markup.
    """
    tamper = proof.get("tamper", [])
    words = "Every record is a leaf of a Merkle tree whose root is signed; every row carries its path to that root. "
    if tamper:
        found = sum(bool(trial.get("found")) for trial in tamper)
        words += (
            f"A copy was changed in {plural(len(tamper), 'place')}; verification found {count(found)} of {len(tamper)}."
        )
    parts: list[Markup | None] = [element("p", words, class_="lede")]
    for tree in proof.get("trees", []):
        pairs = [
            ("Origin", element("code", tree.get("origin", ""))),
            ("Leaves", count(tree.get("size"))),
            ("Root", element("span", tree.get("root", ""), class_="hash")),
        ]
        parts.append(element("h3", tree.get("name", "Tree")))
        parts.append(element("dl", [join([element("dt", k), element("dd", v)]) for k, v in pairs], class_="facts"))
    signatures = proof.get("signatures", [])
    if signatures:
        rows = [
            [signature.get("algorithm", ""), element("code", signature.get("key", "")), _mark(signature.get("passed"))]
            for signature in signatures
        ]
        parts.append(table("Signatures", ("Algorithm", "Key", "Result"), rows))
    levels = proof.get("levels", [])
    if levels:
        parts += [element("h3", "The ladder"), element("ol", [_level(level) for level in levels], class_="ladder")]
    if tamper:
        rows = [
            [
                trial.get("what", ""),
                element("code", trial.get("place", "")),
                badge("found", "good") if trial.get("found") else badge("missed", "bad"),
                foreign(trial.get("message", "")),
            ]
            for trial in tamper
        ]
        parts.append(table("Deliberate changes of a copy", ("Changed", "Place", "Verify", "What it said"), rows))
    return join(parts)


def reproduce_part(reproduce: Reproduce) -> Markup:
    """Show the commands, the machine and the time each stage took.

    Args:
        reproduce: How to do it again.

    Returns:
        Markup.
    """
    words = (
        "The same files, options and seeds give the same rows and the same roots on any machine, whatever the number "
    )
    words += "of threads. Signatures differ from run to run; what they sign does not."
    parts: list[Markup | None] = [element("p", words, class_="lede")]
    commands = reproduce.get("commands", [])
    if commands:
        listing = element("code", "\n".join(f"$ {command}" for command in commands))
        parts.append(element("pre", listing, tabindex="0", aria_label="Commands"))
    times = reproduce.get("seconds", {})
    pieces = [(stage, value, seconds(value), number % 7) for number, (stage, value) in enumerate(times.items())]
    parts.append(stacked(f"Time by stage, {seconds(sum(times.values()))} in all", pieces) if pieces else None)
    environment = reproduce.get("environment", {})
    if environment:
        pairs = [join([element("dt", name), element("dd", value)]) for name, value in environment.items()]
        parts.append(element("dl", pairs, class_="facts"))
    return join(parts)


def _level(level: Level) -> Markup:
    return element(
        "li",
        element("b", level.get("level", "")),
        element("span", _mark(level.get("passed"))),
        element("span", element("span", level.get("label", "")), _detail(level.get("detail"))),
        element("span", seconds(level["seconds"]) if "seconds" in level else "", class_="soft small"),
    )


def _detail(detail: str | None) -> Markup | None:
    return join([" ", element("span", detail, class_="soft small")]) if detail else None


def _mark(passed: bool | None) -> Markup:  # noqa: FBT001, a value that is shown and steers nothing
    if passed is None:
        return badge("could not run", "warn")
    return badge("✓ holds", "good") if passed else badge("✗ fails", "bad")
