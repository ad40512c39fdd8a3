"""Legacy runs: `{wiki}/{yyyymmdd}/`, several jobs in one folder, each whole or in parts, packed once or twice."""

from __future__ import annotations

from typing import Final

from wikigrove.errors import ConfigError
from wikigrove.sources import states
from wikigrove.sources.layouts.choice import Copy, check_ranges, choose, choose_job, group
from wikigrove.sources.layouts.run import Listing, Run
from wikigrove.sources.names import DumpName, parse_name

WITHOUT_TEXT: Final = ("stub-", "stubs-", "pages-logging", "abstract")
MULTISTREAM: Final = "-multistream"


def fits(listing: Listing) -> bool:
    """Tell whether a folder is a legacy run."""
    return states.DUMPSTATUS in listing.files or any(
        name.kind == "xml" and name.job is not None for name in listing.names.values()
    )


def read(listing: Listing, job: str | None = None) -> Run:
    """Read a legacy run.

    Args:
        listing: The folder.
        job: For instance `pages-articles`, `pages-articles-multistream`, `pages-meta-history`, `stub-articles`.

    Returns:
        The run.

    Raises:
        DumpIncompleteError: The job is not done, or a published file of it is missing.
        InputError: A list makes no sense.
        ConfigError: Several jobs, or several dates of one wiki, and no choice.
    """
    listing.read_sums()
    jobs: dict[str, states.Job] = {}
    if states.DUMPSTATUS in listing.files:
        jobs = states.read_dumpstatus(listing.files[states.DUMPSTATUS], listing.table)
        listing.lists.append(states.DUMPSTATUS)
    present = {name: parsed for name, parsed in listing.names.items() if parsed.kind == "xml" and parsed.job}
    published = {name: parse_name(name) for name in listing.table.names()}
    published = {name: parsed for name, parsed in published.items() if parsed.kind == "xml" and parsed.job}
    warnings = [*listing.warnings]
    if listing.lists:
        warnings += [f"no list of sums names it, not checked: {name}" for name in present if name not in published]
    runs = sorted({(name.wiki_id or "", name.dump_date or "latest") for name in present.values()})
    if len({wiki for wiki, _ in runs}) < len(runs):
        dates = ", ".join(f"{wiki} {date}" for wiki, date in runs)
        raise ConfigError(f"several dates of one wiki lie in {listing.folder}; hint: give one folder a run: {dates}")
    chosen, done_jobs = [], set()
    for wiki, _ in runs:
        copies = group(_of(present, wiki), sorted(_of(published, wiki).items()))
        copy, more = _choose(copies, jobs, job, str(listing.folder))
        ranges = check_ranges([listing.names[name] for name in copy.files], gaps=True)
        warnings += more + ranges
        chosen += copy.files
        done_jobs.add(copy.job)
    if not chosen:
        choose_job([], job, source=str(listing.folder))
    parts = tuple(listing.part(name) for name in chosen)
    return Run(listing.folder, "legacy", tuple(sorted(done_jobs)), parts, tuple(listing.lists), tuple(warnings))


def _of(names: dict[str, DumpName], wiki: str) -> dict[str, DumpName]:
    return {name: parsed for name, parsed in names.items() if parsed.wiki_id == wiki}


def _choose(copies: list[Copy], jobs: dict[str, states.Job], job: str | None, source: str) -> tuple[Copy, list[str]]:
    """Choose a job, and one copy of its content."""
    for copy in copies:
        made_by = states.status_of(
            jobs, copy.job, compression=copy.compression, is_whole=copy.is_whole, files=copy.files
        )
        if made_by is not None and made_by.status != states.DONE:
            copy.unready = f"its job {made_by.name} is not done but {made_by.status}"
    exact = sorted({copy.job for copy in copies})
    if job in exact:  # a packing that is named is taken, not its twin
        return choose([copy for copy in copies if copy.job == job], source=source)
    families = {family: [copy for copy in copies if _family(copy) == family] for family in map(_family, copies)}
    texts = sorted(family for family in families if not family.startswith(WITHOUT_TEXT))
    ready = [family for family in texts if any(copy.unready is None for copy in families[family])]
    candidates = ready or texts or sorted(families)
    wanted = choose_job(candidates if job is None else sorted(families), job, source=source)
    chosen, warnings = choose(families[wanted], source=source)
    warnings += [f"another job, left out: {family}" for family in sorted(families) if family != wanted]
    return chosen, warnings


def _family(copy: Copy) -> str:
    """Name the content: a multistream file holds the same as its plain twin."""
    return copy.job.removesuffix(MULTISTREAM)
