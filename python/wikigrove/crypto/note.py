"""Signed notes: a text and signature lines below it (C2SP signed-note)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from wikigrove.errors import NoteFormatError

MAX_NOTE_BYTES: Final = 128 << 10
MAX_SIGNATURES: Final = 32  # the specification asks for at least 16
KEY_ID_BYTES: Final = 4

_DASH: Final = "\N{EM DASH} "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def check_key_name(name: str) -> None:
    """Refuse what no key may be called: nothing, Unicode spaces, plus signs, control characters, over 255 bytes.

    Args:
        name: The key's name.

    Raises:
        NoteFormatError: The name is not allowed.
    """
    if not name or "+" in name or _CONTROL.search(name) or any(character.isspace() for character in name):
        raise NoteFormatError(f"key name is empty or holds a space, plus sign or control character: {name!r}")
    if len(name.encode()) > 255:  # the cosigned message gives it one byte of length
        raise NoteFormatError(f"key name is longer than 255 bytes: {name!r}")


def decode_base64(text: str) -> bytes:
    r"""Decode standard base64 in its one canonical spelling (RFC 4648 section 4, with padding).

    Args:
        text: The base64 characters.

    Returns:
        The bytes.

    Raises:
        NoteFormatError: A foreign character, missing padding, or bits set past the end.

    >>> decode_base64("AQI=")
    b'\x01\x02'
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteFormatError(f"malformed base64: {text[:40]!r}") from error
    if base64.b64encode(data).decode() != text:
        raise NoteFormatError(f"base64 is not in its canonical spelling: {text[:40]!r}")
    return data


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line.

    Args:
        name: Name of the key.
        key_id: First four bytes of the key's digest.
        signature: What follows the key id; its meaning depends on the key's algorithm.
    """

    name: str
    key_id: bytes
    signature: bytes

    def to_line(self) -> str:
        """Return the line, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note. It says nothing about whether its signatures hold.

    Args:
        text: The signed text, with its final newline.
        signatures: The signature lines, in order.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    def to_bytes(self) -> bytes:
        """Return the note's bytes; for a parsed note they are the ones it was parsed from."""
        return (self.text + "\n" + "".join(signature.to_line() for signature in self.signatures)).encode()


def parse_note(data: bytes) -> Note:
    r"""Parse a signed note strictly.

    Args:
        data: The bytes of the note.

    Returns:
        The note, with every signature line whether its key is known or not.

    Raises:
        NoteFormatError: The bytes are too many, no UTF-8, hold a control character, or break the format.

    >>> note = parse_note("a text\n\n\u2014 example.com/key AAAAAAA=\n".encode())
    >>> note.text, note.signatures[0].name
    ('a text\n', 'example.com/key')
    """
    if len(data) > MAX_NOTE_BYTES:
        raise NoteFormatError(f"note is larger than {MAX_NOTE_BYTES} bytes: {len(data)}")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteFormatError(f"note is not UTF-8; byte offset: {error.start}") from error
    if (control := _CONTROL.search(whole)) is not None:
        raise NoteFormatError(f"note holds a control character: {control.group()!r}")
    split = whole.rfind("\n\n")
    if split < 1 or not whole.endswith("\n"):
        raise NoteFormatError("note has no text, no empty line before its signatures, or no newline at its end")
    text, block = whole[: split + 1], whole[split + 2 :]
    lines = block.split("\n")[:-1]
    if not 1 <= len(lines) <= MAX_SIGNATURES:
        raise NoteFormatError(f"note does not have 1 to {MAX_SIGNATURES} signatures: {len(lines)}")
    return Note(text, tuple(_parse_signature(line) for line in lines))


def _parse_signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteFormatError(f"malformed signature line: {line[:80]!r}")
    check_key_name(name)
    data = decode_base64(encoded)
    if len(data) <= KEY_ID_BYTES:
        raise NoteFormatError(f"signature holds no more than a key id: {line[:80]!r}")
    return NoteSignature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])
