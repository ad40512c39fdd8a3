"""The reader against a naive twin on ElementTree: same document, same rows."""

from __future__ import annotations

import datetime
import hashlib
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wikigrove._core import DumpReader
from wikigrove.sources.reading import batches

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
NAMESPACES = {"Talk": 1, "User talk": 3, "File": 6}
TARGET = 'Other & "one"'
HEADER = "".join(f'<namespace key="{key}">{name}</namespace>' for name, key in NAMESPACES.items())


def sha1(text: str) -> str:
    number, digits = int.from_bytes(hashlib.sha1(text.encode()).digest(), "big"), ""  # noqa: S324 - MediaWiki's choice
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits.rjust(31, "0")


# ---------------------------------------------------------------- the naive twin


def slot_of(element: ET.Element, role: str, revision_sha1: str | None) -> dict[str, Any]:
    text = element.find("text")
    body = None if text is None else (text.text or "")
    attributes = {} if text is None else text.attrib
    stated = attributes.get("sha1") or None
    size = int(attributes["bytes"]) if "bytes" in attributes else None
    stub = "location" in attributes or "id" in attributes
    if text is None:
        state = 3
    elif "deleted" in attributes:
        state = 2
    elif body:
        state = 0
    elif stub:
        state = 3
    elif stated or revision_sha1:
        state = 1 if (stated or revision_sha1) == sha1("") else 3
    else:
        state = 3 if (size or 0) > 0 else 1
    model = (element.findtext("model") or "").strip() or {"main": "wikitext"}.get(role)
    return {
        "role": role,
        "content_model": None if model == "error-no-model" else model,
        "content_format": (element.findtext("format") or "").strip() or None,
        "content_sha1": None if state == 2 else stated,
        "content_size": size if size is not None and size >= 0 else None,
        "origin_rev_id": int(element.findtext("origin") or 0) or None,
        "text_state": state,
        "content_body": body if state in (0, 1) else None,
        "stated": stated,
        "stub": stub and text is not None,
        "bytes": size,
    }


def agrees(stated: str, text: str) -> int:
    """0 for no, 1 for the text as it is, 2 with CRLF."""
    return 1 if stated == sha1(text) else 2 if stated == sha1(text.replace("\n", "\r\n")) else 0


def status_of(slots: list[dict[str, Any]], revision_sha1: str | None) -> int:
    states = {slot["text_state"] for slot in slots}
    if 2 in states:
        return 4
    if 3 in states:
        return 6 if any(slot["stub"] for slot in slots if slot["text_state"] == 3) else 5
    if revision_sha1 is None and not any(slot["stated"] for slot in slots):
        return 0
    if len(slots) == 1:
        text = slots[0]["content_body"]
        own = agrees(slots[0]["stated"], text) if slots[0]["stated"] else None
        whole = agrees(revision_sha1, text) if revision_sha1 else None
        found = {value for value in (own, whole) if value is not None}
        if 0 not in found:
            return max(found)
        return 6 if own and whole == 0 and len(revision_sha1 or "") == 31 else 7
    sums = []
    crlf = False
    for slot in slots:
        if slot["stated"] and not agrees(slot["stated"], slot["content_body"]):
            return 7
        crlf |= bool(slot["stated"]) and agrees(slot["stated"], slot["content_body"]) == 2
        sums.append(slot["stated"] or sha1(slot["content_body"]))
    if revision_sha1 is None:
        return 2 if crlf else 1
    total = sums[0]
    for following in sums[1:]:
        total = sha1(total + following)
    return 3 if total == revision_sha1 else 7


def size_status_of(slots: list[dict[str, Any]], status: int) -> int:
    if any(slot["text_state"] in (2, 3) or slot["bytes"] == -1 for slot in slots):
        return 3
    stated = [slot for slot in slots if slot["bytes"] is not None]
    if not stated:
        return 0

    def fits(slot: dict[str, Any]) -> bool:
        body = slot["content_body"]
        lengths = {len(body.encode())} | ({len(body.replace("\n", "\r\n").encode())} if status == 2 else set())
        return slot["bytes"] in lengths

    return 1 if all(fits(slot) for slot in stated) else 2


def user_of(contributor: ET.Element | None) -> tuple[int | None, str | None, bool, str]:
    if contributor is None:
        return None, None, True, "missing"
    if "deleted" in contributor.attrib:
        return None, None, False, "hidden"
    address, name = contributor.findtext("ip"), contributor.findtext("username")
    number = int(contributor.findtext("id") or 0)
    has_id = bool(contributor.findtext("id"))
    if address:
        return None, address, True, "ip"
    if name:
        if number > 0:
            temporary = len(name) > 5 and name[:2] == "~2" and name[2:5].isdigit() and name[5] == "-"
            return number, name, True, "temporary" if temporary else "registered"
        return (number if has_id else None), name, True, "system"
    if name is not None and has_id and number == 0:
        return 0, "", True, "system"
    return (number or None), None, True, "missing"


def rows_of(document: str) -> list[dict[str, Any]]:
    rows = []
    for page in ET.fromstring(document).iter("page"):  # noqa: S314
        title = page.findtext("title") or ""
        redirect = page.find("redirect")
        ns = page.findtext("ns")
        prefix = title.partition(":")[0] if ":" in title else ""
        for revision in page.iter("revision"):
            revision_sha1 = revision.findtext("sha1") or None
            others = [slot_of(content, content.findtext("role") or "", None) for content in revision.findall("content")]
            main = slot_of(revision, "main", None if others else revision_sha1)
            slots = sorted([main, *others], key=lambda slot: slot["role"].encode())
            status = status_of(slots, revision_sha1)
            sizes = [slot["content_size"] for slot in slots]
            comment = revision.find("comment")
            comment_hidden = comment is not None and "deleted" in comment.attrib
            when = revision.findtext("timestamp")
            user_id, user_text, user_visible, user_kind = user_of(revision.find("contributor"))
            rows.append(
                {
                    "page_id": int(page.findtext("id") or 0),
                    "page_namespace_id": int(ns) if ns else NAMESPACES.get(prefix, 0),
                    "page_title": title,
                    "page_redirect_target": None if redirect is None else redirect.get("title"),
                    "revision_id": int(revision.findtext("id") or 0),
                    "revision_dt": when and datetime.datetime.fromisoformat(when),
                    "revision_parent_id": int(revision.findtext("parentid") or 0) or None,
                    "revision_is_minor_edit": revision.find("minor") is not None,
                    "user_id": user_id,
                    "user_text": user_text,
                    "user_is_visible": user_visible,
                    "user_kind": user_kind,
                    "revision_comment": None if comment_hidden else "" if comment is None else comment.text or "",
                    "revision_comment_is_visible": not comment_hidden,
                    "revision_sha1": None if any(slot["text_state"] == 2 for slot in slots) else revision_sha1,
                    "revision_size": None if None in sizes else sum(sizes),
                    "revision_content_is_visible": main["text_state"] != 2,
                    "sha1_status": status,
                    "size_status": size_status_of(slots, status),
                    "slots": [
                        {name: value for name, value in slot.items() if name not in ("stated", "stub", "bytes")}
                        for slot in slots
                        if slot["role"] != "main"
                    ],
                    "text": main["content_body"],
                    "text_state": main["text_state"],
                    "content_model": main["content_model"],
                    "content_format": main["content_format"],
                    "content_sha1": main["content_sha1"],
                    "origin_rev_id": main["origin_rev_id"],
                }
            )
    return rows


# ---------------------------------------------------------------- documents

CHARACTERS = st.characters(
    codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\n\t"
)
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=60), st.sampled_from(["", "a\nb", "'''x''' <ref>&amp;</ref>", "]]>", "🌲" * 9])
)
FILLER = st.sampled_from(
    ["", "", "\n  ", "<!-- <revision> -->", "<?pi a?>", "<unknown><id>9</id><text>no</text></unknown>"]
)


@st.composite
def written(draw: st.DrawFn, text: str) -> str:
    """Some way to write a text down."""
    how = draw(st.sampled_from(["named", "named", "numeric", "cdata", "comment", "returns"]))
    escaped = escape(text)
    if how == "numeric":
        return "".join(f"&#{ord(c)};" if ord(c) > 126 or c in '<&>"\n' else c for c in text)
    if how == "cdata" and "]]>" not in text:
        return f"<![CDATA[{text}]]>"
    if how == "comment":
        return escape(text[: len(text) // 2]) + "<!-- not text -->" + escape(text[len(text) // 2 :])
    if how == "returns":
        return escaped.replace("\n", "\r\n")
    return escaped


@st.composite
def text_element(draw: st.DrawFn, body: str) -> str:
    kind = draw(st.sampled_from(["present", "present", "present", "hidden", "empty", "stub", "none"]))
    size = draw(st.sampled_from([None, len(body.encode()), 0, 7, -1]))
    stated = draw(st.sampled_from([None, "", sha1(body), sha1(""), sha1(body.replace("\n", "\r\n")), sha1("other")]))
    attributes = ("" if size is None else f' bytes="{size}"') + ("" if stated is None else f" sha1='{stated}'")
    if kind == "none":
        return ""
    if kind == "hidden":
        return f'<text{attributes} deleted="deleted"/>'
    if kind == "empty":
        return draw(st.sampled_from([f"<text{attributes} />", f"<text{attributes}></text>"]))
    if kind == "stub":
        return f'<text{attributes} location="tt:1" id="1" />'
    return f'<text{attributes} xml:space="preserve">{draw(written(body))}</text>'


@st.composite
def contributor(draw: st.DrawFn) -> str:
    return draw(
        st.sampled_from(
            [
                "",
                '<contributor deleted="deleted"/>',
                "<contributor/>",
                "<contributor><id>4</id><username>Example User 1</username></contributor>",
                "<contributor><username>~2026-00001-01</username><id>77</id></contributor>",
                "<contributor><username>imported&gt;Example User 2</username><id>0</id></contributor>",
                "<contributor><username/><id>0</id></contributor>",
                "<contributor><username>Example User 3</username></contributor>",
                "<contributor><ip>192.0.2.7</ip></contributor>",
                "<contributor><ip>2001:db8::1</ip><id>0</id></contributor>",
                "<contributor><username/><id/></contributor>",
            ]
        )
    )


@st.composite
def revision(draw: st.DrawFn, number: int) -> str:
    body = draw(TEXTS)
    roles = draw(st.sampled_from([[], [], [], ["mediainfo"], ["zzz", "aaa"]]))
    others = {role: draw(TEXTS) for role in roles}
    texts = {"main": body, **others}
    sums = [sha1(texts[role]) for role in sorted(texts)]
    chain = sums[0]
    for following in sums[1:]:
        chain = sha1(chain + following)
    children = [
        f"<id>{number}</id>",
        draw(
            st.sampled_from(
                ["", "<parentid>0</parentid>", "<parentid>-1</parentid>", "<parentid>5000000000</parentid>"]
            )
        ),
        draw(st.sampled_from(["", "<timestamp>2024-02-29T23:59:58Z</timestamp>"])),
        draw(st.sampled_from(["", "<minor/>", "<minor></minor>"])),
        draw(contributor()),
        draw(st.sampled_from(["", "<comment/>", '<comment deleted="deleted"/>', "<comment>a &lt;b&gt; ü</comment>"])),
        draw(st.sampled_from(["", "<model>wikitext</model>", "<model>error-no-model</model>", "<model>x</model>"])),
        draw(st.sampled_from(["", "<format>text/x-wiki</format>"])),
        draw(st.sampled_from(["", f"<origin>{number}</origin>"])),
        draw(text_element(body)),
        *(
            f"<content><role>{role}</role><model>m</model>{draw(text_element(text))}</content>"
            for role, text in others.items()
        ),
        draw(
            st.sampled_from(
                [
                    "",
                    "<sha1/>",
                    *(f"<sha1>{s}</sha1>" for s in (chain, sums[0], sha1(body.replace("\n", "\r\n")), sha1(""))),
                ]
            )
        ),
    ]
    ordered = draw(st.permutations(children))
    return "<revision>" + "".join(child + draw(FILLER) for child in ordered) + "</revision>"


@st.composite
def documents(draw: st.DrawFn) -> str:
    pages, number = [], 0
    for page_id in range(1, draw(st.integers(0, 3)) + 1):
        prefix = draw(st.sampled_from(["", "Talk:", "File:", "Accessible: "]))
        header = [
            f"<title>{prefix}Page {page_id} &amp; more</title>",
            f"<id>{page_id}</id>",
            draw(st.sampled_from(["", "<ns>4</ns>"])),
            draw(st.sampled_from(["", f"<redirect title={quoteattr(TARGET)}/>", "<redirect/>"])),
            draw(st.sampled_from(["", "<restrictions>sysop</restrictions>"])),
        ]
        revisions = []
        for _ in range(draw(st.integers(0, 3))):
            number += draw(st.integers(1, 5_000_000_000))
            revisions.append(draw(revision(number)) + draw(FILLER))
        pages.append("<page>" + draw(FILLER).join(draw(st.permutations(header))) + "".join(revisions) + "</page>")
    site = f"<siteinfo><dbname>examplewiki</dbname><namespaces>{HEADER}</namespaces></siteinfo>"
    return f"<mediawiki version='0.11'>{site}{draw(FILLER).join(pages)}</mediawiki>"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(document=documents(), threads=st.sampled_from([1, 2]), batch_bytes=st.sampled_from([1, 500, 1 << 20]))
def test_rows_agree_with_element_tree(document: str, threads: int, batch_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dump.xml"
        path.write_bytes(document.encode())
        reader = DumpReader(path, wiki_id="examplewiki", threads=threads, batch_bytes=batch_bytes)
        rows = [row for batch in batches(reader) for row in batch.to_pylist()]
    want = rows_of(document)
    assert reader.summary()["quarantined"] == 0
    assert [{name: row[name] for name in wanted} for row, wanted in zip(rows, want, strict=True)] == want
