"""Publish a folder all at once: readers see the whole of it, or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from wikigrove.errors import ConfigError
from wikigrove.store import fsync_folder

__all__ = ["describe", "published", "write_bytes", "write_parquet"]

ROW_GROUP_ROWS = 5_000


@contextlib.contextmanager
def published(target: Path) -> Iterator[Path]:
    """Give a temporary sibling of `target` to write to, and rename it once the block ends without an error.

    Args:
        target: The folder to publish; it may exist only if it is empty.

    Yields:
        The temporary folder, on the same file system.

    Raises:
        ConfigError: If `target` exists and is not an empty folder.
    """
    _refuse_occupied(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = target.parent / f".{target.name}.{uuid.uuid4().hex}.partial"
    staging.mkdir()
    try:
        yield staging
        for folder, _, _ in os.walk(staging, topdown=False):
            fsync_folder(Path(folder))
        _refuse_occupied(target)  # somebody may have been faster
        staging.rename(target)  # POSIX: fails on a folder that is not empty, replaces an empty one
        fsync_folder(target.parent)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write a new file and wait until it is on the disk.

    Args:
        path: A path at which nothing exists; missing folders are made.
        data: The whole content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_parquet(path: Path, table: pa.Table, *, plain: tuple[str, ...]) -> None:
    """Write a table as one Parquet file and wait until it is on the disk.

    The bytes depend on the rows alone: chunks are joined first and row groups are cut by rows.

    Args:
        path: A path at which nothing exists; missing folders are made.
        table: The rows.
        plain: Columns of long or unique values, which get neither dictionary nor statistics.
    """
    import pyarrow.parquet as parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    few: Any = [name for name in table.schema.names if name not in plain]
    parquet.write_table(
        table.combine_chunks(),
        path,
        row_group_size=ROW_GROUP_ROWS,
        version="2.6",
        compression="zstd",
        compression_level=3,
        use_dictionary=few,
        write_statistics=few,
        write_page_index=True,
        write_page_checksum=True,
    )
    with path.open("rb") as file:
        os.fsync(file.fileno())


def describe(root: Path, path: Path) -> dict[str, object]:
    """Give path, digest and size of a file as the manifest lists it.

    Args:
        root: The folder that the path is given in relation to.
        path: The file.

    Returns:
        `path` with forward slashes, `sha256` as hex, `bytes`.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    return {"path": path.relative_to(root).as_posix(), "sha256": digest, "bytes": size}


def _refuse_occupied(target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise ConfigError(f"the target is no folder: {target}; hint: name a new folder")
    if target.exists() and any(target.iterdir()):
        raise ConfigError(f"the target is not empty: {target}; hint: name a new folder, nothing is overwritten")
