"""Reverts, and the newest revision of a page that has stood: read from the checksums of a history alone.

`revert` finds identity reverts, `stability` chooses by them; both work on `chains`, which are the whole pages of a
store, joined where a page's revisions lie in several files. The functions over arrays see many pages at once; the ones
over a store hold one batch of pages in memory at a time.
"""

from __future__ import annotations

from wikigrove.history.revert import RADIUS, REVERT, revert_lags, reverted_after, reverts
from wikigrove.history.stability import REASONS, RULE, STABLE, STOOD_SECONDS, in_words, stable_revisions

__all__ = [
    "RADIUS",
    "REASONS",
    "REVERT",
    "RULE",
    "STABLE",
    "STOOD_SECONDS",
    "in_words",
    "revert_lags",
    "reverted_after",
    "reverts",
    "stable_revisions",
]
