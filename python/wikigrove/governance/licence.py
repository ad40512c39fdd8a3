"""The licence of a record: a table of rules as data, and its resolution for whole batches.

A rule speaks of a project family and may narrow it by language, namespace, slot and time of the revision. The first
rule that fits wins. What no rule covers has rule 0 and no licence: it is refused later, never guessed. Rules are
numbered once and never renumbered or reused, since the number stands in the leaf of every record.

Sources: the legal page of the dumps (https://dumps.wikimedia.org/legal.html), the Wikimedia Terms of Use section 7,
and the decisions named in `basis`. The first licence of a rule holds for the whole text. GFDL is offered beside it by
the Terms of Use, but not for text that was imported under a Creative Commons licence alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import rfc8785

from wikigrove.governance.wikis import lookup
from wikigrove.schema import TIMESTAMP

__all__ = ["RULES", "TABLE_VERSION", "Rule", "licence_url", "resolve", "table", "table_digest"]

TABLE_VERSION: Final = "wikigrove.licences/1"

FOUR: Final = "2023-06-07"
"""First day of the Terms of Use with CC BY-SA 4.0, https://foundation.wikimedia.org/wiki/Policy:Terms_of_Use."""

GFDL: Final = "GFDL-1.3-or-later"
PUBLIC_DOMAIN: Final = "LicenseRef-public-domain"

LICENCE_URLS: Final = {
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-SA-3.0": "https://creativecommons.org/licenses/by-sa/3.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-2.5": "https://creativecommons.org/licenses/by/2.5/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "GFDL-1.3-or-later": "https://www.gnu.org/licenses/fdl-1.3.html",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the licence table.

    Attributes:
        number: 1 to 65,535, given once.
        families: Project families it speaks of.
        licence_ids: SPDX identifiers; a reader may choose one of them. Empty: known to be mixed or unknown, refused.
        basis: Where it is written.
        languages: Language codes it is narrowed to, or empty.
        namespaces: Namespace numbers it is narrowed to, or empty.
        role: The slot it speaks of.
        since: First day (UTC), or None.
        until: First day it no longer holds (UTC), or None.
    """

    number: int
    families: tuple[str, ...]
    licence_ids: tuple[str, ...]
    basis: str
    languages: tuple[str, ...] = ()
    namespaces: tuple[int, ...] = ()
    role: str = "main"
    since: str | None = None
    until: str | None = None


ENCYCLOPAEDIC: Final = ("wikipedia", "wiktionary", "wikibooks", "wikiquote", "wikisource", "wikiversity", "wikimedia")
LEGAL: Final = "legal page of the dumps"
TERMS: Final = "legal page of the dumps; Terms of Use of 7 June 2023"
NEWS: Final = ("wikinews",)

RULES: Final = (
    Rule(1, ENCYCLOPAEDIC, ("CC-BY-SA-4.0", GFDL), TERMS, since=FOUR),
    Rule(2, ENCYCLOPAEDIC, ("CC-BY-SA-3.0", GFDL), TERMS, until=FOUR),
    Rule(3, ("wikivoyage",), ("CC-BY-SA-4.0",), "Wikivoyage copyright page; Terms of Use", since=FOUR),
    Rule(4, ("wikivoyage",), ("CC-BY-SA-3.0",), "Wikivoyage copyright page; Terms of Use", until=FOUR),
    Rule(5, ("wikidata",), ("CC0-1.0",), LEGAL, namespaces=(0, 120, 146, 640)),
    Rule(6, ("wikidata",), ("CC-BY-SA-4.0",), TERMS, since=FOUR),
    Rule(7, ("wikidata",), ("CC-BY-SA-3.0",), TERMS, until=FOUR),
    Rule(8, ("commons",), ("CC0-1.0",), LEGAL, role="mediainfo"),
    Rule(9, ("commons",), ("CC-BY-SA-4.0",), TERMS, since=FOUR),
    Rule(10, ("commons",), ("CC-BY-SA-3.0",), TERMS, until=FOUR),
    Rule(11, ("mediawiki",), ("CC0-1.0",), "mediawiki.org, Project:PD help", namespaces=(12,)),
    Rule(12, ("mediawiki",), ("CC-BY-SA-4.0", GFDL), TERMS, since=FOUR),
    Rule(13, ("mediawiki",), ("CC-BY-SA-3.0", GFDL), TERMS, until=FOUR),
    Rule(14, ("wikifunctions",), (), "objects are CC0 or Apache-2.0 by their kind", namespaces=(0,)),
    Rule(15, ("wikifunctions",), ("CC-BY-SA-4.0",), TERMS, since=FOUR),
    Rule(16, NEWS, (PUBLIC_DOMAIN,), LEGAL, languages=("en",), until="2005-09-25"),
    Rule(17, NEWS, (), "some editions other than English differ before 25 September 2005", until="2005-09-25"),
    Rule(18, NEWS, ("CC-BY-2.5",), "T384614: no change", languages=("de", "ru"), since="2005-09-25"),
    Rule(19, NEWS, ("CC-BY-4.0",), "T381421", languages=("en", "he", "pl"), since="2024-12-16"),
    Rule(20, NEWS, ("CC-BY-SA-4.0",), "T372730", languages=("ar",), since="2024-09-01"),
    Rule(21, NEWS, (), "T372730: the day in August 2024 is not known", languages=("ar",), since="2024-08-01"),
    Rule(22, NEWS, ("CC-BY-SA-4.0",), "moved before T384614", languages=("fr",), since="2025-01-30"),
    Rule(23, NEWS, (), "the day of the move to BY-SA is not known", languages=("fr",), since=FOUR),
    Rule(24, NEWS, ("CC-BY-SA-4.0",), "T384614", languages=("fa", "sv"), since="2025-01-30"),
    Rule(25, NEWS, ("CC-BY-4.0",), "T384614", since="2025-01-30"),
    Rule(26, NEWS, ("CC-BY-2.5",), LEGAL, since="2005-09-25", until="2025-01-30"),
)
"""The table, by precedence. Rules without licences exist so that a later table can fill what is not known today."""


def table() -> dict[str, object]:
    """Give the whole table as a value for JSON.

    Returns:
        Version and rules, every field of every rule.
    """
    rules = [{name: _plain(getattr(rule, name)) for name in Rule.__slots__} for rule in RULES]
    return {"version": TABLE_VERSION, "rules": rules}


def table_digest() -> str:
    """Give the digest that names the table in manifests.

    Returns:
        SHA-256, as hex, of the table's canonical JSON (RFC 8785).

    >>> len(table_digest())
    64
    """
    return hashlib.sha256(rfc8785.dumps(table())).hexdigest()  # type: ignore[arg-type]


def licence_url(licence_id: str) -> str | None:
    """Give the address of a licence's text.

    Args:
        licence_id: SPDX identifier.

    Returns:
        The address, or None where there is none, as for the public domain.
    """
    return LICENCE_URLS.get(licence_id)


def resolve(batch: pa.RecordBatch | pa.Table, *, role: str = "main") -> tuple[pa.Int32Array, pa.ListArray[Any]]:
    """Find the licence of every record of a batch.

    A record without a time fits no rule that depends on time.

    Args:
        batch: Columns `wiki_id`, `page_namespace_id` and `revision_dt`; others are ignored.
        role: The slot that is asked for.

    Returns:
        Rule numbers, n int32, 0 where no rule gives a licence; and licence ids, n lists, empty there.

    >>> from datetime import datetime, timezone
    >>> rows = pa.table({
    ...     "wiki_id": ["enwiki", "gardenwiki"],
    ...     "page_namespace_id": pa.array([0, 0], pa.int32()),
    ...     "revision_dt": pa.array([datetime(2026, 1, 1, tzinfo=timezone.utc)] * 2, TIMESTAMP),
    ... })
    >>> [column.to_pylist() for column in resolve(rows)]
    [[1, 0], [['CC-BY-SA-4.0', 'GFDL-1.3-or-later'], []]]
    """
    wiki_ids, namespaces, times = (
        _one_chunk(batch.column(name)) for name in ("wiki_id", "page_namespace_id", "revision_dt")
    )
    encoded: Any = wiki_ids if pa.types.is_dictionary(wiki_ids.type) else wiki_ids.dictionary_encode()
    wikis = [lookup(wiki_id) for wiki_id in encoded.dictionary.to_pylist()]
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    spaces = namespaces.to_numpy(zero_copy_only=False)
    dated = times.is_valid().to_numpy(zero_copy_only=False)
    seconds = times.cast(TIMESTAMP).cast(pa.int64()).fill_null(0).to_numpy() // 1_000_000
    chosen = np.full(len(codes), -1, dtype=np.int64)  # position in RULES
    for position, rule in enumerate(RULES):
        if rule.role != role:
            continue
        fits_wiki = np.array(
            [
                wiki is not None
                and wiki.family in rule.families
                and (not rule.languages or wiki.language in rule.languages)
                for wiki in wikis
            ],
            dtype=np.bool_,
        )
        if not fits_wiki.any():
            continue
        fits = (chosen < 0) & fits_wiki[codes]
        if rule.namespaces:
            fits &= np.isin(spaces, rule.namespaces)
        if rule.since is not None:
            fits &= dated & (seconds >= _unix(rule.since))
        if rule.until is not None:
            fits &= dated & (seconds < _unix(rule.until))
        chosen[fits] = position
    return _numbers(chosen), _licences(chosen)


def _numbers(chosen: npt.NDArray[np.int64]) -> pa.Int32Array:
    by_position = np.array([rule.number if rule.licence_ids else 0 for rule in RULES] + [0], dtype=np.int32)
    return pa.array(by_position[chosen], pa.int32())  # position -1 is the last one: 0


def _licences(chosen: npt.NDArray[np.int64]) -> pa.ListArray[Any]:
    kind = pa.list_(pa.field("item", pa.string(), nullable=False))
    by_position: Any = pa.array([*(list(rule.licence_ids) for rule in RULES), []], kind)
    lists: pa.ListArray[Any] = by_position.take(np.where(chosen < 0, len(RULES), chosen))
    return lists


def _one_chunk(column: pa.Array[Any] | pa.ChunkedArray[Any]) -> pa.Array[Any]:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _unix(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
