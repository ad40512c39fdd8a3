"""Private keys as files: PKCS#8 PEM, mode 0600, encrypted if there is a passphrase."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from wikigrove.errors import ConfigError

MAX_PEM_BYTES: Final = 16 << 10


def write_private(path: Path, key: Ed25519PrivateKey | MLDSA44PrivateKey, *, passphrase: bytes | None) -> None:
    """Write a private key as a new file.

    Args:
        path: A path at which nothing exists.
        key: The key.
        passphrase: Encrypts it; without one the file mode alone protects it.

    Raises:
        ConfigError: The passphrase is empty.
    """
    if passphrase == b"":
        raise ConfigError("passphrase is empty; hint: give none, and the file mode alone protects the key")
    lock: KeySerializationEncryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    write_new(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock), mode=0o600)


def read_private(path: Path, passphrase: bytes | None) -> object:
    """Read a private key.

    Args:
        path: The file.
        passphrase: As given to `write_private`.

    Returns:
        The key, of whatever algorithm it is.

    Raises:
        ConfigError: The file cannot be read, group or world can, or the passphrase is wrong, missing or one too many.
    """
    data = _read_guarded(path)
    try:
        return load_pem_private_key(data, passphrase)
    except (ValueError, TypeError) as error:  # TypeError: a passphrase too many or missing
        raise ConfigError(f"private key does not open, or the passphrase is wrong or missing: {path}") from error


def is_encrypted(path: Path) -> bool:
    """Say whether a private key asks for a passphrase."""
    return _read_guarded(path).startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")


def write_new(path: Path, data: bytes, *, mode: int) -> None:
    """Write a file that does not exist yet, with this mode whatever the umask says, and flush it to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _read_guarded(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            data = file.read(MAX_PEM_BYTES)
    except OSError as error:
        raise ConfigError(f"private key cannot be read ({error.strerror}): {path}") from error
    if not stat.S_ISREG(mode) or mode & 0o077:
        raise ConfigError(f"private key is open to group or world: {path}; hint: chmod 600")
    return data
