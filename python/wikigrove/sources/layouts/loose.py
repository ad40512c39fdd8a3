"""Folders of no known layout: every file that holds records by its content is read."""

from __future__ import annotations

from collections import defaultdict

from wikigrove.errors import DumpFormatError
from wikigrove.sources.glance import READABLE, glance
from wikigrove.sources.layouts.choice import PREFERRED, choose_job
from wikigrove.sources.layouts.run import Listing, Run
from wikigrove.sources.names import compression_of


def read(listing: Listing, job: str | None = None) -> Run:
    """Read a folder of no known layout.

    Args:
        listing: The folder.
        job: Not to be given here.

    Returns:
        The run. Of files whose names differ in the packing alone, one is read.

    Raises:
        DumpFormatError: No file of the folder holds records.
        ConfigError: A job is asked for, or there are no files but several folders.
    """
    listing.read_sums()
    warnings = [*listing.warnings]
    copies: defaultdict[str, list[str]] = defaultdict(list)
    for name, path in listing.files.items():
        if glance(path, follow=False).kind in READABLE:
            packing = compression_of(name)
            copies[name if packing == "plain" else name.removesuffix(f".{packing}")].append(name)
        elif listing.names[name].kind not in {"sums", "status", "metadata", "index"}:
            warnings.append(f"no records in it, left out: {name}")
    if not copies:
        if listing.folders:
            choose_job([f"{name}/" for name in listing.folders], None, source=str(listing.folder))
        raise DumpFormatError("the folder holds no dump", source=str(listing.folder))
    if job is not None:
        choose_job([], job, source=str(listing.folder))
    chosen = []
    for names in copies.values():
        ranked = sorted(names, key=lambda name: PREFERRED.index(compression_of(name)))
        chosen.append(ranked[0])
        warnings += [f"the same content is there twice; read: {ranked[0]}, left out: {name}" for name in ranked[1:]]
    parts = tuple(listing.part(name) for name in sorted(chosen))
    return Run(listing.folder, "loose", ("dump",), parts, tuple(listing.lists), tuple(warnings))
