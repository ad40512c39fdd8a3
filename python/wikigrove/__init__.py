"""Wikimedia dumps into training sets that can be proved."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from wikigrove import _core, errors

if TYPE_CHECKING:
    from wikigrove.embedding import Embedder, HashEmbedder, PrecomputedEmbedder
    from wikigrove.history import reverts, stable_revisions
    from wikigrove.pipeline.audit import trace, verify
    from wikigrove.pipeline.build import build
    from wikigrove.pipeline.release import export
    from wikigrove.pipeline.sample import select
    from wikigrove.pipeline.texts import plain_text
    from wikigrove.pipeline.vectors import embed, search
    from wikigrove.selection import Selection, select_representative
    from wikigrove.store import Store, fetch_by_ids

__version__ = _core.__version__

__all__ = [
    "Embedder",
    "HashEmbedder",
    "PrecomputedEmbedder",
    "Selection",
    "Store",
    "__version__",
    "build",
    "embed",
    "errors",
    "export",
    "fetch_by_ids",
    "plain_text",
    "reverts",
    "search",
    "select",
    "select_representative",
    "stable_revisions",
    "trace",
    "verify",
]

_HOMES = {
    "Embedder": "wikigrove.embedding",
    "HashEmbedder": "wikigrove.embedding",
    "PrecomputedEmbedder": "wikigrove.embedding",
    "Selection": "wikigrove.selection",
    "Store": "wikigrove.store",
    "build": "wikigrove.pipeline.build",
    "embed": "wikigrove.pipeline.vectors",
    "export": "wikigrove.pipeline.release",
    "fetch_by_ids": "wikigrove.store",
    "plain_text": "wikigrove.pipeline.texts",
    "reverts": "wikigrove.history",
    "search": "wikigrove.pipeline.vectors",
    "select": "wikigrove.pipeline.sample",
    "select_representative": "wikigrove.selection",
    "stable_revisions": "wikigrove.history",
    "trace": "wikigrove.pipeline.audit",
    "verify": "wikigrove.pipeline.audit",
}


def __getattr__(name: str) -> Any:
    """Import a verb on first use, so that `import wikigrove` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
