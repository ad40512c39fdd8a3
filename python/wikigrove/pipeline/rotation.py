"""Rotation of the signing keys: announced in the logs by the old keys, then both sign, then the new ones alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wikigrove.crypto import rotation
from wikigrove.crypto.keys import POLICY_FILE, KeyFolder
from wikigrove.errors import ConfigError
from wikigrove.pipeline import grove, keyring
from wikigrove.provenance.append import sign_again
from wikigrove.provenance.checkpoint import parse_checkpoint
from wikigrove.provenance.entry import KEY_CHANGE, Entry
from wikigrove.provenance.log import GroveLog


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did.

    Attributes:
        folder: The key folder.
        keys: `name+id` of the keys that sign now, the newest pair first.
        logs: The logs in which the change stands.
        policy: The policy file that was rewritten; verifiers need it before the overlap ends.
    """

    folder: Path
    keys: tuple[str, ...]
    logs: tuple[Path, ...]
    policy: Path

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON-able values."""
        logs = [str(path) for path in self.logs]
        return {"folder": str(self.folder), "keys": list(self.keys), "logs": logs, "policy": str(self.policy)}

    def describe(self) -> str:
        """Return some lines for people."""
        lines = [f"signs: {key}" for key in self.keys] + [f"log: {path}" for path in self.logs]
        return "\n".join([*lines, f"policy for verifiers: {self.policy}"])


def rotate_keys(
    keys: str | Path | None = None,
    *,
    logs: Sequence[str | Path] = (),
    end: bool = False,
    passphrase: bytes | None = None,
    now: datetime | None = None,
) -> Rotation:
    """Begin a rotation, or end its overlap. Interrupted, it goes on where it was when it is called again.

    To begin: a new pair of the same name is made; the old keys announce it in every log; from then on both pairs sign,
    and `trust.policy` accepts either. Whoever pins the old policy verifies everything until the overlap ends, and after
    that still what was signed before. To end: the logs are signed by the new pair, the old private keys are removed,
    and the policy accepts the new pair alone; run `build` again on stores whose root the old keys alone have signed.

    Args:
        keys: The key folder; `keyring.keys_path()` by default.
        logs: Every log that the keys sign, as its folder or that of a store that names it.
        end: End the overlap instead of beginning one.
        passphrase: Opens the keys, and encrypts the new ones; by default what `keyring.read_passphrase` finds.
        now: Time for entries and signatures; the present by default.

    Returns:
        What was done.

    Raises:
        ConfigError: A log that the keys have signed is not named, an earlier rotation still overlaps, there is none to
            end, or the keys do not open.
        ProofError: A log is not what the keys have signed last.
    """
    folder = Path(keys) if keys is not None else keyring.keys_path()
    passphrase = keyring.read_passphrase() if passphrase is None else passphrase
    time_s = int((now or datetime.now(UTC)).timestamp())
    opened = [grove.find_log(path) for path in logs]
    _require_all(folder, opened)
    if end:
        signs = KeyFolder.load(folder, passphrase=passphrase)
    else:
        signs = rotation.prepare(folder, passphrase=passphrase)
        changes = [_change(key.name, key.to_text(), time_s) for key in signs.verifier_keys]
        for log in opened:
            grove.enter(log, changes, signer=signs.pairs[1], keys=folder, time_s=time_s)
        rotation.switch(folder, signs)
    for log in opened:
        sign_again(log, signer=signs, policy=grove.own_policy(signs), time_s=time_s)
    if end:
        signs = rotation.end(folder, passphrase=passphrase)
    names = tuple(f"{key.name}+{key.key_id.hex()}" for pair in signs.pairs for key in pair.verifier_keys)
    return Rotation(folder, names, tuple(log.path for log in opened), folder / POLICY_FILE)


def _change(name: str, vkey: str, time_s: int) -> Entry:
    return Entry(KEY_CHANGE, time_s, 0, hashlib.sha256(vkey.encode()).digest(), name)


def _require_all(folder: Path, logs: Sequence[GroveLog]) -> None:
    """Refuse a rotation that one of the logs would not hear of."""
    memory = grove.signed_heads(folder)
    signed = set() if memory is None else set(memory.heads())
    missing = sorted(signed - {parse_checkpoint(log.checkpoint()).origin for log in logs})
    if missing:
        raise ConfigError(
            f"log that these keys have signed is not named: {missing[0]}; hint: name every log with --log, by its "
            "folder or that of a store that names it"
        )
