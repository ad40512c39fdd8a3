"""What each verb does with its arguments; each returns the exit code."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wikigrove
from wikigrove.cli.exit_codes import EXIT_FAILED, EXIT_QUARANTINED

if TYPE_CHECKING:
    from wikigrove.selection import Selection


def build(options: argparse.Namespace) -> int:
    """Read dumps into a store."""
    from wikigrove.progress import ProgressBar

    with ProgressBar(options.dump, hidden=options.json or options.quiet) as bar:
        result = wikigrove.build(
            options.dump,
            into=options.into,
            wiki=options.wiki,
            job=options.job,
            threads=options.threads,
            batch_bytes=options.batch_bytes,
            keys=options.keys,
            log=options.log,
            progress=bar.update,
        )
    if options.json:
        print(json.dumps(result.to_json(), ensure_ascii=False))
    else:
        print(result.describe())
    return EXIT_QUARANTINED if result.quarantined else 0


def embed(options: argparse.Namespace) -> int:
    """Make vectors of the texts of a store."""
    result = wikigrove.embed(
        options.store,
        dimensions=options.dimensions,
        fitted=not options.unfitted,
        stable=options.stable,
        threads=options.threads,
    )
    _show(options, result.to_json(), result.describe())
    return 0


def search(options: argparse.Namespace) -> int:
    """List the records nearest to some words."""
    hits = wikigrove.search(options.store, options.words, k=options.k, threads=options.threads)
    lines = [f"{hit['score']:8.4f}  {hit['id']:>10}  {hit['wiki_id']:<12} {hit['page_title']}" for hit in hits]
    _show(options, hits, "\n".join(["   score         row  wiki         title", *lines]))
    return 0


def history(options: argparse.Namespace) -> int:
    """List stable revisions, or reverts."""
    if options.reverts:
        table = wikigrove.reverts(options.store, radius=options.radius)
        names = ["wiki_id", "page_id", "reverting_id", "reverted_to_id", "reverted_ids"]
    else:
        table = wikigrove.stable_revisions(options.store, radius=options.radius, stood_seconds=options.stood)
        names = ["wiki_id", "page_id", "revision_id", "reason", "newer", "newer_reverted"]
    rows = table.to_pylist()
    for row in rows:
        row |= {name: value.isoformat() for name, value in row.items() if hasattr(value, "isoformat")}
    lines = ["\t".join(str(row[name]) for name in names) for row in rows]
    _show(options, rows, "\n".join(["\t".join(names), *lines]))
    return 0


def select(options: argparse.Namespace) -> int:
    """Choose a representative subset and keep it."""
    selection = wikigrove.select(
        options.store,
        budget=options.budget,
        objective=options.objective,
        by=options.by,
        quotas=options.quotas,
        lane=options.lane,
        namespaces=None if "all" in options.namespace else options.namespace,
        stable=options.stable,
        seed=options.seed,
        baseline_draws=options.baseline_draws,
        deadline_s=options.deadline,
        threads=options.threads,
        name=options.name,
    )
    _show(options, selection.to_json(), _describe_selection(selection, options.name))
    return 0


def _describe_selection(selection: Selection, name: str) -> str:
    from wikigrove.selection.describe import describe

    return f"{describe(selection)}\nselection: {name} (wikigrove export STORE {name} --to DIR)"


def export(options: argparse.Namespace) -> int:
    """Write a selection as a training set."""
    result = wikigrove.export(
        options.store,
        options.selection,
        to=options.to,
        keys=options.keys,
        include_source=not options.no_source,
        licence=options.licence,
    )
    _show(options, result.to_json(), result.describe())
    return 0


def verify(options: argparse.Namespace) -> int:
    """Check a store or a training set."""
    report = wikigrove.verify(options.path, policy=options.policy, state=options.state, up_to=options.up_to)
    _show(options, report.to_json(), report.to_text())
    return int(report.exit_code)


def trace(options: argparse.Namespace) -> int:
    """Reopen the dump where a row came from."""
    report = wikigrove.trace(options.store, options.row, dump=options.dump, policy=options.policy)
    _show(options, report.to_json(), report.to_text())
    return int(report.exit_code)


def inspect(options: argparse.Namespace) -> int:
    """Say what files and folders are."""
    from wikigrove.sources import overview

    found = [
        overview.look_at(path, wiki_id=options.wiki, job=options.job, verify=options.verify) for path in options.path
    ]
    _show(options, [item.to_json() for item in found], "\n\n".join(item.describe() for item in found))
    return EXIT_FAILED if any(item.problem for item in found) else 0


def page(options: argparse.Namespace) -> int:
    """Show one page of a dump."""
    from wikigrove.sources import overview, pages

    page = pages.read_page(options.path, options.id, index=options.index, wiki_id=options.wiki)
    _show(options, overview.page_to_json(page), overview.describe_page(page))
    return 0 if page.rows else EXIT_FAILED


def demo(options: argparse.Namespace) -> int:
    """Do the whole job on a small dump."""
    from wikigrove.demo import run_demo

    lines: list[str] = []
    code = run_demo(Path(options.into), say=lines.append if options.json else print)
    if options.json:
        print(json.dumps({"report": str(Path(options.into) / "report.html"), "exit_code": code, "lines": lines}))
    return code


def _show(options: argparse.Namespace, value: Any, text: str) -> None:
    print(json.dumps(value, ensure_ascii=False) if options.json else text)
