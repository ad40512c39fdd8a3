"""One dump in every packing gives one content; cut, changed and with something behind it, each says so."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from wikigrove._core import DumpReader
from wikigrove.errors import DumpFormatError, InputError, LimitExceededError, TruncatedInputError
from wikigrove.sources import inspect, read_record

SHARED = Path(__file__).parents[3] / "shared" / "data"
PAGE = (
    "<page><title>Seite {0} \u00e9\u20ac\U0001f333</title><ns>0</ns><id>{0}</id><revision><id>{0}</id>"
    "<text>{1}</text></revision></page>\n"
)
PAGES = 120
POSITION = ("stream_offset", "page_stream_offset")


def dump(declared: str = "utf-8") -> str:
    pages = "".join(PAGE.format(n, hashlib.sha256(bytes([n])).hexdigest() * (n * 7 % 50)) for n in range(1, PAGES + 1))
    return f"<?xml version='1.0' encoding='{declared}'?>\n<mediawiki version='0.11'>{pages}</mediawiki>\n"


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def multistream(data: bytes) -> bytes:
    return b"".join(bz2.compress(data[start : start + 9_000], 1) for start in range(0, len(data), 9_000))


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "bz2": bz2.compress,
    "multistream": multistream,
    "gz": gzip.compress,
    "zst": zstd,
    "xz": lambda data: lzma.compress(data[:40_000]) + lzma.compress(data[40_000:], check=lzma.CHECK_SHA256),
    "lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
}
CHECKED = ["bz2", "gz", "xz"]


class Reading:
    def __init__(self, path: Path, data: bytes, **options: Any) -> None:
        path.write_bytes(data)
        self.rows: list[dict[str, Any]] = []
        self.error: InputError | None = None
        self.states: list[dict[str, Any]] = []
        try:
            reader = DumpReader(path, wiki_id="examplewiki", **options)
            while True:
                while (batch := reader.next_batch()) is not None:
                    self.rows += pa.record_batch(batch).to_pylist()
                if (state := reader.next_part()) is None:
                    break
                self.states.append(state)
            self.summary = reader.summary()
        except InputError as error:
            self.error = error

    @property
    def content(self) -> list[dict[str, Any]]:
        """The rows without what says where they lie."""
        places = {"element_offset", "page_offset", *POSITION}
        return [{name: value for name, value in row.items() if name not in places} for row in self.rows]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dump"


@pytest.fixture
def want(tmp_path: Path) -> Reading:
    reading = Reading(tmp_path / "plain", dump().encode())
    assert len(reading.rows) == PAGES
    return reading


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_gives_the_same_records(path: Path, want: Reading, packing: str, threads: int) -> None:
    data = PACKINGS[packing](dump().encode())
    reading = Reading(path, data, threads=threads, digests=("md5", "sha1"))
    assert reading.error is None
    assert reading.content == want.content
    assert packing == "multistream" or reading.rows == want.rows, "one stream, so the same places"
    assert reading.summary["compression"] == {"multistream": "bz2"}.get(packing, packing)
    assert reading.summary["digests"] == {
        name: hashlib.new(name, data).hexdigest() for name in ("sha256", "md5", "sha1")
    }
    assert reading.summary["sha256"] == hashlib.sha256(data).hexdigest()
    assert reading.summary["bytes_read"] == len(data)
    for row in reading.rows[:: PAGES // 7]:
        assert read_record(path, row, []) == row
    assert inspect(path, wiki_id="examplewiki").sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("packing", ["plain", "bz2", "gz"])
def test_utf_16_is_read_and_found_again(path: Path, want: Reading, codec: str, packing: str) -> None:
    reading = Reading(path, PACKINGS[packing](dump("utf-16").encode(codec)))
    assert reading.error is None
    assert reading.content == want.content
    for row in reading.rows[:: PAGES // 5]:
        assert read_record(path, row, []) == row


def test_a_declaration_of_utf_16_over_utf_8_is_refused(path: Path) -> None:
    assert isinstance(Reading(path, dump("utf-16").encode()).error, DumpFormatError)


def test_half_a_pair_of_utf_16_is_an_error(path: Path) -> None:
    data = dump("utf-16").encode("utf-16-le").replace("\U0001f333".encode("utf-16-le"), b"\x3c\xd8")
    assert isinstance(Reading(path, data).error, DumpFormatError)


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_cut_gives_whole_records_and_then_an_error(path: Path, want: Reading, packing: str) -> None:
    data = PACKINGS[packing](dump().encode())
    for cut in (len(data) - 3, len(data) // 2, len(data) // 5, 30):
        reading = Reading(path, data[:cut], threads=2)
        assert isinstance(reading.error, TruncatedInputError), (cut, reading.error)
        assert reading.content == want.content[: len(reading.rows)]
        assert reading.error.byte_offset is not None
        if packing not in ("bz2", "zst") and cut == len(data) // 2:
            assert len(reading.rows) > PAGES // 10


@pytest.mark.parametrize("packing", sorted(PACKINGS.keys() - {"plain"}))
def test_garbage_behind_the_last_stream_is_a_warning(path: Path, want: Reading, packing: str) -> None:
    data = PACKINGS[packing](dump().encode()) + b"garbage"
    reading = Reading(path, data)
    assert reading.error is None
    assert reading.content == want.content
    assert ["ignored bytes after" in message for _, message in reading.summary["warnings"]] == [True]
    assert reading.summary["sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("packing", CHECKED)
def test_a_wrong_checksum_is_an_error(path: Path, want: Reading, packing: str) -> None:
    data = bytearray(lzma.compress(dump().encode()) if packing == "xz" else PACKINGS[packing](dump().encode()))
    data[{"bz2": 11, "gz": -6, "xz": -32}[packing]] ^= 1  # in xz: of the index or of the block, which is as good
    reading = Reading(path, bytes(data))
    assert isinstance(reading.error, DumpFormatError), reading.error
    assert reading.content == want.content[: len(reading.rows)]


def test_a_dictionary_or_window_above_the_limit_is_refused(path: Path) -> None:
    header = bytearray(lzma.compress(b"<mediawiki/>", format=lzma.FORMAT_ALONE))
    header[1:5] = (1 << 30).to_bytes(4, "little")
    assert isinstance(Reading(path, bytes(header)).error, LimitExceededError)
    window = b"\x28\xb5\x2f\xfd\x00" + bytes([(28 - 10) << 3]) + b"\x01\x00\x00"
    assert isinstance(Reading(path, window).error, LimitExceededError)


def test_real_archives_of_7z(path: Path) -> None:
    files = sorted(SHARED.glob("*/*.7z"))
    if not files:
        pytest.skip("no shared data")
    for file in files:
        data = file.read_bytes()
        reading = Reading(path, data, digests=["md5"])
        if "invalid" in file.name or "test.7z" in file.name:
            assert reading.error is None or isinstance(reading.error, DumpFormatError), file
            continue
        assert reading.error is None, (file, reading.error)
        assert reading.rows, file
        assert reading.summary["compression"] == "7z"
        assert reading.summary["digests"]["md5"] == hashlib.new("md5", data, usedforsecurity=False).hexdigest()
        for row in reading.rows:
            assert read_record(path, row, []) == row
        for cut in range(0, len(data), 7):
            assert Reading(path, data[:cut]).error is not None
        broken = bytearray(data)
        broken[40] ^= 0xFF
        assert isinstance(Reading(path, bytes(broken)).error, DumpFormatError), file
        garbage = Reading(path, data + b"garbage")
        assert garbage.error is None
        assert len(garbage.summary["warnings"]) == len(reading.summary["warnings"]) + 1


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_reader_goes_on_from_a_state_kept_as_json(path: Path, want: Reading, packing: str) -> None:
    data = PACKINGS[packing](dump().encode())
    reading = Reading(path, data, part_bytes=30_000)
    assert reading.content == want.content
    assert len(reading.states) >= 3
    for state in reading.states:
        kept = json.loads(json.dumps(state))
        reader = DumpReader(path, wiki_id="examplewiki", resume=kept, part_bytes=1 << 30)
        rows: list[dict[str, Any]] = []
        while (batch := reader.next_batch()) is not None:
            rows += pa.record_batch(batch).to_pylist()
        assert reader.next_part() is None
        assert rows == reading.rows[len(reading.rows) - len(rows) :]
        assert {**reader.summary()} == reading.summary


def test_a_state_of_something_else_is_refused(path: Path) -> None:
    state = Reading(path, dump().encode(), part_bytes=30_000).states[0]
    for changed in ({**state, "offset": state["offset"] + 1}, {}, {**state, "parser": None}):
        with pytest.raises(DumpFormatError):
            DumpReader(path, wiki_id="examplewiki", resume=changed)
    with pytest.raises(DumpFormatError):
        DumpReader(path, wiki_id="otherwiki", resume=state)
    with pytest.raises(TypeError):
        DumpReader(path, wiki_id="examplewiki", resume={**state, "offset": 1.5})
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DumpFormatError):
        DumpReader(path, wiki_id="examplewiki", resume=state)
