"""Texts to vectors: one protocol, the built-in `hash-v1`, and vectors that were made elsewhere."""

from __future__ import annotations

from wikigrove.embedding.encoder import Embedder, FittableEmbedder, Texts
from wikigrove.embedding.hashed import HashEmbedder
from wikigrove.embedding.precomputed import PrecomputedEmbedder

__all__ = ["Embedder", "FittableEmbedder", "HashEmbedder", "PrecomputedEmbedder", "Texts"]
