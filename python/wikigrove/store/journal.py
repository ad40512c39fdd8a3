"""The journal: what each finished unit of work has made. The first attempt's record is the truth."""

from __future__ import annotations

import re
from typing import Any, Final

from wikigrove.errors import StoreError, StoreFormatError
from wikigrove.store import canonical, commit
from wikigrove.store.layout import Store
from wikigrove.store.regular import read_small

FORMAT: Final = "wikigrove.done/1"

_NAME: Final = re.compile(r"([0-9a-f]{64})\.json")
_SHAPE: Final[dict[str, tuple[type, ...]]] = {"format": (str,), "unit": (str,), "done": (dict,)}


def unit_key(unit: dict[str, Any]) -> str:
    """Name a unit of work by everything that its result depends on.

    Args:
        unit: JSON-able: digest of the source, byte range, parser, schema, options.

    Returns:
        SHA-256 of the canonical JSON, in hexadecimal digits.

    >>> unit_key({"b": 2, "a": 1}) == unit_key({"a": 1, "b": 2})
    True
    """
    return canonical.digest(unit)


def put(store: Store, key: str, done: dict[str, Any]) -> dict[str, Any]:
    """Enter a unit's done-record, unless another attempt was first.

    Args:
        store: The store.
        key: From `unit_key`.
        done: JSON-able: state, segments, counts.

    Returns:
        The record that counts: this one, or that of the attempt that was first.

    Raises:
        StoreError: The key is none.
    """
    if canonical.SHA256_HEX.fullmatch(key) is None:
        raise StoreError(f"key of a unit is no digest: {key}")
    data = canonical.encode({"format": FORMAT, "unit": key, "done": done})
    commit.put_new(store.path / "journal" / f"{key}.json", data, staging=store.staging)
    winner = get(store, key)
    if winner is None:
        raise StoreError(f"journal record vanished while it was written: {key}")
    return winner


def get(store: Store, key: str) -> dict[str, Any] | None:
    """Read a unit's done-record.

    Args:
        store: The store.
        key: From `unit_key`.

    Returns:
        The record, or None where no attempt has finished.

    Raises:
        StoreFormatError: The file is not the canonical form of a record of this unit.
    """
    path = store.path / "journal" / f"{key}.json"
    try:
        data = read_small(path)
    except FileNotFoundError:
        return None
    value = canonical.decode(data, source=str(path))
    record = canonical.members(value, _SHAPE, what="journal record", source=str(path))
    if (record["format"], record["unit"]) != (FORMAT, key):
        raise StoreFormatError(f"journal record is of another format or unit: {path}")
    done: dict[str, Any] = record["done"]
    return done


def discard(store: Store, key: str) -> bool:
    """Take back a record that proved to be wrong; its segments become orphans.

    Args:
        store: The store.
        key: From `unit_key`.

    Returns:
        Whether there was one.
    """
    path = store.path / "journal" / f"{key}.json"
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def keys(store: Store) -> list[str]:
    """Return the keys of all finished units, ascending."""
    names = (entry.name for entry in (store.path / "journal").iterdir())
    return sorted(match[1] for name in names if (match := _NAME.fullmatch(name)))
