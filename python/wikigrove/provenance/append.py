"""The one writer of a grove log. Order on the disk: entries, tiles, what the key has signed, and the checkpoint last.

A key's owner keeps the last head that was signed of each log (`signed`). It is compared and replaced under a lock
before a checkpoint appears; so of two copies of a log, or of a log and its older backup, only one can ever go on, and
no origin gets two checkpoints that contradict each other. A writer that dies between the two steps leaves entries and
tiles of the remembered head on the disk, and the next writer publishes exactly that head.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from wikigrove import _core
from wikigrove.crypto.keys import Signer
from wikigrove.crypto.policy import Policy
from wikigrove.crypto.treehead import TreeHead
from wikigrove.errors import CommitConflictError, ConfigError, InclusionError, ProofError, StoreError
from wikigrove.provenance import tlog
from wikigrove.provenance.checkpoint import parse_checkpoint, verify_checkpoint
from wikigrove.provenance.entry import Entry
from wikigrove.provenance.leaf import hash_leaf
from wikigrove.provenance.log import GroveLog, LogTree
from wikigrove.provenance.memory import Memory
from wikigrove.store import commit

LOCK: Final = ".lock"
UNFINISHED: Final = ".unfinished"
EMPTY_ROOT: Final = _core.merkle_root(b"")


def grove_origin(name: str) -> str:
    """Name a new log: eight random digits below the signer's name, so that no two logs of a signer are one."""
    return f"{name}/grove/{secrets.token_hex(4)}"


def create_log(path: str | Path, *, signer: Signer, time_s: int, origin: str | None = None) -> GroveLog:
    """Make an empty log, or open the one that is there.

    Args:
        path: Its folder.
        signer: Signs the checkpoint over no entries.
        time_s: The present in seconds since 1970; no clock is read.
        origin: Its origin, below the signer's name; `grove_origin` by default.

    Returns:
        The log.

    Raises:
        ConfigError: The folder holds other things.
        StoreError: The file system has no hard links.
    """
    log = GroveLog(Path(path).absolute())
    log.path.mkdir(parents=True, exist_ok=True)
    names = {entry.name for entry in log.path.iterdir()}
    if tlog.CHECKPOINT in names:
        return log
    if strange := sorted(names - {LOCK, UNFINISHED}):
        raise ConfigError(f"folder of a new log is not empty ({strange[0]}): {log.path}; hint: name a new folder")
    with _locked(log):
        note = signer.sign(TreeHead(origin or grove_origin(signer.name), 0, EMPTY_ROOT), time_s=time_s)
        commit.put_new(log.path / tlog.CHECKPOINT, note, staging=log.path / UNFINISHED)
        commit.fsync_folder(log.path.parent)
    return log


def append(
    log: GroveLog,
    entries: Sequence[Entry],
    *,
    signer: Signer,
    policy: Policy | None,
    signed: Memory | None,
    time_s: int,
) -> list[int]:
    """Enter what is not in the log yet, and publish the new checkpoint.

    Args:
        log: The log.
        entries: What shall be in it. An entry that says the same as an earlier one is not entered again.
        signer: Signs the new checkpoint.
        policy: The signer's own; the present checkpoint must hold under it before anything is built on it. None for
            signers that look at it themselves.
        signed: The last head that these keys have signed of each log; None for signers that keep it themselves.
        time_s: The present in seconds since 1970; no clock is read.

    Returns:
        The number of each entry.

    Raises:
        ProofError: The log is older than what these keys have signed of it, or another log: a copy went on, or a backup
            was restored. Or its checkpoint or entries do not hold.
        CommitConflictError: Another writer has published in spite of the lock.
    """
    with _locked(log):
        note = log.checkpoint()
        tree = log.tree(_head(note, policy))
        if signed is not None:
            note, tree = _resumed(log, note, tree, signer, signed, time_s)
        numbers, added = [], list[Entry]()
        for entry in entries:
            same = (index for index, other in enumerate([*tree.parsed, *added]) if entry.says_the_same(other))
            number = next(same, tree.head.size + len(added))
            if number == tree.head.size + len(added):
                added.append(entry)
            numbers.append(number)
        if added:
            grown = _grown(tree, added)
            _write(log, grown, old_size=tree.head.size)
            if signed is not None:
                signed.remember(grown.head, root_at=grown.root_at)
            _publish(log, note, signer.sign(grown.head, time_s=time_s))
        return numbers


def sign_again(log: GroveLog, *, signer: Signer, policy: Policy | None, time_s: int) -> None:
    """Put the signatures of another key over the same tree, for instance after a rotation.

    Args:
        log: The log.
        signer: Signs.
        policy: The present checkpoint must hold under it.
        time_s: The present in seconds since 1970.

    Raises:
        ProofError: The checkpoint does not hold, or the entries do not have its root.
    """
    with _locked(log):
        note = log.checkpoint()
        tree = log.tree(_head(note, policy))
        _publish(log, note, signer.sign(tree.head, time_s=time_s))


def _head(note: bytes, policy: Policy | None) -> TreeHead:
    return parse_checkpoint(note) if policy is None else verify_checkpoint(note, policy).head


def _resumed(
    log: GroveLog, note: bytes, tree: LogTree, signer: Signer, signed: Memory, time_s: int
) -> tuple[bytes, LogTree]:
    """Bring log and signed head to the same tree: one is ahead by what a crash has left. A fork is refused."""
    known = signed.heads().get(tree.head.origin)
    if known is None or known.size <= tree.head.size:
        signed.remember(tree.head, root_at=tree.root_at)  # raises where one contradicts the other
        return note, tree
    try:
        ahead = log.tree(known)
        continues = ahead.root_at(tree.head.size) == tree.head.root
    except (StoreError, ProofError, InclusionError):
        continues = False
    if not continues:
        raise ProofError(
            f"log has {tree.head.size} entries, but these keys have signed {known.size} of it ({tree.head.origin}): "
            f"{log.path}; hint: another copy of the log went on, or this one is an old backup"
        )
    _write(log, ahead, old_size=tree.head.size)
    new = signer.sign(known, time_s=time_s)
    _publish(log, note, new)
    return new, ahead


def _grown(tree: LogTree, added: Sequence[Entry]) -> LogTree:
    more = tuple(entry.to_bytes() for entry in added)
    hashes = tree.hashes + b"".join(map(hash_leaf, more))
    head = TreeHead(tree.head.origin, tree.head.size + len(more), _core.merkle_root(hashes))
    return LogTree(head, tree.entries + more, hashes)


def _write(log: GroveLog, tree: LogTree, *, old_size: int) -> None:
    """Write bundles and tiles. What lies there of a writer that died before it signed is replaced."""
    files = [*tlog.bundles(tree.entries, old_size=old_size), *tlog.tiles(tree.hashes, old_size=old_size)]
    for name, data in files:
        path = log.path / name
        commit.make_folders(path.parent, root=log.path)
        if not path.exists() or path.read_bytes() != data:
            commit.replace_file(path, data, staging=log.path / UNFINISHED)


def _publish(log: GroveLog, expected: bytes, note: bytes) -> None:
    """Replace the checkpoint, if it is still the one that was built on."""
    if log.checkpoint() != expected:
        raise CommitConflictError(
            f"another writer published in spite of the lock: {log.path}; hint: keep a log on a file system with locks"
        )
    commit.replace_file(log.path / tlog.CHECKPOINT, note, staging=log.path / UNFINISHED)


@contextlib.contextmanager
def _locked(log: GroveLog) -> Iterator[None]:
    """Let one writer in at a time; what a dead one left unfinished is removed."""
    try:
        descriptor = os.open(log.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise StoreError(f"log cannot be locked ({error.strerror}): {log.path}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        (log.path / UNFINISHED).mkdir(exist_ok=True)
        for left in (log.path / UNFINISHED).iterdir():
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(descriptor)
