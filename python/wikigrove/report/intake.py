"""The parts of the report on what came in, what was set aside, and what was lost on the way to plain text."""

from __future__ import annotations

from wikigrove.report.charts import badge, bars, stacked, table
from wikigrove.report.data import Intake, Losses, Quarantine
from wikigrove.report.element import Markup, element, foreign, join
from wikigrove.report.figures import by_count, count, plural, seconds, share, size
from wikigrove.schema import SHA1_STATUSES, TEXT_STATES

__all__ = ["intake_part", "losses_part", "quarantine_part"]

SHA1_TONES = {"match": 0, "match_multislot": 1, "match_crlf": 2, "hidden": 3, "text_missing": 4, "not_comparable": 5}
SHA1_WORDS = {
    "match": "match",
    "match_multislot": "match over several slots",
    "match_crlf": "match with CRLF restored",
    "hidden": "content suppressed",
    "text_missing": "text lost in the dump",
    "not_comparable": "not comparable",
    "absent": "none stated",
    "mismatch": "mismatch",
}
TEXT_TONES = {"present": 0, "empty": 2, "hidden": 3, "missing": 4}
LANGUAGES_SHOWN = 24
FILES_OPEN = 12
QUARANTINE_SHOWN = 50


def intake_part(intake: Intake) -> Markup:
    """Show files, revisions, languages, checksums and states of text.

    Args:
        intake: What came in.

    Returns:
        Markup.
    """
    parts: list[Markup | None] = [element("p", _intake_sentence(intake), class_="lede")]
    sha1 = intake.get("sha1", {})
    order = [*SHA1_TONES, "absent", "mismatch"]
    named = [(name, sha1.get(name, 0)) for name in order if name in SHA1_STATUSES]
    parts.append(
        stacked(
            "SHA-1 of each revision, computed again and compared with what the dump states",
            [(SHA1_WORDS[name], n, count(n), SHA1_TONES.get(name, 6 if name == "absent" else 7)) for name, n in named],
        )
    )
    states = intake.get("text_states", {})
    parts.append(
        stacked(
            "State of the text",
            [(name, states.get(name, 0), count(states.get(name, 0)), TEXT_TONES[name]) for name in TEXT_STATES],
        )
    )
    languages = by_count(intake.get("languages", {}))
    shown = [(name, float(n), count(n)) for name, n in languages[:LANGUAGES_SHOWN]]
    more = len(languages) - len(shown)
    licences = [(name, float(n), count(n)) for name, n in by_count(intake.get("licences", {}))]
    label = "Revisions by wiki" + (f", the first {LANGUAGES_SHOWN} of {len(languages)}" if more > 0 else "")
    parts.append(element("div", bars(label, shown), bars("Records by licence", licences), class_="columns"))
    parts.append(_files_table(intake))
    warnings = intake.get("warnings", [])
    if warnings:
        parts += [element("h3", "Warnings"), element("ul", [element("li", warning) for warning in warnings])]
    return join(parts)


def quarantine_part(quarantine: Quarantine) -> Markup:
    """Show the records that could not be read, and where they lie.

    Args:
        quarantine: The records.

    Returns:
        Markup.
    """
    rows = quarantine.get("rows", [])
    total = quarantine.get("count", len(rows))
    if not total:
        return element("p", "Every record could be read. Nothing was set aside and nothing was skipped.", class_="lede")
    words = (
        f"{plural(total, 'record')} could not be read. A bad record never ends a run and is never skipped in silence: "
    )
    words += "it is set aside with its place in the file, and has no leaf in the tree."
    if "budget" in quarantine:
        words += f" A run fails above {plural(quarantine['budget'], 'such record')}."
    cells = [
        [
            element("code", row.get("file", "")),
            count(row.get("offset")),
            _identifier(row.get("page_id")),
            _identifier(row.get("revision_id")),
            badge(row.get("reason", ""), "warn"),
            foreign(row.get("detail", "")),
        ]
        for row in rows[:QUARANTINE_SHOWN]
    ]
    caption = "Set aside" if len(cells) == total else f"Set aside, the first {len(cells)} of {total:,}"
    head = ("File", "Byte offset", "Page", "Revision", "Reason", "Detail")
    return join([element("p", words, class_="lede"), table(caption, head, cells, numeric=(1, 2, 3))])


def losses_part(losses: Losses) -> Markup:
    """Show what text extraction dropped.

    Args:
        losses: Counts and bytes by kind.

    Returns:
        Markup.
    """
    kinds = sorted(losses.get("kinds", {}).items(), key=lambda item: (-item[1]["bytes"], item[0]))
    words = (
        "Templates are not expanded, so figures and names that a page writes through them are missing from its text. "
    )
    words += "Everything that was dropped is counted."
    wikitext, plain = losses.get("wikitext_bytes"), losses.get("plain_bytes")
    if wikitext and plain is not None:
        words = f"{size(wikitext)} of wikitext became {size(plain)} of plain text, {share(plain, wikitext)}. " + words
    chart = bars(
        "Dropped, by bytes of wikitext",
        [(kind, float(loss["bytes"]), f"{size(loss['bytes'])} in {count(loss['count'])}") for kind, loss in kinds],
    )
    return join([element("p", words, class_="lede"), chart])


def _intake_sentence(intake: Intake) -> str:
    parts = []
    if intake.get("files"):
        parts.append(plural(len(intake["files"]), "file"))
    if "bytes" in intake:
        parts.append(size(intake["bytes"]))
    if "pages" in intake:
        parts.append(plural(intake["pages"], "page"))
    if "revisions" in intake:
        parts.append(plural(intake["revisions"], "revision"))
    words = ", ".join(parts) + "." if parts else "No file was read."
    if intake.get("seconds"):
        speed = ""
        if intake.get("bytes_decompressed"):
            speed = f", {size(intake['bytes_decompressed'] / intake['seconds'])} of XML per second"
        words += f" Read in {seconds(intake['seconds'])}{speed}."
    sha1 = intake.get("sha1", {})
    good = sum(sha1.get(name, 0) for name in ("match", "match_crlf", "match_multislot"))
    bad = sha1.get("mismatch", 0)
    if good or bad:
        words += f" Of {plural(good + bad, 'checksum')} that can be compared, {count(good)} agree"
        marked = (
            "1 does not: its record stays, marked." if bad == 1 else f"{count(bad)} do not: their records stay, marked."
        )
        words += f" and {marked}" if bad else " and none disagrees."
    return words


def _files_table(intake: Intake) -> Markup | None:
    files = intake.get("files", [])
    if not files:
        return None
    rows = [
        [
            element("code", file.get("name", "")),
            element("span", file.get("packing", ""), class_="whole"),
            size(file.get("bytes")),
            size(file.get("bytes_decompressed")),
            count(file.get("pages")),
            count(file.get("revisions")),
            element("span", file.get("sha256", "")[:12], class_="hash whole", title=file.get("sha256")),
        ]
        for file in files
    ]
    head = ("File", "Packing", "Size", "XML", "Pages", "Revisions", "SHA-256, first 12")
    listing = table("Source files", head, rows, numeric=(2, 3, 4, 5))
    if len(files) <= FILES_OPEN:
        return listing
    return element("details", element("summary", f"Source files ({len(files):,})"), listing)


def _identifier(value: int | None) -> str:
    return "–" if value is None else str(value)
