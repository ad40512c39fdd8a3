"""Where records come from: dump files and folders, what they are, what was published about them, and their order.

`names` reads file names and `glance` first bytes; `inspection` makes a `file` of what a path is, `reading` opens it;
`enterprise` does both for articles; `layouts` knows the folders of dump runs and `states` what runs say of themselves;
`sums` finds published sums and compares them; `gathering` makes inspected files out of whatever a build was given;
`multistream` and `pages` read one page by an index; `overview` tells all of it to people.
"""

from __future__ import annotations

from wikigrove.sources.file import SourceFile, order
from wikigrove.sources.gathering import gather
from wikigrove.sources.inspection import inspect
from wikigrove.sources.layouts import Run, open_run
from wikigrove.sources.names import DumpName, parse_name
from wikigrove.sources.reading import open_reader, read_record

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
