"""Every XML file of the shared collection of real dumps: read as described, or refused with a typed error.

`test_conformance` prints the table of all files.

The collection is not part of the repository; the test is skipped where it is absent.
"""

from __future__ import annotations

import bz2
import collections
import csv
import gzip
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from wikigrove import schema
from wikigrove._core import DumpReader
from wikigrove.errors import DumpFormatError, InputError, TruncatedInputError
from wikigrove.sources import read_record
from wikigrove.sources.reading import batches

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not (DATA / "MANIFEST.tsv").exists(), reason=f"no collection of dumps at {DATA}")

IS_XML = re.compile(r"\.xml(\.bz2|\.gz)?$|\.xml-p\d+p\d+[^/]*\.(bz2|gz)$")

WIKIS = ("ar", "commons", "de", "en", "fa", "he", "ja", "ru", "zh")
REFUSED = {
    # Not MediaWiki export at all.
    "api/languages.xml": DumpFormatError,
    "wikidata/Wikidata-Toolkit__hist__recentchanges.xml": DumpFormatError,
    "xml-current/sample_abstract.xml": DumpFormatError,
    "mediawiki-core/import__MissingMediaWikiTag.xml": DumpFormatError,
    **{f"siteinfo/{wiki}wiki-configuration.xml": DumpFormatError for wiki in WIKIS},
    # Cut: one inside a page's header, one behind the header, one inside a revision.
    "history/mediawiki_header.xml": TruncatedInputError,
    "wikidata/Wikidata-Toolkit__mock-dump-header.xml": TruncatedInputError,
    "wikidata/Wikidata-Toolkit__mock-dump-incomplete-revision.xml": TruncatedInputError,
    # Multistream indexes, named like dumps.
    "multistream/output_expected__recompressxml__pages-articles-p2566p2583.multistream-index.xml.bz2": DumpFormatError,
    "multistream/output_expected__recompressxml__pages-articles-p2566p2583.multistream-index-noheader.xml.bz2": (
        DumpFormatError
    ),
}
"""What must be refused; everything else must be read to its end."""

COUNTED_OTHERWISE = {
    # The description was made by a parser that stops at what is not well-formed; the file holds these.
    "xml-current/augmentendwikitext.xml": {"pages": 2, "revs": 2},
    "xml-current/redirect.xml": {"pages": 1, "revs": 1},
    # The revision that is cut off is no whole one.
    "wikidata/Wikidata-Toolkit__mock-dump-incomplete-revision.xml": {"pages": 1, "revs": 1},
}


@dataclass
class Description:
    """The numbers that a manifest's description states."""

    pages: int | None = None
    revisions: int | None = None
    matching: int | None = None
    differing: int | None = None
    slots: int = 0
    stubs: int = 0
    namespaces: dict[int, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Description:
        def number(pattern: str) -> int | None:
            found = re.search(pattern, text)
            return int(found[1]) if found else None

        sums = re.search(r"sha1\(base36 of text\) ([^;]*)", text)
        ok, bad = (re.search(rf"{word}=(\d+)", sums[1]) if sums else None for word in ("ok", "bad"))
        namespaces = re.search(r"\bns=((?:-?\d+:\d+,?)+)", text)
        return cls(
            pages=number(r"\bpages=(\d+)"),
            revisions=number(r"\brevs=(\d+)"),
            matching=None if sums is None else int(ok[1]) if ok else 0,
            differing=None if sums is None else int(bad[1]) if bad else 0,
            slots=number(r"\bslots=(\d+)") or 0,
            stubs=number(r"\bstubtext=(\d+)") or 0,
            namespaces={
                int(key): int(count) for key, count in (part.split(":") for part in namespaces[1].strip(",").split(","))
            }
            if namespaces
            else {},
        )


@dataclass
class Read:
    """What came of one file."""

    name: str
    description: Description
    rows: list[dict[str, Any]]
    summary: dict[str, Any]
    quarantine: list[dict[str, Any]]
    error: InputError | None

    @property
    def statuses(self) -> collections.Counter[str]:
        return collections.Counter(schema.SHA1_STATUSES[row["sha1_status"]] for row in self.rows)


def read(name: str, description: str) -> Read:
    path, rows, error = DATA / name, [], None
    summary: dict[str, Any] = {}
    quarantine: list[dict[str, Any]] = []
    try:
        reader = DumpReader(path, wiki_id="examplewiki", threads=2)
    except InputError as refused:
        return Read(name, Description.parse(description), [], {}, [], refused)
    try:
        for batch in batches(reader):
            assert batch.schema.equals(schema.DUMP_COLUMNS)
            batch.validate(full=True)
            rows += batch.to_pylist()
    except InputError as refused:
        error = refused
    summary = reader.summary()
    quarantine = pa.record_batch(reader.quarantine()).to_pylist()
    return Read(name, Description.parse(description), rows, summary, quarantine, error)


@pytest.fixture(scope="module")
def reads() -> list[Read]:
    csv.field_size_limit(sys.maxsize)
    with (DATA / "MANIFEST.tsv").open(newline="", encoding="utf-8") as file:
        entries = list(csv.DictReader(file, delimiter="\t"))
    return [read(entry["file"], entry["description"]) for entry in entries if IS_XML.search(entry["file"])]


def test_every_file_is_read_or_refused_as_expected(reads: list[Read]) -> None:
    refused = {}
    for found in reads:
        if found.error is not None:
            refused[found.name] = type(found.error)
            assert found.error.source is not None
            assert found.error.source.endswith(found.name)
            assert found.error.byte_offset is not None
    assert refused == REFUSED
    assert len(reads) > 150


def test_counts_equal_the_descriptions(reads: list[Read]) -> None:
    compared = 0
    for found in reads:
        want = found.description
        if want.pages is None or (found.error and not found.summary):
            continue
        expected = {"pages": want.pages, "revs": want.revisions} | COUNTED_OTHERWISE.get(found.name, {})
        if found.error and issubclass(REFUSED[found.name], DumpFormatError):
            continue
        revisions = len(found.rows) + sum(
            row["revision_id"] is not None or is_revision(found, row) for row in found.quarantine
        )
        got = {"pages": found.summary["pages"], "revs": revisions + found.summary["duplicates"]}
        assert got == expected, found.name
        compared += 1
    assert compared > 150


def is_revision(found: Read, row: dict[str, Any]) -> bool:
    """Whether a quarantine row without an id is a revision, not a page."""
    return content_of(DATA / found.name)[row["element_offset"] :].startswith(b"<revision")


def content_of(path: Path) -> bytes:
    data = path.read_bytes()
    return bz2.decompress(data) if data[:3] == b"BZh" else gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def test_checksums_equal_the_descriptions(reads: list[Read]) -> None:
    """The descriptions compare the main text with the revision's sum, without regard to slots, CRLF or lost texts."""
    compared = 0
    for found in reads:
        want = found.description
        if want.matching is None or found.quarantine or found.name in COUNTED_OTHERWISE:
            continue
        statuses = found.statuses
        if want.slots == 0 and want.stubs == 0:
            assert (statuses["match"], found.name) == (want.matching, found.name)
            differing = statuses["mismatch"] + statuses["text_missing"] + statuses["match_crlf"]
            assert (differing, found.name) == (want.differing, found.name)
        else:
            assert statuses["match"] + statuses["match_multislot"] >= want.matching
        compared += 1
    assert compared > 100


def test_namespaces_equal_the_descriptions(reads: list[Read]) -> None:
    """The descriptions count stated namespaces only; one damaged file lost one, which is derived."""
    for found in reads:
        is_whole = sum(found.description.namespaces.values()) == found.description.pages
        if is_whole and found.description.namespaces and not found.quarantine and not found.error:
            pages = {(row["page_stream_offset"], row["page_offset"]): row["page_namespace_id"] for row in found.rows}
            assert collections.Counter(pages.values()) == found.description.namespaces, found.name


def test_every_record_is_found_again(reads: list[Read]) -> None:
    for found in reads:
        for row in found.rows[:: max(1, len(found.rows) // 8)]:
            again = read_record(DATA / found.name, row, [])
            assert again == row, (found.name, row["revision_id"])


def test_packings_of_one_content_give_equal_rows(reads: list[Read]) -> None:
    position = ("source_id", "stream_offset", "element_offset", "page_stream_offset", "page_offset")
    by_name = {
        found.name: [{k: v for k, v in row.items() if k not in position} for row in found.rows] for found in reads
    }
    current, multistream = "xml-current/", "multistream/"
    for left, right in [
        (current + "wikidump__enwiki-10k.xml", current + "wikidump__enwiki-10k.xml.bz2"),
        (current + "wikidump__simplewiki.xml", current + "wikidump__simplewiki.xml.bz2"),
        (current + "pywikibot__article-pyrus.xml", current + "pywikibot__article-pyrus.xml.bz2"),
        (current + "pywikibot__article-pyrus.xml", current + "pywikibot__article-pyrus.xml.gz"),
        (
            multistream + "input__pages-articles-p2566p2583.xml.bz2",
            multistream + "output_expected__recompressxml__pages-articles-p2566p2583.multistream.xml.bz2",
        ),
    ]:
        assert by_name[left] == by_name[right], left
    parts = sorted(name for name in by_name if name.startswith("xml-parts/pages-articles-sample1.xml-p"))
    whole = by_name["xml-parts/pages-articles-sample1.xml.bz2"]
    together = sorted((row for name in parts for row in by_name[name]), key=lambda row: row["page_id"])
    assert together == sorted(whole, key=lambda row: row["page_id"])
