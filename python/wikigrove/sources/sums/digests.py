"""Digests of files: measured in one pass, and compared with what was published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wikigrove.errors import ChecksumMismatchError, InputError, SourceChangedError
from wikigrove.sources.regular import open_regular

if TYPE_CHECKING:
    from wikigrove.sources.file import SourceFile

CHUNK_BYTES: Final = 1 << 20
_STRENGTH: Final = ("sha256", "sha1", "md5")


def measure(path: str | Path, algorithms: Iterable[str], *, follow: bool = True) -> dict[str, str]:
    """Hash a file once, with any number of algorithms.

    Args:
        path: The file.
        algorithms: Of `md5`, `sha1` and `sha256`.
        follow: As for `regular.open_regular`.

    Returns:
        From algorithm to digest in hex.

    Raises:
        InputError: It is no regular file.
        OSError: It cannot be read.
    """
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    buffer = memoryview(bytearray(CHUNK_BYTES))
    with open_regular(Path(path), follow=follow) as file:
        while count := file.readinto(buffer):
            for digest in hashes.values():
                digest.update(buffer[:count])
    return {name: digest.hexdigest() for name, digest in hashes.items()}


def compare(published: Mapping[str, str], found: Mapping[str, str], *, source: str, said_by: str) -> None:
    """Compare measured digests with published ones.

    Args:
        published: From algorithm to digest.
        found: Likewise; algorithms that were not measured are not compared.
        source: The file.
        said_by: Who published.

    Raises:
        ChecksumMismatchError: They differ; it names file, algorithm, both digests and the list.
    """
    for algorithm in _STRENGTH:
        expected, actual = published.get(algorithm), found.get(algorithm)
        if expected is not None and actual is not None and expected != actual:
            raise ChecksumMismatchError(
                f"the file is not the one that {said_by} names, {algorithm} expected {expected}, found: {actual}; "
                "hint: fetch it again",
                source=source,
            )


def check(source: SourceFile, summary: Mapping[str, Any]) -> None:
    """Compare a file that was read to its end with what was published about it.

    The reader hashes the bytes that it parses. An algorithm that it did not compute is measured here in another pass,
    together with SHA-256, so that the pass is known to have seen the same bytes.

    Args:
        source: The inspected file.
        summary: `reader.summary()` after the last batch: `sha256`, and `digests` where the reader computed more.

    Raises:
        ChecksumMismatchError: A published sum differs. Nothing of the file may be committed.
        SourceChangedError: The file is not the one that was inspected, or changes under our hands.
    """
    found = {**(summary.get("digests") or {}), "sha256": summary["sha256"]}
    missing = [name for name in source.published if name not in found]
    if missing:
        again = measure(source.path, [*missing, "sha256"])
        if again["sha256"] != found["sha256"]:
            raise SourceChangedError("the file changed while it was read; hint: build again", source=str(source.path))
        found |= again
    compare(source.published, found, source=str(source.path), said_by=source.published_by or "the list of sums")
    if found["sha256"] != source.sha256:
        raise SourceChangedError(
            f"the file changed while it was read; hint: build again; sha256 now: {found['sha256']}",
            source=str(source.path),
        )


def blame(source: SourceFile, error: InputError) -> InputError:
    """Tell whether a file that could not be read is simply not the published one.

    Args:
        source: The inspected file.
        error: What its reader raised.

    Returns:
        A `ChecksumMismatchError` that holds the reader's words, where a published sum differs; otherwise `error`.
    """
    if isinstance(error, ChecksumMismatchError | SourceChangedError):
        return error
    return blamed(source.path, source.published, source.published_by or "the list of sums", error)


def blamed(path: Path, published: Mapping[str, str], said_by: str, error: InputError) -> InputError:
    """Do the work of `blame` for a file that was not inspected to the end."""
    if not published:
        return error
    try:
        compare(published, measure(path, published), source=str(path), said_by=said_by)
    except ChecksumMismatchError as mismatch:
        mismatch.message = f"{mismatch.message} (reading it: {error.message})"
        mismatch.byte_offset, mismatch.page_id = error.byte_offset, error.page_id
        return mismatch
    except OSError:
        return error
    return error
