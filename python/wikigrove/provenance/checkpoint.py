"""Checkpoints: signed notes over the root of a tree (C2SP tlog-checkpoint, without extension lines)."""

from __future__ import annotations

import re
from typing import Final

from wikigrove.crypto.keys import Signer
from wikigrove.crypto.note import parse_note
from wikigrove.crypto.policy import Policy, Verified
from wikigrove.crypto.treehead import TreeHead
from wikigrove.errors import ConfigError

_SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SNAPSHOT: Final = re.compile(r"[0-9]{8}|undated")


def snapshot_origin(name: str, *, wiki: str, snapshot: str, job: str) -> str:
    """Name the tree of one snapshot under the profile `open`.

    Args:
        name: Name of the signer's keys, a domain.
        wiki: For instance `enwiki`, or `multi`.
        snapshot: Date of the dump as yyyymmdd, or `undated`.
        job: The dump's job, for instance `articles`.

    Returns:
        The origin line.

    Raises:
        ConfigError: A part would not stand as one segment of the origin.

    >>> snapshot_origin("example.org", wiki="enwiki", snapshot="20260901", job="articles")
    'example.org/s/enwiki/20260901/articles/open-v1'
    """
    if _SNAPSHOT.fullmatch(snapshot) is None:
        raise ConfigError(f"snapshot is neither yyyymmdd nor undated: {snapshot}")
    return f"{name}/s/{_segment(wiki)}/{snapshot}/{_segment(job)}/open-v1"


def dataset_origin(name: str, *, dataset: str, version: str) -> str:
    """Name the tree of one data set.

    Args:
        name: Name of the signer's keys, a domain.
        dataset: Name of the data set, letters, digits and `._-`.
        version: Its version.

    Returns:
        The origin line.

    Raises:
        ConfigError: A part would not stand as one segment of the origin.

    >>> dataset_origin("example.org", dataset="sample", version="1")
    'example.org/d/sample/1'
    """
    return f"{name}/d/{_segment(dataset)}/{_segment(version)}"


def _segment(text: str) -> str:
    if _SEGMENT.fullmatch(text) is None:
        raise ConfigError(f"part of an origin is not letters, digits and ._-: {text!r}")
    return text


def make_checkpoint(signer: Signer, *, origin: str, size: int, root: bytes, time_s: int) -> bytes:
    """Sign the root of a tree.

    Args:
        signer: Both keys.
        origin: Name of the tree, below the signer's name.
        size: Number of leaves.
        root: 32 bytes.
        time_s: The present in seconds since 1970; no clock is read.

    Returns:
        The signed note, some 3.5 kB.

    Raises:
        NoteFormatError: Origin, size or root cannot stand in a checkpoint.
        ConfigError: The signer does not speak for the origin.
    """
    return signer.sign(TreeHead(origin, size, root), time_s=time_s)


def parse_checkpoint(note: bytes) -> TreeHead:
    """Parse a checkpoint without verifying anything.

    Args:
        note: The bytes of the signed note.

    Returns:
        What it says.

    Raises:
        NoteFormatError: The bytes are no canonical checkpoint.
    """
    return TreeHead.parse(parse_note(note).text)


def verify_checkpoint(
    note: bytes, policy: Policy, *, now_s: int | None = None, max_age_s: int | None = None
) -> Verified:
    """Parse a checkpoint and verify it under a policy.

    Args:
        note: The bytes of the signed note.
        policy: Whose signatures are needed.
        now_s: The present in seconds since 1970, or None to look at no times.
        max_age_s: The oldest that the signatures may be; needs `now_s`.

    Returns:
        The tree head and who signed it.

    Raises:
        NoteFormatError: The bytes are no canonical checkpoint.
        SignatureError: A required signature is missing or does not hold, or the times do not fit.
    """
    return policy.verify(parse_note(note), now_s=now_s, max_age_s=max_age_s)
