"""Key folders: one Ed25519 and one ML-DSA-44 key that sign together.

```
<folder>/ed25519.pem    private, PKCS#8 PEM, mode 0600, encrypted if a passphrase is given
<folder>/mldsa44.pem    the same
<folder>/vkeys          both public keys, one a line
<folder>/trust.policy   the policy that demands both signatures: give it to whoever shall verify
```
"""

from __future__ import annotations

import os
import secrets
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Never, Protocol

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

from wikigrove.crypto.note import Note, NoteSignature, check_key_name
from wikigrove.crypto.treehead import TreeHead
from wikigrove.crypto.vkey import ED25519, MLDSA44, VerifierKey
from wikigrove.errors import ConfigError

ED25519_FILE: Final = "ed25519.pem"
MLDSA44_FILE: Final = "mldsa44.pem"
VKEYS_FILE: Final = "vkeys"
POLICY_FILE: Final = "trust.policy"
MAX_PEM_BYTES: Final = 16 << 10


class Signer(Protocol):
    """Whoever can sign tree heads: a key folder, or a key management service behind the same two members."""

    @property
    def name(self) -> str:
        """Name of both keys; origins begin with it."""
        ...

    def sign(self, head: TreeHead, *, time_s: int) -> bytes:
        """Return a signed note over the head, with both signatures."""
        ...


def default_name() -> str:
    """Make a key name for somebody who gave none: `wikigrove.invalid/` and eight random hexadecimal digits.

    The top-level domain `invalid` belongs to nobody (RFC 2606), so such a name can collide with no real one. Whoever
    publishes should choose a domain of their own, because the name stands in every origin.

    Returns:
        The name.
    """
    return f"wikigrove.invalid/{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class KeyFolder:
    """The two private keys under their common name. It is a `Signer`.

    It does not show, compare or pickle its keys. Python cannot promise to wipe them from memory.

    Args:
        name: Name of both keys.
        ed25519: Signs the text of checkpoints.
        mldsa44: Signs the tree head and the time.
    """

    name: str
    ed25519: Ed25519PrivateKey
    mldsa44: MLDSA44PrivateKey

    def __post_init__(self) -> None:
        check_key_name(self.name)

    def __repr__(self) -> str:
        return f"KeyFolder(name={self.name!r}, <two private keys>)"

    def __reduce__(self) -> Never:
        raise TypeError("private keys are not pickled")

    @classmethod
    def create(cls, path: str | Path, *, name: str | None = None, passphrase: bytes | None = None) -> KeyFolder:
        """Make two new keys and write the folder.

        Args:
            path: A folder that does not exist yet or is empty.
            name: Name of the keys, a domain (with a path, if one likes) that belongs to the signer, for instance
                `example.org/wikigrove`; see `default_name` for what happens without one.
            passphrase: Encrypts the private keys; without it the file mode alone protects them.

        Returns:
            The keys.

        Raises:
            ConfigError: The folder holds files already.
            NoteFormatError: The name is not allowed.
        """
        folder = Path(path)
        keys = cls(name or default_name(), Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate())
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise ConfigError(f"folder for new keys is not empty: {folder}")
        except OSError as error:
            raise ConfigError(f"folder for new keys cannot be made ({error.strerror}): {folder}") from error
        lock: KeySerializationEncryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
        private = ((ED25519_FILE, keys.ed25519), (MLDSA44_FILE, keys.mldsa44))
        for file_name, key in private:
            _write_new(folder / file_name, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock), mode=0o600)
        _write_new(
            folder / VKEYS_FILE, "".join(f"{key.to_text()}\n" for key in keys.verifier_keys).encode(), mode=0o644
        )
        _write_new(folder / POLICY_FILE, keys.policy_text.encode(), mode=0o644)
        return keys

    @classmethod
    def load(cls, path: str | Path, *, passphrase: bytes | None = None) -> KeyFolder:
        """Read a key folder.

        Args:
            path: The folder.
            passphrase: As given to `create`.

        Returns:
            The keys.

        Raises:
            ConfigError: A file is missing, can be read by group or world, is no key of its algorithm, the passphrase
                is wrong, or the public keys beside them are not theirs.
        """
        folder = Path(path)
        ed25519 = _read_private(folder / ED25519_FILE, passphrase)
        mldsa44 = _read_private(folder / MLDSA44_FILE, passphrase)
        if not isinstance(ed25519, Ed25519PrivateKey) or not isinstance(mldsa44, MLDSA44PrivateKey):
            raise ConfigError(f"private keys are not Ed25519 and ML-DSA-44: {folder}")
        try:
            published = (folder / VKEYS_FILE).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"public keys cannot be read: {folder / VKEYS_FILE}") from error
        keys = cls(published.partition("+")[0], ed25519, mldsa44)
        if published != "".join(f"{key.to_text()}\n" for key in keys.verifier_keys):
            raise ConfigError(f"public keys are not those of the private keys: {folder / VKEYS_FILE}")
        return keys

    @property
    def verifier_keys(self) -> tuple[VerifierKey, VerifierKey]:
        """The public keys: Ed25519, then ML-DSA-44."""
        return (
            VerifierKey(self.name, ED25519, self.ed25519.public_key().public_bytes_raw()),
            VerifierKey(self.name, MLDSA44, self.mldsa44.public_key().public_bytes_raw()),
        )

    @property
    def policy_text(self) -> str:
        """A policy that demands both signatures."""
        log, witness = self.verifier_keys
        return f"log {log.to_text()}\nwitness pq {witness.to_text()}\nquorum pq\n"

    def sign(self, head: TreeHead, *, time_s: int) -> bytes:
        """Sign a tree head with both keys.

        ML-DSA signing is hedged (FIPS 204), so two notes over one head differ.

        Args:
            head: What to sign. Its origin must be the key's name or lie below it.
            time_s: The present in seconds since 1970; no clock is read.

        Returns:
            The signed note.

        Raises:
            ConfigError: The origin is not the signer's, or the time is out of range.
        """
        if head.origin != self.name and not head.origin.startswith(f"{self.name}/"):
            raise ConfigError(f"key {self.name} does not speak for origin: {head.origin}")
        if not 0 <= time_s < 1 << 63:
            raise ConfigError(f"time is not in 0 .. 2**63 - 1 seconds: {time_s}")
        log, witness = self.verifier_keys
        message = head.subtree_message(cosigner=self.name, time_s=time_s)
        signatures = (
            NoteSignature(self.name, log.key_id, self.ed25519.sign(head.text.encode())),
            NoteSignature(self.name, witness.key_id, struct.pack(">Q", time_s) + self.mldsa44.sign(message)),
        )
        return Note(head.text, signatures).to_bytes()


def _write_new(path: Path, data: bytes, *, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask says
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _read_private(path: Path, passphrase: bytes | None) -> object:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            data = file.read(MAX_PEM_BYTES)
    except OSError as error:
        raise ConfigError(f"private key cannot be read ({error.strerror}): {path}") from error
    if not stat.S_ISREG(mode) or mode & 0o077:
        raise ConfigError(f"private key is open to group or world: {path}; hint: chmod 600")
    try:
        return load_pem_private_key(data, passphrase)
    except (ValueError, TypeError) as error:  # TypeError: a passphrase too many or missing
        raise ConfigError(f"private key does not open, or the passphrase is wrong or missing: {path}") from error
