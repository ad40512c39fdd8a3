"""Where the own keys, the own policy and the remembered checkpoints lie, unless the caller says otherwise.

`$WIKIGROVE_KEYS` and `$WIKIGROVE_STATE` name them; otherwise they lie where the XDG base directory specification says.
A passphrase comes from the file that `$WIKIGROVE_PASSPHRASE_FILE` names, never from an argument or a variable's value.
"""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Final

from wikigrove.crypto.keys import POLICY_FILE, VKEYS_FILE, KeyFolder, Signer
from wikigrove.crypto.policy import Policy
from wikigrove.errors import ConfigError, ProofError
from wikigrove.provenance.checkpoint import verify_checkpoint
from wikigrove.store import Tree

MAX_PASSPHRASE_BYTES: Final = 4096


def keys_path() -> Path:
    """Return the default folder of the signing keys."""
    named = os.environ.get("WIKIGROVE_KEYS")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(named) if named else config / "wikigrove" / "keys"


def state_path() -> Path:
    """Return the default file of remembered checkpoints."""
    named = os.environ.get("WIKIGROVE_STATE")
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return Path(named) if named else state / "wikigrove" / "checkpoints.json"


def own_policy() -> Path | None:
    """Return the policy beside the own keys, or None where there are no keys."""
    path = keys_path() / POLICY_FILE
    return path if path.is_file() else None


def open_signer(keys: Signer | str | Path | None) -> Signer:
    """Open the signing keys, or make them on first use.

    Args:
        keys: A signer, a key folder, or None for `keys_path()`.

    Returns:
        The signer.

    Raises:
        ConfigError: The folder holds other things, or its keys cannot be used.
    """
    if keys is not None and not isinstance(keys, str | Path):
        return keys
    folder = Path(keys) if keys is not None else keys_path()
    passphrase = read_passphrase()
    if (folder / VKEYS_FILE).exists():
        return KeyFolder.load(folder, passphrase=passphrase)
    return KeyFolder.create(folder, passphrase=passphrase)


def is_signed(note: bytes | None, tree: Tree, signer: Signer) -> bool:
    """Say whether a note is of this tree and has this signer's signatures; any other note is replaced.

    Args:
        note: The signed note that lies in the store, or None.
        tree: What it should speak of.
        signer: Whoever would sign now.

    Returns:
        Whether signing again can be left out.
    """
    if note is None or not isinstance(signer, KeyFolder):
        return False
    try:
        verified = verify_checkpoint(note, Policy.parse(signer.policy_text.encode()))
    except ProofError:
        return False
    head = verified.head
    return (head.origin, head.size, head.root.hex()) == (tree.origin, tree.size, tree.root)


def read_passphrase(*, descriptor: int | None = None, ask: bool = False, repeat: bool = False) -> bytes | None:
    """Read a passphrase; never from an argument or a variable's value, which others on the machine can see.

    Args:
        descriptor: An open file descriptor to read it from, to the end.
        ask: Ask at the terminal instead.
        repeat: Ask twice, for new keys.

    Returns:
        The passphrase without its line end; by default the content of the file that `$WIKIGROVE_PASSPHRASE_FILE` names,
        and None where there is none.

    Raises:
        ConfigError: It cannot be read, or the two answers differ.
    """
    if ask:
        answer = getpass.getpass("passphrase of the keys: ")
        if repeat and getpass.getpass("the same again: ") != answer:
            raise ConfigError("the two passphrases differ")
        return answer.encode()
    named: str | int | None = os.environ.get("WIKIGROVE_PASSPHRASE_FILE") if descriptor is None else descriptor
    if named is None:
        return None
    try:
        with open(named, "rb") as file:  # a path or a descriptor, which only this `open` takes
            return file.read(MAX_PASSPHRASE_BYTES).rstrip(b"\r\n")
    except OSError as error:
        raise ConfigError(f"passphrase cannot be read ({error.strerror}): {named}") from error
