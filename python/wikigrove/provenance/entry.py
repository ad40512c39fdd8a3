"""Entries of a grove log: what was sealed, from what, under which rules, by which key (leaf kinds 4 and 6 to 12)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, NoReturn

from wikigrove.errors import LeafFormatError

MAGIC: Final = b"wgleaf\0"
VERSION: Final = 1

SOURCE_MANIFEST: Final = 4
"""Files, digest of their list, origin of the tree they were read for."""

LICENCE_TABLE: Final = 6
"""Bytes and digest of the rules, their version."""

CONTRACT: Final = 7
SNAPSHOT_ROOT: Final = 8
"""Size, root and origin of a snapshot tree, with the digest of its descriptor."""

STATEMENT: Final = 9
KEY_CHANGE: Final = 10
"""0, SHA-256 of the new key's text, the key's name."""

EVENT_ROOT: Final = 11
DATASET_ROOT: Final = 12
"""Size, root and origin of a data-set tree, with the digest of its descriptor."""

KINDS: Final = {
    SOURCE_MANIFEST: "source manifest",
    LICENCE_TABLE: "licence table",
    CONTRACT: "contract",
    SNAPSHOT_ROOT: "snapshot root",
    STATEMENT: "statement",
    KEY_CHANGE: "key change",
    EVENT_ROOT: "event root",
    DATASET_ROOT: "data-set root",
}
DESCRIPTOR: Final = 16
"""Type of the extension that holds the SHA-256 of a canonical descriptor."""

MAX_NAME_BYTES: Final = 255
MAX_EXTENSIONS_BYTES: Final = 0xFFFF
MAX_ENTRY_BYTES: Final = 0xFFFF  # a bundle gives the length two bytes
_FIXED: Final = struct.Struct(">7sBBqQ32s")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Args:
        kind: One of `KINDS`.
        time_s: When it was entered, in seconds since 1970.
        count: Size, files or bytes, as the kind says.
        digest: 32 bytes, as the kind says.
        name: Origin, version or key name, as the kind says; 1 to 255 bytes of UTF-8.
        extensions: Data by type.

    Raises:
        LeafFormatError: A value cannot stand in an entry.
    """

    kind: int
    time_s: int
    count: int
    digest: bytes
    name: str
    extensions: tuple[tuple[int, bytes], ...] = ()

    def __post_init__(self) -> None:
        types = [kind for kind, _ in self.extensions]
        size = sum(4 + len(data) for _, data in self.extensions)
        if self.kind not in KINDS:
            raise LeafFormatError(f"kind of an entry is not 4 or 6 to 12: {self.kind}")
        if not -(1 << 63) <= self.time_s < 1 << 63 or not 0 <= self.count < 1 << 63 or len(self.digest) != 32:
            raise LeafFormatError(f"entry has a time, count or digest out of range: {self.name}")
        if not 1 <= len(self.name.encode()) <= MAX_NAME_BYTES:
            raise LeafFormatError(f"name of an entry is not 1 to {MAX_NAME_BYTES} bytes: {self.name!r}")
        if types != sorted(set(types)) or any(not 0 <= kind <= 0xFFFF for kind in types):
            raise LeafFormatError(f"extensions of an entry do not ascend: {types}")
        if size > MAX_EXTENSIONS_BYTES or len(self.to_bytes()) > MAX_ENTRY_BYTES:
            raise LeafFormatError(f"extensions of an entry are too large: {size}")

    def says_the_same(self, other: Entry) -> bool:
        """Say whether two entries differ in nothing but their time; the second of them is never entered."""
        return (self.kind, self.count, self.digest, self.name, self.extensions) == (
            *(other.kind, other.count, other.digest),
            *(other.name, other.extensions),
        )

    def to_bytes(self) -> bytes:
        """Return the bytes that the log's tree hashes."""
        name = self.name.encode()
        more = b"".join(struct.pack(">HH", kind, len(data)) + data for kind, data in self.extensions)
        fixed = _FIXED.pack(MAGIC, VERSION, self.kind, self.time_s, self.count, self.digest)
        return fixed + bytes([len(name)]) + name + struct.pack(">H", len(more)) + more

    @classmethod
    def parse(cls, data: bytes) -> Entry:
        """Parse an entry strictly: `parse(x).to_bytes() == x` for every x that is accepted.

        Args:
            data: The bytes.

        Returns:
            The entry.

        Raises:
            LeafFormatError: Another magic, version or kind, a wrong length, or bytes behind the end.
        """

        def fail(reason: str, offset: int) -> NoReturn:
            raise LeafFormatError(f"{reason}; byte offset: {offset}")

        if len(data) <= _FIXED.size:
            fail("entry is cut", len(data))
        magic, version, kind, time_s, count, digest = _FIXED.unpack_from(data)
        if magic != MAGIC or version != VERSION:
            fail("entry has another magic or version", 0)
        if kind not in KINDS:
            fail(f"kind of an entry is not 4 or 6 to 12 ({kind})", 8)
        start = _FIXED.size + 1
        end = start + data[_FIXED.size]
        if end == start or len(data) < end + 2:
            fail("name of an entry is empty or cut", start)
        try:
            name = data[start:end].decode("utf-8")
        except UnicodeDecodeError as error:
            raise LeafFormatError(f"name of an entry is not UTF-8; byte offset: {start + error.start}") from error
        if len(data) != end + 2 + int.from_bytes(data[end : end + 2], "big"):
            fail("entry is cut or has bytes behind its end", end)
        extensions, place = [], end + 2
        while place < len(data):
            if len(data) < place + 4:
                fail("extension is cut", place)
            of_type, length = struct.unpack_from(">HH", data, place)
            if len(data) < place + 4 + length:
                fail("extension is cut", place)
            extensions.append((of_type, data[place + 4 : place + 4 + length]))
            place += 4 + length
        return cls(kind, time_s, count, digest, name, tuple(extensions))
