"""Public keys of signed notes: `name+key id+base64(algorithm ‖ public key)` (C2SP signed-note)."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from wikigrove.crypto.note import KEY_ID_BYTES, NoteSignature, check_key_name, decode_base64
from wikigrove.crypto.treehead import TreeHead
from wikigrove.errors import NoteFormatError, SignatureError

ED25519: Final = 0x01
"""Signature over the note's text."""

MLDSA44: Final = 0x06
"""Time and ML-DSA-44 signature over the tree head."""

PUBLIC_KEY_BYTES: Final = {ED25519: 32, MLDSA44: 1312}
SIGNATURE_BYTES: Final = {ED25519: 64, MLDSA44: 8 + 2420}

_KEY_ID: Final = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name and its one algorithm.

    Args:
        name: Name of the key, by custom a schema-less address.
        algorithm: `ED25519` or `MLDSA44`.
        public_key: 32 or 1,312 bytes.

    Raises:
        NoteFormatError: The name is not allowed, the algorithm unknown or the key of another length.
    """

    name: str
    algorithm: int
    public_key: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if self.algorithm not in PUBLIC_KEY_BYTES:
            raise NoteFormatError(f"algorithm of a key is neither Ed25519 (1) nor ML-DSA-44 (6): {self.algorithm}")
        if len(self.public_key) != PUBLIC_KEY_BYTES[self.algorithm]:
            raise NoteFormatError(f"public key has another length than its algorithm asks for: {len(self.public_key)}")

    @property
    def key_id(self) -> bytes:
        """`SHA-256(name ‖ 0A ‖ algorithm ‖ public key)[0:4]`."""
        data = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public_key
        return hashlib.sha256(data).digest()[:KEY_ID_BYTES]

    def to_text(self) -> str:
        """Return the key as one word.

        >>> VerifierKey("example.com/k", ED25519, bytes(32)).to_text()
        'example.com/k+57885805+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
        """
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.algorithm]) + self.public_key).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Parse a key strictly.

        Args:
            text: `name+key id+base64`.

        Returns:
            The key.

        Raises:
            NoteFormatError: The parts are malformed, or the key id is not the one of the key.
        """
        parts = text.split("+", 2)  # base64 may hold plus signs, a name may not
        if len(parts) != 3 or _KEY_ID.fullmatch(parts[1]) is None:
            raise NoteFormatError(f"malformed key: {text[:80]!r}")
        data = decode_base64(parts[2])
        if not data:
            raise NoteFormatError(f"malformed key: {text[:80]!r}")
        key = cls(parts[0], data[0], data[1:])
        if key.key_id.hex() != parts[1]:
            raise NoteFormatError(f"key id is not the one of the key: {text[:80]!r}")
        return key

    def matches(self, signature: NoteSignature) -> bool:
        """Say whether a signature line claims to be by this key: both name and key id agree."""
        return signature.name == self.name and signature.key_id == self.key_id

    def verify(self, signature: NoteSignature, head: TreeHead) -> int | None:
        """Verify a signature line over a tree head.

        Args:
            signature: A line that `matches`.
            head: What the note says.

        Returns:
            The time that an ML-DSA-44 signature states, in seconds since 1970; None for Ed25519.

        Raises:
            SignatureError: The signature does not hold, or is of another length.
        """
        data = signature.signature
        if len(data) != SIGNATURE_BYTES[self.algorithm]:
            raise SignatureError(f"signature has a wrong length for its key ({len(data)} bytes): {self.name}")
        time_s: int | None = None
        try:
            if self.algorithm == ED25519:
                Ed25519PublicKey.from_public_bytes(self.public_key).verify(data, head.text.encode())
            else:
                time_s = struct.unpack(">Q", data[:8])[0]
                if time_s >= 1 << 63:
                    raise SignatureError(f"signature states a time past 2**63 - 1: {self.name}")
                message = head.subtree_message(cosigner=self.name, time_s=time_s)
                MLDSA44PublicKey.from_public_bytes(self.public_key).verify(data[8:], message)
        except (InvalidSignature, ValueError) as error:
            if isinstance(error, SignatureError):
                raise
            raise SignatureError(f"signature does not hold for key: {self.name}+{self.key_id.hex()}") from error
        except UnsupportedAlgorithm as error:
            raise SignatureError(
                "this OpenSSL has no ML-DSA-44; hint: install the wheel of cryptography >= 50"
            ) from error
        return time_s
