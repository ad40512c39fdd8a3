"""Leaves, trees, checkpoints and proofs: who can check what, down to the single row."""

from wikigrove.provenance.checkpoint import (
    dataset_origin,
    make_checkpoint,
    parse_checkpoint,
    snapshot_origin,
    verify_checkpoint,
)
from wikigrove.provenance.findings import Finding, LevelResult, VerifyReport
from wikigrove.provenance.leaf import LEAF_COLUMNS, encode_leaves, hash_leaf, hash_leaves
from wikigrove.provenance.log import GroveLog
from wikigrove.provenance.memory import Memory
from wikigrove.provenance.proof import InclusionProof, TlogProof
from wikigrove.provenance.prove import StoreProver
from wikigrove.provenance.steps import TraceReport, TraceStep
from wikigrove.provenance.tiles import TilePack, build_tree
from wikigrove.provenance.trace import trace
from wikigrove.provenance.verify import verify

__all__ = [
    "LEAF_COLUMNS",
    "Finding",
    "GroveLog",
    "InclusionProof",
    "LevelResult",
    "Memory",
    "StoreProver",
    "TilePack",
    "TlogProof",
    "TraceReport",
    "TraceStep",
    "VerifyReport",
    "build_tree",
    "dataset_origin",
    "encode_leaves",
    "hash_leaf",
    "hash_leaves",
    "make_checkpoint",
    "parse_checkpoint",
    "snapshot_origin",
    "trace",
    "verify",
    "verify_checkpoint",
]
