"""Public vectors through both verifiers. They are no part of the repository; each group prints how many agree."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from wikigrove import _core
from wikigrove.crypto import Policy, TreeHead, VerifierKey, parse_note
from wikigrove.crypto.note import NoteSignature
from wikigrove.crypto.vkey import ED25519, MLDSA44
from wikigrove.errors import InclusionError, NoteFormatError, ProofError, SignatureError
from wikigrove.provenance import TlogProof, hash_leaf, verify_checkpoint

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
TESSERA_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"


def needs(group: str) -> Any:
    return pytest.mark.skipif(not (VECTORS / group).is_dir(), reason=f"public vectors are not installed: {group}")


def is_taken(check: Any, *errors: type[Exception]) -> bool:
    try:
        return check() is not False
    except errors:
        return False


def decode(value: str | None) -> bytes:
    return base64.b64decode(value or "")


@needs("merkle")
@pytest.mark.parametrize(("kind", "count"), [("inclusion", 98), ("consistency", 98)])
def test_merkle(second: Any, kind: str, count: int) -> None:
    agreed = 0
    for file in sorted((VECTORS / "merkle" / "testdata" / kind).rglob("*.json")):
        vector = json.loads(file.read_text())
        path = [decode(node) for node in vector["proof"] or []]
        if kind == "inclusion":
            leaf, root = decode(vector["leafHash"]), decode(vector["root"])
            place = (leaf, vector["leafIdx"], vector["treeSize"], path)
            first = is_taken(lambda p=place, r=root: _core.verify_inclusion(*p, r), InclusionError, OverflowError)
            other = is_taken(lambda p=place, r=root: second.root_from(*p) == r, second.RefusedError)
        else:
            old, new = (second.Head("", vector[f"size{i}"], decode(vector[f"root{i}"])) for i in (1, 2))
            sizes = (old.size, new.size, path, old.root, new.root)
            first = is_taken(lambda s=sizes: _core.verify_consistency(*s), InclusionError, OverflowError)
            other = is_taken(lambda o=old, n=new, p=path: second.check_consistency(o, n, p), second.RefusedError)
        # One vector has the words "don't care 1" for roots: equal, but no hashes, so strict verifiers refuse it.
        is_strict = file.name == "sizes-are-equal-one-and-proof-is-empty.json"
        assert first == other == (not vector["wantErr"] and not is_strict), file.name
        agreed += 1
    print(f"merkle {kind}: {agreed} of {count}")
    assert agreed == count


@needs("rfc6962")
def test_rfc6962(second: Any) -> None:
    value = json.loads((VECTORS / "rfc6962" / "roots.json").read_text())
    leaves = [bytes.fromhex(leaf) for leaf in value["leaf_inputs_hex"]]
    hashes = [second.leaf_hash(leaf) for leaf in leaves]
    assert [one.hex() for one in hashes] == [hash_leaf(leaf).hex() for leaf in leaves] == value["leaf_hashes_hex"]
    (roots,) = [value[key] for key in value if "root" in key]
    stated = list(roots.values()) if isinstance(roots, dict) else roots
    for size, root in enumerate(stated):
        assert second.merkle_root(hashes[:size]).hex() == _core.merkle_root(b"".join(hashes[:size])).hex() == root
    print(f"rfc6962: {len(leaves)} leaves, {len(stated)} roots")


@needs("tessera")
def test_tessera(second: Any) -> None:
    log = VECTORS / "tessera" / "testdata" / "log"
    first_key, other_key = VerifierKey.parse(TESSERA_KEY), second.Key.parse(TESSERA_KEY)
    files = sorted(log.glob("checkpoint*"))
    for file in files:
        note = parse_note(file.read_bytes())
        head, lines = second.parse_checkpoint(file.read_bytes())
        assert TreeHead.parse(note.text) == TreeHead(*head)
        assert first_key.verify(note.signatures[0], TreeHead(*head)) is None
        assert other_key.holds(lines[0][1][4:], head)
        assert not other_key.holds(lines[0][1][4:], head._replace(size=head.size + 1))
        if head.size:
            tile = (log / "tile" / "0" / "000.p" / str(head.size)).read_bytes()
            assert second.merkle_root([tile[at : at + 32] for at in range(0, len(tile), 32)]) == head.root
    print(f"tessera: {len(files)} of 17")
    assert len(files) == 17


@needs("c2sp-interop")
def test_c2sp_interop(second: Any) -> None:
    folder = VECTORS / "c2sp-interop"
    log, witness = (folder / "py-signed.vkeys").read_text().splitlines()
    policy = f"log {log}\nwitness pq {witness}\nquorum pq\n".encode()
    leaf, whole = (folder / "py.tlog-proof.leaf").read_bytes(), (folder / "py.tlog-proof").read_bytes()
    for name, code in (("py-signed.checkpoint", 0), ("go-signed.checkpoint", 11)):
        ladder = second.Ladder(second.Policy(policy), [], None, up_to=2)
        ladder.checkpoint((folder / name).read_bytes(), None)
        assert ladder.exit_code == code
        data = (folder / name).read_bytes()
        assert is_taken(lambda d=data: verify_checkpoint(d, Policy.parse(policy)), SignatureError) == (code == 0)
    head, lines = second.parse_checkpoint((folder / "go-signed.checkpoint").read_bytes())
    key = second.Key.parse((folder / "go-signed.checkpoint.vkey").read_text().strip())
    assert [key.holds(data[4:], head) for name, data in lines if data[:4] == key.id] == [True]

    def check(data: bytes, leaf: bytes) -> bool:
        file = TlogProof.parse(data)
        return file.proof.verify(leaf, verify_checkpoint(file.checkpoint, Policy.parse(policy)).head) is None

    changed = [whole, *(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(0, len(whole), 5))]
    for number, (data, entry) in enumerate([*((data, leaf) for data in changed), (whole, leaf + b" ")]):
        ladder = second.Ladder(second.Policy(policy), [], None, up_to=3)
        ladder.proof(data, entry)
        first = is_taken(lambda d=data, e=entry: check(d, e), ProofError)
        assert first == (ladder.exit_code == 0) == (number == 0), number
    print(f"c2sp-interop: 2 checkpoints, 1 proof, {len(changed)} changed bytes or leaves refused")


class Message:
    """Stands for a tree head whose signed bytes are a vector's."""

    def __init__(self, data: bytes) -> None:
        self.data, self.text = data, self

    def encode(self) -> bytes:
        return self.data

    def subtree_message(self, **_: Any) -> bytes:
        return self.data


def both(second: Any, algorithm: int, public: bytes, signature: bytes, message: bytes) -> bool:
    """Give the one verdict of both verifiers on a bare signature."""
    time = bytes(8) if algorithm == MLDSA44 else b""

    def first() -> None:
        key = VerifierKey("example.com/k", algorithm, public)
        key.verify(NoteSignature(key.name, key.key_id, time + signature), Message(message))  # type: ignore[arg-type]

    verdict = is_taken(first, SignatureError, NoteFormatError)
    assert verdict == second.signature_holds(algorithm, public, signature, message)
    return verdict


def wycheproof(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    groups = json.loads((VECTORS / "wycheproof" / "testvectors_v1" / name).read_text())["testGroups"]
    return [(group, test) for group in groups for test in group["tests"]]


@needs("wycheproof")
def test_wycheproof_mldsa44(second: Any) -> None:
    tests, others = wycheproof("mldsa_44_verify_test.json"), 0
    for group, test in tests:
        if "msg" not in test:  # states only the inner digest mu, which no signature of a note is taken of
            others += 1
            continue
        verdict = both(
            second, MLDSA44, *(bytes.fromhex(text) for text in (group["publicKey"], test["sig"], test["msg"]))
        )
        assert verdict == (test["result"] == "valid" and not test.get("ctx")), test["tcId"]  # notes have no context
    print(f"wycheproof ML-DSA-44: {len(tests) - others} of {len(tests)}, {others} state only mu")
    assert len(tests) == 180


@needs("wycheproof")
def test_wycheproof_ed25519(second: Any) -> None:
    tests = wycheproof("ed25519_test.json")
    for group, test in tests:
        values = (bytes.fromhex(text) for text in (group["publicKey"]["pk"], test["sig"], test["msg"]))
        assert both(second, ED25519, *values) == (test["result"] == "valid"), test["tcId"]
    print(f"wycheproof Ed25519: {len(tests)} of {len(tests)}")


@needs("cctv")
def test_cctv_ed25519(second: Any) -> None:
    vectors = json.loads((VECTORS / "cctv" / "ed25519" / "ed25519vectors.json").read_text())
    for vector in vectors:
        flags = set(vector["flags"] or [])
        values = (bytes.fromhex(vector["key"]), bytes.fromhex(vector["sig"]), vector["msg"].encode())
        assert both(second, ED25519, *values) == flags.isdisjoint({"low_order_residue", "non_canonical_R"})
    print(f"cctv Ed25519: {len(vectors)} of 914")
    assert len(vectors) == 914


@needs("cctv")
def test_cctv_mldsa44_keys(second: Any) -> None:
    """The stated hashes need deterministic signing, which is not here: the keys of the first 100 seeds are used."""
    stream = hashlib.shake_128().digest(3200)
    for at in range(0, 3200, 32):
        key = MLDSA44PrivateKey.from_seed_bytes(stream[at : at + 32])
        public, signature = key.public_key().public_bytes_raw(), key.sign(b"")
        assert both(second, MLDSA44, public, signature, b"")
        assert not both(second, MLDSA44, public, signature, b"x")
    print("cctv ML-DSA-44: keys of 100 seeds")


@needs("jcs")
def test_jcs(second: Any) -> None:
    files = sorted((VECTORS / "jcs" / "testdata" / "input").glob("*.json"))
    for file in files:
        value = json.loads(file.read_bytes())
        wanted = (file.parents[1] / "output" / file.name).read_bytes()
        assert second.jcs(value).encode() == rfc8785.dumps(value) == wanted, file.name
    print(f"jcs: {len(files)} of 6")
    assert len(files) == 6
