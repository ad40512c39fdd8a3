"""Names of wikis: families, addresses, and what a hostile header may not do."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from wikigrove.governance.wikis import canonical_urls, history_urls, index_url, language_tag, lookup

WIKIS = Path(__file__).parents[2].parent / "shared/data/labels/wikis.tsv"
FAMILIES = {
    "wikipedia", "wiktionary", "wikibooks", "wikinews", "wikiquote", "wikisource", "wikiversity", "wikivoyage",
    "commons", "wikidata", "wikifunctions", "mediawiki",
}  # fmt: skip
NOT_CONTENT = {  # public, but service pages without articles or outside the general terms
    "advisorywiki", "apiportalwiki", "donatewiki", "loginwiki", "thankyouwiki", "votewiki",
}  # fmt: skip


@pytest.mark.skipif(not WIKIS.exists(), reason="the public table of wikis is not here")
def test_every_public_wiki_has_its_family_and_domain() -> None:
    with WIKIS.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert len(rows) == 1050
    seen = 0
    for row in rows:
        wiki = lookup(row["database_code"])
        if row["visibility"] != "public" or row["database_code"] in NOT_CONTENT:
            assert wiki is None, row
            continue
        assert wiki is not None, row
        assert wiki.domain == row["domain_name"], row
        if row["database_group"] in FAMILIES:
            assert wiki.family == row["database_group"], row
        if row["database_group"] in FAMILIES and wiki.language is not None and wiki.language != "be_x_old":
            assert wiki.language.replace("_", "-") == row["domain_name"].split(".")[0], row
        seen += 1
    assert seen > 950


@pytest.mark.parametrize(
    ("wiki_id", "domain"),
    [
        ("enwiki", "en.wikipedia.org"),
        ("be_x_oldwiki", "be-tarask.wikipedia.org"),
        ("simplewiki", "simple.wikipedia.org"),
        ("zh_yuewiki", "zh-yue.wikipedia.org"),
        ("zh_min_nanwiktionary", "zh-min-nan.wiktionary.org"),
        ("commonswiki", "commons.wikimedia.org"),
        ("wikidatawiki", "www.wikidata.org"),
        ("metawiki", "meta.wikimedia.org"),
        ("specieswiki", "species.wikimedia.org"),
        ("pa_uswikimedia", "pa-us.wikimedia.org"),
        ("sourceswiki", "wikisource.org"),
    ],
)
def test_permanent_address(wiki_id: str, domain: str) -> None:
    assert canonical_urls(pa.array([wiki_id]), pa.array([5_000_000_001])).to_pylist() == [
        f"https://{domain}/w/index.php?oldid=5000000001"
    ]


@pytest.mark.parametrize(
    "wiki_id", ["", "wiki", "gardenwiki", "mywikimedia", "officewiki", "wiktionary", "en", "ENWIKI"]
)
def test_wikis_of_others_have_no_family(wiki_id: str) -> None:
    assert lookup(wiki_id) is None
    assert language_tag(wiki_id) is None
    assert index_url(wiki_id) is None


def test_the_header_of_a_copied_dump_does_not_move_a_wikimedia_wiki() -> None:
    assert index_url("enwiki", "https://mirror.example.org/wiki/Main_Page") == "https://en.wikipedia.org/w/index.php?"


@pytest.mark.parametrize(
    "base",
    [
        "javascript:alert(1)//", "data:text/html,x", "ftp://wiki.example.org/", "//wiki.example.org/", "https://",
        'https://wiki.example.org/"onmouseover=x', "https://wiki.example.org/<script>", "https://a@wiki.example.org/",
        "https://wiki.example.org/a\nb", "https://[broken/", "", "https://wiki.example.org/a b",
    ],
)  # fmt: skip
def test_hostile_bases_give_no_address(base: str) -> None:
    assert canonical_urls(pa.array(["gardenwiki"]), pa.array([1]), bases={"gardenwiki": base}).to_pylist() == [""]


def test_wikis_of_others_are_cited_by_their_own_base() -> None:
    bases = {"gardenwiki": "https://wiki.example.org/wiki/Main_Page#top"}
    wikis = pa.array(["gardenwiki", "enwiki", "gardenwiki"]).dictionary_encode()
    assert canonical_urls(wikis, pa.array([1, 2, 3]), bases=bases).to_pylist() == [
        "https://wiki.example.org/wiki/Main_Page?oldid=1",
        "https://en.wikipedia.org/w/index.php?oldid=2",
        "https://wiki.example.org/wiki/Main_Page?oldid=3",
    ]
    assert history_urls(wikis, pa.array([1, 2, 3]), bases=bases).to_pylist()[0] == (
        "https://wiki.example.org/wiki/Main_Page?curid=1&action=history"
    )


def test_no_rows() -> None:
    assert canonical_urls(pa.array([], pa.string()), pa.array([], pa.int64())).to_pylist() == []
