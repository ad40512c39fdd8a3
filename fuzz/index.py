"""Arbitrary bytes through the reader of multistream indexes, beside a reader that is as plain as the format.

    python fuzz/index.py fuzz/corpus/index -max_total_time=60

Needs atheris (`pip install atheris`), which takes libFuzzer's options. Without it, `--plain SECONDS` mutates seeds.
Holds: both give the same lines or both refuse; refusals are `InputError`; look-ups agree with a dictionary.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import html
import io
import itertools
import os
import random
import re
import sys
import time
import zlib
from pathlib import Path

with contextlib.suppress(ImportError):
    import atheris

sys.path[:0] = [str(Path(__file__).parents[1] / "python")]  # as it is here, not as it is installed

from wikigrove.errors import InputError  # noqa: E402

if "atheris" in sys.modules:
    with atheris.instrument_imports(include=["wikigrove.sources.multistream"]):
        from wikigrove.sources import multistream
else:
    from wikigrove.sources import multistream

multistream._CHUNK_BYTES = 61  # small inputs shall cross chunks
multistream.LINE_BYTES = 97
LINE = re.compile(rb"([0-9]{1,18}):([0-9]{1,18}):(.*)", re.DOTALL)
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path("/tmp")  # noqa: S108
SCRATCH = MEMORY / f"wikigrove-fuzz-index-{os.getpid()}"


def plain(data: bytes) -> list[tuple[int, int, bytes]] | None:
    """Read an index line by line, or refuse it."""
    try:
        if data[:3] == b"BZh":
            data = bz2.BZ2File(io.BytesIO(data)).read()
        elif data[:2] == b"\x1f\x8b":
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read()
    except (OSError, EOFError, ValueError, zlib.error):
        return None
    lines = data.split(b"\n")
    if not lines[-1].strip() and len(lines[-1]) <= multistream.LINE_BYTES:
        lines.pop()
    entries = []
    for line in lines:
        found = LINE.fullmatch(line)
        if found is None or len(line) > multistream.LINE_BYTES:
            return None
        entries.append((int(found[1]), int(found[2]), found[3]))
    return entries if all(a[0] <= b[0] for a, b in itertools.pairwise(entries)) else None


def test_one(data: bytes) -> None:
    SCRATCH.write_bytes(data)
    want = plain(data)
    try:
        index = multistream.MultistreamIndex.read(SCRATCH, max_lines=1_000)
    except InputError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert "\n" not in refusal
        assert want is None or len(want) > 1_000, f"refused what is an index: {refusal}"
        return
    assert want is not None, "took what is no index"
    assert index.offsets.tolist() == [offset for offset, _, _ in want]
    assert index.page_ids.tolist() == [page for _, page, _ in want]
    first = {page: offset for offset, page, _ in reversed(want)}
    for page in [*first, 7, 0]:
        assert index.offset_of(page) == first.get(page), page
    for offset in first.values():
        assert index.pages_of(offset).tolist() == [page for own, page, _ in want if own == offset]
    assert index.streams().tolist() == sorted({offset for offset, _, _ in want})
    index.check(SCRATCH)
    try:
        titles = list(multistream.entries(SCRATCH))
    except InputError:
        assert any(not _is_utf8(title) for _, _, title in want)
        return
    assert titles == [(offset, page, html.unescape(title.decode())) for offset, page, title in want]


def _is_utf8(title: bytes) -> bool:
    try:
        title.decode()
    except UnicodeDecodeError:
        return False
    return True


def mutate_blindly(folder: Path, seconds: float) -> None:
    """Change, cut and join seeds by chance."""
    chance, pieces = random.Random(0), [b"\n", b":", b"0:", b"600:1:A\n", b"\r", b"&amp;", b"BZh9", b"\xff", b"9" * 18]
    seeds = [path.read_bytes() for path in sorted(folder.iterdir())]
    end, runs = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(data) + 1)
            data[place : place + chance.randrange(4)] = chance.choice([*pieces, bytes([chance.randrange(256)])])
        test_one(bytes(data))
        runs += 1
    print(f"{runs} runs")


if __name__ == "__main__":
    try:
        if "--plain" in sys.argv:
            mutate_blindly(Path(sys.argv[1]), float(sys.argv[sys.argv.index("--plain") + 1]))
        else:
            atheris.Setup(sys.argv, test_one)
            atheris.Fuzz()
    finally:
        SCRATCH.unlink(missing_ok=True)
