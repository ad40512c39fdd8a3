"""Compose the pages of an invented wiki, the same ones every time.

Every language tells of the same things: entity 12 is the same river everywhere, under the name its script gives it.
Nothing is drawn at random. A choice is the SHA-256 of what it is for, so that one page never depends on another.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import Final

from wikigrove.demo.language import Language

__all__ = ["Article", "article", "entity_name", "entity_topic", "title_of"]

TOWN: Final = 3
"""Position of the towns among a language's topics."""

SYLLABLES: Final = 16
ENTITIES: Final = 96
TOPIC_WEIGHTS: Final = (26, 20, 16, 26, 12)
"""Rivers, trees, birds, towns and festivals are not equally common."""


@dataclass(frozen=True, slots=True)
class Article:
    """A page in wikitext.

    Attributes:
        title: Title without namespace.
        text: Wikitext.
    """

    title: str
    text: str


class Choice:
    """A source of choices that depends on its purpose alone."""

    def __init__(self, *purpose: object) -> None:
        self._purpose = "/".join(map(str, purpose))
        self._count = 0

    def below(self, limit: int) -> int:
        """Choose a number.

        Args:
            limit: One more than the largest.

        Returns:
            0 to `limit - 1`.
        """
        self._count += 1
        digest = hashlib.sha256(f"{self._purpose}/{self._count}".encode()).digest()
        return int.from_bytes(digest[:8]) % limit


@functools.cache
def _entities() -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Topic and syllables of every entity; no two have the same syllables."""
    entities: list[tuple[int, tuple[int, ...]]] = []
    seen: set[tuple[int, ...]] = set()
    for number in range(ENTITIES):
        choice = Choice("entity", number)
        ticket, topic = choice.below(sum(TOPIC_WEIGHTS)), 0
        while ticket >= TOPIC_WEIGHTS[topic]:
            ticket -= TOPIC_WEIGHTS[topic]
            topic += 1
        while (syllables := tuple(choice.below(SYLLABLES) for _ in range(2 + choice.below(2)))) in seen:
            pass
        seen.add(syllables)
        entities.append((topic, syllables))
    return tuple(entities)


@functools.cache
def _towns(pages: int) -> tuple[int, ...]:
    return tuple(number for number in range(pages) if entity_topic(number) == TOWN)


def entity_topic(number: int) -> int:
    """Say what kind of thing an entity is.

    Args:
        number: 0 to 95.

    Returns:
        Position among the topics of a language.
    """
    return _entities()[number][0]


def entity_name(language: Language, number: int) -> str:
    """Write the name of an entity in a language's script.

    Args:
        language: The language.
        number: 0 to 95.

    Returns:
        The name, capitalised where the script has capitals.
    """
    indices = _entities()[number][1]
    parts = [language.syllables.split()[index] for index in indices]
    if language.stressed:  # Greek words carry one stress mark, here on the last syllable but one
        parts[-2] = language.stressed.split()[indices[-2]]
    name = "".join(parts)
    return name[0].upper() + name[1:]


def title_of(language: Language, number: int) -> str:
    """Give the title of the page about an entity.

    Args:
        language: The language.
        number: 0 to 95.

    Returns:
        The title.
    """
    return language.topics[entity_topic(number)].title.format(name=entity_name(language, number))


def article(language: Language, number: int) -> Article:
    """Write the page about an entity.

    Args:
        language: The language.
        number: Less than the pages of the language.

    Returns:
        Title and wikitext with templates, links, references, lists, some tables, and categories.
    """
    choice = Choice(language.wiki_id, "article", number)
    topic = language.topics[entity_topic(number)]
    name = entity_name(language, number)
    gap = " " if language.spaced else ""

    def link(target: int) -> str:
        title, label = title_of(language, target), entity_name(language, target)
        return f"[[{title}]]" if title == label else f"[[{title}|{label}]]"

    def sentence(pattern: str) -> str:
        towns = _towns(language.pages)
        return pattern.format(
            name=f"'''{name}'''",
            place=link(towns[choice.below(len(towns))]),
            other=link(choice.below(language.pages)),
            number=2 + choice.below(398),
            year=212 + choice.below(700),
        )

    def paragraph(patterns: tuple[str, ...], count: int) -> str:
        start = choice.below(len(patterns))
        picked = [patterns[(start + step) % len(patterns)] for step in range(count)]
        sentences = [sentence(pattern) for pattern in picked]
        sentences[0] += _reference(language, choice)
        return gap.join(sentences)

    parts = [_infobox(language, number, choice)]
    parts.append(gap.join([sentence(topic.openings[choice.below(2)]), paragraph(topic.facts, 2)]))
    history, nature, nearby = language.headings
    parts += [f"== {history} ==", paragraph(language.shared, 2 + choice.below(3))]
    if choice.below(3):
        parts.append(paragraph(language.shared, 2))
    if not choice.below(4):
        parts.append(_table(language, choice))
    parts += [f"== {nature} ==", paragraph(topic.facts, 2 + choice.below(2))]
    if not choice.below(5):
        parts.append("<!-- checked against the survey --><nowiki>[[survey]]</nowiki> <math>a^2+b^2</math>")
    near = [f"* {link(choice.below(language.pages))}" for _ in range(2 + choice.below(4))]
    parts += [f"=== {nearby} ===\n" + "\n".join(near)]
    parts.append(f"[[{language.namespaces[4]}:{topic.category}]]")
    return Article(title_of(language, number), "\n\n".join(parts))


def _infobox(language: Language, number: int, choice: Choice) -> str:
    name = entity_name(language, number)
    image = f"[[{language.namespaces[2]}:Grove {number:02d}.jpg|thumb|220px|{name}]]"
    rows = [f"| name = {name}", f"| size = {{{{convert|{2 + choice.below(90)}|mi|km}}}}", f"| coordinates = {number}/4"]
    return "{{Infobox grove\n" + "\n".join(rows) + "\n}}\n" + image


def _reference(language: Language, choice: Choice) -> str:
    author = entity_name(language, choice.below(language.pages))
    page = 1 + choice.below(300)
    if choice.below(2):
        return f"<ref>{{{{cite book|author={author}|title=Grove papers|page={page}}}}}</ref>"
    return f'<ref name="g{page}">{author}, {page}.</ref>'


def _table(language: Language, choice: Choice) -> str:
    season, visitors = language.columns
    rows = [f"|-\n| {quarter} || {20 + choice.below(900)}" for quarter in ("I", "II", "III", "IV")]
    return f'{{| class="wikitable"\n! {season} !! {visitors}\n' + "\n".join(rows) + "\n|}"
