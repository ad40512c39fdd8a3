"""The grove log: an append-only tree over what was sealed, read and proved from files (C2SP tlog-tiles).

Its origin is `<key name>/grove/<eight digits>`: each log has an origin of its own, so that two logs of one signer are
never taken for a fork of each other. A store names its log in `log.json`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from wikigrove import _core
from wikigrove.crypto.note import MAX_NOTE_BYTES
from wikigrove.crypto.policy import Policy
from wikigrove.crypto.treehead import TreeHead
from wikigrove.errors import InclusionError, LeafFormatError, ProofError, StoreError, StoreFormatError
from wikigrove.provenance import tlog
from wikigrove.provenance.checkpoint import parse_checkpoint, verify_checkpoint
from wikigrove.provenance.entry import Entry
from wikigrove.provenance.leaf import hash_leaf
from wikigrove.provenance.proof import InclusionProof, TlogProof
from wikigrove.store import Store, canonical, commit
from wikigrove.store.regular import read_small

FORMAT: Final = "wikigrove.log/1"
POINTER: Final = "log.json"
ORIGIN: Final = re.compile(r".+/grove/[0-9a-f]{8}")


@dataclass(frozen=True)
class LogTree:
    """The entries of a log at one size.

    Args:
        head: Origin, size and root; the entries have been checked against it.
        entries: The encoded entries.
        hashes: Their leaf hashes, 32 bytes each.
    """

    head: TreeHead
    entries: tuple[bytes, ...]
    hashes: bytes

    @cached_property
    def parsed(self) -> tuple[Entry, ...]:
        """The entries, decoded.

        Raises:
            LeafFormatError: One of them is none; its number stands in the message.
        """
        decoded = []
        for index, data in enumerate(self.entries):
            try:
                decoded.append(Entry.parse(data))
            except LeafFormatError as error:
                raise LeafFormatError(f"{error}; entry: {index}") from error
        return tuple(decoded)

    def find(self, entry: Entry) -> int | None:
        """Return the number of the entry that says the same, or None."""
        return next((index for index, other in enumerate(self.parsed) if entry.says_the_same(other)), None)

    def root_at(self, size: int) -> bytes:
        """Return the root over the first entries.

        Raises:
            InclusionError: The log has fewer.
        """
        if not 0 <= size <= self.head.size:
            raise InclusionError(f"log of {self.head.size} entries has no root at size: {size}")
        return _core.merkle_root(self.hashes[: size * tlog.HASH_BYTES])

    def consistency(self, first: int, second: int | None = None) -> list[bytes]:
        """Prove that the log at one size begins with the log at a smaller one (RFC 9162 section 2.1.4).

        Args:
            first: The smaller size, at least 1.
            second: The larger size; that of the tree by default.

        Returns:
            The hashes.

        Raises:
            InclusionError: The sizes do not ascend, or are larger than the log.
        """
        second = self.head.size if second is None else second
        if not 1 <= first <= second <= self.head.size:
            raise InclusionError(f"log of {self.head.size} entries has no proof from {first} to size: {second}")
        return _core.consistency_path(self.hashes[: second * tlog.HASH_BYTES], first)

    def path(self, index: int) -> tuple[bytes, ...]:
        """Return the hashes from an entry to the root; see `GroveLog.prove`."""
        if not 0 <= index < self.head.size:
            raise InclusionError(f"log of {self.head.size} entries has no entry: {index}")
        return tuple(_core.inclusion_path(self.hashes, index))


@dataclass(frozen=True, slots=True)
class GroveLog:
    """A log on disk. It holds no state but its path; `append` in `provenance.append` is its writer.

    Args:
        path: The folder that holds `checkpoint` and `tile/`.
    """

    path: Path

    def checkpoint(self) -> bytes:
        """Return the signed note over the newest tree. Verifying is the reader's duty.

        Raises:
            StoreError: There is no log.
        """
        try:
            return read_small(self.path / tlog.CHECKPOINT, limit=MAX_NOTE_BYTES)
        except OSError as error:
            raise StoreError(f"log has no readable checkpoint ({error.strerror}): {self.path}") from error

    def tree(self, head: TreeHead | None = None) -> LogTree:
        """Read all entries up to a size and compare the root over them.

        Args:
            head: From a verified checkpoint of this log, newest or older; by default what the newest one says, which
                is trusted by nobody yet.

        Returns:
            The tree.

        Raises:
            ProofError: A bundle is cut, or the entries have another root.
            StoreError: A bundle is missing, or there is no log.
        """
        head = parse_checkpoint(self.checkpoint()) if head is None else head
        entries: list[bytes] = []
        for number, width in tlog.parts(head.size):
            name = tlog.tile_name("entries", number, width)
            try:
                data = read_small(self.path / name, limit=tlog.MAX_BUNDLE_BYTES)
            except OSError as error:
                raise StoreError(f"bundle of entries cannot be read ({error.strerror}): {self.path / name}") from error
            entries += tlog.read_bundle(data, width=width, name=name)
        hashes = b"".join(map(hash_leaf, entries))
        if _core.merkle_root(hashes) != head.root:
            raise ProofError(f"entries of the log do not have the root of its checkpoint: {self.path}")
        return LogTree(head, tuple(entries), hashes)

    def verified_tree(self, policy: Policy) -> LogTree:
        """Verify the newest checkpoint under a policy, then read the entries; see `tree`.

        Raises:
            SignatureError: The policy's signatures are not there.
        """
        return self.tree(verify_checkpoint(self.checkpoint(), policy).head)

    def prove(self, index: int) -> TlogProof:
        """Make a proof file that an entry is in the log, good without the log.

        Args:
            index: Number of the entry.

        Returns:
            The proof, with the newest checkpoint and the entry.

        Raises:
            InclusionError: The log has no such entry.
        """
        note = self.checkpoint()
        tree = self.tree(parse_checkpoint(note))
        return TlogProof(InclusionProof(index, tree.path(index)), note, tree.entries[index])

    def damaged_tiles(self, tree: LogTree) -> list[str]:
        """List the tiles of a size that are missing or not those of the entries."""
        damaged = []
        for name, data in tlog.tiles(tree.hashes):
            try:
                if read_small(self.path / name, limit=len(data)) != data:
                    damaged.append(name)
            except (OSError, StoreFormatError):
                damaged.append(name)
        return damaged


def named_log(store: Store) -> tuple[GroveLog, str] | None:
    """Return the log that a store names, and its origin.

    Args:
        store: The store.

    Returns:
        Log and origin, or None where the store names none. The log itself has not been looked at.

    Raises:
        StoreFormatError: The file that names it is malformed.
    """
    path = store.path / POINTER
    try:
        data = read_small(path, limit=1 << 16)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreFormatError(f"name of the log cannot be read ({error.strerror}): {path}") from error
    shape: dict[str, tuple[type, ...]] = dict.fromkeys(("format", "origin", "path"), (str,))
    value = canonical.members(canonical.decode(data, source=str(path)), shape, what="log", source=str(path))
    if value["format"] != FORMAT or "\0" in value["path"] or PurePosixPath(value["path"]).is_absolute():
        raise StoreFormatError(f"file is of another format than {FORMAT}, or its path is not relative: {path}")
    return GroveLog(store.path / value["path"]), value["origin"]


def name_log(store: Store, log: GroveLog, origin: str) -> None:
    """Let a store name its log, by a path relative to the store.

    Args:
        store: The store.
        log: Its log.
        origin: Origin of the log.
    """
    relative = Path(os.path.relpath(log.path, store.path)).as_posix()
    data = canonical.encode({"format": FORMAT, "origin": origin, "path": relative})
    path = store.path / POINTER
    if not path.exists() or read_small(path) != data:
        commit.replace_file(path, data, staging=store.staging)
