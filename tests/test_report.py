"""The report: complete, well-formed, harmless whatever a title holds, and the same text every time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from typing import Any

import pytest

from wikigrove.report import metrics_of, render_report, strata_of
from wikigrove.report.page import PARTS

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'\"--></style></title><svg onload=alert(1)>",
    "&lt;b&gt; &amp; &#0; \x00\x1b[31m",
    "\u202eright to left\u2066",
    "]]><!DOCTYPE x>",
]


def report(word: str = "word") -> dict[str, Any]:
    """A report in which every text is `word`."""
    return {
        "title": word, "subtitle": word, "synthetic": True,
        "intake": {
            "files": [
                {"name": word, "wiki_id": word, "packing": word, "bytes": 1000, "bytes_decompressed": 9000, "pages": 3,
                 "revisions": 4, "sha256": word}
            ],
            "pages": 3, "revisions": 4, "bytes": 1000, "bytes_decompressed": 9000, "seconds": 0.5,
            "languages": {word: 4}, "sha1": {"match": 2, "mismatch": 1, "hidden": 1}, "licences": {word: 4},
            "text_states": {"present": 3, "hidden": 1}, "warnings": [word],
        },
        "quarantine": {
            "count": 1, "budget": 100,
            "rows": [
                {"file": word, "offset": 12345, "page_id": None, "revision_id": 7, "reason": word, "detail": word}
            ],
        },
        "losses": {"kinds": {word: {"count": 2, "bytes": 300}}, "wikitext_bytes": 900, "plain_bytes": 600},
        "selection": {
            "objective": word, "budget": 2, "population": 4, "lane": word, "engine": word, "seed": 7, "embedder": word,
            "strata_by": word,
            "metrics": [{"name": word, "label": word, "selected": 1.0, "draws": [2.0, 3.0, 0.5], "better": "lower",
                         "note": word}],
            "strata": [{"label": word, "population": 4, "selected": 2}],
            "rows": [{"title": word, "wiki_id": word, "language": word, "url": word, "snippet": word, "licence": word,
                      "leaf_index": 3}],
        },
        "lanes": {
            "task": word, "verdict": word,
            "lanes": [
                {"name": word, "engine": word, "simulated": True, "objective": 0.5, "objective_label": word, "rows": 2,
                 "ledger": {word: 3}, "twin": {word: 0.5}, "seconds": {word: 1.0}, "fallback": word, "notes": [word]}
            ],
            "agreement": [{"name": word, "left": word, "right": word, "passed": True}],
        },
        "proof": {
            "trees": [{"name": word, "origin": word, "size": 4, "root": word}],
            "signatures": [{"algorithm": word, "key": word, "passed": False}],
            "levels": [{"level": word, "label": word, "passed": None, "detail": word, "seconds": 0.1}],
            "tamper": [{"what": word, "place": word, "found": True, "message": word}],
        },
        "reproduce": {"commands": [word], "environment": {word: word}, "seconds": {word: 1.0}},
    }  # fmt: skip


def parsed(page: str) -> ElementTree.Element:
    first, rest = page.split("\n", 1)
    assert first == "<!DOCTYPE html>"
    return ElementTree.fromstring(rest)  # noqa: S314, the page under test


class Outline(HTMLParser):
    """What a browser would see: elements, attributes, text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_every_part_is_there_once_and_well_formed() -> None:
    page = render_report(report())
    root = parsed(page)
    sections = [section.get("id") for section in root.iter("section")]
    assert sections == [part[0] for part in PARTS]
    targets = {element.get("id") for element in root.iter() if element.get("id")}
    for anchor in root.iter("a"):
        assert (anchor.get("href") or "").removeprefix("#") in targets
    for section in root.iter("section"):
        assert section.get("aria-labelledby") in targets
    text = " ".join(root.itertext())
    for want in ("12,345", "better than 2 of 3 draws", "✗ fails", "could not run", "simulated"):
        assert want in text


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_text_stays_text(word: str) -> None:
    harmless, hostile = Outline(render_report(report())), Outline(render_report(report(word)))
    assert hostile.elements == harmless.elements
    assert [name for name, _ in hostile.attributes] == [name for name, _ in harmless.attributes]
    page = render_report(report(word))
    parsed(page)
    assert "<script" not in page
    assert "\x00" not in page
    shown = "".join(parsed(page).find("head/title").itertext())  # type: ignore[union-attr]
    assert shown == re.sub("[\x00\x1b]", "\N{REPLACEMENT CHARACTER}", word)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "", " https://x", "HTTPS-ish://x"]
)
def test_only_web_addresses_become_links(address: str) -> None:
    data = report()
    data["selection"]["rows"][0]["url"] = address
    assert [a.get("href") for a in parsed(render_report(data)).find(".//ol[@class='rows']").iter("a")] == []  # type: ignore[union-attr]
    data["selection"]["rows"][0]["url"] = "https://en.wikipedia.org/w/index.php?oldid=1&x=2"
    links = list(parsed(render_report(data)).find(".//ol[@class='rows']").iter("a"))  # type: ignore[union-attr]
    assert [a.get("href") for a in links] == ["https://en.wikipedia.org/w/index.php?oldid=1&x=2"]


def test_nothing_is_fetched_and_nothing_runs() -> None:
    page = render_report(report())
    outline = Outline(page)
    assert not {"script", "iframe", "object", "embed", "img", "link", "form"} & set(outline.elements)
    assert not {name for name, _ in outline.attributes if name.startswith("on") or name == "src"}
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src &#x27;none&#x27;" in page


def test_parts_are_optional() -> None:
    parsed(render_report({}))
    for part in PARTS:
        page = render_report({part[0]: {}})
        assert [section.get("id") for section in parsed(page).iter("section")] == [part[0]]
    for key, value in report().items():
        if isinstance(value, dict):
            for name in value:
                parsed(render_report({key: {name: value[name]}}))


def test_joiners_and_spaces_of_other_scripts_survive() -> None:
    title = "क\u200dष 森\u3000町 می\u200cخواهم"
    assert title in render_report({"title": title})


def test_a_selection_worse_than_chance_is_shown_as_such() -> None:
    data = {"selection": {"metrics": [{"label": "m", "selected": 9.0, "draws": [1.0, 2.0, 3.0], "better": "lower"}]}}
    assert "better than 0 of 3 draws" in render_report(data)
    data["selection"]["metrics"][0]["better"] = "higher"  # type: ignore[index]
    assert "better than 3 of 3 draws" in render_report(data)
    one = {"selection": {"metrics": [{"label": "m", "selected": 1.0, "draws": [1.0], "better": "lower"}]}}
    assert "better than 0 of 1 draws" in render_report(one)


def test_positions_follow_the_values() -> None:
    page = parsed(
        render_report(
            {"selection": {"metrics": [{"name": "m", "selected": 0.0, "draws": [1.0, 4.0], "better": "lower"}]}}
        )
    )
    dots = [circle.get("cx") for circle in page.iter("circle") if circle.get("class") == "dot"]
    chosen = [svg.get("x") for svg in page.iter("svg") if svg.get("overflow")]
    assert (dots, chosen) == (["27.00%", "96.00%"], ["4.00%"])


SELECTION = {
    "metrics": {"mmd2": 0.5, "chi2": 2.0, "own": 7.0},
    "baseline": {
        "draws": 20,
        "mmd2": {"mean": 2.0, "std": 0.5, "min": 1.0, "max": 3.0, "z": -3.0, "beaten": 20},
        "chi2": {"mean": 2.0, "std": 0.0, "min": 2.0, "max": 2.0, "z": None, "beaten": 0},
        "own": {"mean": 5.0, "std": 1.0, "min": 4.0, "max": 6.0, "z": 2.0, "beaten": 0},
    },
    "population": {"enwiki": 90, "elwiki": 10},
    "chosen": {"enwiki": 8, "elwiki": 2},
}


def test_a_selection_is_shown_from_its_own_json() -> None:
    metrics = metrics_of(SELECTION)
    assert [metric["name"] for metric in metrics] == ["mmd2", "own"]
    page = render_report({"selection": {"metrics": metrics, "strata": strata_of(SELECTION)}})
    assert "better than all 20 draws" in page
    assert "worse than all 20 draws" in page
    assert "z = -3.0" in page
    assert " (2 of 10)" in page
    drawn = {**SELECTION["baseline"], "mmd2": {**SELECTION["baseline"]["mmd2"], "values": [0.4, 3.0]}}
    shown = metrics_of({**SELECTION, "baseline": drawn})
    assert [metric.get("draws") for metric in shown] == [[0.4, 3.0], None]
    assert "better than 1 of 2 draws" in render_report({"selection": {"metrics": shown}})


def test_same_data_same_page() -> None:
    assert render_report(report()) == render_report(report())
