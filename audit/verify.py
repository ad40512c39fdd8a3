"""A second verifier: one file of plain Python that shares no code with wikigrove, for whoever does not trust it.

    python verify.py --policy trust.policy [--seen OLD] EXPORT     the folder that `wikigrove export` wrote
    python verify.py --policy trust.policy [--seen OLD] FILE       a checkpoint or .tlog-proof (--leaf FILE: its entry)

V0 everything parses and every file is the manifest's; V1 Ed25519 and ML-DSA-44 signed as the policy asks; V2 no step
back or fork from what you have seen (if the tree grew: --consistency FILE, base64 hashes, one a line); V3 every row is
in both signed trees; V4 leaves and commitments follow from the columns (profile `open`), licence and link from leaves.
Exit code: 0 all hold; 10 to 14 the lowest level that fails; 20 one could not run, which is no success; 2 wrong use.

The policy is the signer's and came to you by another way than the data. OLD is a checkpoint that you kept, or a folder
of such; an empty folder says that you have seen none. Rows lie in Parquet, which the standard library cannot read:
pyarrow, if it is there, opens the shards and does no more. Else let any Parquet tool dump them and name the folder by
--rows DIR: one JSON object a line, bytes as hex digits, in DIR/data/<shard>.ndjson, DIR/proofs/..., DIR/source/...
With DuckDB:
    COPY (SELECT * REPLACE (hex(leaf) AS leaf, hex(output_leaf) AS output_leaf, list_transform(inclusion_path,
    lambda h: hex(h)) AS inclusion_path) FROM 'proofs/<shard>.parquet') TO 'DIR/proofs/<shard>.ndjson' (FORMAT json)
Not done here: repeating the way from wikitext to plain text (the signed output leaf says what text the signer made of
which leaf) and the choice of the licence rule that the signed leaf names. `wikigrove verify` computes both again.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import re
import struct
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

ED25519, MLDSA44, LIMIT = 1, 6, 1 << 63
KEY_BYTES = {ED25519: 32, MLDSA44: 1312}
SIGNATURE_BYTES = {ED25519: 64, MLDSA44: 8 + 2420}  # a time stands before the signature
NAME, LINE = r"[^\s+\x00-\x1f\x7f]+", r"[^\x00-\x1f\x7f]+\n"
CHECKPOINT = re.compile(rf"({LINE})(0|[1-9][0-9]{{0,18}})\n([A-Za-z0-9+/]{{43}}=)\n\n((?:{LINE}){{1,32}})")
PROOF = re.compile(rb"c2sp.org/tlog-proof@v1\n(?:extra (.*)\n)?index (0|[1-9][0-9]{0,18})\n((?:.+\n){0,63})\n(?s:(.+))")
COLUMNS = {  # s string, i integer, b truth value, t time, x bytes, d record; upper case: a list of; ?: may be null
    "data": "id:s text:s title:s language:s? wiki_id:s page_id:i revision_id:i revision_dt:t? licence_ids:S url:s "
    "source_leaf_index:i row:i",
    "proofs": "row:i source_leaf_index:i leaf:x inclusion_path:X output_leaf:x",
    "source": "wiki_id:s page_id:i page_namespace_id:i page_title:s page_redirect_target:s? revision_id:i "
    "revision_dt:t? revision_parent_id:i? revision_is_minor_edit:b? user_is_visible:b revision_comment_is_visible:b "
    "revision_sha1:s? revision_size:i? revision_content_is_visible:b content_model:s? content_format:s? "
    "content_sha1:s? origin_rev_id:i? slots:D text_state:i sha1_status:i sha1_reason:s? size_status:i source_id:i "
    "stream_offset:i element_offset:i element_length:i page_stream_offset:i page_offset:i leaf_index:i "
    "licence_rule:i licence_ids:S canonical_url:s text:s?",
}
KINDS: dict[str, Any] = {"s": str, "i": int, "b": bool, "t": datetime, "x": bytes, "d": dict}
REVISION, OUTPUT = struct.Struct(">7sBBBHiQQqqIIQQHH32s32s32s32s"), struct.Struct(">7sBBBHQ32s32s32s")
MAGIC, NOTHING, OTHER_MODEL = b"wgleaf\0", bytes(32), 255
MODELS = ["", "wikitext", "Scribunto", "css", "sanitized-css", "javascript", "json", "text", "flow-board"]
MODELS += [f"wikibase-{name}" for name in ("item", "property", "lexeme", "mediainfo")]
BY_SA_3, BY_SA_4, GFDL = "CC-BY-SA-3.0", "CC-BY-SA-4.0", "GFDL-1.3-or-later"
LICENCES = {1: [BY_SA_4, GFDL], 2: [BY_SA_3, GFDL], 12: [BY_SA_4, GFDL], 13: [BY_SA_3, GFDL]}  # by the leaf's rule
LICENCES |= {rule: [BY_SA_4] for rule in (3, 6, 9, 15, 20, 22, 24)} | {rule: [BY_SA_3] for rule in (4, 7, 10)}
LICENCES |= {rule: ["CC0-1.0"] for rule in (5, 8, 11)} | {16: ["LicenseRef-public-domain"]}
LICENCES |= {rule: ["CC-BY-2.5"] for rule in (18, 26)} | {rule: ["CC-BY-4.0"] for rule in (19, 25)}
FAMILIES = {"wiki": "wikipedia"}  # the other families are called as their database names end


Row = dict[str, Any]


class RefusedError(ValueError):
    """Something does not hold, at a level of the ladder."""

    def __init__(self, level: int, message: str) -> None:
        super().__init__(message)
        self.level = level


def need(condition: object, level: int, message: str) -> None:
    """Refuse unless the condition is met."""
    if not condition:
        raise RefusedError(level, message)


def unbase64(text: str) -> bytes:
    """Decode base64 in its one canonical spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise RefusedError(0, "malformed base64") from error
    need(base64.b64encode(data).decode() == text, 0, "base64 is not in its canonical spelling")
    return data


class Head(NamedTuple):
    """What a checkpoint says of a tree."""

    origin: str
    size: int
    root: bytes


def parse_checkpoint(data: bytes) -> tuple[Head, list[tuple[str, bytes]]]:
    """Parse a signed note strictly: three lines of text, and by key name the bytes of each signature line (C2SP)."""
    try:
        whole = CHECKPOINT.fullmatch(data.decode()) if len(data) <= 128 << 10 else None
    except UnicodeDecodeError as error:
        raise RefusedError(0, "checkpoint is not UTF-8") from error
    if whole is None:
        raise RefusedError(
            0, "checkpoint is not three lines, an empty line and 1 to 32 signature lines of at most 128 KiB"
        )
    head, lines = Head(whole[1][:-1], int(whole[2]), unbase64(whole[3])), []
    need(len(head.origin.encode()) <= 255 and head.size < LIMIT, 0, "origin or size is too large")
    for line in whole[4].split("\n")[:-1]:
        found = re.fullmatch(rf"— ({NAME}) (\S+)", line)
        if found is None or len(found[1].encode()) > 255:
            raise RefusedError(0, "malformed signature line")
        lines.append((found[1], unbase64(found[2])))
        need(len(lines[-1][1]) > 4, 0, "signature line holds no more than a key id")
    return head, lines


class Key(NamedTuple):
    """A public key; its one algorithm is part of it, so a signature cannot choose."""

    name: str
    algorithm: int
    public: bytes
    id: bytes

    @classmethod
    def parse(cls, text: str) -> Key:
        """Parse `name+key id+base64(algorithm, public key)`."""
        found = re.fullmatch(rf"({NAME})\+([0-9a-f]{{8}})\+(\S+)", text)
        need(found and len(found[1].encode()) <= 255, 0, "malformed key")
        name, data = found[1], unbase64(found[3])  # type: ignore[index]
        need(data and len(data) - 1 == KEY_BYTES.get(data[0]), 0, "key of an unknown algorithm or a wrong length")
        key = cls(name, data[0], data[1:], hashlib.sha256(name.encode() + b"\n" + data).digest()[:4])
        need(key.id.hex() == found[2], 0, "key id is not the one of the key")  # type: ignore[index]
        return key

    def holds(self, signature: bytes, head: Head) -> bool:
        """Check a signature over a tree head: over its text, or its `subtree/v1` message with the empty context."""
        if len(signature) != SIGNATURE_BYTES[self.algorithm]:
            return False
        if self.algorithm == ED25519:
            text = f"{head.origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\n"
            return signature_holds(ED25519, self.public, signature, text.encode())
        name, origin = self.name.encode(), head.origin.encode()
        message = b"subtree/v1\n\0" + bytes([len(name)]) + name + signature[:8] + bytes([len(origin)]) + origin
        message += struct.pack(">QQ", 0, head.size) + head.root
        return signature[0] < 128 and signature_holds(MLDSA44, self.public, signature[8:], message)


def signature_holds(algorithm: int, public: bytes, signature: bytes, message: bytes) -> bool:
    """Check a bare signature."""
    try:
        kind = Ed25519PublicKey if algorithm == ED25519 else MLDSA44PublicKey
        kind.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


class Policy:
    """Whose signatures are needed: one log key that may speak for the origin, and witnesses as the quorum asks."""

    def __init__(self, data: bytes) -> None:
        self.keys: list[tuple[Key, str]] = []  # with the policy's name of a witness, or nothing for a log
        self.groups: dict[str, tuple[int, list[str]]] = {}
        self.quorum = ""
        need(len(data) <= 1 << 20 and not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", data), 0, "policy: control character")
        for line in data.decode("latin-1").split("\n"):
            words, names = re.findall(r"[^ \t]+", line), [*self.groups, "none", ""]
            members = [name for _, group in self.groups.values() for name in group]
            match words:
                case ["log", text] | ["log", text, _]:
                    self._add(text, ED25519, "")
                case ["witness", name, text] | ["witness", name, text, _] if name not in names:
                    self._add(text, MLDSA44, name)
                    self.groups[name] = (0, [])
                case ["group", name, count, *new] if name not in names and new and set(new) <= self.groups.keys():
                    need(len(set(new)) == len(new) and not set(new) & set(members), 0, "policy: member of two groups")
                    digits = int(count) if re.fullmatch("[1-9][0-9]{0,3}", count) else 0
                    self.groups[name] = ({"all": len(new), "any": 1}.get(count, digits), new)
                    need(1 <= self.groups[name][0] <= len(new), 0, "policy: no such threshold")
                case ["quorum", name] if not self.quorum and name in self.groups:
                    self.quorum = name
                case _:
                    need(not words or words[0].startswith("#"), 0, f"policy: malformed line: {line[:60]}")
        need(self.quorum and not all(name for _, name in self.keys), 0, "policy: one signature would suffice")

    def _add(self, text: str, algorithm: int, name: str) -> None:
        key = Key.parse(text.encode("latin-1").decode())
        need(key.algorithm == algorithm, 0, "policy: a log has an Ed25519 key, a witness an ML-DSA-44 key")
        need(all(key.public != other.public for other, _ in self.keys), 0, "policy: a key stands there twice")
        self.keys.append((key, name))

    def check(self, head: Head, lines: list[tuple[str, bytes]], now: int | None) -> None:
        """V1. Unknown keys are passed over; a known one that fails refuses the whole."""
        signed, times = set(), [0]
        for name, data in lines:
            for key, witness in self.keys:
                if (key.name, key.id) == (name, data[:4]):
                    need(key.holds(data[4:], head), 1, f"signature does not hold: {name}")
                    signed.add(witness or f" {f'{head.origin}/'.startswith(f'{name}/')}")
                    times.append(int.from_bytes(data[4:12]) if witness else 0)
        need(" True" in signed, 1, f"no log that may speak for the origin has signed: {head.origin}")
        need(self._is_met(self.quorum, signed), 1, f"the quorum of witnesses has not signed: {self.quorum}")
        need(now is None or max(times) <= now + 600, 1, "signature is from the future")

    def _is_met(self, name: str, signed: set[str]) -> bool:
        threshold, members = self.groups[name]
        return sum(self._is_met(one, signed) for one in members) >= threshold if members else name in signed


def node(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\1" + left + right).digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf."""
    return hashlib.sha256(b"\0" + leaf).digest()


def merkle_root(hashes: list[bytes]) -> bytes:
    """Compute the root by the definition: split at the largest power of two below the size."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256().digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node(merkle_root(hashes[:split]), merkle_root(hashes[split:]))


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Give the root that a leaf hash at a place and its path lead to, in a tree of that size; from the root down."""
    need(0 <= index < size < LIMIT and len(leaf) == 32 and all(len(one) == 32 for one in path), 3, "no such place")
    need(bool(path) == (size > 1), 3, "path is too short or too long")
    if size == 1:
        return leaf
    split = 1 << (size - 1).bit_length() - 1
    if index < split:
        return node(root_from(leaf, index, split, path[:-1]), path[-1])
    return node(path[-1], root_from(leaf, index - split, size - split, path[:-1]))


def check_consistency(old: Head, new: Head, path: list[bytes]) -> None:
    """Check that the old tree is the beginning of the new one (RFC 6962 section 2.1.2, read as a definition)."""

    def roots(first: int, second: int, path: list[bytes], *, is_whole: bool) -> tuple[bytes, bytes]:
        need(bool(path) == (first < second or not is_whole), 2, "path is too short or too long")
        if first == second:
            need(len(path) == (not is_whole), 2, "path is too long")
            return (old.root, old.root) if is_whole else (path[0], path[0])
        split = 1 << (second - 1).bit_length() - 1
        if first <= split:
            before, after = roots(first, split, path[:-1], is_whole=is_whole)
            return before, node(after, path[-1])
        before, after = roots(first - split, second - split, path[:-1], is_whole=False)
        return node(path[-1], before), node(path[-1], after)

    need(old.size <= new.size < LIMIT and (old.size or not new.size), 2, "nothing follows from these sizes")
    need(all(len(one) == 32 for one in [old.root, new.root, *path]), 2, "hash has not 32 bytes")
    need(new.size or old.root == hashlib.sha256().digest(), 2, "root of the empty tree is another one")
    need(roots(old.size, new.size, path, is_whole=True) == (old.root, new.root), 2, "path leads to other roots")


def parse_proof(data: bytes) -> tuple[bytes | None, int, list[bytes], bytes]:
    """Parse a .tlog-proof strictly: extra data, index, path, checkpoint (C2SP tlog-proof)."""
    found = PROOF.fullmatch(data) if len(data) <= 512 << 10 else None
    if found is None or not data[: found.start(4)].isascii():
        raise RefusedError(0, "proof is not first line, index, hashes, empty line and checkpoint")
    path = [unbase64(line) for line in found[3].decode().split("\n")[:-1]]
    need(all(len(one) == 32 for one in path), 0, "hash has not 32 bytes")
    return None if found[1] is None else unbase64(found[1].decode()), int(found[2]), path, found[4]


def jcs(value: Any) -> str:
    """Write canonical JSON (RFC 8785)."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{jcs(name)}:{jcs(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    if isinstance(value, float) and abs(value) < float("inf"):
        is_plain = value == 0 or 1e-6 <= abs(value) < 1e21
        plain = format(Decimal(repr(value)).normalize(), "f").replace("-0", "-0" if value else "0")
        return plain if is_plain else re.sub(r"e([+-])0*", r"e\1", repr(value).replace(".0e", "e"))
    need(not isinstance(value, float) and (not isinstance(value, int) or abs(value) < 1 << 53), 0, "no JSON number")
    return json.dumps(value, ensure_ascii=False)


def commit(label: str, data: bytes) -> bytes:
    """Commit to a field under the public salt of the profile `open`."""
    open_salt = hashlib.sha256(b"wikigrove/v1/open-salt").digest()[:16]
    salt = hmac.digest(open_salt, f"wikigrove/v1/salt/{label}".encode(), "sha256")[:16]
    return hmac.digest(salt, f"wikigrove/v1/commit/{label}\0".encode() + data, "sha256")


def opaque(data: bytes, width: int) -> tuple[bytes, bytes]:
    """Split off a byte string that its length precedes."""
    end = width + int.from_bytes(data[:width])
    need(width <= len(data) and end <= len(data), 0, "leaf ends too early")
    return data[width:end], data[end:]


class Leaf(NamedTuple):
    """What rows are compared with: the identity, licence rule and title commitment of a source leaf."""

    wiki: str
    page: int
    revision: int
    time: int
    rule: int
    title: bytes

    @classmethod
    def parse(cls, leaf: bytes) -> Leaf:
        """Decode a leaf of a revision strictly."""
        need(len(leaf) > REVISION.size and leaf[:9] == MAGIC + b"\1\1", 0, "no leaf of a revision")
        _, _, _, model, flags, _, page, revision, _, seconds, _, _, *rest = REVISION.unpack_from(leaf)
        offset, place, _, rule, text, title, comment, user = rest
        need(flags < 1 << 10 and max(page, revision, offset, place) < LIMIT, 0, "number or flag of a leaf is too large")
        need(model < len(MODELS) or model == OTHER_MODEL, 0, "unknown content model")
        need(text == NOTHING or not flags & 8, 0, "commitment to a hidden text")
        need(comment == NOTHING or flags & 0x90 == 0x80, 0, "commitment to a comment that profile or flags forbid")
        need(user == NOTHING or flags & 0xA0 == 0x80, 0, "commitment to a user that profile or flags forbid")
        wiki, tail = opaque(leaf[REVISION.size :], 1)
        extensions, tail = opaque(tail, 2)
        need(re.fullmatch(rb"[a-z0-9_]{1,32}", wiki) and not tail, 0, "wiki of a leaf is malformed, or bytes follow")
        last, is_named = -1, False
        while extensions:
            number = int.from_bytes(extensions[:2])
            need(number > last and len(extensions) > 3, 0, "extensions do not ascend, or are cut")
            (name, extensions), last = opaque(extensions[2:], 2), number
            if number == 1:
                is_named = name.decode("utf-8", "replace").encode() == name and name.decode() not in MODELS
                need(is_named and model == OTHER_MODEL, 0, "model name does not fit the content model")
        need(is_named or model != OTHER_MODEL, 0, "name of another content model is missing")
        return cls(wiki.decode(), page, revision, seconds, rule, title)


def seconds_of(moment: datetime | None) -> int:
    """Count the seconds since 1970; no time is the smallest number."""
    if moment is None:
        return -LIMIT
    seconds, rest = divmod(moment - datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1))
    need(not rest, 4, "time is not a whole second")
    return seconds


def make_leaf(row: Row) -> bytes:
    """Make the leaf of a stored record under the profile `open`, digests from the texts themselves."""
    name, flags, commitment = row["content_model"] or "", row["sha1_status"] | row["size_status"] << 8, NOTHING
    for visible, bit in (("revision_content", 8), ("revision_comment", 16), ("user", 32)):
        flags |= 0 if row[f"{visible}_is_visible"] else bit
    flags |= 64 if row["revision_is_minor_edit"] else 0
    need(0 <= row["sha1_status"] < 8 and 0 <= row["size_status"] < 4, 4, "unknown status")
    slots = []
    for slot in row["slots"]:
        role, body, has_text = slot["role"].encode(), slot["content_body"], slot["text_state"] <= 1
        is_main = role == b"main"
        need(role and (body is None) == (is_main or not has_text), 4, "a body contradicts the state of its slot")
        slots += [] if body is None else [(role, body.encode())]
    need((row["text"] is not None) == (row["text_state"] <= 1), 4, "text contradicts its state")
    if row["text"] is not None:
        need(row["revision_content_is_visible"], 4, "hidden text is there")
        slots = sorted([*slots, (b"main", row["text"].encode())])
        need(len({role for role, _ in slots}) == len(slots), 4, "a role is there twice")
        commitment = commit("text", bytes([len(slots)]) + b"".join(slot_digest(*slot) for slot in slots))
    model = MODELS.index(name) if name in MODELS else OTHER_MODEL
    data, wiki = name.encode(), row["wiki_id"].encode()
    extensions = struct.pack(">HH", 1, len(data)) + data if model == OTHER_MODEL else b""
    numbers = (row["page_namespace_id"], row["page_id"], row["revision_id"], row["revision_parent_id"] or 0)
    places = [row[name] for name in ("source_id", "element_length", "stream_offset", "element_offset")]
    commitments = (commitment, commit("title", row["page_title"].encode()), NOTHING, NOTHING)
    seconds = seconds_of(row["revision_dt"])
    places += [0, row["licence_rule"]]
    leaf: bytes = REVISION.pack(MAGIC, 1, 1, model, flags, *numbers, seconds, *places, *commitments)
    leaf += bytes([len(wiki)]) + wiki + struct.pack(">H", len(extensions)) + extensions
    return leaf


def slot_digest(role: bytes, text: bytes) -> bytes:
    """Describe one slot's text in the input of a commitment."""
    digests = hashlib.sha256(text).digest() + hashlib.sha1(text, usedforsecurity=False).digest()
    return bytes([len(role)]) + role + digests + struct.pack(">Q", len(text))


def links_of(leaf: Leaf, base: str | None) -> set[str]:
    """Give the addresses a row may have: at the site of its wiki's name, or at the base that its transform names."""
    found, query = re.fullmatch(r"(\w+?)(wiki|wik[a-z]+)", leaf.wiki), f"oldid={leaf.revision}"
    sites = {f"{found[1].replace('_', '-')}.{FAMILIES.get(found[2], found[2])}.org"} if found else set()
    sites |= {host[1] for host in re.finditer("^https?://([^/?#]+)", base or "")}
    links = {f"https://{site}/w/index.php?{query}" for site in sites}
    if leaf.rule == 0:  # perhaps not one of Wikimedia's
        page = (base or "").partition("#")[0]
        links.add(f"{page}{'&' if '?' in page else '?'}{query}" if page else "")
    return links


def read_rows(export: Path, dumps: Path | None, name: str) -> Iterator[Row]:
    """Yield the rows of a shard; whatever cannot be read, or is no row of its folder, is refused at V0."""
    columns = dict(column.split(":") for column in COLUMNS[name.partition("/")[0]].split())
    try:
        for row in read_parquet(export / name) if dumps is None else read_dump(dumps / name, columns):
            need(row.keys() == columns.keys(), 0, "columns are not those of the contract")
            for column, kind in columns.items():
                value, wanted = row[column], KINDS[kind[0].lower()]
                values = value if kind[0].isupper() and type(value) is list else [value]
                good = all(type(one) is wanted and (wanted is not int or -LIMIT <= one < LIMIT) for one in values)
                need(good or (value is None and kind[1:]), 0, f"value of another type: {column}")
            yield row
    except Exception as error:  # parsers raise what they like on damaged bytes
        raise RefusedError(0, f"{name}: rows cannot be read: {error}") from error


def read_parquet(path: Path) -> Iterator[Row]:
    """Open a shard with pyarrow."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        need(len(set(file.schema_arrow.names)) == len(file.schema_arrow.names), 0, "a column is there twice")
        for batch in file.iter_batches(batch_size=1000):
            yield from batch.to_pylist()


def read_dump(path: Path, columns: dict[str, str]) -> Iterator[Row]:
    """Read a dump of a shard as NDJSON; null and absent are the same."""
    with path.with_suffix(".ndjson").open("rb") as file:
        for line in file:
            row = {**dict.fromkeys(columns), **json.loads(line)}
            for column, kind in columns.items():
                if kind[0] in "xX" and row[column] is not None:
                    is_list = kind[0] == "X"
                    row[column] = [*map(bytes.fromhex, row[column])] if is_list else bytes.fromhex(row[column])
                elif kind[0] == "t" and row[column] is not None:
                    row[column] = datetime.fromisoformat(row[column]).astimezone(UTC)
            yield row


class Ladder:
    """The levels of one verification."""

    def __init__(self, policy: Policy, seen: list[Head] | None, now: int | None, *, up_to: int = 4) -> None:
        self.policy, self.seen, self.now, self.up_to = policy, seen, now, up_to
        self.failed: list[tuple[int, str]] = []
        self.skipped: list[tuple[int, str]] = []

    @property
    def exit_code(self) -> int:
        """Give 0, 10 to 14 or 20."""
        failed = [level for level, _ in self.failed if level <= self.up_to]
        return 10 + min(failed) if failed else 20 * any(level <= self.up_to for level, _ in self.skipped)

    def fail(self, condition: object, level: int, message: str) -> None:
        """Note a failure unless the condition is met, and go on."""
        if not condition:
            self.failed.append((level, message))

    def checkpoint(self, data: bytes, expected: Head | None, path: list[bytes] | None = None) -> Head | None:
        """Climb V0 to V2 for one checkpoint; give its head if it is signed."""
        try:
            head, lines = parse_checkpoint(data)
            self.fail(expected in (None, head), 1, f"checkpoint is of another tree than the manifest: {head.origin}")
            self.policy.check(head, lines, self.now)
        except RefusedError as error:
            self.failed.append((error.level, str(error)))
            self.skipped.append((2, "no signed checkpoint"))
            return None
        for old in [old for old in self.seen or [] if old.origin == head.origin]:
            try:
                need(old.size < head.size or (old.size, old.root) == (head.size, head.root), 2, "step back or fork")
                if old.size < head.size and path is None:
                    self.skipped.append((2, f"tree has grown, give --consistency: {head.origin}"))
                else:
                    check_consistency(old, head, path if path is not None and old.size < head.size else [])
            except RefusedError as error:
                self.failed.append((2, f"{error}, a checkpoint of {old.size} leaves was seen: {head.origin}"))
        if self.seen is None:
            self.skipped.append((2, "no checkpoint seen before was given"))
        return head

    def proof(self, data: bytes, entry: bytes | None, path: list[bytes] | None = None) -> None:
        """Climb V0 to V3 for a .tlog-proof; its entry is the extra data unless it is given."""
        try:
            extra, index, hashes, note = parse_proof(data)
            leaf = extra if entry is None else entry
            if leaf is not None and leaf.startswith(MAGIC):
                Leaf.parse(leaf)
            head = self.checkpoint(note, None, path)
            if leaf is None or head is None:
                self.skipped.append((3, "no entry or no signed checkpoint"))
            else:
                found = root_from(leaf_hash(leaf), index, head.size, hashes)
                need(found == head.root, 3, "path does not lead to the signed root")
        except RefusedError as error:
            self.failed.append((error.level, str(error)))

    def export(self, folder: Path, dumps: Path | None = None) -> None:
        """Climb V0 to V4 for an exported training set."""
        try:
            data = (folder / "manifest.json").read_bytes()
            value = json.loads(data)
            need(
                jcs(value).encode() == data and value["format"] == "wikigrove.dataset/1", 0, "another format, or no JCS"
            )
            files = {item["path"]: (item["sha256"], item["bytes"]) for item in value["files"]}
            heads = [Head(*(value[tree][key] for key in ("origin", "size", "root"))) for tree in ("source", "dataset")]
            source, dataset = (head._replace(root=bytes.fromhex(head.root)) for head in heads)  # type: ignore[arg-type]
            need(len(files) == len(value["files"]) and value["rows"] == dataset.size, 0, "files or rows do not add up")
            need(type(source.size) is int and type(dataset.size) is int, 0, "size of a tree is no number")
            need(len(source.root) == len(dataset.root) == 32, 0, "root of a tree has not 32 bytes")
            transform = hashlib.sha256(jcs(value["transform"]).encode()).digest()
            headers = dict(value["transform"].get("internalParameters", {}).get("headers", {}))
            override = value["transform"].get("externalParameters", {}).get("licenceOverride")
            self._files(folder, files)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self.failed.append((0, f"manifest cannot be read: {error!r}"))
            return
        signed = []
        for name, expected in (("source", source), ("dataset", dataset)):
            path = folder / f"proofs/{name}.checkpoint"
            note = path.read_bytes() if path.is_file() and not path.is_symlink() else None
            self.fail(note is not None, 1, f"checkpoint is missing: {path}")
            signed.append((None if note is None else self.checkpoint(note, expected)) or expected)
        shards = {part: {name.partition("/")[2] for name in files if name.startswith(f"{part}/")} for part in COLUMNS}
        parts = ("data", "proofs", "source") if shards["source"] else ("data", "proofs")
        self.fail(all(shards[part] == shards["data"] for part in parts), 0, "shard is not in every folder")
        if not shards["source"]:
            self.skipped.append((4, "source records were left out, so source leaves cannot be computed"))
        outputs: list[bytes] = []
        try:
            for shard in sorted(shards["data"]):
                for rows in zip_longest(*(read_rows(folder, dumps, f"{part}/{shard}") for part in parts)):
                    need(None not in rows, 0, f"folders have different numbers of rows: {shard}")
                    self._row(f"row {len(outputs)}", len(outputs), rows, signed[0], transform, headers, override)
                    outputs.append(leaf_hash(rows[1]["output_leaf"]))
            self.fail(len(outputs) == signed[1].size, 3, f"the signed tree has {signed[1].size} rows: {len(outputs)}")
            self.fail(merkle_root(outputs) == signed[1].root, 3, "root over the rows is not the signed one")
        except ValueError as error:  # also text that cannot be encoded
            self.failed.append((getattr(error, "level", 0), str(error)))

    def _files(self, folder: Path, files: dict[str, tuple[str, int]]) -> None:
        known = {*files, "manifest.json", "proofs/source.checkpoint", "proofs/dataset.checkpoint"}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            self.fail(path.is_dir() or (path.is_file() and name in known), 0, f"no file of the manifest: {name}")
            self.fail(not path.is_symlink(), 0, f"link: {name}")
        for name, listed in files.items():
            need(not {"..", ""} & set(name.split("/")), 0, f"path leads out of the export: {name}")
            with (folder / name).open("rb") as file:
                found = (hashlib.file_digest(file, "sha256").hexdigest(), file.tell())
            self.fail(found == listed, 0, f"file is not the one that the manifest names: {name}")

    def _row(
        self, place: str, number: int, rows: Any, source: Head, transform: bytes, headers: Any, override: Any
    ) -> None:
        data, proof, record = rows if len(rows) == 3 else (*rows, None)
        index, text = proof["source_leaf_index"], data["text"].encode()
        self.fail(
            data["row"] == proof["row"] == number and data["source_leaf_index"] == index, 0, f"{place}: out of place"
        )
        try:
            hashes, leaf = proof["inclusion_path"], Leaf.parse(proof["leaf"])
            output = proof["output_leaf"]
            need(len(output) == OUTPUT.size and output[:9] == MAGIC + b"\1\5" and output[12] < 128, 0, "no output leaf")
        except RefusedError as error:
            self.failed.append((error.level, f"{place}: {error}"))
            return
        try:
            found = root_from(leaf_hash(proof["leaf"]), index, source.size, hashes)
            need(found == source.root, 3, "path does not lead to the root")
        except RefusedError as error:
            self.failed.append((3, f"{place}: source leaf is not in the signed tree: {error}"))
        named = struct.pack(">q", index) + source.root + transform
        self.fail(output[12:84] == named, 3, f"{place}: output leaf names another leaf, tree or transform")
        made = commit("output", hashlib.sha256(text).digest() + struct.pack(">Q", len(text)))
        self.fail(output[9:12] + output[84:] == bytes(3) + made, 4, f"{place}: text is not the one of the output leaf")
        identity = (data["wiki_id"], data["page_id"], data["revision_id"])
        is_same = identity == (leaf.wiki, leaf.page, leaf.revision) and data["id"] == ":".join(map(str, identity))
        self.fail(is_same, 4, f"{place}: id is not the one of the source leaf")
        self.fail(commit("title", data["title"].encode()) == leaf.title, 4, f"{place}: title is not the leaf's")
        licences = LICENCES.get(leaf.rule) or ([override] if override else [])
        self.fail(data["licence_ids"] == licences, 4, f"{place}: licence is not the one of the leaf's rule")
        base = (headers.get(leaf.wiki) or {}).get("base")
        self.fail(data["url"] in links_of(leaf, base), 4, f"{place}: link is not the one of the revision")
        self.fail(record is None or record["leaf_index"] == index, 0, f"{place}: record of another leaf")
        try:
            self.fail(seconds_of(data["revision_dt"]) == leaf.time, 4, f"{place}: time is not the leaf's")
            made = proof["leaf"] if record is None else make_leaf(record)
            self.fail(made == proof["leaf"], 4, f"{place}: leaf of the record is another one")
        except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
            self.failed.append((4, f"{place}: no leaf can be made of the record: {error}"))


def main(arguments: list[str] | None = None) -> int:
    """Verify what the command line names; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("--policy", type=Path, required=True)
    for name in ("--seen", "--rows", "--leaf", "--consistency"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--up-to", choices=("V0", "V1", "V2", "V3", "V4"), default="V4")
    options = parser.parse_args(arguments)
    try:
        policy, is_export = Policy(options.policy.read_bytes()), options.target.is_dir()
        kept = [] if options.seen is None else [options.seen, *sorted(options.seen.glob("*"))]
        seen = [parse_checkpoint(path.read_bytes())[0] for path in kept if path.is_file()]
        lines = None if options.consistency is None else options.consistency.read_text().split()
        path = None if lines is None else [unbase64(line) for line in lines]
        entry = None if options.leaf is None else options.leaf.read_bytes()
        data = b"" if is_export else options.target.read_bytes()
    except (OSError, ValueError) as error:
        print(f"wrong use: {error}", file=sys.stderr)
        return 2
    is_proof = data.startswith(b"c2sp.org/tlog-proof@")
    up_to = min(int(options.up_to[1]), 4 if is_export else 3 if is_proof else 2)
    ladder = Ladder(policy, None if options.seen is None else seen, int(time.time()), up_to=up_to)
    if is_export:
        ladder.export(options.target, options.rows)
    elif is_proof:
        ladder.proof(data, entry, path)
    else:
        ladder.checkpoint(data, None, path)
    for kind, found in (("failed", ladder.failed), ("not run", ladder.skipped)):
        print("".join(f"V{level} {kind}: {message}\n" for level, message in found if level <= up_to), end="")
    print(f"levels V0 to V{up_to}, exit code: {ladder.exit_code}")
    return ladder.exit_code


if __name__ == "__main__":
    sys.exit(main())
