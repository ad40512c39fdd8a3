"""Opening files that somebody else may have put there: no links, pipes or devices, and no more than a limit."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Final

from wikigrove.errors import StoreFormatError

SMALL_BYTES: Final = 64 << 20
"""Manifests, journal records and notes are read whole, up to this size."""


def open_regular(path: Path) -> BufferedReader:
    """Open a file for reading, unless it is a link, a pipe or a device, which may never end.

    Raises:
        OSError: It is no regular file, or cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_small(path: Path, *, limit: int = SMALL_BYTES) -> bytes:
    """Read a whole file that is small by its nature.

    Args:
        path: The file.
        limit: The most bytes that it may have.

    Returns:
        Its bytes.

    Raises:
        StoreFormatError: It is larger.
        OSError: It is no regular file, or cannot be opened; FileNotFoundError where there is none.
    """
    with open_regular(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise StoreFormatError(f"file is larger than {limit} bytes: {path}")
    return data
