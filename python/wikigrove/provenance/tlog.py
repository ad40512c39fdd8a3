"""The files of a log: tiles and bundles of entries in the layout of C2SP tlog-tiles.

```
<log>/checkpoint                    signed note over the whole tree; written last
<log>/tile/<L>/<N>[.p/<W>]          256 hashes of level L, or the first W of them
<log>/tile/entries/<N>[.p/<W>]      256 entries, or the first W of them, each with two bytes of length before it
```
Partial files stay for every size that was signed, so that a reader of an older checkpoint finds its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from wikigrove import _core
from wikigrove.errors import ProofError

WIDTH: Final = 256
HASH_BYTES: Final = 32
CHECKPOINT: Final = "checkpoint"
MAX_BUNDLE_BYTES: Final = WIDTH * (2 + 0xFFFF)


def tile_name(level: int | str, number: int, width: int = WIDTH) -> str:
    """Name a tile, or a bundle under the level `entries`.

    Args:
        level: Level of the hashes, 0 for those of leaves.
        number: Place of the tile in its level.
        width: How much of it is there.

    Returns:
        The path below the log's folder.

    >>> tile_name(0, 1234067), tile_name("entries", 0, 7)
    ('tile/0/x001/x234/067', 'tile/entries/000.p/7')
    """
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < WIDTH else "")


def parts(size: int, first: int = 0) -> Iterator[tuple[int, int]]:
    """Yield number and width of the tiles that hold positions from `first` up to `size`.

    >>> list(parts(300, 200))
    [(0, 256), (1, 44)]
    """
    for number in range(first // WIDTH, -(-size // WIDTH)):
        yield number, min(WIDTH, size - number * WIDTH)


def bundles(entries: Sequence[bytes], *, old_size: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the bundles that a log needs once it has grown.

    Args:
        entries: All entries.
        old_size: How many of them have their bundles already.
    """
    for number, width in parts(len(entries), old_size):
        part = entries[number * WIDTH : number * WIDTH + width]
        yield tile_name("entries", number, width), b"".join(struct.pack(">H", len(data)) + data for data in part)


def tiles(leaf_hashes: bytes, *, old_size: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the tiles of every level that a log needs once it has grown.

    Args:
        leaf_hashes: The hashes of all entries, 32 bytes each.
        old_size: For how many of them the tiles are there already.
    """
    level, hashes = 0, leaf_hashes
    while hashes:
        for number, width in parts(len(hashes) // HASH_BYTES, old_size):
            start = number * WIDTH * HASH_BYTES
            yield tile_name(level, number, width), hashes[start : start + width * HASH_BYTES]
        step = WIDTH * HASH_BYTES  # a partial tile is never hashed upwards
        full = len(hashes) // step * step
        hashes = b"".join(_core.merkle_root(hashes[start : start + step]) for start in range(0, full, step))
        level, old_size = level + 1, old_size // WIDTH


def read_bundle(data: bytes, *, width: int, name: str) -> list[bytes]:
    """Take a bundle apart strictly.

    Args:
        data: Its bytes.
        width: How many entries it must hold.
        name: Its name, for the message.

    Returns:
        The entries.

    Raises:
        ProofError: It holds fewer or more.
    """
    entries: list[bytes] = []
    place = 0
    for _ in range(width):
        length = int.from_bytes(data[place : place + 2], "big")
        if len(data) < place + 2 + length:
            raise ProofError(f"bundle of entries is cut at entry {len(entries)}: {name}")
        entries.append(data[place + 2 : place + 2 + length])
        place += 2 + length
    if place != len(data):
        raise ProofError(f"bundle holds more than its {width} entries: {name}")
    return entries
