"""Folders: which layout a dump run has, whether it is finished and whole, and which of its files are read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from wikigrove.sources.layouts import adds_changes, file_export, legacy, loose, snapshots
from wikigrove.sources.layouts.run import Listing, Part, Run

__all__ = ["Part", "Run", "open_run"]

_DEPTH: Final = 6


def open_run(folder: str | Path, *, job: str | None = None) -> Run:
    """Find out which dump run a folder is, and which of its files are to be read.

    A folder without files and with a single folder inside stands for that one (`2026-01-01/xml/bzip2`).

    Args:
        folder: The folder.
        job: Which job, where the folder holds several, for instance `pages-meta-history`.

    Returns:
        The run.

    Raises:
        DumpIncompleteError: The run is not finished, or files of it are missing.
        ConfigError: It holds different jobs and none is chosen; the error lists them.
        InputError: A list of sums or a state makes no sense, or the folder holds no dump.
        OSError: The folder cannot be read.
    """
    listing = Listing(Path(folder))
    for _ in range(_DEPTH):
        if listing.files or len(listing.folders) != 1:
            break
        listing = Listing(listing.folder / listing.folders[0])
    layouts = (
        (file_export.fits, file_export.read),
        (adds_changes.fits, adds_changes.read),
        (snapshots.fits, snapshots.read),
        (legacy.fits, legacy.read),
    )
    for fits, read in layouts:
        if fits(listing):
            return read(listing, job)
    return loose.read(listing, job)
