"""The tour: every verb on the invented dump, a few forgeries that must be found, and a report of it all."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, TypeVar

from wikigrove.demo.dump import write_demo_dumps
from wikigrove.demo.facts import intake_facts, lane_facts, proof_facts, quarantine_facts, selection_facts
from wikigrove.demo.tamper import tamper_with_copies
from wikigrove.errors import ConfigError, WikigroveError
from wikigrove.pipeline.audit import trace, verify
from wikigrove.pipeline.build import build
from wikigrove.pipeline.release import export
from wikigrove.pipeline.sample import select
from wikigrove.pipeline.vectors import Embedding, embed, search
from wikigrove.report import render_report
from wikigrove.selection.describe import describe

BUDGET: Final = 60
QUERY: Final = "river and mill"
MARKER: Final = ".wikigrove-demo"

Say = Callable[[str], None]
Result = TypeVar("Result")


def run_demo(folder: Path, *, say: Say) -> int:
    """Run the whole job in a folder of its own.

    Args:
        folder: Where everything goes; an earlier demo there is replaced.
        say: Takes one line of progress after the other.

    Returns:
        0 if everything held and every forgery was found, else 1.

    Raises:
        ConfigError: The folder holds something else.
    """
    _make_folder(folder)
    clock = _Clock(say)
    dumps = clock("write dumps", lambda: write_demo_dumps(folder / "dumps"))
    store_path, keys, state = folder / "store", folder / "keys", folder / "state.json"
    built = clock("build", lambda: build(dumps, into=store_path, keys=keys))
    say(_indented(built.describe()))
    embedded = clock("embed", lambda: embed(built.store))
    say(_indented(embedded.describe()))
    hits = clock("search", lambda: search(built.store, QUERY, k=3))
    say(_indented("\n".join(f"{hit['score']:.4f} {hit['wiki_id']}: {hit['page_title']}" for hit in hits)))
    asked: dict[str, Any] = {"budget": BUDGET, "by": ["language"], "quotas": "equal", "seed": 7}
    chosen = clock("select", lambda: select(built.store, **asked, name="herding"))
    say(_indented(describe(chosen)))
    quantum = clock("select, quantum lane", lambda: select(built.store, **asked, lane="quantum", name="amplified"))
    say(_indented(describe(quantum)))
    dataset = folder / "dataset"
    exported = clock("export", lambda: export(built.store, "herding", to=dataset, keys=keys))
    say(_indented(exported.describe()))
    policy = keys / "trust.policy"
    store_report = clock("verify store", lambda: verify(built.store, policy=policy, state=state))
    export_report = clock("verify dataset", lambda: verify(dataset, policy=policy, state=state))
    followed = clock("trace", lambda: trace(built.store, int(chosen.ids[0]), policy=policy))
    for report in (store_report, export_report, followed):
        say(_indented(report.to_text()))
    tampered = clock("tamper", lambda: tamper_with_copies(built, dataset, folder / "tampered", policy))
    for change in tampered:
        say(_indented(f"{'found' if change['found'] else 'MISSED'}: {change['what']} in {change['place']}"))
    commands = [
        f"wikigrove build {folder / 'dumps'}/*.bz2 --into {store_path} --keys {keys}",
        f"wikigrove embed {store_path}",
        f"wikigrove select {store_path} --budget {BUDGET} --by language --quotas equal --seed 7 --name herding",
        f"wikigrove select {store_path} --budget {BUDGET} --by language --quotas equal --seed 7 --lane quantum",
        f"wikigrove export {store_path} herding --to {folder / 'again'} --keys {keys}",
        f"wikigrove verify {dataset} --policy {policy} --state {state}",
    ]
    page = folder / "report.html"
    page.write_text(
        render_report(
            {
                "title": "wikigrove demo",
                "subtitle": "An invented dump in nine languages and six scripts, from XML to a proved training set",
                "synthetic": True,
                "intake": intake_facts(built, clock.seconds["build"]),
                "quarantine": quarantine_facts(built),
                "losses": _losses(embedded),
                "selection": selection_facts(built.store, chosen, by="language"),
                "lanes": lane_facts(chosen, quantum, clock.seconds),
                "proof": proof_facts(built, exported, store_report, export_report, tampered),
                "reproduce": {"commands": commands, "environment": _environment(), "seconds": clock.seconds},
            }
        ),
        encoding="utf-8",
    )
    say(f"report: {page}")
    good = (
        store_report.exit_code == 0
        and export_report.exit_code == 0
        and followed.is_ok
        and all(change["found"] for change in tampered)
    )
    say("everything held, and every forgery was found" if good else "something did not hold; see above")
    return 0 if good else 1


class _Clock:
    """Runs the stages and keeps their seconds."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.seconds: dict[str, float] = {}

    def __call__(self, name: str, stage: Callable[[], Result]) -> Result:
        start = time.perf_counter()
        try:
            result = stage()
        except WikigroveError:
            self._say(f"{name}: failed")
            raise
        self.seconds[name] = round(time.perf_counter() - start, 3)
        self._say(f"{name} ({self.seconds[name]:.2f} s)")
        return result


def _make_folder(folder: Path) -> None:
    if folder.exists() and not (folder / MARKER).exists() and any(folder.iterdir()):
        raise ConfigError(f"folder is not empty and no demo; hint: name another one: {folder}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARKER).touch()


def _losses(embedded: Embedding) -> dict[str, Any]:
    made = embedded.extraction
    return {"kinds": made["losses"], "wikitext_bytes": made["text_bytes"], "plain_bytes": made["plain_bytes"]}


def _environment() -> dict[str, str]:
    facts = {"Python": platform.python_version(), "machine": platform.machine()}
    for package in ("wikigrove", "numpy", "pyarrow", "cryptography", "qiskit", "qiskit-aer"):
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "not installed"
    return facts


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
