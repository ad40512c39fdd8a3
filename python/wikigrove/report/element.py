"""Build HTML out of values that nobody vouches for: what is not `Markup` is escaped, always.

The page is written so that an XML parser reads it too, which is how its tests read it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Final

__all__ = ["Child", "Markup", "element", "foreign", "join", "link"]

EMPTY: Final = frozenset({"br", "meta", "circle", "rect", "line", "path"})

FORBIDDEN: Final = re.compile("[^\\t\\n\\r\\x20-\\x7e\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""What XML 1.0 section 2.2 does not allow or discourages. Joiners stay: Hindi and Persian need them."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | int | None | Iterable[str | None]
"""Markup as it is; other text escaped; None left out."""


def join(children: Iterable[Child]) -> Markup:
    """Join children, escaping what is not markup.

    Args:
        children: Markup, text, numbers, None, or iterables of them.

    Returns:
        Markup.
    """
    parts = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            parts.append(str(child))
        elif isinstance(child, str | int):
            parts.append(_escaped(str(child)))
        else:
            parts.append(str(join(child)))
    return Markup("".join(parts))


def element(name: str, /, *children: Child, **attributes: str | int | float | None) -> Markup:
    """Write one element.

    Args:
        name: Tag name.
        *children: What is inside.
        **attributes: By name; `class_` is `class`, other underscores are hyphens, None leaves an attribute out.

    Returns:
        Markup.

    >>> element("p", "a < b", class_="note")
    '<p class="note">a &lt; b</p>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-") if key != "viewBox" else key}="{_escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in EMPTY:
        return Markup(f"<{name}{written} />")
    return Markup(f"<{name}{written}>{join(children)}</{name}>")


def link(address: str | None, *children: Child) -> Markup:
    """Write a link, or only its text where the address is no web address.

    Args:
        address: Where to.
        *children: What to click on.

    Returns:
        Markup.

    >>> link("javascript:alert(1)", "title")
    'title'
    """
    if not (address or "").startswith(("https://", "http://")):
        return join(children)
    return element("a", *children, href=address, rel="noopener noreferrer")


def foreign(text: str, language: str | None = None) -> Markup:
    """Write text of any script so that it cannot turn its surroundings around.

    Args:
        text: For instance a title.
        language: BCP 47 tag, or None.

    Returns:
        Markup, isolated by `<bdi>`.
    """
    return element("bdi", text, lang=language or None)


def _escaped(text: str) -> str:
    return html.escape(FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text), quote=True)
