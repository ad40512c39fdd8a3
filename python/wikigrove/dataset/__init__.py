"""A selection as a data set that strangers can use, attribute and verify."""

from wikigrove.dataset.proofs import Prover
from wikigrove.dataset.shards import ExportResult, write_export

__all__ = ["ExportResult", "Prover", "write_export"]
