from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wikigrove.crypto import Note, NoteSignature, TreeHead, VerifierKey, parse_note
from wikigrove.errors import NoteFormatError

GOOD = "text\n\nmore\n\n— example.com/a AAAAAAE=\n— example.com/b AAAAAAI=\n"


def test_text_ends_at_the_last_empty_line() -> None:
    note = parse_note(GOOD.encode())
    assert note.text == "text\n\nmore\n"
    assert note.signatures == (
        NoteSignature("example.com/a", bytes(4), b"\1"),
        NoteSignature("example.com/b", bytes(4), b"\2"),
    )
    assert note.to_bytes() == GOOD.encode()


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "\n",
        "\n\n",
        "text\n",
        "text\n\n",
        "\n\n— example.com/a AAAAAAE=\n",
        "text\n— example.com/a AAAAAAE=\n",
        "text\n\n— example.com/a AAAAAAE=",
        "text\n\n- example.com/a AAAAAAE=\n",
        "text\n\n— example.com/a  AAAAAAE=\n",
        "text\n\n—  AAAAAAE=\n",
        "text\n\n— example.com/a AAAAAAE= \n",
        "text\n\n— example.com/a+b AAAAAAE=\n",
        "text\n\n— example.com/a\N{NO-BREAK SPACE}b AAAAAAE=\n",
        "text\n\n— example.com/a AAAAAAE\n",
        "text\n\n— example.com/a AAAAAAF=\n",  # bits behind the last byte
        "text\n\n— example.com/a AAAA_AE=\n",
        "text\n\n— example.com/a AAAAAA==\n",  # a key id and nothing else
        "text\n\n— example.com/a AAAAAAE=\nmore\n",
        "te\rxt\n\n— example.com/a AAAAAAE=\n",
        "te\txt\n\n— example.com/a AAAAAAE=\n",
        "te\0xt\n\n— example.com/a AAAAAAE=\n",
        "text\n\n" + "— example.com/a AAAAAAE=\n" * 33,
        "text\n\n— " + "a" * 256 + " AAAAAAE=\n",
        "t" * (128 << 10) + "\n\n— example.com/a AAAAAAE=\n",
    ],
)
def test_malformed_notes_are_refused(damaged: str) -> None:
    with pytest.raises(NoteFormatError):
        parse_note(damaged.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(NoteFormatError, match="not UTF-8; byte offset: 0"):
        parse_note(b"\xff" + GOOD.encode())
    with pytest.raises(NoteFormatError, match="not UTF-8"):
        parse_note(b"\xed\xa0\x80" + GOOD.encode())


@given(st.binary(max_size=200), st.integers(0, 64), st.integers(0, 255))
def test_whatever_parses_is_canonical(junk: bytes, place: int, byte: int) -> None:
    changed = bytearray(GOOD.encode())
    changed[place % len(changed)] = byte
    for data in (junk, bytes(changed), GOOD.encode()[:place] + junk):
        try:
            note = parse_note(data)
        except NoteFormatError:
            continue
        assert note.to_bytes() == data


def test_sixteen_signatures_are_taken() -> None:
    signatures = tuple(NoteSignature(f"example.com/{number}", bytes(4), bytes(2428)) for number in range(16))
    note = Note("text\n", signatures)
    assert parse_note(note.to_bytes()) == note


@pytest.mark.parametrize(
    "text",
    [
        "example.com/t\n3\n" + "A" * 43 + "=\nextension\n",
        "example.com/t\n3\n" + "A" * 43 + "=",
        "example.com/t\n3\n",
        "example.com/t\n03\n" + "A" * 43 + "=\n",
        "example.com/t\n+3\n" + "A" * 43 + "=\n",
        "example.com/t\n\n" + "A" * 43 + "=\n",
        "example.com/t\n9223372036854775808\n" + "A" * 43 + "=\n",
        "example.com/t\n٣\n" + "A" * 43 + "=\n",
        "\n3\n" + "A" * 43 + "=\n",
        "o" * 256 + "\n3\n" + "A" * 43 + "=\n",
        "example.com/t\n3\n" + "A" * 42 + "==\n",
        "example.com/t\n3\n" + "A" * 42 + "B=\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(NoteFormatError):
        TreeHead.parse(text)


def test_checkpoint_text_round_trips() -> None:
    head = TreeHead("example.com/t", (1 << 63) - 1, bytes(range(32)))
    assert TreeHead.parse(head.text) == head


def test_malformed_keys_are_refused() -> None:
    good = VerifierKey("example.com/key", 1, bytes(32)).to_text()
    assert VerifierKey.parse(good).to_text() == good
    name, key_id, data = good.split("+")
    for damaged in (
        name,
        f"{name}+{key_id}",
        f"{name}+00000000+{data}",
        f"{name}+{key_id.upper()}+{data}",
        f"+{key_id}+{data}",
        f"{name}+{key_id}+",
        f"{name}+{key_id}+{data[:-4]}",
        f"{name} x+{key_id}+{data}",
    ):
        with pytest.raises(NoteFormatError):
            VerifierKey.parse(damaged)
    with pytest.raises(NoteFormatError, match="algorithm"):
        VerifierKey("example.com/k", 2, bytes(32))
