"""HTML to plain text, with the same report of what was left out as for wikitext.

Parsoid's HTML says by `typeof` and `rel` which wikitext made an element; other HTML of a wiki is read by its classes.
Either way the policy is the scanner's: templates, tables, references, files and formulas go, running text stays.

The tree is walked without recursion, and HTML that is larger than `LARGEST` or absurdly nested is not parsed at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from wikigrove.errors import ConfigError

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

LARGEST: Final = 64 << 20
"""Bytes of HTML that are read; the largest pages of Wikimedia's wikis stay below a quarter of it."""

TOO_LARGE: Final = "too_large"
"""The kind of loss that stands for HTML that is not read, for its size or its nesting; no wikitext has it."""

_DEEPEST: Final = 10_000
_MOST_ATTRIBUTES: Final = 10_000
"""What a parser needs the square of in time. Browsers stop at a depth of 512."""

Loss = tuple[str, int, int]

_EXTENSIONS: Final = {
    **dict.fromkeys(["ref", "references"], "reference"),
    **dict.fromkeys(["math", "chem", "ce"], "math"),
    **dict.fromkeys(["syntaxhighlight", "source"], "syntaxhighlight"),
    **dict.fromkeys(["score", "timeline", "hiero", "graph", "mapframe", "maplink", "phonos"], "media"),
    **dict.fromkeys(["templatestyles", "indicator", "inputbox", "templatedata", "categorytree"], "html_tag"),
    "gallery": "gallery",
    "imagemap": "file",
}
"""The kinds of extension tags, by name; others are text."""

_CLASSES: Final = {
    **dict.fromkeys(["reference", "mw-ref", "references", "mw-references-wrap"], "reference"),
    **dict.fromkeys(["gallery"], "gallery"),
    **dict.fromkeys(["mwe-math-element"], "math"),
    **dict.fromkeys(["mw-highlight"], "syntaxhighlight"),
    **dict.fromkeys(["thumb", "thumbinner", "mw-halign-left", "mw-halign-right"], "file"),
    **dict.fromkeys(
        ["mw-editsection", "toc", "catlinks", "mw-indicators", "mw-cite-backlink", "printfooter"], "html_tag"
    ),
    **dict.fromkeys(
        ["infobox", "navbox", "ambox", "metadata", "hatnote", "sistersitebox", "vertical-navbox"], "template"
    ),
}
"""The kinds that classes of the skin and of common templates tell, where no `typeof` does."""

_TAGS: Final = {
    **dict.fromkeys(["style", "script", "template", "noscript", "input", "button", "select", "textarea"], "html_tag"),
    **dict.fromkeys(["iframe", "object", "svg", "canvas", "title", "head"], "html_tag"),
    **dict.fromkeys(["audio", "video"], "media"),
    **dict.fromkeys(["figure", "figure-inline", "img"], "file"),
    "table": "table",
    "math": "math",
}

# fmt: off
_BLOCKS: Final = frozenset([
    "p", "div", "center", "blockquote", "li", "ul", "ol", "dl", "dt", "dd", "tr", "caption", "section", "article",
    "aside", "header", "footer", "main", "nav", "hr", "pre", "address", "details", "summary", "figcaption", "h1",
    "h2", "h3", "h4", "h5", "h6", "form", "fieldset", "body",
])
# fmt: on
_LISTS: Final = frozenset({"ul", "ol", "dl"})
_PARAGRAPHS: Final = _LISTS | frozenset(["p", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"])

_LOST: Final = "\0"  # no parsed text holds one
_SEPARATORS: Final = r"[\s,;:、，；：]"
_FRAMED: Final = re.compile(rf" ?[(（]{_SEPARATORS}{{0,8}}\0(?:{_SEPARATORS}|\0){{0,32}}[)）]")
_AFTER_BRACKET: Final = re.compile(rf"([(（])\0(?:{_SEPARATORS}|\0){{0,32}}")
_BEFORE_BRACKET: Final = re.compile(rf"{_SEPARATORS}{{0,8}}\0{{1,8}} ?([)）])")
_BEFORE_COMMA: Final = re.compile(r" ?\0{1,8} ?(?=[,.])")
_GAP: Final = re.compile(r" \0{1,8} ")
_BLANKS: Final = re.compile(r"[ \t\r\n\f\u00a0]+")

_VARIANT_KEYS: Final = ("disabled", "twoway", "filter", "oneway")


def html_text(html: str) -> tuple[str, list[Loss]]:
    """Read the text of a page from its HTML.

    Args:
        html: A document or a fragment, from Parsoid or from elsewhere; anything may be broken in it.

    Returns:
        The text, and (kind, count, bytes of HTML) of what is left out, sorted by kind. Of a tag whose content is kept
        (`html_tag`) only brackets and names are counted.

    Raises:
        ConfigError: selectolax is not installed.

    Example:
        >>> html_text("<p>One <b>two</b><sup class='reference'>[1]</sup>.</p><table><tr><td>3</td></tr></table>")
        ('One two.', [('html_tag', 2, 14), ('reference', 1, 32), ('table', 1, 49)])
    """
    parser = _parser_class()
    size = len(html) if html.isascii() else len(html.encode("utf-8", "replace"))
    if size > LARGEST or _is_hostile(html):
        return "", [(TOO_LARGE, 1, size)]
    document = parser(html)
    root = document.css_first(".mw-parser-output") or document.css_first("#mw-content-text") or document.body
    reader = _Reader(is_parsoid=_is_parsoid(html))
    if root is not None:
        reader.walk(root)
    return reader.text(), [(kind, *counts) for kind, counts in sorted(reader.losses.items())]


_UNREAD: Final = re.compile(r"""<!--.*?(?:-->|\Z)|=\s{0,4}(?:"[^"]*"|'[^']*')""", re.DOTALL)
_NESTING: Final = re.compile(
    r"<(/?)(?!p\b|br\b|img\b|hr\b|input\b|link\b|meta\b|wbr\b|col\b|area\b|source\b)[a-z]", re.I
)
_LONG_TAG: Final = re.compile(rf"<[a-z][^>]{{{_MOST_ATTRIBUTES},}}", re.I)


def _is_hostile(html: str) -> bool:
    """Estimate whether elements are nested, or attributes repeated, as on no page; comments and quotes do not count."""
    if html.count("<") <= _DEEPEST and len(html) <= _MOST_ATTRIBUTES:
        return False
    bare = _UNREAD.sub("", html)
    if any(len(tag.split()) > _MOST_ATTRIBUTES for tag in _LONG_TAG.findall(bare)):
        return True
    if bare.count("<") <= _DEEPEST:
        return False
    depth = 0
    for closing in _NESTING.findall(bare):
        depth += -1 if closing else 1
        if depth > _DEEPEST:
            return True
        depth = max(depth, 0)
    return False


def _parser_class() -> Any:
    try:
        from selectolax.lexbor import LexborHTMLParser
    except ImportError as error:
        raise ConfigError("HTML is read by selectolax; hint: pip install 'wikigrove[html]'") from error
    return LexborHTMLParser


def _is_parsoid(html: str) -> bool:
    return "mw:htmlVersion" in html or "mw:html:version" in html


class _Reader:
    """One pass over a tree."""

    def __init__(self, *, is_parsoid: bool) -> None:
        self.is_parsoid = is_parsoid
        self.losses: dict[str, tuple[int, int]] = {}
        self._parts: list[str] = []
        self._groups: dict[str, str] = {}  # what one piece of wikitext made: its id, its kind
        self._verbatim = 0  # how many open elements keep their blanks
        self._lists = 0  # how many lists are open
        self._due = 0  # line feeds to write before the next text: 2 make an empty line

    def walk(self, root: LexborNode) -> None:
        """Visit what is below `root`, in order."""
        open_nodes: list[tuple[Any, str]] = []
        node: Any = root.first_child
        while node is not None or open_nodes:
            if node is None:
                node, tag = open_nodes.pop()
                self._leave(tag)
                node = node.next
                continue
            tag = node.tag or ""
            child = node.first_child if self._enter(node, tag) else None
            if child is not None:
                open_nodes.append((node, tag))
                node = child
            else:
                node = node.next

    def text(self) -> str:
        """Join what was kept, without gaps where something is missing."""
        text = "".join(self._parts)
        text = _FRAMED.sub("", text)
        text = _AFTER_BRACKET.sub(r"\1", text)
        text = _BEFORE_BRACKET.sub(r"\1", text)
        text = _BEFORE_COMMA.sub("", text)
        text = _GAP.sub(" ", text).replace(_LOST, "")
        lines = (line[1:] if line.startswith("\t") else line.strip(" ") for line in text.split("\n"))
        return "\n".join(lines).strip("\n ")

    def _enter(self, node: Any, tag: str) -> bool:
        """Take one node; say whether its children are to be read."""
        if tag == "-text":
            self._say(node.text_content or "")
            return False
        if tag.startswith(("-", "!")):
            if tag == "-comment":
                self._lose("comment", node, 1)
            return False
        attributes = node.attributes
        kind = self._kind(tag, attributes)
        if kind is not None:
            about = attributes.get("about") or ""
            again = bool(about) and self._groups.get(about) == kind
            if about.startswith("#mwt"):
                self._groups[about] = kind
            self._lose(kind, node, 0 if again else 1)
            if tag in _BLOCKS or tag in ("table", "figure"):
                self._due = max(self._due, 1)
            elif not self._due:
                self._parts.append(_LOST)
            return False
        if tag == "br":
            self._due = min(self._due + 1, 2)
            return False
        if "data-mw-variant" in attributes:
            self._variant(node, attributes["data-mw-variant"] or "")
            return False
        self._begin(tag)
        return True

    def _kind(self, tag: str, attributes: Mapping[str, str | None]) -> str | None:
        """Say what kind of loss an element is, or None when its content is text."""
        about = attributes.get("about") or ""
        if about in self._groups:
            return self._groups[about]
        for origin in (attributes.get("typeof") or "").split():
            kind = _kind_of_origin(origin)
            if kind is not None:
                return kind
        if tag in ("link", "meta"):
            return _kind_of_property(attributes)
        if tag in _TAGS:
            return _TAGS[tag]
        classes = (attributes.get("class") or "").split()
        if tag == "a":
            return "external_link_url" if "autonumber" in classes else None
        for name in classes:
            if name in _CLASSES and not (self.is_parsoid and _CLASSES[name] == "template"):
                return _CLASSES[name]
        return None

    def _begin(self, tag: str) -> None:
        count, size = self.losses.get("html_tag", (0, 0))
        self._break(tag)
        self._verbatim += tag == "pre"
        self._lists += tag in _LISTS
        self.losses["html_tag"] = (count + 1, size + 2 * len(tag) + 5)

    def _leave(self, tag: str) -> None:
        self._verbatim -= tag == "pre"
        self._lists -= tag in _LISTS
        self._break(tag)
        if tag in ("td", "th") and not self._due:
            self._parts.append(" ")

    def _break(self, tag: str) -> None:
        """End the line at the borders of a block; a paragraph or an outermost list has empty lines around it."""
        if tag in _BLOCKS:
            self._due = max(self._due, 2 if tag in _PARAGRAPHS and not self._lists else 1)

    def _say(self, text: str) -> None:
        shown = text.replace("\u00a0", " ").replace("\n", "\n\t") if self._verbatim else _BLANKS.sub(" ", text)
        if self._due and (shown.strip(" ") or self._verbatim):
            self._parts.append("\n" * self._due)
            self._due = 0
        if not self._due:
            self._parts.append(shown)

    def _variant(self, node: Any, rule: str) -> None:
        """Show the first text of `-{ … }-`, which Parsoid keeps in an attribute."""
        self._lose("language_variant", node, 1)
        try:
            value = json.loads(rule)
            found = next(value[key] for key in _VARIANT_KEYS if key in value)
            first = found[0] if isinstance(found, list) else found
            shown = first["t"]
        except (ValueError, KeyError, IndexError, TypeError, StopIteration, RecursionError):
            return
        body = _parser_class()(str(shown)).body
        self._say(body.text() if body is not None else "")

    def _lose(self, kind: str, node: Any, number: int) -> None:
        count, size = self.losses.get(kind, (0, 0))
        self.losses[kind] = (count + number, size + len((node.html or "").encode("utf-8", "replace")))


def _kind_of_origin(origin: str) -> str | None:
    """Return the kind of one word of Parsoid's `typeof`."""
    if origin == "mw:Transclusion":
        return "template"
    if origin.startswith("mw:Extension/"):
        return _EXTENSIONS.get(origin.removeprefix("mw:Extension/"))
    if origin.startswith(("mw:File", "mw:Image", "mw:Video", "mw:Audio")):
        return "file"
    if origin.startswith("mw:Param"):
        return "parameter"
    if origin.startswith("mw:Includes/"):
        return "include_only"
    return None


def _kind_of_property(attributes: Mapping[str, str | None]) -> str:
    """Return the kind of a `link` or `meta` element."""
    relation = f"{attributes.get('rel') or ''} {attributes.get('property') or ''}"
    if "mw:PageProp/Category" in relation:
        return "category"
    if "mw:PageProp/Language" in relation:
        return "interlanguage"
    if "mw:PageProp/" in relation:
        return "magic_word"
    return "html_tag"
