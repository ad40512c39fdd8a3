"""Where records come from: dump files and folders, what they are, what was published about them, and their order.

`names` reads file names and `glance` first bytes; `dumps` inspects and opens one file; `layouts` knows the folders of
dump runs and `states` what runs say about themselves; `sums` finds published sums and compares them; `gathering` makes
inspected files out of whatever a build was given; `multistream` and `pages` read one page by an index; `overview` tells
all of it to people.
"""

from __future__ import annotations

from wikigrove.sources.dumps import SourceFile, inspect, open_reader, order, read_record
from wikigrove.sources.gathering import gather
from wikigrove.sources.layouts import Run, open_run
from wikigrove.sources.names import DumpName, parse_name

__all__ = [
    "DumpName",
    "Run",
    "SourceFile",
    "gather",
    "inspect",
    "open_reader",
    "open_run",
    "order",
    "parse_name",
    "read_record",
]
