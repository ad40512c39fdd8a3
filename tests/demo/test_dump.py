"""The invented dumps: well-formed, the same bytes everywhere, right where they claim to be, wrong where they should."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import pytest

from wikigrove.demo.dump import PACKINGS, write_demo_dumps
from wikigrove.demo.words import LANGUAGES
from wikigrove.errors import ConfigError
from wikigrove.governance.wikis import lookup

XML = "{http://www.mediawiki.org/xml/export-0.11/}"
SCRIPTS = {
    "enwiki": "LATIN", "dewiki": "LATIN", "ruwiki": "CYRILLIC", "elwiki": "GREEK", "arwiki": "ARABIC",
    "hiwiki": "DEVANAGARI", "jawiki": "KATAKANA", "zhwiki": "CJK", "kowiki": "HANGUL",
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_demo_dumps(tmp_path_factory.mktemp("plain"), packing="plain")


def unpack(path: Path) -> bytes:
    data = path.read_bytes()
    return {".bz2": bz2.decompress, ".gz": gzip.decompress}.get(path.suffix, bytes)(data)


def parsed(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()  # noqa: S314, the file was just written by the package


def sha1_of(texts: dict[str, str], line_end: str = "\n") -> int:
    """The chained hash as a number, written without looking at the package."""
    chain = b""
    for role in sorted(texts):
        own = to_base36(hashlib.sha1(texts[role].replace("\n", line_end).encode()).digest())  # noqa: S324
        chain = to_base36(hashlib.sha1(chain + own).digest()) if chain else own  # noqa: S324
    return int(chain, 36)


def to_base36(digest: bytes) -> bytes:
    digits, value = b"", int(digest.hex(), 16)
    for _ in range(31):
        value, digit = divmod(value, 36)
        digits = b"0123456789abcdefghijklmnopqrstuvwxyz"[digit : digit + 1] + digits
    return digits


def test_all_packings_hold_the_same_xml(tmp_path: Path, plain: list[Path]) -> None:
    want = [path.read_bytes() for path in plain]
    for packing in PACKINGS:
        paths = write_demo_dumps(tmp_path / packing, packing=packing)
        assert paths == sorted(paths)
        assert [unpack(path) for path in paths] == want
    streams = (tmp_path / "multistream/enwiki-20260901-pages-articles-multistream.xml.bz2").read_bytes()
    assert streams.count(b"BZh91AY&SY") == 8
    with pytest.raises(ConfigError, match="not a packing"):
        write_demo_dumps(tmp_path, packing="zip")


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    for packing in PACKINGS:
        first = [path.read_bytes() for path in write_demo_dumps(tmp_path / "a", packing=packing)]
        second = [path.read_bytes() for path in write_demo_dumps(tmp_path / "b", packing=packing)]
        assert first == second


def test_the_xml_is_frozen(plain: list[Path]) -> None:
    """Results of the demonstration are written down elsewhere; a change of the text changes them."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in plain)).hexdigest()
    assert digest == "08532f73b47048de84713d5e3049419e5ee6b20ac99b2743b30399c5aaaabcb5"
    assert 1_000_000 < sum(path.stat().st_size for path in plain) < 3_000_000


def test_every_stated_sha1_and_size_is_right_but_for_the_traps(plain: list[Path]) -> None:
    seen: Counter[str] = Counter()
    for path in plain:
        for revision in parsed(path).iter(f"{XML}revision"):
            main = revision.find(f"{XML}text")
            assert main is not None
            stated = revision.findtext(f"{XML}sha1")
            if main.get("deleted"):
                seen["hidden"] += 1
                continue
            if main.get("location"):
                seen["missing"] += 1
                continue
            texts = {"main": main.text or ""}
            for content in revision.iter(f"{XML}content"):
                texts[content.findtext(f"{XML}role") or ""] = content.findtext(f"{XML}text") or ""
            for element in revision.iter(f"{XML}text"):
                assert int(element.get("bytes", "-1")) == len((element.text or "").encode())
            assert stated is not None
            if int(stated, 36) == sha1_of(texts):
                seen["match" if len(texts) == 1 else "multislot"] += 1
            elif int(stated, 36) == sha1_of(texts, "\r\n"):
                seen["crlf"] += 1
            else:
                seen["mismatch"] += 1
    traps = {"hidden": 2, "missing": 1, "crlf": 1, "mismatch": 1, "multislot": 40}
    assert {kind: count for kind, count in seen.items() if kind != "match"} == traps
    assert seen["match"] > 560


def test_what_must_be_quarantined_is_there(plain: list[Path]) -> None:
    whole = b"".join(path.read_bytes() for path in plain).decode()
    numbers = re.findall(r"<revision>\s*<id>(.*?)</id>", whole)
    assert [number for number in numbers if not number.isdigit()] == ["nine"]
    assert len(re.findall(r"<timestamp>2026-13-41T99:99:99Z</timestamp>", whole)) == 1
    ids = [int(number) for number in numbers if number.isdigit()]
    assert len(set(ids)) == len(ids)
    assert min(ids) > 2**32


def test_names_are_reserved_ones(plain: list[Path]) -> None:
    kinds: Counter[str] = Counter()
    for path in plain:
        for contributor in parsed(path).iter(f"{XML}contributor"):
            name, address = contributor.findtext(f"{XML}username"), contributor.findtext(f"{XML}ip")
            if contributor.get("deleted"):
                kinds["hidden"] += 1
            elif address is not None:
                assert re.fullmatch(r"192\.0\.2\.\d{1,3}|2001:db8::[0-9a-f]+", address)
                kinds["ip"] += 1
            else:
                assert re.fullmatch(r"(imported>)?Example User \d|~2026-\d{5}-01", name or "")
                kinds["temporary" if (name or "").startswith("~") else "registered"] += 1
    assert all(kinds[kind] for kind in ("hidden", "ip", "temporary", "registered"))


def test_every_wiki_has_articles_in_its_own_script(plain: list[Path]) -> None:
    assert len(plain) == 10
    for path in plain:
        root = parsed(path)
        wiki_id = root.findtext(f"{XML}siteinfo/{XML}dbname") or ""
        wiki = lookup(wiki_id)
        assert wiki is not None
        assert path.name.startswith(f"{wiki_id}-20260901-pages-articles")
        assert wiki.domain in (root.findtext(f"{XML}siteinfo/{XML}base") or "")
        assert "synthetic" in (root.findtext(f"{XML}siteinfo/{XML}sitename") or "")
        titles = [page.findtext(f"{XML}title") or "" for page in root.iter(f"{XML}page")]
        assert len(set(titles)) == len(titles) >= 40
        if wiki_id in SCRIPTS:
            letters = Counter(unicodedata.name(c).split()[0] for title in titles[:40] for c in title if c.isalpha())
            assert letters.most_common(1)[0][0] == SCRIPTS[wiki_id]


def test_sentences_fill_every_gap() -> None:
    """A misspelt placeholder or an unused sentence would show here."""
    for language in LANGUAGES:
        assert len(language.syllables.split()) == 16
        assert len(set(language.syllables.split())) == 16
        for topic in language.topics:
            for pattern in (topic.title, *topic.openings, *topic.facts, *language.shared):
                assert set(re.findall(r"{(.*?)}", pattern)) <= {"name", "place", "other", "number", "year"}
