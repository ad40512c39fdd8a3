"""Commit: how a file becomes visible at once or not at all, and a version along with it.

A manifest appears by `link(2)`, which POSIX makes atomic and which fails where the name exists. `rename` would silently
replace a rival's manifest. Every file is flushed to the disk before its name appears, and the folder after it, so what
was acknowledged survives a crash of the machine.
"""

from __future__ import annotations

import errno
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wikigrove.errors import CommitConflictError, StoreError
from wikigrove.store.manifest import DENSE_KINDS, Content, Manifest, Segment

if TYPE_CHECKING:
    from wikigrove.store.layout import Store

_NO_HARD_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV})


def fsync_folder(path: Path) -> None:
    """Flush the names in a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folders(path: Path, *, root: Path) -> None:
    """Make the folders from `root` down to `path` and flush each one's name to the disk.

    Folders that exist are flushed too: whoever made them may have died before.

    Args:
        path: The innermost folder, inside of `root`.
        root: A folder that exists.
    """
    path.mkdir(parents=True, exist_ok=True)
    while path != root:
        path = path.parent
        fsync_folder(path)


@contextmanager
def _flushed(data: bytes, folder: Path) -> Iterator[Path]:
    """Yield a new file with these bytes, safe on the disk, and remove that name at the end."""
    path = folder / f"{uuid.uuid4().hex}.new"
    try:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def put_new(path: Path, data: bytes, *, staging: Path | None = None) -> bool:
    """Write a file unless its name is taken; of racing writers exactly one succeeds.

    Args:
        path: Where the file shall appear, whole and flushed to the disk.
        data: Its bytes.
        staging: Folder on the same file system for the unfinished file; the target's own folder by default.

    Returns:
        True where this call made the file, False where it was there before.

    Raises:
        StoreError: The file system has no hard links.
    """
    with _flushed(data, staging or path.parent) as unfinished:
        made = True
        try:
            os.link(unfinished, path)
        except OSError as error:
            # A network file system may lose the answer to a link that it has made, and call the repetition an error.
            if unfinished.stat().st_nlink != 2:
                if error.errno in _NO_HARD_LINKS:
                    raise StoreError(
                        f"file system has no hard links, without them a commit is not safe: {path.parent}; "
                        "hint: put the store on a POSIX file system"
                    ) from error
                if error.errno != errno.EEXIST:
                    raise
                made = False
    fsync_folder(path.parent)  # also after a lost race: the winner may have died before its own flush
    return made


def replace_file(path: Path, data: bytes, *, staging: Path) -> None:
    """Write a file, whole or not at all, over whatever is there.

    Args:
        path: Where the file shall appear.
        data: Its bytes.
        staging: Folder on the same file system for the unfinished file.
    """
    with _flushed(data, staging) as unfinished:
        os.replace(unfinished, path)
    fsync_folder(path.parent)


def _check(store: Store, content: Content) -> None:
    """Refuse a content whose files are not all there, or whose rows leave gaps."""
    paths: set[str] = set()
    for segment in content.segments:
        Segment.from_json(segment.to_json(), source="the content to commit")
        store.segment_path(segment)
        if segment.path in paths:
            raise StoreError(f"segment is listed twice: {segment.path}")
        paths.add(segment.path)
    for kind in DENSE_KINDS:
        expected = 0
        for segment in content.of_kind(kind):
            if segment.first != expected:
                raise StoreError(
                    f"rows of kind {kind} leave a gap or overlap at leaf {expected}: {segment.path}; "
                    "hint: place each unit's segments with Segment.placed(offset of the unit), and list them in order"
                )
            expected = segment.last + 1


def _newest(store: Store) -> Manifest | None:
    return store.manifest() if store.versions() else None


def commit_manifest(
    store: Store,
    content: Content,
    *,
    created_at: str | None = None,
    created_by: str = "wikigrove",
    base: int | None = None,
) -> Manifest:
    """Make a content the newest version. This is the only moment at which readers see a change.

    Args:
        store: Where all files of the content lie already.
        content: What the version shall hold.
        created_at: Time for the manifest, for instance `2026-08-01T00:00:00Z`. The function reads no clock.
        created_by: Name for the manifest.
        base: The version that the content was derived from, 0 for none. With it, any other content that was committed
            since is a conflict; without it, only one that is committed during this call.

    Returns:
        The committed manifest; the newest one unchanged when it has this content already.

    Raises:
        CommitConflictError: Another writer committed another content first.
        SegmentDamagedError: A file of the content is missing or of another size.
        StoreError: Rows of the content leave gaps or overlap.
    """
    _check(store, content)
    digest = content.digest
    newest = _newest(store)
    if newest is not None and newest.content.digest == digest:
        fsync_folder(store.path / "manifests")
        return newest
    found = 0 if newest is None else newest.version
    if base is not None and found != base:
        raise CommitConflictError(
            f"another writer committed version {found} since version: {base}; hint: read it and build on it"
        )
    parent = None
    if newest is not None:
        parent = f"sha256:{hashlib.sha256(store.manifest_path(found).read_bytes()).hexdigest()}"
    manifest = Manifest(found + 1, parent, created_at, created_by, content)
    if put_new(store.manifest_path(manifest.version), manifest.to_bytes(), staging=store.staging):
        return manifest
    rival = store.manifest(manifest.version)
    if rival.content.digest == digest:
        return rival
    raise CommitConflictError(
        f"another writer committed other content at the same moment as version: {rival.version}; "
        "hint: run again to commit on top of it"
    )
