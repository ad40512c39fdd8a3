"""Documents that are hostile without being packed: floods of tags, names, references, lines, markup."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

from bombs import CLOSE, GOOD, HEAD, OPEN

END = b"</mediawiki>"
MILLION = 10**6


def around(*pieces: bytes) -> bytes:
    """A document with a good page behind what is hostile."""
    return b"".join([HEAD, *pieces, GOOD, END])


def in_text(text: bytes) -> bytes:
    return around(OPEN, text, CLOSE)


def in_revision(children: bytes) -> bytes:
    start = b"<page><title>A</title><ns>0</ns><id>1</id><revision><id>1</id>"
    return around(start, children, b"</revision></page>")


def laughs(depth: int) -> bytes:
    entities = [b'<!ENTITY lol0 "lol">']
    entities += [b'<!ENTITY lol%d "%s">' % (n, b"&lol%d;" % (n - 1) * 10) for n in range(1, depth)]
    return (
        b'<?xml version="1.0"?><!DOCTYPE mediawiki [' + b"".join(entities) + b"]>" + in_text(b"&lol%d;" % (depth - 1))
    )


def quadratic() -> bytes:
    return b'<!DOCTYPE mediawiki [<!ENTITY a "' + b"x" * 100_000 + b'">]>' + in_text(b"&a;" * 100_000)


def attributes(count: int, name: bytes = b"a") -> bytes:
    return in_revision(b"<text " + b"".join(b'%s%d="" ' % (name, n) for n in range(count)) + b">x</text>")


def slots(count: int) -> bytes:
    slot = b"<content><role>r%d</role><model>wikitext</model><text>x</text></content>"
    return in_revision(b"<text>x</text>" + b"".join(slot % n for n in range(count)))


def same_revisions(count: int) -> bytes:
    return around(
        b"<page><title>A</title><ns>0</ns><id>1</id>" + b"<revision><id>1</id></revision>" * count + b"</page>"
    )


def bad_pages(count: int) -> bytes:
    bad = b"<page><title>A</title><id>x</id><revision><id>1</id></revision></page>"
    return around(bad * count)


def utf8_vectors(path: Path, *, part: int, parts: int) -> tuple[bytes, int, int]:
    """Make one revision per sequence of a part of the list; tell how many can be taken, and how many cannot."""
    revisions = []
    for line in path.read_bytes().splitlines():
        fields = line.split(b":", 3)
        if line.startswith(b"#") or len(fields) < 3 or not fields[1].startswith((b"valid", b"invalid")):
            continue
        sequence = bytes.fromhex(fields[2].decode()) if fields[1].endswith(b"hex") else fields[2]
        try:
            text = sequence.decode()
        except UnicodeDecodeError:
            text = None
        is_good = text is not None and all(c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") for c in text)
        is_good &= not any(byte in b"<&" for byte in sequence)
        number = len(revisions) + 1
        revisions.append((is_good, b"<revision><id>%d</id><text>" % number + sequence + b"</text></revision>"))
    chosen = revisions[part::parts]
    valid = sum(is_good for is_good, _ in chosen)
    page = b"<page><title>A</title><ns>0</ns><id>1</id>" + b"".join(revision for _, revision in chosen) + b"</page>"
    return HEAD + page + END, valid, len(chosen) - valid


def article(number: int = 1, **changes: object) -> bytes:
    fields: dict[str, object] = {
        "name": f"Page {number}",
        "identifier": number,
        "url": f"https://en.example.org/wiki/Page_{number}",
        "date_modified": "2024-01-01T00:00:00Z",
        "version": {"identifier": number},
        "namespace": {"identifier": 0},
        "in_language": {"identifier": "en"},
        "is_part_of": {"identifier": "examplewiki"},
        "article_body": {"wikitext": "text"},
        **changes,
    }
    return json.dumps(fields).encode()


def lines(*hostile: bytes) -> bytes:
    """NDJSON with a good article before and behind what is hostile."""
    return b"\n".join([article(1), *hostile, article(2)]) + b"\n"


def with_field(field: bytes) -> bytes:
    return article(3)[:-1] + b"," + field + b"}"


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member, data in members:
            member.size = len(data) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def named(name: str, kind: bytes = tarfile.REGTYPE, **pax: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.pax_headers = kind, "/etc/passwd", pax
    return member


def good_member(number: int = 1) -> tuple[tarfile.TarInfo, bytes]:
    return named(f"examplewiki_{number}.ndjson"), article(number) + b"\n"


def sized(size: bytes) -> bytes:
    """A member whose header claims another size, with a right check sum."""
    archive = bytearray(tar_of(good_member()))
    archive[124:136] = size.ljust(12, b"\0")
    archive[148:156] = b" " * 8
    archive[148:156] = b"%06o\0 " % sum(archive[:512])
    return bytes(archive)


WIKITEXT_FLOODS: dict[str, Callable[[], bytes]] = {
    "{{a|": lambda: b"{{a|" * MILLION,
    "[[": lambda: b"[[" * MILLION,
    "[[File:a|": lambda: b"[[File:a|" * MILLION,
    "[http://a ": lambda: b"[http://a " * MILLION,
    "<ref": lambda: b"<ref " * MILLION,
    "<ref>": lambda: b"<ref>" * MILLION,
    "{|": lambda: b"{|\n" * MILLION,
    "{|\n|-\n|": lambda: b"{|\n|-\n| a || b\n" * (MILLION // 4),
    "''": lambda: b"''" * MILLION,
    "''a'''b": lambda: b"''a'''b" * MILLION,
    "<!--": lambda: b"<!--" * MILLION,
    "-{": lambda: b"-{" * MILLION,
    "{{{": lambda: b"{{{" * MILLION,
    "}}": lambda: b"}}" * MILLION,
    "]]": lambda: b"]]" * MILLION,
    "<nowiki>": lambda: b"<nowiki>" * MILLION,
    "<div>": lambda: b"<div>" * MILLION,
    "==": lambda: b"==\n" * MILLION,
    "&amp;": lambda: b"&amp;" * MILLION,
    "&": lambda: b"&" * (3 * MILLION),
    "*#:;": lambda: b"*#:;" * MILLION,
    "|": lambda: b"| [[{{\n" * (MILLION // 2),
    "{{\n\n": lambda: b"{{a\n\n" * MILLION,
    "[[File:\n\n": lambda: b"[[File:a|\n\n" * MILLION,
    "spaces": lambda: (b" " * 100 + b"\n") * (MILLION // 30),
    "__TOC": lambda: b"__TOC" * MILLION,
    "mixed": lambda: b"{{a|[[b|<ref>{|\n|''c'''-{<!--" * (MILLION // 8),
    "mixed, closed": lambda: b"{{a|[[b|" * (MILLION // 4) + b"]]}}" * (MILLION // 4),
}


def all_floods() -> bytes:
    """One page per flood, escaped as the exporter does."""
    pages = []
    for number, flood in enumerate(WIKITEXT_FLOODS.values(), 10):
        text = flood().replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
        page = OPEN.replace(b"<id>1</id>", b"<id>%d</id>" % number) + text + CLOSE
        pages.append(page)
    return around(*pages)


def giant(path: Path, before: bytes, piece: bytes, count: int, after: bytes) -> Path:
    """Write `count` pieces without holding them."""
    block = piece * max(1, (1 << 20) // len(piece))
    with path.open("wb") as file:
        file.write(before)
        for _ in range(count * len(piece) // len(block)):
            file.write(block)
        file.write(after)
    return path
