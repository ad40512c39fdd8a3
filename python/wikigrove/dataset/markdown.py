"""Tables for people who read Markdown, made of values that nobody vouches for."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["markdown_cell", "markdown_table"]


def markdown_cell(value: object) -> str:
    r"""Make a value harmless inside a Markdown table or line.

    Args:
        value: Anything; labels come from dumps and may hold what they like.

    Returns:
        One line without characters that Markdown or HTML give a meaning.

    >>> markdown_cell("a|b <i>")
    'a\\|b &lt;i&gt;'
    """
    text = " ".join(str(value).split())
    for character in "\\`*_[]|#":
        text = text.replace(character, "\\" + character)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table whose numbers stand to the right.

    Args:
        header: Names of the columns.
        rows: Cells, already harmless.

    Returns:
        Markdown.
    """
    numeric = [bool(rows) and all(_is_number(row[column]) for row in rows) for column in range(len(header))]
    lines = ["| " + " | ".join(header) + " |"]
    lines.append("|" + "|".join("---:" if right else "---" for right in numeric) + "|")
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def _is_number(cell: str) -> bool:
    return bool(cell) and cell.strip("+-−±., e").replace(",", "").replace(".", "")[:1].isdigit() and len(cell) < 40
