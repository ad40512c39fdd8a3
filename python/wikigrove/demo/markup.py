"""Write pages and revisions as MediaWiki export XML, schema 0.11.

Element order follows https://www.mediawiki.org/xml/export-0.11.xsd.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from wikigrove.demo.slots import base36_sha1, revision_sha1

__all__ = ["FOOTER", "Contributor", "Page", "Revision", "header", "page_element"]

FOOTER = "</mediawiki>\n"


@dataclass(frozen=True, slots=True)
class Contributor:
    """Who saved a revision.

    Attributes:
        name: User name, or None for an address.
        number: User id; 0 for imported names.
        address: IP address of an edit without an account, or None.
    """

    name: str | None = "Example User 1"
    number: int = 1
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision, with what may be wrong or missing about it.

    Attributes:
        number: Revision id as written; a string may be no number.
        parent: Parent id, or 0.
        time: Timestamp as written.
        text: Text of the main slot; None where the dump lost it.
        contributor: Who saved it; None where suppressed.
        comment: Edit comment; None where suppressed, empty where there is none.
        minor: Whether it was marked as minor.
        model: Content model of the main slot.
        text_format: Content format of the main slot.
        hidden: How suppressed text is written: `new`, `legacy`, or None if the text is visible.
        sha1: A sha1 to state instead of the right one.
        slots: Content of further slots by role: model, format, body.
    """

    number: int | str
    parent: int = 0
    time: str
    text: str | None
    contributor: Contributor | None = Contributor()
    comment: str | None = ""
    minor: bool = False
    model: str = "wikitext"
    text_format: str = "text/x-wiki"
    hidden: str | None = None
    sha1: str | None = None
    slots: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page with its revisions, oldest first."""

    title: str
    namespace: int
    number: int
    revisions: Sequence[Revision]
    redirect: str | None = None


def header(*, wiki_id: str, language: str, domain: str, namespaces: Mapping[int, str]) -> str:
    """Write the root element and the facts about the site.

    Args:
        wiki_id: Database name.
        language: Language of the site.
        domain: Host of the site.
        namespaces: Local names by number; 0 has none.

    Returns:
        XML up to the first page.
    """
    names = "".join(
        f'      <namespace key="{number}" case="first-letter" />\n'
        if number == 0
        else f'      <namespace key="{number}" case="first-letter">{escape(name)}</namespace>\n'
        for number, name in sorted(namespaces.items())
    )
    return (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="http://www.mediawiki.org/xml/export-0.11/ '
        f'http://www.mediawiki.org/xml/export-0.11.xsd" version="0.11" xml:lang={quoteattr(language)}>\n'
        "  <siteinfo>\n"
        "    <sitename>The Grove (synthetic demonstration, not Wikipedia)</sitename>\n"
        f"    <dbname>{wiki_id}</dbname>\n"
        f"    <base>https://{domain}/wiki/Main_Page</base>\n"
        "    <generator>wikigrove demo</generator>\n"
        "    <case>first-letter</case>\n"
        f"    <namespaces>\n{names}    </namespaces>\n"
        "  </siteinfo>\n"
    )


def page_element(page: Page) -> str:
    """Write a page.

    Args:
        page: The page.

    Returns:
        The `<page>` element with its newline.
    """
    redirect = "" if page.redirect is None else f"    <redirect title={quoteattr(page.redirect)} />\n"
    revisions = "".join(_revision_element(revision) for revision in page.revisions)
    return (
        f"  <page>\n    <title>{escape(page.title)}</title>\n    <ns>{page.namespace}</ns>\n"
        f"    <id>{page.number}</id>\n"
        f"{redirect}{revisions}  </page>\n"
    )


def _revision_element(revision: Revision) -> str:
    lines = [f"<id>{revision.number}</id>"]
    if revision.parent:
        lines.append(f"<parentid>{revision.parent}</parentid>")
    lines += [f"<timestamp>{revision.time}</timestamp>", _contributor_element(revision.contributor)]
    if revision.minor:
        lines.append("<minor />")
    if revision.comment is None:
        lines.append('<comment deleted="deleted" />')
    elif revision.comment:
        lines.append(f"<comment>{escape(revision.comment)}</comment>")
    lines += [f"<origin>{revision.number}</origin>", f"<model>{revision.model}</model>"]
    lines.append(f"<format>{revision.text_format}</format>")
    lines.append(_text_element(revision))
    for role, (model, text_format, body) in sorted(revision.slots.items()):
        inner = [f"<role>{role}</role>", f"<origin>{revision.number}</origin>", f"<model>{model}</model>"]
        inner += [f"<format>{text_format}</format>", _present(body, base36_sha1(body.encode()))]
        lines += ["<content>", *(f"  {line}" for line in inner), "</content>"]
    lines.append(_sha1_element(revision))
    body = "".join(f"      {line}\n" for line in lines)
    return f"    <revision>\n{body}    </revision>\n"


def _contributor_element(contributor: Contributor | None) -> str:
    if contributor is None:
        return '<contributor deleted="deleted" />'
    if contributor.address is not None:
        return f"<contributor><ip>{contributor.address}</ip></contributor>"
    name = escape(contributor.name or "")
    return f"<contributor><username>{name}</username><id>{contributor.number}</id></contributor>"


def _text_element(revision: Revision) -> str:
    if revision.hidden == "new":
        return '<text bytes="-1" deleted="deleted" />'
    if revision.hidden == "legacy":
        size = len((revision.text or "").encode())
        return f'<text bytes="{size}" sha1="{base36_sha1((revision.text or "").encode())}" deleted="deleted" />'
    if revision.text is None:
        return f'<text bytes="812" sha1="{revision.sha1}" location="tt:1" id="1" />'
    if not revision.text:
        return '<text bytes="0" />'
    return _present(revision.text, revision.sha1 or base36_sha1(revision.text.encode()))


def _present(text: str, sha1: str) -> str:
    return f'<text bytes="{len(text.encode())}" sha1="{sha1}" xml:space="preserve">{escape(text)}</text>'


def _sha1_element(revision: Revision) -> str:
    if revision.hidden == "new":
        return "<sha1 />"
    bodies = {role: body.encode() for role, (_, _, body) in revision.slots.items()}
    own = revision_sha1({"main": (revision.text or "").encode(), **bodies})
    return f"<sha1>{revision.sha1 or own}</sha1>"
