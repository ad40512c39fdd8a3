"""The folder of a store: where each file lies, and which version is the newest."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wikigrove.errors import SegmentDamagedError, StoreError, StoreFormatError
from wikigrove.store import canonical, commit
from wikigrove.store.manifest import Manifest, Segment, Tree
from wikigrove.store.regular import read_small

FORMAT: Final = "wikigrove.store/1"
HASH_SUITE: Final = "sha256-rfc6962"
MARKER: Final = "wikigrove-store.json"
FOLDERS: Final = ("manifests", "segments", "journal", "staging", "checkpoints")

_MANIFEST_NAME: Final = re.compile(r"v([0-9]{9})\.json")
_WIKI: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SNAPSHOT: Final = re.compile(r"[0-9]{8}|undated")


@dataclass(frozen=True, slots=True)
class Partition:
    """The wiki and the dump date that a segment belongs to.

    Args:
        wiki: For instance `enwiki`; `multi` where rows of several wikis share a file.
        snapshot: Date as yyyymmdd, or `undated`.

    >>> Partition("enwiki", "20260801").folder
    'wiki=enwiki/snapshot=20260801'
    """

    wiki: str
    snapshot: str = "undated"

    def __post_init__(self) -> None:
        if _WIKI.fullmatch(self.wiki) is None:
            raise StoreError(f"wiki has characters that a folder name may not have: {self.wiki}")
        if _SNAPSHOT.fullmatch(self.snapshot) is None:
            raise StoreError(f"snapshot is neither yyyymmdd nor undated: {self.snapshot}")

    @property
    def folder(self) -> str:
        """The folder below the kind's folder."""
        return f"wiki={self.wiki}/snapshot={self.snapshot}"


@dataclass(frozen=True, slots=True)
class Store:
    """A store on disk. It holds no state but its path, so it can be shared, copied and pickled freely.

    Args:
        path: The folder. Use `Store.create` or `Store.open`, which check it.
    """

    path: Path

    @classmethod
    def create(cls, path: str | Path, *, profile: str = "open", created_by: str = "wikigrove") -> Store:
        """Make a new store, or open the one that is already there.

        Args:
            path: A folder that is missing, empty, or a store of the same profile.
            profile: Only `open` exists so far.
            created_by: Kept in the store's marker file.

        Returns:
            The store.

        Raises:
            StoreError: The folder holds other things, or its file system has no hard links.
            StoreFormatError: There is a store of another format or profile.
        """
        folder = Path(path).absolute()
        if profile != "open":
            raise StoreFormatError(f"profile is not known: {profile}")
        if not (folder / MARKER).exists():
            folder.mkdir(parents=True, exist_ok=True)
            strange = sorted(entry.name for entry in folder.iterdir() if entry.name not in (*FOLDERS, MARKER))
            if strange:
                raise StoreError(
                    f"folder is not empty and no store ({strange[0]}): {folder}; hint: name a new or an empty folder"
                )
            for name in FOLDERS:
                (folder / name).mkdir(exist_ok=True)
            commit.fsync_folder(folder)
            commit.fsync_folder(folder.parent)
            marker = {"format": FORMAT, "hash_suite": HASH_SUITE, "profile": profile, "created_by": created_by}
            commit.put_new(folder / MARKER, canonical.encode(marker), staging=folder / "staging")
        return cls.open(folder)

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """Open a store that exists.

        Args:
            path: The folder.

        Returns:
            The store.

        Raises:
            StoreFormatError: The folder is no store, or a store of another format.
        """
        folder = Path(path).absolute()
        marker = folder / MARKER
        try:
            data = read_small(marker)
        except OSError as error:
            raise StoreFormatError(f"folder is no store, it has no readable {MARKER}: {folder}") from error
        shape: dict[str, tuple[type, ...]] = dict.fromkeys(("format", "hash_suite", "profile", "created_by"), (str,))
        value = canonical.decode(data, source=str(marker))
        facts = canonical.members(value, shape, what="marker", source=str(marker))
        if (facts["format"], facts["hash_suite"], facts["profile"]) != (FORMAT, HASH_SUITE, "open"):
            raise StoreFormatError(
                f"store is of another format ({facts['format']}, {facts['hash_suite']}, {facts['profile']}): {marker}; "
                f"hint: this version reads {FORMAT}, {HASH_SUITE}, open"
            )
        return cls(folder)

    @property
    def staging(self) -> Path:
        """Folder of unfinished files; readers never look into it."""
        return self.path / "staging"

    def manifest_path(self, version: int) -> Path:
        """Return where the manifest of a version lies."""
        return self.path / "manifests" / f"v{version:09d}.json"

    def versions(self) -> list[int]:
        """Return the committed versions, ascending."""
        try:
            names = [entry.name for entry in (self.path / "manifests").iterdir()]
        except FileNotFoundError:
            return []
        return sorted(int(match[1]) for name in names if (match := _MANIFEST_NAME.fullmatch(name)))

    def manifest(self, version: int | None = None) -> Manifest:
        """Read one version, the newest by default.

        Args:
            version: Its number, or None.

        Returns:
            The manifest. The digest of its parent has been checked where the parent is still there.

        Raises:
            StoreError: Nothing was committed yet, or not this version.
            StoreFormatError: The manifest file is not canonical or states another version.
            SegmentDamagedError: The parent's file is not the one that the manifest names.
        """
        if version is None:
            versions = self.versions()
            if not versions:
                raise StoreError(f"store holds no committed version: {self.path}; hint: run an ingest to its end first")
            version = versions[-1]
        path = self.manifest_path(version)
        try:
            data = read_small(path)
        except FileNotFoundError as error:
            raise StoreError(f"store holds no such version: {version}") from error
        manifest = Manifest.from_bytes(data, source=str(path))
        if manifest.version != version:
            raise StoreFormatError(f"manifest states another version ({manifest.version}): {path}")
        if (manifest.parent is None) != (version == 1):
            raise StoreFormatError(f"manifest names no parent, or version 1 names one: {path}")
        parent_path = self.manifest_path(version - 1)
        if parent_path.exists() and manifest.parent != f"sha256:{hashlib.sha256(read_small(parent_path)).hexdigest()}":
            raise SegmentDamagedError(
                f"manifest is not the parent that version {version} names: {parent_path}; hint: restore the file"
            )
        return manifest

    def segment_path(self, segment: Segment) -> Path:
        """Return where a segment lies, after checking that it is there with the stated size.

        Args:
            segment: From a manifest of this store.

        Returns:
            The absolute path.

        Raises:
            SegmentDamagedError: The file is missing or of another size.
        """
        path = self.path / segment.path
        try:
            size = path.stat().st_size
        except OSError as error:
            raise SegmentDamagedError(f"file of the store is missing: {path}") from error
        if size != segment.bytes:
            raise SegmentDamagedError(f"file of the store has {size} bytes instead of {segment.bytes}: {path}")
        return path

    def check_segment(self, segment: Segment) -> Path:
        """Hash a whole segment and compare; `segment_path` compares the size only.

        Args:
            segment: From a manifest of this store.

        Returns:
            The absolute path.

        Raises:
            SegmentDamagedError: The file is missing, or its bytes are not the ones its digest names.
        """
        path = self.segment_path(segment)
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != segment.sha256:
            raise SegmentDamagedError(f"file of the store has the digest {found} instead of {segment.sha256}: {path}")
        return path

    def checkpoint_path(self, tree: Tree) -> Path:
        """Return where the signed note over a tree lies; trees of one root under two origins have two notes."""
        if canonical.SHA256_HEX.fullmatch(tree.root) is None:
            raise StoreError(f"root of a tree is no digest: {tree.root}")
        origin = hashlib.sha256(tree.origin.encode()).hexdigest()
        return self.path / "checkpoints" / f"{tree.root}-{origin[:16]}.checkpoint"

    def write_checkpoint(self, tree: Tree, note: bytes) -> Path:
        """Keep the signed note over a tree. A later note, with more signatures, replaces an earlier one whole.

        Args:
            tree: The tree that the note speaks of; the file is named by root and origin.
            note: The signed note's bytes. They are kept as they are; verifying is the reader's duty.

        Returns:
            Where it lies.
        """
        path = self.checkpoint_path(tree)
        commit.replace_file(path, note, staging=self.staging)
        return path

    def read_checkpoint(self, tree: Tree) -> bytes | None:
        """Return the signed note over a tree, or None while the tree is committed but not signed."""
        try:
            return read_small(self.checkpoint_path(tree))
        except FileNotFoundError:
            return None
