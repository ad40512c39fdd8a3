"""File Export runs: `mediawiki_content_{current,history}/{wiki}/{date}/xml/bzip2/`.

A run is finished when `_SUCCESS` and `SHA256SUMS` exist. SHA256SUMS is the list of its files: only by it a gap is
known, since page ids have gaps of their own.
"""

from __future__ import annotations

from typing import Final

from wikigrove.errors import ConfigError, DumpIncompleteError
from wikigrove.sources.layouts.choice import check_ranges, choose, choose_job, group
from wikigrove.sources.layouts.run import Listing, Run
from wikigrove.sources.names import parse_name

SUCCESS: Final = "_SUCCESS"
SUMS: Final = "SHA256SUMS"


def fits(listing: Listing) -> bool:
    """Tell whether a folder is a File Export run."""
    return SUMS in listing.files or any((name.job or "").startswith("content-") for name in listing.names.values())


def read(listing: Listing, job: str | None = None) -> Run:
    """Read a File Export run.

    Args:
        listing: The folder.
        job: `content-current`, `content-history` or `content-export`, where the caller insists.

    Returns:
        The run.

    Raises:
        DumpIncompleteError: The run is not finished, or a listed file is missing.
        InputError: SHA256SUMS makes no sense.
        ConfigError: Another job is asked for, or files of two runs lie in the folder.
    """
    for needed, meaning in ((SUMS, "the list of its files"), (SUCCESS, "the sign that it is finished")):
        if needed not in listing.files:
            raise DumpIncompleteError(
                f"a File Export run lacks {meaning}; hint: fetch it too, or give the files themselves: {needed}",
                source=str(listing.folder),
            )
    listing.read_sums([SUMS])
    present = {name: parsed for name, parsed in listing.names.items() if parsed.kind == "xml"}
    listed = listing.table.names()
    warnings = [f"not in {SUMS}, left out: {name}" for name in present if name not in listed]
    published = [(name, parse_name(listing.folder / name)) for name in listed]
    strange = [name for name, parsed in published if parsed.kind != "xml"]
    if lost := [name for name in strange if name not in listing.files]:
        raise DumpIncompleteError(f"listed in {SUMS} and missing: {lost[0]}", source=str(listing.folder))
    warnings += [f"listed in {SUMS}, but by its name no dump, left out: {name}" for name in strange]
    published = [(name, parsed) for name, parsed in published if parsed.kind == "xml"]
    runs = sorted({(parsed.wiki_id or "", parsed.dump_date or "") for _, parsed in published})
    if len(runs) > 1:
        listed_runs = ", ".join(" ".join(run) for run in runs)
        raise ConfigError(f"several runs lie in {listing.folder}; hint: give one folder a run: {listed_runs}")
    copies = group({name: present[name] for name in present if name in listed}, published)
    if not copies:
        missing = ", ".join(name for name, _ in published[:5]) or "it lists no dump"
        raise DumpIncompleteError(f"no file of {SUMS} is there: {missing}", source=str(listing.folder))
    chosen, others = choose(copies, source=str(listing.folder))
    choose_job([chosen.job], job, source=str(listing.folder))
    warnings += others + check_ranges([listing.names[name] for name in chosen.files], gaps=False)
    return Run(
        listing.folder,
        "file-export",
        (chosen.job,),
        tuple(listing.part(name) for name in chosen.files),
        (SUMS,),
        (*listing.warnings, *warnings),
    )
