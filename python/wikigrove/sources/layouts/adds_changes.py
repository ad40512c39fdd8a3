"""Adds-changes runs: `other/incr/{wiki}/{yyyymmdd}/`, the new revisions of a day.

They hold new revisions only: no deletion, move or hiding of what came before.
"""

from __future__ import annotations

from typing import Any, Final

from wikigrove.errors import DumpIncompleteError
from wikigrove.sources import states
from wikigrove.sources.layouts.choice import choose_job
from wikigrove.sources.layouts.run import Listing, Run
from wikigrove.sources.names import parse_name

STATUS: Final = "status.txt"
MAXREVID: Final = "maxrevid.txt"
PAGES: Final = "pages-meta-hist-incr"
ENDING: Final = "-meta-hist-incr"


def fits(listing: Listing) -> bool:
    """Tell whether a folder is an adds-changes run."""
    return MAXREVID in listing.files or any((name.job or "").endswith(ENDING) for name in listing.names.values())


def read(listing: Listing, job: str | None = None) -> Run:
    """Read an adds-changes run.

    Args:
        listing: The folder.
        job: `pages-meta-hist-incr` (by default) or `stubs-meta-hist-incr`.

    Returns:
        The run.

    Raises:
        DumpIncompleteError: The run is not done, or its file is missing.
        InputError: A list makes no sense.
        ConfigError: There is no such job.
    """
    folder = str(listing.folder)
    states.require_done(listing.folder / STATUS)
    listing.read_sums()
    warnings = [*listing.warnings]
    facts: dict[str, Any] = {}
    if MAXREVID in listing.files:
        facts["maxrevid"] = states.read_maxrevid(listing.files[MAXREVID])
    else:
        warnings.append(f"the run has no {MAXREVID}")
    present = {name: parsed.job or "" for name, parsed in listing.names.items() if (parsed.job or "").endswith(ENDING)}
    listed = {name: parse_name(name).job or "" for name in listing.table.names()}
    jobs = sorted(set(present.values()) | {name for name in listed.values() if name.endswith(ENDING)})
    wanted = choose_job(jobs, job or (PAGES if PAGES in jobs else None), source=folder)
    if missing := [name for name, of in listed.items() if of == wanted and name not in present]:
        raise DumpIncompleteError(f"listed in the sums and missing: {missing[0]}", source=folder)
    chosen = [name for name, of in present.items() if of == wanted]
    if len(chosen) != 1:
        raise DumpIncompleteError(f"expected one file of {wanted}, found: {len(chosen)}", source=folder)
    parts = tuple(listing.part(name) for name in chosen)
    if not parts[0].published.sums:
        warnings.append(f"no sum is published for: {chosen[0]}")
    return Run(listing.folder, "adds-changes", (wanted,), parts, tuple(listing.lists), tuple(warnings), facts)
