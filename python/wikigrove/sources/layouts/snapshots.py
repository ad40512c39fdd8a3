"""Folders of Wikimedia Enterprise archives: a snapshot for each namespace, whole or in chunks, with descriptions."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from wikigrove.sources import states
from wikigrove.sources.layouts.choice import choose_job
from wikigrove.sources.layouts.run import Listing, Run


def fits(listing: Listing) -> bool:
    """Tell whether a folder holds Enterprise archives."""
    return bool(listing.of_kind("articles"))


def read(listing: Listing, job: str | None = None) -> Run:
    """Read a folder of Enterprise archives.

    Args:
        listing: The folder.
        job: `enterprise`, or None.

    Returns:
        The run: all wikis and namespaces. Where a snapshot lies beside its own chunks, the snapshot is read.

    Raises:
        InputError: A description or list makes no sense.
        ConfigError: Another job is asked for.
    """
    choose_job(["enterprise"], job, source=str(listing.folder))
    listing.read_sums()
    archives = listing.of_kind("articles")
    descriptions: list[Path] = [listing.files[name] for name in listing.of_kind("metadata")]
    states.add_descriptions(listing.table, descriptions, archives)
    warnings = [*listing.warnings]
    groups: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for name in archives:
        parsed = listing.names[name]
        groups[parsed.wiki_id or "", -1 if parsed.namespace is None else parsed.namespace].append(name)
    chosen: list[str] = []
    for (wiki, namespace), names in sorted(groups.items()):
        chunks = [name for name in names if listing.names[name].chunk is not None]
        whole = [name for name in names if listing.names[name].chunk is None]
        if whole and chunks:
            warnings.append(
                f"the same content is there twice; read: the snapshot of {wiki}, namespace {namespace}, "
                f"left out: {len(chunks)} chunks"
            )
        elif chunks:
            numbers = {listing.names[name].chunk for name in chunks}
            absent = [
                str(number) for number in range(max(n for n in numbers if n is not None)) if number not in numbers
            ]
            if absent:
                warnings.append(f"chunks of {wiki}, namespace {namespace} are missing: {', '.join(absent[:10])}")
        chosen += whole or chunks
    parts = tuple(listing.part(name) for name in chosen)
    warnings += [f"no md5 is published for: {part.path.name}" for part in parts if not part.published.sums]
    lists = (*listing.lists, *(path.name for path in descriptions))
    return Run(listing.folder, "enterprise", ("enterprise",), parts, lists, tuple(warnings))
