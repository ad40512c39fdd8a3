"""Forgeries for the tour: one byte changed in a copy, in every kind of file, and what verification says to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from wikigrove.errors import WikigroveError
from wikigrove.pipeline import locations
from wikigrove.pipeline.audit import trace, verify
from wikigrove.pipeline.build import Build
from wikigrove.report.data import Tamper

FLIPPED: Final = 0x20
"""One bit; it also turns lower case into upper case, so a flipped text stays readable."""


def tamper_with_copies(built: Build, dataset: Path, folder: Path, policy: Path) -> list[Tamper]:
    """Change one byte in a fresh copy, once for each kind of file, and look whether that is found.

    Args:
        built: The store and its sources.
        dataset: An export of it.
        folder: Where the copies go; removed in the end.
        policy: The pinned policy.

    Returns:
        What was changed, whether it was found, and what the finding says.
    """
    store = built.store.path
    content = built.store.manifest().content
    files = {kind: store / content.of_kind(kind)[0].path for kind in ("records", "leaves", "tiles")}
    (note,) = (store / "checkpoints").iterdir()
    changes: list[tuple[str, Path, Path]] = [
        ("a record's Parquet file", store, files["records"]),
        ("the leaf table", store, files["leaves"]),
        ("a tile of the tree", store, files["tiles"]),
        ("the signed checkpoint", store, note),
        ("a row of the data set", dataset, next((dataset / "data").iterdir())),
        ("an inclusion proof", dataset, next((dataset / "proofs").glob("*.parquet"))),
    ]
    found = [_in_copy(what, tree, file, folder, lambda copy: _verified(copy, policy)) for what, tree, file in changes]
    found.append(_in_dump(built, folder, policy))
    shutil.rmtree(folder, ignore_errors=True)
    return found


def flip_byte(path: Path, place: int) -> None:
    """Flip one bit of one byte of a file."""
    data = bytearray(path.read_bytes())
    data[place] ^= FLIPPED
    path.write_bytes(data)


def _in_copy(what: str, tree: Path, file: Path, folder: Path, check: Callable[[Path], str | None]) -> Tamper:
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(tree, copy)
    inside = file.relative_to(tree)
    place = (copy / inside).stat().st_size // 2
    flip_byte(copy / inside, place)
    message = check(copy)
    where = f"{inside.as_posix()}, byte {place}"
    return {"what": what, "place": where, "found": message is not None, "message": message or "nothing was found"}


def _verified(copy: Path, policy: Path) -> str | None:
    try:
        report = verify(copy, policy=policy, state=copy.parent / "state.json")
    except WikigroveError as error:
        return str(error)
    if report.exit_code == 0:
        return None
    return str(report.findings[0]) if report.findings else f"exit code {report.exit_code}"


def _in_dump(built: Build, folder: Path, policy: Path) -> Tamper:
    """Change one byte in the middle of a copy of the first dump, and trace its first record."""
    source = built.manifest.content.sources[0]
    original = locations.find(built.store, 0)
    assert original is not None  # noqa: S101  # the demo built it a moment ago
    copy = folder / original.name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(original, copy)
    place = copy.stat().st_size // 2
    flip_byte(copy, place)
    try:
        report = trace(built.store, 0, dump=copy, policy=policy)
        failed = [step for step in report.steps if step.status == "failed"]
        message = f"{failed[0].name}: {failed[0].detail}" if failed else None
    except WikigroveError as error:
        message = str(error)
    where = f"{source.name}, byte {place}"
    found = message is not None
    return {"what": "the dump itself", "place": where, "found": found, "message": message or "nothing was found"}
