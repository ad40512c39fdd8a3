"""The tricky behaviours of dumps by number, log items, and every place at which a dump may be cut.

Tests without a file stand here, `B` is test_dump_behaviours.py.

| # | Case | Test |
|---|---|---|
| 1 | no `<ns>` | `B: test_namespace_is_derived_where_it_is_not_stated` |
| 2 | `<restrictions>` | `B: test_restrictions_are_known` |
| 3 | hidden contributor, comment, text | `B: test_hidden_parts_are_independent` |
| 4 | contributor with empty or no children | `B: test_contributors` |
| 5 | revision with only id and timestamp | `B: test_a_revision_may_be_almost_bare` |
| 6 | a page left half read | `B: test_a_page_may_be_left_half_read` |
| 7 | log items, alone and among pages | `test_07_log_items_are_rows_of_their_own` and those below it |
| 8 | a slot's own attributes | `B: test_a_slot_has_its_own_attributes` |
| 9 | DiscussionThreading in a page | `B: test_threads_of_discussions_are_skipped` |
| 10 | an inner generator's end | `B: test_a_generator_over_batches_ends_with_the_file` |
| 11 | fragments, two documents, junk, header only | `B: test_pieces_of_documents_are_read_with_a_warning` |
| 12 | a cut inside a revision | `test_12_every_prefix_gives_whole_records_then_one_error` |
| 13 | bzip2 streams | `B: test_bzip2_streams` |
| 14 | 7z of no or other content | `B: test_what_is_no_dump_is_named` |
| 15 | UTF-16, byte order marks | `B: test_a_mark_and_a_declaration_are_read` |
| 16 | the same revision twice | `B: test_the_same_revision_twice` |
| 17 | interleaved revisions and slots | `test_17_interleaved_revisions_and_slots` |
| 18 | models and roles, unknown or missing | `B: test_models_and_roles` |
| 19 | the four text states | `B: test_text_states` |
| 20 | ids above 2^32 | `B: test_order_and_large_ids_are_kept` |
| 21 | unsorted revisions, equal times | `B: test_order_and_large_ids_are_kept` |
| 22 | titles of an index | `test_index_titles` where an index is read |
| 23 | the eight sha1 states | `B: test_sha1_statuses` |
"""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from wikigrove import schema
from wikigrove._core import DumpReader
from wikigrove.errors import DumpFormatError, TruncatedInputError

HELLO, SLOT = "syvtbocopvw4f81bf07ocly0sl8ybqo", "p2w9gtded1hduym7e0wokxbezokvq8c"
CHAIN = "2zn8g94g6g8vb3y98u8wbnxxhtmksm6"
ITEM = (
    "<logitem><id>{0}</id><timestamp>2001-01-21T02:12:21Z</timestamp><contributor><username>Example User 1</username>"
    "<id>3</id></contributor><comment>why &amp; how</comment><type>move</type><action>move_redir</action>"
    '<logtitle>Old name</logtitle><params xml:space="preserve">New\nname</params></logitem>'
)
PAGE = "<page><title>P{0}</title><ns>0</ns><id>{0}</id><revision><id>{0}</id><text>Hello</text></revision></page>"


def read(path: Path, data: str | bytes, **options: Any) -> tuple[list[int], list[dict[str, Any]], DumpReader]:
    """Ids of the revisions, the log items, and the reader at its end."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    reader = DumpReader(path, wiki_id="examplewiki", **options)
    ids: list[int] = []
    items: list[dict[str, Any]] = []
    while True:
        batch = reader.next_batch()
        found = pa.record_batch(reader.log_items())
        assert found.schema.equals(schema.LOG_ITEM)
        items += found.to_pylist()
        if batch is None:
            return ids, items, reader
        ids += pa.record_batch(batch)["revision_id"].to_pylist()


def test_the_index_names_tests_that_exist() -> None:
    here = Path(__file__)
    named = re.findall(r"^\| \d+ \|.*?`(?:(B): )?(test_\w+)`", __doc__ or "", re.MULTILINE)
    assert len(named) == 23
    for file, test in named:
        if test != "test_index_titles":
            tree = ast.parse((here.parent / ("test_dump_behaviours.py" if file else here.name)).read_text())
            assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("batch_bytes", [1, 8 << 20])
def test_07_log_items_are_rows_of_their_own(tmp_path: Path, batch_bytes: int) -> None:
    path = tmp_path / "dump"
    parts = [ITEM.format(1), PAGE.format(5), ITEM.format(2), PAGE.format(6), ITEM.format(3)]
    data = f"<mediawiki>{''.join(parts)}</mediawiki>"
    ids, items, reader = read(path, data, batch_bytes=batch_bytes, source_id=4)
    assert (ids, [item["log_id"] for item in items]) == ([5, 6], [1, 2, 3])
    first = items[0]
    assert first["log_dt"].isoformat() == "2001-01-21T02:12:21+00:00"
    assert [data[item["element_offset"] :][: item["element_length"]] for item in items] == parts[::2]
    del first["log_dt"], first["element_offset"], first["element_length"]
    assert first == {
        "wiki_id": "examplewiki",
        "log_id": 1,
        "user_id": 3,
        "user_text": "Example User 1",
        "user_is_visible": True,
        "user_kind": "registered",
        "log_comment": "why & how",
        "log_comment_is_visible": True,
        "log_type": "move",
        "log_action": "move_redir",
        "log_title": "Old name",
        "log_params": "New\nname",
        "log_is_visible": True,
        "source_id": 4,
        "stream_offset": 0,
    }
    assert (reader.summary()["logitems"], reader.summary()["unknown_elements"]) == (3, 0)


def test_07_a_file_may_hold_log_items_only(tmp_path: Path) -> None:
    number = 60_000
    items = "".join(ITEM.format(n) for n in range(1, number + 1))
    path = tmp_path / "dump"
    for threads in (1, 2):
        ids, found, reader = read(path, f"<mediawiki>{items}</mediawiki>", threads=threads)
        assert (ids, [item["log_id"] for item in found]) == ([], list(range(1, number + 1)))
        assert reader.summary()["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    reader = DumpReader(path, wiki_id="examplewiki")
    held = 0
    while reader.next_batch() is not None:
        held = max(held, pa.record_batch(reader.log_items()).num_rows)
    assert 0 < held < number, "they are handed over in pieces"


def test_07_suppressed_parts_of_a_log_item_are_null(tmp_path: Path) -> None:
    item = (
        "<logitem><id>7</id><contributor deleted='deleted'/><comment deleted='deleted'/><type>block</type>"
        "<action>block</action><text deleted='deleted'/></logitem>"
    )
    row = read(tmp_path / "dump", item)[1][0]
    assert (row["user_text"], row["user_is_visible"], row["user_kind"]) == (None, False, "hidden")
    assert (row["log_comment"], row["log_comment_is_visible"]) == (None, False)
    assert (row["log_title"], row["log_params"], row["log_is_visible"]) == (None, None, False)
    assert (row["log_type"], row["log_dt"]) == ("block", None)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("<logitem><type>move</type></logitem>", "missing_field"),
        ("<logitem><id>x</id></logitem>", "bad_number"),
        ("<logitem><id>1</id><timestamp>now</timestamp></logitem>", "bad_timestamp"),
        ("<logitem><id>1</id><params>a<b/></params></logitem>", "not_well_formed"),
        ("<logitem><id>1</id><params>&nbsp;</params></logitem>", "bad_entity"),
        (f"<logitem><id>1</id><logtitle>{'A' * 1025}</logtitle></logitem>", "field_too_large"),
        (f"<logitem><id>1</id><params>{'A' * 1_100_000}</params></logitem>", "field_too_large"),
    ],
)
def test_07_a_bad_log_item_goes_to_quarantine(tmp_path: Path, bad: str, reason: str) -> None:
    data = f"<mediawiki>{ITEM.format(1)}{bad}{ITEM.format(2)}</mediawiki>"
    _, items, reader = read(tmp_path / "dump", data)
    assert [item["log_id"] for item in items] == [1, 2]
    (row,) = pa.record_batch(reader.quarantine()).to_pylist()
    assert (row["reason"], row["page_id"], row["revision_id"]) == (reason, None, None)
    assert data[row["element_offset"] :][: row["element_length"]] == bad
    assert row["sha256"] == hashlib.sha256(bad.encode()).digest()


def test_17_interleaved_revisions_and_slots(tmp_path: Path) -> None:
    slot = f'<content><role>importexporttest</role><text sha1="{SLOT}">This is a slot</text></content>'
    revisions = [
        f"{slot}<sha1>{CHAIN}</sha1><text>Hello</text><id>9</id>",
        f"<text>Hello</text><id>3</id><sha1>{HELLO}</sha1>",
        f"<sha1>{CHAIN}</sha1><id>7</id><text>Hello</text>{slot}",
    ]
    body = "".join(f"<revision>{inner}</revision>" for inner in revisions)
    path = tmp_path / "dump"
    path.write_text(f"<mediawiki><page><id>1</id><title>A</title><ns>0</ns>{body}</page></mediawiki>")
    batch = DumpReader(path, wiki_id="examplewiki").next_batch()
    rows = pa.record_batch(batch).to_pylist()
    assert [row["revision_id"] for row in rows] == [9, 3, 7]
    statuses = [schema.SHA1_STATUSES[row["sha1_status"]] for row in rows]
    assert statuses == ["match_multislot", "match", "match_multislot"]
    assert [len(row["slots"]) for row in rows] == [1, 0, 1]


SMALL = (
    "\ufeff<?xml version='1.0'?>\n<!-- a comment --><mediawiki version='0.11' xml:lang='en'><siteinfo>"
    "<dbname>examplewiki</dbname><namespaces><namespace key='0'/></namespaces></siteinfo>"
    + ITEM.format(1)
    + "<page><title>A &amp; é</title>"
    "<ns>0</ns><id>1</id><redirect title='B'/><revision><id>1</id><parentid>0</parentid><timestamp>2001-01-21T02:12:21Z"
    "</timestamp><contributor><ip>192.0.2.1</ip></contributor><minor/><comment>c</comment><text bytes='5'>"
    f"He<![CDATA[l]]>lo</text><content><role>a</role><text>This is a slot</text></content><sha1>{HELLO}</sha1>"
    "</revision><revision><id>2</id><text>😀 &lt;b&gt; &#65;\r\n</text></revision><revision><id>x</id></revision>"
    "<upload><filename>f</filename></upload></page>\n<page><title>B</title><ns>0</ns><id>2</id>"
    "<odd a='>'><odder/></odd><revision><id>3</id><text>1 < 2</text></revision><revision><id>4</id></revision>"
    "</page></mediawiki>\n"
).encode()


def test_12_every_prefix_gives_whole_records_then_one_error(tmp_path: Path) -> None:
    ends = {number: SMALL.index(b"</revision>", SMALL.index(b"<id>%d</id>" % number, 300)) + 11 for number in (1, 2, 4)}
    ends[1] = SMALL.index(b"</revision>") + 11
    end_of_item = SMALL.index(b"</logitem>") + 10
    end_of_root = len(SMALL) - 1
    path = tmp_path / "dump"
    for cut in range(len(SMALL) + 1):
        path.write_bytes(SMALL[:cut])
        reader = DumpReader(path, wiki_id="examplewiki") if cut >= 1 else None
        ids, items, error = [], [], None
        try:
            while reader and (batch := reader.next_batch()) is not None:
                ids += pa.record_batch(batch)["revision_id"].to_pylist()
                items += pa.record_batch(reader.log_items())["log_id"].to_pylist()
        except (TruncatedInputError, DumpFormatError) as caught:
            error = caught
            assert reader is not None
            items += pa.record_batch(reader.log_items())["log_id"].to_pylist()
            with pytest.raises(type(caught)):
                reader.next_batch()
        assert ids == [number for number in (1, 2, 4) if ends[number] <= cut], cut
        assert items == ([1] if end_of_item <= cut else []), cut
        if reader is None:
            continue
        if cut >= end_of_root:
            assert error is None, cut
            continue
        assert error is not None, cut
        if SMALL[:cut].find(b"<mediawiki version='0.11' xml:lang='en'>") >= 0:
            assert isinstance(error, TruncatedInputError), cut
            assert error.byte_offset == cut
        quarantined = pa.record_batch(reader.quarantine()).num_rows
        assert quarantined == (
            SMALL[:cut].count(b"<id>x</id></revision>") + SMALL[:cut].count(b"1 < 2</text></revision>")
        )
