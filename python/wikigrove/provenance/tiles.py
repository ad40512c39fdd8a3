"""The tree over a leaf table, and its tiles: levels >= 1 are stored in one pack, level 0 is recomputed.

A pack is `wgtiles` and the byte 01, the tree size as u64, then for each tile level from 1 on the hashes of its full
subtrees of 256**level leaves; 256 of them are one tile of C2SP tlog-tiles. 1.2e9 leaves take 150 MB this way instead of
38 GB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wikigrove import _core
from wikigrove.errors import InclusionError, ProofError
from wikigrove.provenance.proof import InclusionProof

WIDTH: Final = 256
HASH_BYTES: Final = 32
HEADER_BYTES: Final = 16

HashReader = Callable[[int, int], bytes]
"""From a range of leaf indices (first, end) to their hashes, recomputed from the leaves, 32 bytes each."""


def build_tree(leaf_hashes: Iterable[bytes]) -> _core.Tree:
    """Build a tree in one pass, in 32 bytes of memory for 256 leaves.

    Args:
        leaf_hashes: Runs of concatenated leaf hashes, in order.

    Returns:
        The tree: `size`, `root`, and `tiles()` for the pack.

    >>> build_tree([bytes(32), bytes(32)]).size
    2
    """
    tree = _core.Tree()
    for run in leaf_hashes:
        tree.append(run)
    return tree


@dataclass(frozen=True, slots=True)
class TilePack:
    """The stored levels of one tree. Opening it trusts nothing: compare `root` with a verified checkpoint.

    Args:
        data: The bytes of the pack.
    """

    data: bytes

    @classmethod
    def read(cls, path: Path) -> TilePack:
        """Read a pack from a file.

        Raises:
            ProofError: The bytes are no pack.
        """
        pack = cls(path.read_bytes())
        if len(pack.data) < HEADER_BYTES:
            raise ProofError(f"tiles are cut: {path}")
        try:
            _core.tile_paths(pack.data, [], [])
        except InclusionError as error:
            raise ProofError(f"{error}: {path}") from error
        return pack

    @property
    def size(self) -> int:
        """Number of leaves, as the header states."""
        return int.from_bytes(self.data[8:HEADER_BYTES], "big")

    def root(self, leaf_hashes: HashReader) -> bytes:
        """Compute the root from the stored levels and the leaves behind the last full tile.

        Args:
            leaf_hashes: Reads recomputed leaf hashes.

        Returns:
            32 bytes.
        """
        return _core.tile_root(self.data, self._windows([], leaf_hashes))[1]

    def prove(self, indices: Sequence[int], leaf_hashes: HashReader) -> list[InclusionProof]:
        """Make inclusion proofs.

        Args:
            indices: Leaf indices, in any order.
            leaf_hashes: Reads recomputed leaf hashes; it is asked for the level-0 tiles of the indices only.

        Returns:
            One proof for each index, in the order asked.

        Raises:
            InclusionError: The tree does not hold an index.
        """
        if any(not 0 <= index < self.size for index in indices):
            raise InclusionError(f"tree of {self.size} leaves does not hold all of the asked: {max(indices)}")
        paths = _core.tile_paths(self.data, self._windows(indices, leaf_hashes), list(indices))
        return [InclusionProof(index, tuple(path)) for index, path in zip(indices, paths, strict=True)]

    def differing_tiles(self, other: TilePack) -> list[int]:
        """Compare level 1 of two packs.

        Args:
            other: A pack of a tree of the same size.

        Returns:
            Each k for which the leaves `256 k .. 256 k + 255` have other hashes.
        """
        count = self.size // WIDTH
        ends = [HEADER_BYTES + place * HASH_BYTES for place in range(count + 1)]
        return [k for k in range(count) if self.data[ends[k] : ends[k + 1]] != other.data[ends[k] : ends[k + 1]]]

    def _windows(self, indices: Sequence[int], leaf_hashes: HashReader) -> list[tuple[int, bytes]]:
        starts = {index // WIDTH * WIDTH for index in indices}
        if self.size % WIDTH:
            starts.add(self.size // WIDTH * WIDTH)
        return [(start, leaf_hashes(start, min(start + WIDTH, self.size))) for start in sorted(starts)]
