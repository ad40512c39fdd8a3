"""Write a selection as a data set: shards, sources, proofs, attribution, card, and the manifest last."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import rfc8785

from wikigrove.dataset.attribution import HEADER, attribution_csv, attribution_page, csv_lines
from wikigrove.dataset.card import CardFacts, data_card
from wikigrove.dataset.folder import describe, published, write_bytes, write_parquet
from wikigrove.dataset.proofs import PROOF, Prover, proof_rows
from wikigrove.dataset.rows import DATA, SOURCE, Refusals, checked_licence, cut, data_rows, source_rows
from wikigrove.errors import ConfigError, SelectionError
from wikigrove.governance.licence import TABLE_VERSION, table_digest
from wikigrove.schema import LEAF_CONTRACT, REVISION_CONTRACT

__all__ = ["FORMAT", "ExportResult", "transform_of", "write_export"]

FORMAT: Final = "wikigrove.dataset/1"
BUILD_TYPE: Final = "urn:wikigrove:build-type:export:1"
UNLISTED: Final = ("proofs/source.checkpoint", "proofs/dataset.checkpoint")
"""Signed notes: they prove themselves, and hedged signatures would make the manifest differ from run to run."""

ROWS_PER_SHARD: Final = 50_000
SELECTION_FACTS: Final = ("objective", "lane", "engine", "budget", "seed", "quotas", "embedder", "stable")
"""What the transform says of the selection: what was asked, never how long it took."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written.

    Attributes:
        target: The folder.
        rows: Number of rows.
        shards: Number of shards.
        text_bytes: UTF-8 bytes of all published texts.
        dataset_origin: Origin of the data-set tree.
        dataset_root: Its root, hex.
        transform_sha256: Digest of the transform that every output leaf names, hex.
        licences: Rows by licence id.
        files: Path, sha256 and bytes of every file in the manifest.
    """

    target: Path
    rows: int
    shards: int
    text_bytes: int
    dataset_origin: str
    dataset_root: str
    transform_sha256: str
    licences: dict[str, int]
    files: tuple[dict[str, object], ...]

    def to_json(self) -> dict[str, object]:
        """Return everything as JSON-able values."""
        return {**asdict(self), "target": str(self.target), "files": list(self.files)}

    def describe(self) -> str:
        """Return some lines for people."""
        licences = ", ".join(f"{name} {count:,}" for name, count in sorted(self.licences.items()))
        return (
            f"{self.rows:,} rows in {self.shards} shard{'s' if self.shards > 1 else ''}, "
            f"{self.text_bytes / 1e6:,.2f} MB of text: {self.target}\n"
            f"licences: {licences}\nsigned: {self.dataset_origin}\nroot: {self.dataset_root}"
        )


@dataclass(slots=True)
class _Totals:
    """Counts over all shards, in the order of the rows."""

    rows: int = 0
    text_bytes: int = 0
    hashes: bytearray = field(default_factory=bytearray)
    languages: Counter[str] = field(default_factory=Counter)
    wikis: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    loss_counts: Counter[str] = field(default_factory=Counter)
    loss_bytes: Counter[str] = field(default_factory=Counter)

    def add(self, shard: pa.Table, data: pa.Table, hashes: bytes) -> None:
        lengths: Any = pc.binary_length(data.column("text"))
        self.rows += data.num_rows
        self.text_bytes += pc.sum(lengths).as_py() or 0
        self.hashes += hashes
        self.languages.update(tag or "" for tag in data.column("language").to_pylist())
        self.wikis.update(str(wiki_id) for wiki_id in data.column("wiki_id").to_pylist())
        self.licences.update(str(licence) for licence in _flat(data.column("licence_ids")))
        for loss in _flat(shard.column("plain_text_losses")):
            self.loss_counts[loss["kind"]] += loss["count"]
            self.loss_bytes[loss["kind"]] += loss["bytes"]


def write_export(
    records: Iterable[pa.RecordBatch] | pa.Table,
    *,
    target: Path,
    name: str,
    selection: Mapping[str, Any],
    source_tree: Mapping[str, Any],
    source_checkpoint: bytes,
    dataset_origin: str,
    prover: Prover,
    sources: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, Mapping[str, Any]] | None = None,
    extractor: str = "not stated",
    rows_per_shard: int = ROWS_PER_SHARD,
    include_source: bool = True,
    licence_override: str | None = None,
) -> ExportResult:
    """Write a selection as a data set in a new folder, which appears whole or not at all.

    The same records, selection and source tree give the same bytes in every file but the two signed notes, whatever
    the batches are.

    Args:
        records: The selected rows of `schema.EXTRACTED`, `leaf_index` global and strictly ascending.
        target: The folder to make; it may exist if it is empty.
        name: Name of the data set, for people.
        selection: The selection as JSON.
        source_tree: `origin`, `size` and `root` (hex) of the tree that the leaf indices speak of.
        source_checkpoint: The signed note of that tree, verbatim.
        dataset_origin: Origin line of the data-set tree.
        prover: What computes leaves and paths, and signs.
        sources: `name`, `bytes`, `sha256` and `wiki_id` of every source file, for the card and the manifest.
        headers: By database name what texts and links depend on: `base` and `namespaces` of the dump's header.
        extractor: Name and version of what made plain text of wikitext.
        rows_per_shard: Rows of a shard at most.
        include_source: Whether the stored records go along, so that others can compute their leaves again.
        licence_override: SPDX id for records whose licence is not known; without it they are refused.

    Returns:
        What was written.

    Raises:
        ConfigError: If the target is occupied, a licence is unknown, or an option makes no sense.
        SelectionError: If there are no rows, or rows without plain text.
        SchemaError: If the records do not follow the contract or are out of order.
    """
    licence_override = checked_licence(licence_override)
    if rows_per_shard < 1:
        raise ConfigError(f"a shard needs at least one row: {rows_per_shard}")
    source_root = bytes.fromhex(str(source_tree["root"]))
    tree = {"origin": str(source_tree["origin"]), "size": int(source_tree["size"]), "root": source_root.hex()}
    headers = {wiki: dict(header) for wiki, header in sorted((headers or {}).items())}
    bases = {wiki: str(header["base"]) for wiki, header in headers.items() if header.get("base")}
    transform = transform_of(selection, tree, licence_override=licence_override, headers=headers, extractor=extractor)
    transform_digest = hashlib.sha256(rfc8785.dumps(transform)).digest()
    totals, refusals = _Totals(), Refusals()
    folders = ("data", "source", "proofs") if include_source else ("data", "proofs")
    with published(target) as staging:
        attribution = bytearray(csv_lines([HEADER]))
        shards = 0
        for shard in cut(records, rows=rows_per_shard):
            if refusals.note(shard, licence_override=licence_override):
                continue  # nothing will be published, but the message shall name all that is wrong
            data, history = data_rows(shard, first_row=totals.rows, licence_override=licence_override, bases=bases)
            proofs, hashes = proof_rows(data, prover=prover, source_root=source_root, transform=transform_digest)
            write_parquet(staging / f"data/{shards}", data, plain=("id", "text", "title", "url"))
            write_parquet(staging / f"proofs/{shards}", proofs, plain=("leaf", "inclusion_path", "output_leaf"))
            if include_source:
                write_parquet(
                    staging / f"source/{shards}", source_rows(shard), plain=("text", "slots", "canonical_url")
                )
            attribution += attribution_csv(data, history)
            totals.add(shard, data, hashes)
            shards += 1
        refusals.check()
        if not shards:
            raise SelectionError("the selection holds no rows")
        _name_shards(staging, folders, shards)
        root = prover.merkle_root(bytes(totals.hashes))
        dataset = {"origin": dataset_origin, "size": totals.rows, "root": root.hex()}
        licences = dict(sorted(totals.licences.items()))
        facts = CardFacts(
            name=name,
            rows=totals.rows,
            text_bytes=totals.text_bytes,
            languages=totals.languages,
            wikis=totals.wikis,
            licences=licences,
            losses={kind: (count, totals.loss_bytes[kind]) for kind, count in totals.loss_counts.items()},
            selection=selection,
            sources=sources,
            source_tree=tree,
            dataset_tree=dataset,
            include_source=include_source,
            licence_override=licence_override,
        )
        write_bytes(staging / "README.md", data_card(facts).encode("utf-8"))
        page = attribution_page(licences, licence_override=licence_override)
        write_bytes(staging / "ATTRIBUTION.md", page.encode("utf-8"))
        write_bytes(staging / "ATTRIBUTION.csv", bytes(attribution))
        write_bytes(staging / "selection.json", rfc8785.dumps(dict(selection)))
        write_bytes(staging / "proofs/source.checkpoint", source_checkpoint)
        write_bytes(staging / "proofs/dataset.checkpoint", prover.seal(dataset_origin, totals.rows, root))
        files = _files(staging)
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "name": name,
            "rows": totals.rows,
            "files": files,
            "source": tree,
            "sources": [dict(source) for source in sources],
            "dataset": dataset,
            "transform": transform,
            "schemas": {
                "record": REVISION_CONTRACT,
                "leaf": LEAF_CONTRACT,
                "data": _contract(DATA),
                "source": _contract(SOURCE) if include_source else None,
                "proof": _contract(PROOF),
            },
        }
        write_bytes(staging / "manifest.json", rfc8785.dumps(manifest))
    return ExportResult(
        target=target,
        rows=totals.rows,
        shards=shards,
        text_bytes=totals.text_bytes,
        dataset_origin=dataset_origin,
        dataset_root=root.hex(),
        transform_sha256=transform_digest.hex(),
        licences=licences,
        files=tuple(files),
    )


def transform_of(
    selection: Mapping[str, Any],
    source_tree: Mapping[str, Any],
    *,
    licence_override: str | None,
    headers: Mapping[str, Mapping[str, Any]],
    extractor: str,
) -> dict[str, Any]:
    """Describe how rows became texts, in the form of an SLSA build definition.

    Its digest stands in every output leaf. How rows are packed into files is no part of it.

    Args:
        selection: The selection as JSON.
        source_tree: `origin`, `size` and `root` (hex).
        licence_override: Licence stated for records without one.
        headers: By database name what texts and links depend on.
        extractor: Name and version of what made plain text of wikitext.

    Returns:
        A value for canonical JSON.
    """
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": {
            "selection": {key: selection[key] for key in SELECTION_FACTS if key in selection},
            "licenceOverride": licence_override,
            "text": "plain_text",
        },
        "internalParameters": {
            "recordContract": REVISION_CONTRACT,
            "extractor": extractor,
            "headers": headers,
            "licenceTable": {"version": TABLE_VERSION, "sha256": table_digest()},
        },
        "resolvedDependencies": [
            {
                "name": source_tree["origin"],
                "digest": {"sha256": source_tree["root"]},
                "annotations": {"treeSize": source_tree["size"]},
            }
        ],
    }


def _flat(lists: pa.ChunkedArray[Any]) -> list[Any]:
    values: Any = pc.list_flatten(lists)
    flat: list[Any] = values.to_pylist()
    return flat


def _name_shards(staging: Path, folders: Sequence[str], shards: int) -> None:
    for folder in folders:
        for number in range(shards):
            (staging / folder / str(number)).rename(staging / folder / f"train-{number:05d}-of-{shards:05d}.parquet")


def _files(staging: Path) -> list[dict[str, object]]:
    paths = sorted(path for path in staging.rglob("*") if path.is_file())
    listed = [describe(staging, path) for path in paths if path.relative_to(staging).as_posix() not in UNLISTED]
    return sorted(listed, key=lambda entry: str(entry["path"]))


def _contract(schema: pa.Schema) -> str:
    return (schema.metadata or {})[b"wikigrove.contract"].decode()
