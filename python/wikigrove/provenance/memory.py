"""Remembered checkpoints: what a verifier saw before, so that a fork or a step back shows."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from wikigrove.crypto.treehead import TreeHead
from wikigrove.errors import ConfigError, NoteFormatError, ProofError
from wikigrove.store import fsync_folder

FORMAT: Final = "wikigrove.memory/1"
MAX_MEMORY_BYTES: Final = 64 << 20

Relation = Literal["new", "same", "grown", "rollback", "fork"]
RootAt = Callable[[int], bytes]
"""From a size to the root over that many first leaves."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A file with the last verified checkpoint of each origin.

    Args:
        path: A JSON file; it need not exist yet.
    """

    path: Path

    def heads(self) -> dict[str, TreeHead]:
        """Read what is remembered.

        Returns:
            The heads by origin.

        Raises:
            ConfigError: The file cannot be read or is malformed. It is never taken for empty then: that would forget.
        """
        return {origin: head for origin, (head, _) in self._read().items()}

    def logs(self) -> dict[str, str]:
        """Read in which log a tree was seen.

        Returns:
            The log's origin by the tree's, for trees that were seen in one.

        Raises:
            ConfigError: As for `heads`.
        """
        return {origin: log for origin, (_, log) in self._read().items() if log is not None}

    def _read(self) -> dict[str, tuple[TreeHead, str | None]]:
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_MEMORY_BYTES)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigError(f"remembered checkpoints cannot be read ({error.strerror}): {self.path}") from error
        try:
            value: Any = json.loads(data)
            if value.keys() != {"format", "heads"} or value["format"] != FORMAT:
                raise ValueError("another format")
            return {
                str(origin): (
                    TreeHead(str(origin), _integer(head["size"]), bytes.fromhex(head["root"])),
                    str(head["log"]) if "log" in head else None,
                )
                for origin, head in value["heads"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError, NoteFormatError) as error:
            raise ConfigError(f"remembered checkpoints are malformed ({error}): {self.path}") from error

    def relation(self, head: TreeHead) -> Relation:
        """Compare a head with the remembered one of its origin.

        Args:
            head: From a verified checkpoint.

        Returns:
            `new` for an unknown origin, `same`, `rollback` for a smaller tree, `fork` for another root at the same
            size, `grown` for a larger tree, which still has to be shown to be consistent.
        """
        return _relation(self.heads().get(head.origin), head)

    def remember(self, head: TreeHead, *, root_at: RootAt | None = None, log: str | None = None) -> None:
        """Remember a head. The file is replaced atomically and never moves back.

        Args:
            head: From a verified checkpoint.
            root_at: Gives the root of the new tree at the remembered size; needed for a tree that has grown.
            log: Origin of a log that the tree stands in; once seen, it is not forgotten.

        Raises:
            ProofError: The head is a fork, a step back, or not shown to continue the remembered tree.
            ConfigError: The file cannot be written.
        """
        with self._locked():
            heads = self._read()
            known, old_log = heads.get(head.origin, (None, None))
            relation = _relation(known, head)
            if relation == "same" and log in (None, old_log):
                return
            continues = known is not None and root_at is not None and root_at(known.size) == known.root
            if relation in ("rollback", "fork") or (relation == "grown" and not continues):
                raise ProofError(f"checkpoint does not continue the remembered one ({relation}): {head.origin}")
            heads[head.origin] = (head, log or old_log)
            self._write(heads)

    def _write(self, heads: dict[str, tuple[TreeHead, str | None]]) -> None:
        facts = {
            origin: {"size": head.size, "root": head.root.hex(), **({} if log is None else {"log": log})}
            for origin, (head, log) in sorted(heads.items())
        }
        value = {"format": FORMAT, "heads": facts}
        folder = self.path.parent
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(value, indent=1, sort_keys=True).encode() + b"\n")
                file.flush()
                os.fsync(descriptor)
            os.replace(name, self.path)
            fsync_folder(folder)
        except OSError as error:
            raise ConfigError(f"checkpoint cannot be remembered ({error.strerror}): {self.path}") from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time read, compare and replace."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigError(f"checkpoint cannot be remembered ({error.strerror}): {self.path}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _relation(known: TreeHead | None, head: TreeHead) -> Relation:
    if known is None:
        return "new"
    if head.size == known.size:
        return "same" if head.root == known.root else "fork"
    return "rollback" if head.size < known.size else "grown"


def _integer(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"size is no integer: {value!r}")
    return value
