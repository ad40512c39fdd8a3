"""Lists of published sums: every way to write them, and what is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from wikigrove.errors import ChecksumMismatchError, DumpFormatError, LimitExceededError, SourceChangedError
from wikigrove.sources import inspect, open_reader, sums
from wikigrove.sources.reading import batches
from wikigrove.sources.sums import SumTable, measure
from wikigrove.sources.sums.beside import find

MD5, SHA1, SHA256 = (hashlib.new(name, b"x").hexdigest() for name in ("md5", "sha1", "sha256"))


def read(folder: Path, name: str, content: bytes | str, *, strict: bool = True) -> SumTable:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    table = SumTable()
    table.read(path, strict=strict)
    return table


@pytest.mark.parametrize(
    "line",
    [
        f"{SHA256}  a.xml\n",
        f"{SHA256} a.xml\n",
        f"{SHA256} *a.xml\n",
        f"{SHA256}  ./a.xml\r\n",
        f"{SHA256.upper()}  a.xml",
        f"\n{SHA256}\ta.xml\n\n",
        f"\ufeff{SHA256}  a.xml\n",
        f"{SHA256}  a.xml\n{SHA256.upper()} *a.xml\r\n",
    ],
)
def test_every_way_to_write_a_line(tmp_path: Path, line: str) -> None:
    table = read(tmp_path, "SHA256SUMS", line)
    assert table.names() == ["a.xml"]
    assert table.published("a.xml").sums == {"sha256": SHA256}


def test_lists_are_told_apart_by_their_digits_and_joined(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("x")
    read(tmp_path, "aawiki-20260101-md5sums.txt", f"{MD5}  a.xml\n")
    read(tmp_path, "sha1sums-a.xml.txt", f"{SHA1}  a.xml\n")
    (tmp_path / "a.xml.sha256").write_text(SHA256 + "\n")
    (tmp_path / "notes.txt").write_text("no list at all")
    found = find(tmp_path / "a.xml")
    assert found.sums == {"md5": MD5, "sha1": SHA1, "sha256": SHA256} == measure(tmp_path / "a.xml", found.sums)
    assert set(found.said_by) == {"aawiki-20260101-md5sums.txt", "sha1sums-a.xml.txt", "a.xml.sha256"}
    assert find(tmp_path / "b.xml").sums == {}


@pytest.mark.parametrize("value", [{"md5": {"files": {"a.xml": MD5}}}, {"files": {"a.xml": {"md5": MD5}}}])
def test_sums_in_json(tmp_path: Path, value: Any) -> None:
    assert read(tmp_path, "aawiki-20260101-md5sums.json", json.dumps(value)).published("a.xml").sums == {"md5": MD5}


@pytest.mark.parametrize("line", ["hello world", f"{SHA256[:-1]}  a.xml", f"{'g' * 64}  a.xml", SHA256, "\\" + MD5])
def test_lines_that_make_no_sense_are_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(DumpFormatError, match="line 2"):
        read(tmp_path, "SHA256SUMS", f"{SHA256}  a.xml\n{line}\n")
    table = read(tmp_path, "SHA256SUMS", f"{SHA256}  a.xml\n{line}\n", strict=False)
    assert len(table.warnings) == 1
    assert table.published("a.xml").sums == {"sha256": SHA256}


def test_lists_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    table = read(tmp_path, "SHA256SUMS", f"{SHA256}  a.xml\n{'0' * 64}  a.xml\n{SHA256}  b.xml\n")
    with pytest.raises(DumpFormatError, match=rf"two sha256 sums.*{'0' * 64}"):
        table.published("a.xml")
    assert table.published("b.xml").sums == {"sha256": SHA256}


def test_a_list_without_end_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "SHA256SUMS").open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(LimitExceededError):
        SumTable().read(tmp_path / "SHA256SUMS", strict=False)


def test_a_file_is_checked_after_it_was_read(runs: Any) -> None:
    folder = runs.legacy()
    path = next(folder.glob("*articles1*"))
    file = inspect(path)
    assert set(file.published) == {"md5", "sha1"}
    reader = open_reader(file, source_id=0)
    assert sum(batch.num_rows for batch in batches(reader)) == 4
    summary = reader.summary()
    sums.check(file, summary)
    sums.check(file, {**summary, "digests": measure(path, ["md5", "sha1", "sha256"])})
    with pytest.raises(ChecksumMismatchError, match="md5 expected"):
        sums.check(file, {**summary, "digests": {"md5": "0" * 32, "sha1": file.published["sha1"]}})
    with pytest.raises(SourceChangedError):
        sums.check(file, {**summary, "sha256": "0" * 64})


def test_a_published_sha256_is_compared_before_anything_is_sealed_under_it(runs: Any) -> None:
    path = next(runs.file_export().glob("*p1p4*"))
    assert inspect(path).sha256 == measure(path, ["sha256"])["sha256"]
    assert inspect(path, measured=False).sha256 == ""
    (path.parent / "SHA256SUMS").write_text(f"{SHA256}  {path.name}\n")
    with pytest.raises(ChecksumMismatchError, match=f"SHA256SUMS names, sha256 expected {SHA256}"):
        inspect(path)
