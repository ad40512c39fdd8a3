"""What a report can be told. Every part and every field is optional; what is absent is not shown.

Counts are integers, times are seconds, sizes are bytes, digests and roots are lower-case hex. No text in here needs to
be harmless: titles, reasons and labels are escaped when the page is written.
"""

from __future__ import annotations

from typing import TypedDict

__all__ = [
    "Agreement",
    "Draws",
    "File",
    "Intake",
    "Lane",
    "Lanes",
    "Level",
    "Loss",
    "Losses",
    "Proof",
    "Quarantine",
    "Quarantined",
    "ReportData",
    "Reproduce",
    "SampleRow",
    "Selection",
    "Signature",
    "Stratum",
    "Tamper",
    "TreeFacts",
]


class File(TypedDict, total=False):
    """A dump as it was read."""

    name: str
    wiki_id: str
    packing: str
    bytes: int
    bytes_decompressed: int
    pages: int
    revisions: int
    sha256: str


class Intake(TypedDict, total=False):
    """What came in. `sha1` and `text_states` count revisions by the names in `wikigrove.schema`."""

    files: list[File]
    pages: int
    revisions: int
    bytes: int
    bytes_decompressed: int
    seconds: float
    languages: dict[str, int]
    sha1: dict[str, int]
    text_states: dict[str, int]
    licences: dict[str, int]
    warnings: list[str]


class Quarantined(TypedDict, total=False):
    """A record that could not be read."""

    file: str
    offset: int
    page_id: int | None
    revision_id: int | None
    reason: str
    detail: str


class Quarantine(TypedDict, total=False):
    """All records that could not be read; `rows` may be the first ones only."""

    count: int
    budget: int
    rows: list[Quarantined]


class Loss(TypedDict):
    """What text extraction dropped of one kind."""

    count: int
    bytes: int


class Losses(TypedDict, total=False):
    """What text extraction dropped, by kind, and what was left."""

    kinds: dict[str, Loss]
    wikitext_bytes: int
    plain_bytes: int


class Draws(TypedDict, total=False):
    """One metric of the selection beside the same metric of random draws.

    `better` is `lower` or `higher`. `draws` are the values of the draws; where only their summary is known, `count`,
    `mean`, `std`, `low` and `high` stand for them.
    """

    name: str
    label: str
    selected: float
    draws: list[float]
    count: int
    mean: float
    std: float
    low: float
    high: float
    better: str
    note: str


class Stratum(TypedDict, total=False):
    """One stratum: its records in the population, and its rows in the selection."""

    label: str
    population: int
    selected: int


class SampleRow(TypedDict, total=False):
    """A selected row to show."""

    title: str
    wiki_id: str
    language: str
    url: str
    snippet: str
    licence: str
    leaf_index: int


class Selection(TypedDict, total=False):
    """What was chosen, and how that compares with chance."""

    objective: str
    budget: int
    population: int
    lane: str
    engine: str
    seed: int
    embedder: str
    strata_by: str
    metrics: list[Draws]
    strata: list[Stratum]
    rows: list[SampleRow]


class Agreement(TypedDict, total=False):
    """A check that two computations of one thing agree."""

    name: str
    left: str
    right: str
    passed: bool


class Lane(TypedDict, total=False):
    """One lane of selection. `seconds` splits its wall time by stage."""

    name: str
    engine: str
    simulated: bool
    objective: float
    objective_label: str
    rows: int
    ledger: dict[str, int]
    twin: dict[str, float]
    seconds: dict[str, float]
    fallback: str
    notes: list[str]


class Lanes(TypedDict, total=False):
    """Both lanes on the same task. The verdict is a sentence, and may be that the classical lane wins."""

    task: str
    lanes: list[Lane]
    agreement: list[Agreement]
    verdict: str


class TreeFacts(TypedDict, total=False):
    """A signed tree."""

    name: str
    origin: str
    size: int
    root: str


class Signature(TypedDict, total=False):
    """A signature that was checked."""

    algorithm: str
    key: str
    passed: bool


class Level(TypedDict, total=False):
    """A level of the verify ladder. `passed` is None where the level could not run."""

    level: str
    label: str
    passed: bool | None
    detail: str
    seconds: float


class Tamper(TypedDict, total=False):
    """One deliberate change of a copy, and whether verification found it."""

    what: str
    place: str
    found: bool
    message: str


class Proof(TypedDict, total=False):
    """What holds the data set to its source."""

    trees: list[TreeFacts]
    signatures: list[Signature]
    levels: list[Level]
    tamper: list[Tamper]


class Reproduce(TypedDict, total=False):
    """How to do it again."""

    commands: list[str]
    environment: dict[str, str]
    seconds: dict[str, float]


class ReportData(TypedDict, total=False):
    """Everything on the page."""

    title: str
    subtitle: str
    synthetic: bool
    intake: Intake
    quarantine: Quarantine
    losses: Losses
    selection: Selection
    lanes: Lanes
    proof: Proof
    reproduce: Reproduce
