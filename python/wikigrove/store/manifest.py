"""Manifests: which files make up one version of a store."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from wikigrove.errors import StoreFormatError
from wikigrove.store import canonical

FORMAT: Final = "wikigrove.manifest/1"
DENSE_KINDS: Final = ("records", "leaves")
"""Kinds with one row for every record: their segments follow one another without a gap."""

NO_QUARANTINE: Final[dict[str, Any]] = {"count": 0, "sha256": None}

_SEGMENT_PATH: Final = re.compile(
    r"segments/(?P<kind>[a-z][a-z0-9_-]*)/wiki=[A-Za-z0-9][A-Za-z0-9._-]*/snapshot=(?:[0-9]{8}|undated)"
    r"/part-[0-9]{5,}-(?P<sha>[0-9a-f]{16})\.[a-z0-9]+"
)
_SEGMENT_SHAPE: Final[dict[str, tuple[type, ...]]] = {
    "kind": (str,),
    "path": (str,),
    "sha256": (str,),
    "bytes": (int,),
    "rows": (int,),
    "first": (int,),
    "last": (int,),
    "unit": (str, type(None)),
    "extra": (dict,),
}
_SOURCE_SHAPE: Final[dict[str, tuple[type, ...]]] = {
    "source_id": (int,),
    "name": (str,),
    "bytes": (int,),
    "sha256": (str,),
    "wiki_id": (str,),
    "snapshot": (str,),
    "job": (str,),
    "extra": (dict,),
}
_TREE_SHAPE: Final[dict[str, tuple[type, ...]]] = {
    "origin": (str,),
    "size": (int,),
    "root": (str,),
    "content_root": (str,),
}
_CONTENT_SHAPE: Final[dict[str, tuple[type, ...]]] = {
    "schema": (str,),
    "parser": (str,),
    "profile": (str,),
    "page_bytes": (int,),
    "sources": (list,),
    "segments": (list,),
    "trees": (list,),
    "quarantine": (dict,),
    "licences": (dict,),
    "limits": (dict,),
    "counts": (dict,),
    "extra": (dict,),
}
_MANIFEST_SHAPE: Final[dict[str, tuple[type, ...]]] = {
    "format": (str,),
    "version": (int,),
    "parent": (str, type(None)),
    "created_at": (str, type(None)),
    "created_by": (str,),
    "content": (dict,),
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One immutable file of rows.

    Args:
        kind: What it holds: `records`, `leaves`, `tiles`, `quarantine`, `vectors`, `embedders` and so on.
        path: Relative to the store, with forward slashes.
        sha256: Of the file's bytes, in hexadecimal digits.
        bytes: Size of the file.
        rows: Number of rows.
        first: `leaf_index` of the first row where the kind has one, else 0. Global once the segment is placed.
        last: `leaf_index` of the last row, else `rows - 1`.
        unit: Key of the unit of work that wrote it.
        extra: JSON-able facts of the kind. `offset` is the global `leaf_index` of the unit's first row; readers add it
            to the stored `leaf_index`, which counts from the unit's first row.
    """

    kind: str
    path: str
    sha256: str
    bytes: int
    rows: int
    first: int
    last: int
    unit: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def offset(self) -> int:
        """What readers add to the stored `leaf_index`."""
        value = self.extra.get("offset", 0)
        if type(value) is not int:
            raise StoreFormatError(f"offset of a segment is no integer: {self.path}")
        return value

    def placed(self, offset: int) -> Segment:
        """Return the segment with its unit's first row at this global `leaf_index`.

        >>> Segment("records", "p", "0", 1, 3, 0, 2).placed(10).first
        10
        """
        move = offset - self.offset
        extra = {**self.extra, "offset": offset}
        return replace(self, first=self.first + move, last=self.last + move, extra=extra)

    def to_json(self) -> dict[str, Any]:
        """Return the segment as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object, *, source: str = "segment") -> Segment:
        """Read a segment strictly.

        Args:
            value: The JSON object.
            source: The file that it stands in, for the message.

        Returns:
            The segment.

        Raises:
            StoreFormatError: A member is missing, unknown, of a wrong type, or names a path outside the layout.
        """
        segment = cls(**canonical.members(value, _SEGMENT_SHAPE, what="segment", source=source))
        match = _SEGMENT_PATH.fullmatch(segment.path)
        if match is None or match["kind"] != segment.kind or match["sha"] != segment.sha256[:16]:
            raise StoreFormatError(f"segment has a path outside the layout ({segment.path}) in file: {source}")
        span = segment.last - segment.first + 1
        dense = segment.kind in DENSE_KINDS
        if segment.bytes < 0 or segment.rows < 0 or span < segment.rows or (dense and span != segment.rows):
            raise StoreFormatError(f"segment has impossible counts ({segment.path}) in file: {source}")
        if type(segment.extra.get("offset", 0)) is not int:
            raise StoreFormatError(f"segment has an offset that is no integer ({segment.path}) in file: {source}")
        return segment


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One dump file that the version was built from.

    Args:
        source_id: The number that records carry.
        name: File name, without folders, so that two hosts agree.
        bytes: Size of the file as delivered.
        sha256: Of the file as delivered.
        wiki_id: For instance `enwiki`.
        snapshot: Date of the dump as yyyymmdd, or `undated`.
        job: The dump's job, for instance `pages-articles`.
        extra: JSON-able facts, for instance address, compression, namespaces.
    """

    source_id: int
    name: str
    bytes: int
    sha256: str
    wiki_id: str
    snapshot: str
    job: str
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tree:
    """One RFC 6962 tree over the records.

    Args:
        origin: Its name in checkpoints.
        size: Number of leaves.
        root: Hexadecimal digits.
        content_root: Root over the same leaves without source positions, hexadecimal digits.
    """

    origin: str
    size: int
    root: str
    content_root: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a version holds. Nothing in here knows of time, host or attempt, so equal work gives equal digests.

    Args:
        schema: Name of the record contract.
        parser: Name and version of the reader.
        profile: `open`.
        page_bytes: Size that Parquet data pages aim at.
        sources: The dump files, by `source_id`.
        segments: The files, in the order of units and inside a unit in the order of rows.
        trees: The trees over the records.
        quarantine: `count` of unreadable records and `sha256` over them.
        licences: What the licence rules decided, JSON-able.
        limits: Limits that the reader kept, JSON-able.
        counts: Numbers of the build, JSON-able.
        extra: Everything else, JSON-able.
    """

    schema: str
    parser: str
    profile: str = "open"
    page_bytes: int = 64 * 1024
    sources: tuple[SourceFile, ...] = ()
    segments: tuple[Segment, ...] = ()
    trees: tuple[Tree, ...] = ()
    quarantine: dict[str, Any] = field(default_factory=lambda: dict(NO_QUARANTINE))
    licences: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def of_kind(self, kind: str) -> tuple[Segment, ...]:
        """Return the segments of one kind, in the manifest's order."""
        return tuple(segment for segment in self.segments if segment.kind == kind)

    @property
    def tree(self) -> Tree:
        """The one tree over the records.

        Raises:
            StoreFormatError: The version has none, or several.
        """
        if len(self.trees) != 1:
            raise StoreFormatError(f"version does not have exactly one tree: {len(self.trees)}")
        return self.trees[0]

    def to_json(self) -> dict[str, Any]:
        """Return the content as a JSON object."""
        return asdict(self)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the content, in hexadecimal digits.

        >>> Content(schema="s", parser="p").digest == Content(schema="s", parser="p").digest
        True
        """
        return canonical.digest(self.to_json())

    @classmethod
    def from_json(cls, value: object, *, source: str) -> Content:
        """Read the content strictly; see `Segment.from_json`."""
        content = dict(canonical.members(value, _CONTENT_SHAPE, what="content", source=source))
        content["segments"] = tuple(Segment.from_json(item, source=source) for item in content["segments"])
        content["sources"] = tuple(
            SourceFile(**canonical.members(item, _SOURCE_SHAPE, what="source", source=source))
            for item in content["sources"]
        )
        content["trees"] = tuple(
            Tree(**canonical.members(item, _TREE_SHAPE, what="tree", source=source)) for item in content["trees"]
        )
        for tree in content["trees"]:
            if not all(canonical.SHA256_HEX.fullmatch(root) for root in (tree.root, tree.content_root)):
                raise StoreFormatError(f"tree has a malformed root ({tree.origin}) in file: {source}")
        return cls(**content)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One committed version.

    Args:
        version: Counts from 1.
        parent: `sha256:` and the digest of the parent manifest's file bytes; None for version 1.
        created_at: When, as the caller said.
        created_by: Who, as the caller said.
        content: What it holds.
    """

    version: int
    parent: str | None
    created_at: str | None
    created_by: str
    content: Content

    def to_bytes(self) -> bytes:
        """Return the bytes of the manifest file."""
        header = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "content"}
        return canonical.encode({"format": FORMAT, **header, "content": self.content.to_json()})

    @classmethod
    def from_bytes(cls, data: bytes, *, source: str) -> Manifest:
        """Read a manifest file strictly.

        Args:
            data: The bytes of the file.
            source: The file's name, for the message.

        Returns:
            The manifest.

        Raises:
            StoreFormatError: The bytes are not the canonical form of a manifest of this format.
        """
        value = canonical.decode(data, source=source)
        if type(value) is dict and value.get("format") != FORMAT:
            raise StoreFormatError(f"manifest is of another format than {FORMAT}: {source}")
        manifest = dict(canonical.members(value, _MANIFEST_SHAPE, what="manifest", source=source))
        del manifest["format"]
        manifest["content"] = Content.from_json(manifest["content"], source=source)
        return cls(**manifest)
