"""Key folders: one Ed25519 and one ML-DSA-44 key that sign together.

```
<folder>/ed25519.pem         private, PKCS#8 PEM, mode 0600, encrypted if a passphrase is given
<folder>/mldsa44.pem         the same; pairs from a rotation have their key id in the name: mldsa44-<id>.pem
<folder>/vkeys               the public keys that sign, one a line; after a rotation two pairs, the new one first
<folder>/trust.policy        the policy that demands both signatures: give it to whoever shall verify
```
While a rotation overlaps, both pairs sign, so that whoever pins the old policy or the new one can verify.
"""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Never, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from wikigrove.crypto import pem
from wikigrove.crypto.note import Note, NoteSignature, check_key_name
from wikigrove.crypto.treehead import TreeHead
from wikigrove.crypto.vkey import ED25519, MLDSA44, VerifierKey
from wikigrove.errors import ConfigError, NoteFormatError

ED25519_FILE: Final = "ed25519.pem"
MLDSA44_FILE: Final = "mldsa44.pem"
VKEYS_FILE: Final = "vkeys"
POLICY_FILE: Final = "trust.policy"
MAX_PAIRS: Final = 2
"""The pair in use and, while a rotation overlaps, the one before it."""


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
        previous: The pair before a rotation, while the overlap lasts; it signs as well.
    """

    name: str
    ed25519: Ed25519PrivateKey
    mldsa44: MLDSA44PrivateKey
    previous: KeyFolder | None = None

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
        keys.write_private(folder, (ED25519_FILE, MLDSA44_FILE), passphrase=passphrase)
        pem.write_new(folder / VKEYS_FILE, keys.vkeys_text.encode(), mode=0o644)
        pem.write_new(folder / POLICY_FILE, keys.policy_text.encode(), mode=0o644)
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
        loaded: KeyFolder | None = None
        for log, witness in reversed(published_keys(folder)):
            ed25519 = pem.read_private(private_path(folder, ED25519_FILE, log), passphrase)
            mldsa44 = pem.read_private(private_path(folder, MLDSA44_FILE, witness), passphrase)
            if not isinstance(ed25519, Ed25519PrivateKey) or not isinstance(mldsa44, MLDSA44PrivateKey):
                raise ConfigError(f"private keys are not Ed25519 and ML-DSA-44: {folder}")
            loaded = cls(log.name, ed25519, mldsa44, loaded)
            if loaded.verifier_keys != (log, witness):
                raise ConfigError(f"public keys are not those of the private keys: {folder / VKEYS_FILE}")
        if loaded is None:
            raise ConfigError(f"there are no keys: {folder / VKEYS_FILE}")
        return loaded

    def write_private(self, folder: Path, names: tuple[str, str], *, passphrase: bytes | None) -> None:
        """Write the private keys of this pair as new files of the folder: Ed25519, then ML-DSA-44."""
        pem.write_private(folder / names[0], self.ed25519, passphrase=passphrase)
        pem.write_private(folder / names[1], self.mldsa44, passphrase=passphrase)

    @property
    def verifier_keys(self) -> tuple[VerifierKey, VerifierKey]:
        """The public keys: Ed25519, then ML-DSA-44."""
        return (
            VerifierKey(self.name, ED25519, self.ed25519.public_key().public_bytes_raw()),
            VerifierKey(self.name, MLDSA44, self.mldsa44.public_key().public_bytes_raw()),
        )

    @property
    def pairs(self) -> tuple[KeyFolder, ...]:
        """The pairs that sign, the newest first."""
        return (self,) if self.previous is None else (self, *self.previous.pairs)

    @property
    def vkeys_text(self) -> str:
        """The public keys that sign, one a line."""
        return "".join(f"{key.to_text()}\n" for pair in self.pairs for key in pair.verifier_keys)

    @property
    def policy_text(self) -> str:
        """A policy that demands both signatures, those of the newest pair or of the one before it."""
        logs, witnesses = zip(*(pair.verifier_keys for pair in self.pairs), strict=True)
        lines = [f"log {log.to_text()}" for log in logs]
        if len(witnesses) == 1:
            return "\n".join([*lines, f"witness pq {witnesses[0].to_text()}", "quorum pq", ""])
        names = [f"pq-{witness.key_id.hex()}" for witness in witnesses]
        lines += [f"witness {name} {witness.to_text()}" for name, witness in zip(names, witnesses, strict=True)]
        return "\n".join([*lines, f"group pq any {' '.join(names)}", "quorum pq", ""])

    def sign(self, head: TreeHead, *, time_s: int) -> bytes:
        """Sign a tree head with both keys of every pair.

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
        message = head.subtree_message(cosigner=self.name, time_s=time_s)
        signatures: list[NoteSignature] = []
        for pair in self.pairs:
            log, witness = pair.verifier_keys
            stamped = struct.pack(">Q", time_s) + pair.mldsa44.sign(message)
            signatures.append(NoteSignature(self.name, log.key_id, pair.ed25519.sign(head.text.encode())))
            signatures.append(NoteSignature(self.name, witness.key_id, stamped))
        return Note(head.text, tuple(signatures)).to_bytes()


def published_keys(folder: Path, *, file: str = VKEYS_FILE) -> list[tuple[VerifierKey, VerifierKey]]:
    """Read the public keys of a key folder; no passphrase is needed.

    Args:
        folder: The folder.
        file: Which file of it.

    Returns:
        Pairs of Ed25519 and ML-DSA-44 key, the newest first.

    Raises:
        ConfigError: The file is missing, or does not hold one or two pairs of one name.
    """
    path = folder / file
    try:
        lines = path.read_text("utf-8").split("\n")
        keys = [VerifierKey.parse(line) for line in lines[:-1]]
    except (OSError, UnicodeDecodeError, NoteFormatError) as error:
        raise ConfigError(f"public keys cannot be read ({error}): {path}") from error
    pairs = list(zip(keys[::2], keys[1::2], strict=False))
    is_paired = [key.algorithm for key in keys] == [ED25519, MLDSA44] * len(pairs)
    if lines[-1] or not is_paired or not 1 <= len(pairs) <= MAX_PAIRS or len({key.name for key in keys}) != 1:
        raise ConfigError(f"file does not hold one or two pairs of public keys of one name: {path}")
    return pairs


def rotated_name(file: str, key: VerifierKey) -> str:
    """Name the private key of a pair that came by rotation.

    >>> rotated_name("ed25519.pem", VerifierKey("example.com/k", ED25519, bytes(32)))
    'ed25519-57885805.pem'
    """
    return file.replace(".", f"-{key.key_id.hex()}.")


def private_path(folder: Path, file: str, key: VerifierKey) -> Path:
    """Return where the private key of a public one lies."""
    rotated = folder / rotated_name(file, key)
    return rotated if rotated.exists() else folder / file
