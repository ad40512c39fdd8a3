from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from wikigrove import _core
from wikigrove.errors import DumpFormatError, InputError, LimitExceededError, UnsafeInputError


def archive(info: tarfile.TarInfo, content: bytes = b"", format: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as tar:
        tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", **attributes: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.pax_headers = kind, target, attributes
    return info


def read(path: Path) -> int:
    reader, count = _core.ArticleReader(path, wiki_id="gardenwiki"), 0
    while (batch := reader.next_batch()) is not None:
        count += batch.num_rows
    return count


@pytest.mark.parametrize(
    "info",
    [
        member("../escape.ndjson"),
        member("/absolute.ndjson"),
        member("inner/../../escape.ndjson"),
        member("back\\slash.ndjson"),
        member("x" * 150 + "/../../../escape.ndjson"),
        member("link.ndjson", tarfile.SYMTYPE, "/etc/passwd"),
        member("link.ndjson", tarfile.LNKTYPE, "other"),
        member("device.ndjson", tarfile.CHRTYPE),
        member("pipe.ndjson", tarfile.FIFOTYPE),
        member("sparse.ndjson", **{"GNU.sparse.major": "1"}),
        member("a.ndjson", path="../escape.ndjson"),
        member("a.ndjson", size="512"),
        member("a.ndjson", size="-1"),
    ],
    ids=lambda info: f"{info.name[:20]}-{info.type!r}-{sorted(info.pax_headers)}",
)
def test_members_that_lead_out_or_lie_are_refused(tmp_path: Path, info: tarfile.TarInfo) -> None:
    for format in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        if info.pax_headers and format == tarfile.GNU_FORMAT:
            continue
        path = tmp_path / "gardenwiki_namespace_0.tar.gz"
        path.write_bytes(gzip.compress(archive(info, format=format)))
        with pytest.raises(UnsafeInputError) as caught:
            read(path)
        assert "the archive holds" in str(caught.value)
        assert sorted(tmp_path.iterdir()) == [path]


def test_an_archive_that_goes_on_behind_its_end_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    plain = archive(member("a.ndjson"))
    path.write_bytes(plain[:512] + bytes(1024) + b"hidden")
    reader = _core.ArticleReader(path, wiki_id="gardenwiki")
    assert reader.next_batch() is None
    assert "after the end of the archive" in reader.summary()["warnings"][0][1]
    path.write_bytes(plain[:512] + bytes(512) + plain)
    with pytest.raises(UnsafeInputError, match="goes on behind"):
        read(path)
    path.write_bytes(plain[:600].replace(b"a.ndjson", b"b.ndjson") + bytes(1024))
    with pytest.raises(DumpFormatError):
        read(path)


def test_bombs_end_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "bomb.ndjson.gz"
    path.write_bytes(gzip.compress(gzip.compress(b"{}\n" + bytes(1 << 20))))
    with pytest.raises(DumpFormatError):
        read(path)
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(b'{"name":"')
        for _ in range(100):
            file.write(b" " * (1 << 20))
    with pytest.raises(InputError):
        read(path)
    path.write_bytes(b"[" + b"1," * (1 << 20) + b"1]")
    with pytest.raises(LimitExceededError, match="elements of a list"):
        read(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds nothing"),
        (b"<mediawiki/>", "XML"),
        (b"-- MySQL dump", "SQL"),
        ("{}".encode("utf-16"), "UTF-16"),
        ("{}".encode("utf-16-le"), "UTF-16"),
        (b'{"type":"articles","identifier":"/enwiki/Earth"}\n{"name":"Earth"}\n', "event messages"),
        (b'[{"identifier":"enwiki_namespace_0","version":"00"}]', "list of snapshots"),
        (b'{"status":403,"message":"no"}', "no record of the file is an article"),
    ],
)
def test_what_holds_no_articles_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DumpFormatError, match=message):
        read(path)
