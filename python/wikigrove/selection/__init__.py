"""Selection: which records go into a training set, and how well they stand for the rest."""

from wikigrove.selection.base import Selection
from wikigrove.selection.baseline import Baseline, random_baseline
from wikigrove.selection.classical import herd, shortlist
from wikigrove.selection.lane import LaneResult
from wikigrove.selection.metrics import METRICS, degrees_of_freedom, measure
from wikigrove.selection.problem import Problem
from wikigrove.selection.quotas import allocate
from wikigrove.selection.representative import select_representative
from wikigrove.selection.table import VectorTable

__all__ = [
    "METRICS",
    "Baseline",
    "LaneResult",
    "Problem",
    "Selection",
    "VectorTable",
    "allocate",
    "degrees_of_freedom",
    "herd",
    "measure",
    "random_baseline",
    "select_representative",
    "shortlist",
]
