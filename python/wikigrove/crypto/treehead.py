"""The head of a tree: what a checkpoint says and what its signatures sign (C2SP tlog-checkpoint, tlog-cosignature)."""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass
from typing import Final

from wikigrove.crypto.note import decode_base64
from wikigrove.errors import NoteFormatError

MAX_ORIGIN_BYTES: Final = 255
_LABEL: Final = b"subtree/v1\n\0"
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class TreeHead:
    """Origin, size and root of a tree.

    Args:
        origin: The name of the tree, 1 to 255 bytes of UTF-8.
        size: Number of leaves, below 2**63.
        root: The 32 bytes of the root hash.

    Raises:
        NoteFormatError: One of them cannot stand in a checkpoint.

    >>> TreeHead("example.com/log", 0, bytes(32)).text.splitlines()[1]
    '0'
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not 1 <= len(self.origin.encode()) <= MAX_ORIGIN_BYTES or _CONTROL.search(self.origin):
            raise NoteFormatError(f"origin is not 1 to 255 bytes without control characters: {self.origin!r}")
        if not 0 <= self.size < 1 << 63:
            raise NoteFormatError(f"tree size is not in 0 .. 2**63 - 1: {self.size}")
        if len(self.root) != 32:
            raise NoteFormatError(f"root does not have 32 bytes: {len(self.root)}")

    @property
    def text(self) -> str:
        """The three lines of the checkpoint, each with its newline. An Ed25519 key signs these bytes."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def subtree_message(self, *, cosigner: str, time_s: int) -> bytes:
        """Return what an ML-DSA-44 key signs (C2SP tlog-cosignature, `cosigned_message`).

        Args:
            cosigner: Name of the key.
            time_s: Seconds since 1970, as stated beside the signature.

        Returns:
            `label ‖ name ‖ time ‖ origin ‖ 0 ‖ size ‖ root`, lengths of one byte before name and origin.
        """
        name, origin = cosigner.encode(), self.origin.encode()
        head = _LABEL + struct.pack(">B", len(name)) + name + struct.pack(">Q", time_s)
        return head + struct.pack(">B", len(origin)) + origin + struct.pack(">QQ", 0, self.size) + self.root

    @classmethod
    def parse(cls, text: str) -> TreeHead:
        """Parse the text of a checkpoint strictly.

        Args:
            text: The signed text of a note, with its final newline.

        Returns:
            The head.

        Raises:
            NoteFormatError: There are not exactly three lines (extension lines are refused: an ML-DSA-44 signature does
                not cover them), the size has another spelling, or the root is not 32 bytes of canonical base64.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise NoteFormatError(f"checkpoint does not have exactly three lines: {len(lines) - 1}")
        origin, size, root, _ = lines
        if _SIZE.fullmatch(size) is None:
            raise NoteFormatError(f"tree size is no plain decimal number: {size!r}")
        return cls(origin, int(size), decode_base64(root))
