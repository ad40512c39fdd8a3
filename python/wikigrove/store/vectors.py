"""Vectors: uncompressed Arrow IPC files that NumPy reads where they lie, memory-mapped and without a copy.

Floats gain nothing by compression, and texts gain nothing by lying beside them, so both have files of their own. One
record batch is one block of memory; a matrix over several batches or files has to be copied together once, which
`Vectors.chunks` avoids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wikigrove.errors import FingerprintError, SegmentDamagedError, StoreError, StoreFormatError, VectorError
from wikigrove.store import canonical
from wikigrove.store.fetch import damage
from wikigrove.store.layout import Store
from wikigrove.store.manifest import Manifest

CONTRACT: Final = "wikigrove.vectors/1"
METADATA_KEY: Final = b"wikigrove.vectors"
_SHAPE: Final[dict[str, tuple[type, ...]]] = {
    "contract": (str,),
    "name": (str,),
    "version": (str,),
    "fingerprint": (str,),
    "dimensions": (int,),
    "normalized": (bool,),
    "records_sha256": (str,),
}


@dataclass(frozen=True, slots=True)
class EmbedderFacts:
    """Who made vectors, and of what.

    Args:
        name: The embedder, for instance `hash-v1`.
        version: Its version.
        fingerprint: Digest over everything that the vectors depend on besides the texts.
        dimensions: Components of a vector.
        normalized: Whether every vector has length 1 (or is zero).
        records_sha256: Digest of the records that were embedded.
    """

    name: str
    version: str
    fingerprint: str
    dimensions: int
    normalized: bool
    records_sha256: str

    def __post_init__(self) -> None:
        if self.dimensions < 1:
            raise VectorError(f"vectors need at least one dimension: {self.dimensions}")

    def to_json(self) -> dict[str, Any]:
        """Return the facts as a JSON object."""
        return {"contract": CONTRACT, **asdict(self)}

    @classmethod
    def from_json(cls, value: object, *, source: str) -> EmbedderFacts:
        """Read the facts strictly; a StoreFormatError names the source."""
        facts = dict(canonical.members(value, _SHAPE, what="embedder", source=source))
        if facts.pop("contract") != CONTRACT or facts["dimensions"] < 1:
            raise StoreFormatError(f"vectors are of another contract than {CONTRACT}: {source}")
        return cls(**facts)


def vector_schema(dimensions: int) -> pa.Schema:
    """Return the columns of a file of vectors, without metadata."""
    item = pa.field("item", pa.float32(), nullable=False)
    return pa.schema(
        [
            pa.field("leaf_index", pa.int64(), nullable=False),
            pa.field("page_id", pa.int64(), nullable=False),
            pa.field("revision_id", pa.int64(), nullable=False),
            pa.field("vec", pa.list_(item, dimensions), nullable=False),
        ]
    )


class Vectors:
    """Vectors of one embedder, memory-mapped; use `Vectors.open` or `Vectors.open_file`.

    Args:
        facts: Who made them.
        batches: Record batches in ascending order of `leaf_index`.
        offsets: For each batch, what to add to its `leaf_index`.
    """

    def __init__(self, facts: EmbedderFacts, batches: Sequence[pa.RecordBatch], offsets: Sequence[int]) -> None:
        self.facts: Final = facts
        self._batches: Final = tuple(batches)
        self._offsets: Final = tuple(offsets)

    @classmethod
    def open(
        cls,
        store: Store,
        *,
        name: str | None = None,
        fingerprint: str | None = None,
        manifest: Manifest | None = None,
        verify: bool = False,
    ) -> Vectors:
        """Open the vectors of one embedder over all segments of a store.

        Args:
            store: The store.
            name: The embedder's name; needed only where the store has vectors of several.
            fingerprint: The fingerprint that the vectors must have.
            manifest: The version to read; the newest by default.
            verify: Hash every file first. Without it damage inside of a vector stays unseen.

        Returns:
            The vectors, with global ids.

        Raises:
            FingerprintError: There are vectors, but none with that fingerprint.
            StoreError: There are no vectors, or of several embedders and none was named.
            SegmentDamagedError: A file is missing or damaged.
        """
        segments = []
        for segment in (manifest or store.manifest()).content.of_kind("vectors"):
            facts = EmbedderFacts.from_json(segment.extra.get("embedder"), source=segment.path)
            if name is None or facts.name == name:
                segments.append((segment, facts))
        if not segments:
            raise StoreError(f"store holds no vectors of embedder: {name or 'any'}; hint: embed the records first")
        if fingerprint is not None:
            there = sorted({facts.fingerprint for _, facts in segments})
            segments = [(segment, facts) for segment, facts in segments if facts.fingerprint == fingerprint]
            if not segments:
                raise FingerprintError(f"store has vectors with other fingerprints ({', '.join(there)}): {fingerprint}")
        kinds = sorted({f"{facts.name} {facts.fingerprint}" for _, facts in segments})
        if len(kinds) > 1:
            raise StoreError(f"store holds vectors of several embedders, name one: {', '.join(kinds)}")
        batches: list[pa.RecordBatch] = []
        offsets: list[int] = []
        for segment, facts in segments:
            path = store.check_segment(segment) if verify else store.segment_path(segment)
            found, rows = _open(path)
            if found != facts or sum(batch.num_rows for batch in rows) != segment.rows:
                raise SegmentDamagedError(f"file of vectors is not the one that the manifest describes: {path}")
            batches += rows
            offsets += [segment.offset] * len(rows)
        vectors = cls(segments[0][1], batches, offsets)
        if (np.diff(vectors.ids) <= 0).any():
            raise StoreError(f"segments of vectors overlap or are listed out of order: {segments[0][0].path}")
        return vectors

    @classmethod
    def open_file(cls, path: str | Path) -> Vectors:
        """Open a single file; its ids are those stored.

        Args:
            path: An Arrow IPC file that `VectorWriter` wrote.

        Returns:
            The vectors.

        Raises:
            SegmentDamagedError: The file is missing, damaged or holds something else.
        """
        facts, batches = _open(Path(path))
        return cls(facts, batches, [0] * len(batches))

    def __len__(self) -> int:
        return sum(batch.num_rows for batch in self._batches)

    @property
    def name(self) -> str:
        """The embedder's name."""
        return self.facts.name

    @property
    def fingerprint(self) -> str:
        """The embedder's fingerprint."""
        return self.facts.fingerprint

    @property
    def dimensions(self) -> int:
        """Components of a vector."""
        return self.facts.dimensions

    @cached_property
    def ids(self) -> npt.NDArray[np.int64]:
        """Global `leaf_index` of each row, int64[n], ascending, read-only."""
        pairs = zip(self._batches, self._offsets, strict=True)
        columns = [_numpy(batch, 0) + offset if offset else _numpy(batch, 0) for batch, offset in pairs]
        return _joined(columns, np.int64)

    @cached_property
    def page_ids(self) -> npt.NDArray[np.int64]:
        """int64[n], read-only."""
        return _joined([_numpy(batch, 1) for batch in self._batches], np.int64)

    @cached_property
    def revision_ids(self) -> npt.NDArray[np.int64]:
        """int64[n], read-only."""
        return _joined([_numpy(batch, 2) for batch in self._batches], np.int64)

    @cached_property
    def chunks(self) -> tuple[npt.NDArray[np.float32], ...]:
        """Views of the mapped file, float32[rows of the batch, dimensions] each, in the order of `ids`; no copy."""
        return tuple(_numpy(batch, 3).reshape(batch.num_rows, self.dimensions) for batch in self._batches)

    @cached_property
    def matrix(self) -> npt.NDArray[np.float32]:
        """float32[n, dimensions], C-contiguous, read-only.

        One chunk is returned as it lies in the file. Several are copied into one array on the first use, which takes
        4 * n * dimensions bytes; whoever can work chunk by chunk uses `chunks`.
        """
        if not self.chunks:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return _joined(self.chunks, np.float32)


def _numpy(batch: pa.RecordBatch, place: int) -> npt.NDArray[Any]:
    column: Any = batch.column(place)
    values = column.flatten() if pa.types.is_fixed_size_list(column.type) else column
    array: npt.NDArray[Any] = values.to_numpy(zero_copy_only=True)
    return array


def _joined(parts: Sequence[npt.NDArray[Any]], dtype: type[np.generic]) -> npt.NDArray[Any]:
    joined = parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)
    joined.flags.writeable = False
    return joined


def _open(path: Path) -> tuple[EmbedderFacts, list[pa.RecordBatch]]:
    """Map a file and check everything but the values of the vectors."""
    with damage(path):
        reader = pa.ipc.open_file(pa.memory_map(str(path), "r"))
        schema = reader.schema
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        for batch in batches:
            batch.validate(full=True)
    try:
        value = canonical.decode((schema.metadata or {}).get(METADATA_KEY, b""), source=str(path))
        facts = EmbedderFacts.from_json(value, source=str(path))
    except StoreFormatError as error:
        raise SegmentDamagedError(f"file holds no vectors of contract {CONTRACT}: {path}") from error
    if not schema.equals(vector_schema(facts.dimensions), check_metadata=False):
        raise SegmentDamagedError(f"file of vectors has other columns than its contract: {path}")
    previous = -1
    for batch in batches:
        if any(column.null_count for column in batch.columns):
            raise SegmentDamagedError(f"file of vectors has nulls: {path}")
        indices = _numpy(batch, 0)
        if len(indices) and (indices[0] <= previous or (np.diff(indices) <= 0).any()):
            raise SegmentDamagedError(f"leaf_index does not ascend in file of vectors: {path}")
        previous = int(indices[-1]) if len(indices) else previous
    return facts, batches
