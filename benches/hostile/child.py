"""Run one case in this process and print what came of it as one line of JSON.

Only errors that wikigrove raises on purpose are an outcome; everything else ends in a traceback, and so fails the case.
"""

from __future__ import annotations

import json
import resource
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEMORY_BYTES = 12 << 30
FILE_BYTES = 4 << 30


def build(paths: list[Path], folder: Path, threads: int) -> dict[str, Any]:
    import wikigrove

    built = wikigrove.build(paths, into=folder / "store", wiki="examplewiki", threads=threads, keys=folder / "keys")
    reasons = ", ".join(f"{name} {count}" for name, count in sorted(built.quarantine_reasons.items()))
    outcome = "quarantined" if built.quarantined else "rows"
    return {"outcome": outcome, "rows": built.tree.size, "quarantined": built.quarantined, "detail": reasons}


def inspect(paths: list[Path], folder: Path, threads: int) -> dict[str, Any]:
    from wikigrove import sources

    kinds = Counter(sources.inspect(path, wiki_id="examplewiki").kind for path in paths)
    return {"outcome": "inspected", "detail": ", ".join(kinds)}


def each(paths: list[Path], folder: Path, threads: int) -> dict[str, Any]:
    """Build each file alone; the outcomes are counted."""
    from wikigrove.errors import WikigroveError

    counts: Counter[str] = Counter()
    rows = quarantined = 0
    for number, path in enumerate(paths):
        place = folder / f"{number}"
        place.mkdir()
        try:
            found = build([path], place, threads)
        except WikigroveError as error:
            counts[type(error).__name__] += 1
        else:
            counts[found["outcome"]] += 1
            rows, quarantined = rows + found["rows"], quarantined + found["quarantined"]
    detail = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return {"outcome": "each", "rows": rows, "quarantined": quarantined, "detail": detail, "counts": counts}


def json_tests(paths: list[Path], folder: Path, threads: int) -> dict[str, Any]:
    """Each JSON text as a field of an article: what must be refused is refused, what must be taken is taken."""
    from documents import article, with_field

    from wikigrove.errors import WikigroveError

    wrong = []
    for number, path in enumerate(paths):
        content = path.read_bytes().replace(b"\r", b" ").replace(b"\n", b" ")
        place = folder / f"{number}"
        place.mkdir()
        file = place / "examplewiki_namespace_0.ndjson"
        file.write_bytes(article(1) + b"\n" + with_field(b'"x":' + content) + b"\n")
        try:
            found = build([file], place, threads)
            taken = found["rows"] == 2
            whole = found["rows"] + found["quarantined"] >= 2
        except WikigroveError:
            taken = whole = False
        is_wrong = not whole or (path.name[0] == "y" and not taken) or (path.name[0] == "n" and taken)
        # A line feed in a text is a line's end here, so the same text may be two lines.
        if is_wrong and b"\n" not in path.read_bytes().strip():
            wrong.append(path.name)
    return {"outcome": "wrong" if wrong else "each", "detail": ", ".join(wrong)[:300] or f"{len(paths)} as expected"}


def extract(paths: list[Path], folder: Path, threads: int) -> dict[str, Any]:
    import pyarrow as pa

    from wikigrove import extraction

    text = paths[0].read_text(encoding="utf-8", errors="strict")
    kind = ["text/html" if paths[0].suffix == ".html" else "text/x-wiki"]
    model = [None if paths[0].suffix == ".html" else "wikitext"]
    batch = pa.record_batch(
        {
            "content_model": pa.array(model, pa.string()),
            "content_format": pa.array(kind),
            "text": pa.array([text], pa.large_string()),
        }
    )
    made = extraction.extract(batch, None, threads=threads)["plain_text"][0].as_py()
    assert made is None or len(made.encode()) <= len(text.encode()), "a plain text that is longer than its page"
    return {"outcome": "text", "detail": f"{len(text):,} to {len(made or ''):,} characters"}


def page(paths: list[Path], folder: Path, threads: int) -> dict[str, Any]:
    """Read a page by an index that may lie."""
    from wikigrove.sources.pages import read_page

    dump, index = paths
    read = read_page(dump, 2, index=index, wiki_id="examplewiki")
    detail = f"by index {read.by_index}, {'; '.join(read.warnings)}"[:200]
    return {"outcome": "warned" if read.warnings else "read", "rows": len(read.rows), "detail": detail}


ACTIONS: dict[str, Callable[[list[Path], Path, int], dict[str, Any]]] = {
    function.__name__: function for function in (build, inspect, each, json_tests, extract, page)
}


def peak() -> dict[str, int]:
    """Tell the peak of this process alone; what `wait4` says holds that of the process that started it."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    found = [int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")]
    return {"peak_mib": found[0]} if found else {}


def main() -> None:
    action, folder, threads, *paths = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    from wikigrove.errors import WikigroveError

    try:
        found = ACTIONS[action]([Path(path) for path in paths], Path(folder), int(threads))
    except WikigroveError as error:
        found = {"outcome": type(error).__name__, "detail": str(error)[:200]}
    print(json.dumps(found | peak()))


if __name__ == "__main__":
    main()
