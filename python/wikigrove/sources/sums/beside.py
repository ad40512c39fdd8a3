"""The sums that lie beside files: every list of a folder, read once."""

from __future__ import annotations

from pathlib import Path

from wikigrove.errors import InputError
from wikigrove.sources import states
from wikigrove.sources.names import parse_name
from wikigrove.sources.regular import names_in
from wikigrove.sources.sums.lists import Published, SumTable


def read_folder(folder: Path, *, strict: bool = False) -> SumTable:
    """Read every list of sums in a folder: SHA256SUMS, md5sums, sha1sums, dumpstatus.json, Enterprise descriptions.

    Args:
        folder: The folder.
        strict: Raise for what makes no sense in a list; otherwise it becomes a warning of the table.

    Returns:
        What was published about which file.

    Raises:
        InputError: A list makes no sense, and `strict` is given.
        OSError: The folder or a list cannot be read.
    """
    files, _, _ = names_in(folder)
    table = SumTable()
    for name, path in files.items():
        if parse_name(name).kind == "sums":
            table.read(path, strict=strict)
    try:
        if states.DUMPSTATUS in files:
            states.read_dumpstatus(files[states.DUMPSTATUS], table)
        if archives := [name for name in files if states.is_archive(name)]:
            described = [path for name, path in files.items() if parse_name(name).kind == "metadata"]
            states.add_descriptions(table, described, archives)
    except InputError as error:
        if strict:
            raise
        table.warnings.append(str(error))
    return table


def find(path: str | Path) -> Published:
    """Find what was published about one file, in the lists beside it.

    Args:
        path: The file.

    Returns:
        The sums; empty where there is no list, or none names the file.

    Raises:
        DumpFormatError: The lists contradict each other.
    """
    path = Path(path)
    try:
        return read_folder(path.parent).published(path.name)
    except OSError:  # a folder that may not be listed tells nothing
        return Published()
