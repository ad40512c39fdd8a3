"""Text extraction: what a record reads like once its markup is gone, and what was lost on the way.

Plain text is never stored. It is a pure function of the record and of its dump's header, cheap to compute where it is
needed: embedding, search results, exports, and the verification of exports, all of them through `extract`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute

from wikigrove import _core
from wikigrove.extraction.html import html_text
from wikigrove.schema import EXTRACTION

__all__ = ["INPUT_COLUMNS", "Losses", "extract"]

pc: Any = pyarrow.compute  # the stubs know no kernel for columns of any type

WIKITEXT: Final = "wikitext"
HTML_FORMAT: Final = "text/html"
"""`content_format` of articles that came as HTML only."""
INPUT_COLUMNS: Final = ("content_model", "content_format", "text")
"""Columns of a record that its plain text depends on."""


def extract(batch: Any, siteinfo: Mapping[str, Any] | None, *, threads: int = 1) -> dict[str, Any]:
    """Turn the content of records into plain text, and count what is lost.

    Args:
        batch: A record batch with at least the columns `content_model`, `content_format` and `text`.
        siteinfo: The dump's header; its namespaces tell links from words.
        threads: Threads for scanning; they change nothing but the time.

    Returns:
        `plain_text`, null where there is no text or it is neither wikitext nor HTML, and `plain_text_losses`, as in
        `schema.EXTRACTION`.

    Raises:
        ConfigError: There are records of HTML, and the extra `html` is not installed.

    Example:
        >>> rows = pa.record_batch({
        ...     "content_model": ["wikitext", "javascript"],
        ...     "content_format": ["text/x-wiki", "text/javascript"],
        ...     "text": pa.array(["'''Mill''' {{box}}", "1"], pa.large_string()),
        ... })
        >>> extract(rows, None)["plain_text"].to_pylist()
        ['Mill', None]
    """
    texts = batch["text"]
    is_html = pc.fill_null(pc.equal(batch["content_format"], HTML_FORMAT), fill_value=False)
    is_wikitext = pc.and_not(pc.equal(pc.fill_null(batch["content_model"], WIKITEXT), WIKITEXT), is_html)
    if not pc.all(is_wikitext).as_py():
        texts = pc.if_else(is_wikitext, texts, pa.scalar(None, texts.type))
    namespaces = [(key, name) for key, _, name in (siteinfo or {}).get("namespaces", [])]
    made = pa.record_batch(_core.plain_text(texts.cast(pa.large_string()), namespaces=namespaces, threads=threads))
    extracted = {column.name: made[column.name].cast(column.type) for column in EXTRACTION}
    return _with_html(extracted, batch["text"], is_html) if pc.any(is_html).as_py() else extracted


def _with_html(extracted: Mapping[str, Any], texts: Any, is_html: Any) -> dict[str, Any]:
    """Fill in the rows whose content is HTML."""
    columns = {name: column.to_pylist() for name, column in extracted.items()}
    names = [entry.name for entry in EXTRACTION.field("plain_text_losses").type.value_type]
    for row in pc.indices_nonzero(is_html).to_pylist():
        page = texts[row].as_py()
        if page is not None:
            text, losses = html_text(page)
            columns["plain_text"][row] = text
            columns["plain_text_losses"][row] = [dict(zip(names, loss, strict=True)) for loss in losses]
    return {field.name: pa.array(columns[field.name], field.type) for field in EXTRACTION}


@dataclass(slots=True)
class Losses:
    """What extraction lost over many records.

    Attributes:
        text_bytes: UTF-8 bytes before.
        plain_bytes: UTF-8 bytes of plain text.
        kinds: `count` and `bytes` by kind of loss.
    """

    text_bytes: int = 0
    plain_bytes: int = 0
    kinds: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, texts: Any, extracted: Mapping[str, Any]) -> None:
        """Count some records.

        Args:
            texts: Their content.
            extracted: What `extract` made of them.
        """
        self.text_bytes += pc.sum(pc.binary_length(texts)).as_py() or 0
        self.plain_bytes += pc.sum(pc.binary_length(extracted["plain_text"])).as_py() or 0
        losses = extracted["plain_text_losses"].flatten()
        totals = pa.table({name: losses.field(name) for name in ("kind", "count", "bytes")}).group_by("kind")
        for row in totals.aggregate([("count", "sum"), ("bytes", "sum")]).to_pylist():
            self.kinds.setdefault(row["kind"], Counter()).update(count=row["count_sum"], bytes=row["bytes_sum"])

    def to_json(self) -> dict[str, Any]:
        """Return everything as a JSON object."""
        return {
            "text_bytes": self.text_bytes,
            "plain_bytes": self.plain_bytes,
            "losses": {kind: dict(sorted(loss.items())) for kind, loss in sorted(self.kinds.items())},
        }
