"""The compiled core. Every function here is documented in the Python module that calls it."""

import os
from collections.abc import Sequence
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DEBUG_BUILD",
    "ArticleReader",
    "Batch",
    "DumpReader",
    "Tree",
    "__version__",
    "check_rows",
    "check_vectors",
    "combine_frontiers",
    "consistency_path",
    "cross_means",
    "decode_leaf",
    "decode_leaves",
    "decode_output_leaves",
    "document_frequencies",
    "encode_leaves",
    "encode_output_leaves",
    "feature_means",
    "find_superseded",
    "fit_table",
    "frontier",
    "hash_embed",
    "hash_embed_unicode",
    "hash_leaves",
    "herd",
    "herd_features",
    "inclusion_path",
    "inclusion_paths",
    "kernel_similarity",
    "merkle_root",
    "output_commitment",
    "pair_distances",
    "pair_means",
    "plain_text",
    "random_features",
    "read_article",
    "read_record",
    "tile_paths",
    "tile_root",
    "top_k",
    "verify_consistency",
    "verify_inclusion",
]

__version__: Final[str]
DEBUG_BUILD: Final[bool]

# ---------------------------------------------------------------- arrow

@final
class Batch:
    @property
    def num_rows(self) -> int: ...
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]: ...

# ---------------------------------------------------------------- dump

@final
class DumpReader:
    def __new__(
        cls,
        path: str | os.PathLike[str],
        *,
        wiki_id: str,
        source_id: int = 0,
        threads: int = 1,
        batch_bytes: int = 8388608,
        part_bytes: int = 268435456,
        resume: dict[str, Any] | None = None,
        digests: Sequence[str] | None = ...,  # beyond SHA-256; with None the file is not hashed
    ) -> DumpReader: ...
    def next_batch(self) -> Batch | None: ...
    def next_part(self) -> dict[str, Any] | None: ...
    def quarantine(self) -> Batch: ...
    def seek_points(self) -> Batch: ...
    def log_items(self) -> Batch: ...
    def siteinfo(self) -> dict[str, Any] | None: ...
    def summary(self) -> dict[str, Any]: ...

def read_record(
    path: str | os.PathLike[str],
    *,
    wiki_id: str,
    source_id: int,
    stream_offset: int,
    page_stream_offset: int,
    page_offset: int,
    element_offset: int,
    element_length: int,
    namespaces: list[tuple[int, str]],
    seek: list[tuple[int, int]] = ...,
) -> Batch: ...

# ---------------------------------------------------------------- enterprise

@final
class ArticleReader:
    def __new__(
        cls,
        path: str | os.PathLike[str],
        *,
        wiki_id: str,
        source_id: int = 0,
        threads: int = 1,
        batch_bytes: int = 8388608,
        digests: Sequence[str] = ...,
        superseded: list[int] | None = None,
        line_bytes: int = 268435456,
    ) -> ArticleReader: ...
    def next_batch(self) -> Batch | None: ...
    def next_part(self) -> dict[str, Any] | None: ...
    def quarantine(self) -> Batch: ...
    def seek_points(self) -> Batch: ...
    def log_items(self) -> Batch: ...
    def siteinfo(self) -> dict[str, Any] | None: ...
    def summary(self) -> dict[str, Any]: ...

def find_superseded(
    path: str | os.PathLike[str], *, wiki_id: str, threads: int = 1, digests: Sequence[str] = ...
) -> tuple[list[int], dict[str, Any]]: ...
def read_article(
    path: str | os.PathLike[str], *, wiki_id: str, source_id: int, element_offset: int, element_length: int
) -> Batch: ...

# ---------------------------------------------------------------- text

def plain_text(texts: Any, *, namespaces: list[tuple[int, str]], threads: int = 1) -> Batch: ...

# ---------------------------------------------------------------- leaf

def encode_leaves(batch: Any, *, threads: int = 1) -> Batch: ...
def encode_output_leaves(source_index: Any, source_root: bytes, transform: bytes, texts: Any) -> Batch: ...
def output_commitment(texts: Any) -> Batch: ...
def hash_leaves(leaves: Any) -> Batch: ...
def decode_leaf(leaf: bytes) -> dict[str, Any]: ...
def decode_leaves(leaves: Any) -> Batch: ...
def decode_output_leaves(leaves: Any) -> Batch: ...

# ---------------------------------------------------------------- merkle

@final
class Tree:
    def __new__(cls) -> Tree: ...
    def append(self, leaf_hashes: bytes) -> None: ...
    @property
    def size(self) -> int: ...
    @property
    def root(self) -> bytes: ...
    def tiles(self) -> bytes: ...

def merkle_root(leaf_hashes: bytes) -> bytes: ...
def frontier(leaf_hashes: bytes, offset: int) -> list[tuple[int, int, bytes]]: ...
def combine_frontiers(frontiers: Sequence[Sequence[tuple[int, int, bytes]]]) -> tuple[int, bytes]: ...
def inclusion_path(leaf_hashes: bytes, index: int) -> list[bytes]: ...
def inclusion_paths(leaf_hashes: bytes, indices: Sequence[int]) -> list[list[bytes]]: ...
def consistency_path(leaf_hashes: bytes, first: int) -> list[bytes]: ...
def verify_inclusion(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None: ...
def verify_consistency(
    first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None: ...
def tile_root(pack: bytes, windows: Sequence[tuple[int, bytes]]) -> tuple[int, bytes]: ...
def tile_paths(pack: bytes, windows: Sequence[tuple[int, bytes]], indices: Sequence[int]) -> list[list[bytes]]: ...

# ---------------------------------------------------------------- embed

def hash_embed(
    texts: Any,
    *,
    dimensions: int = 1024,
    inverse_document_frequencies: NDArray[np.uint16] | None = None,
    threads: int = 1,
) -> NDArray[np.float32]: ...
def document_frequencies(texts: Any, *, threads: int = 1) -> NDArray[np.uint32]: ...
def fit_table(frequencies: NDArray[np.uint32], documents: int) -> NDArray[np.uint16]: ...
def hash_embed_unicode() -> dict[str, str]: ...

# ---------------------------------------------------------------- topk

def top_k(
    rows: NDArray[np.float32], queries: NDArray[np.float32], k: int, *, threads: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.float32]]: ...
def check_rows(rows: NDArray[np.float32], *, first_row: int = 0) -> None: ...

# ---------------------------------------------------------------- herding

def check_vectors(matrix: NDArray[np.float32]) -> None: ...
def kernel_similarity(
    rows: NDArray[np.float32], columns: NDArray[np.float32], bandwidth: float, *, threads: int = 1
) -> NDArray[np.float64]: ...
def pair_distances(matrix: NDArray[np.float32], *, threads: int = 1) -> NDArray[np.float64]: ...
def pair_means(
    matrix: NDArray[np.float32], bandwidth: float, *, threads: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def cross_means(
    rows: NDArray[np.float32], population: NDArray[np.float32], bandwidth: float, *, threads: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]: ...
def random_features(
    matrix: NDArray[np.float32],
    radii: NDArray[np.float64],
    angles: NDArray[np.float64],
    phases: NDArray[np.float64],
    bandwidth: float,
    *,
    threads: int = 1,
) -> NDArray[np.float32]: ...
def feature_means(features: NDArray[np.float32], *, threads: int = 1) -> NDArray[np.float64]: ...
def herd(
    matrix: NDArray[np.float32],
    means: NDArray[np.float64],
    strata: NDArray[np.uint32],
    quotas: list[int],
    bandwidth: float,
    *,
    start: list[int] = ...,
    sweeps: int = 3,
    threads: int = 1,
) -> NDArray[np.int64]: ...
def herd_features(
    features: NDArray[np.float32],
    means: NDArray[np.float64],
    strata: NDArray[np.uint32],
    quotas: list[int],
    *,
    sweeps: int = 3,
    threads: int = 1,
) -> NDArray[np.int64]: ...
