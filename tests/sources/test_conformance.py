"""Every file of the shared collection: what it is, and whether it is read or refused; `pytest -s` prints the table.

The collection is not part of the repository; the test is skipped where it is absent. `test_shared_dumps` compares what
is read with the collection's own descriptions.
"""

from __future__ import annotations

import collections
import importlib.util
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest

from wikigrove import schema
from wikigrove._core import DumpReader
from wikigrove.errors import DumpFormatError, InputError, WikigroveError
from wikigrove.sources import inspect, open_reader
from wikigrove.sources.glance import KINDS, READABLE, glance
from wikigrove.sources.multistream import MultistreamIndex
from wikigrove.sources.reading import batches

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not (DATA / "MANIFEST.tsv").exists(), reason=f"no collection of dumps at {DATA}")

READS_ARTICLES = importlib.util.find_spec("wikigrove.sources.enterprise") is not None
READS_EVERY_PACKING = hasattr(DumpReader, "next_part")
"""Readers that a build may lack; without them such files are refused by name."""

WANTED_KINDS = {
    "api": {"json": 20, "otherxml": 1},
    "content-export-v2": {"xml": 2, "json": 2, "unknown": 1},
    "enterprise": {"metadata": 20, "articles": 14, "json": 11, "events": 13},
    "eventstreams": {"events": 3, "unknown": 5},
    "history": {"xml": 11, "unknown": 2},
    "html": {"html": 17},
    "labels": {"json": 8, "unknown": 1},
    "malformed": {"xml": 2},
    "mediawiki-core": {"xml": 48, "otherxml": 1},
    "multistream": {"xml": 7, "index": 2, "empty": 1, "unknown": 1},
    "pageviews": {"pageviews": 2},
    "schema-versions": {"xml": 2, "sql": 1},
    "siteinfo": {"otherxml": 9},
    "sql": {"sql": 6},
    "status": {"titles": 2, "siteinfo": 1, "status": 1},
    "thirdparty-wiki": {"xml": 12},
    "wikidata": {"entities": 7, "xml": 6, "otherxml": 1, "sql": 1},
    "xml-current": {"xml": 143, "unknown": 1, "abstracts": 1},
    "xml-parts": {"xml": 13},
}
"""By folder. The folder `wikitext` holds bare texts, of which no kind is promised."""

WANTED_TOTALS = {
    "content-export-v2": (2, 5, 36, 3),
    "history": (8, 518, 524, 4),
    "malformed": (2, 6, 5, 1),
    "mediawiki-core": (48, 66, 26, 81),
    "multistream": (6, 59, 176, 0),
    "schema-versions": (2, 7, 9, 0),
    "thirdparty-wiki": (12, 156, 239, 0),
    "wikidata": (4, 8, 18, 0),
    "xml-current": (140, 1707, 1726, 1),
    "xml-parts": (13, 82, 180, 0),
}
"""By folder, of its plain, bz2 and gz exports: files read to their end, pages, revisions, quarantined records."""


@dataclass
class Outcome:
    """What came of one file."""

    name: str
    kind: str
    compression: str
    pages: int = 0
    revisions: int = 0
    quarantined: int = 0
    statuses: collections.Counter[str] = field(default_factory=collections.Counter)
    refused: str | None = None

    @property
    def folder(self) -> str:
        return self.name.partition("/")[0]


def outcome_of(path: Path) -> Outcome:
    seen = glance(path)
    found = Outcome(str(path.relative_to(DATA)), seen.kind, seen.compression)
    try:
        reader = open_reader(inspect(path, wiki_id="examplewiki"), source_id=0)
    except WikigroveError as error:
        found.refused = type(error).__name__
        return found
    try:
        for batch in batches(reader):
            found.revisions += batch.num_rows
            found.statuses.update(schema.SHA1_STATUSES[code] for code in batch["sha1_status"].to_pylist())
    except WikigroveError as error:
        found.refused = type(error).__name__
    found.pages = reader.summary()["pages"]
    found.quarantined = pa.record_batch(reader.quarantine()).num_rows
    return found


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return [outcome_of(path) for path in sorted(DATA.rglob("*")) if path.is_file()]


def table(outcomes: list[Outcome]) -> str:
    lines = [
        "",
        f"{'file':<80} {'kind':<9} {'pack':<5} {'pages':>5} {'revs':>5} {'quar':>4}  sha1 by status; why refused",
    ]
    for found in outcomes:
        status = " ".join(f"{name}={count}" for name, count in sorted(found.statuses.items()))
        lines.append(
            f"{found.name[-80:]:<80} {found.kind:<9} {found.compression:<5} {found.pages:>5} {found.revisions:>5} "
            f"{found.quarantined:>4}  {status} {found.refused or ''}".rstrip()
        )
    return "\n".join(lines)


def totals(outcomes: list[Outcome]) -> dict[str, tuple[int, int, int, int]]:
    """By folder: files that were read to their end, pages, revisions, quarantined records."""
    sums: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0, 0, 0])
    for found in outcomes:
        numbers = (found.refused is None, found.pages, found.revisions, found.quarantined)
        sums[found.folder] = [total + number for total, number in zip(sums[found.folder], numbers, strict=True)]
    return {folder: (read, pages, rows, lost) for folder, (read, pages, rows, lost) in sums.items() if read or pages}


def test_every_file_is_of_a_known_kind(outcomes: list[Outcome]) -> None:
    print(table(outcomes))
    kinds: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for found in outcomes:
        assert found.kind in KINDS
        kinds[found.folder][found.kind] += 1
    assert {folder: dict(kinds[folder]) for folder in WANTED_KINDS} == WANTED_KINDS
    assert not {"articles", "index", "sums", "status"} & set(kinds["wikitext"])
    assert len(outcomes) >= 700


def test_what_holds_records_is_read_and_the_rest_is_refused_by_type(outcomes: list[Outcome]) -> None:
    refused = {found.name: found.refused for found in outcomes if found.refused and found.kind in READABLE}
    assert refused == expected_refusals(outcomes)
    others = {found.name: found.refused for found in outcomes if found.kind not in READABLE}
    assert set(others.values()) == {"DumpFormatError"}


def expected_refusals(outcomes: list[Outcome]) -> dict[str, str]:
    refused = {
        "history/mediawiki_header.xml": "TruncatedInputError",
        "history/python-mediawiki-utilities__test.7z": "DumpFormatError",  # its only member is empty
        "multistream/output_expected__writeuptopageid__header.gz": "TruncatedInputError",
        "wikidata/Wikidata-Toolkit__mock-dump-header.xml": "TruncatedInputError",
        "wikidata/Wikidata-Toolkit__mock-dump-incomplete-revision.xml": "TruncatedInputError",
    }
    if not READS_ARTICLES:
        refused |= {found.name: "DumpFormatError" for found in outcomes if found.kind == "articles"}
    if not READS_EVERY_PACKING:
        unread = ("7z", "xz", "lzma", "zst")
        refused |= {found.name: "DumpFormatError" for found in outcomes if found.compression in unread}
    return refused


def test_totals_by_folder(outcomes: list[Outcome]) -> None:
    read = totals([found for found in outcomes if found.compression in {"plain", "bz2", "gz"} and found.kind == "xml"])
    print({folder: numbers for folder, numbers in sorted(read.items())})
    assert read == WANTED_TOTALS
    if READS_EVERY_PACKING:
        packed = [found for found in outcomes if found.name.startswith("xml-current/pywikibot__article-pyrus.xml")]
        read_packings = {found.compression for found in packed if found.refused is None}
        assert read_packings == {"plain", "bz2", "gz", "xz", "lzma", "7z"}
        assert len({(found.pages, found.revisions) for found in packed if found.refused is None}) == 1


def test_indexes_and_metadata_can_be_used(outcomes: list[Outcome]) -> None:
    indexes = [DATA / found.name for found in outcomes if found.kind == "index"]
    assert [len(MultistreamIndex.read(path)) for path in indexes] == [17, 17]
    for path in indexes:
        with pytest.raises(DumpFormatError, match="multistream index"):
            inspect(path, wiki_id="examplewiki")


def test_every_start_of_a_file_is_an_answer_or_a_typed_error(tmp_path: Path) -> None:
    """Cut at many places, no file makes anything but our errors."""
    for name in ("xml-current/pywikibot__article-pyrus.xml.bz2", "xml-current/pywikibot__article-pyrus.xml.7z",
                 "status/test-20200901-all-titles.gz", "xml-current/pywikibot__article-pyrus.xml.xz"):  # fmt: skip
        data = (DATA / name).read_bytes()
        for length in [*range(64), *range(64, len(data), 97)]:
            path = tmp_path / "testwiki-cut"
            path.write_bytes(data[:length])
            assert glance(path).kind in KINDS
            try:
                inspect(path)
            except InputError as error:
                assert error.source == str(path)  # noqa: PT017 - many of them
