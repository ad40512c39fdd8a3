"""Published sums: the lists that lie beside dumps, and what they say about each file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from wikigrove.errors import DumpFormatError, UnsafeInputError
from wikigrove.sources.regular import read_small

DIGITS: Final = {32: "md5", 40: "sha1", 64: "sha256"}
"""The algorithm by the number of hexadecimal digits."""

_LINE: Final = re.compile(rb"([0-9A-Fa-f]+)(?:(?: [ *]?| ?\t)(.+))?")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_OWN_LIST: Final = re.compile(r"(?P<name>.+)\.(?:md5|sha1|sha256)")
_JSON_DEPTH: Final = 6


@dataclass(frozen=True, slots=True)
class Published:
    """What was published about one file.

    Attributes:
        sums: From algorithm (`md5`, `sha1`, `sha256`) to digest in lower-case hex.
        said_by: Names of the lists that say it.
        size_bytes: Its size, where a list states it.
    """

    sums: dict[str, str] = field(default_factory=dict)
    said_by: tuple[str, ...] = ()
    size_bytes: int | None = None


class SumTable:
    """All published sums of one folder.

    Example:
        >>> table = SumTable()
        >>> table.add("a.xml", "d41d8cd98f00b204e9800998ecf8427e", said_by="md5sums.txt")
        >>> table.published("a.xml").sums
        {'md5': 'd41d8cd98f00b204e9800998ecf8427e'}
    """

    def __init__(self) -> None:
        self._files: dict[str, Published] = {}
        self._conflicts: dict[str, str] = {}
        self.warnings: list[str] = []

    def add(self, name: str, digest: str, *, said_by: str, size_bytes: int | None = None) -> None:
        """Add what one list says about one file.

        Args:
            name: The file.
            digest: Hexadecimal digits; their number tells the algorithm. Empty where only the size is known.
            said_by: Name of the list.
            size_bytes: The file's size, if stated.

        Raises:
            DumpFormatError: The digits are of no known algorithm.
        """
        known = self._files.get(name, Published())
        sums = dict(known.sums)
        if digest:
            algorithm = DIGITS.get(len(digest))
            if algorithm is None or not _HEX.fullmatch(digest):
                raise DumpFormatError(f"no md5, sha1 or sha256 sum of {name}: {digest[:80]}", source=said_by)
            if sums.setdefault(algorithm, digest.lower()) != digest.lower():
                self._conflicts.setdefault(
                    name, f"two {algorithm} sums are published for {name}, the other one by {said_by}: {digest.lower()}"
                )
        sizes = {size for size in (known.size_bytes, size_bytes) if size is not None}
        if len(sizes) > 1:
            self._conflicts.setdefault(name, f"two sizes are published for {name}, one by: {said_by}")
        lists = known.said_by if said_by in known.said_by else (*known.said_by, said_by)
        self._files[name] = Published(sums, lists, min(sizes, default=None))

    def names(self) -> list[str]:
        """Return the names of all files that a list names, sorted."""
        return sorted(self._files)

    def published(self, name: str) -> Published:
        """Return what is published about a file; empty where nothing is.

        Raises:
            DumpFormatError: The lists contradict each other.
        """
        if name in self._conflicts:
            raise DumpFormatError(self._conflicts[name], source=name)
        return self._files.get(name, Published())

    def read(self, path: Path, *, strict: bool) -> None:
        """Read a list: lines of `<hex><two spaces><name>`, also one space, ` *`, CRLF, upper case; or JSON.

        Args:
            path: The list.
            strict: Raise for a line that makes no sense; otherwise it becomes a warning.

        Raises:
            DumpFormatError: A line makes no sense; the error names it by number.
            UnsafeInputError: A name leads out of the folder.
            LimitExceededError: The list is larger than 64 MiB.
        """
        data = read_small(path)
        own = _OWN_LIST.fullmatch(path.name)
        try:
            for place, name, digest in _json(data, path) if data.lstrip()[:1] == b"{" else _lines(data, path, own):
                try:
                    self.add(safe_name(name, source=f"{path}, {place}"), digest, said_by=path.name)
                except (DumpFormatError, UnsafeInputError) as error:
                    error.source = f"{path}, {place}"
                    if strict:
                        raise
                    self.warnings.append(str(error))
        except DumpFormatError as error:
            if strict:
                raise
            self.warnings.append(str(error))


def safe_name(name: str, *, source: str) -> str:
    """Return the plain file name that a list gives, without a leading `./`.

    Args:
        name: The name in the list.
        source: The list, for the error.

    Returns:
        The name.

    Raises:
        UnsafeInputError: The name leads elsewhere, or holds control characters.

    Example:
        >>> safe_name("./a.xml", source="SHA256SUMS")
        'a.xml'
    """
    plain = name.removeprefix("./")
    if not plain or plain in {".", ".."} or len(plain) > 255 or any(c in "/\\" or not c.isprintable() for c in plain):
        raise UnsafeInputError(f"a name in a list of sums leads out of its folder: {name[:80]!r}", source=source)
    return plain


def _lines(data: bytes, path: Path, own: re.Match[str] | None) -> Iterator[tuple[str, str, str]]:
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    for number, line in enumerate(data.split(b"\n"), 1):
        line = line.rstrip(b"\r")
        if not line.strip():
            continue
        found = _LINE.fullmatch(line)
        name = (found[2] or (own["name"].encode() if own else None)) if found else None
        if found is None or name is None or len(found[1]) not in DIGITS:
            yield f"line {number}", _decoded(name or b"?"), "?"
        else:
            yield f"line {number}", _decoded(name), found[1].decode()


def _decoded(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        return "?"


def _json(data: bytes, path: Path) -> Iterator[tuple[str, str, str]]:
    """Find sums in any nesting of objects: a name over digits, or a name over an object with `md5` or `sha1`."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DumpFormatError("the list of sums is no JSON", source=str(path)) from error
    yield from _walk(value, "", 0)


def _walk(value: Any, name: str, depth: int) -> Iterator[tuple[str, str, str]]:
    if not isinstance(value, dict) or depth > _JSON_DEPTH:
        return
    for key, inner in value.items():
        if isinstance(inner, str) and key in DIGITS.values():
            yield f"key {name}", name, inner
        elif isinstance(inner, str) and "." in key:
            yield f"key {key}", key, inner
        else:
            yield from _walk(inner, key, depth + 1)
