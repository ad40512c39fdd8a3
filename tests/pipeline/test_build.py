"""One root for one content: packings, threads, batches, order of arguments; and what a build refuses."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pyarrow as pa
import pytest

import wikigrove
from wikigrove.demo.dump import write_demo_dumps
from wikigrove.errors import (
    ConfigError,
    DuplicateRevisionError,
    InputError,
    QuarantineBudgetError,
    StoreError,
    TruncatedInputError,
    UnsafeInputError,
)
from wikigrove.ingest import UnitProgress
from wikigrove.pipeline.build import Build
from wikigrove.store import iterate

POSITIONS = ["source_id", "stream_offset", "element_offset", "page_stream_offset", "page_offset", "leaf_index"]
PAGE = """<page><title>Title {id}</title><ns>0</ns><id>{id}</id><revision><id>{revision}</id>
<timestamp>2026-01-01T00:00:00Z</timestamp><contributor><username>Example User 1</username><id>1</id></contributor>
<text>Text of {id}.</text></revision></page>
"""


def document(pages: str) -> bytes:
    return f'<mediawiki version="0.11"><siteinfo><dbname>enwiki</dbname></siteinfo>{pages}</mediawiki>'.encode()


def records(build: Build) -> pa.Table:
    return pa.Table.from_batches(list(iterate(build.store, "records")))


@pytest.fixture
def one_page(tmp_path: Path) -> Path:
    path = tmp_path / "enwiki-20260101-pages-articles.xml"
    path.write_bytes(document(PAGE.format(id=1, revision=10)))
    return path


def test_every_packing_has_one_content_root_and_equal_rows(tmp_path: Path) -> None:
    builds = {}
    for packing in ("plain", "bz2", "multistream", "gz"):
        dumps = write_demo_dumps(tmp_path / packing / "dumps", packing=packing)
        builds[packing] = wikigrove.build(dumps, into=tmp_path / packing / "store")
    assert len({build.tree.content_root for build in builds.values()}) == 1
    assert builds["bz2"].tree.root != builds["multistream"].tree.root, "positions are part of the leaf"
    rows = {packing: records(build).drop_columns(POSITIONS) for packing, build in builds.items()}
    for packing in ("bz2", "multistream", "gz"):
        assert rows[packing].equals(rows["plain"]), packing
    assert {build.quarantined for build in builds.values()} == {2}


def test_one_dump_packed_by_others_has_one_content_root(tmp_path: Path) -> None:
    folder = Path(__file__).parents[3] / "shared" / "data" / "xml-current"
    files = sorted(folder.glob("pywikibot__article-pyrus.xml*"))
    files = [file for file in files if "invalid" not in file.name]
    if len(files) < 2:
        pytest.skip("no shared data")
    builds = [wikigrove.build([file], into=tmp_path / file.suffix, wiki="enwiki") for file in files]
    assert {build.tree.content_root for build in builds} == {builds[0].tree.content_root}
    rows = [records(build).drop_columns(POSITIONS) for build in builds]
    assert rows[0].num_rows
    assert all(other.equals(rows[0]) for other in rows)


def test_a_dump_cut_at_any_page_has_one_content_root(dumps: list[Path], tmp_path: Path) -> None:
    data = dumps[0].read_bytes()
    data = bz2.decompress(data) if data.startswith(b"BZh") else data
    head = data[: data.index(b"<page>")]
    pages = data[len(head) : data.rindex(b"</page>") + len(b"</page>")].split(b"</page>")[:-1]
    pages = [page + b"</page>" for page in pages]

    def build(name: str, *parts: list[bytes]) -> Build:
        files = []
        for number, part in enumerate(parts, 1):
            files.append(tmp_path / name / f"enwiki-20260801-pages-articles{number}.xml")
            files[-1].parent.mkdir(exist_ok=True)
            files[-1].write_bytes(head + b"".join(part) + b"</mediawiki>\n")
        return wikigrove.build(files, into=tmp_path / f"{name}-store")

    whole = build("whole", pages)
    for cut in range(1, len(pages)):
        parted = build(f"cut-{cut}", pages[:cut], pages[cut:])
        assert parted.tree.content_root == whole.tree.content_root, cut
        assert parted.tree.root != whole.tree.root, "files are part of the leaf"
    assert len(pages) > 30


def test_threads_batches_and_argument_order_change_no_byte(dumps: list[Path], tmp_path: Path) -> None:
    digests = set()
    for number, (threads, batch_bytes) in enumerate([(1, 8 << 20), (2, 1), (4, 4096), (2, 100_000)]):
        given = dumps if number % 2 else list(reversed(dumps))
        build = wikigrove.build(given, into=tmp_path / str(number), threads=threads, batch_bytes=batch_bytes)
        digests.add((build.manifest.content.digest, build.tree.root))
    single = {
        wikigrove.build([dumps[0]], into=tmp_path / f"one-{threads}", threads=threads).manifest.content.digest
        for threads in (1, 2, 4)
    }
    assert len(digests) == len(single) == 1


def test_building_again_changes_nothing(dumps: list[Path], tmp_path: Path) -> None:
    first = wikigrove.build(dumps[:2], into=tmp_path / "store")
    note = first.store.read_checkpoint(first.tree)
    assert wikigrove.build(dumps[:2], into=tmp_path / "store").manifest == first.manifest
    embedded = wikigrove.embed(first.store).manifest
    again = wikigrove.build(dumps[:2], into=tmp_path / "store")
    assert again.manifest == embedded, "building again keeps the vectors"
    assert again.store.read_checkpoint(again.tree) == note
    lost = again.store.path / embedded.content.of_kind("records")[0].path
    content = lost.read_bytes()
    lost.unlink()
    assert wikigrove.build(dumps[:2], into=tmp_path / "store").manifest == embedded
    assert lost.read_bytes() == content, "a lost segment is made again, byte for byte"


def test_same_bytes_under_another_name_get_a_note_of_their_own(one_page: Path, tmp_path: Path, policy: Path) -> None:
    first = wikigrove.build([one_page], into=tmp_path / "store")
    renamed = one_page.rename(tmp_path / "enwiki-20260201-pages-articles.xml")
    second = wikigrove.build([renamed], into=tmp_path / "store")
    assert first.tree.root == second.tree.root
    assert first.tree.origin != second.tree.origin
    assert wikigrove.verify(second.store, policy=policy).exit_code == 0


def test_an_interrupt_stops_reading(dumps: list[Path], tmp_path: Path) -> None:
    batches = []

    def interrupt(progress: UnitProgress) -> None:
        batches.append(progress)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wikigrove.build(dumps, into=tmp_path / "store", batch_bytes=1000, progress=interrupt, threads=2)
    assert len(batches) <= 4, "the other files were read on"
    with pytest.raises(StoreError):
        wikigrove.Store.open(tmp_path / "store").manifest()


def test_quarantine_names_file_place_page_and_reason(built: Build) -> None:
    names = {source.source_id: source.name for source in built.manifest.content.sources}
    rows = [row for batch in iterate(built.store, "quarantine") for row in batch.to_pylist()]
    assert {(names[row["source_id"]][:6], row["reason"]) for row in rows} == {
        ("hiwiki", "bad_number"),
        ("kowiki", "bad_timestamp"),
    }
    for row in rows:
        assert row["page_id"] > 0
        assert row["element_offset"] > 0
        assert len(row["sha256"]) == 32


def test_truncated_dump_commits_nothing_and_says_where(dumps: list[Path], tmp_path: Path) -> None:
    cut = tmp_path / "dewiki-20260901-pages-articles.xml"
    xml = bz2.decompress(next(dump for dump in dumps if dump.name.startswith("dewiki")).read_bytes())
    cut.write_bytes(xml[: len(xml) // 2])
    with pytest.raises(TruncatedInputError) as caught:
        wikigrove.build([dumps[0], cut], into=tmp_path / "store")
    assert caught.value.source == str(cut)
    assert caught.value.byte_offset is not None
    with pytest.raises(StoreError):
        wikigrove.Store.open(tmp_path / "store").manifest()
    cut.write_bytes(xml)
    assert wikigrove.build([dumps[0], cut], into=tmp_path / "store").manifest.version == 1


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "b">]><mediawiki>&a;</mediawiki>', UnsafeInputError),
        (b"not a dump", InputError),
        (b"", InputError),
        (gzip.compress(b"<mediawiki>")[:-4], InputError),
    ],
)
def test_unusable_files_are_typed_errors(tmp_path: Path, content: bytes, error: type[InputError]) -> None:
    path = tmp_path / "enwiki-20260101-pages-articles.xml"
    path.write_bytes(content)
    with pytest.raises(error) as caught:
        wikigrove.build([path], into=tmp_path / "store")
    assert caught.value.source == str(path)


def test_same_revision_in_two_files_is_refused(one_page: Path, tmp_path: Path) -> None:
    other = tmp_path / "enwiki-20260101-pages-articles1.xml"
    other.write_bytes(document(PAGE.format(id=1, revision=10) + PAGE.format(id=2, revision=11)))
    with pytest.raises(DuplicateRevisionError, match="revision 10 of enwiki"):
        wikigrove.build([one_page, other], into=tmp_path / "store")
    copy = tmp_path / "copy" / one_page.name
    copy.parent.mkdir()
    copy.write_bytes(one_page.read_bytes())
    build = wikigrove.build([one_page, copy], into=tmp_path / "second")
    assert build.tree.size == 1
    assert any("same bytes" in warning for warning in build.warnings)


def test_same_revision_in_two_pages_of_one_file_is_refused(one_page: Path, tmp_path: Path) -> None:
    page = PAGE.format(id=1, revision=10)
    one_page.write_bytes(document(page + page))
    with pytest.raises(DuplicateRevisionError, match="two pages of the file"):
        wikigrove.build([one_page], into=tmp_path / "store")
    one_page.write_bytes(document(PAGE.format(id=7, revision=10) + PAGE.format(id=3, revision=11)))
    assert wikigrove.build([one_page], into=tmp_path / "store").tree.size == 2, "pages may lie in any order"


def test_a_page_may_go_on_in_the_next_file(one_page: Path, tmp_path: Path) -> None:
    other = tmp_path / "enwiki-20260101-pages-meta-history2.xml"
    other.write_bytes(document(PAGE.format(id=1, revision=20)))
    build = wikigrove.build([other, one_page], into=tmp_path / "store")
    assert records(build)["revision_id"].to_pylist() == [10, 20]


def test_quarantine_budget_fails_the_run(tmp_path: Path) -> None:
    path = tmp_path / "enwiki-20260101-pages-articles.xml"
    path.write_bytes(document("".join(PAGE.format(id=number, revision="x") for number in range(1, 200))))
    with pytest.raises(QuarantineBudgetError, match="bad_number 199"):
        wikigrove.build([path], into=tmp_path / "store")


def test_unknown_wiki_is_a_question_to_the_caller(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_bytes(b"<mediawiki>" + PAGE.format(id=1, revision=10).encode() + b"</mediawiki>")
    with pytest.raises(ConfigError, match="which wiki"):
        wikigrove.build([path], into=tmp_path / "store")
    assert wikigrove.build([path], into=tmp_path / "store", wiki="gardenwiki").tree.size == 1
