"""The data card: front matter that YAML reads as meant, and a body that says what matters."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from wikigrove.dataset.card import CardFacts, data_card

SELECTION: dict[str, Any] = {
    "objective": "represent",
    "lane": "classical",
    "engine": "herding",
    "budget": 500,
    "seed": 3,
    "metrics": {"mmd2": 0.001},
    "baseline": {"draws": 20, "metrics": {"mmd2": {"mean": 0.004, "std": 0.0005}}},
    "quotas": {"x|y <img src=x>": 4},
}


def facts(**changes: Any) -> CardFacts:
    values: dict[str, Any] = {
        "name": 'A "name": with traps',
        "rows": 500,
        "text_bytes": 1_234_567,
        "languages": {"no": 3, "en": 400, "": 97},
        "wikis": {"enwiki": 400, "nowiki": 3, "commonswiki": 97},
        "licences": {"CC-BY-SA-4.0": 500, "GFDL-1.3-or-later": 403},
        "losses": {"template": (12, 3456)},
        "selection": SELECTION,
        "sources": [{"name": "a_b.xml", "wiki_id": "enwiki", "bytes": 10, "sha256": "00" * 32}],
        "source_tree": {"origin": "example.com/s", "size": 10, "root": "11" * 32},
        "dataset_tree": {"origin": "example.com/d", "size": 500, "root": "22" * 32},
        "include_source": True,
        "licence_override": None,
    }
    return CardFacts(**values | changes)


def front_matter(card: str) -> dict[str, Any]:
    """Read the few forms of YAML that cards are made of; anything else is an error."""
    _, head, _ = card.split("---\n", 2)
    result: dict[str, Any] = {}
    key = ""
    for line in head.splitlines():
        if match := re.fullmatch(r"([a-z_]+):(?: (.+))?", line):
            key, value = match[1], match[2]
            assert key not in result
            result[key] = scalar(value) if value else []
        elif match := re.fullmatch(r"- (.+)", line):
            result[key].append(scalar(match[1]))
        else:
            assert key == "configs", line
            assert re.fullmatch(r"  (data_files:|  path: data/train-\*\.parquet|- split: train)", line), line
    return result


def scalar(text: str) -> str:
    if text.startswith('"'):
        return str(json.loads(text))
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._<>-]*(: [a-z]+)?|ATTRIBUTION\.md", text), text
    assert text not in {"no", "yes", "on", "off", "null", "true", "false"}
    return text


def test_front_matter_is_read_as_meant() -> None:
    head = front_matter(data_card(facts()))
    assert head["pretty_name"] == 'A "name": with traps'
    assert head["license"] == ["cc-by-sa-4.0", "gfdl"]
    assert head["language"] == ["en", "no"]
    assert head["size_categories"] == ["n<1K"]
    assert head["configs"] == ["config_name: default"]


@pytest.mark.parametrize(
    ("rows", "category"), [(999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**9, "n>1B")]
)
def test_size_categories(rows: int, category: str) -> None:
    assert front_matter(data_card(facts(rows=rows)))["size_categories"] == [category]


def test_licences_the_hub_does_not_know() -> None:
    head = front_matter(data_card(facts(licences={"LicenseRef-public-domain": 3})))
    assert head["license"] == ["other"]
    assert head["license_link"] == "ATTRIBUTION.md"
    assert front_matter(data_card(facts(licences={"CC0-1.0": 3})))["license"] == "cc0-1.0"


def test_the_body_compares_with_chance_and_names_the_losses() -> None:
    card = data_card(facts())
    assert "| mmd2 | 0.001 | 0.004 ± 0.0005 | -6 |" in card
    assert "Against 20 random draws" in card
    assert "Templates are not expanded" in card
    assert "| template | 12 | 3,456 |" in card
    assert "wikigrove verify" in card
    assert "00" * 32 in card
    assert "simulated" not in card


def test_labels_from_dumps_stay_labels() -> None:
    card = data_card(facts())
    assert "<img" not in card
    assert "x\\|y &lt;img" in card
    assert len({row.count("|") - row.count("\\|") for row in card.splitlines() if row.startswith("| x")}) == 1


def test_the_quantum_lane_is_described_without_boast() -> None:
    selection = SELECTION | {"lane": "quantum", "engine": "analytic", "simulated": True, "ledger": {"oracle": 154}}
    card = data_card(facts(selection=selection))
    assert "**simulated on classical hardware**" in card
    assert "| oracle | 154 |" in card
    assert "speedup" not in card
    reason = {"lane": "quantum", "error": "DeadlineExceededError", "reason": "deadline exceeded"}
    fallen = SELECTION | {"fallback": reason}
    assert "the classical lane took over: deadline exceeded |" in data_card(facts(selection=fallen))


def test_a_card_of_almost_nothing() -> None:
    card = data_card(facts(selection={}, sources=[], losses={}, languages={}))
    assert "language:" not in card
    assert "How to verify" in card
