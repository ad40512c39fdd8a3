"""Published sums of dump files: found beside them, and checked when a file was read to its end."""

from __future__ import annotations

from wikigrove.sources.sums.digests import blame, check, compare, measure
from wikigrove.sources.sums.lists import Published, SumTable

__all__ = ["Published", "SumTable", "blame", "check", "compare", "measure"]
