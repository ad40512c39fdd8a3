"""Proofs for rows of a store: leaves from its leaf table, paths from its tiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from wikigrove.errors import StoreError
from wikigrove.provenance.leaf import hash_leaves
from wikigrove.provenance.proof import InclusionProof
from wikigrove.provenance.tiles import WIDTH, TilePack
from wikigrove.store import Manifest, Store, fetch_by_ids

TILES_AT_ONCE: Final = 512
"""Level-0 tiles whose leaves are in memory at one time: 28 MB of leaves."""


class StoreProver:
    """Makes inclusion proofs from a version of a store.

    Args:
        store: The store.
        manifest: The version; the newest by default.

    Raises:
        StoreError: The version has no tree or no tiles.
    """

    def __init__(self, store: Store, manifest: Manifest | None = None) -> None:
        self._store: Final = store
        self._manifest: Final = manifest or store.manifest()
        packs = self._manifest.content.of_kind("tiles")
        self.tree: Final = self._manifest.content.tree
        if len(packs) != 1:
            raise StoreError(f"version does not have exactly one tree with its tiles: {self._manifest.version}")
        self.pack: Final = TilePack.read(store.segment_path(packs[0]))
        if self.pack.size != self.tree.size:
            raise StoreError(f"tiles are of a tree of {self.pack.size} leaves, the manifest says: {self.tree.size}")

    def inclusion(
        self, indices: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> list[tuple[bytes, tuple[bytes, ...]]]:
        """Give leaf and path of rows.

        Args:
            indices: `leaf_index` of each row, in any order; ascending is fastest.

        Returns:
            For each row its encoded leaf, and the hashes from the leaf to the root.

        Raises:
            InclusionError: The tree does not hold an index.
            StoreError: The leaf table is damaged.
        """
        asked = [int(index) for index in indices]
        tiles = sorted({index // WIDTH for index in asked})
        answers: dict[int, tuple[bytes, tuple[bytes, ...]]] = {}
        for start in range(0, len(tiles), TILES_AT_ONCE):
            part = set(tiles[start : start + TILES_AT_ONCE])
            wanted = sorted({index for index in asked if index // WIDTH in part})
            leaves, hashes = self._leaves(part)
            proofs = self.pack.prove(wanted, lambda first, end, hashes=hashes: hashes[first // WIDTH])  # type: ignore[misc]
            for proof in proofs:
                answers[proof.index] = (leaves[proof.index], proof.path)
        return [answers[index] for index in asked]

    def prove(self, index: int) -> tuple[bytes, InclusionProof]:
        """Give leaf and proof of one row; see `inclusion`."""
        leaf, path = self.inclusion([index])[0]
        return leaf, InclusionProof(index, path)

    def _leaves(self, tiles: set[int]) -> tuple[dict[int, bytes], dict[int, bytes]]:
        """Read whole tiles, and the last partial one, which every path may need."""
        last = self.tree.size // WIDTH
        numbers = sorted(tile for tile in tiles | {last} if tile * WIDTH < self.tree.size)
        ranges = [np.arange(tile * WIDTH, min((tile + 1) * WIDTH, self.tree.size), dtype=np.int64) for tile in numbers]
        ids = np.concatenate([np.zeros(0, dtype=np.int64), *ranges])
        column = fetch_by_ids(self._store, ids, ["leaf"], kind="leaves", manifest=self._manifest).column("leaf")
        rows = column.combine_chunks()
        hashes = hash_leaves(rows)
        by_tile, place = {}, 0
        for tile, ids_of_tile in zip(numbers, ranges, strict=True):
            by_tile[tile] = hashes[place * 32 : (place + len(ids_of_tile)) * 32]
            place += len(ids_of_tile)
        return dict(zip(ids.tolist(), rows.to_pylist(), strict=True)), by_tile
