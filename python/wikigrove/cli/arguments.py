"""The verbs and their arguments."""

from __future__ import annotations

import argparse
import os

import wikigrove
from wikigrove.cli import commands, keys
from wikigrove.cli.exit_codes import EXIT_CODES


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got: {text}")
    return value


def _namespace(text: str) -> int | str:
    return text if text == "all" else int(text)


def parser() -> argparse.ArgumentParser:
    """Return the parser; its result knows what to `run`."""
    top = argparse.ArgumentParser(
        prog="wikigrove",
        description=wikigrove.__doc__,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"wikigrove {wikigrove.__version__}")
    verbs = top.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON value, for scripts")
    threads = argparse.ArgumentParser(add_help=False)
    threads.add_argument("--threads", type=_positive, default=os.cpu_count() or 1, help="threads (default: all cores)")

    build = verbs.add_parser("build", parents=[common, threads], help="dumps into a sealed, signed store")
    build.add_argument("dump", nargs="+", help="MediaWiki XML, plain or packed; or the folder of a dump run")
    build.add_argument("--into", required=True, metavar="STORE", help="folder of the store")
    build.add_argument("--wiki", metavar="NAME", help="database name, where file name and header do not tell it")
    build.add_argument("--job", metavar="NAME", help="which job of a folder, where it holds several")
    build.add_argument("--keys", metavar="DIR", help="signing keys; made when missing (default: $WIKIGROVE_KEYS)")
    build.add_argument("--log", metavar="DIR", help="log to enter the snapshot in (default: STORE/log)")
    build.add_argument("--batch-bytes", type=_positive, default=8 << 20, help=argparse.SUPPRESS)
    build.add_argument("--quiet", action="store_true", help="no progress bar")
    build.set_defaults(run=commands.build)

    embed = verbs.add_parser("embed", parents=[common, threads], help="texts into hash-v1 vectors")
    embed.add_argument("store")
    embed.add_argument("--dimensions", type=_positive, default=1024)
    embed.add_argument("--unfitted", action="store_true", help="do not weight features by their rarity in this store")
    embed.add_argument("--stable", action="store_true", help="of each page the newest stable revision alone")
    embed.set_defaults(run=commands.embed)

    search = verbs.add_parser("search", parents=[common, threads], help="exact nearest records for some words")
    search.add_argument("store")
    search.add_argument("words")
    search.add_argument("-k", type=_positive, default=10)
    search.set_defaults(run=commands.search)

    history = verbs.add_parser("history", parents=[common], help="the newest stable revision of each page, or reverts")
    history.add_argument("store")
    history.add_argument("--reverts", action="store_true", help="list the identity reverts instead")
    history.add_argument("--radius", type=_positive, default=15, help="most revisions that a revert may undo")
    history.add_argument(
        "--stood", type=int, default=48 * 3600, metavar="SECONDS", help="how long a stable revision must be unreverted"
    )
    history.set_defaults(run=commands.history)

    select = verbs.add_parser("select", parents=[common, threads], help="a representative subset, beside random ones")
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
    select.set_defaults(run=commands.select)

    export = verbs.add_parser("export", parents=[common], help="a selection as Parquet shards with proofs")
    export.add_argument("store")
    export.add_argument("selection", help="name of a selection of the store, or a JSON file")
    export.add_argument("--to", required=True, metavar="DIR")
    export.add_argument("--keys", metavar="DIR")
    export.add_argument("--no-source", action="store_true", help="leave out the wikitext that opens the commitments")
    export.add_argument("--licence", metavar="SPDX", help="licence of records whose wiki is in no licence rule")
    export.set_defaults(run=commands.export)

    verify = verbs.add_parser("verify", parents=[common], help="check a store or an export, levels V0 to V4")
    verify.add_argument("path", metavar="STORE|DIR")
    verify.add_argument("--policy", metavar="FILE", help="pinned keys (default: trust.policy of the own key folder)")
    verify.add_argument("--state", metavar="FILE", help="remembered checkpoints (default: $WIKIGROVE_STATE)")
    verify.add_argument("--up-to", default="V4", choices=["V0", "V1", "V2", "V3", "V4"])
    verify.set_defaults(run=commands.verify)

    trace = verbs.add_parser("trace", parents=[common], help="reopen the dump where a row came from")
    trace.add_argument("store")
    trace.add_argument("row", type=int)
    trace.add_argument("--dump", metavar="FILE", help="where the dump lies now, if it was moved")
    trace.add_argument("--policy", metavar="FILE")
    trace.set_defaults(run=commands.trace)

    sources = verbs.add_parser("sources", help="what dump files and folders are, before they are read")
    of_sources = sources.add_subparsers(required=True, metavar="VERB")
    inspect = of_sources.add_parser("inspect", parents=[common], help="kind, wiki, date, sums; what build would do")
    inspect.add_argument("path", nargs="+", help="files and folders")
    inspect.add_argument("--wiki", metavar="NAME", help="database name, where file name and header do not tell it")
    inspect.add_argument("--job", metavar="NAME", help="which job of a folder, where it holds several")
    inspect.add_argument("--verify", action="store_true", help="hash the files and compare with the published sums")
    inspect.set_defaults(run=commands.inspect)
    page = of_sources.add_parser("page", parents=[common], help="one page, from one stream where there is an index")
    page.add_argument("path", metavar="DUMP")
    page.add_argument("--id", type=_positive, required=True, help="page id")
    page.add_argument("--index", metavar="FILE", help="multistream index (default: the one beside the dump)")
    page.add_argument("--wiki", metavar="NAME", help="database name, where file name and header do not tell it")
    page.set_defaults(run=commands.page)

    keys.add_to(verbs, common)

    demo = verbs.add_parser("demo", parents=[common], help="the whole job, offline, on a small synthetic dump")
    demo.add_argument("--into", default="wikigrove-demo", metavar="DIR")
    demo.set_defaults(run=commands.demo)
    return top
