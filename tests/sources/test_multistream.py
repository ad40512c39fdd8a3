"""Multistream indexes that hold, that lie and that attack; and one page read by them."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wikigrove.errors import ConfigError, DumpFormatError, LimitExceededError, TruncatedInputError
from wikigrove.sources import inspect, open_reader
from wikigrove.sources.multistream import MultistreamIndex, entries, find_index, is_stream
from wikigrove.sources.pages import read_page
from wikigrove.sources.reading import batches

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "multistream"


def index_of(folder: Path, text: str | bytes, name: str = "index.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def all_rows(path: Path) -> list[dict[str, Any]]:
    reader = open_reader(inspect(path), source_id=0)
    return [row for batch in batches(reader) for row in batch.to_pylist()]


def test_every_page_is_read_from_its_stream(runs: Any) -> None:
    dump, path = runs.multistream()
    assert find_index(dump) == path
    index = MultistreamIndex.read(path)
    assert (len(index), len(index.streams()), index.check(dump)) == (9, 3, [])
    assert index.pages_of(int(index.streams()[1])).tolist() == [4, 5, 6]
    for row in all_rows(dump):
        read = read_page(dump, row["page_id"])
        assert (read.rows, read.by_index, read.warnings) == ([row], True, [])
        assert read.stream_offset == index.offset_of(row["page_id"]) == row["page_stream_offset"]
    missing = read_page(dump, 99)
    assert (missing.rows, missing.by_index) == ([], False)
    assert "stream by the index: none" in missing.warnings[0]


def test_titles_are_split_at_the_first_colons_and_unescaped(runs: Any, tmp_path: Path) -> None:
    _, path = runs.multistream()
    assert next(entries(path))[1:] == (1, "Talk: mill & river: 1")
    text = "7:1:a:b::c\r\n7:2:&quot;x&quot; &lt;\n9:3:\n"
    want = [(7, 1, "a:b::c"), (7, 2, '"x" <'), (9, 3, "")]
    for packed, name in [(text.encode(), "a"), (bz2.compress(text.encode()), "b"), (gzip.compress(text.encode()), "c")]:
        found = list(entries(index_of(tmp_path, packed, name)))
        assert [(offset, page, title.rstrip("\r")) for offset, page, title in found] == want


def test_pages_that_do_not_ascend_are_found_too(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    pages = generator.permutation(5000) + 1
    index = MultistreamIndex.read(index_of(tmp_path, "".join(f"{i * 3}:{page}:T\n" for i, page in enumerate(pages))))
    for place in generator.integers(0, 5000, 200).tolist():
        assert index.offset_of(int(pages[place])) == place * 3
    assert [index.offset_of(page) for page in (0, 5001, 2**62)] == [None] * 3


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hello", "line 2"),
        ("", "line 2"),
        ("1:x:T", "line 2"),
        ("-1:2:T", "line 2"),
        ("1:-2:T", "line 2"),
        (" 1:2:T", "line 2"),
        ("1:2", "line 2"),
        ("+1:2:T", "line 2"),
        ("1" * 19 + ":2:T", "line 2"),
        ("9:" + "9" * 400 + ":T", "line 2"),
        ("4:2:T", "go back in line: 2"),
        ("١:2:T", "line 2"),
    ],
)
def test_lines_that_make_no_sense_are_named(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(DumpFormatError, match=words):
        MultistreamIndex.read(index_of(tmp_path, f"5:1:T\n{line}\n6:3:T\n"))


def test_the_line_is_named_far_down_too(tmp_path: Path) -> None:
    lines = [f"{number}:{number + 1}:a title that is as long as titles are" for number in range(300_000)]
    assert len(MultistreamIndex.read(index_of(tmp_path, "\n".join(lines)))) == 300_000  # no newline at the end
    lines[250_000] = "x"
    with pytest.raises(DumpFormatError, match="in line 250001"):
        MultistreamIndex.read(index_of(tmp_path, "\n".join(lines)))
    lines[250_000] = "3:3:back"
    with pytest.raises(DumpFormatError, match="go back in line: 250001"):
        MultistreamIndex.read(index_of(tmp_path, "\n".join(lines)))


def test_indexes_without_bounds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wikigrove.sources.multistream.RATIO_FREE_BYTES", 6 << 20)
    with pytest.raises(LimitExceededError, match="in line: 2"):
        MultistreamIndex.read(index_of(tmp_path, "1:1:T\n1:2:" + "x" * (1 << 15) + "\n"))
    with pytest.raises(LimitExceededError, match="more lines than: 10"):
        MultistreamIndex.read(index_of(tmp_path, "1:1:T\n" * 11), max_lines=10)
    with pytest.raises(LimitExceededError, match=r"in line: 1|expands"):
        MultistreamIndex.read(index_of(tmp_path, bz2.compress(bytes(10 << 20))))
    with pytest.raises(LimitExceededError, match="expands more than"):
        MultistreamIndex.read(index_of(tmp_path, bz2.compress(b"1:1:T\n" * (2 << 20))))


def test_damaged_and_cut_indexes_are_typed_errors(tmp_path: Path) -> None:
    packed = bz2.compress(b"1:1:T\n" * 1000)
    with pytest.raises(TruncatedInputError):
        MultistreamIndex.read(index_of(tmp_path, packed[:-9]))
    with pytest.raises(DumpFormatError):
        MultistreamIndex.read(index_of(tmp_path, packed[:20] + b"\xff" * 8 + packed[28:]))
    with pytest.raises((DumpFormatError, TruncatedInputError)):
        MultistreamIndex.read(index_of(tmp_path, gzip.compress(b"1:1:T\n" * 1000)[:-12]))
    assert len(MultistreamIndex.read(index_of(tmp_path, b""))) == 0


@pytest.mark.parametrize("lie", ["shifted", "beyond", "other stream", "no page", "no index"])
def test_an_index_that_lies_is_told_and_not_believed(runs: Any, tmp_path: Path, lie: str) -> None:
    dump, path = runs.multistream()
    truth = MultistreamIndex.read(path)
    size = dump.stat().st_size
    first, second, third = truth.streams().tolist()
    text = {
        "shifted": "".join(f"{offset + 1}:{page}:T\n" for offset, page, _ in entries(path)),
        "beyond": f"{first}:1:T\n{size + 7}:5:T\n",
        "other stream": f"{first}:5:T\n{second}:1:T\n{third}:7:T\n",
        "no page": f"{first}:1:T\n",
        "no index": "once upon a time\n",
    }[lie]
    read = read_page(dump, 5, index=index_of(tmp_path, text))
    assert (read.by_index, [row["page_id"] for row in read.rows]) == (False, [5])
    assert read.warnings
    if lie in {"shifted", "beyond"}:
        assert ("where no stream begins" if lie == "shifted" else "beyond the end of the dump") in read.warnings[0]


def test_a_damaged_stream_is_scanned_for_and_told(runs: Any, flip_byte: Any) -> None:
    dump, path = runs.multistream()
    offsets = MultistreamIndex.read(path).streams().tolist()
    flip_byte(dump, (offsets[2] + 60) / dump.stat().st_size)
    assert read_page(dump, 5).by_index
    with pytest.raises((DumpFormatError, TruncatedInputError)):
        read_page(dump, 8)


def test_plain_dumps_are_read_up_to_the_page(runs: Any) -> None:
    path = next(runs.file_export(packing="").glob("*p5r50r51*"))
    assert [row["revision_id"] for row in read_page(path, 5).rows] == [50, 51]
    for page in (0, -1, 2**63):
        with pytest.raises(ConfigError):
            read_page(path, page)


def test_fragments_without_header_or_footer_are_read(runs: Any, tmp_path: Path) -> None:
    dump, path = runs.multistream()
    data, offsets = dump.read_bytes(), MultistreamIndex.read(path).streams().tolist()
    whole = all_rows(dump)
    for name, piece, pages in [
        ("headerless", data[offsets[0] :], range(1, 10)),
        ("middle", data[offsets[1] : offsets[2]], range(4, 7)),
        ("footerless", data[: offsets[2]], range(1, 7)),
    ]:
        fragment, rows = tmp_path / f"testwiki-{name}.xml.bz2", []
        fragment.write_bytes(piece)
        try:
            for batch in batches(open_reader(inspect(fragment), source_id=0)):
                rows += batch.to_pylist()
        except TruncatedInputError:  # a root that was opened and not closed, told after all of its pages
            assert name == "footerless"
        else:
            assert name != "footerless"
        keys = ("page_id", "revision_id", "text", "sha1_status", "page_namespace_id")
        assert [[row[key] for key in keys] for row in rows] == [
            [row[key] for key in keys] for row in whole if row["page_id"] in pages
        ], name


def test_magics() -> None:
    assert is_stream(bz2.compress(b"")[:10])
    assert is_stream(bz2.compress(b"x")[:10])
    assert not any(map(is_stream, [b"", b"BZh", b"BZh01AY&SY", bz2.compress(b"x")[:9], b"\x1f\x8b" + bytes(8)]))


@pytest.mark.skipif(not SHARED.exists(), reason=f"no collection of dumps at {SHARED}")
def test_a_real_multistream_dump_and_its_index() -> None:
    stem = "output_expected__recompressxml__pages-articles-p2566p2583.multistream"
    dump = SHARED / f"{stem}.xml.bz2"
    index = MultistreamIndex.read(SHARED / f"{stem}-index.xml.bz2")
    assert index.streams().tolist() == [718, 4735, 8475, 12237]
    assert index.check(dump) == []
    for page in index.page_ids.tolist():
        read = read_page(dump, page, index=index, wiki_id="elwikivoyage")
        assert (len(read.rows), read.by_index, read.warnings) == (1, True, [])
    assert MultistreamIndex.read(SHARED / f"{stem}-index-noheader.xml.bz2").check(dump)
