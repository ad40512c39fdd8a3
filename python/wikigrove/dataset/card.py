"""The data card: one README that the Hugging Face hub, a lawyer and an engineer can each read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wikigrove.dataset import evidence
from wikigrove.dataset.markdown import markdown_cell, markdown_table
from wikigrove.governance.licence import licence_url

__all__ = ["CardFacts", "data_card"]

SIZES: Final = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)
"""Size categories of the hub, https://huggingface.co/docs/hub/datasets-cards."""

HUB_LICENCES: Final = {
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC-BY-SA-3.0": "cc-by-sa-3.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-2.5": "cc-by-2.5",
    "CC0-1.0": "cc0-1.0",
    "GFDL-1.3-or-later": "gfdl",
}
"""Licence names of the hub; what it does not know is `other`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What the card states.

    Attributes:
        name: Name of the data set.
        rows: Number of rows.
        text_bytes: UTF-8 bytes of all published texts.
        languages: Rows by BCP 47 tag; key "" for wikis of many languages.
        wikis: Rows by database name.
        licences: Rows by licence id.
        losses: Count and bytes by kind of what text extraction dropped.
        selection: The selection as JSON.
        sources: Name, bytes, sha256 and wiki of every source file.
        source_tree: Origin, size and root (hex) of the source tree.
        dataset_tree: Origin, size and root (hex) of the data-set tree.
        include_source: Whether `source/` is there.
        licence_override: Licence that was stated by whoever exported, or None.
    """

    name: str
    rows: int
    text_bytes: int
    languages: Mapping[str, int]
    wikis: Mapping[str, int]
    licences: Mapping[str, int]
    losses: Mapping[str, tuple[int, int]]
    selection: Mapping[str, Any]
    sources: Sequence[Mapping[str, Any]]
    source_tree: Mapping[str, Any]
    dataset_tree: Mapping[str, Any]
    include_source: bool
    licence_override: str | None


def data_card(facts: CardFacts) -> str:
    """Write `README.md`.

    Args:
        facts: What it states.

    Returns:
        YAML front matter and Markdown.
    """
    parts = [
        _front_matter(facts),
        f"# {markdown_cell(facts.name)}",
        _what(facts),
        "## How the rows were chosen",
        evidence.selection_part(facts.selection),
        *evidence.quantum_part(facts.selection),
        "## Sources",
        _sources(facts),
        "## What text extraction lost",
        _losses(facts),
        "## Licences and attribution",
        _licences(facts),
        "## Privacy",
        PRIVACY,
        "## How to verify",
        _verify(facts),
        "## Cautions",
        CAUTIONS,
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(facts: CardFacts) -> str:
    known = sorted({HUB_LICENCES.get(licence, "other") for licence in facts.licences})
    lines = ["---", f"pretty_name: {_quoted(facts.name)}"]
    if len(known) == 1 and known != ["other"]:
        lines.append(f"license: {known[0]}")
    else:
        lines += ["license:", *(f"- {licence}" for licence in known)]
    if "other" in known:
        lines += ["license_name: see-attribution", "license_link: ATTRIBUTION.md"]
    languages = sorted(tag for tag in facts.languages if tag)
    if languages:
        lines += ["language:", *(f"- {_quoted(tag)}" for tag in languages)]  # quoted: `no` is a boolean in YAML 1.1
    if len(languages) > 1:
        lines += ["multilinguality:", "- multilingual"]
    size = next((label for limit, label in SIZES if facts.rows < limit), "n>1B")
    lines += ["size_categories:", f"- {size}", "task_categories:", "- text-generation", "- fill-mask"]
    lines += ["tags:", "- wikimedia", "- provenance", "- wikigrove", "configs:", "- config_name: default"]
    lines += ["  data_files:", "  - split: train", "    path: data/train-*.parquet", "---"]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a YAML double-quoted scalar


def _what(facts: CardFacts) -> str:
    wikis = _table(("Wiki", "Rows"), ((wiki, f"{count:,}") for wiki, count in _by_count(facts.wikis)))
    return (
        f"{facts.rows:,} texts ({facts.text_bytes:,} bytes of UTF-8) from {len(facts.wikis):,} Wikimedia-style wikis, "
        "drawn from their dumps by wikigrove. Each row is the plain text of one "
        "revision, with its licence, a permanent address, and the position of its record in a signed Merkle tree over "
        f"the whole source.\n\n{wikis}\n\n"
        "Columns of `data/`: `id` (wiki:page:revision), `text`, `title`, `language`, `wiki_id`, `page_id`, "
        "`revision_id`, `revision_dt`, `licence_ids`, `url`, `source_leaf_index`, `row`."
    )


def _sources(facts: CardFacts) -> str:
    tree = facts.source_tree
    head = (
        f"One tree over all records of the source: origin `{tree['origin']}`, size {tree['size']:,}, "
        f"root `{tree['root']}`."
    )
    if not facts.sources:
        return head
    rows = (
        (
            source.get("name", ""),
            source.get("wiki_id", ""),
            f"{int(source.get('bytes', 0)):,}",
            source.get("sha256", ""),
        )
        for source in facts.sources
    )
    return head + "\n\n" + _table(("File", "Wiki", "Bytes", "SHA-256"), rows)


def _losses(facts: CardFacts) -> str:
    head = (
        "Texts were made from wikitext by a linear scanner. **Templates are not expanded**: numbers, dates and names "
        "that a page writes through templates (infoboxes, unit conversions, quotations) are missing from its text. "
        "Tables, references, galleries, files, categories and comments are dropped too; link labels, headings and list "
        "items are kept."
    )
    if not facts.losses:
        return head
    rows = (
        (kind, f"{count:,}", f"{size:,}")
        for kind, (count, size) in sorted(facts.losses.items(), key=lambda item: (-item[1][1], item[0]))
    )
    return head + "\n\n" + _table(("Dropped", "Times", "Bytes of wikitext"), rows)


def _licences(facts: CardFacts) -> str:
    rows = ((licence, f"{count:,}", licence_url(licence) or "") for licence, count in _by_count(facts.licences))
    text = _table(("Licence", "Rows", "Text"), rows)
    text += (
        "\n\nThe licence is a column (`licence_ids`), resolved per record from project, namespace and time of the "
        "revision. `ATTRIBUTION.md` says how to give credit, `ATTRIBUTION.csv` has the links for every row. Wiki text "
        "may quote other works under fair use or hold infringements that nobody has found yet."
    )
    if facts.licence_override is not None:
        text += (
            f"\n\nWhere the licence is not known, `{facts.licence_override}` was stated by whoever made this export."
        )
    return text


PRIVACY: Final = (
    "Contributors' names, ids and addresses and their edit comments are not part of this data set; they are credited "
    "through the history link of each page. Text that was suppressed on the wiki before the dump was made is not here. "
    "Text about living people and text that users signed in discussions may be: this is a copy of public pages, not an "
    "anonymised one. What was suppressed after the dump can be found and dropped by `source_leaf_index`."
)


def _verify(facts: CardFacts) -> str:
    tree = facts.dataset_tree
    last = "`source/` holds the records as stored, so that every source leaf can be computed again."
    if not facts.include_source:
        last = "`source/` was left out: source leaves can be checked for inclusion, but not computed again."
    return (
        "```console\n$ pip install wikigrove\n$ wikigrove verify . --policy trust.policy\n```\n\n"
        "The policy file holds the public keys that you trust; take it from a place other than this folder. Checked "
        "are the signatures of both checkpoints (Ed25519 and ML-DSA-44), the path of every row's source leaf to the "
        "source root (RFC 6962), and the leaf of every row's text under the data-set root.\n\n"
        f"Data-set tree: origin `{tree['origin']}`, size {tree['size']:,}, root `{tree['root']}`. {last} "
        "`manifest.json` lists SHA-256 and size of every other file. The proof says that a row comes from the named "
        "dump unchanged; it does not say that what the page states is true."
    )


CAUTIONS: Final = (
    "- Language editions differ by context, governance and technology (arXiv:2204.02483): equal numbers of rows "
    "are not equal coverage of the world, and the same subject may be told differently.\n"
    "- Bots wrote most pages of some editions. A population figure is a count of records, not of human effort.\n"
    "- The text is as old as the dump. Vandalism that stood at that moment is in it.\n"
    "- A representative sample repeats the gaps and biases of its source, by design."
)


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return markdown_table(header, [[markdown_cell(cell) for cell in row] for row in rows])
