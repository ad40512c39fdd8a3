"""Staging: unfinished files of one writer, and how they get their final names."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from wikigrove.errors import SegmentDamagedError, StoreError
from wikigrove.store import commit
from wikigrove.store.layout import Partition, Store
from wikigrove.store.manifest import Segment

_KIND: Final = re.compile(r"[a-z][a-z0-9_-]*")
_SUFFIX: Final = re.compile(r"\.[a-z0-9]+")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Staging:
    """A folder of its own for one writer; a context manager that removes what was not sealed.

    Args:
        store: The store that the files are for.
    """

    def __init__(self, store: Store) -> None:
        self.store: Final = store
        self.path: Final = store.staging / uuid.uuid4().hex

    def __enter__(self) -> Self:
        self.path.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name: str) -> Path:
        """Return the path for an unfinished file.

        Args:
            name: A file name without folders. Its suffix becomes the segment's.

        Returns:
            The path; the file is the caller's to write.

        Raises:
            StoreError: The name has a folder in it.
        """
        if Path(name).name != name:
            raise StoreError(f"name of a staging file has a folder in it: {name}")
        return self.path / name

    def seal(
        self,
        path: Path,
        *,
        kind: str,
        partition: Partition,
        ordinal: int,
        rows: int,
        first: int = 0,
        last: int | None = None,
        unit: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> Segment:
        """Flush a finished file to the disk and give it the name that its bytes demand.

        Args:
            path: The finished, closed file, from `file`.
            kind: Kind of the segment.
            partition: Wiki and snapshot.
            ordinal: The unit's place among all units; segments of one unit share it.
            rows: Number of rows.
            first: `leaf_index` of the first row, counted from the unit's first row.
            last: `leaf_index` of the last row; `first + rows - 1` by default.
            unit: Key of the unit.
            extra: JSON-able facts.

        Returns:
            The segment. No reader sees it before a manifest names it.

        Raises:
            StoreError: Kind, ordinal or suffix do not fit the layout.
            SegmentDamagedError: There is another file under that name.
        """
        if _KIND.fullmatch(kind) is None or _SUFFIX.fullmatch(path.suffix) is None or ordinal < 0:
            raise StoreError(f"kind, ordinal or suffix do not fit the layout: {kind} {ordinal} {path.suffix}")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            os.fsync(file.fileno())
        relative = f"segments/{kind}/{partition.folder}/part-{ordinal:05d}-{digest[:16]}{path.suffix}"
        target = self.store.path / relative
        commit.make_folders(target.parent, root=self.store.path)
        if target.exists() and _digest(target) != digest:
            raise SegmentDamagedError(
                f"file of the store is not the one its name says: {target}; hint: move it away and run again"
            )
        os.rename(path, target)  # over an existing file too: same name, same bytes
        commit.fsync_folder(target.parent)
        end = first + rows - 1 if last is None else last
        return Segment(kind, relative, digest, size, rows, first, end, unit, dict(extra or {}))


def collect_staging(store: Store, *, older_than_s: float, now_s: float) -> list[Path]:
    """Remove staging folders and files that nobody has written to for a while: their writers are dead.

    Args:
        store: The store.
        older_than_s: Grace period. It must exceed the time in which a living writer writes nothing, for instance a day.
        now_s: The present, in seconds since 1970; the function reads no clock.

    Returns:
        What was removed.
    """
    removed = []
    for entry in sorted(store.staging.iterdir()):
        try:
            times = [entry.stat().st_mtime]
            if entry.is_dir():
                times += [inner.stat().st_mtime for inner in entry.rglob("*")]
        except FileNotFoundError:  # its writer is alive and has just moved something
            continue
        if now_s - max(times) <= older_than_s:
            continue
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
        removed.append(entry)
    return removed
