"""The example dump, whose rows were written down beside it, in every packing."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from wikigrove import schema
from wikigrove._core import DumpReader
from wikigrove.errors import DumpFormatError, InputError, TruncatedInputError
from wikigrove.sources import inspect, open_reader, read_record
from wikigrove.sources.reading import batches

EXAMPLE = Path(__file__).parents[1] / "data" / "dumps" / "example.xml"
POSITION = ["source_id", "stream_offset", "element_offset", "element_length", "page_stream_offset", "page_offset"]


def read(path: Path, **options: Any) -> list[dict[str, Any]]:
    reader = DumpReader(path, wiki_id="examplewiki", **options)
    rows: list[dict[str, Any]] = []
    for batch in batches(reader):
        assert batch.schema.equals(schema.DUMP_COLUMNS, check_metadata=True)
        batch.validate(full=True)
        rows += batch.to_pylist()
    return rows


def read_until_error(path: Path) -> tuple[list[dict[str, Any]], InputError | None]:
    rows: list[dict[str, Any]] = []
    try:
        for batch in batches(DumpReader(path, wiki_id="examplewiki", batch_bytes=1)):
            rows += batch.to_pylist()
    except InputError as error:
        return rows, error
    return rows, None


def content(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in POSITION} for row in rows]


def multistream(data: bytes) -> bytes:
    """Header, one stream per page, an empty stream, footer."""
    first, *pages = data.split(b"  <page>")
    last, footer = pages[-1].split(b"</mediawiki>")
    parts = [b"", first, *(b"  <page>" + page for page in [*pages[:-1], last]), b"", b"</mediawiki>" + footer]
    assert b"".join(parts) == data
    return b"".join(bz2.compress(part) for part in parts)


def pieces(data: bytes) -> bytes:
    """Streams that end anywhere, as parallel compressors make them."""
    return b"".join(bz2.compress(data[start : start + 333]) for start in range(0, len(data), 333))


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "bz2": bz2.compress,
    "multistream": multistream,
    "pieces": pieces,
    "gz": gzip.compress,
    "members": lambda data: gzip.compress(data[:700]) + gzip.compress(b"") + gzip.compress(data[700:]),
    "mark": lambda data: b"\xef\xbb\xbf" + data,
}


def test_rows_are_the_ones_written_down() -> None:
    rows = content(read(EXAMPLE))
    for row in rows:
        row["revision_dt"] = row["revision_dt"] and row["revision_dt"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert rows == json.loads(EXAMPLE.with_suffix(".json").read_text())


def test_counts_and_header() -> None:
    reader = DumpReader(EXAMPLE, wiki_id="examplewiki")
    assert reader.siteinfo() is None
    assert sum(batch.num_rows for batch in batches(reader)) == 10
    site = reader.siteinfo()
    assert site is not None
    assert (site["dbname"], site["case"], site["schema_version"], site["language"]) == (
        "examplewiki",
        "first-letter",
        "0.11",
        "en",
    )
    assert site["namespaces"][:3] == [
        (-1, "first-letter", "Special"),
        (0, "first-letter", ""),
        (1, "first-letter", "Talk"),
    ]
    summary = reader.summary()
    expected = {"pages": 4, "revisions": 10, "quarantined": 0, "uploads": 1, "logitems": 1, "unknown_elements": 0}
    assert expected.items() <= summary.items()
    assert (summary["unknown_models"], summary["unknown_parents"], summary["warnings"]) == (1, 1, [])
    assert summary["sha256"] == hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()
    assert summary["bytes_read"] == summary["bytes_decompressed"] == EXAMPLE.stat().st_size


@pytest.mark.parametrize("packing", PACKINGS)
def test_packing_threads_and_batches_change_nothing(packing: str, tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_bytes(PACKINGS[packing](EXAMPLE.read_bytes()))
    want = content(read(EXAMPLE))
    for threads in (1, 2, 4):
        for batch_bytes in (1, 900, 1 << 23):
            rows = read(path, threads=threads, batch_bytes=batch_bytes)
            assert content(rows) == want
            assert [row["element_length"] for row in rows] == [row["element_length"] for row in read(EXAMPLE)]
    reader = DumpReader(path, wiki_id="examplewiki")
    list(batches(reader))
    assert reader.summary()["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_record_is_found_again_at_its_position(packing: str, tmp_path: Path) -> None:
    path = tmp_path / "dump"
    data = PACKINGS[packing](EXAMPLE.read_bytes())
    path.write_bytes(data)
    for row in read(path, source_id=3):
        if packing in ("bz2", "multistream", "pieces"):
            start = data[row["stream_offset"] :]
            decompressed = b""
            while start and len(decompressed) < row["element_offset"] + row["element_length"]:
                decoder = bz2.BZ2Decompressor()
                decompressed += decoder.decompress(start)
                start = decoder.unused_data
        else:
            assert row["stream_offset"] == 0
            decompressed = gzip.decompress(data) if packing in ("gz", "members") else data
        element = decompressed[row["element_offset"] :][: row["element_length"]]
        assert element.startswith(b"<revision>")
        assert element.endswith(b"</revision>")
        assert b"<id>%d</id>" % row["revision_id"] in element
        assert read_record(path, row, [(1, "Talk"), (6, "File")]) == row
        assert read_record(path, row, []) == row


def test_a_wrong_position_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_bytes(multistream(EXAMPLE.read_bytes()))
    row = read(path)[1]
    for wrong in (
        {"element_offset": row["element_offset"] + 1},
        {"element_length": row["element_length"] - 1},
        {"element_offset": row["page_offset"]},
        {"page_offset": row["page_offset"] + 1},
        {"stream_offset": row["stream_offset"] + 1},
        {"page_stream_offset": 0},
        {"element_offset": 10**9},
        {"element_offset": -1},
    ):
        with pytest.raises(InputError):
            read_record(path, row | wrong, [])


def test_a_changed_byte_is_seen_by_the_checksum(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    path.write_bytes(EXAMPLE.read_bytes().replace(b"in the north", b"in the south"))
    assert [row["sha1_status"] for row in read(path)[:2]] == [7, 7]


@pytest.mark.parametrize("packing", ["plain", "bz2", "multistream", "gz"])
def test_every_prefix_ends_in_whole_records_and_a_typed_error(packing: str, tmp_path: Path) -> None:
    data, want = PACKINGS[packing](EXAMPLE.read_bytes()), content(read(EXAMPLE))
    path = tmp_path / "dump"
    end = len(data.rstrip()) if packing == "plain" else len(data)
    for length in range(0, end, 7 if packing == "plain" else 5):
        path.write_bytes(data[:length])
        rows, error = read_until_error(path)
        assert isinstance(error, TruncatedInputError | DumpFormatError), length
        assert error.byte_offset is not None
        assert error.source == str(path)
        assert content(rows) == want[: len(rows)]
        if packing == "plain":
            assert len(rows) == data[:length].count(b"</revision>")


def test_inspect_tells_where_a_file_belongs(tmp_path: Path) -> None:
    path = tmp_path / "afwiki-20260101-pages-articles2.xml-p12p99.bz2"
    path.write_bytes(bz2.compress(EXAMPLE.read_bytes()))
    file = inspect(path)
    assert (file.wiki_id, file.wiki_id_origin, file.dump_date, file.job) == (
        "afwiki",
        "name",
        "20260101",
        "pages-articles",
    )
    assert (file.first_page_id, file.first_revision_id, file.compression) == (12, 1001, "bz2")
    assert file.warnings == ("the file name says afwiki, the header says: examplewiki",)
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    batch = pa.Table.from_batches(batches(open_reader(file, source_id=5)))
    assert set(batch["wiki_id"].to_pylist()) == {"afwiki"}
    assert set(batch["source_id"].to_pylist()) == {5}
