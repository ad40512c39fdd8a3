"""SIGKILL at random moments of a build: a reader sees the old or the new version, and the end is the reference."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import wikigrove
from wikigrove.demo.dump import write_demo_dumps
from wikigrove.errors import StoreError
from wikigrove.store import Store, journal

KILLS = int(os.environ.get("WIKIGROVE_KILLS", "20"))
PART_BYTES = 20_000  # several parts a file, so that many kills leave a file half done
SCRIPT = f"""
import sys, wikigrove
wikigrove.build(sys.argv[2:], into=sys.argv[1], batch_bytes=5_000, part_bytes={PART_BYTES})
"""


def state_of(store: Path) -> tuple[int, str] | None:
    """Version and root of the newest version, every segment of it re-hashed; None while there is none."""
    try:
        opened = Store.open(store)
        manifest = opened.manifest()
    except StoreError:
        return None
    for segment in manifest.content.segments:
        opened.check_segment(segment)
    return manifest.version, manifest.content.trees[0].root


def is_half_done(store: Path) -> bool:
    """Say whether there is a file of which some parts are sealed and others are not."""
    opened = Store.open(store)
    done = [record for key in journal.keys(opened) if (record := journal.get(opened, key)) is not None]
    last_parts = sum("resume" in record and record["resume"] is None for record in done)
    other_parts = sum("resume" in record and record["resume"] is not None for record in done)
    whole = [record for record in done if "resume" not in record]
    sealed_before = sum(len([each for each in record["segments"] if each["kind"] == "records"]) for record in whole)
    return last_parts + other_parts > sealed_before


@pytest.mark.timeout(300)
def test_kills_leave_the_old_or_the_new_version(tmp_path: Path, keys: Path) -> None:
    dumps = write_demo_dumps(tmp_path / "dumps", packing="bz2")
    old, new = dumps[:4], dumps
    store, environment = tmp_path / "store", {**os.environ, "WIKIGROVE_KEYS": str(keys)}
    first = wikigrove.build(old, into=store, keys=keys, part_bytes=PART_BYTES)
    start = time.monotonic()
    reference = wikigrove.build(new, into=tmp_path / "reference", keys=keys, part_bytes=PART_BYTES)
    duration = time.monotonic() - start + 0.5  # the start of an interpreter
    before, after = (1, first.tree.root), (2, reference.tree.root)
    moments, seen, killed = random.Random(7), set(), 0
    half_done = 0
    for _ in range(KILLS):
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(store), *map(str, new)], env=environment)
        try:
            process.wait(moments.uniform(0.2, duration))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        seen.add(state_of(store))
        if state_of(store) == after:  # begin anew, else the rest would only look at a finished store
            store = tmp_path / f"store-{len(list(tmp_path.iterdir()))}"
            wikigrove.build(old, into=store, keys=keys, part_bytes=PART_BYTES)
        half_done += is_half_done(store)
    assert killed > 0
    assert half_done > 0, "no kill has hit the middle of a file"
    assert seen <= {before, after}
    end = wikigrove.build(new, into=store, keys=keys, part_bytes=PART_BYTES)
    assert (end.manifest.version, end.tree.root) == after
    assert end.manifest.content.digest == reference.manifest.content.digest
