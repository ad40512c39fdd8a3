"""Trust policies: whose signatures a checkpoint must carry (a subset of C2SP tlog-policy).

```
log <ed25519 vkey>
witness <name> <ml-dsa-44 vkey>
group <name> <all|any|number> <member> ...
quorum <name>
```
In that format any one `log` line suffices and witnesses count by quorum. Therefore the ML-DSA-44 key stands in a
`witness` line and the quorum must name it: then both signatures are needed, and a forger has to break both algorithms.
A policy that would let one of them suffice is refused.

One rule differs: a log key called `D` speaks for the origin `D` and for every origin below `D/`, because each snapshot
and each data set has an origin of its own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wikigrove.crypto.note import Note
from wikigrove.crypto.treehead import TreeHead
from wikigrove.crypto.vkey import ED25519, MLDSA44, VerifierKey
from wikigrove.errors import ConfigError, SignatureError

CLOCK_SKEW_S: Final = 600
MAX_POLICY_BYTES: Final = 1 << 20
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,3}")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")

_PUBLISHED_SEEDS: Final = frozenset(
    {
        "fe812c12f3ab4ce6ac5db69ac352f906cb1b11ef43fb33e252ef7ff552263889",  # Ed25519, 32 bytes of 07
        "9f107644c1084526af3bc8098680b05499a2325a644e388fb4f970e058d19d46",  # ML-DSA-44, bytes 00 to 1f
    }
)
"""SHA-256 of public keys whose seeds stand in published test vectors: anyone can sign with them."""


@dataclass(frozen=True, slots=True)
class Group:
    """Members of which at least `threshold` must have signed.

    Args:
        threshold: At least 1, at most the number of members.
        members: Names of witnesses or of groups defined before.
    """

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a policy found in a note.

    Args:
        head: What the note says.
        keys: `name+key id` of every known key whose signature holds, in the order of the note.
        time_s: The newest time that a witness states, in seconds since 1970.
    """

    head: TreeHead
    keys: tuple[str, ...]
    time_s: int


@dataclass(frozen=True, slots=True)
class Policy:
    """Known logs and witnesses, and how many witnesses must have signed.

    Args:
        logs: Ed25519 keys; one of them must have signed.
        witnesses: ML-DSA-44 keys by the policy's own names.
        groups: Groups by name.
        quorum: A witness or group that must have signed.
        digest: SHA-256 of the policy file, in hexadecimal digits.
    """

    logs: tuple[VerifierKey, ...]
    witnesses: dict[str, VerifierKey]
    groups: dict[str, Group]
    quorum: str
    digest: str

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """Read a policy file.

        Args:
            path: The file.

        Returns:
            The policy.

        Raises:
            ConfigError: The file cannot be read, is malformed, or asks for fewer than both kinds of signature.
        """
        try:
            with Path(path).open("rb") as file:
                data = file.read(MAX_POLICY_BYTES + 1)
        except OSError as error:
            raise ConfigError(f"policy file cannot be read ({error.strerror}): {path}") from error
        return cls.parse(data)

    @classmethod
    def parse(cls, data: bytes) -> Policy:
        """Parse the bytes of a policy file; see `load`."""
        if len(data) > MAX_POLICY_BYTES or _CONTROL.search(data):
            raise ConfigError(f"policy is larger than {MAX_POLICY_BYTES} bytes or holds control characters")
        reader = _Reader()
        # Latin-1 keeps every byte apart: names are opaque bytes, and only ASCII white space separates.
        for number, line in enumerate(data.decode("latin-1").split("\n"), start=1):
            words = [word for word in re.split(r"[ \t]+", line) if word]
            if words and not words[0].startswith("#"):
                try:
                    reader.read(words)
                except (ConfigError, ValueError) as error:
                    raise ConfigError(f"policy line {number}: {error}") from error
        if reader.quorum is None:
            raise ConfigError("policy has no quorum line; hint: quorum must name the ML-DSA-44 witness")
        if not reader.logs:
            raise ConfigError("policy has no log line, so nothing demands an Ed25519 signature")
        digest = hashlib.sha256(data).hexdigest()
        return cls(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum, digest)

    def verify(
        self, note: Note, *, now_s: int | None = None, max_age_s: int | None = None, skew_s: int = CLOCK_SKEW_S
    ) -> Verified:
        """Verify a checkpoint: a log that may speak for its origin and the quorum have signed, and no known key fails.

        Args:
            note: A parsed note.
            now_s: The present in seconds since 1970, or None to look at no times. No clock is read.
            max_age_s: The oldest that the newest witness signature may be; needs `now_s`.
            skew_s: How far ahead of `now_s` a signature may be.

        Returns:
            The tree head and who signed it.

        Raises:
            NoteFormatError: The text of the note is no checkpoint.
            SignatureError: A required signature is missing, a known key's signature fails, or the times do not fit.
        """
        head = TreeHead.parse(note.text)
        logs, witnesses, keys, times = False, set[str](), list[str](), list[int]()
        known = [(None, key) for key in self.logs] + list(self.witnesses.items())
        for signature in note.signatures:
            for witness, key in known:
                if not key.matches(signature):
                    continue  # unknown keys are ignored, as the format demands
                time_s = key.verify(signature, head)
                keys.append(f"{key.name}+{key.key_id.hex()}")
                if witness is not None:
                    witnesses.add(witness)
                    times.append(time_s or 0)
                else:
                    logs = logs or head.origin == key.name or head.origin.startswith(f"{key.name}/")
        if not logs:
            raise SignatureError(f"no log of the policy that may speak for this origin has signed: {head.origin}")
        if not self._is_met(self.quorum, witnesses):
            raise SignatureError(f"witnesses of the policy have not signed as its quorum asks: {self.quorum}")
        newest = max(times)
        if now_s is not None and max(times) > now_s + skew_s:
            raise SignatureError(f"signature is from the future: {newest}")
        if now_s is not None and max_age_s is not None and newest < now_s - max_age_s:
            raise SignatureError(f"newest signature is older than {max_age_s} s: {newest}")
        return Verified(head, tuple(keys), newest)

    def _is_met(self, name: str, signed: set[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in signed
        return sum(self._is_met(member, signed) for member in group.members) >= group.threshold


class _Reader:
    """The lines of a policy read so far."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None

    def read(self, words: list[str]) -> None:
        match words:
            case ["log", text] | ["log", text, _]:
                self.logs.append(self._key(text, ED25519))
            case ["witness", name, text] | ["witness", name, text, _]:
                self._define(name)
                self.witnesses[name] = self._key(text, MLDSA44)
            case ["group", name, threshold, *members] if members:
                self._define(name)
                self.groups[name] = self._group(threshold, tuple(members))
            case ["quorum", name]:
                if self.quorum is not None:
                    raise ConfigError(f"second quorum line: {name}")
                if name == "none":
                    raise ConfigError("quorum none lets one signature suffice; hint: name the ML-DSA-44 witness")
                self._require(name)
                self.quorum = name
            case _:
                raise ConfigError(f"unknown or malformed: {' '.join(words)[:80]}")

    def _key(self, text: str, algorithm: int) -> VerifierKey:
        key = VerifierKey.parse(text.encode("latin-1").decode("utf-8", "strict"))
        if key.algorithm != algorithm:
            raise ConfigError(f"log needs an Ed25519 key, witness an ML-DSA-44 key, this one is: {key.algorithm}")
        if any(key.public_key == other.public_key for other in (*self.logs, *self.witnesses.values())):
            raise ConfigError(f"key stands in the policy twice: {key.name}")
        is_example = key.name == "example.com" or key.name.startswith("example.com/")
        if not is_example and hashlib.sha256(key.public_key).hexdigest() in _PUBLISHED_SEEDS:
            raise ConfigError(f"key has a published seed, anyone can sign with it: {key.name}")
        return key

    def _define(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise ConfigError(f"name is reserved or taken: {name}")

    def _require(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise ConfigError(f"name is not defined on a line before: {name}")

    def _group(self, threshold: str, members: tuple[str, ...]) -> Group:
        for place, member in enumerate(members):
            self._require(member)
            if member in members[:place] or any(member in group.members for group in self.groups.values()):
                raise ConfigError(f"name is a member already: {member}")
        words = {"all": len(members), "any": 1}
        count = words.get(threshold) or (int(threshold) if _NUMBER.fullmatch(threshold) else 0)
        if not 1 <= count <= len(members):
            raise ConfigError(f"threshold is not in 1 .. {len(members)}: {threshold}")
        return Group(count, members)
