"""Regular files: what may be opened, and what lies in a folder. No links into elsewhere, pipes or devices."""

from __future__ import annotations

import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Final

from wikigrove.errors import DumpFormatError, LimitExceededError, UnsafeInputError

SMALL_BYTES: Final = 64 << 20
"""Lists of sums and states of runs are read whole, up to this size."""


def open_regular(path: Path, *, follow: bool = False) -> BufferedReader:
    """Open a file for reading, unless it is a pipe or a device, which may never end, or a link.

    Args:
        path: The file.
        follow: Follow a symbolic link: for a path that the caller named, never for one that a folder or a list named.

    Returns:
        The open file.

    Raises:
        UnsafeInputError: It is a symbolic link.
        DumpFormatError: It is no regular file.
        OSError: It cannot be opened.
    """
    if not follow and path.is_symlink():
        raise UnsafeInputError("a file of a dump run is no symbolic link", source=str(path))
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DumpFormatError("a dump is a regular file, no folder, pipe or device", source=str(path))
    return os.fdopen(descriptor, "rb")


def read_small(path: Path, *, limit: int = SMALL_BYTES, follow: bool = False) -> bytes:
    """Read a whole file that is small by its nature.

    Args:
        path: The file.
        limit: The most bytes that it may have.
        follow: As for `open_regular`.

    Returns:
        Its bytes.

    Raises:
        LimitExceededError: It is larger.
        InputError: It is a link, or no regular file.
        OSError: It cannot be opened.
    """
    with open_regular(path, follow=follow) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise LimitExceededError(f"a list of sums or a state is larger than {limit} bytes", source=str(path))
    return data


def names_in(folder: Path) -> tuple[dict[str, Path], list[str], list[str]]:
    """List a folder.

    Args:
        folder: The folder.

    Returns:
        The regular files by name, in the order of their names; the names of its folders; and a warning for every
        link, pipe or device, none of which is opened.
    """
    files: dict[str, Path] = {}
    folders, warnings = [], []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_file(follow_symlinks=False):
                files[entry.name] = Path(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                warnings.append(f"no regular file, left out: {entry.path}")
    return files, folders, warnings
