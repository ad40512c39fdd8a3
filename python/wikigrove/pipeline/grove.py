"""What the verbs enter in the grove log, and in which one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import rfc8785

from wikigrove.crypto.keys import KeyFolder, Signer
from wikigrove.crypto.policy import Policy
from wikigrove.errors import ConfigError
from wikigrove.governance import licence
from wikigrove.pipeline import keyring
from wikigrove.provenance.append import append, create_log
from wikigrove.provenance.checkpoint import parse_checkpoint
from wikigrove.provenance.descriptor import dataset_entry, snapshot_entries
from wikigrove.provenance.entry import LICENCE_TABLE, Entry
from wikigrove.provenance.log import GroveLog, name_log, named_log
from wikigrove.provenance.memory import Memory
from wikigrove.provenance.tlog import CHECKPOINT
from wikigrove.store import Content, Store

FOLDER: Final = "log"
"""Where the log of a store lies that shares none with other stores, inside of the store."""

SIGNED_FILE: Final = "signed.json"
"""The last head of each log that the keys of a folder have signed, beside the keys."""


def signed_heads(keys: Signer | str | Path | None) -> Memory | None:
    """Return what the keys of a folder have signed last; None for a signer that is no folder and keeps it itself."""
    if keys is not None and not isinstance(keys, str | Path):
        return None
    return Memory((Path(keys) if keys is not None else keyring.keys_path()) / SIGNED_FILE)


def find_log(path: str | Path) -> GroveLog:
    """Open a log by its own folder or by that of a store that names it.

    Args:
        path: The folder.

    Returns:
        The log.

    Raises:
        ConfigError: The store names no log.
        StoreError: The folder is neither a log nor a store.
    """
    folder = Path(path)
    if (folder / CHECKPOINT).is_file():
        return GroveLog(folder.absolute())
    named = named_log(Store.open(folder))
    if named is None:
        raise ConfigError(f"store names no log: {folder}; hint: run build again")
    return named[0]


def enter(
    log: GroveLog, entries: list[Entry], *, signer: Signer, keys: Signer | str | Path | None, time_s: int
) -> list[int]:
    """Enter what is not in a log yet; see `provenance.append.append`.

    Args:
        log: The log.
        entries: What shall be in it.
        signer: The opened keys.
        keys: Where they came from, as the caller of the verb gave it.
        time_s: The present in seconds since 1970.

    Returns:
        The number of each entry.
    """
    return append(log, entries, signer=signer, policy=own_policy(signer), signed=signed_heads(keys), time_s=time_s)


def enter_snapshot(
    store: Store,
    content: Content,
    *,
    log: str | Path | None,
    signer: Signer,
    keys: Signer | str | Path | None,
    time_s: int,
) -> GroveLog:
    """Enter a snapshot: the source manifest, the licence table, and the root. Then let the store name the log.

    Args:
        store: The store.
        content: The version, committed or about to be.
        log: Folder of the log; by default the one that the store names, or a new one inside of the store.
        signer: The opened keys.
        keys: Where they came from, as the caller of the verb gave it.
        time_s: The present in seconds since 1970.

    Returns:
        The log.
    """
    named = named_log(store)
    if log is None:
        log = named[0].path if named is not None else store.path / FOLDER
    grove = create_log(log, signer=signer, time_s=time_s)
    table = rfc8785.dumps(licence.table())  # type: ignore[arg-type]
    rules = Entry(LICENCE_TABLE, time_s, len(table), bytes.fromhex(licence.table_digest()), licence.TABLE_VERSION)
    sources, root = snapshot_entries(content, time_s=time_s)
    enter(grove, [sources, rules, root], signer=signer, keys=keys, time_s=time_s)
    name_log(store, grove, parse_checkpoint(grove.checkpoint()).origin)
    return grove


def enter_dataset(
    store: Store,
    content: Content,
    *,
    origin: str,
    size: int,
    root: bytes,
    facts: dict[str, Any],
    signer: Signer,
    keys: Signer | str | Path | None,
    time_s: int,
) -> None:
    """Enter the root of a data set in the log that its store names; a store of old that names none is left alone."""
    named = named_log(store)
    if named is not None:
        entry = dataset_entry(origin=origin, size=size, root=root, source=content.tree, facts=facts, time_s=time_s)
        enter(named[0], [entry], signer=signer, keys=keys, time_s=time_s)


def own_policy(signer: Signer) -> Policy | None:
    """Return the policy that a key folder makes; None for other signers, which look at checkpoints themselves."""
    return Policy.parse(signer.policy_text.encode()) if isinstance(signer, KeyFolder) else None
