"""The command line: arguments in, text or JSON out, exit codes (`wikigrove --help` lists them)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import wikigrove
from wikigrove.errors import ConfigError, WikigroveError

if TYPE_CHECKING:
    from wikigrove.selection import Selection

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_QUARANTINED: Final = 4
EXIT_INTERRUPTED: Final = 130

EXIT_CODES: Final = """exit codes:
  0    done; for verify and trace: everything that was asked for holds
  1    failed; for sources inspect: something cannot be read, or does not match its published sums
  2    wrong use, or no trust.policy to verify with
  4    built, but some records could not be read and were quarantined
  10   verify: V0, a file is missing, changed or malformed
  11   verify, trace: V1, a signature that the policy demands is missing or wrong
  12   verify: V2, the checkpoint contradicts a remembered one
  13   verify, trace: V3, a row is not in the signed tree
  14   verify, trace: V4, a leaf or column does not follow from the record
  15   trace: the dump does not say what the store says
  16   trace: the dump is not the file that was read
  20   verify, trace: a check could not run, which is not success
  130  interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Words after the program's name; those of the process by default.

    Returns:
        The exit code.
    """
    options = _parser().parse_args(arguments)
    try:
        code = int(options.run(options))
        sys.stdout.flush()  # here, so that a reader that went away is noticed inside the try
        return code
    except ConfigError as error:
        return _fail(error, EXIT_USAGE, as_json=options.json)
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (WikigroveError, OSError) as error:
        return _fail(error, EXIT_FAILED, as_json=options.json)
    except KeyboardInterrupt:
        message = "interrupted; what was committed before is unchanged, the same command continues"
        return _fail(WikigroveError(message), EXIT_INTERRUPTED, as_json=options.json)


def _fail(error: Exception, code: int, *, as_json: bool) -> int:
    if as_json:
        fields = {name: getattr(error, name) for name in ("source", "byte_offset", "page_id") if hasattr(error, name)}
        print(json.dumps({"error": type(error).__name__, "message": str(error), **fields}))
    else:
        print(f"wikigrove: {type(error).__name__}: {error}", file=sys.stderr)
    return code


def _build(options: argparse.Namespace) -> int:
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
            progress=bar.update,
        )
    if options.json:
        print(json.dumps(result.to_json(), ensure_ascii=False))
    else:
        print(result.describe())
    return EXIT_QUARANTINED if result.quarantined else 0


def _embed(options: argparse.Namespace) -> int:
    result = wikigrove.embed(
        options.store,
        dimensions=options.dimensions,
        fitted=not options.unfitted,
        stable=options.stable,
        threads=options.threads,
    )
    _show(options, result.to_json(), result.describe())
    return 0


def _search(options: argparse.Namespace) -> int:
    hits = wikigrove.search(options.store, options.words, k=options.k, threads=options.threads)
    lines = [f"{hit['score']:8.4f}  {hit['id']:>10}  {hit['wiki_id']:<12} {hit['page_title']}" for hit in hits]
    _show(options, hits, "\n".join(["   score         row  wiki         title", *lines]))
    return 0


def _history(options: argparse.Namespace) -> int:
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


def _select(options: argparse.Namespace) -> int:
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


def _export(options: argparse.Namespace) -> int:
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


def _verify(options: argparse.Namespace) -> int:
    report = wikigrove.verify(options.path, policy=options.policy, state=options.state, up_to=options.up_to)
    _show(options, report.to_json(), report.to_text())
    return int(report.exit_code)


def _trace(options: argparse.Namespace) -> int:
    report = wikigrove.trace(options.store, options.row, dump=options.dump, policy=options.policy)
    _show(options, report.to_json(), report.to_text())
    return int(report.exit_code)


def _inspect(options: argparse.Namespace) -> int:
    from wikigrove.sources import overview

    found = [
        overview.look_at(path, wiki_id=options.wiki, job=options.job, verify=options.verify) for path in options.path
    ]
    _show(options, [item.to_json() for item in found], "\n\n".join(item.describe() for item in found))
    return EXIT_FAILED if any(item.problem for item in found) else 0


def _page(options: argparse.Namespace) -> int:
    from wikigrove.sources import overview, pages

    page = pages.read_page(options.path, options.id, index=options.index, wiki_id=options.wiki)
    _show(options, overview.page_to_json(page), overview.describe_page(page))
    return 0 if page.rows else EXIT_FAILED


def _demo(options: argparse.Namespace) -> int:
    from wikigrove.demo import run_demo

    lines: list[str] = []
    code = run_demo(Path(options.into), say=lines.append if options.json else print)
    if options.json:
        print(json.dumps({"report": str(Path(options.into) / "report.html"), "exit_code": code, "lines": lines}))
    return code


def _show(options: argparse.Namespace, value: Any, text: str) -> None:
    print(json.dumps(value, ensure_ascii=False) if options.json else text)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got: {text}")
    return value


def _namespace(text: str) -> int | str:
    return text if text == "all" else int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wikigrove",
        description=wikigrove.__doc__,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"wikigrove {wikigrove.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON value, for scripts")
    threads = argparse.ArgumentParser(add_help=False)
    threads.add_argument("--threads", type=_positive, default=os.cpu_count() or 1, help="threads (default: all cores)")

    build = commands.add_parser("build", parents=[common, threads], help="dumps into a sealed, signed store")
    build.add_argument("dump", nargs="+", help="MediaWiki XML, plain or packed; or the folder of a dump run")
    build.add_argument("--into", required=True, metavar="STORE", help="folder of the store")
    build.add_argument("--wiki", metavar="NAME", help="database name, where file name and header do not tell it")
    build.add_argument("--job", metavar="NAME", help="which job of a folder, where it holds several")
    build.add_argument("--keys", metavar="DIR", help="signing keys; made when missing (default: $WIKIGROVE_KEYS)")
    build.add_argument("--batch-bytes", type=_positive, default=8 << 20, help=argparse.SUPPRESS)
    build.add_argument("--quiet", action="store_true", help="no progress bar")
    build.set_defaults(run=_build)

    embed = commands.add_parser("embed", parents=[common, threads], help="texts into hash-v1 vectors")
    embed.add_argument("store")
    embed.add_argument("--dimensions", type=_positive, default=1024)
    embed.add_argument("--unfitted", action="store_true", help="do not weight features by their rarity in this store")
    embed.add_argument("--stable", action="store_true", help="of each page the newest stable revision alone")
    embed.set_defaults(run=_embed)

    search = commands.add_parser("search", parents=[common, threads], help="exact nearest records for some words")
    search.add_argument("store")
    search.add_argument("words")
    search.add_argument("-k", type=_positive, default=10)
    search.set_defaults(run=_search)

    history = commands.add_parser(
        "history", parents=[common], help="the newest stable revision of each page, or reverts"
    )
    history.add_argument("store")
    history.add_argument("--reverts", action="store_true", help="list the identity reverts instead")
    history.add_argument("--radius", type=_positive, default=15, help="most revisions that a revert may undo")
    history.add_argument(
        "--stood", type=int, default=48 * 3600, metavar="SECONDS", help="how long a stable revision must be unreverted"
    )
    history.set_defaults(run=_history)

    select = commands.add_parser(
        "select", parents=[common, threads], help="a representative subset, beside random ones"
    )
    select.add_argument("store")
    select.add_argument("--budget", type=_positive, required=True, help="how many records to choose")
    select.add_argument("--objective", default="represent")
    select.add_argument("--by", nargs="+", default=[], metavar="COLUMN", help="strata: columns, or language, year")
    select.add_argument("--quotas", default="proportional", choices=["proportional", "sqrt", "equal"])
    select.add_argument("--lane", default="classical", choices=["classical", "quantum"])
    select.add_argument(
        "--namespace", nargs="+", type=_namespace, default=[0], help="namespaces to choose from, or all (default: 0)"
    )
    select.add_argument("--stable", action="store_true", help="of each page the newest stable revision, not the newest")
    select.add_argument("--seed", type=int, default=0)
    select.add_argument("--baseline-draws", type=_positive, default=20, help="random draws to compare with (>= 20)")
    select.add_argument("--deadline", type=float, default=60.0, metavar="SECONDS", help="for the quantum lane")
    select.add_argument("--name", default="selection", help="name to keep the selection under")
    select.set_defaults(run=_select)

    export = commands.add_parser("export", parents=[common], help="a selection as Parquet shards with proofs")
    export.add_argument("store")
    export.add_argument("selection", help="name of a selection of the store, or a JSON file")
    export.add_argument("--to", required=True, metavar="DIR")
    export.add_argument("--keys", metavar="DIR")
    export.add_argument("--no-source", action="store_true", help="leave out the wikitext that opens the commitments")
    export.add_argument("--licence", metavar="SPDX", help="licence of records whose wiki is in no licence rule")
    export.set_defaults(run=_export)

    verify = commands.add_parser("verify", parents=[common], help="check a store or an export, levels V0 to V4")
    verify.add_argument("path", metavar="STORE|DIR")
    verify.add_argument("--policy", metavar="FILE", help="pinned keys (default: trust.policy of the own key folder)")
    verify.add_argument("--state", metavar="FILE", help="remembered checkpoints (default: $WIKIGROVE_STATE)")
    verify.add_argument("--up-to", default="V4", choices=["V0", "V1", "V2", "V3", "V4"])
    verify.set_defaults(run=_verify)

    trace = commands.add_parser("trace", parents=[common], help="reopen the dump where a row came from")
    trace.add_argument("store")
    trace.add_argument("row", type=int)
    trace.add_argument("--dump", metavar="FILE", help="where the dump lies now, if it was moved")
    trace.add_argument("--policy", metavar="FILE")
    trace.set_defaults(run=_trace)

    sources = commands.add_parser("sources", help="what dump files and folders are, before they are read")
    verbs = sources.add_subparsers(required=True, metavar="VERB")
    inspect = verbs.add_parser("inspect", parents=[common], help="kind, wiki, date, sums; what build would do")
    inspect.add_argument("path", nargs="+", help="files and folders")
    inspect.add_argument("--wiki", metavar="NAME", help="database name, where file name and header do not tell it")
    inspect.add_argument("--job", metavar="NAME", help="which job of a folder, where it holds several")
    inspect.add_argument("--verify", action="store_true", help="hash the files and compare with the published sums")
    inspect.set_defaults(run=_inspect)
    page = verbs.add_parser("page", parents=[common], help="one page, from one stream where there is an index")
    page.add_argument("path", metavar="DUMP")
    page.add_argument("--id", type=_positive, required=True, help="page id")
    page.add_argument("--index", metavar="FILE", help="multistream index (default: the one beside the dump)")
    page.add_argument("--wiki", metavar="NAME", help="database name, where file name and header do not tell it")
    page.set_defaults(run=_page)

    demo = commands.add_parser("demo", parents=[common], help="the whole job, offline, on a small synthetic dump")
    demo.add_argument("--into", default="wikigrove-demo", metavar="DIR")
    demo.set_defaults(run=_demo)
    return parser
