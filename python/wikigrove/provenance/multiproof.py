"""One proof for many rows of a tree: the hashes that their single paths have in common stand in it once.

`emit(first, end)`: no wanted index gives the root of the range; a single wanted leaf gives nothing; else the range is
split as RFC 6962 does, left before right. The file is `wgmproof`, the byte 01, the tree size, the number of indices,
the indices ascending, the number of hashes (all u64, big-endian), then the hashes. Leaf hashes come from the rows.
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from wikigrove import _core
from wikigrove.crypto.treehead import TreeHead
from wikigrove.errors import InclusionError, ProofError

MAGIC: Final = b"wgmproof\x01"
MAX_INDICES: Final = 1 << 28
_U64: Final = struct.Struct(">Q")

RangeRoot = Callable[[int, int], bytes]
"""From a range of leaves (first, end) that the tree splits into to the root over them."""


@dataclass(frozen=True, slots=True)
class Multiproof:
    """The hashes that lead from some leaves to the root of a tree.

    Args:
        size: Number of leaves of the tree.
        indices: Which leaves, strictly ascending, at least one.
        hashes: 32 bytes each, in the order in which `emit` meets them.

    Raises:
        ProofError: Size or indices are out of range or order, or a hash is of another length.
    """

    size: int
    indices: tuple[int, ...]
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        indices = self.indices
        if not 0 < self.size < 1 << 63 or not indices or indices[0] < 0 or indices[-1] >= self.size:
            raise ProofError(f"multiproof has no index, or one that its tree does not hold, size: {self.size}")
        if any(left >= right for left, right in pairwise(indices)):
            raise ProofError("indices of a multiproof do not ascend")
        if any(len(node) != 32 for node in self.hashes):
            raise ProofError("multiproof holds a hash that does not have 32 bytes")

    @classmethod
    def make(cls, size: int, indices: Sequence[int], root_of: RangeRoot) -> Multiproof:
        """Make the proof.

        Args:
            size: Number of leaves of the tree.
            indices: Which leaves, in any order.
            root_of: Gives the root over a range of leaves.

        Returns:
            The proof.

        Raises:
            ProofError: There is no index, or one that the tree does not hold.
        """
        ascending = tuple(sorted(set(indices)))
        cls(size, ascending, ())  # refuses bad indices before any work
        hashes: list[bytes] = []
        _walk(ascending, size, lambda first, end: hashes.append(root_of(first, end)), lambda _: None)
        return cls(size, ascending, tuple(hashes))

    @classmethod
    def of_hashes(cls, leaf_hashes: bytes, indices: Sequence[int]) -> Multiproof:
        """Make the proof from all leaf hashes of the tree, 32 bytes each; see `make`.

        >>> Multiproof.of_hashes(bytes(96), [0, 2]).hashes == (bytes(32),)
        True
        """
        return cls.make(
            len(leaf_hashes) // 32, indices, lambda first, end: _core.merkle_root(leaf_hashes[32 * first : 32 * end])
        )

    def verify(self, leaf_hashes: Sequence[bytes], head: TreeHead) -> None:
        """Check that all leaves are in the tree at their positions.

        Args:
            leaf_hashes: One for each index, in their order.
            head: Size and root of the tree, from a verified checkpoint.

        Raises:
            InclusionError: The proof is of another size, has too few or too many hashes, or leads to another root.
        """
        if head.size != self.size or len(leaf_hashes) != len(self.indices) or any(len(x) != 32 for x in leaf_hashes):
            raise InclusionError(f"multiproof is of another tree size ({self.size}) or other leaves: {head.origin}")
        stack: list[bytes] = []
        unused = iter(self.hashes)
        known = dict(zip(self.indices, leaf_hashes, strict=True))

        def take(_first: int, _end: int) -> None:
            node = next(unused, None)
            if node is None:
                raise InclusionError("multiproof has too few hashes")
            stack.append(node)

        def join(index: int) -> None:
            if index >= 0:
                stack.append(known[index])
            else:
                right, left = stack.pop(), stack.pop()
                stack.append(hashlib.sha256(b"\1" + left + right).digest())

        _walk(self.indices, self.size, take, join)
        if next(unused, None) is not None:
            raise InclusionError("multiproof has too many hashes")
        if stack != [head.root]:
            raise InclusionError("multiproof leads to another root")

    def to_bytes(self) -> bytes:
        """Return the bytes of the file."""
        numbers = b"".join(map(_U64.pack, (self.size, len(self.indices), *self.indices, len(self.hashes))))
        return MAGIC + numbers + b"".join(self.hashes)

    @classmethod
    def parse(cls, data: bytes) -> Multiproof:
        """Parse a file strictly. Nothing is verified.

        Raises:
            ProofError: The bytes break the format.
        """
        if not data.startswith(MAGIC) or len(data) < len(MAGIC) + 16:
            raise ProofError("bytes are no multiproof")
        size, count = struct.unpack_from(">QQ", data, len(MAGIC))
        place = len(MAGIC) + 16
        if count > MAX_INDICES or len(data) < place + 8 * count + 8:
            raise ProofError(f"multiproof is cut, or has more indices than {MAX_INDICES}: {count}")
        indices = struct.unpack_from(f">{count}Q", data, place)
        place += 8 * count
        (many,) = _U64.unpack_from(data, place)
        place += 8
        if len(data) != place + 32 * many:
            raise ProofError(f"multiproof is cut or has bytes behind its end: {len(data)}")
        return cls(size, indices, tuple(data[at : at + 32] for at in range(place, len(data), 32)))


def _walk(indices: Sequence[int], size: int, emit: Callable[[int, int], None], join: Callable[[int], None]) -> None:
    """Visit the tree: `emit` for a range without a wanted index, `join` with a wanted leaf, or -1 after two halves.

    The depth is that of the tree, at most 63.
    """

    def visit(first: int, end: int, low: int, high: int) -> None:
        if low == high:
            emit(first, end)
        elif end - first == 1:
            join(first)
        else:
            middle = first + (1 << (end - first - 1).bit_length() - 1)
            split = bisect_left(indices, middle, low, high)
            visit(first, middle, low, split)
            visit(middle, end, split, high)
            join(-1)

    visit(0, size, 0, len(indices))
