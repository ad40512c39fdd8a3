"""Builds small stores in processes that may be killed at any moment. No test of its own; `test_crash.py` drives it.

The process reads commands, one a line, and forks for each, so that a kill costs no new interpreter:
`loop PATH UNTIL`, `crash PATH VERSION STEP`, then `reap`, which waits for all children and prints how they ended.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet  # loaded before the fork

from wikigrove.errors import CommitConflictError
from wikigrove.store import (
    Content,
    EmbedderFacts,
    Manifest,
    Partition,
    RecordWriter,
    Segment,
    Staging,
    Store,
    Tree,
    VectorWriter,
    commit_manifest,
    journal,
    unit_key,
)

COLUMNS = pa.schema(
    [
        pa.field("leaf_index", pa.int64(), nullable=False),
        pa.field("element_length", pa.int64(), nullable=False),
        pa.field("text", pa.large_string()),
    ]
)
UNITS = 2
ROWS = 9


def process_unit(store: Store, version: int, ordinal: int) -> dict[str, Any]:
    """Write one unit's files; whoever enters the journal first decides."""
    key = unit_key({"version": version, "ordinal": ordinal})
    done = journal.get(store, key)
    if done is not None:
        return done
    partition = Partition("w")
    rows = pa.table(
        {
            "leaf_index": range(ROWS),
            "element_length": [50] * ROWS,
            "text": [f"{version} {ordinal} {row}" * 5 for row in range(ROWS)],
        },
        schema=COLUMNS,
    )
    with Staging(store) as staging:
        writer = RecordWriter(
            staging, "records", COLUMNS, partition, ordinal=ordinal, unit=key, group_rows=3, segment_bytes=300
        )
        writer.write(rows)
        segments = writer.close()
        facts = EmbedderFacts("test", "1", "00", 4, False, segments[0].sha256)
        vectors = VectorWriter(staging, partition, facts, ordinal=ordinal, unit=key, batch_rows=8)
        keys = np.arange(ROWS)
        vectors.write(keys, keys, keys, np.full((ROWS, 4), version + ordinal, dtype=np.float32))
        segments += vectors.close()
        return journal.put(store, key, {"segments": [segment.to_json() for segment in segments]})


def build(store: Store, version: int) -> Manifest:
    """Make the next version: its content is a function of its number."""
    segments = []
    for ordinal in range(UNITS):
        done = process_unit(store, version, ordinal)
        segments += [Segment.from_json(item).placed(ordinal * ROWS) for item in done["segments"]]
    tree = Tree("test", UNITS * ROWS, f"{version:064x}", f"{version:064x}")
    content = Content(schema="test", parser="test", segments=tuple(segments), trees=(tree,))
    manifest = commit_manifest(store, content, base=version - 1)
    store.write_checkpoint(tree, f"note over version {version}".encode())
    return manifest


def loop(path: str, until: int) -> None:
    """Commit one version after the other, and say so once it is acknowledged."""
    store = Store.create(path)
    while True:
        versions = store.versions()
        version = versions[-1] if versions else 0
        if version >= until:
            return
        try:
            build(store, version + 1)
        except CommitConflictError:  # the other writer was faster by a whole version
            continue
        os.write(1, f"ack {version + 1}\n".encode())


def crash(path: str, version: int, step: int) -> None:
    """Build one version and die right after the given call that changes or flushes the disk."""
    left = step

    def dying(call: Any) -> Any:
        def wrapper(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            result = call(*arguments, **options)
            left -= 1
            if left == 0:
                os._exit(9)
            return result

        return wrapper

    os.fsync = dying(lambda _: None)  # flushing matters when the machine dies, and here only the process does
    for name in ("link", "rename", "replace"):
        setattr(os, name, dying(getattr(os, name)))
    build(Store.open(path), version)


def serve() -> None:
    """Obey commands until the input ends."""
    children = []
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "reap":
            ends = [str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])) for child in children]
            children.clear()
            os.write(1, f"reaped {' '.join(ends)}\n".encode())
            continue
        child = os.fork()
        if child:
            children.append(child)
            os.write(1, f"pid {child}\n".encode())
            continue
        code = 1
        try:
            if command == "loop":
                loop(arguments[0], int(arguments[1]))
            else:
                crash(arguments[0], int(arguments[1]), int(arguments[2]))
            code = 0
        finally:
            os._exit(code)


if __name__ == "__main__":
    serve()
