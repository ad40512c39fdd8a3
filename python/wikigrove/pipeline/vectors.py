"""Texts into vectors, and words into the records that are nearest to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wikigrove.embedding import Embedder, HashEmbedder, PrecomputedEmbedder
from wikigrove.errors import ConfigError, StoreError
from wikigrove.extraction import INPUT_COLUMNS, Losses
from wikigrove.history import RULE, in_words
from wikigrove.index import VectorIndex
from wikigrove.pipeline.stable import stable_rows
from wikigrove.pipeline.texts import Headers, headers_of, plain_text, with_plain_text
from wikigrove.schema import EXTRACTION
from wikigrove.store import (
    EmbedderFacts,
    Manifest,
    Partition,
    Staging,
    Store,
    Vectors,
    VectorWriter,
    commit_manifest,
    fetch_by_ids,
    iterate,
)

pc: Any = pyarrow.compute  # the stubs know no kernel for columns of any type

EMBEDDED_BATCH_ROWS: Final = 2048
"""Texts that are in memory at one time."""

SNIPPET_CHARACTERS: Final = 160
"""How much of its plain text a search result shows."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """What `embed` made.

    Attributes:
        vectors: The vectors, memory-mapped.
        skipped: Records without plain text, redirects, and what is not stable where that was asked.
        manifest: The version of the store that holds them.
        extraction: Bytes before and after text extraction, and what was lost by kind, over the embedded records.
        unstable_pages: Pages that were left out since no revision of theirs is stable; None where all were embedded.
    """

    vectors: Vectors
    skipped: int
    manifest: Manifest
    extraction: dict[str, Any]
    unstable_pages: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON-able values."""
        facts = {"embedder": self.vectors.name, "fingerprint": self.vectors.fingerprint}
        size = {"vectors": len(self.vectors), "dimensions": self.vectors.dimensions, "skipped": self.skipped}
        stable = {"stable": None if self.unstable_pages is None else RULE, "unstable_pages": self.unstable_pages}
        return {**facts, **size, **stable, "version": self.manifest.version, "extraction": self.extraction}

    def describe(self) -> str:
        """Return some lines for people."""
        reasons = "no plain text, or a redirect"
        stable = ""
        if self.unstable_pages is not None:
            reasons = f"not the newest stable revision, {reasons}"
            stable = f"stable: {in_words(RULE)}; pages without, left out: {self.unstable_pages:,}\n"
        return (
            f"{len(self.vectors):,} vectors of {self.vectors.dimensions} dimensions by {self.vectors.name}, "
            f"{self.skipped:,} records skipped ({reasons})\n{stable}"
            f"{self.extraction['text_bytes'] / 1e6:,.2f} MB of wikitext became "
            f"{self.extraction['plain_bytes'] / 1e6:,.2f} MB of plain text\n"
            f"fingerprint: {self.vectors.fingerprint}"
        )


def embed(
    store: Store | str | Path,
    *,
    embedder: Embedder | None = None,
    dimensions: int = 1024,
    fitted: bool = True,
    stable: bool = False,
    threads: int = 1,
    now: datetime | None = None,
) -> Embedding:
    """Embed the plain text of every record that has some and is no redirect.

    Args:
        store: The store, or its folder.
        embedder: Any `Embedder`; `hash-v1` by default. The ids of a `PrecomputedEmbedder` are `leaf_index`.
        dimensions: Of hash-v1.
        fitted: Let hash-v1 weight features by their rarity in this store; the table is kept beside the vectors.
        stable: Embed of each page the newest stable revision alone, as `select` takes it with the same option: of
            histories that is a small part. The rule is kept with the vectors.
        threads: Of text extraction and hash-v1; they change no bit.
        now: Time for the manifest; the present by default.

    Returns:
        The vectors, committed as a new version of the store.

    Raises:
        StoreError: The store cannot be read, or nothing in it can be embedded.
        VectorError: The embedder gave vectors that cannot be kept.
    """
    store = store if isinstance(store, Store) else Store.open(store)
    base = store.manifest()
    headers = headers_of(base)
    pages = stable_rows(store, base) if stable else None
    only = None if pages is None else pages.ids
    if next(_texts(store, base, headers, threads, only), None) is None:
        which = "stable revision" if stable else "record"
        raise StoreError(f"no {which} has plain text, so there is nothing to embed")
    if embedder is None:
        embedder = HashEmbedder(dimensions=dimensions, threads=threads)
        if fitted:
            embedder = embedder.fit(batch["plain_text"] for batch in _texts(store, base, headers, threads, only))
    digest = base.content.tree.content_root
    facts = EmbedderFacts(
        embedder.name, embedder.version, embedder.fingerprint, embedder.dimensions, embedder.normalized, digest
    )
    partition = Partition("multi")
    rows, losses = 0, Losses()
    with Staging(store) as staging:
        writer = VectorWriter(staging, partition, facts)
        for batch in _texts(store, base, headers, threads, only):
            losses.add(batch["text"], {name: batch[name] for name in EXTRACTION.names})
            if isinstance(embedder, PrecomputedEmbedder):
                matrix = embedder.lookup(batch["leaf_index"].to_numpy())
            else:
                matrix = embedder.encode(batch["plain_text"])
            writer.write(batch["leaf_index"], batch["page_id"], batch["revision_id"], matrix)
            rows += batch.num_rows
        extra = {"extraction": losses.to_json()} | ({} if pages is None else {"stable": RULE})
        segments = [dataclasses.replace(segment, extra={**segment.extra, **extra}) for segment in writer.close()]
        if isinstance(embedder, HashEmbedder) and embedder.table is not None:
            path = staging.file("hash-v1-table.arrow")
            embedder.save(path)
            segments.append(
                staging.seal(path, kind="embedders", partition=partition, ordinal=0, rows=1, extra=facts.to_json())
            )
    kept = [segment for segment in base.content.segments if segment.kind not in ("vectors", "embedders")]
    content = dataclasses.replace(base.content, segments=(*kept, *segments))
    created_at = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    manifest = commit_manifest(store, content, created_at=created_at, base=base.version)
    vectors = Vectors.open(store, fingerprint=facts.fingerprint, manifest=manifest)
    unstable_pages = None if pages is None else len(pages.without)
    return Embedding(vectors, base.content.tree.size - rows, manifest, losses.to_json(), unstable_pages)


def search(store: Store | str | Path, words: str, *, k: int = 10, threads: int = 1) -> list[dict[str, Any]]:
    """Find the records nearest to some words, exactly.

    Args:
        store: A store with hash-v1 vectors.
        words: The query.
        k: How many.
        threads: Change no bit of the result.

    Returns:
        At most k records, best first, ties by id: id, score, wiki_id, page_title, canonical_url, and `snippet`, the
        beginning of the plain text.

    Raises:
        StoreError: The store has no vectors.
        VectorError: The vectors were made by an embedder that cannot encode words.
    """
    store = store if isinstance(store, Store) else Store.open(store)
    manifest = store.manifest()
    vectors = Vectors.open(store, manifest=manifest)
    embedder = stored_embedder(store, manifest, threads=threads)
    query = embedder.encode([words])
    if not query.any():
        raise ConfigError(f"no word to search for in: {words!r}")
    hits = VectorIndex(vectors, threads=threads).search(query, k, fingerprint=embedder.fingerprint)
    names = ["page_title", "wiki_id", "canonical_url"]
    rows = fetch_by_ids(store, hits.ids[0], names, manifest=manifest).to_pylist()
    texts: Any = plain_text(store, hits.ids[0], threads=threads)["plain_text"]
    snippets = pc.utf8_slice_codeunits(pc.fill_null(texts, ""), 0, SNIPPET_CHARACTERS).to_pylist()
    found = zip(hits.ids[0].tolist(), hits.scores[0].tolist(), rows, snippets, strict=True)
    return [{"id": id_, "score": score, **row, "snippet": snippet} for id_, score, row, snippet in found]


def stored_embedder(store: Store, manifest: Manifest, *, threads: int = 1) -> HashEmbedder:
    """Rebuild the hash-v1 embedder that made the store's vectors."""
    facts = Vectors.open(store, manifest=manifest).facts
    tables = manifest.content.of_kind("embedders")
    if tables:
        return HashEmbedder.load(store.check_segment(tables[0]), threads=threads)
    return HashEmbedder(dimensions=facts.dimensions, threads=threads)


def _texts(
    store: Store, manifest: Manifest, headers: Headers, threads: int, only: npt.NDArray[np.int64] | None
) -> Iterator[pa.RecordBatch]:
    """Yield the records that are no redirect and have plain text, with it: all of them, or only those of some ids."""
    columns = ["leaf_index", "page_id", "revision_id", "source_id", "page_redirect_target", *INPUT_COLUMNS]
    for batch in iterate(store, "records", columns, manifest=manifest, batch_rows=EMBEDDED_BATCH_ROWS):
        if only is not None:
            batch = batch.filter(pa.array(np.isin(batch["leaf_index"].to_numpy(), only, assume_unique=True)))
        articles = batch.filter(pc.is_null(batch["page_redirect_target"]))
        made = with_plain_text(articles, headers, threads=threads)
        kept = made.filter(pc.greater(pc.fill_null(pc.binary_length(made["plain_text"]), 0), 0))
        if kept.num_rows:
            yield kept
