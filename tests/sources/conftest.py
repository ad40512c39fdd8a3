"""A maker of small dump runs in every layout: invented texts, sums that are right, the same bytes every time."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

WIKI = "testwiki"
DATE = "20260801"
HEADER = (
    '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en"><siteinfo>'
    "<sitename>Test</sitename><dbname>testwiki</dbname><base>https://test.wikipedia.org/wiki/Main_Page</base>"
    "<generator>MediaWiki 1.46</generator><case>first-letter</case>"
    '<namespaces><namespace key="0" case="first-letter" /></namespaces></siteinfo>'
)
FOOTER = "</mediawiki>"

PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".bz2": bz2.compress,
    ".gz": lambda data: gzip.compress(data, mtime=0),
}


def sha1_of(text: str) -> str:
    number, digits = int(digest("sha1", text.encode()), 16), ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits.rjust(31, "0")


def revision(page: int, number: int, *, minute: int | None = None) -> str:
    text = f"Page {page} as of revision {number}: a mill by the river.\n" * 3
    minute = number if minute is None else minute
    return (
        f"<revision><id>{number}</id><timestamp>2026-07-01T{minute // 60 % 24:02}:{minute % 60:02}:00Z</timestamp>"
        f"<contributor><username>Example User 1</username><id>7</id></contributor><model>wikitext</model>"
        f'<format>text/x-wiki</format><text bytes="{len(text.encode())}" sha1="{sha1_of(text)}" '
        f'xml:space="preserve">{text}</text><sha1>{sha1_of(text)}</sha1></revision>'
    )


def page(number: int, revisions: Sequence[str] | None = None, title: str | None = None) -> str:
    body = "".join(revisions or [revision(number, number * 10)])
    return f"<page><title>{title or f'Page {number}'}</title><ns>0</ns><id>{number}</id>{body}</page>"


def document(*pages: str) -> bytes:
    return f"{HEADER}{''.join(pages)}{FOOTER}".encode()


def digest(algorithm: str, data: bytes) -> str:
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


@dataclass
class Runs:
    """Makes runs under one folder."""

    base: Path

    def write(self, folder: Path, files: dict[str, bytes]) -> dict[str, bytes]:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return files

    def file_export(self, name: str = "export", packing: str = ".bz2") -> Path:
        """Pages 1-4, then page 5 in two slices whose revision ids do not follow time, then pages 6-9."""
        folder = self.base / name / "mediawiki_content_history" / WIKI / "2026-08-01" / "xml" / "bzip2"
        pack, stem = PACKINGS[packing], f"{WIKI}-2026-08-01-"
        early = [revision(5, 90, minute=1), revision(5, 91, minute=2)]
        late = [revision(5, 50, minute=3), revision(5, 51, minute=4)]
        files = self.write(
            folder,
            {
                f"{stem}p1p4.xml{packing}": pack(document(*[page(number) for number in range(1, 5)])),
                f"{stem}p5r90r91.xml{packing}": pack(document(page(5, early))),
                f"{stem}p5r50r51.xml{packing}": pack(document(page(5, late))),
                f"{stem}p6p9.xml{packing}": pack(document(*[page(number) for number in range(6, 10)])),
            },
        )
        lines = [f"{digest('sha256', data)}  {name}\n" for name, data in sorted(files.items())]
        (folder / "SHA256SUMS").write_text("".join(lines))
        (folder / "_SUCCESS").write_bytes(b"")
        return folder

    def legacy(self, name: str = "legacy", jobs: Sequence[str] = ("pages-articles",), status: str = "done") -> Path:
        """Each job in two parts, with dumpstatus.json, md5 and sha1 sums."""
        folder, stem = self.base / name, f"{WIKI}-{DATE}-"
        state: dict[str, object] = {}
        names = {
            "pages-articles": "articlesdump",
            "pages-meta-current": "metacurrentdump",
            "pages-meta-history": "metahistorybz2dump",
            "stub-articles": "xmlstubsdump",
        }
        every: dict[str, bytes] = {}
        for job in jobs:
            files = self.write(
                folder,
                {
                    f"{stem}{job}1.xml-p1p4.bz2": bz2.compress(document(*[page(n) for n in range(1, 5)])),
                    f"{stem}{job}2.xml-p5p9.bz2": bz2.compress(document(*[page(n) for n in range(5, 10)])),
                },
            )
            facts = {
                name: {"size": len(data), "url": f"/{name}", "md5": digest("md5", data), "sha1": digest("sha1", data)}
                for name, data in files.items()
            }
            state[names[job]] = {"status": status, "updated": "2026-08-02 00:00:00", "files": facts}
            every |= files
        self.sums(folder, every)
        state["waitingdump"] = {"status": "waiting", "updated": ""}
        (folder / "dumpstatus.json").write_text(json.dumps({"version": "0.8", "jobs": state}))
        return folder

    def sums(self, folder: Path, files: dict[str, bytes]) -> None:
        for algorithm in ("md5", "sha1"):
            lines = [f"{digest(algorithm, data)}  {name}\n" for name, data in sorted(files.items())]
            (folder / f"{WIKI}-{DATE}-{algorithm}sums.txt").write_text("".join(lines))

    def adds_changes(self, name: str = "incr", status: str = "done:all\n") -> Path:
        folder, stem = self.base / name, f"{WIKI}-{DATE}-"
        stubs = document(page(3, [revision(3, 31)])).replace(b"</text>", b"")
        files = self.write(
            folder,
            {
                f"{stem}pages-meta-hist-incr.xml.bz2": bz2.compress(
                    document(page(3, [revision(3, 31)]), page(12, [revision(12, 121), revision(12, 122)]))
                ),
                f"{stem}stubs-meta-hist-incr.xml.gz": gzip.compress(stubs, mtime=0),
            },
        )
        lines = [f"{digest('md5', data)}  {name}\n" for name, data in files.items()]
        (folder / f"{stem}md5sums.txt").write_text("".join(lines))
        (folder / "maxrevid.txt").write_text("122")
        (folder / "status.txt").write_text(status)
        return folder

    def enterprise(self, name: str = "enterprise") -> Path:
        """A snapshot of namespace 0, one of namespace 14 in chunks, and an empty one of namespace 10."""
        folder = self.base / name
        archives = {
            f"{WIKI}_namespace_0": {f"{WIKI}_namespace_0_0.ndjson": article(1) + article(2)},
            f"{WIKI}_namespace_14_chunk_0": {"chunk_0.ndjson": article(3)},
            f"{WIKI}_namespace_14_chunk_2": {"chunk_2.ndjson": article(4)},
            f"{WIKI}_namespace_10": {f"{WIKI}_namespace_10_0.ndjson": b""},
        }
        for identifier, members in archives.items():
            data = tar_gz(members)
            described = {"identifier": identifier, "version": digest("md5", data), "size": {"value": 0.001}}
            self.write(
                folder,
                {f"{identifier}.tar.gz": data, f"{identifier}.json": json.dumps(described).encode()},
            )
        return folder

    def multistream(self, name: str = "multistream") -> tuple[Path, Path]:
        """A multistream dump of 3 streams of 3 pages, and its index."""
        folder = self.base / name
        titles = {number: f"Talk: mill &amp; river: {number}" for number in range(1, 10)}
        pieces = [bz2.compress(HEADER.encode())]
        lines = []
        for first in (1, 4, 7):
            offset = sum(map(len, pieces))
            numbers = range(first, first + 3)
            pieces.append(bz2.compress("".join(page(number, title=titles[number]) for number in numbers).encode()))
            lines += [f"{offset}:{number}:{titles[number]}\n" for number in numbers]
        pieces += [bz2.compress(FOOTER.encode()), bz2.compress(b"")]
        dump = f"{WIKI}-{DATE}-pages-articles-multistream.xml.bz2"
        index = f"{WIKI}-{DATE}-pages-articles-multistream-index.txt.bz2"
        self.write(folder, {dump: b"".join(pieces), index: bz2.compress("".join(lines).encode())})
        return folder / dump, folder / index


def article(number: int) -> bytes:
    value = {
        "name": f"Page {number}",
        "identifier": number,
        "date_modified": "2026-07-01T00:00:00Z",
        "version": {"identifier": number * 10},
        "url": f"https://test.wikipedia.org/wiki/Page_{number}",
        "namespace": {"identifier": 0},
        "in_language": {"identifier": "en"},
        "is_part_of": {"identifier": WIKI},
        "article_body": {"html": "<p>mill</p>", "wikitext": "mill"},
    }
    return json.dumps(value).encode() + b"\n"


def tar_gz(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)


def flip(path: Path, at: float = 0.5) -> None:
    """Flip one bit of one byte in a file."""
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    path.write_bytes(data)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


@pytest.fixture
def flip_byte() -> Callable[..., None]:
    return flip
