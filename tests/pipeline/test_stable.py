"""`--stable`: of each page the newest revision that nobody undid, through vectors, selection and export."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import wikigrove
from wikigrove.cli import main
from wikigrove.errors import SelectionError, StoreError
from wikigrove.store import fetch_by_ids

RULE = {"radius": 15, "stood_seconds": 172_800}
START = datetime(2020, 1, 1, tzinfo=UTC)
DUMP = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en"><siteinfo>
<sitename>T</sitename><dbname>testwiki</dbname></siteinfo>{}</mediawiki>"""
PAGE = "<page><title>Page {0}</title><ns>{1}</ns><id>{0}</id>{2}</page>"
REVISION = """<revision><id>{}</id><timestamp>{:%Y-%m-%dT%H:%M:%SZ}</timestamp><contributor><username>U</username>
<id>1</id></contributor><model>wikitext</model><format>text/x-wiki</format><text xml:space="preserve">{}</text>
<sha1>{}</sha1></revision>"""

Row = tuple[int, int, str]  # revision id, hours after START, text


def sha1(text: str) -> str:
    number, digits = int.from_bytes(hashlib.sha1(text.encode(), usedforsecurity=False).digest()), ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits.rjust(31, "0")


def made(folder: Path, pages: Sequence[tuple[int, Sequence[Row]]]) -> Any:
    """Build a store of pages, each a namespace and its revisions; the first page has id 1."""
    parts = []
    for number, (namespace, rows) in enumerate(pages, 1):
        revisions = [REVISION.format(id_, START + timedelta(hours=hour), text, sha1(text)) for id_, hour, text in rows]
        parts.append(PAGE.format(number, namespace, "".join(revisions)))
    folder.mkdir(exist_ok=True)
    source = folder / "testwiki-20260101-pages-meta-history.xml"
    source.write_text(DUMP.format("".join(parts)), encoding="utf-8")
    return wikigrove.build([source], into=folder / "store").store


VANDALISED: list[tuple[int, list[Row]]] = [
    (0, [(10, 0, "mills by the river"), (11, 500, "mills by the old river"), (12, 501, "lol"), (13, 999, "rofl")]),
    (0, [(20, 0, "a bridge"), (21, 10, "no bridge"), (22, 11, "a bridge")]),  # what restored it has stood
    (0, [(30, 990, "written just now")]),
    (0, [(40, 0, "a tower"), (41, 998, "spam"), (42, 999, "a tower")]),  # restored too lately to have stood
    (1, [(50, 990, "talk of just now")]),
    (0, [(60, 0, "the end of the history"), (61, 1000, "and its last word")]),
]
NEWEST, STABLE = [13, 22, 30, 42, 61], [12, 22, 40, 60]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    return made(tmp_path, VANDALISED)


def chosen(store: Any, count: int, **options: Any) -> tuple[list[int], Any]:
    selection = wikigrove.select(store, budget=count, **options)
    rows = fetch_by_ids(store, selection.ids, ["revision_id"], manifest=store.manifest())
    return sorted(rows["revision_id"].to_pylist()), selection


def test_the_newest_stable_revision_is_not_the_newest(store: Any) -> None:
    wikigrove.embed(store)
    found, selection = chosen(store, 5)
    assert (found, selection.stable, selection.unstable_pages) == (NEWEST, None, None)
    found, selection = chosen(store, 4, stable=True)
    assert (found, selection.stable, selection.unstable_pages) == (STABLE, RULE, 1)
    assert wikigrove.Selection.from_json(json.loads(json.dumps(selection.to_json()))) == selection
    assert chosen(store, 4, stable=True, namespaces=None)[1].unstable_pages == 2
    with pytest.raises(SelectionError, match=r"budget"):
        chosen(store, 5, stable=True)
    with pytest.raises(SelectionError, match=r"\(1 pages have no stable revision\); hint: there are 0 \(4 records\)"):
        chosen(store, 1, stable=True, namespaces=[1])


def test_vectors_of_stable_revisions_alone(store: Any) -> None:
    embedded = wikigrove.embed(store, stable=True)
    assert sorted(embedded.vectors.revision_ids.tolist()) == STABLE
    assert (embedded.unstable_pages, embedded.to_json()["stable"]) == (2, RULE)
    assert "pages without, left out: 2" in embedded.describe()
    assert chosen(store, 4, stable=True)[0] == STABLE
    with pytest.raises(SelectionError, match=r"vectors of stable revisions only; hint: select STORE --stable"):
        wikigrove.select(store, budget=4)
    again = wikigrove.embed(store)
    assert len(again.vectors) == sum(len(rows) for _, rows in VANDALISED)
    assert chosen(store, 5)[0] == NEWEST


def test_a_store_of_current_revisions_leaves_out_what_is_fresh(tmp_path: Path) -> None:
    store = made(tmp_path, [(namespace, rows[-1:]) for namespace, rows in VANDALISED])
    wikigrove.embed(store, stable=True)
    found, selection = chosen(store, 1, stable=True)
    assert (found, selection.unstable_pages) == ([22], 4)
    fresh = made(tmp_path / "fresh", [(0, [(1, 0, "one")]), (0, [(2, 1, "two")])])
    with pytest.raises(StoreError, match=r"no stable revision has plain text"):
        wikigrove.embed(fresh, stable=True)


def test_a_blanked_page_does_not_fall_back_to_an_older_text(tmp_path: Path) -> None:
    store = made(tmp_path, [(0, [(1, 0, "was here"), (2, 10, "")]), (0, [(3, 0, "stays"), (4, 999, "goes on")])])
    wikigrove.embed(store)
    assert chosen(store, 1, stable=True)[0] == [3]


# ---------------------------------------------------------------- the twin


def twin(rows: Sequence[Row], end: int) -> int | None:
    """Look at each revision from the newest on: undone by one of the next 15? followed by 15 or by 48 hours?"""
    ordered = sorted(rows, key=lambda row: (row[1], row[0]))
    texts = [text for _, _, text in ordered]
    for place in reversed(range(len(ordered))):
        undone = any(
            restored < place
            for later in range(place + 1, min(place + 15, len(texts) - 1) + 1)
            for restored in [latest_equal(texts, later)]
            if restored is not None
        )
        settled = end - ordered[place][1] >= 48 or len(ordered) - 1 - place >= 15
        if settled and not undone:
            return ordered[place][0]
    return None


def latest_equal(texts: Sequence[str], place: int) -> int | None:
    """Return the last of the 16 revisions before with the same text, unless it is the neighbour."""
    equal = [other for other in range(max(0, place - 16), place) if texts[other] == texts[place]]
    return equal[-1] if equal and equal[-1] < place - 1 else None


@pytest.mark.parametrize(("seed", "hours", "embed_stable"), [(1, 40, True), (2, 90, False), (3, 200, True)])
def test_any_history_is_selected_like_the_twin(tmp_path: Path, seed: int, hours: int, *, embed_stable: bool) -> None:
    draw, ids = random.Random(seed), iter(range(1, 10_000))
    texts = ["one", "two", "three words", "a fourth"]
    pages = [
        (0, [(next(ids), draw.randint(0, hours), draw.choice(texts)) for _ in range(draw.randint(1, 40))])
        for _ in range(80)
    ]
    end = max(hour for _, rows in pages for _, hour, _ in rows)
    expected = [twin(rows, end) for _, rows in pages]
    stable = sorted(id_ for id_ in expected if id_ is not None)
    newest = sorted(max((hour, id_) for id_, hour, _ in rows)[1] for _, rows in pages)
    assert not set(stable) <= set(newest)
    store = made(tmp_path, pages)
    wikigrove.embed(store, stable=embed_stable)
    found, selection = chosen(store, len(stable), stable=True)
    assert (found, selection.unstable_pages) == (stable, expected.count(None))


# ---------------------------------------------------------------- command line and export


def test_the_data_set_says_that_it_is_of_stable_revisions(
    store: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where, target = str(store.path), tmp_path / "dataset"
    assert main(["embed", where, "--stable"]) == 0
    assert "stable: undone by none of the next 15 revisions" in capsys.readouterr().out
    assert main(["select", where, "--budget", "3", "--stable", "--name", "stood"]) == 0
    out = capsys.readouterr().out
    assert "of each page the newest stable revision" in out
    assert "pages without a stable revision, left out: 1" in out
    assert main(["select", where, "--budget", "3"]) == 1
    assert "hint: select STORE --stable" in capsys.readouterr().err
    kept = json.loads((store.path / "selections" / "stood.json").read_bytes())
    assert kept["selection"]["stable"] == RULE
    assert main(["export", where, "stood", "--to", str(target), "--licence", "CC-BY-SA-4.0"]) == 0
    assert json.loads((target / "selection.json").read_bytes())["stable"] == RULE
    transform = json.loads((target / "manifest.json").read_bytes())["transform"]
    assert transform["externalParameters"]["selection"]["stable"] == RULE
    assert "of each page the newest stable one: undone by none of the next 15" in (target / "README.md").read_text()
    capsys.readouterr()
    assert main(["verify", str(target), "--json"]) == 0


@pytest.mark.parametrize("rule", [{"radius": 15}, {**RULE, "radius": "15"}, {**RULE, "more": 1}])
def test_a_rule_that_cannot_be_read_is_refused(store: Any, rule: dict[str, Any]) -> None:
    wikigrove.embed(store)
    content = chosen(store, 2, stable=True)[1].to_json()
    with pytest.raises(SelectionError, match=r"rule of stability cannot be read"):
        wikigrove.Selection.from_json({**content, "stable": rule})
