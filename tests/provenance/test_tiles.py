from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest

from wikigrove import _core
from wikigrove.errors import InclusionError, ProofError
from wikigrove.provenance import TilePack, build_tree, hash_leaf
from wikigrove.provenance.tiles import HEADER_BYTES

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"


def leaves(count: int) -> list[bytes]:
    return [hash_leaf(str(number).encode()) for number in range(count)]


def naive_root(hashes: list[bytes]) -> bytes:
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + naive_root(hashes[:split]) + naive_root(hashes[split:])).digest()


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000])
def test_tree_in_any_runs_gives_one_pack(size: int) -> None:
    hashes = leaves(size)
    trees = [build_tree([b"".join(hashes)]), build_tree(hashes), build_tree([b"".join(hashes[:300]), *hashes[300:]])]
    assert {tree.root for tree in trees} == {naive_root(hashes)}
    assert len({tree.tiles() for tree in trees}) == 1
    pack = TilePack(trees[0].tiles())
    assert (pack.size, len(pack.data)) == (size, HEADER_BYTES + 32 * (size // 256))
    assert pack.root(lambda first, end: b"".join(hashes[first:end])) == naive_root(hashes)
    for number in range(size // 256):
        start = HEADER_BYTES + 32 * number
        assert pack.data[start : start + 32] == naive_root(hashes[256 * number : 256 * number + 256])


def test_proofs_read_only_the_tiles_they_need(tmp_path: Path) -> None:
    hashes = leaves(2000)
    asked: list[tuple[int, int]] = []

    def read(first: int, end: int) -> bytes:
        asked.append((first, end))
        return b"".join(hashes[first:end])

    (tmp_path / "tiles").write_bytes(build_tree(hashes).tiles())
    pack = TilePack.read(tmp_path / "tiles")
    proofs = pack.prove([1999, 3, 700], read)
    assert asked == [(0, 256), (512, 768), (1792, 2000)]
    for proof, index in zip(proofs, [1999, 3, 700], strict=True):
        assert list(proof.path) == _core.inclusion_path(b"".join(hashes), index)
    with pytest.raises(InclusionError, match="does not hold"):
        pack.prove([2000], read)


def test_damaged_packs_are_refused(tmp_path: Path) -> None:
    whole = build_tree(leaves(600)).tiles()
    for damaged in (whole[:-1], whole + b"\0", whole[:10], b"", b"x" + whole[1:], whole[:8] + b"\xff" * 8 + whole[16:]):
        (tmp_path / "tiles").write_bytes(damaged)
        with pytest.raises(ProofError):
            TilePack.read(tmp_path / "tiles")


@pytest.mark.skipif(not (VECTORS / "tessera").is_dir(), reason="Tessera's log is not installed")
def test_tiles_and_bundles_of_a_foreign_log_are_rebuilt() -> None:
    log = VECTORS / "tessera" / "testdata" / "log"
    bundle = (log / "tile" / "entries" / "000.p" / "15").read_bytes()
    entries, place = [], 0
    while place < len(bundle):
        (length,) = struct.unpack_from(">H", bundle, place)
        entries.append(bundle[place + 2 : place + 2 + length])
        place += 2 + length
    assert len(entries) == 15
    hashes = [hash_leaf(entry) for entry in entries]
    for size in range(1, 16):
        assert (log / "tile" / "0" / "000.p" / str(size)).read_bytes() == b"".join(hashes[:size])
        want = b"".join(struct.pack(">H", len(entry)) + entry for entry in entries[:size])
        assert (log / "tile" / "entries" / "000.p" / str(size)).read_bytes() == want
