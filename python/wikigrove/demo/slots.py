"""Sizes and sha1 of revisions as MediaWiki computes them.

Source: `SlotRecord` and `RevisionSlots::computeSha1` of wikimedia/mediawiki. The sha1 of a slot is that of its bytes,
written in base 36; several slots are chained in the order of their role names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

__all__ = ["base36_sha1", "revision_sha1"]

DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
WIDTH: Final = 31


def base36_sha1(data: bytes) -> str:
    """Hash bytes as MediaWiki writes it.

    Args:
        data: Content of a slot.

    Returns:
        31 digits of base 36.

    >>> base36_sha1(b"")
    'phoiac9h4m842xq45sp7s6u21eteeq1'
    """
    value = int.from_bytes(hashlib.sha1(data, usedforsecurity=False).digest())
    digits = ""
    while value:
        value, digit = divmod(value, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits.rjust(WIDTH, "0")


def revision_sha1(slots: Mapping[str, bytes]) -> str:
    """Chain the hashes of a revision's slots.

    Args:
        slots: Content by role.

    Returns:
        31 digits of base 36.

    >>> revision_sha1({"main": b"Hello", "mediainfo": b"{}"})
    'aycsg1bg1qf4ahqrcvi8yoej6p7cy2g'
    """
    chain = ""
    for role in sorted(slots, key=str.encode):
        own = base36_sha1(slots[role])
        chain = base36_sha1((chain + own).encode("ascii")) if chain else own
    return chain
