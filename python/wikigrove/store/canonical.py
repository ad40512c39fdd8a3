"""Canonical JSON: the one byte form of every JSON file in a store (RFC 8785, JCS)."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final

import rfc8785

from wikigrove.errors import StoreFormatError

SHA256_HEX: Final = re.compile(r"[0-9a-f]{64}")


def encode(value: Any) -> bytes:
    """Write a JSON value in its canonical form.

    Args:
        value: Dictionaries with string keys, lists, tuples, strings, numbers, booleans and None. Whole numbers must
            lie within plus or minus 2**53 - 1.

    Returns:
        The bytes of RFC 8785.

    Raises:
        StoreFormatError: The value has no canonical form.

    >>> encode({"b": 1, "a": [True, None]})
    b'{"a":[true,null],"b":1}'
    """
    try:
        data = rfc8785.dumps(value)
        # A whole float beyond 2**53 is written as an integer that no reader may accept: better to fail before it lies
        # on the disk.
        rfc8785.dumps(json.loads(data))
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise StoreFormatError(f"value has no canonical JSON form: {error}") from error
    return data


def decode(data: bytes, *, source: str) -> Any:
    """Read canonical JSON, and refuse every other spelling of the same value.

    Args:
        data: The bytes of the file.
        source: The file's name, for the message.

    Returns:
        The value.

    Raises:
        StoreFormatError: The bytes are no JSON, or not the canonical form of the value they hold.
    """
    try:
        value = json.loads(data.decode("utf-8"))
        canonical = rfc8785.dumps(value)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError, JSONDecodeError and rfc8785's are ValueErrors
        raise StoreFormatError(f"file is no canonical JSON ({error}): {source}") from error
    if canonical != data:
        raise StoreFormatError(f"file is not in the canonical form of RFC 8785: {source}")
    return value


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical form, as lower-case hexadecimal digits."""
    return hashlib.sha256(encode(value)).hexdigest()


def members(value: Any, shape: dict[str, tuple[type, ...]], *, what: str, source: str) -> dict[str, Any]:
    """Check that a JSON value is an object of exactly these members and types.

    Args:
        value: The value read.
        shape: Allowed types by member name. A type must match exactly: True is no integer here.
        what: What the object is, for the message.
        source: The file's name, for the message.

    Returns:
        The object.

    Raises:
        StoreFormatError: It is no object, a member is missing, unknown or of another type, or a member called
            `sha256` is no digest.
    """
    if type(value) is not dict:
        raise StoreFormatError(f"{what} is no object in file: {source}")
    if value.keys() != shape.keys():
        odd = ", ".join(sorted(value.keys() ^ shape.keys()))
        raise StoreFormatError(f"{what} has missing or unknown members ({odd}) in file: {source}")
    for name, types in shape.items():
        if type(value[name]) not in types:
            raise StoreFormatError(f"{what} has a member of a wrong type ({name}) in file: {source}")
    if type(value.get("sha256")) is str and SHA256_HEX.fullmatch(value["sha256"]) is None:
        raise StoreFormatError(f"{what} has a malformed digest in file: {source}")
    return value
