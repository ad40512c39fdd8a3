from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wikigrove import _core
from wikigrove.crypto import Policy, TreeHead, VerifierKey
from wikigrove.errors import InclusionError, NoteFormatError, ProofError
from wikigrove.provenance import InclusionProof, TlogProof, hash_leaf, verify_checkpoint

ROOT = Path(__file__).parents[2]
VECTORS = ROOT.parent / "shared" / "vectors"
FORGERIES = json.loads((ROOT / "tests" / "data" / "proofs" / "forgeries.json").read_text())

MESSAGES = {
    "HashLength": "multiple of 32 bytes",
    "SizeTooLarge": "2\\^63 or more",
    "IndexOutOfRange": "has no leaf",
    "SizesDescend": "is no later tree of",
    "EmptyTree": "nothing follows from an empty tree",
    "PathLength": "wrong number of hashes",
    "RootMismatch": "leads to another root$",
    "FirstRootMismatch": "another root of the older tree",
}


def decode(values: list[str] | None) -> list[bytes]:
    return [base64.b64decode(value) for value in values or []]


def check_inclusion(vector: dict[str, Any]) -> None:
    leaf, root = decode([vector["leafHash"], vector["root"]])
    _core.verify_inclusion(leaf, vector["leafIdx"], vector["treeSize"], decode(vector["proof"]), root)


def check_consistency(vector: dict[str, Any]) -> None:
    first, second = decode([vector["root1"], vector["root2"]])
    _core.verify_consistency(vector["size1"], vector["size2"], decode(vector["proof"]), first, second)


CHECKS = {"inclusion": check_inclusion, "consistency": check_consistency}
CASES = [(kind, vector) for kind in CHECKS for vector in FORGERIES[kind]]


@pytest.mark.parametrize(("kind", "vector"), CASES, ids=lambda case: case if isinstance(case, str) else case["name"])
def test_own_forgeries(kind: str, vector: dict[str, Any]) -> None:
    if vector["want_error"] is None:
        CHECKS[kind](vector)
    else:
        with pytest.raises(InclusionError, match=MESSAGES[vector["want_error"]]):
            CHECKS[kind](vector)


@pytest.mark.skipif(not (VECTORS / "merkle").is_dir(), reason="public Merkle vectors are not installed")
@pytest.mark.parametrize(("kind", "count"), [("inclusion", 98), ("consistency", 98)])
def test_public_vectors(kind: str, count: int) -> None:
    files = sorted((VECTORS / "merkle" / "testdata" / kind).rglob("*.json"))
    assert len(files) == count
    for file in files:
        vector = json.loads(file.read_text())
        try:
            CHECKS[kind](vector)
            is_refused = False
        except (InclusionError, OverflowError):
            is_refused = True
        # One vector has the words "don't care 1" for roots: equal, but no hashes, so a strict verifier refuses it.
        is_strict = file.name == "sizes-are-equal-one-and-proof-is-empty.json"
        assert is_refused == (vector["wantErr"] or is_strict), file.name


@given(size=st.integers(1, 300), data=st.data())
def test_paths_of_any_tree_verify(size: int, data: st.DataObject) -> None:
    leaves = [hash_leaf(str(number).encode()) for number in range(size)]
    joined = b"".join(leaves)
    head = TreeHead("example.org/t", size, _core.merkle_root(joined))
    indices = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=5))
    for index, path in zip(indices, _core.inclusion_paths(joined, indices), strict=True):
        assert path == _core.inclusion_path(joined, index)
        InclusionProof(index, tuple(path)).verify(str(index).encode(), head)
        with pytest.raises(InclusionError):
            InclusionProof(index, tuple(path)).verify(b"another leaf", head)
    first = data.draw(st.integers(1, size))
    old_root = _core.merkle_root(joined[: 32 * first])
    _core.verify_consistency(first, size, _core.consistency_path(joined, first), old_root, head.root)
    cut = data.draw(st.integers(0, size))
    parts = [_core.frontier(joined[: 32 * cut], 0), _core.frontier(joined[32 * cut :], cut)]
    assert _core.combine_frontiers(parts) == (size, head.root)


def test_proof_file_round_trips() -> None:
    proof = TlogProof(InclusionProof(2, (bytes(32),)), b"checkpoint\n", b"leaf")
    assert TlogProof.parse(proof.to_bytes()) == proof
    for damaged in (
        proof.to_bytes().replace(b"index 2", b"index 02"),
        proof.to_bytes().replace(b"@v1", b"@v2"),
        proof.to_bytes().replace(b"index 2\n", b""),
        proof.to_bytes().replace(b"AAA=\n", b"AAA\n"),
        proof.to_bytes().replace(b"AAAA\n", b"AAA=\n"),
        proof.to_bytes()[:40],
        TlogProof(InclusionProof(2, (bytes(32),) * 64), b"checkpoint\n").to_bytes(),
    ):
        if damaged != proof.to_bytes():
            with pytest.raises(NoteFormatError):
                TlogProof.parse(damaged)


@pytest.mark.skipif(not (VECTORS / "c2sp-interop").is_dir(), reason="C2SP interoperability files are not installed")
def test_foreign_proof_file_and_every_changed_byte() -> None:
    folder = VECTORS / "c2sp-interop"
    log, witness = (VerifierKey.parse(line) for line in (folder / "py-signed.vkeys").read_text().splitlines())
    policy = Policy.parse(f"log {log.to_text()}\nwitness pq {witness.to_text()}\nquorum pq\n".encode())
    leaf = (folder / "py.tlog-proof.leaf").read_bytes()

    def check(data: bytes, leaf: bytes) -> None:
        file = TlogProof.parse(data)
        file.proof.verify(leaf, verify_checkpoint(file.checkpoint, policy).head)

    whole = (folder / "py.tlog-proof").read_bytes()
    assert TlogProof.parse(whole).proof.index == 617
    assert TlogProof.parse(whole).to_bytes() == whole
    check(whole, leaf)
    head_length = whole.index(b"\n\n") + 300  # path, checkpoint text, Ed25519 line and the start of the other line
    places = [*range(head_length), *range(head_length, len(whole), 37)]
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(ProofError):
            check(bytes(changed), leaf)
    with pytest.raises(InclusionError):
        check(whole, leaf + b" ")
