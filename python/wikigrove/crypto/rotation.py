"""Rotation of a key folder: a new pair is prepared, then signs beside the old one, then the old one goes.

Each step may be repeated after a crash and ends in the same state. `vkeys` decides which pairs sign; it is replaced
atomically, after the policy has been widened and before private keys are removed. `vkeys.next` names the pair that was
prepared and does not sign yet.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from wikigrove.crypto import pem
from wikigrove.crypto.keys import (
    ED25519_FILE,
    MLDSA44_FILE,
    POLICY_FILE,
    VKEYS_FILE,
    KeyFolder,
    private_path,
    published_keys,
    rotated_name,
)
from wikigrove.errors import ConfigError

NEXT_FILE: Final = "vkeys.next"


def prepare(folder: Path, *, passphrase: bytes | None) -> KeyFolder:
    """Make the next pair, or find the one that an interrupted rotation has made. It does not sign yet.

    Args:
        folder: The key folder.
        passphrase: Opens the present keys; the new ones are encrypted with it too.

    Returns:
        The new pair, with the present one as `previous`.

    Raises:
        ConfigError: The keys do not open, or the overlap of an earlier rotation has not been ended.
    """
    present = KeyFolder.load(folder, passphrase=passphrase)
    if present.previous is not None:
        raise ConfigError(f"an earlier rotation still overlaps: {folder}; hint: end it first with --end")
    if not (folder / NEXT_FILE).exists():
        made = KeyFolder(present.name, Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate())
        log, witness = made.verifier_keys
        names = (rotated_name(ED25519_FILE, log), rotated_name(MLDSA44_FILE, witness))
        made.write_private(folder, names, passphrase=passphrase)
        _replace(folder / NEXT_FILE, made.vkeys_text)
    ((log, witness),) = published_keys(folder, file=NEXT_FILE)
    ed25519 = pem.read_private(private_path(folder, ED25519_FILE, log), passphrase)
    mldsa44 = pem.read_private(private_path(folder, MLDSA44_FILE, witness), passphrase)
    if isinstance(ed25519, Ed25519PrivateKey) and isinstance(mldsa44, MLDSA44PrivateKey):
        found = KeyFolder(log.name, ed25519, mldsa44, present)
        if found.verifier_keys == (log, witness) and found.name == present.name:
            return found
    raise ConfigError(
        f"prepared keys are not those of the file: {folder / NEXT_FILE}; hint: remove it and rotate again"
    )


def switch(folder: Path, keys: KeyFolder) -> None:
    """Let the prepared pair sign beside the present one, and let the policy accept both.

    Args:
        folder: The key folder.
        keys: From `prepare`.
    """
    _replace(folder / POLICY_FILE, keys.policy_text)
    _replace(folder / VKEYS_FILE, keys.vkeys_text)
    (folder / NEXT_FILE).unlink(missing_ok=True)


def end(folder: Path, *, passphrase: bytes | None) -> KeyFolder:
    """End the overlap: the newest pair signs alone, and the policy accepts it alone. The old private keys are removed.

    Args:
        folder: The key folder.
        passphrase: Opens the keys.

    Returns:
        The pair that is left.

    Raises:
        ConfigError: The keys do not open, or no rotation was begun.
    """
    loaded = KeyFolder.load(folder, passphrase=passphrase)
    log, witness = loaded.verifier_keys
    kept = {private_path(folder, ED25519_FILE, log).name, private_path(folder, MLDSA44_FILE, witness).name}
    left = KeyFolder(loaded.name, loaded.ed25519, loaded.mldsa44)
    files = [path for path in folder.glob("*.pem") if path.name not in kept]
    if loaded.previous is None and ((folder / NEXT_FILE).exists() or not files):
        raise ConfigError(f"no rotation overlaps: {folder}")
    (folder / NEXT_FILE).unlink(missing_ok=True)  # a crash of `switch` may have left it
    _replace(folder / VKEYS_FILE, left.vkeys_text)
    _replace(folder / POLICY_FILE, left.policy_text)
    for path in files:
        path.unlink()
    return left


def _replace(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    pem.write_new(unfinished, text.encode(), mode=0o644)
    os.replace(unfinished, path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
