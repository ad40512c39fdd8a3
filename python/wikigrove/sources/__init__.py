"""Where records come from: dump files and what their names and headers say."""

from __future__ import annotations

from wikigrove.sources.dumps import SourceFile, inspect, open_reader, order, read_record
from wikigrove.sources.names import DumpName, parse_name

__all__ = ["DumpName", "SourceFile", "inspect", "open_reader", "order", "parse_name", "read_record"]
