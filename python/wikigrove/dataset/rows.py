"""Turn stored records into the rows of a data set, and refuse what must not leave.

No contributor and no edit comment is ever read here: the columns that are published are listed, the rest is dropped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wikigrove.errors import ConfigError, SchemaError, SelectionError
from wikigrove.governance.wikis import canonical_urls, history_urls, language_tag
from wikigrove.schema import DATA, EXTRACTED, PERSONAL_COLUMNS, REVISION, TEXT_STATES

__all__ = ["DATA", "SOURCE", "Refusals", "checked_licence", "cut", "data_rows", "source_rows"]

SOURCE: Final = pa.schema(
    [column for column in REVISION if column.name not in PERSONAL_COLUMNS],
    metadata={"wikigrove.contract": "wikigrove.source/1"},
)
"""The record as stored, without persons: enough to compute its leaf again."""

SHARD_BYTES: Final = 512 << 20
"""A shard ends here at the latest, so that memory stays bounded whatever the texts are."""


@dataclass(slots=True)
class Refusals:
    """Rows that must not be published, counted to the end so that one message names all.

    Attributes:
        licences: Rows without a licence, by wiki.
        texts: Rows without plain text, by state of the text.
        rows: Rows seen.
    """

    licences: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    rows: int = 0

    def note(self, shard: pa.Table, *, licence_override: str | None) -> bool:
        """Count what a shard may not publish.

        Args:
            shard: Rows of `schema.EXTRACTED`.
            licence_override: Licence that the caller states for records without one.

        Returns:
            Whether anything has been refused so far.
        """
        self.rows += shard.num_rows
        if licence_override is None:
            lengths: Any = pc.list_value_length(shard.column("licence_ids"))
            unknown: Any = shard.filter(lengths.to_numpy() == 0)
            self.licences.update(unknown.column("wiki_id").to_pylist())
        without: Any = shard.filter(pc.is_null(shard.column("plain_text")))
        self.texts.update(TEXT_STATES[state] for state in without.column("text_state").to_pylist())
        return bool(self.licences or self.texts)

    def check(self) -> None:
        """Raise if anything was refused.

        Raises:
            SelectionError: If rows have no plain text.
            ConfigError: If rows have no licence and the caller states none.
        """
        if self.texts:
            raise SelectionError(
                f"rows without plain text cannot be exported: {_counts(self.texts)} of {self.rows} rows; "
                "hint: select among records whose plain_text is not null"
            )
        if self.licences:
            raise ConfigError(
                f"no licence is known for rows of: {_counts(self.licences)} of {self.rows} rows; "
                "hint: state it with --licence SPDX-ID, or exclude these wikis from the selection"
            )


def checked_licence(licence: str | None) -> str | None:
    """Check that a licence stated by the caller has the form of an SPDX identifier.

    Args:
        licence: The identifier, or None.

    Returns:
        The same.

    Raises:
        ConfigError: If it has not.

    >>> checked_licence("CC-BY-SA-3.0")
    'CC-BY-SA-3.0'
    """
    if licence is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}", licence):
        raise ConfigError(f"not an SPDX licence identifier: {licence!r}; hint: for instance CC-BY-SA-4.0")
    return licence


def cut(records: Iterable[pa.RecordBatch] | pa.Table, *, rows: int) -> Iterator[pa.Table]:
    """Cut records into shards, wherever the batches end.

    Args:
        records: Rows of `schema.EXTRACTED` with strictly ascending `leaf_index`.
        rows: Rows of a shard at most; a shard also ends before its texts exceed `SHARD_BYTES`.

    Yields:
        Tables of the exact schema, none empty.

    Raises:
        SchemaError: If columns are missing or of other types, or the records are out of order.
    """
    batches = records.to_batches() if isinstance(records, pa.Table) else records
    waiting: list[pa.Table] = []
    waiting_rows = waiting_bytes = 0
    last = -1
    for batch in batches:
        table = _conforming(batch)
        indices = table.column("leaf_index").to_numpy()
        if table.num_rows and (indices[0] <= last or (np.diff(indices) <= 0).any()):
            raise SchemaError(f"leaf_index does not ascend at or after: {last}")
        last = int(indices[-1]) if table.num_rows else last
        sizes = _sizes(table)
        start = 0
        for position, size in enumerate(sizes.tolist()):
            if waiting_rows and (waiting_rows == rows or waiting_bytes + size > SHARD_BYTES):
                yield pa.concat_tables([*waiting, table.slice(start, position - start)]).combine_chunks()
                waiting, waiting_rows, waiting_bytes, start = [], 0, 0, position
            waiting_rows += 1
            waiting_bytes += size
        waiting.append(table.slice(start))
    if waiting_rows:
        yield pa.concat_tables(waiting).combine_chunks()


def data_rows(
    shard: pa.Table, *, first_row: int, licence_override: str | None, bases: dict[str, str]
) -> tuple[pa.Table, pa.StringArray]:
    """Make the published rows of a shard.

    Args:
        shard: Rows of `schema.EXTRACTED`, one chunk.
        first_row: Number of its first row in the data set.
        licence_override: Licence of records without one.
        bases: `<base>` by database name for wikis that are not Wikimedia's.

    Returns:
        Rows of `DATA`, and the address of each page's history.
    """
    columns: dict[str, Any] = {name: shard.column(name).combine_chunks() for name in shard.schema.names}
    wikis, pages, revisions = columns["wiki_id"], columns["page_id"], columns["revision_id"]
    tags = {wiki_id: language_tag(wiki_id) for wiki_id in wikis.unique().to_pylist()}
    identifiers: Any = pc.binary_join_element_wise(wikis, pages.cast(pa.string()), revisions.cast(pa.string()), ":")
    stored = columns["canonical_url"]
    stated: Any = pc.binary_length(stored)
    urls = pc.if_else(stated.cast(pa.bool_()), stored, canonical_urls(wikis, revisions, bases=bases))
    values = {
        "id": identifiers,
        "text": columns["plain_text"],
        "title": columns["page_title"],
        "language": pa.array([tags[wiki_id] for wiki_id in wikis.to_pylist()], pa.string()),
        "wiki_id": wikis,
        "page_id": pages,
        "revision_id": revisions,
        "revision_dt": columns["revision_dt"],
        "licence_ids": _licences(columns["licence_ids"], licence_override),
        "url": urls,
        "source_leaf_index": columns["leaf_index"],
        "row": pa.array(range(first_row, first_row + shard.num_rows), pa.int64()),
    }
    return pa.table(values, schema=DATA), history_urls(wikis, pages, bases=bases)


def source_rows(shard: pa.Table) -> pa.Table:
    """Keep of stored records what their leaves are computed from, and nothing about persons.

    Args:
        shard: Rows of `schema.REVISION`.

    Returns:
        Rows of `SOURCE`.
    """
    return shard.select(SOURCE.names).cast(SOURCE)


def _conforming(batch: pa.RecordBatch) -> pa.Table:
    missing = [name for name in EXTRACTED.names if name not in batch.schema.names]
    if missing:
        raise SchemaError(f"records lack columns: {', '.join(missing)}")
    table = pa.Table.from_batches([batch]).select(EXTRACTED.names)
    try:
        return table.cast(EXTRACTED)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise SchemaError(
            f"records do not follow {REVISION.metadata[b'wikigrove.contract'].decode()}: {error}"
        ) from error


def _sizes(table: pa.Table) -> npt.NDArray[np.int64]:
    total = np.zeros(table.num_rows, dtype=np.int64)
    for name in ("text", "plain_text"):
        lengths: Any = pc.binary_length(table.column(name))
        total += lengths.fill_null(0).to_numpy()
    return total


def _licences(lists: Any, licence_override: str | None) -> Any:
    if licence_override is None:
        return lists
    return pa.array([ids or [licence_override] for ids in lists.to_pylist()], lists.type)


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items(), key=lambda item: (-item[1], item[0])))
