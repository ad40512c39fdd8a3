"""What one invented wiki is made of: syllables, sentences and the names of its namespaces."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Language", "Topic"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of thing that the Grove is full of.

    Attributes:
        title: Title of a page, with `{name}`.
        category: Name of its category.
        openings: First sentences; `{name}` becomes bold, `{place}` a link to a town.
        facts: Further sentences, with `{place}`, `{other}` (a link to any page), `{number}` and `{year}`.
    """

    title: str
    category: str
    openings: tuple[str, str]
    facts: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Language:
    """One language edition of the invented encyclopaedia.

    Attributes:
        wiki_id: Database name.
        code: Language of the dump.
        pages: Articles it has.
        syllables: Sixteen syllables that names are made of, parted by spaces, in one order for all languages.
        stressed: The same with a stress mark, where the script writes one.
        spaced: Whether sentences are parted by spaces.
        namespaces: Local names of talk (1), user (2), file (6), template (10) and category (14).
        headings: History, nature, and things nearby.
        columns: Two column heads of a table: season and visitors.
        topics: Rivers, trees, birds, towns, festivals.
        shared: Sentences that fit anything.
    """

    wiki_id: str
    code: str
    pages: int
    syllables: str
    namespaces: tuple[str, str, str, str, str]
    headings: tuple[str, str, str]
    columns: tuple[str, str]
    topics: tuple[Topic, Topic, Topic, Topic, Topic]
    shared: tuple[str, str, str, str, str, str]
    stressed: str = ""
    spaced: bool = True
