"""Forged checkpoints, proofs and leaves, and bytes that are none: both verifiers give one verdict, and never crash."""

from __future__ import annotations

import base64
import importlib.util
import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from wikigrove import _core
from wikigrove.crypto import TreeHead
from wikigrove.errors import LeafFormatError
from wikigrove.provenance import InclusionProof, TlogProof, hash_leaf

HERE = Path(__file__).parent
NAME, TIME_S = "example.org/audit", 1_788_221_100
SIZE, INDEX = 100, 37
LEAF = bytes.fromhex(json.loads((HERE.parent / "data/leaf/golden.json").read_text())["revisions"][0]["leaf"])
LEAVES = [LEAF[:16] + number.to_bytes(8) + LEAF[24:] for number in range(SIZE)]
HASHES = b"".join(map(hash_leaf, LEAVES))
LEAF_FORGERIES = json.loads((HERE.parent / "data/leaf/forgeries.json").read_text())


def load_conftest() -> Any:
    if "audit_conftest" not in sys.modules:
        specification = importlib.util.spec_from_file_location("audit_conftest", HERE / "conftest.py")
        assert specification is not None
        assert specification.loader is not None
        sys.modules["audit_conftest"] = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(sys.modules["audit_conftest"])
    return sys.modules["audit_conftest"]


PAIR, OTHER = load_conftest().Pair(0x21), load_conftest().Pair(0x41)
HEAD = TreeHead(f"{NAME}/s/xxwiki/20260901/articles/open-v1", SIZE, _core.merkle_root(HASHES))
NOTE = PAIR.note(HEAD)
PATH = tuple(_core.inclusion_path(HASHES, INDEX))
ED, ML = PAIR.classic(HEAD), PAIR.quantum(HEAD)


def note(*lines: str, text: str = HEAD.text) -> bytes:
    return (text + "\n" + "".join(lines)).encode()


def head(**changes: Any) -> TreeHead:
    return TreeHead(changes.get("origin", HEAD.origin), changes.get("size", SIZE), changes.get("root", HEAD.root))


def flip(data: bytes, place: int, bit: int = 0) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def reline(line: str, change: Any) -> str:
    start, _, encoded = line.rstrip("\n").rpartition(" ")
    return f"{start} {base64.b64encode(change(base64.b64decode(encoded))).decode()}\n"


def note_cases() -> list[tuple[str, bytes, int]]:
    text, root = HEAD.text, base64.b64encode(HEAD.root).decode()
    cases = [("stripped signature", note(line), 11) for line in (ED, ML)]
    cases += [("stripped signature", note(line, line), 11) for line in (ED, ML)]
    cases += [("stripped signature", note(), 10)]
    for line, other, is_first in ((ED, ML, True), (ML, ED, False)):
        size = len(base64.b64decode(line.rsplit(" ", 1)[1]))
        for place in (4, 5, 11, 12, 40, size - 1):
            cases.append(("changed signature", note(reline(line, lambda data, p=place: flip(data, p)), other), 11))
        for change in (lambda data: data[:-1], lambda data: data + b"\0", lambda data: data[:5]):
            cases.append(("signature length", note(reline(line, change), other), 11))
        cases.append(("signature length", note(reline(line, lambda data: data[:4]), other), 10))
        cases.append(("key id", note(reline(line, lambda data: flip(data, 0)), other), 11))
        swapped = base64.b64decode((ML if is_first else ED).rsplit(" ", 1)[1])[4:]
        cases.append(("swapped signature", note(reline(line, lambda d, s=swapped: d[:4] + s), other), 11))
        cases.append(("key name", note(line.replace(NAME, f"{NAME}x"), other), 11))
    cases += [("unknown key", OTHER.note(HEAD), 11), ("unknown key", note(OTHER.classic(HEAD), ML), 11)]
    cases += [("unknown key", note(ED, OTHER.quantum(HEAD)), 11)]
    cases += [("unknown key", note(OTHER.classic(HEAD, id=PAIR.log.key_id), ML), 11)]
    cases += [("unknown key", note(ED, OTHER.quantum(HEAD, id=PAIR.witness.key_id)), 11)]
    cases += [("unknown key beside", note(ED, ML, OTHER.classic(HEAD, id=PAIR.log.key_id)), 11)]
    for context in (b"\0", b"subtree/v1", b"subtree/v1\n\0", NAME.encode(), b"x" * 255):
        cases.append(("wrong context", note(ED, PAIR.quantum(HEAD, context=context)), 11))
    for message in (HEAD.text.encode(), NOTE, b"", HEAD.subtree_message(cosigner=NAME, time_s=TIME_S)[11:]):
        cases.append(("wrong message", note(ED, PAIR.quantum(HEAD, message=message)), 11))
    for message in (HEAD.text.encode()[:-1], HEAD.text.encode() + b"\n", HEAD.root, b""):
        cases.append(("wrong message", note(PAIR.classic(HEAD, message=message), ML), 11))
    cases.append(("wrong message", note(ED, PAIR.quantum(HEAD, cosigner="example.org")), 11))
    cases.append(("wrong time", note(ED, PAIR.quantum(HEAD, stated=TIME_S + 1)), 11))
    cases += [("wrong time", note(ED, PAIR.quantum(HEAD, time_s=time_s)), 11) for time_s in (TIME_S + 700, 1 << 63)]
    for origin in ("example.org", "example.org/auditor/s", "other.org/s", f" {NAME}/s", f"{NAME}x/s"):
        cases.append(("foreign origin", PAIR.note(head(origin=origin)), 11))
    for changed in (head(size=99), head(size=101), head(size=0), head(root=bytes(32)), head(origin=f"{NAME}/d/x/1")):
        cases.append(("edited head", note(ED, ML, text=changed.text), 11))
        cases.append(("edited head", note(ED, PAIR.quantum(changed), text=changed.text), 11))
        cases.append(("edited head", note(PAIR.classic(changed), ML, text=changed.text), 11))
    for size in ("0100", "+100", " 100", "1e2", "", "-1", "१००", "9223372036854775808", "1" * 20, "100 ", "0x64"):
        cases.append(("spelling", note(ED, ML, text=text.replace("\n100\n", f"\n{size}\n")), 10))
    spare = root[:-2] + chr(ord(root[-2]) + 1) + "="
    for other_root in (root[:-1], root + "=", root[4:], "AAAA" + root, spare, root.replace("=", " "), f" {root}", ""):
        cases.append(("spelling", note(ED, ML, text=text.replace(root, other_root)), 10))
    for other_text in (text + "extension\n", text[:-1], "\n" + text, text.replace("\n", "\r\n"), text + "\n", text * 2):
        cases.append(("form", note(ED, ML, text=other_text), 10))
    for byte in (b"\0", b"\t", b"\r", b"\x7f", b"\x1b", b"\xff", b"\xc0\x80", b"\xed\xa0\x80"):
        cases.append(("form", NOTE.replace(b"/s/", b"/s" + byte + b"/", 1), 10))
    for tail in (b"x", b"\n", b"\0", b" ", NOTE, "— ".encode(), b"\n\n"):
        cases.append(("trailing bytes", NOTE + tail, 10))
    for cut in (0, 1, 2, 50, 100, 300, len(NOTE) - 100, len(NOTE) - 1):
        cases.append(("truncation", NOTE[:cut], 10))
    for line in (
        ED.replace("— ", "- "),
        ED.replace("— ", "—"),
        ED.replace("— ", "—  "),
        ED[:-1] + " \n",
        ED[:-1] + "\r\n",
    ):
        cases.append(("signature line", note(line, ML), 10))
    long = "— " + "n" * 256 + " " + "AAAAAAA=\n"
    cases += [
        ("signature line", note(ED, ML, line), 10) for line in (long, "— a+b AAAAAAA=\n", "— a AAAAAAA\n", "— a\n")
    ]
    cases += [
        ("limits", note(ED, ML, *["— a AAAAAAA=\n"] * 31), 10),
        ("limits", note(ED, "— a " + "A" * 131072 + "\n"), 10),
    ]
    cases.append(("limits", PAIR.note(HEAD).replace(HEAD.origin.encode(), b"o" * 256), 10))
    return cases


def proof(index: int = INDEX, path: Any = PATH, leaf: bytes | None = LEAVES[INDEX], note: bytes = NOTE) -> bytes:
    return TlogProof(InclusionProof(index, tuple(path)), note, leaf).to_bytes()


def proof_cases() -> list[tuple[str, bytes, int]]:
    whole = proof()
    wrong = [0, 1, 35, 36, 38, 39, 64, 96, 98, 99, 100, 101, 1 << 31, (1 << 63) - 1, 1 << 63, 10**19 - 1]
    cases = [("wrong index", proof(index), 13) for index in wrong]
    for size in (1, 2, 37, 38, 63, 64, 99, 101, 128, 129, 1 << 40, (1 << 63) - 1):
        if size not in (
            99,
            101,
            128,
        ):  # there the way of this leaf has the same turns: size is the signature's business
            cases.append(("wrong size", proof(note=PAIR.note(head(size=size))), 13))
        cases.append(("wrong size", proof(note=note(ED, ML, text=head(size=size).text)), 11))
    for place, node in enumerate(PATH):
        for bit in (0, 255):
            changed = flip(node, bit // 8, bit % 8)
            cases.append(("sibling", proof(path=[*PATH[:place], changed, *PATH[place + 1 :]]), 13))
        cases.append(("truncated path", proof(path=[*PATH[:place], *PATH[place + 1 :]]), 13))
        cases.append(("trailing hash", proof(path=[*PATH[:place], node, *PATH[place:]]), 13))
    for place in range(len(PATH) - 1):
        swapped = [*PATH[:place], PATH[place + 1], PATH[place], *PATH[place + 2 :]]
        cases.append(("sibling order", proof(path=swapped), 13))
    cases += [("sibling order", proof(path=PATH[::-1]), 13), ("truncated path", proof(path=[]), 13)]
    cases += [("trailing hash", proof(path=[*PATH, bytes(32)]), 13), ("trailing hash", proof(path=[*PATH] * 9), 13)]
    cases.append(("trailing hash", proof(path=[bytes(32)] * 64), 10))
    for other in (0, 1, 36, 38, 99):
        cases.append(("swapped leaves", proof(leaf=LEAVES[other]), 13))
        cases.append(("swapped leaves", proof(path=_core.inclusion_path(HASHES, other)), 13))
    cases.append(("swapped leaves", proof(leaf=None), 20))  # nothing is claimed, so nothing is proved
    cases.append(("node as leaf", proof(leaf=HASHES[36 * 32 : 38 * 32], path=PATH[1:], index=INDEX // 2), 13))
    for size in (97, 99):  # the last leaf once more, as trees that pad their last level would have it
        cut, padded = HASHES[: size * 32], HASHES[: size * 32] + HASHES[(size - 1) * 32 : size * 32]
        for root, stated in ((_core.merkle_root(cut), size), (_core.merkle_root(padded), size)):
            signed = PAIR.note(head(size=stated, root=root))
            path = _core.inclusion_path(padded, size)
            cases.append(("duplicated last leaf", proof(size, path, LEAVES[size - 1], signed), 13))
    for place in (11, 15, 23, 31, 47, 75, 76, 139):
        cases.append(("edited leaf", proof(leaf=flip(LEAVES[INDEX], place)), 13))
    cases += [("edited leaf", proof(leaf=leaf), 13) for leaf in (b"", b"x", b"W" + LEAVES[INDEX][1:])]
    refused = [vector for vector in LEAF_FORGERIES["forged"] if vector["leaf"].startswith(b"wgleaf\0".hex())]
    cases += [
        ("leaf form", proof(leaf=bytes.fromhex(vector["leaf"])), 10)
        for vector in refused
        if vector["leaf"][16:18] != "05"
    ]
    for old, new in (
        (b"@v1", b"@v2"), (b"c2sp", b"C2SP"), (b"@v1\n", b"@v1\r\n"), (b"index 37", b"index 037"), (b"index", b"Index"),
        (b"index 37\n", b""), (b"index 37", b"index -1"), (b"index 37", b"index  37"),
        (b"index 37\n", b"index 37\nindex 37\n"),
        (b"index 37", b"index 99999999999999999999"), (b"extra ", b"extra  "), (b"extra ", b"extra"),
        (b"extra", b"extra \xc3\xa9"),
        (b"=\n\n", b"=\n"), (b"=\n\n", b"\n\n"), (b"=\n\n", b"=\n\n\n"),
    ):  # fmt: skip
        assert old in whole
        cases.append(("form", whole.replace(old, new, 1), 10))
    cases += [("trailing bytes", whole + tail, 10) for tail in (b"x", b"\n", b"\0", whole)]
    cases += [("truncation", whole[:cut], 10) for cut in (0, 1, 24, 60, 400, 600, 700, len(whole) - 1)]
    cases += [("checkpoint", proof(note=data), code) for _, data, code in note_cases()[:20]]
    return cases


NOTE_CASES, PROOF_CASES = note_cases(), proof_cases()


@pytest.mark.parametrize("number", range(len(NOTE_CASES)))
def test_both_refuse_the_note(verifiers: Any, number: int) -> None:
    kind, data, expected = NOTE_CASES[number]
    assert verifiers.note(data) == (expected, expected), kind


@pytest.mark.parametrize("number", range(len(PROOF_CASES)))
def test_both_refuse_the_proof(verifiers: Any, number: int) -> None:
    kind, data, expected = PROOF_CASES[number]
    assert verifiers.proof(data) == (expected, expected), kind


def test_genuine_ones_pass_and_the_classes_are_counted(verifiers: Any) -> None:
    assert verifiers.note(NOTE) == verifiers.note(NOTE, HEAD) == (0, 0)
    assert verifiers.note(note(ML, ED, OTHER.classic(HEAD))) == (0, 0), "order and unknown keys are free"
    assert verifiers.proof(proof()) == verifiers.proof(proof(), HEAD) == (0, 0)
    print(len(NOTE_CASES), Counter(case[0] for case in NOTE_CASES))
    print(len(PROOF_CASES), Counter(case[0] for case in PROOF_CASES))
    assert len(NOTE_CASES) + len(PROOF_CASES) >= 200


@pytest.mark.parametrize(
    "seen", [head(size=101), head(size=1 << 40), head(root=bytes(32))], ids=["old", "older", "fork"]
)
def test_old_checkpoint_and_fork(verifiers: Any, seen: TreeHead) -> None:
    assert verifiers.note(NOTE, seen) == verifiers.proof(proof(), seen) == (12, 12)


def test_grown_tree_needs_a_consistency_proof(verifiers: Any, second: Any) -> None:
    old = head(size=77, root=_core.merkle_root(HASHES[: 77 * 32]))
    assert verifiers.note(NOTE, old) == (20, 20)
    for path, code in ((_core.consistency_path(HASHES, 77), 0), ([], 12), (_core.consistency_path(HASHES, 76), 12)):
        ladder = second.Ladder(second.Policy(PAIR.policy), [second.Head(*old_fields(old))], TIME_S, up_to=2)
        ladder.checkpoint(NOTE, None, path)
        assert ladder.exit_code == code


def old_fields(old: TreeHead) -> tuple[str, int, bytes]:
    return old.origin, old.size, old.root


def test_every_prefix_and_random_bytes(verifiers: Any, second: Any) -> None:
    whole, generator = proof(), random.Random(7)
    one = len(NOTE) - len(ML.encode())  # here the note ends behind its first signature: the second is missing
    for place in range(len(NOTE)):
        assert verifiers.note(NOTE[:place]) == ((11, 11) if place == one else (10, 10))
    for place in range(len(whole)):
        expected = 11 if place == len(whole) - len(NOTE) + one else 10
        assert verifiers.proof(whole[:place]) == (expected, expected)
    for _ in range(300):
        data = generator.randbytes(generator.randrange(400))
        assert verifiers.note(data) == verifiers.proof(data) == (10, 10)
        mixed = bytearray(whole)
        mixed[generator.randrange(700)] = generator.randrange(256)
        first, other = verifiers.proof(bytes(mixed))
        assert first == other
        assert first or bytes(mixed) == whole


def test_leaves_that_only_one_would_take(second: Any) -> None:
    generator = random.Random(8)
    vectors = [bytes.fromhex(vector["leaf"]) for kind in ("accepted", "forged") for vector in LEAF_FORGERIES[kind]]
    leaves = [*vectors, *(LEAF[:place] for place in range(len(LEAF)))]
    leaves += [
        flip(generator.choice([LEAF, *vectors[:4]]) + b"", generator.randrange(200), generator.randrange(8))
        for _ in range(2000)
    ]
    leaves += [generator.randbytes(size) for size in range(300)]
    for leaf in leaves:
        if leaf[8:9] != b"\5":  # output leaves are another format
            assert is_taken(_core.decode_leaf, leaf, LeafFormatError) == is_taken(
                second.Leaf.parse, leaf, second.RefusedError
            ), leaf.hex()


def is_taken(parse: Any, leaf: bytes, error: type[Exception]) -> bool:
    try:
        parse(leaf)
    except error:
        return False
    return True
