"""Proofs that one row is in a tree: as values, and as `.tlog-proof` files that hold everything (C2SP tlog-proof)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from wikigrove import _core
from wikigrove.crypto.note import decode_base64
from wikigrove.crypto.treehead import TreeHead
from wikigrove.errors import InclusionError, NoteFormatError, ProofError
from wikigrove.provenance.leaf import hash_leaf

HEADER: Final = "c2sp.org/tlog-proof@v1\n"
MAX_PROOF_BYTES: Final = 512 << 10
MAX_PATH_HASHES: Final = 63
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """The way from one leaf to the root.

    Args:
        index: Position of the leaf.
        path: Sibling hashes, from the leaf to the root.
    """

    index: int
    path: tuple[bytes, ...]

    def verify(self, leaf: bytes, head: TreeHead) -> None:
        """Check that the leaf is in the tree at this position (RFC 9162 section 2.1.3.2).

        Args:
            leaf: The encoded leaf.
            head: Size and root of the tree, from a verified checkpoint.

        Raises:
            InclusionError: The path does not lead from the leaf to the root.
        """
        self.verify_hash(hash_leaf(leaf), head)

    def verify_hash(self, leaf_hash: bytes, head: TreeHead) -> None:
        """Check the same for a leaf hash of 32 bytes; see `verify`."""
        if not 0 <= self.index < 1 << 63:
            raise InclusionError(f"leaf index is not in 0 .. 2**63 - 1: {self.index}")
        _core.verify_inclusion(leaf_hash, self.index, head.size, self.path, head.root)


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof file.

    Args:
        proof: Position and path.
        checkpoint: The signed note, verbatim.
        extra: Application data, by custom the encoded leaf. It is untrusted until it has been hashed.
    """

    proof: InclusionProof
    checkpoint: bytes
    extra: bytes | None = None

    def to_bytes(self) -> bytes:
        """Return the bytes of the file."""
        extra = "" if self.extra is None else f"extra {base64.b64encode(self.extra).decode()}\n"
        path = "".join(f"{base64.b64encode(node).decode()}\n" for node in self.proof.path)
        return f"{HEADER}{extra}index {self.proof.index}\n{path}\n".encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> TlogProof:
        """Parse a proof file strictly. Nothing is verified.

        Args:
            data: The bytes of the file.

        Returns:
            The proof.

        Raises:
            NoteFormatError: The bytes break the format.
        """
        head, separator, checkpoint = data.partition(b"\n\n")
        if len(data) > MAX_PROOF_BYTES or not separator or not checkpoint:
            raise NoteFormatError(f"proof is too large, or has no empty line before its checkpoint: {len(data)} bytes")
        try:
            text = head.decode("ascii") + "\n"
        except UnicodeDecodeError as error:
            raise NoteFormatError(f"proof is not ASCII; byte offset: {error.start}") from error
        if not text.startswith(HEADER):
            raise NoteFormatError(f"proof has another first line: {text[:40]!r}")
        lines = text.removeprefix(HEADER).split("\n")[:-1]
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = decode_base64(lines.pop(0).removeprefix("extra "))
        index = _INDEX.fullmatch(lines[0]) if lines else None
        if index is None or len(lines) - 1 > MAX_PATH_HASHES:
            raise NoteFormatError(f"proof has no index line, or more hashes than {MAX_PATH_HASHES}")
        path = tuple(decode_base64(line) for line in lines[1:])
        if any(len(node) != 32 for node in path):
            raise NoteFormatError("proof holds a hash that does not have 32 bytes")
        return cls(InclusionProof(int(index[1]), path), checkpoint, extra)


def check_path(value: object) -> tuple[bytes, ...]:
    """Take a path as it lies in a Parquet list column.

    Args:
        value: A list of hashes.

    Returns:
        The path.

    Raises:
        ProofError: It is no list of 32-byte strings.
    """
    if not isinstance(value, list) or not all(isinstance(node, bytes) and len(node) == 32 for node in value):
        raise ProofError("path is no list of hashes of 32 bytes")
    return tuple(value)
