"""What a file is, by its first bytes and then by its name, without reading it."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from wikigrove.sources.names import DumpName, parse_name
from wikigrove.sources.regular import open_regular

KINDS: Final = {
    "xml": "MediaWiki export",
    "articles": "Wikimedia Enterprise articles",
    "index": "multistream index",
    "sums": "list of published sums",
    "status": "state of a dump run",
    "metadata": "description of Enterprise snapshots",
    "abstracts": "abstracts, which hold no revision",
    "titles": "list of titles",
    "sql": "SQL table",
    "siteinfo": "description of a wiki",
    "entities": "Wikibase entities",
    "events": "event stream records",
    "pageviews": "page view counts",
    "html": "HTML page",
    "json": "JSON of another kind",
    "otherxml": "XML of another kind",
    "empty": "empty file",
    "unknown": "something else",
}
"""What a file can be. `xml` and `articles` hold records, the others are known or not, and hold none."""

READABLE: Final = frozenset({"xml", "articles"})

HEAD_BYTES: Final = 64 << 10
"""Decompressed bytes that are looked at."""

_INPUT_BYTES: Final = 4 << 20
_LZMA_MEMORY: Final = 128 << 20
_MAGICS: Final = (
    (b"BZh", "bz2"),
    (b"\x1f\x8b", "gz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
)
_XML_TAG: Final = re.compile(r"<\s*(/?[A-Za-z_][\w.:-]*)")
_XML_PROLOG: Final = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\])?\s*>|\s+)", re.DOTALL)
_DUMP_TAGS: Final = frozenset({"mediawiki", "/mediawiki", "siteinfo", "page", "/page", "revision", "logitem", "upload"})
_INDEX_LINE: Final = re.compile(r"\d{1,19}:\d{1,19}:")
_SUM_LINE: Final = re.compile(r"[0-9A-Fa-f]{32}(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{32})? [ *]?\S")
_TITLE_HEADS: Final = ("page_title\n", "page_namespace\tpage_title\n")
_PAGEVIEW_LINE: Final = re.compile(r"\S+ \S+ \S+ (?:desktop|mobile-web|mobile-app) \d+ (?:[A-Z]\d+)+$")
_JSON: Final = re.compile(r'\{\s*["}]|\[\s*[\]{"\d]')
_RECORD_TAG: Final = re.compile(r"<(?:mediawiki|siteinfo|page|revision|logitem)[\s>]")
_ARTICLE: Final = re.compile(r'"(?:article_body|article_sections|has_parts|date_modified|is_part_of)"\s*:')


@dataclass(frozen=True, slots=True)
class Glance:
    """What the first bytes and the name of a file say.

    Attributes:
        path: The file.
        name: What its name says.
        kind: A key of `KINDS`.
        compression: By its first bytes: `plain`, `bz2`, `gz`, `zst`, `xz`, `lzma` or `7z`; `tar` inside is no matter.
        size_bytes: Its size, compressed.
        why: What makes it unusable, for instance a damaged start; or None.
    """

    path: Path
    name: DumpName
    kind: str
    compression: str
    size_bytes: int
    why: str | None = None


def glance(path: str | Path, *, follow: bool = True) -> Glance:
    """Look at the start of a file.

    Args:
        path: The file.
        follow: As for `regular.open_regular`.

    Returns:
        What it is. A file that is damaged or of no known kind is an answer, not an error.

    Raises:
        InputError: It is no regular file.
        OSError: It cannot be opened.
    """
    path = Path(path)
    with open_regular(path, follow=follow) as file:
        size = file.seek(0, 2)
        file.seek(0)
        compression = _compression(file.peek(16)[:16])
        why = None
        try:
            head = _head(file, compression)
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, MemoryError, pa.ArrowException) as error:
            head, why = b"", f"the {compression} stream is damaged at its start: {error}"
    name = parse_name(path)
    kind = _kind(head, name, compression) if why is None else name.kind or "unknown"
    return Glance(path, name, kind, compression, size, why)


def _compression(magic: bytes) -> str:
    for known, compression in _MAGICS:
        if magic.startswith(known):
            return compression
    # The old .lzma has no magic: properties 0x5d, a dictionary size, and a length that is unknown or below 2**48.
    is_lzma = len(magic) >= 13 and magic[:3] == b"\x5d\x00\x00" and magic[5:13][6:] in (b"\xff\xff", b"\x00\x00")
    return "lzma" if is_lzma else "plain"


def _head(file: BufferedReader, compression: str) -> bytes:
    """Decompress the start of a file: bounded work, through empty and concatenated streams."""
    if compression == "plain":
        return file.read(HEAD_BYTES)
    if compression == "7z":
        return b""
    if compression == "zst":
        source: Any = pa.PythonFile(file, "r")
        with pa.CompressedInputStream(source, "zstd") as stream:
            return bytes(stream.read(HEAD_BYTES))
    made: Any = {
        "bz2": bz2.BZ2Decompressor,
        "gz": lambda: zlib.decompressobj(31),
        "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _LZMA_MEMORY),
        "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _LZMA_MEMORY),
    }[compression]
    decoder: Any = made()
    head, taken, waiting = b"", 0, b""
    while len(head) < HEAD_BYTES and taken < _INPUT_BYTES:
        chunk = waiting or file.read(HEAD_BYTES)
        if not chunk:
            break
        taken, waiting = taken + len(chunk), b""
        try:
            head += decoder.decompress(chunk, HEAD_BYTES - len(head))
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
            if head:  # a damaged second stream is for the reader to tell, with its offset
                return head
            raise
        if decoder.eof:
            waiting, decoder = decoder.unused_data, made()
        elif compression == "gz":
            waiting = decoder.unconsumed_tail
    return head


def _kind(head: bytes, name: DumpName, compression: str) -> str:
    """Settle the kind: the content first, and the name where the content cannot tell."""
    if compression == "7z":  # its listing is at its end; the reader tells
        return name.kind or "xml"
    if head[257:262] == b"ustar":
        is_extension = head[156:157] in {b"x", b"g", b"L", b"K"}  # a longer name follows; the reader tells
        return "articles" if is_extension or re.search(rb"\.(nd)?json\x00", head[:101]) else "unknown"
    if not head.strip():
        return "status" if name.kind == "status" else "empty"
    text = _text(head)
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped.startswith("<"):
        return _kind_of_xml(stripped, name)
    if _JSON.match(stripped):
        return _kind_of_json(stripped, name)
    if name.kind in {"sums", "status", "titles"}:
        return name.kind
    first = stripped.partition("\n")[0].rstrip("\r")
    if _SUM_LINE.match(first):
        return "sums"
    if _INDEX_LINE.match(first):
        return "index"
    if text.startswith(_TITLE_HEADS):
        return "titles"
    if stripped.startswith(("-- MySQL", "-- MariaDB", "/*!", "CREATE TABLE", "INSERT INTO", "DROP TABLE")):
        return "sql"
    if _PAGEVIEW_LINE.match(first):
        return "pageviews"
    if _RECORD_TAG.search(stripped):  # a fragment that begins inside an element
        return "xml"
    return "unknown"


def _text(head: bytes) -> str:
    """Decode for looking only; what is wrong in it is for the reader to tell."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    if head.startswith((b"<\x00", b"\x00<")):
        return head.decode("utf-16-le" if head[0] else "utf-16-be", "replace")
    return head.decode("utf-8", "replace")


def _kind_of_xml(text: str, name: DumpName) -> str:
    at = 0
    while prolog := _XML_PROLOG.match(text, at):
        at = prolog.end()
    tag = _XML_TAG.match(text, at)
    root = tag[1] if tag else ""
    local = root.rpartition(":")[2] if not root.startswith("/") else root
    if local in _DUMP_TAGS:
        return "xml"
    if local.lower() == "html" or text[:15].lower() == "<!doctype html>":
        return "html"
    if local in {"feed", "doc"} or name.kind == "abstracts":
        return "abstracts"
    # The reader takes pages in a root of another name too: the tests of MediaWiki itself are such files.
    return "xml" if _RECORD_TAG.search(text) else "otherxml"


def _kind_of_json(text: str, name: DumpName) -> str:
    start = text[:HEAD_BYTES]
    if '"jobs"' in start and '"status"' in start:
        return "status"
    if re.match(r'\{\s*"batchcomplete"|\{\s*"query"', start):
        return "siteinfo"
    if re.match(r'[\[{]\s*\{?\s*"(?:type"\s*:\s*"(?:item|property|lexeme)"|entities")', start):
        return "entities"
    is_event = re.search(r'"(?:changelog_kind|\$schema|meta)"\s*:', start)
    if is_event or re.match(r'\{\s*"id":\s*\[\s*\{\s*"topic"|\{\s*"type":\s*"\w+",\s*"identifier":\s*"', start):
        return "events"
    if name.kind == "sums" or re.match(r'\{\s*"(?:md5|sha1|sha256)"\s*:', start):
        return "sums"
    if re.search(r'"identifier"\s*:\s*"[a-z0-9_]+_namespace_\d+', start) and '"version"' in start:
        return "metadata"
    has_name = re.search(r'"name"\s*:', start) and re.search(r'"identifier"\s*:\s*\d', start)
    if has_name and _ARTICLE.search(start) and '"url"' in start:
        return "articles"
    return name.kind if name.kind == "articles" else "json"
