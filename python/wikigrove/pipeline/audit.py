"""Checking what others, or we ourselves some time ago, have made."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from wikigrove import ingest
from wikigrove.crypto.policy import Policy
from wikigrove.extraction import extract
from wikigrove.pipeline import keyring, locations
from wikigrove.provenance.findings import VerifyReport
from wikigrove.provenance.memory import Memory
from wikigrove.provenance.steps import TraceReport
from wikigrove.store import Store


def verify(
    target: Store | str | Path,
    *,
    policy: Policy | str | Path | None = None,
    state: str | Path | None = None,
    up_to: str = "V4",
    now: datetime | None = None,
) -> VerifyReport:
    """Check a store or an export, from files and signatures up to every leaf.

    Args:
        target: A store, its folder, or the folder of an export.
        policy: Pinned keys: the file `trust.policy` of whoever signed. By default that of the own key folder; never one
            that lies in the target.
        state: File of remembered checkpoints, by default `keyring.state_path()`. What passes is remembered there.
        up_to: Highest level, `V0` to `V4`.
        now: Signatures from the future are refused; the present by default.

    Returns:
        The report: levels, findings with file and row, `exit_code`.

    Raises:
        ConfigError: Policy or state cannot be read.
        StoreFormatError: The folder is neither a store nor an export.
    """
    from wikigrove.provenance.verify import verify as climb

    now_s = int((now or datetime.now(UTC)).timestamp())
    memory = Memory(Path(state) if state is not None else keyring.state_path())
    return climb(
        target,
        policy=policy or keyring.own_policy(),
        memory=memory,
        up_to=up_to,
        now_s=now_s,
        derive=ingest.derive,
        extract=extract,
    )


def trace(
    store: Store | str | Path,
    row: int,
    *,
    dump: str | Path | None = None,
    policy: Policy | str | Path | None = None,
) -> TraceReport:
    """Reopen the dump where a row came from and compare bytes, sha1, leaf and root.

    Args:
        store: The store, or its folder.
        row: The row's id, its `leaf_index`.
        dump: Where the dump lies now; by default where it lay when the store was built.
        policy: Pinned keys for the root, as in `verify`.

    Returns:
        The report: one step a comparison, `exit_code`.

    Raises:
        RecordNotFoundError: The store has no such row.
        ConfigError: The policy cannot be read.
    """
    from wikigrove.provenance.trace import trace as follow

    store = store if isinstance(store, Store) else Store.open(store)
    dump = dump if dump is not None else locations.find(store, row)
    return follow(store, row, dump=dump, policy=policy or keyring.own_policy())
