"""`hash-v1`: vectors from hashed words and character runs. No weights, no network, every script.

A text is folded (NFKC, lower case by code point), cut into words, and each word gives features: itself, and the runs
of three to five characters of the word between two spaces. Each feature adds its weight, with a sign, at four positions
(feature hashing, Weinberger et al. 2009); the weight grows with the logarithm of the count and, once a table was
fitted, falls with the logarithm of the share of documents that have it (tf-idf). All sums are integers, so the bits are
the same on every machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import rfc8785

from wikigrove import _core
from wikigrove.embedding.encoder import Texts, text_arrays
from wikigrove.errors import VectorError

TABLE_SIZE: Final = 1 << 20
MAX_DIMENSIONS: Final = 1 << 16
_CONTRACT: Final = "wikigrove.hash-v1-table/1"
_METADATA: Final = b"wikigrove.embedder"
_COLUMN: Final = "inverse_document_frequency"


class HashEmbedder:
    """The built-in embedder.

    Args:
        dimensions: Components of a vector, 1 to 65,536.
        table: Fitted inverse document frequencies, uint16[2^20], in units of 1/1024; made by `fit`, read by `load`.
            Without one every feature counts the same.
        threads: Threads for `encode` and `fit`; they do not change a bit of the result.

    Raises:
        VectorError: The dimensions or the table are not as described.

    Examples:
        >>> embedder = HashEmbedder()
        >>> embedder.encode(["Grove of trees", "東京都"]).shape
        (2, 1024)
        >>> fitted = embedder.fit([["oak and elm", "oak and ash"], ["a fern"]])
        >>> fitted.fingerprint == embedder.fingerprint
        False
    """

    name: Final = "hash-v1"
    version: Final = "1"
    dtype: Final = "float32"
    normalized: Final = True
    deterministic: Final = True

    def __init__(
        self, dimensions: int = 1024, table: npt.NDArray[np.uint16] | None = None, *, threads: int = 1
    ) -> None:
        if not 1 <= dimensions <= MAX_DIMENSIONS:
            raise VectorError(f"dimensions must be between 1 and {MAX_DIMENSIONS}, not: {dimensions}")
        if threads < 1:
            raise VectorError(f"threads must be at least 1, not: {threads}")
        self._dimensions = dimensions
        self._threads = threads
        self._table = None if table is None else _checked_table(table)

    @property
    def dimensions(self) -> int:
        """Components of a vector."""
        return self._dimensions

    @property
    def table(self) -> npt.NDArray[np.uint16] | None:
        """The fitted table, read-only, or None."""
        return self._table

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, over the JCS (RFC 8785) of name, version, dimensions, Unicode and table digest."""
        return hashlib.sha256(rfc8785.dumps(self._configuration())).hexdigest()

    def encode(self, texts: Texts) -> npt.NDArray[np.float32]:
        """Return the vectors of texts.

        Args:
            texts: Strings; None and texts without a word get the zero vector.

        Returns:
            float32[n, dimensions], each row of length 1 or zero.

        Raises:
            VectorError: Something is not a text, or longer than 64 MiB.
        """
        parts = [
            _core.hash_embed(
                array,
                dimensions=self._dimensions,
                inverse_document_frequencies=self._table,
                threads=self._threads,
            )
            for array in text_arrays(texts)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def fit(self, batches: Iterable[Texts]) -> HashEmbedder:
        """Return an embedder with the inverse document frequencies of a corpus, read in one pass.

        The entry of a feature is round(1024 (ln((n + 1) / (f + 1)) + 1)) for n texts of which f have a feature with the
        same upper twenty bits: smoothed inverse document frequency, as in scikit-learn's TfidfTransformer.

        Args:
            batches: The texts; None is no document. Neither the order of texts nor their cut into batches matters.

        Returns:
            A new embedder; this one stays as it is.

        Raises:
            VectorError: There is no text at all, or something is not a text.
        """
        frequencies = np.zeros(TABLE_SIZE, dtype=np.uint64)
        documents = 0
        for batch in batches:
            for array in text_arrays(batch):
                frequencies += _core.document_frequencies(array, threads=self._threads)
                documents += len(array) - array.null_count
        if not 1 <= documents < 1 << 32:
            raise VectorError(f"a table is fitted to at least 1 and less than 2^32 texts, got: {documents}")
        table = _core.fit_table(frequencies.astype(np.uint32), documents)
        return HashEmbedder(self._dimensions, table, threads=self._threads)

    def save(self, path: str | Path) -> None:
        """Write dimensions and fitted table to an Arrow IPC file, with the digest of the table.

        Args:
            path: The file; it is replaced.

        Raises:
            VectorError: No table was fitted: there is nothing to keep.
        """
        if self._table is None:
            raise VectorError("embedder has no table to save; hint: call fit first")
        facts = {"contract": _CONTRACT, **self._configuration()}
        field = pa.field(_COLUMN, pa.uint16(), nullable=False)
        schema = pa.schema([field], metadata={_METADATA: rfc8785.dumps(facts)})
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            writer.write_batch(pa.record_batch([pa.array(self._table)], schema=schema))

    @classmethod
    def load(cls, path: str | Path, *, threads: int = 1) -> HashEmbedder:
        """Read an embedder that `save` wrote.

        Args:
            path: The file.
            threads: As in the constructor.

        Returns:
            The fitted embedder.

        Raises:
            VectorError: The file is no such table, is damaged, or was fitted under another version of Unicode.
        """
        try:
            with pa.OSFile(str(path), "rb") as source:
                rows = pa.ipc.open_file(source).read_all()
                facts: dict[str, Any] = json.loads((rows.schema.metadata or {})[_METADATA])
                table = rows.column(_COLUMN).to_numpy()
                dimensions, digest, unicode = (facts[key] for key in ("dimensions", "table", "unicode"))
        except (pa.ArrowInvalid, pa.ArrowKeyError, KeyError, ValueError, TypeError) as error:
            raise VectorError(f"file is no table of hash-v1: {path}") from error
        if facts.get("contract") != _CONTRACT or not isinstance(dimensions, int):
            raise VectorError(f"file is no table of contract {_CONTRACT}: {path}")
        embedder = cls(dimensions, table, threads=threads)
        if embedder._configuration()["table"] != digest:
            raise VectorError(f"table is not the one that its digest names: {path}")
        if unicode != _core.hash_embed_unicode():
            raise VectorError(f"table was fitted under other versions of Unicode, fit it again: {unicode}")
        return embedder

    def _configuration(self) -> dict[str, Any]:
        digest = None if self._table is None else hashlib.sha256(self._table.astype("<u2").tobytes()).hexdigest()
        return {
            "name": self.name,
            "version": self.version,
            "dimensions": self._dimensions,
            "unicode": _core.hash_embed_unicode(),
            "table": digest,
        }


def _checked_table(table: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    if not isinstance(table, np.ndarray) or table.dtype != np.uint16 or table.shape != (TABLE_SIZE,):
        kind = f"{table.dtype}{list(table.shape)}" if isinstance(table, np.ndarray) else type(table).__name__
        raise VectorError(f"table must be an array uint16[{TABLE_SIZE}], got: {kind}")
    own = table.astype(np.uint16, copy=True)  # native byte order, contiguous, and nobody else writes to it
    own.flags.writeable = False
    return own
