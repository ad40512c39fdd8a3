"""Where the dumps lay when a store was built: a hint for `trace`, outside of all that is sealed.

The manifest names sources by digest and file name only, so that two hosts that build the same dump agree on every byte.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from wikigrove.errors import StoreError
from wikigrove.store import Store, canonical, commit, fetch_by_ids
from wikigrove.store.regular import read_small

FILE: Final = "locations.json"


def remember(store: Store, paths: dict[str, str]) -> None:
    """Add the places of some files to the hints.

    Args:
        store: The store.
        paths: From SHA-256 (hex) of a file to its path.
    """
    commit.replace_file(store.path / FILE, canonical.encode({**_read(store), **paths}), staging=store.staging)


def find(store: Store, row: int) -> Path | None:
    """Look up where the dump of a row lay.

    Args:
        store: The store.
        row: The record's id.

    Returns:
        The path, or None where there is no hint. Whether the file is still the same is for `trace` to check.

    Raises:
        RecordNotFoundError: The store has no such row.
    """
    manifest = store.manifest()
    (source_id,) = fetch_by_ids(store, [row], ["source_id"], manifest=manifest)["source_id"].to_pylist()
    digests = {source.source_id: source.sha256 for source in manifest.content.sources}
    path = _read(store).get(digests.get(int(source_id or 0), ""))
    return None if path is None else Path(path)


def _read(store: Store) -> dict[str, str]:
    try:
        value = json.loads(read_small(store.path / FILE))
    except (OSError, StoreError, ValueError, RecursionError):
        return {}  # a hint that cannot be read is no hint
    return {str(key): str(path) for key, path in value.items()} if isinstance(value, dict) else {}
