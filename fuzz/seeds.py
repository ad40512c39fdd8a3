"""Write small seeds for the fuzzers: dumps, wikitexts, bzip2 streams, articles as JSON, multistream indexes.

    python fuzz/seeds.py fuzz/corpus

Everything is made here. Real files may be given to a fuzzer as further, read-only corpus folders.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = (
    '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en"><siteinfo>'
    "<sitename>Example</sitename><dbname>examplewiki</dbname><case>first-letter</case><namespaces>"
    '<namespace key="0" case="first-letter" /><namespace key="1" case="first-letter">Talk</namespace>'
    "</namespaces></siteinfo>"
)
REVISIONS = (
    "<revision><id>1</id><timestamp>2001-01-15T13:15:00Z</timestamp><contributor><username>Example User 1</username>"
    "<id>7</id></contributor><comment>first</comment><origin>1</origin><model>wikitext</model>"
    '<format>text/x-wiki</format><text bytes="5" sha1="phoiac9h4m842xq45sp7s6u21eteeq1" xml:space="preserve">'
    "a &lt; b</text><sha1>phoiac9h4m842xq45sp7s6u21eteeq1</sha1></revision>",
    "<revision><id>2</id><parentid>1</parentid><timestamp>2002-02-02T02:02:02Z</timestamp><contributor>"
    '<ip>192.0.2.1</ip></contributor><minor/><comment deleted="deleted" /><text deleted="deleted" /></revision>',
    '<revision><id>3</id><contributor deleted="deleted" /><text id="3" bytes="4" /><sha1/></revision>',
    "<revision><id>4</id><model>wikitext</model><text><![CDATA[x]]></text><content><role>mediainfo</role>"
    '<origin>4</origin><model>wikibase-mediainfo</model><format>application/json</format><text bytes="2">{}</text>'
    "</content></revision>",
)
OTHERS = (
    "<logitem><id>1</id><timestamp>2001-01-15T13:15:00Z</timestamp><type>delete</type><action>delete</action>"
    '<logtitle>A</logtitle><params xml:space="preserve" /></logitem>',
    "<upload><timestamp>2001-01-15T13:15:00Z</timestamp><filename>A.png</filename><src>x</src><size>1</size></upload>",
    "<discussionthreading><ThreadSubject>x</ThreadSubject></discussionthreading>",
    '<redirect title="B" />',
    "<restrictions>edit=sysop</restrictions>",
)


def page(number: int, *elements: str, ns: str = "<ns>0</ns>") -> str:
    return f"<page><title>Page {number}</title>{ns}<id>{number}</id>{''.join(elements)}</page>"


def dumps() -> Iterator[bytes]:
    for revision in REVISIONS:
        yield f"{HEAD}{page(1, revision)}</mediawiki>\n".encode()
    for other in OTHERS:
        yield f"{HEAD}{page(1, other, REVISIONS[0], other, REVISIONS[1])}{other}</mediawiki>\n".encode()
    both = page(1, *REVISIONS, REVISIONS[0]) + "\n" + page(2, *REVISIONS[:2], ns="")
    yield f"{HEAD}{both}</mediawiki>\n".encode()
    yield f"{both}\n".encode()
    yield f"{HEAD}{both}</mediawiki>{HEAD}{page(3, REVISIONS[0])}</mediawiki>".encode()
    yield ("\ufeff" + HEAD + both + "</mediawiki>").encode()
    yield (HEAD + both + "</mediawiki>").encode("utf-16")
    yield b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + HEAD.encode()
    yield bz2.compress(f"{HEAD}{both}</mediawiki>".encode(), 1)
    yield bz2.compress(HEAD.encode(), 1) + bz2.compress(both.encode(), 1) + bz2.compress(b"</mediawiki>", 1)
    yield gzip.compress(f"{HEAD}{both}</mediawiki>".encode(), mtime=0)
    yield f"{HEAD}{both}".encode()[:-30]
    whole = f"{HEAD}{both}</mediawiki>".encode()
    yield lzma.compress(whole, lzma.FORMAT_XZ, preset=0)
    yield lzma.compress(whole, lzma.FORMAT_ALONE, preset=0)
    yield zstd_frame(HEAD.encode()) + zstd_frame(whole.removeprefix(HEAD.encode()))


def zstd_frame(data: bytes) -> bytes:
    """Pack into a frame of one raw block without a check sum (RFC 8878)."""
    return b"\x28\xb5\x2f\xfd\x00\x38" + (len(data) << 3 | 1).to_bytes(3, "little") + data


def wikitexts() -> Iterator[bytes]:
    for case in json.loads((ROOT / "tests/data/wikitext/cases.json").read_text()):
        yield case["wikitext"].encode()


def bzip2_streams() -> Iterator[bytes]:
    samples = [b"", b"a", b"ab" * 300, bytes(range(256)) * 4, b"\0" * 60_000, b"aaaa\x03aaaa\xff", HEAD.encode()]
    for sample in samples:
        yield bz2.compress(sample, 1)
    yield bz2.compress(b"ab" * 100, 9) + bz2.compress(b"", 5) + bz2.compress(b"c", 1)
    yield bz2.compress(b"x" * 10, 1) + b"garbage"
    yield bz2.compress(bytes(i * i % 251 for i in range(3000)), 3)[:-7]


def article(number: int) -> dict[str, object]:
    return {
        "name": f"Page {number}",
        "identifier": number,
        "date_modified": "2024-01-01T00:00:00Z",
        "version": {
            "identifier": number + 10,
            "comment": "c",
            "is_minor_edit": True,
            "editor": {"identifier": 1, "name": "Example User 1", "edit_count": 3, "groups": ["*"]},
            "scores": {"damaging": {"prediction": False, "probability": {"false": 0.9, "true": 0.1}}},
        },
        "url": "https://en.example.org/wiki/Page",
        "namespace": {"name": "Article", "identifier": 0},
        "in_language": {"identifier": "en"},
        "main_entity": {"identifier": "Q1", "url": "https://www.wikidata.org/entity/Q1"},
        "is_part_of": {"name": "Example", "identifier": "examplewiki", "url": "https://en.example.org"},
        "article_body": {"html": "<p>a &amp; b</p>", "wikitext": "a ''b'' \\ \u00e9 \U0001f600 \n"},
        "license": [{"name": "CC BY-SA 4.0", "identifier": "CC-BY-SA-4.0", "url": "https://creativecommons.org/"}],
        "redirects": [{"name": "R", "url": "x"}],
        "event": {"identifier": "e", "type": "update", "date_created": "2024-01-01T00:00:00Z"},
    }


def articles() -> Iterator[bytes]:
    lines = [json.dumps(article(number)).encode() for number in (1, 2)]
    yield b"\n".join(lines) + b"\n"
    yield b"\r\n\n".join(lines)
    yield b"[" + b",".join(lines) + b"]"
    yield json.dumps(article(3), ensure_ascii=False, indent=1).encode()
    html = article(4)
    html["article_body"] = {"html": "<p>only</p>"}
    yield json.dumps(html).encode() + b"\n"
    yield b'{"name":"a","name":"b","identifier":1e3,"x":"\\ud800\\u0000"}\n' + lines[0]
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in [("examplewiki_0.ndjson", lines[0] + b"\n"), ("b" * 120 + ".ndjson", lines[1])]:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    yield archive.getvalue()
    yield gzip.compress(archive.getvalue(), mtime=0)


def indexes() -> Iterator[bytes]:
    yield b"600:1:A\n600:2:Talk:B: c\n700:9:D &amp; E\n"
    yield b"600:10:AccessibleComputing\r\n600:12:Anarchism"
    yield b"0:0:\n-1:1:x\n18446744073709551616:1:y\n"
    yield bz2.compress(b"600:1:A\n600:2:B\n", 1)


def main(folder: Path) -> None:
    makers = {"xml": dumps, "scanner": wikitexts, "bzip2": bzip2_streams, "ndjson": articles, "index": indexes}
    for name, maker in makers.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(maker()):
            (folder / name / f"seed-{number:03}").write_bytes(seed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
