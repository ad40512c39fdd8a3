"""Attribution by hyperlink: the file that names every page, its licence, its permanent address and its history."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import pyarrow as pa

from wikigrove.governance.licence import licence_url

__all__ = ["HEADER", "attribution_csv", "attribution_page"]

HEADER = ("id", "title", "licence_ids", "permanent_url", "history_url")


def attribution_csv(data: pa.Table, history: pa.StringArray) -> bytes:
    """Write the lines of a shard for `ATTRIBUTION.csv`.

    Args:
        data: Rows of `rows.DATA`.
        history: The address of each page's history.

    Returns:
        RFC 4180 lines in UTF-8, without a header; every field is quoted. Licences are parted by a space.
    """
    columns = [data.column(name).to_pylist() for name in ("id", "title", "licence_ids", "url")]
    lines = zip(*columns, history.to_pylist(), strict=True)
    return csv_lines((row, title, " ".join(ids), url, past) for row, title, ids, url, past in lines)


def csv_lines(rows: object) -> bytes:
    """Write rows as RFC 4180 lines, every field quoted.

    Args:
        rows: An iterable of sequences of strings.

    Returns:
        UTF-8 bytes.

    >>> csv_lines([("a", "b c")])[:9]
    b'"a","b c"'
    """
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)  # type: ignore[arg-type]
    return buffer.getvalue().encode("utf-8")


def attribution_page(licences: Mapping[str, int], *, licence_override: str | None) -> str:
    """Write `ATTRIBUTION.md`: what a re-user must say, and why links are enough to say it.

    Args:
        licences: Rows by licence id.
        licence_override: Licence that was stated by whoever exported, or None.

    Returns:
        Markdown.
    """
    lines = [
        "# Attribution",
        "",
        "Every row of this data set is the text of one revision of one wiki page, written by that page's contributors.",
        "`ATTRIBUTION.csv` has one line per row: id, title, licence ids, a permanent address of exactly that revision",
        "(`oldid`), and the address of the page's history, which names every contributor. No name is copied here.",
        "",
        "When you publish a row, or a work that contains it, keep beside it",
        "",
        "1. the title and the permanent address,",
        "2. the licence and a link to its text,",
        "3. a note that templates, tables and markup were removed (the licences ask that changes be named).",
        "",
        "Under a ShareAlike licence, what you adapt from the text goes out under the same or a compatible licence.",
        "Where a row names several licences, you may choose one. The first one holds for the whole text; GFDL does not",
        "hold for passages that were imported into the wiki under a Creative Commons licence alone.",
        "",
        "| Licence | Rows | Text |",
        "|---|---:|---|",
    ]
    for licence, count in sorted(licences.items(), key=lambda item: (-item[1], item[0])):
        lines.append(f"| {licence} | {count:,} | {licence_url(licence) or 'none'} |")
    if licence_override is not None:
        lines += [
            "",
            f"`{licence_override}` was stated by whoever made this export for the wikis whose licence the table of",
            "`manifest.json` does not know. It was not checked.",
        ]
    lines += ["", "This page is engineering reading of the licences and no legal advice.", ""]
    return "\n".join(lines)
