"""The seam between wikigrove and whatever makes vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wikigrove.errors import VectorError

Texts: TypeAlias = "Sequence[str | None] | pa.Array[Any] | pa.ChunkedArray[Any]"
"""Texts to encode: Python strings, or an Arrow array of strings of any layout. None is a text without words."""


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors, one float32 row each.

    Two embedders with one `fingerprint` give the same vectors for the same texts, as far as `deterministic` promises
    it; vectors with different fingerprints are never compared.
    """

    @property
    def name(self) -> str:
        """What the embedder is called, for instance `hash-v1`."""
        ...

    @property
    def version(self) -> str:
        """Its version; another version may give other vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """Components of a vector."""
        ...

    @property
    def dtype(self) -> str:
        """Type of a component, by NumPy's name."""
        ...

    @property
    def normalized(self) -> bool:
        """Whether every vector has length 1 or, for a text without content, is zero."""
        ...

    @property
    def deterministic(self) -> bool:
        """Whether the same text gives the same bits on every machine."""
        ...

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, over configuration, weights and what was fitted."""
        ...

    def encode(self, texts: Texts) -> npt.NDArray[np.float32]:
        """Return the vectors of the texts, float32[n, dimensions], C-contiguous."""
        ...


@runtime_checkable
class FittableEmbedder(Embedder, Protocol):
    """An embedder that can be fitted to a corpus in one pass before it encodes."""

    def fit(self, batches: Iterable[Texts]) -> Self:
        """Return an embedder fitted to the texts of all batches; the order of batches does not matter."""
        ...


def text_arrays(texts: Texts) -> list[pa.Array[Any]]:
    """Return the texts as Arrow arrays of `large_string` or `string`, without a copy where they are that already.

    Args:
        texts: Python strings and None, or an Arrow array of strings of any layout.

    Returns:
        One array for each chunk, at least one.

    Raises:
        VectorError: Something is not a text.

    Examples:
        >>> [len(array) for array in text_arrays(["one", None])]
        [2]
    """
    if isinstance(texts, str):
        raise VectorError("expected several texts, got one str; hint: pass a list")
    try:
        if not isinstance(texts, pa.Array | pa.ChunkedArray):
            return [pa.array(texts, type=pa.large_string())]
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError) as error:
        raise VectorError(f"expected texts, each a str or None, got: {error}") from error
    arrays: Any = texts
    if texts.type not in (pa.large_string(), pa.string()):
        if not _holds_text(texts.type):
            raise VectorError(f"expected texts of type large_string or string, got: {texts.type}")
        arrays = texts.cast(pa.large_string())
    chunks: list[pa.Array[Any]] = arrays.chunks if isinstance(arrays, pa.ChunkedArray) else [arrays]
    return chunks or [pa.array([], type=pa.large_string())]


def _holds_text(kind: pa.DataType) -> bool:
    """Whether a cast to large_string only changes the layout."""
    if isinstance(kind, pa.DictionaryType):
        return _holds_text(kind.value_type)
    is_text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)
    return any(test(kind) for test in is_text)
