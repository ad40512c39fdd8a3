"""The cases: what is made, what is done with it, and what may come of it."""

from __future__ import annotations

import bz2
import gzip
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import bombs
import documents
from bombs import CLOSE, DUMP, HEAD, OPEN, write
from documents import MILLION, around, in_revision, in_text

LIMIT = "LimitExceededError"
FORMAT = "DumpFormatError"
TRUNCATED = "TruncatedInputError"
UNSAFE = "UnsafeInputError"
BUDGET = "QuarantineBudgetError"

Make = Callable[[Path], list[Path]]


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile input.

    Attributes:
        name: Group and name.
        make: Writes the files into a folder and names them.
        expected: Outcomes that are right: `rows`, `quarantined`, names of errors; see `child`.
        action: What is done with the files; a function of `child`.
        rows: How many rows must come out, where that is known.
        detail: What the outcome's detail must hold.
        needs: The feature that must be there; without it the case is skipped.
        seconds: Wall limit.
        peak_mib: Limit of the resident memory.
    """

    name: str
    make: Make
    expected: tuple[str, ...]
    action: str = "build"
    rows: int | None = None
    detail: str = ""
    needs: str = "xml"
    seconds: float = 60
    peak_mib: int = 1_024


def one(name: str, content: Callable[[], bytes]) -> Make:
    return lambda folder: [write(folder / name, content())]


def xml(name: str, content: Callable[[], bytes], *expected: str, file: str = "a.xml", **facts: object) -> Case:
    return Case(f"xml: {name}", one(file, content), expected, **facts)  # type: ignore[arg-type]


def packed(name: str, file: str, content: Callable[[], bytes], *expected: str, **facts: object) -> Case:
    return Case(f"packed: {name}", one(file, content), expected, **facts)  # type: ignore[arg-type]


def ndjson(name: str, content: Callable[[], bytes], *expected: str, **facts: object) -> Case:
    file = str(facts.pop("file", "examplewiki_namespace_0.ndjson"))
    return Case(f"ndjson: {name}", one(file, content), expected, needs="articles", **facts)  # type: ignore[arg-type]


def generated() -> Iterator[Case]:
    yield from packed_cases()
    yield from xml_cases()
    yield from encoding_cases()
    yield from ndjson_cases()
    yield from archive_cases()
    yield from index_cases()
    for name, flood in documents.WIKITEXT_FLOODS.items():
        make = one("flood.wikitext", flood)
        yield Case(f"wikitext: {name!r}", make, ("text",), action="extract", needs="extraction", seconds=30)
    yield xml("a page of every wikitext flood", documents.all_floods, "rows", rows=len(documents.WIKITEXT_FLOODS) + 1)
    for tag in ("<div>", "<table><tr><td>", "<p><b>", "<!--", "<a href='", "<sup class='reference'>"):
        html = f"<html><body>{tag * 100_000}x"
        make = one("flood.html", html.encode)
        yield Case(f"html: {tag!r}", make, ("text", "ConfigError"), action="extract", needs="html", seconds=30)


def packed_cases() -> Iterator[Case]:
    ten = 10_000_000_000
    for file, content in (
        ("zeros.xml.bz2", lambda: bombs.bz2_of(b"\0", ten)),
        ("zeros.xml.gz", lambda: bombs.gz_of(b"\0", ten)),
        ("zeros.xml.xz", lambda: bombs.xz_of(b"\0", ten)),
        ("zeros.xml.zst", lambda: bombs.zst_of(b"\0", ten)),
    ):
        yield packed(f"10 GB of zeros, {file[10:]}", file, content, FORMAT, LIMIT)
    for file, content in (
        ("text.xml.bz2", lambda: bombs.bz2_of(b"x", ten, HEAD + OPEN)),
        ("text.xml.xz", lambda: bombs.xz_of(b"x", ten, HEAD + OPEN)),
        ("text.xml.zst", lambda: bombs.zst_of(b"x", ten, HEAD + OPEN)),
    ):
        yield packed(f"10 GB in one text, {file[9:]}", file, content, LIMIT, FORMAT)
    rest = CLOSE + documents.GOOD + b"</mediawiki>"
    yield packed(
        "1 GB in one text, gz",
        "text.xml.gz",
        lambda: bombs.gz_of(b"x", 1 << 30, HEAD + OPEN, rest),
        "quarantined",
        LIMIT,
        detail="text_too_large",
    )
    yield packed("bz2 in bz2", "a.xml.bz2", lambda: bz2.compress(bombs.bz2_of(b"\0", ten)), FORMAT)
    yield packed("gz in gz in gz", "a.xml.gz", lambda: bombs.nested(2), FORMAT)
    yield packed("300,000 empty bz2 streams", "a.xml.bz2", lambda: bombs.EMPTY_STREAM * 300_000, FORMAT, LIMIT)
    yield packed(
        "300,000 empty bz2 streams before a dump",
        "a.xml.bz2",
        lambda: bombs.EMPTY_STREAM * 300_000 + bz2.compress(DUMP),
        "rows",
        rows=1,
    )
    for shift in (0, 3):
        flood = bombs.false_starts(2 * MILLION, shift)
        yield packed(
            f"2,000,000 bz2 magics behind a dump, {shift} bits off",
            "a.xml.bz2",
            lambda flood=flood: bz2.compress(DUMP) + flood,
            "rows",
            rows=1,
        )
        yield packed(
            f"2,000,000 bz2 magics, {shift} bits off", "a.xml.bz2", lambda flood=flood: b"BZh9" + flood, FORMAT
        )
    yield packed("100,000 gz members", "a.xml.gz", lambda: gzip.compress(b" ") * 100_000 + gzip.compress(DUMP), "rows")
    yield packed("gz header without an end", "a.xml.gz", lambda: b"\x1f\x8b\x08\x08" + b"a" * 50_000_000, FORMAT, LIMIT)
    frames = bombs.zstd_frame(bombs.zstd_block(0, 0, b"", is_last=True), 10)
    good = bombs.zstd_frame(bombs.zstd_block(0, len(DUMP), DUMP, is_last=True), 17)
    yield packed("300,000 empty zst frames", "a.xml.zst", lambda: frames * 300_000 + good, "rows", needs="zst")
    skipped = b"\x50\x2a\x4d\x18" + (1 << 20).to_bytes(4, "little") + b"x" * (1 << 20)
    yield packed("64 MB of skippable zst frames", "a.xml.zst", lambda: skipped * 64 + good, "rows", needs="zst")
    for window in (31, 41):
        whole = bombs.zstd_block(0, len(DUMP), DUMP, is_last=True)
        yield packed(
            f"zst with a window of 2**{window} bytes",
            "a.xml.zst",
            lambda whole=whole, window=window: bombs.zstd_frame(whole, window),
            LIMIT,
            FORMAT,
        )
    yield packed("xz with a dictionary of 1.5 GiB", "a.xml.xz", lambda: bombs.xz_dictionary(37), LIMIT, FORMAT)
    yield packed("xz with a dictionary of 4 GiB", "a.xml.xz", lambda: bombs.xz_dictionary(40), LIMIT, FORMAT)
    yield packed(
        "lzma with a dictionary of 4 GiB", "a.xml.lzma", lambda: bombs.lzma_dictionary(2**32 - 1), LIMIT, FORMAT
    )
    zeros = 1 << 30
    yield packed(
        "7z of 1 GiB of zeros", "a.xml.7z", lambda: bombs.seven_zip_of(bytes(zeros)), FORMAT, LIMIT, seconds=90
    )
    yield packed("7z, plain", "a.xml.7z", lambda: bombs.seven_zip_of(DUMP), "rows", needs="7z", rows=1)
    yield packed(
        "7z that claims 2**60 bytes",
        "a.xml.7z",
        lambda: bombs.seven_zip_of(DUMP, claimed=2**60),
        FORMAT,
        LIMIT,
        TRUNCATED,
    )
    yield packed(
        "7z with a dictionary of 4 GiB", "a.xml.7z", lambda: bombs.seven_zip_of(DUMP, dictionary=40), FORMAT, LIMIT
    )
    yield packed("7z of no bytes", "a.xml.7z", lambda: b"", FORMAT)
    yield packed("7z, header only", "a.xml.7z", lambda: b"7z\xbc\xaf\x27\x1c" + b"\xff" * 26, FORMAT, LIMIT, TRUNCATED)
    for name, content in (("bz2", bz2.compress), ("gz", gzip.compress)):
        data = content(DUMP * 300)
        yield packed(f"cut, {name}", f"a.xml.{name}", lambda data=data: data[:-9], TRUNCATED, FORMAT)


def xml_cases() -> Iterator[Case]:
    yield xml("billion laughs", lambda: documents.laughs(12), UNSAFE)
    yield xml("quadratic entities", documents.quadratic, UNSAFE)
    yield xml("unknown entity", lambda: in_text(b"&lol;"), "quarantined", rows=1, detail="bad_entity")
    yield xml("1,000,000 attributes", lambda: documents.attributes(MILLION), LIMIT)
    yield xml("100,000 namespaces", lambda: documents.attributes(100_000, b"xmlns:a"), LIMIT)
    yield xml("depth 1,000,000", lambda: around(b"<a>" * MILLION), LIMIT)
    yield xml("depth 1,000,000 in a revision", lambda: in_revision(b"<a>" * MILLION), LIMIT)
    yield xml("end tags only", lambda: around(b"</a>" * MILLION), "rows", rows=1)
    many = in_revision(b"<a/>" * MILLION)
    yield xml("1,000,000 tags in one revision", lambda: many, "quarantined", rows=1)
    yield xml("1,000,000 comments in one text", lambda: in_text(b"<!--x-->" * MILLION), "quarantined", rows=1)
    yield xml("1,000,000 CDATA sections", lambda: in_text(b"<![CDATA[x]]>" * MILLION), "quarantined", rows=1)
    yield xml("1,000,000 references", lambda: in_text(b"&#x41;" * MILLION), "rows", rows=2)
    yield xml("a reference without an end", lambda: in_text(b"&#" + b"0" * 10 * MILLION), "quarantined", rows=1)
    yield xml("100,000 slots", lambda: documents.slots(100_000), "quarantined", rows=1)
    yield xml("1,000,000 times the same revision", lambda: documents.same_revisions(MILLION), "rows", rows=2)
    yield xml("1,000,000 unreadable pages", lambda: documents.bad_pages(MILLION), BUDGET)
    yield xml("1,000,000 empty pages", lambda: around(b"<page/>" * MILLION), "quarantined", BUDGET)
    yield xml("1,000,000 unknown elements", lambda: around(b"<odd>x</odd>" * MILLION), "rows", rows=1)
    yield xml("1,000,000 instructions", lambda: around(b"<?a b?>" * MILLION), "rows", rows=1)
    yield xml("1,000,000 roots", lambda: b"<mediawiki>" * MILLION + documents.GOOD, TRUNCATED, "rows", LIMIT)
    yield xml("1,000,000 unknown roots", lambda: b"<a>" * MILLION + DUMP, FORMAT, TRUNCATED, LIMIT, "rows")
    yield xml("a tag without an end", lambda: HEAD + b"<page " + b"a" * 100 * MILLION, LIMIT)
    yield xml("a comment without an end", lambda: HEAD + b"<!--" + b"a" * 100 * MILLION, LIMIT)
    yield xml("100 MB in <siteinfo>", lambda: b"<mediawiki><siteinfo><sitename>" + b"x" * 100 * MILLION, LIMIT)
    start = b"<page><title>"
    yield xml(
        "100 MB in a title",
        lambda: around(start, b"x" * 100 * MILLION, b"</title><id>1</id></page>"),
        "quarantined",
        rows=1,
    )
    yield xml(
        "10 MB in a comment",
        lambda: in_revision(b"<comment>" + b"x" * 10 * MILLION + b"</comment>"),
        "quarantined",
        rows=1,
    )
    rest = CLOSE + documents.GOOD + b"</mediawiki>"
    yield Case(
        "xml: 1 GB in one text",
        lambda folder: [documents.giant(folder / "a.xml", HEAD + OPEN, b"x" * 1_000, MILLION, rest)],
        ("quarantined",),
        rows=1,
        detail="text_too_large",
    )
    yield Case(
        "xml: 200 MB of blanks before the root",
        lambda folder: [documents.giant(folder / "a.xml", b"", b" " * 1_000, 200_000, DUMP)],
        ("rows", FORMAT, LIMIT),
    )
    numbers = (b"-1", b"0", b"9223372036854775808", b"1e3", b"0x1", b"\xd9\xa1", b"1" * 1_000)
    revisions = b"".join(b"<revision><id>%s</id></revision>" % number for number in numbers)
    page = b"<page><title>A</title><ns>0</ns><id>1</id>" + revisions + b"</page>"
    yield xml("bad numbers", lambda: around(page), "quarantined", rows=1, detail=f"bad_number {len(numbers) - 1}")
    yield xml("a lie in bytes", lambda: in_revision(b'<text bytes="9223372036854775807">x</text>'), "rows", rows=2)
    whole = HEAD + documents.GOOD * 20 + b"</mediawiki>"

    def prefixes(folder: Path) -> list[Path]:
        return [write(folder / f"{end}.xml", whole[:end]) for end in range(0, len(whole), 37)]

    yield Case("xml: every 37th prefix", prefixes, ("each",), action="each", seconds=120)


def encoding_cases() -> Iterator[Case]:
    bad = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\0", b"\x0b", b"&#0;", b"&#xD800;")
    for sequence in bad:
        yield xml(f"{sequence!r} in a text", lambda sequence=sequence: in_text(sequence), "quarantined", rows=1)
    text = DUMP.decode()
    for name, content in (
        ("UTF-16", text.encode("utf-16")),
        ("UTF-16, no mark", text.encode("utf-16-be")),
    ):
        yield xml(name, lambda content=content: content, "rows", FORMAT)
    yield xml("UTF-16 of an odd length", lambda: text.encode("utf-16") + b"\0", FORMAT, TRUNCATED)
    lone = text.replace("good", "\ud800").encode("utf-16-le", "surrogatepass")
    yield xml("UTF-16 with half a pair", lambda: b"\xff\xfe" + lone, FORMAT, "quarantined")
    yield xml("UTF-32", lambda: text.encode("utf-32"), FORMAT)
    yield xml("zeros", lambda: bytes(10 * MILLION), FORMAT)


def ndjson_cases() -> Iterator[Case]:
    lines, with_field = documents.lines, documents.with_field
    bad = ("quarantined",)
    long = 300 * MILLION
    yield ndjson(
        "a line of 300 MB", lambda: lines(b'{"a":"' + b"x" * long + b'"}'), *bad, rows=2, detail="line_too_long"
    )
    yield ndjson("300 MB without a line end", lambda: b'{"a":"' + b"x" * long, TRUNCATED, LIMIT, FORMAT, "quarantined")
    yield ndjson("depth 1,000,000", lambda: lines(with_field(b'"x":' + b"[" * MILLION + b"]" * MILLION)), *bad, rows=2)
    yield ndjson("objects, depth 1,000,000", lambda: lines(b'{"a":' * MILLION), *bad, rows=2)
    yield ndjson("depth 1,000,000 from the start", lambda: b"[" * MILLION, FORMAT, LIMIT, TRUNCATED)
    yield ndjson("duplicate keys", lambda: lines(with_field(b'"name":"other"')), *bad, rows=2)
    yield ndjson(
        "1,000,000 keys", lambda: lines(b"{" + b",".join(b'"k%d":0' % n for n in range(MILLION)) + b"}"), *bad, rows=2
    )
    yield ndjson("half of a pair", lambda: lines(with_field(b'"abstract":"\\ud800"')), "quarantined", "rows")
    yield ndjson(
        "half of a pair in a name", lambda: lines(documents.article(3).replace(b"Page 3", b"\\ud800")), *bad, rows=2
    )
    yield ndjson(
        "NUL in a name", lambda: lines(documents.article(3).replace(b"Page 3", b"\\u0000")), "quarantined", "rows"
    )
    yield ndjson("invalid UTF-8", lambda: lines(with_field(b'"x":"\xff"')), *bad, rows=2)
    yield ndjson("1,000,000 empty lines", lambda: lines(b"\n" * MILLION), "rows", rows=2)
    yield ndjson("1,000,000 lines of {}", lambda: lines(b"{}\n" * MILLION), BUDGET, "quarantined")
    yield ndjson(
        "1,000,000 times the same page", lambda: (documents.article() + b"\n") * (MILLION // 5), "rows", rows=1
    )
    yield ndjson(
        "a number of 1,000,000 digits", lambda: lines(with_field(b'"x":' + b"9" * MILLION)), "rows", "quarantined"
    )
    yield ndjson(
        "an id of 1e308",
        lambda: lines(documents.article(3).replace(b'"identifier": 3', b'"identifier": 1e308')),
        *bad,
        rows=2,
    )
    yield ndjson("a list of 1,000,000 numbers", lambda: b"[" + b"1," * MILLION + b"1]", FORMAT, BUDGET)
    yield ndjson(
        "1,000,000 escapes", lambda: lines(with_field(b'"abstract":"' + b"\\u0041" * MILLION + b'"')), "rows", rows=3
    )
    yield ndjson("cut in a line", lambda: documents.article(1) + b"\n" + documents.article(2)[:-9], TRUNCATED)


def archive_cases() -> Iterator[Case]:
    named, tar_of, good, sized = documents.named, documents.tar_of, documents.good_member, documents.sized
    article = documents.article(1) + b"\n"

    def tar(name: str, content: Callable[[], bytes], *expected: str, **facts: object) -> Case:
        make = one("examplewiki_namespace_0.tar.gz", lambda: gzip.compress(content(), 1))
        return Case(f"tar: {name}", make, expected, needs="articles", **facts)  # type: ignore[arg-type]

    slips = ("../../etc/passwd", "/etc/passwd", "a/../../b.ndjson", "a\\..\\b.ndjson", "C:\\a.ndjson")
    for name in slips:
        # Names are labels: nothing is ever written under them, so either answer is right.
        yield tar(f"member {name!r}", lambda name=name: tar_of((named(name), article)), UNSAFE, FORMAT, "rows")
    kinds = {
        "symbolic link": tarfile.SYMTYPE,
        "hard link": tarfile.LNKTYPE,
        "device": tarfile.CHRTYPE,
        "pipe": tarfile.FIFOTYPE,
    }
    for name, kind in kinds.items():
        yield tar(name, lambda kind=kind: tar_of((named("a.ndjson", kind), b""), good()), UNSAFE)
    for size in ("0", "1", "-1", "18446744073709551616", "99999999999999", "x"):
        content = (named("examplewiki_namespace_0.ndjson", size=size), article)
        expected = (UNSAFE, FORMAT, TRUNCATED, LIMIT, "rows", "quarantined")
        yield tar(f"PAX size {size}", lambda content=content: tar_of(content, good(2)), *expected)
    for size in (b"\xff" * 12, b"\x80" + b"\xff" * 11, b"-0000000001", b"77777777777", b"9", b""):
        yield tar(f"size {size!r}", lambda size=size: sized(size), UNSAFE, FORMAT, TRUNCATED, LIMIT, "rows")
    sparse = named("a.ndjson", **{"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(2**60)})
    yield tar("sparse", lambda: tar_of((sparse, article), good(2)), UNSAFE, FORMAT)
    yield tar(
        "PAX header of 100 MB",
        lambda: tar_of((named("a.ndjson", comment="x" * 100 * MILLION), article)),
        UNSAFE,
        LIMIT,
        FORMAT,
    )
    yield tar(
        "100,000 empty members", lambda: tar_of(*[(named("a.ndjson"), b"")] * 100_000, good()), "rows", LIMIT, UNSAFE
    )
    yield tar("cut in a member", lambda: tar_of(good())[:700], TRUNCATED)
    yield tar("cut in a header", lambda: tar_of(good())[:300], TRUNCATED, FORMAT)
    broken = bytearray(tar_of(good()))
    broken[0] ^= 1
    yield tar("a wrong check sum", lambda: bytes(broken), FORMAT, UNSAFE)
    yield tar("no member", lambda: tar_of(), FORMAT, "rows")
    yield tar("1 GB of zeros", lambda: bytes(1 << 30), FORMAT, "rows", LIMIT)


def index_cases() -> Iterator[Case]:
    first, second = bz2.compress(HEAD), bz2.compress(documents.GOOD)
    dump = first + second + bz2.compress(b"</mediawiki>")
    flood = first + bz2.compress(b"<page><id>7</id>" * MILLION) + second + bz2.compress(b"</mediawiki>")

    def index(name: str, content: Callable[[], bytes], *expected: str, dump: bytes = dump) -> Case:
        def make(folder: Path) -> list[Path]:
            names = ("examplewiki-20240101-pages-articles-multistream.xml.bz2", "index.txt")
            return [write(folder / names[0], dump), write(folder / names[1], content())]

        return Case(f"index: {name}", make, expected, action="page", needs="pages")

    place = len(first)
    yield index("true", lambda: b"%d:2:B\n" % place, "read")
    yield index("another page", lambda: b"0:2:B\n", "warned", LIMIT)
    yield index("no stream there", lambda: b"%d:2:B\n" % (place + 1), "warned")
    yield index("beyond the end", lambda: b"%d:2:B\n" % 10**17, "warned")
    yield index("garbage", lambda: b"\xff" * MILLION, "warned", FORMAT, LIMIT)
    yield index("1,000,000 lines of the same", lambda: b"%d:2:B\n" % place * MILLION, "read", "warned")
    yield index("a line of 100 MB", lambda: b"1:1:" + b"x" * 100 * MILLION, "warned", LIMIT)
    yield index("10 GB of lines, bz2", lambda: bombs.bz2_of(b"\n", 10**10), "warned", LIMIT, FORMAT)
    yield index(
        "a stream of 1,000,000 <page>",
        lambda: b"%d:2:B\n" % place,
        "read",
        "warned",
        "QuarantineBudgetError",
        dump=flood,
    )


def of_files(vectors: Path | None, data: Path | None) -> Iterator[Case]:
    """Cases over published test vectors and real malformed files, where they are."""
    if vectors is not None:
        for file in sorted((vectors / "defusedxml").rglob("*.xml")):
            expected = (FORMAT,) if file.name.startswith("simple") else (UNSAFE,)
            expected = (FORMAT, UNSAFE) if file.name == "dtd.xml" else expected  # its type is HTML
            yield Case(f"defusedxml: {file.name}", lambda folder, file=file: [file], expected)
        for file in sorted((vectors / "bzip2").rglob("*")):
            if file.suffix in (".bz2", ".bin"):
                yield Case(f"bzip2: {file.name}", lambda folder, file=file: [file], (FORMAT,))
        recipe = vectors / "utf8tests/utf8tests.txt"
        for part in range(2 if recipe.is_file() else 0):  # above 100 unreadable records a build ends
            content, valid, invalid = documents.utf8_vectors(recipe, part=part, parts=2)
            name = f"utf8tests: {valid} good and {invalid} bad sequences"
            make = one("a.xml", lambda content=content: content)
            yield Case(name, make, ("quarantined",), rows=valid)
        for kind in "yni":
            files = sorted((vectors / "jsontestsuite").rglob(f"{kind}_*.json"))
            if files:
                name, action = f"jsontestsuite: {len(files)} files {kind}_", "json_tests"
                yield Case(name, lambda folder, files=files: files, ("each",), action, needs="articles", seconds=240)
    if data is not None:
        for file in sorted((data / "malformed").rglob("*.*")) + sorted(data.rglob("*invalid*")):
            every = ("rows", "quarantined", FORMAT, TRUNCATED, UNSAFE, LIMIT, BUDGET)
            yield Case(f"real: {file.name}", lambda folder, file=file: [file], every)
