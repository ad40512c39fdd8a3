"""Public vectors: C2SP notes, Wycheproof and CCTV. They are not part of the repository."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from wikigrove.crypto import Policy, TreeHead, VerifierKey, parse_note
from wikigrove.errors import SignatureError

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
TESSERA_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

needs_interop = pytest.mark.skipif(not (VECTORS / "c2sp-interop").is_dir(), reason="C2SP files are not installed")
needs_wycheproof = pytest.mark.skipif(not (VECTORS / "wycheproof").is_dir(), reason="Wycheproof is not installed")
needs_cctv = pytest.mark.skipif(not (VECTORS / "cctv").is_dir(), reason="CCTV vectors are not installed")
needs_tessera = pytest.mark.skipif(not (VECTORS / "tessera").is_dir(), reason="Tessera's log is not installed")


def interop_policy() -> Policy:
    log, witness = (VECTORS / "c2sp-interop" / "py-signed.vkeys").read_text().splitlines()
    return Policy.parse(f"log {log}\nwitness pq {witness}\nquorum pq\n".encode())


@needs_interop
def test_both_signatures_of_a_foreign_note_hold() -> None:
    note = parse_note((VECTORS / "c2sp-interop" / "py-signed.checkpoint").read_bytes())
    verified = interop_policy().verify(note)
    assert (verified.head.size, len(verified.keys)) == (1000, 2)


@needs_interop
def test_note_with_one_foreign_signature_is_refused_by_the_hybrid_policy() -> None:
    folder = VECTORS / "c2sp-interop"
    note = parse_note((folder / "go-signed.checkpoint").read_bytes())
    key = VerifierKey.parse((folder / "go-signed.checkpoint.vkey").read_text().strip())
    (signature,) = [line for line in note.signatures if key.matches(line)]
    assert key.verify(signature, TreeHead.parse(note.text)) is not None, "the ML-DSA-44 signature holds"
    with pytest.raises(SignatureError, match="no log"):
        interop_policy().verify(note)


@needs_tessera
def test_every_checkpoint_of_a_foreign_log_holds() -> None:
    key = VerifierKey.parse(TESSERA_KEY)
    log = VECTORS / "tessera" / "testdata" / "log"
    files = sorted(log.glob("checkpoint*"))
    assert len(files) == 17
    for file in files:
        note = parse_note(file.read_bytes())
        head = TreeHead.parse(note.text)
        assert [key.verify(line, head) for line in note.signatures if key.matches(line)] == [None]
        with pytest.raises(SignatureError):
            key.verify(note.signatures[0], TreeHead(head.origin, head.size + 1, head.root))
        if head.size:
            tile = (log / "tile" / "0" / "000.p" / str(head.size)).read_bytes()
            assert naive_root([tile[place : place + 32] for place in range(0, len(tile), 32)]) == head.root
        else:
            assert head.root == hashlib.sha256(b"").digest()


def naive_root(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + naive_root(hashes[:split]) + naive_root(hashes[split:])).digest()


def wycheproof(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    groups = json.loads((VECTORS / "wycheproof" / "testvectors_v1" / name).read_text())["testGroups"]
    return [(group, test) for group in groups for test in group["tests"]]


@needs_wycheproof
def test_wycheproof_mldsa44_verification() -> None:
    tests = wycheproof("mldsa_44_verify_test.json")
    assert len(tests) == 180
    for group, test in tests:
        try:
            key = MLDSA44PublicKey.from_public_bytes(bytes.fromhex(group["publicKey"]))
            signature = bytes.fromhex(test["sig"])
            if "Internal" in test["flags"]:
                key.verify_mu(signature, bytes.fromhex(test["mu"]))
            else:
                key.verify(signature, bytes.fromhex(test["msg"]), bytes.fromhex(test["ctx"]) if "ctx" in test else None)
            is_valid = True
        except (InvalidSignature, ValueError):
            is_valid = False
        assert is_valid == (test["result"] == "valid"), test["tcId"]


@needs_wycheproof
def test_wycheproof_ed25519() -> None:
    tests = wycheproof("ed25519_test.json")
    for group, test in tests:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(group["publicKey"]["pk"]))
        try:
            key.verify(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
            is_valid = True
        except InvalidSignature:
            is_valid = False
        assert is_valid == (test["result"] == "valid"), test["tcId"]


@needs_wycheproof
def test_wycheproof_mldsa44_keys_from_seeds() -> None:
    """A seed gives the stated public key, and the stated signature holds under it."""
    tests = wycheproof("mldsa_44_sign_seed_test.json")
    for group, test in tests:
        try:
            key = MLDSA44PrivateKey.from_seed_bytes(bytes.fromhex(group["privateSeed"])).public_key()
        except ValueError:
            assert test["result"] == "invalid", test["tcId"]
            continue
        if group["publicKey"] is not None:
            assert key.public_bytes_raw().hex() == group["publicKey"]
        if test["result"] == "valid" and "Internal" not in test["flags"]:
            context = bytes.fromhex(test["ctx"]) if "ctx" in test else None
            key.verify(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]), context)


@needs_cctv
def test_cctv_ed25519_edge_cases_have_a_known_verdict() -> None:
    """What our Ed25519 takes: no cofactor (a low-order residue fails), and R only in its canonical encoding."""
    vectors = json.loads((VECTORS / "cctv" / "ed25519" / "ed25519vectors.json").read_text())
    assert len(vectors) == 914
    for vector in vectors:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(vector["key"]))
        try:
            key.verify(bytes.fromhex(vector["sig"]), vector["msg"].encode())
            is_valid = True
        except InvalidSignature:
            is_valid = False
        flags = set(vector["flags"] or [])
        assert is_valid == flags.isdisjoint({"low_order_residue", "non_canonical_R"}), vector["number"]
