from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wikigrove import _core
from wikigrove.crypto import TreeHead
from wikigrove.errors import InclusionError, ProofError
from wikigrove.provenance import InclusionProof, hash_leaf
from wikigrove.provenance.multiproof import Multiproof

LEAF_HASHES = [
    "95711693ef16080c29b19e263e886a587835351c84e53f8cd75084750367fc91",
    "9bdf7693fc4395d8014558cdc7c9c39f67d0b1fe63848ade49567704713663d4",
    "3f7d7f15a8638bd9a9e5bd156cabadee40815a37d0820d6f96c25a3ddb3818f9",
]


def test_golden_file() -> None:
    proof = Multiproof.of_hashes(bytes.fromhex("".join(LEAF_HASHES)), [2, 0])
    data = proof.to_bytes()
    assert [node.hex() for node in proof.hashes] == LEAF_HASHES[1:2]
    assert len(data) == 81
    assert hashlib.sha256(data).hexdigest() == "d48c0d875caf9d6acffc470a2c9de396598c7a8e430184605ad564ff2fc24ee1"
    assert Multiproof.parse(data) == proof
    for damaged in [*(data[:end] for end in range(len(data))), data + b"\0", b"x" + data[1:]]:
        with pytest.raises(ProofError):
            Multiproof.parse(damaged)


def naive_needed(first: int, end: int, wanted: set[int], size: int) -> set[tuple[int, int]]:
    """The ranges that single paths name as siblings and that hold no wanted leaf."""
    if end - first == 1:
        return set()
    middle = first + (1 << (end - first - 1).bit_length() - 1)
    needed: set[tuple[int, int]] = set()
    for own, other in (((first, middle), (middle, end)), ((middle, end), (first, middle))):
        if wanted & set(range(*own)):
            needed |= naive_needed(*own, wanted, size)
            if not wanted & set(range(*other)):
                needed.add(other)
    return needed


@given(size=st.integers(1, 200), data=st.data())
def test_one_multiproof_says_what_single_proofs_say(size: int, data: st.DataObject) -> None:
    leaves = [hash_leaf(str(number).encode()) for number in range(size)]
    joined = b"".join(leaves)
    head = TreeHead("example.org/t", size, _core.merkle_root(joined))
    wanted = data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=12))
    proof = Multiproof.of_hashes(joined, list(wanted))
    chosen = [leaves[index] for index in sorted(wanted)]
    proof.verify(chosen, head)
    assert Multiproof.parse(proof.to_bytes()) == proof
    assert len(proof.hashes) == len(naive_needed(0, size, wanted, size))
    paths = _core.inclusion_paths(joined, sorted(wanted))
    for index, path in zip(sorted(wanted), paths, strict=True):
        InclusionProof(index, tuple(path)).verify_hash(leaves[index], head)
    assert set(proof.hashes) <= {node for path in paths for node in path}
    if len(wanted) == 1:
        assert sorted(proof.hashes) == sorted(paths[0])

    place = data.draw(st.integers(0, len(chosen) - 1))
    forged = [*chosen[:place], hash_leaf(b"another"), *chosen[place + 1 :]]
    forgeries = [(proof, forged, head), (proof, chosen, TreeHead(head.origin, size, bytes(32)))]
    forgeries.append((proof, chosen, TreeHead(head.origin, size + 1, head.root)))
    forgeries.append((Multiproof(size, proof.indices, (*proof.hashes, bytes(32))), chosen, head))
    if proof.hashes:
        forgeries.append((Multiproof(size, proof.indices, proof.hashes[1:]), chosen, head))
    for wrong, hashes, of_head in forgeries:
        with pytest.raises(InclusionError):
            wrong.verify(hashes, of_head)


def test_impossible_multiproofs() -> None:
    for size, indices, hashes in [(3, (), ()), (3, (3,), ()), (3, (1, 1), ()), (3, (2, 1), ()), (3, (1,), (b"x",))]:
        with pytest.raises(ProofError):
            Multiproof(size, indices, hashes)
    with pytest.raises(ProofError):
        Multiproof.of_hashes(bytes(32), [1])
