"""Small files that ask for much: packed zeros, windows, dictionaries, empty streams, false starts."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zlib
from pathlib import Path

HEAD = b"<mediawiki><siteinfo><dbname>examplewiki</dbname></siteinfo>"
OPEN = b"<page><title>A</title><ns>0</ns><id>1</id><revision><id>1</id><text>"
CLOSE = b"</text></revision></page>"
GOOD = b"<page><title>B</title><ns>0</ns><id>2</id><revision><id>2</id><text>good</text></revision></page>"
DUMP = HEAD + GOOD + b"</mediawiki>"

BLOCK_MAGIC = b"\x31\x41\x59\x26\x53\x59"
EMPTY_STREAM = bz2.compress(b"")


def bz2_of(byte: bytes, count: int, before: bytes = b"", after: bytes = b"") -> bytes:
    """Pack `count` equal bytes: one block of 45 MB packs to some 50 bytes, and streams may follow each other."""
    piece = 45_000_000
    packed = bz2.compress(byte * piece)
    return bz2.compress(before) + packed * (count // piece) + bz2.compress(byte * (count % piece)) + bz2.compress(after)


def gz_of(byte: bytes, count: int, before: bytes = b"", after: bytes = b"") -> bytes:
    """Pack into one member: a piece that ends on a whole byte is repeated; its check sum stays wrong beyond 1 GB."""
    piece = 16 << 20
    maker = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = maker.compress(before) + maker.flush(zlib.Z_FULL_FLUSH)
    maker = zlib.compressobj(9, zlib.DEFLATED, -15)
    middle = maker.compress(byte * piece) + maker.flush(zlib.Z_FULL_FLUSH)
    maker = zlib.compressobj(9, zlib.DEFLATED, -15)
    tail = maker.compress(after) + maker.flush()
    count = count // piece * piece
    crc = zlib.crc32(before)
    if count <= 1 << 30:
        for _ in range(count // piece):
            crc = zlib.crc32(byte * piece, crc)
        crc = zlib.crc32(after, crc)
    size = len(before) + count + len(after)
    start = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
    return start + head + middle * (count // piece) + tail + struct.pack("<II", crc, size % 2**32)


def xz_of(byte: bytes, count: int, before: bytes = b"") -> bytes:
    piece = 64 << 20
    packed = lzma.compress(byte * piece, preset=0)
    return lzma.compress(before, preset=0) + packed * (count // piece)


def xz_dictionary(code: int) -> bytes:
    """Claim a dictionary: code 37 is 1.5 GiB, 40 is 4 GiB less one byte."""
    packed = bytearray(lzma.compress(DUMP, preset=0, check=lzma.CHECK_CRC32))
    size = (packed[12] + 1) * 4
    place = packed.index(b"\x21\x01", 12, 12 + size) + 2
    packed[place] = code
    packed[12 + size - 4 : 12 + size] = struct.pack("<I", zlib.crc32(packed[12 : 12 + size - 4]))
    return bytes(packed)


def lzma_dictionary(size: int) -> bytes:
    packed = bytearray(lzma.compress(DUMP, lzma.FORMAT_ALONE, preset=0))
    packed[1:5] = struct.pack("<I", size)
    return bytes(packed)


def zstd_frame(blocks: bytes, window_log: int) -> bytes:
    """Frame without a content size and check sum (RFC 8878, 3.1.1)."""
    return b"\x28\xb5\x2f\xfd\x00" + bytes([(window_log - 10) << 3]) + blocks


def zstd_block(kind: int, size: int, content: bytes, *, is_last: bool = False) -> bytes:
    return (size << 3 | kind << 1 | is_last).to_bytes(3, "little") + content


def zst_of(byte: bytes, count: int, before: bytes = b"", window_log: int = 20) -> bytes:
    """Pack into blocks of one repeated byte: 128 KiB from 4 bytes."""
    block = zstd_block(1, 128 << 10, byte)
    last = zstd_block(0, 0, b"", is_last=True)
    return zstd_frame(zstd_block(0, len(before), before) + block * (count >> 17) + last, window_log)


def _number_7z(value: int) -> bytes:
    return b"\xff" + struct.pack("<Q", value) if value > 0x7F else bytes([value])


def seven_zip(packed: bytes, unpacked_size: int, dictionary: int, *, names: bytes = b"a.xml") -> bytes:
    """Archive of one file in one LZMA2 stream (7zFormat.txt); the header is not packed."""
    number = _number_7z
    pack = b"\x06" + number(0) + number(1) + b"\x09" + number(len(packed)) + b"\x00"
    coder = b"\x01" + b"\x21\x21" + b"\x01" + bytes([dictionary])
    unpack = b"\x07\x0b" + number(1) + b"\x00" + coder + b"\x0c" + number(unpacked_size) + b"\x00"
    streams = b"\x04" + pack + unpack + b"\x00"
    name = names.decode().encode("utf-16-le") + b"\x00\x00"
    files = b"\x05" + number(1) + b"\x11" + number(len(name) + 1) + b"\x00" + name + b"\x00"
    header = b"\x01" + streams + files + b"\x00"
    start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start + packed + header


def seven_zip_of(data: bytes, *, claimed: int | None = None, dictionary: int = 18) -> bytes:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 20}]
    packed = lzma.compress(data, lzma.FORMAT_RAW, filters=filters)
    return seven_zip(packed, len(data) if claimed is None else claimed, dictionary)


def false_starts(count: int, shift: int) -> bytes:
    """Block magics that start no block, `shift` bits beside whole bytes."""
    number = int.from_bytes(BLOCK_MAGIC * 8, "big") << (8 - shift) if shift else int.from_bytes(BLOCK_MAGIC * 8, "big")
    return number.to_bytes(48 + (shift > 0), "big") * (count // 8)


def write(path: Path, *pieces: bytes) -> Path:
    with path.open("wb") as file:
        file.writelines(pieces)
    return path


def nested(depth: int) -> bytes:
    data = gz_of(b"\0", 1 << 30)
    for _ in range(depth):
        data = gzip.compress(data, mtime=0)
    return data
