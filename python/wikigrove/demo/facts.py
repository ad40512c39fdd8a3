"""What the tour found, in the words of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow.compute as pc

from wikigrove.dataset import ExportResult
from wikigrove.governance.wikis import language_tag
from wikigrove.pipeline.build import QUARANTINE_FLOOR, Build
from wikigrove.pipeline.texts import plain_text
from wikigrove.provenance.findings import MEANINGS, VerifyReport
from wikigrove.report import metrics_of, strata_of
from wikigrove.report.data import File, Intake, Lane, Lanes, Proof, Quarantine, Tamper
from wikigrove.report.data import Selection as SelectionFacts
from wikigrove.selection import Selection
from wikigrove.selection.describe import verdict
from wikigrove.store import Store, fetch_by_ids, iterate

SHOWN_ROWS: Final = 12
SNIPPET: Final = 160


def intake_facts(built: Build, seconds: float) -> Intake:
    """Tell what came in."""
    sources = built.manifest.content.sources
    languages: Counter[str] = Counter()
    for source in sources:
        languages[language_tag(source.wiki_id) or source.wiki_id] += source.extra["counts"]["revisions"]
    counts = built.counts
    return {
        "files": [
            File(
                name=source.name,
                wiki_id=source.wiki_id,
                packing=source.extra["compression"],
                bytes=source.bytes,
                bytes_decompressed=source.extra["counts"]["bytes_decompressed"],
                pages=source.extra["counts"]["pages"],
                revisions=source.extra["counts"]["revisions"],
                sha256=source.sha256,
            )
            for source in sources
        ],
        "pages": counts["pages"],
        "revisions": counts["revisions"],
        "bytes": sum(source.bytes for source in sources),
        "bytes_decompressed": counts["bytes_decompressed"],
        "seconds": seconds,
        "languages": dict(languages),
        "sha1": counts["sha1_status"],
        "text_states": counts["text_state"],
        "licences": counts["licences"],
        "warnings": built.warnings,
    }


def quarantine_facts(built: Build) -> Quarantine:
    """Tell what could not be read, and where it lies."""
    names = {source.source_id: source.name for source in built.manifest.content.sources}
    rows = [row for batch in iterate(built.store, "quarantine") for row in batch.to_pylist()]
    return {
        "count": built.quarantined,
        "budget": QUARANTINE_FLOOR,
        "rows": [
            {
                "file": names[row["source_id"]],
                "offset": row["element_offset"],
                "page_id": row["page_id"],
                "revision_id": row["revision_id"],
                "reason": row["reason"],
                "detail": row["detail"],
            }
            for row in rows
        ],
    }


def selection_facts(store: Store, selection: Selection, *, by: str) -> SelectionFacts:
    """Tell what was chosen, beside chance."""
    columns = ["page_title", "wiki_id", "canonical_url", "licence_ids", "leaf_index"]
    shown = selection.ids[:: max(1, len(selection.ids) // SHOWN_ROWS)][:SHOWN_ROWS]
    texts: Any = plain_text(store, shown)["plain_text"]
    table = fetch_by_ids(store, shown, columns)
    rows = table.append_column("plain_text", pc.utf8_slice_codeunits(texts, 0, SNIPPET)).to_pylist()
    return {
        "objective": selection.objective,
        "budget": selection.budget,
        "population": sum(selection.population.values()),
        "lane": selection.lane,
        "engine": selection.engine or "",
        "seed": selection.seed,
        "embedder": selection.embedder or "",
        "strata_by": by,
        "metrics": metrics_of(selection.to_json()),
        "strata": strata_of(selection.to_json()),
        "rows": [
            {
                "title": row["page_title"],
                "wiki_id": row["wiki_id"],
                "language": language_tag(row["wiki_id"]) or row["wiki_id"],
                "url": row["canonical_url"],
                "snippet": row["plain_text"] or "",
                "licence": " or ".join(row["licence_ids"]),
                "leaf_index": row["leaf_index"],
            }
            for row in rows
        ],
    }


def lane_facts(classical: Selection, quantum: Selection, seconds: Mapping[str, float]) -> Lanes:
    """Set both lanes side by side, on the same records and quotas."""
    return {
        "task": f"choose {classical.budget} of {sum(classical.population.values())} records, same quotas, same seed",
        "lanes": [
            _lane("classical", classical, seconds["select"]),
            _lane("quantum", quantum, seconds["select, quantum lane"]),
        ],
        "agreement": [
            {
                "name": name.replace("_", " "),
                "left": "difference of probabilities at most",
                "right": f"{value:.0e}",
                "passed": value <= 1e-9,
            }
            for name, value in _differences(quantum.details or {}).items()
        ],
        "verdict": verdict(quantum),
    }


def _differences(details: Mapping[str, Any], name: str = "") -> dict[str, float]:
    """Find the largest difference of probabilities that each engine check recorded."""
    found: dict[str, float] = {}
    for key, value in details.items():
        label = f"{name} {key}".strip()
        if isinstance(value, Mapping):
            found.update(_differences(value, label))
        elif key in ("engine_difference_at_most", "difference_at_most") and isinstance(value, float):
            found[label.removesuffix("_at_most")] = value
    return found


def _lane(name: str, selection: Selection, seconds: float) -> Lane:
    notes = [f"rows by {selection.engine}"]
    if selection.details and isinstance(selection.details.get("statement"), str):
        notes.append(selection.details["statement"])
    lane: Lane = {
        "name": name,
        "engine": selection.engine or "",
        "simulated": selection.simulated,
        "objective": selection.metrics["mmd2"],
        "objective_label": "MMD²",
        "rows": len(selection.ids),
        "seconds": {"whole call": seconds},
        "notes": notes,
    }
    if selection.ledger:
        lane["ledger"] = selection.ledger
    if selection.twin:
        lane["twin"] = {
            "herding MMD²": selection.twin["herding"]["metrics"]["mmd2"],
            **{key: value for key, value in selection.twin["sampler"].items() if isinstance(value, int | float)},
        }
    if selection.fallback:
        lane["fallback"] = f"{selection.fallback['error']}: {selection.fallback['reason']}"
    return lane


def proof_facts(
    built: Build, exported: ExportResult, store: VerifyReport, dataset: VerifyReport, tampered: Sequence[Tamper]
) -> Proof:
    """Tell what holds the data set to the dump."""
    kinds = {"store": store, "data set": dataset}
    return {
        "trees": [
            {
                "name": "snapshot: every revision of the dumps",
                "origin": built.tree.origin,
                "size": built.tree.size,
                "root": built.tree.root,
            },
            {
                "name": "data set: every exported row",
                "origin": exported.dataset_origin,
                "size": exported.rows,
                "root": exported.dataset_root,
            },
        ],
        "signatures": [
            {"algorithm": algorithm, "key": key, "passed": True}
            for tree in dataset.trees
            for algorithm, key in zip(("Ed25519", "ML-DSA-44"), tree.keys, strict=False)
        ],
        "levels": [
            {
                "level": f"{level.level}, {kind}",
                "label": MEANINGS[level.level],
                "passed": {"passed": True, "failed": False}.get(level.status),
                "detail": f"{level.checked} checked" + (f"; {level.reason}" if level.reason else ""),
            }
            for kind, report in kinds.items()
            for level in report.levels
        ],
        "tamper": list(tampered),
    }
