"""Write the demonstration's dumps: ten small invented wikis with every trap that a reader must know.

All text was made up for this package, all names are reserved for examples (`Example User 1`, RFC 5737 and RFC 3849
addresses). The database names are those of real wikis, so that licences and addresses resolve as they would; page and
revision ids are far above the real ones, so that no link leads to somebody else's page.
"""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from wikigrove.demo.language import Language
from wikigrove.demo.markup import FOOTER, Contributor, Page, Revision, header, page_element
from wikigrove.demo.slots import base36_sha1
from wikigrove.demo.texts import Choice, article, entity_name, entity_topic, title_of
from wikigrove.demo.words import LANGUAGES
from wikigrove.errors import ConfigError

__all__ = ["PACKINGS", "demo_pages", "write_demo_dumps"]

PACKINGS: Final = ("plain", "bz2", "multistream", "gz")
DATE: Final = "20260901"
STREAM_PAGES: Final = 20
FIRST_PAGE: Final = 900_000_000
FIRST_REVISION: Final = 9_000_000_000
COMMONS_PAGES: Final = 40
COMMONS: Final = "commonswiki"
COMMON_NAMES: Final = {-2: "Media", -1: "Special", 0: "", 3: "User talk", 4: "Project", 828: "Module"}
EPOCH: Final = datetime(2019, 3, 1, tzinfo=UTC)


def write_demo_dumps(folder: Path, *, packing: str = "multistream") -> list[Path]:
    """Write one dump per invented wiki.

    The same packing gives the same bytes everywhere; all packings hold the same XML.

    Args:
        folder: Where to; made if missing. Files of the same name are replaced.
        packing: `plain`, `bz2` (one stream), `multistream` (bz2, twenty pages a stream) or `gz`.

    Returns:
        The files, in the order of their names.

    Raises:
        ConfigError: If the packing is not known.
    """
    if packing not in PACKINGS:
        raise ConfigError(f"not a packing of dumps: {packing}; hint: one of {', '.join(PACKINGS)}")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for language in (*LANGUAGES, None):
        wiki_id = COMMONS if language is None else language.wiki_id
        suffix = {"plain": ".xml", "gz": ".xml.gz"}.get(packing, ".xml.bz2")
        job = "pages-articles-multistream" if packing == "multistream" else "pages-articles"
        path = folder / f"{wiki_id}-{DATE}-{job}{suffix}"
        path.write_bytes(_packed(_header(language), [page_element(page) for page in demo_pages(language)], packing))
        written.append(path)
    return sorted(written)


def demo_pages(language: Language | None) -> Iterator[Page]:
    """Make the pages of one wiki.

    Args:
        language: The language, or None for the wiki of images.

    Yields:
        Articles and what stands among them: redirects, a template, a category, a talk page, and the traps.
    """
    if language is None:
        yield from _image_pages()
        return
    for number in range(language.pages):
        yield _article_page(language, number)
    yield from _service_pages(language)
    yield from _trap_pages(language)


def _packed(head: str, pages: Sequence[str], packing: str) -> bytes:
    whole = (head + "".join(pages) + FOOTER).encode()
    if packing == "plain":
        return whole
    if packing == "gz":
        return gzip.compress(whole, mtime=0)
    if packing == "bz2":
        return bz2.compress(whole)
    groups = ["".join(pages[start : start + STREAM_PAGES]) for start in range(0, len(pages), STREAM_PAGES)]
    return b"".join(bz2.compress(part.encode()) for part in (head, *groups, FOOTER))


def _header(language: Language | None) -> str:
    if language is None:
        names = {1: "Talk", 2: "User", 6: "File", 10: "Template", 14: "Category"}
        return header(wiki_id=COMMONS, language="en", domain="commons.wikimedia.org", namespaces=COMMON_NAMES | names)
    names = dict(zip((1, 2, 6, 10, 14), language.namespaces, strict=True))
    domain = f"{language.code}.wikipedia.org"
    return header(wiki_id=language.wiki_id, language=language.code, domain=domain, namespaces=COMMON_NAMES | names)


def _time(choice: Choice) -> datetime:
    return EPOCH + timedelta(minutes=choice.below(7 * 365 * 24 * 60))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _revision_id(language: Language | None, number: int) -> int:
    wiki = len(LANGUAGES) if language is None else LANGUAGES.index(language)
    return FIRST_REVISION + 1_000_000 * wiki + 10 * number


def _article_page(language: Language, number: int) -> Page:
    choice = Choice(language.wiki_id, "page", number)
    made = article(language, number)
    contributors = (
        Contributor(f"Example User {1 + choice.below(9)}", 1 + choice.below(9)),
        Contributor(f"~2026-{1 + choice.below(99):05d}-01", 5_000 + number),
        Contributor(None, address=f"192.0.2.{1 + choice.below(250)}"),
        Contributor(None, address=f"2001:db8::{1 + choice.below(250):x}"),
        Contributor(f"imported>Example User {1 + choice.below(9)}", 0),
    )
    kind = choice.below(40)
    revision = Revision(
        number=_revision_id(language, number),
        parent=_revision_id(language, number) - 1 if choice.below(2) else 0,
        time=_stamp(_time(choice)),
        text=made.text,
        contributor=contributors[kind if kind < len(contributors) else 0],
        comment=("", "new page", "added the survey & its <figures>", "spelling")[choice.below(4)],
        minor=not choice.below(4),
    )
    return Page(title=made.title, namespace=0, number=FIRST_PAGE + number, revisions=[revision])


def _service_pages(language: Language) -> Iterator[Page]:
    """Redirects and the namespaces beside the articles, numbered from 300."""
    talk, user, _, template, category = language.namespaces
    example = title_of(language, 0)
    for step in range(4):
        target = title_of(language, step)
        title = f"{entity_name(language, step)} ({step + 1})"
        yield _simple_page(language, 300 + step, title, 0, f"#REDIRECT [[{target}]]", redirect=target)
    box = '<noinclude>{{documentation}}</noinclude>\n{| class="infobox"\n! {{{name|}}}\n|-\n| {{{size|}}}\n|}'
    yield _simple_page(language, 310, f"{template}:Infobox grove", 10, box)
    topic = language.topics[0]
    yield _simple_page(
        language, 311, f"{category}:{topic.category}", 14, f"[[{category}:{language.topics[3].category}]]"
    )
    remark = f"== {example} ==\n[[{example}]]? [[{user}:Example User 2|Example User 2]] 12:00, 1 May 2024 (UTC)"
    yield _simple_page(language, 312, f"{talk}:{example}", 1, remark)
    if language.wiki_id == "enwiki":
        module = "local p = {}\nfunction p.main(frame)\n  return 'grove' .. frame.args[1]\nend\nreturn p"
        yield _simple_page(language, 313, "Module:Grove", 828, module, model="Scribunto", text_format="text/plain")


def _simple_page(
    language: Language,
    number: int,
    title: str,
    namespace: int,
    text: str,
    *,
    redirect: str | None = None,
    model: str = "wikitext",
    text_format: str = "text/x-wiki",
) -> Page:
    revision = Revision(
        number=_revision_id(language, number),
        time=_stamp(_time(Choice(language.wiki_id, "service", number))),
        text=text,
        model=model,
        text_format=text_format,
    )
    return Page(title=title, namespace=namespace, number=FIRST_PAGE + number, revisions=[revision], redirect=redirect)


def _trap_pages(language: Language) -> Iterator[Page]:
    """One page whose history holds a state of text, sha1 or contributor that must not confuse a reader.

    Each wiki has its own trap; German has the long history. The page is about an entity that the wiki has no page
    about, or a draft of one.
    """
    number = 400
    text = article(language, 1).text
    first = _revision_id(language, number)

    def revision(step: int, **changes: object) -> Revision:
        values: dict[str, object] = {
            "number": first + step,
            "parent": first + step - 1 if step else 0,
            "time": _stamp(datetime(2024, 5, 1 + step, 12, tzinfo=UTC)),
            "text": f"{text}\n\n{step}",
        }
        return Revision(**values | changes)  # type: ignore[arg-type]

    revisions = {
        "enwiki": [revision(0, sha1=base36_sha1(b"something else was here"), comment="the stated sha1 is wrong")],
        "dewiki": [
            revision(0, comment="first"),
            revision(1, hidden="new", comment=None, contributor=None),
            revision(2, hidden="legacy", comment="text suppressed, in the older way of writing it"),
            revision(3, contributor=None, comment="only the contributor is suppressed"),
            revision(4, text="", comment="blanked"),
        ],
        "ruwiki": [revision(0, sha1=base36_sha1(f"{text}\n\n0".replace("\n", "\r\n").encode()))],
        "elwiki": [revision(0, text=None, sha1=base36_sha1(b"lost on the way"))],
        "hiwiki": [revision(0, number="nine"), revision(1, parent=0)],
        "kowiki": [revision(0, time="2026-13-41T99:99:99Z"), revision(1, parent=0)],
        "jawiki": [revision(0, contributor=Contributor("~2026-00001-01", 77), minor=True)],
        "zhwiki": [revision(0, contributor=Contributor(None, address="2001:db8::1"))],
        "arwiki": [revision(0, contributor=Contributor(None, address="192.0.2.1"), comment='"<&>"')],
    }[language.wiki_id]
    title = f"{entity_name(language, 1)} (?)"
    yield Page(title=title, namespace=0, number=FIRST_PAGE + number, revisions=revisions)


def _image_pages() -> Iterator[Page]:
    """Descriptions of images with structured data in a second slot, in all languages by turns."""
    for number in range(COMMONS_PAGES):
        language = LANGUAGES[number % len(LANGUAGES)]
        choice = Choice(COMMONS, "page", number)
        caption = entity_name(language, number)
        fact = language.topics[entity_topic(number)].category
        text = (
            f"== {{{{int:filedesc}}}} ==\n{{{{Information\n| description = {{{{{language.code}|{caption}}}}}\n}}}}\n\n"
            f"{caption}: {fact}.\n\n[[Category:Images of the Grove]]"
        )
        data = (
            f'{{"type":"mediainfo","id":"M{FIRST_PAGE + number}","labels":{{"{language.code}":'
            f'{{"language":"{language.code}","value":"{caption}"}}}},"statements":[]}}'
        )
        revision = Revision(
            number=_revision_id(None, number),
            time=_stamp(_time(choice)),
            text=text,
            contributor=Contributor(f"Example User {1 + number % 9}", 1 + number % 9),
            slots={"mediainfo": ("wikibase-mediainfo", "application/json", data)},
        )
        yield Page(title=f"File:Grove {number:02d}.jpg", namespace=6, number=FIRST_PAGE + number, revisions=[revision])
