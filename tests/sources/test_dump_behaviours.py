"""Tricky documents, one test each: what is read, what is set aside, what ends the run."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import lzma
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from wikigrove import schema
from wikigrove._core import DumpReader
from wikigrove.errors import DumpFormatError, InputError, LimitExceededError, TruncatedInputError, UnsafeInputError
from wikigrove.sources.reading import batches

SITE = (
    "<siteinfo><dbname>examplewiki</dbname><generator>MediaWiki 1.46.0</generator><case>first-letter</case><namespaces>"
    '<namespace key="0"/><namespace key="1">Talk</namespace><namespace key="6">File</namespace></namespaces></siteinfo>'
)
HELLO, SLOT, BRACES = (
    "syvtbocopvw4f81bf07ocly0sl8ybqo",
    "p2w9gtded1hduym7e0wokxbezokvq8c",
    "mbqvfsr1gawa9eid5wppvmaes442iwf",
)
NOTHING, CHAIN = "phoiac9h4m842xq45sp7s6u21eteeq1", "2zn8g94g6g8vb3y98u8wbnxxhtmksm6"
STATUS = {name: code for code, name in enumerate(schema.SHA1_STATUSES)}
STATE = {name: code for code, name in enumerate(schema.TEXT_STATES)}


class Reading:
    """Everything one file gave."""

    def __init__(self, path: Path, data: bytes | str, **options: Any) -> None:
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        self.rows: list[dict[str, Any]] = []
        self.error: InputError | None = None
        self.reader: DumpReader | None = None
        try:
            self.reader = DumpReader(path, wiki_id="examplewiki", **options)
            for batch in batches(self.reader):
                self.rows += batch.to_pylist()
        except InputError as error:
            self.error = error
        self.quarantine = pa.record_batch(self.reader.quarantine()).to_pylist() if self.reader else []
        self.summary = self.reader.summary() if self.reader else {}
        self.warnings = [message for _, message in self.summary.get("warnings", [])]
        self.reasons = [row["reason"] for row in self.quarantine]

    @property
    def ids(self) -> list[int]:
        return [row["revision_id"] for row in self.rows]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dump"


def rev(number: int, inner: str = "", text: str = "<text>Hello</text>") -> str:
    return f"<revision><id>{number}</id>{inner}{text}</revision>"


def page(number: int, *revisions: str, header: str | None = None) -> str:
    header = f"<title>Page {number}</title><ns>0</ns><id>{number}</id>" if header is None else header
    return f"<page>{header}{''.join(revisions)}</page>"


def wiki(*pages: str, site: str = SITE, version: str = "0.11") -> str:
    return f'<mediawiki version="{version}" xml:lang="en">{site}{"".join(pages)}</mediawiki>\n'


def one(path: Path, inner: str = "", text: str = "<text>Hello</text>", **options: Any) -> dict[str, Any]:
    reading = Reading(path, wiki(page(1, rev(1, inner, text)), **options))
    assert reading.error is None
    assert reading.reasons == []
    return reading.rows[0]


# ---------------------------------------------------------------- the checklist


def test_namespace_is_derived_where_it_is_not_stated(path: Path) -> None:
    headers = {"Talk:A": 1, "talk:A": 1, "Accessible: Computing": 0, "File:B.jpg": 6, "C": 0, ":D": 0}
    pages = [page(n, rev(n), header=f"<title>{t}</title><id>{n}</id>") for n, t in enumerate(headers, 1)]
    assert [row["page_namespace_id"] for row in Reading(path, wiki(*pages)).rows] == list(headers.values())
    assert [row["page_namespace_id"] for row in Reading(path, wiki(*pages, site="")).rows] == [0] * 6


def test_restrictions_are_known(path: Path) -> None:
    header = "<title>A</title><ns>0</ns><id>1</id><restrictions>edit=sysop:move=sysop</restrictions>"
    reading = Reading(path, wiki(page(1, rev(1), header=header)))
    assert (reading.ids, reading.summary["unknown_elements"]) == ([1], 0)


def test_hidden_parts_are_independent(path: Path) -> None:
    user, comment = '<contributor deleted="deleted"/>', '<comment deleted="deleted"/>'
    hidden = f'<text bytes="5" sha1="{HELLO}" deleted="deleted"/>'
    for number in range(8):
        inner = (user if number & 1 else "<contributor><ip>192.0.2.1</ip></contributor>") + (
            comment if number & 2 else "<comment>why</comment>"
        )
        text = f"{hidden}<sha1>{HELLO}</sha1>" if number & 4 else f"<text>Hello</text><sha1>{HELLO}</sha1>"
        row = one(path, inner, text)
        assert (row["user_is_visible"], row["user_text"]) == ((False, None) if number & 1 else (True, "192.0.2.1"))
        assert (row["revision_comment_is_visible"], row["revision_comment"]) == (
            (False, None) if number & 2 else (True, "why")
        )
        if number & 4:
            assert (row["text"], row["text_state"], row["sha1_status"]) == (None, STATE["hidden"], STATUS["hidden"])
            assert not row["revision_content_is_visible"]
            assert HELLO not in str(row), "short hidden texts could be guessed from their sums"
        else:
            assert (row["text"], row["sha1_status"]) == ("Hello", STATUS["match"])


@pytest.mark.parametrize(
    ("contributor", "want"),
    [
        ("<contributor/>", (None, None, "missing")),
        ("<contributor></contributor>", (None, None, "missing")),
        ("<contributor><username/><id/></contributor>", (None, None, "missing")),
        ("", (None, None, "missing")),
        ("<contributor><username>E 1</username><id>3</id></contributor>", (3, "E 1", "registered")),
        (
            "<contributor><username>~2026-00001-01</username><id>3</id></contributor>",
            (3, "~2026-00001-01", "temporary"),
        ),
        ("<contributor><username>x&gt;E 2</username><id>0</id></contributor>", (0, "x>E 2", "system")),
        ("<contributor><ip>2001:db8::1</ip></contributor>", (None, "2001:db8::1", "ip")),
    ],
)
def test_contributors(path: Path, contributor: str, want: tuple[int | None, str | None, str]) -> None:
    row = one(path, contributor)
    assert (row["user_id"], row["user_text"], row["user_kind"]) == want
    assert row["user_is_visible"]


def test_a_revision_may_be_almost_bare(path: Path) -> None:
    row = one(path, "<timestamp>2001-01-21T02:12:21Z</timestamp>", "")
    assert (row["text"], row["text_state"], row["sha1_status"]) == (None, STATE["missing"], STATUS["text_missing"])
    assert (row["content_model"], row["revision_comment"], row["revision_parent_id"]) == ("wikitext", "", None)


def test_a_page_may_be_left_half_read(path: Path) -> None:
    path.write_text(wiki(page(1, rev(1), rev(2)), page(2, rev(3))))
    reader = DumpReader(path, wiki_id="examplewiki", batch_bytes=1)
    assert [pa.record_batch(reader.next_batch())["revision_id"].to_pylist() for _ in range(3)] == [[1], [2], [3]]
    assert reader.next_batch() is None
    assert reader.next_batch() is None


def test_log_items_and_uploads_are_counted(path: Path) -> None:
    item = "<logitem><id>5</id><comment>x</comment><type>move</type><params>a</params></logitem>"
    upload = "<upload><filename>a</filename><contents encoding='base64'>AAAA</contents></upload>"
    reading = Reading(path, wiki(item, page(1, rev(1), upload), item))
    assert (reading.ids, reading.summary["logitems"], reading.summary["uploads"]) == ([1], 2, 1)
    assert Reading(path, wiki(item)).error is None


def test_a_slot_has_its_own_attributes(path: Path) -> None:
    slots = [
        '<content><role>a</role><id>9</id><text bytes="5" deleted="deleted" sha1="x"/></content>',
        '<content><role>b</role><text bytes="5" location="tt:1" sha1="x"/></content>',
        f'<content><role>c</role><origin>4</origin><text bytes="2" sha1="{BRACES}">{{}}</text></content>',
    ]
    row = one(path, "", f"<text bytes='5'>Hello</text>{slots[0]}{slots[1]}{slots[2]}<sha1>{CHAIN}</sha1>")
    states = [(slot["role"], slot["text_state"], slot["content_body"], slot["content_sha1"]) for slot in row["slots"]]
    assert states == [
        ("a", STATE["hidden"], None, None),
        ("b", STATE["missing"], None, "x"),
        ("c", STATE["present"], "{}", BRACES),
    ]
    assert (row["sha1_status"], row["revision_sha1"], row["size_status"]) == (STATUS["hidden"], None, 3)
    assert one(path, "", f"<text>Hello</text>{slots[1]}")["sha1_status"] == STATUS["not_comparable"]


def test_threads_of_discussions_are_skipped(path: Path) -> None:
    thread = "<discussionthreadinginfo><ThreadID>1</ThreadID></discussionthreadinginfo>"
    reading = Reading(
        path, wiki(page(1, rev(1), thread, rev(2), thread.replace("discussionthreadinginfo", "DiscussionThreading")))
    )
    assert (reading.ids, reading.summary["unknown_elements"]) == ([1, 2], 0)


def test_a_generator_over_batches_ends_with_the_file(path: Path) -> None:
    path.write_text(wiki(page(1, rev(1), rev(2))))

    def outer() -> Iterator[int]:
        for _ in range(2):
            yield from (len(batch) for batch in batches(DumpReader(path, wiki_id="examplewiki")))

    assert list(outer()) == [2, 2]


def test_pieces_of_documents_are_read_with_a_warning(path: Path) -> None:
    whole = wiki(page(1, rev(1)))
    for data, ids, warning in [
        (page(1, rev(1)) + page(2, rev(2)), [1, 2], "pages without a root element"),
        (whole + wiki(page(2, rev(2))), [1, 2], "another document follows"),
        (whole.replace("</mediawiki>", "") + wiki(page(2, rev(2))), [1, 2], "a document begins inside another one"),
        (whole + "junk", [1], "ignored text between elements"),
        (whole + "<x/></y>", [1], "an end tag without start tag: y"),
        (f"<x:data>{page(1, rev(1))}</x:data>", [1], "an unknown root element: x:data"),
        (wiki("<other><deep/>").replace("</mediawiki>", "") + "</other></mediawiki>", [], None),
        (wiki(page(1, rev(1)).replace("</page>", ""), page(2, rev(2))), [1, 2], "a page without end tag"),
        (wiki(), [], None),
        ("<mediawiki/>", [], None),
        (SITE, [], None),
        ("<!-- a --b --><?xml-stylesheet a?>" + whole, [1], "a comment with -- inside, which XML forbids"),
    ]:
        reading = Reading(path, data)
        assert reading.error is None, data
        assert reading.ids == ids, data
        assert reading.warnings[:1] == ([warning] if warning else []), data
        assert all(offset <= len(data) for offset, _ in reading.summary["warnings"])


def test_what_is_no_dump_is_named(path: Path) -> None:
    for data, word in [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<html><body/></html>", "not a MediaWiki XML dump"),
        (b"<feed><doc/></feed>", "not a MediaWiki XML dump"),
        (b'{"name": 1}', "JSON"),
        (b"-- MySQL dump", "SQL"),
        (b"600:12:Title", "index"),
        (b"hello", "something else"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(24), "7z"),
        (b"PK\x03\x04\x14", "zip"),
        (lzma.compress(b"x"), "something else"),
        (lzma.compress(b"x", format=lzma.FORMAT_ALONE), "something else"),
        (bz2.compress(bz2.compress(b"x")), "compressed twice"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?>" + wiki().encode(), "ISO-8859-1"),
    ]:
        reading = Reading(path, data)
        assert isinstance(reading.error, DumpFormatError), data
        assert word in str(reading.error)
        assert str(path) in str(reading.error)


def test_a_mark_and_a_declaration_are_read(path: Path) -> None:
    data = "\ufeff<?xml version='1.0' encoding='utf-8'?>\n" + wiki(page(1, rev(1)))
    reading = Reading(path, data)
    assert (reading.ids, reading.warnings, reading.error) == ([1], [], None)
    row = reading.rows[0]
    assert data.encode()[row["element_offset"] :][: row["element_length"]].decode() == rev(1)


def test_a_cut_comes_after_all_whole_records(path: Path) -> None:
    data = wiki(page(1, rev(1), rev(2)), page(2, rev(3)))
    cut = data.index("Hello", data.index("<id>2</id><text>"))
    reading = Reading(path, data[:cut])
    assert reading.ids == [1]
    assert isinstance(reading.error, TruncatedInputError)
    assert (reading.error.byte_offset, reading.error.page_id) == (cut, 1)
    assert reading.reader is not None
    with pytest.raises(TruncatedInputError):
        reading.reader.next_batch()
    assert isinstance(Reading(path, data.replace("</mediawiki>", "")).error, TruncatedInputError)


def test_bzip2_streams(path: Path) -> None:
    plain = wiki(page(1, rev(1)), page(2, rev(2))).encode()
    packed, half = bz2.compress(plain), bz2.compress(plain[: len(plain) // 2])
    rest = bz2.compress(plain[len(plain) // 2 :])
    for data, streams in [(packed, 1), (half + rest, 2), (bz2.compress(b"") * 3 + half + bz2.compress(b"") + rest, 6)]:
        reading = Reading(path, data)
        assert (reading.ids, reading.error, reading.warnings) == ([1, 2], None, [])
        assert (reading.summary["streams"], reading.summary["compression"]) == (streams, "bz2")
        assert reading.summary["bytes_read"] == len(data)
    assert [row["stream_offset"] for row in Reading(path, packed).rows] == [0, 0]
    reading = Reading(path, packed + b"garbage")
    assert reading.ids == [1, 2]
    assert reading.warnings == [f"ignored bytes after the last bzip2 stream; compressed offset: {len(packed)}"]
    assert reading.summary["sha256"] == hashlib.sha256(packed + b"garbage").hexdigest()
    for cut in (1, 4, 12):
        reading = Reading(path, packed[:-cut])
        assert isinstance(reading.error, TruncatedInputError), cut
    assert isinstance(Reading(path, half).error, TruncatedInputError), "a whole stream, half a document"
    damaged = bytearray(packed)
    damaged[len(damaged) // 2] ^= 16
    assert isinstance(Reading(path, bytes(damaged)).error, DumpFormatError)
    assert isinstance(Reading(path, packed[3:]).error, DumpFormatError), "starts in the midst of a stream"
    assert isinstance(Reading(path, half + b"BZh9garbage").error, DumpFormatError)


def test_gzip_members(path: Path) -> None:
    plain = wiki(page(1, rev(1)), page(2, rev(2))).encode()
    packed = gzip.compress(plain)
    reading = Reading(path, gzip.compress(plain[:99]) + gzip.compress(plain[99:]) + b"\0\0")
    assert (reading.ids, reading.error, reading.warnings) == ([1, 2], None, [])
    assert (reading.summary["compression"], reading.rows[0]["stream_offset"]) == ("gz", 0)
    for cut in (1, 8, 20):
        assert isinstance(Reading(path, packed[:-cut]).error, TruncatedInputError)
    assert isinstance(Reading(path, packed[:-5] + b"\0" + packed[-4:]).error, DumpFormatError), "wrong CRC"
    assert "ignored bytes" in Reading(path, packed + b"garbage").warnings[0]


def test_the_same_revision_twice(path: Path) -> None:
    reading = Reading(path, wiki(page(1, rev(5), rev(4), rev(5), rev(4)), page(2, rev(5))))
    assert (reading.ids, reading.summary["duplicates"], reading.reasons) == ([5, 4, 5], 2, [])
    reading = Reading(path, wiki(page(1, rev(4), rev(4, "<minor/>"))))
    assert (reading.ids, reading.reasons) == ([4], ["duplicate_conflict"])
    assert (reading.quarantine[0]["page_id"], reading.quarantine[0]["revision_id"]) == (1, 4)


def test_order_and_large_ids_are_kept(path: Path) -> None:
    ids = [9, 5_000_000_001, 3, 2**62]
    reading = Reading(path, wiki(page(2**33, *(rev(n, "<timestamp>2020-01-01T00:00:00Z</timestamp>") for n in ids))))
    assert reading.ids == ids
    assert {row["page_id"] for row in reading.rows} == {2**33}


def test_models_and_roles(path: Path) -> None:
    slot = "<content><role>odd-role</role>{}<text>This is a slot</text></content>"
    row = one(path, "<model>odd-model</model>", "<text>Hello</text>" + slot.format("<model>other</model>"))
    assert (row["content_model"], row["slots"][0]["role"], row["slots"][0]["content_model"]) == (
        "odd-model",
        "odd-role",
        "other",
    )
    row = one(path, "", "<text>Hello</text>" + slot.format(""))
    assert (row["content_model"], row["slots"][0]["content_model"]) == ("wikitext", None)
    assert one(path, "<model>error-no-model</model>")["content_model"] is None
    reading = Reading(path, wiki(page(1, rev(1, slot.replace("<role>odd-role</role>", "")), rev(2, slot + slot))))
    assert reading.reasons == ["missing_role", "duplicate_field"]


def test_slots_are_sorted_by_role(path: Path) -> None:
    roles = ["zzz", "importexporttest", "main2", "aaa"]
    slots = "".join(f"<content><role>{role}</role><text>{role}</text></content>" for role in roles)
    assert [slot["role"] for slot in one(path, "", f"<text>Hello</text>{slots}")["slots"]] == sorted(roles)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("<text>Hello</text>", "present"),
        ("<text> </text>", "present"),
        ('<text bytes="0"/>', "empty"),
        ("<text></text>", "empty"),
        (f'<text bytes="0" sha1="{NOTHING}"/>', "empty"),
        (f'<text bytes="0"/><sha1>{NOTHING}</sha1>', "empty"),
        (f'<text bytes="1"/><sha1>{NOTHING}</sha1>', "empty"),
        (f'<text bytes="0"/><sha1>{HELLO}</sha1>', "missing"),
        (f'<text bytes="0" sha1="{HELLO}"/>', "missing"),
        ('<text bytes="5"/>', "missing"),
        ('<text bytes="5" id="123"/>', "missing"),
        ('<text bytes="5" location="tt:123"/>', "missing"),
        ("", "missing"),
        ('<text bytes="-1" deleted="deleted"/><sha1/>', "hidden"),
        ('<text deleted="deleted">Hello</text>', "hidden"),
    ],
)
def test_text_states(path: Path, text: str, state: str) -> None:
    row = one(path, "", text)
    assert row["text_state"] == STATE[state]
    assert (row["text"] is None) == (state in ("hidden", "missing"))
    assert row["revision_content_is_visible"] == (state != "hidden")


SIZED = '<content><role>a</role><text bytes="14">This is a slot</text></content>'
SLOTTED = f'<content><role>importexporttest</role><text sha1="{SLOT}">This is a slot</text></content>'


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("<text>Hello</text>", "absent", None),
        ("<text>Hello</text><sha1/>", "absent", None),
        (f"<text>Hello</text><sha1>{HELLO}</sha1>", "match", None),
        (f'<text sha1="{HELLO}">Hello</text>', "match", None),
        (f"<text>&#72;&#x65;llo</text><sha1>{HELLO}</sha1>", "match", None),
        (f"<text><![CDATA[Hel]]>lo</text><sha1>{HELLO}</sha1>", "match", None),
        ("<text>Line one\nLine two</text><sha1>6q159ubg47u7ex5wzk7a733fhw9c5on</sha1>", "match", None),
        ("<text>Line one\r\nLine two</text><sha1>6q159ubg47u7ex5wzk7a733fhw9c5on</sha1>", "match", None),
        ("<text>Line one\nLine two</text><sha1>pufoxp7qxllim1ve2q5koghclihikrz</sha1>", "match_crlf", None),
        ("<text>Line one\r\nLine two</text><sha1>pufoxp7qxllim1ve2q5koghclihikrz</sha1>", "match_crlf", None),
        ("<text>Line one&#13;\nLine two</text><sha1>pufoxp7qxllim1ve2q5koghclihikrz</sha1>", "match", None),
        (f"<text>Hello</text>{SLOTTED}<sha1>{CHAIN}</sha1>", "match_multislot", None),
        (f'<text sha1="{HELLO}">Hello</text>{SLOTTED}<sha1>{CHAIN}</sha1>', "match_multislot", None),
        (f"<text>Hello</text>{SLOTTED}<sha1>kdp54kelmtwngkggyiqdedd8mjdkz7e</sha1>", "mismatch", "unknown"),
        (f"<text>Hello</text>{SLOTTED.replace('This', 'That')}<sha1>{CHAIN}</sha1>", "mismatch", "unknown"),
        (f"<text>Hello</text>{SLOTTED}", "match", None),
        ('<text deleted="deleted"/><sha1/>', "hidden", None),
        (f"<text bytes='5'/><sha1>{HELLO}</sha1>", "text_missing", None),
        (f"<text bytes='5' id='1'/><sha1>{HELLO}</sha1>", "not_comparable", None),
        (f'<text sha1="{HELLO}">Hello</text><sha1>{CHAIN}</sha1>', "not_comparable", "slots_not_exported"),
        (f"<text>Hallo</text><sha1>{HELLO}</sha1>", "mismatch", "unknown"),
        (f"<text>Hello\n</text><sha1>{HELLO}</sha1>", "mismatch", "unknown"),
        (f'<text sha1="{NOTHING}">Hello</text><sha1>{HELLO}</sha1>', "mismatch", "unknown"),
        ("<text>Hello</text><sha1>ignored</sha1>", "mismatch", "unknown"),
        (f"<text>Hello</text><sha1>{HELLO.upper()}</sha1>", "mismatch", "unknown"),
        ("<text>Hello</text><sha1>zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz</sha1>", "mismatch", "unknown"),
        (f"<model>wikibase-item</model><text>Hallo</text><sha1>{HELLO}</sha1>", "mismatch", "wikibase"),
    ],
)
def test_sha1_statuses(path: Path, text: str, status: str, reason: str | None) -> None:
    row = one(path, "", text)
    assert (schema.SHA1_STATUSES[row["sha1_status"]], row["sha1_reason"]) == (status, reason)


def test_reasons_know_the_exporter(path: Path) -> None:
    text = f"<text>Hallo</text><sha1>{HELLO}</sha1>"
    file_export = SITE.replace("MediaWiki 1.46.0", "MediaWiki Content File Export 1.0")
    assert one(path, "", text, site=file_export)["sha1_reason"] == "export_defect"
    path.write_text(wiki(page(1, rev(1, "", text), header="<title>File:A</title><ns>6</ns><id>1</id>"), version="0.10"))
    batch = DumpReader(path, wiki_id="commonswiki").next_batch()
    assert pa.record_batch(batch)["sha1_reason"].to_pylist() == ["slots_not_exported"]


def test_underscores_of_early_file_exports_become_spaces(path: Path) -> None:
    site = SITE.replace("MediaWiki 1.46.0", "MediaWiki Content File Export 1.0")
    header = '<title>A_b</title><ns>0</ns><id>1</id><redirect title="C_d"/>'
    reading = Reading(path, wiki(page(1, rev(1), header=header), site=site))
    assert (reading.rows[0]["page_title"], reading.rows[0]["page_redirect_target"]) == ("A b", "C d")
    assert "underscores" in reading.warnings[0]
    assert Reading(path, wiki(page(1, rev(1), header=header))).rows[0]["page_title"] == "A_b"


@pytest.mark.parametrize(
    ("text", "status", "size"),
    [
        ("<text>Hello</text>", "absent", None),
        ('<text bytes="5">Hello</text>', "match", 5),
        ('<text bytes="6">Hello</text>', "mismatch", 6),
        ('<text bytes="x">Hello</text>', "mismatch", None),
        ('<text bytes="5" id="1"/>', "not_comparable", 5),
        ('<text bytes="-1" deleted="deleted"/>', "not_comparable", None),
        ('<text bytes="2">é</text>', "match", 2),
        ('<text bytes="18">Line one\nLine two</text><sha1>pufoxp7qxllim1ve2q5koghclihikrz</sha1>', "match", 18),
        (
            f'<text bytes="5">Hello</text>{SIZED}',
            "match",
            19,
        ),
    ],
)
def test_size_statuses(path: Path, text: str, status: str, size: int | None) -> None:
    row = one(path, "", text)
    assert (schema.SIZE_STATUSES[row["size_status"]], row["revision_size"]) == (status, size)


def test_a_bare_ampersand_is_taken_in_the_header_only(path: Path) -> None:
    site = SITE.replace("<dbname>", "<sitename>Salt & Pepper &amp; co</sitename><dbname>")
    reading = Reading(path, wiki(page(1, rev(1), rev(2, "", "<text>a & b</text>")), site=site))
    assert (reading.ids, reading.reasons) == ([1], ["bad_entity"])
    assert reading.warnings == ["<siteinfo> holds an & that starts no reference"]
    assert reading.reader is not None
    site_read = reading.reader.siteinfo()
    assert site_read is not None
    assert site_read["sitename"] == "Salt & Pepper & co"


# ---------------------------------------------------------------- quarantine


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("<revision><text>x</text></revision>", "missing_field"),
        ("<revision><id/><text>x</text></revision>", "missing_field"),
        ("<revision/>", "missing_field"),
        (rev(0), "bad_number"),
        ("<revision><id>x</id></revision>", "bad_number"),
        ("<revision><id>99999999999999999999</id></revision>", "bad_number"),
        (rev(7, "<parentid>1.5</parentid>"), "bad_number"),
        (rev(7, "<timestamp>2001-02-30T00:00:00Z</timestamp>"), "bad_timestamp"),
        (rev(7, "", "<text>&nbsp;</text>"), "bad_entity"),
        (rev(7, "", "<text>a & b</text>"), "bad_entity"),
        (rev(7, "", "<text>\x01</text>"), "bad_char"),
        (rev(7, "", "<text>&#0;</text>"), "bad_char"),
        (rev(7, "", "<text>&#xD800;</text>"), "bad_char"),
        (rev(7, "", "<text>\udcff</text>"), "bad_utf8"),
        (rev(7, "<comment>" + "c" * 65537 + "</comment>"), "field_too_large"),
        (rev(7, "<contributor><username>" + "u" * 1025 + "</username></contributor>"), "field_too_large"),
        (rev(7, "".join(f"<content><role>r{n}</role></content>" for n in range(64))), "field_too_large"),
        (rev(7, "<id>8</id>"), "duplicate_field"),
        (rev(7, "", "<text>a</text><text>b</text>"), "duplicate_field"),
        (rev(7, "", "<text>a <b>c</b></text>"), "not_well_formed"),
        (rev(7, "", "<text>a <br> c</text>"), "not_well_formed"),
        (rev(7, "", "<text>1 < 2</text>"), "not_well_formed"),
        (rev(7, "", "<text>a ]]> b</text>"), "not_well_formed"),
        (rev(7, "", "<text bytes='5' bytes='5'>Hello</text>"), "duplicate_field"),
        (rev(7, "", "<text bytes=5>Hello</text>"), "not_well_formed"),
        (rev(7, "", "<text bytes='5>Hello</text>"), "not_well_formed"),
        ("<revision><id>7</id><text>lost end</revision>", "not_well_formed"),
        ("<revision><id>7</id><text>cut off", "not_well_formed"),
        ("<revision><id>7</id></contributor></revision>", "not_well_formed"),
    ],
)
def test_a_bad_revision_goes_to_quarantine_and_the_next_is_read(path: Path, bad: str, reason: str) -> None:
    data = wiki(page(1, rev(1), bad, rev(2)), page(3, rev(3))).encode("utf-8", "surrogateescape")
    raw = bad.encode("utf-8", "surrogateescape")
    for threads in (1, 2):
        reading = Reading(path, data, threads=threads, batch_bytes=1)
        assert (reading.ids, reading.error, reading.reasons) == ([1, 2, 3], None, [reason])
        row = reading.quarantine[0]
        assert data[row["element_offset"] :][: row["element_length"]] == raw
        assert row["sha256"] == hashlib.sha256(raw).digest()
        assert row["page_id"] == 1
        assert row["revision_id"] == (7 if b"<id>7</id>" in raw else None)
        assert pa.record_batch(reading.reader.quarantine()).schema.equals(schema.QUARANTINE)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("<ns>0</ns><id>9</id>", "missing_field"),
        ("<title/><ns>0</ns><id>9</id>", "missing_field"),
        ("<title>A</title><ns>0</ns>", "missing_field"),
        ("<title>A</title><ns>x</ns><id>9</id>", "bad_number"),
        ("<title>A</title><id>-9</id>", "bad_number"),
        ("<title>A &bad;</title><id>9</id>", "bad_entity"),
        ("<title>A\x02</title><id>9</id>", "bad_char"),
        (f"<title>{'A' * 1025}</title><id>9</id>", "field_too_large"),
        (f"<title>{'A' * 3_000_000}</title><id>9</id>", "field_too_large"),
        ("<title>A</title><title>B</title><id>9</id>", "duplicate_field"),
        ("<title>A <b>c</b></title><id>9</id>", "not_well_formed"),
        ("<title>A</title> < <id>9</id>", "not_well_formed"),
    ],
)
def test_a_bad_header_sends_its_revisions_to_quarantine(path: Path, header: str, reason: str) -> None:
    bad, empty = page(9, rev(1), rev(2), header=header), page(9, header=header)
    data = wiki(bad, page(3, rev(3)), empty, page(4, rev(4))).encode()
    reading = Reading(path, data)
    assert (reading.ids, reading.error) == ([3, 4], None)
    assert reading.reasons == [reason] * 3
    assert [row["revision_id"] for row in reading.quarantine] == [1, 2, None]
    row = reading.quarantine[2]
    assert data[row["element_offset"] :][: row["element_length"]] == empty.encode()
    assert row["sha256"] == hashlib.sha256(empty.encode()).digest()


def test_a_header_field_may_be_repeated_with_one_value(path: Path) -> None:
    reading = Reading(path, wiki(page(1, rev(1), header="<title>A</title><id>1</id><id>1</id><title>A</title>")))
    assert (reading.ids, reading.warnings) == ([1], ["a page's field is given twice, with the same value"])


def test_a_revision_outside_a_page_is_not_lost(path: Path) -> None:
    reading = Reading(path, rev(1) + "</page>" + page(2, rev(2)))
    assert (reading.ids, reading.reasons) == ([2], ["missing_field"])


def test_unknown_elements_are_skipped_and_counted(path: Path) -> None:
    odd = "<odd a='1'><text>no</text><odder/></odd>"
    reading = Reading(path, wiki(odd, page(1, odd, rev(1, odd), odd), odd))
    assert (reading.ids, reading.summary["unknown_elements"]) == ([1], 5)
    assert reading.rows[0]["text"] == "Hello"


def test_a_prefix_changes_nothing(path: Path) -> None:
    plain = wiki(page(1, rev(1, "<minor/>")))
    prefixed = plain.replace("</", "\0").replace("<", "<m:").replace("\0", "</m:")
    assert Reading(path, prefixed).rows[0]["text"] == "Hello"


# ---------------------------------------------------------------- hostile files


def test_doctype_ends_the_run(path: Path) -> None:
    for data, ids in [
        ('<!DOCTYPE m [<!ENTITY a "b">]>' + wiki(page(1, rev(1))), []),
        (wiki(page(1, rev(1)), "<!doctype x>"), [1]),
        (wiki(page(1, rev(1), "<!DOCTYPE x>")), [1]),
    ]:
        reading = Reading(path, data)
        assert isinstance(reading.error, UnsafeInputError)
        assert reading.error.byte_offset == data.lower().index("<!doctype")
        assert reading.ids == ids


def test_floods_are_refused_with_their_place(path: Path) -> None:
    start = wiki(page(1, rev(1))).removesuffix("</mediawiki>\n")
    for flood in [
        "<page " + "a='1' " * 20_000,
        "<page>" + "<title" + " " * 10_000_000 + ">",
        "<!--" + "x" * 10_000_000,
        "<?x" + "y" * 10_000_000,
        "<page><revision><text " + "x" * 100_000 + "='1'>",
        "<page><revision>" + "<a>" * 1_000_000,
        "<odd>" * 1_000_000,
        "<siteinfo><sitename>" + "x" * (1 << 21) + "</sitename></siteinfo>",
    ]:
        reading = Reading(path, start + flood)
        assert isinstance(reading.error, LimitExceededError), flood[:40]
        assert reading.error.byte_offset is not None
        assert len(start) <= reading.error.byte_offset < len(start) + 200
        assert reading.ids == [1]


def test_a_revision_of_many_elements_is_set_aside(path: Path) -> None:
    bad = rev(7, "<odd/>" * 70_000)
    reading = Reading(path, wiki(page(1, rev(1), bad, rev(2))))
    assert (reading.ids, reading.reasons) == ([1, 2], ["field_too_large"])
    assert reading.quarantine[0]["sha256"] == hashlib.sha256(bad.encode()).digest()


@pytest.mark.parametrize(
    "flood",
    [
        lambda n: wiki(page(1, *(rev(i) for i in range(1, n)))),
        lambda n: wiki(*(page(i) for i in range(1, n))),
        lambda n: wiki("<odd/>" * 4 * n),
        lambda n: wiki(page(1, rev(1, "", "<text>" + "&lt;" * 20 * n + "</text>"))),
        lambda n: wiki(page(1, rev(1, "", "<text>" + "<" * 50 * n + "</text>"))),
        lambda n: wiki(page(1, rev(1, "", "<text>" + "<a" * 50 * n + "</text>"))),
        lambda n: wiki(page(1, rev(1, "", "<text><![CDATA[" + "]]" * 50 * n + "]]></text>"))),
        lambda n: wiki(page(1, rev(1, "", "<text>" + "<!-- -->" * 9 * n + "</text>"))),
        lambda n: wiki(page(1, *(rev(i) for i in range(n, 1, -1)))),
        lambda n: wiki() + "</x>" * 9 * n,
        lambda n: "<mediawiki><" * 9 * n,
    ],
)
def test_time_grows_no_faster_than_input(path: Path, flood: Callable[[int], str]) -> None:
    def cpu_s(size: int) -> float:
        path.write_text(flood(size))
        times = []
        for _ in range(3):
            start = time.process_time()
            reader = DumpReader(path, wiki_id="examplewiki")
            with contextlib.suppress(InputError):
                while reader.next_batch() is not None:
                    pass
            times.append(time.process_time() - start)
        return min(times)

    small, large = cpu_s(20_000), cpu_s(80_000)
    assert large <= 10 * max(small, 0.002), "4 times the input"


def test_a_bzip2_bomb_is_stopped(path: Path) -> None:
    compressor = bz2.BZ2Compressor()
    start = wiki().removesuffix("</mediawiki>\n") + "<!-- -->"
    bomb = compressor.compress(start.encode())
    for _ in range(150):
        bomb += compressor.compress(b" " * (1 << 20))
    bomb += compressor.flush()
    reading = Reading(path, bomb)
    assert isinstance(reading.error, LimitExceededError)
    assert "compressed byte" in str(reading.error)
    assert len(bomb) < 1000
