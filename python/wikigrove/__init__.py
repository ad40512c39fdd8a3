"""Wikimedia dumps into training sets that can be proved."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from wikigrove import _core, errors

if TYPE_CHECKING:
    from wikigrove.crypto import KeyFolder
    from wikigrove.embedding import Embedder, HashEmbedder, PrecomputedEmbedder
    from wikigrove.history import reverts, stable_revisions
    from wikigrove.pipeline.audit import trace, verify
    from wikigrove.pipeline.build import build
    from wikigrove.pipeline.release import export
    from wikigrove.pipeline.rotation import rotate_keys
    from wikigrove.pipeline.sample import select
    from wikigrove.pipeline.texts import plain_text
    from wikigrove.pipeline.vectors import embed, search
    from wikigrove.provenance import GroveLog
    from wikigrove.selection import Selection, select_representative
    from wikigrove.store import Store, fetch_by_ids

__version__ = _core.__version__

__all__ = [
    "Embedder",
    "GroveLog",
    "HashEmbedder",
    "KeyFolder",
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
    "rotate_keys",
    "search",
    "select",
    "select_representative",
    "stable_revisions",
    "trace",
    "verify",
]

_HOMES = {
    "Embedder": "wikigrove.embedding",
    "GroveLog": "wikigrove.provenance",
    "HashEmbedder": "wikigrove.embedding",
    "KeyFolder": "wikigrove.crypto",
    "PrecomputedEmbedder": "wikigrove.embedding",
    "Selection": "wikigrove.selection",
    "Store": "wikigrove.store",
    "build": "wikigrove.pipeline.build",
    "embed": "wikigrove.pipeline.vectors",
    "export": "wikigrove.pipeline.release",
    "fetch_by_ids": "wikigrove.store",
    "plain_text": "wikigrove.pipeline.texts",
    "reverts": "wikigrove.history",
    "rotate_keys": "wikigrove.pipeline.rotation",
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
