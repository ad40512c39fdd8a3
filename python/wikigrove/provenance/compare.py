"""Compares leaves and hashes, and says in which fields they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from wikigrove import _core
from wikigrove.errors import LeafFormatError, SchemaError
from wikigrove.provenance.leaf import encode_leaves

Derive = Callable[[pa.RecordBatch, Mapping[str, Any] | None], Mapping[str, Any]]
"""From records and the header of their dump to columns that follow from them: licence and address, or plain text."""


def differing_rows(one: bytes, other: bytes, *, width: int = 32) -> list[int]:
    """Compare two runs of values of the same width.

    Args:
        one: Concatenated values.
        other: As many.
        width: Bytes of a value.

    Returns:
        The positions at which they differ.

    >>> differing_rows(b"aabbcc", b"aabxcc", width=2)
    [1]
    """
    if one == other:
        return []
    left = np.frombuffer(one, dtype=np.uint8).reshape(-1, width)
    right = np.frombuffer(other, dtype=np.uint8).reshape(-1, width)
    rows: list[int] = np.flatnonzero((left != right).any(axis=1)).tolist()
    return rows


def differing_fields(one: bytes, other: bytes) -> str:
    """Name the fields in which two leaves differ.

    Args:
        one: An encoded leaf.
        other: An encoded leaf.

    Returns:
        Names, joined by commas; `text` and `title` stand for their commitments.
    """
    try:
        left, right = _core.decode_leaf(one), _core.decode_leaf(other)
    except LeafFormatError as error:
        return f"one of them does not decode ({error})"
    names = [name for name in {**left, **right} if left.get(name) != right.get(name)]
    return ", ".join(names) or "none"


def unequal_rows(one: pa.Array[Any], other: pa.Array[Any]) -> list[int]:
    """Compare two columns of the same length; null differs from every value.

    >>> unequal_rows(pa.array([1, 2]), pa.array([1, 3]))
    [1]
    """
    if one.equals(other):
        return []
    return [row for row in range(len(one)) if one[row] != other[row]]


def encode_readable(batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch | str]]:
    """Make leaves; if a row has none, go row by row, so that it and only it is left out.

    Args:
        batch: Rows with the columns of a leaf.

    Yields:
        Row number in the batch, and the leaves from there on or, for a single row, why it has none.
    """
    try:
        yield 0, encode_leaves(batch)
        return
    except SchemaError as error:
        if batch.num_rows == 1:
            yield 0, str(error)
            return
    for row in range(batch.num_rows):
        for _, leaves in encode_readable(batch.slice(row, 1)):
            yield row, leaves
