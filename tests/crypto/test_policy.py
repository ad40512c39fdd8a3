from __future__ import annotations

from pathlib import Path

import pytest

from wikigrove.crypto import KeyFolder, Policy, TreeHead, parse_note
from wikigrove.errors import ConfigError, NoteFormatError, SignatureError

NAME = "example.org/signer"
HEAD = TreeHead(f"{NAME}/s/xxwiki/20260901/articles/open-v1", 700, bytes(range(32)))
TIME_S = 1_788_221_100


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    return KeyFolder.create(tmp_path_factory.mktemp("keys"), name=NAME)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    return KeyFolder.create(tmp_path_factory.mktemp("others"), name=NAME)


@pytest.fixture(scope="module")
def note(keys: KeyFolder) -> bytes:
    return keys.sign(HEAD, time_s=TIME_S)


def lines_of(note: bytes) -> tuple[str, str, str]:
    text, _, block = note.decode().rpartition("\n\n")
    first, second = block.splitlines()
    return text + "\n\n", first + "\n", second + "\n"


def test_both_signatures_are_needed(keys: KeyFolder, note: bytes) -> None:
    policy = Policy.parse(keys.policy_text.encode())
    verified = policy.verify(parse_note(note))
    assert (verified.head, verified.time_s, len(verified.keys)) == (HEAD, TIME_S, 2)
    text, ed25519, mldsa = lines_of(note)
    with pytest.raises(SignatureError, match="quorum"):
        policy.verify(parse_note((text + ed25519).encode()))
    with pytest.raises(SignatureError, match="no log"):
        policy.verify(parse_note((text + mldsa).encode()))
    assert policy.verify(parse_note((text + mldsa + ed25519).encode())).head == HEAD, "order does not matter"


def test_unknown_keys_are_ignored_and_known_ones_must_hold(keys: KeyFolder, others: KeyFolder, note: bytes) -> None:
    policy = Policy.parse(keys.policy_text.encode())
    foreign = others.sign(HEAD, time_s=TIME_S)
    with pytest.raises(SignatureError, match="no log"):
        policy.verify(parse_note(foreign))
    text, ed25519, mldsa = lines_of(note)
    _, foreign_ed25519, foreign_mldsa = lines_of(foreign)
    joined = text + foreign_ed25519 + ed25519 + foreign_mldsa + mldsa
    assert len(policy.verify(parse_note(joined.encode())).keys) == 2
    _, stale_ed25519, _ = lines_of(keys.sign(TreeHead(HEAD.origin, 699, HEAD.root), time_s=TIME_S))
    with pytest.raises(SignatureError, match="does not hold"):
        policy.verify(parse_note((text + ed25519 + mldsa + stale_ed25519).encode()))


def test_every_changed_byte_of_a_note_is_refused(keys: KeyFolder, note: bytes) -> None:
    policy = Policy.parse(keys.policy_text.encode())
    for place in [*range(0, 330), *range(330, len(note), 29), len(note) - 1]:
        for bit in (1, 0x40):
            changed = bytearray(note)
            changed[place] ^= bit
            with pytest.raises((NoteFormatError, SignatureError)):
                policy.verify(parse_note(bytes(changed)))


def test_times(keys: KeyFolder, note: bytes) -> None:
    policy = Policy.parse(keys.policy_text.encode())
    parsed = parse_note(note)
    policy.verify(parsed, now_s=TIME_S - 600)
    policy.verify(parsed, now_s=TIME_S + 100, max_age_s=100)
    with pytest.raises(SignatureError, match="from the future"):
        policy.verify(parsed, now_s=TIME_S - 601)
    with pytest.raises(SignatureError, match="older than"):
        policy.verify(parsed, now_s=TIME_S + 101, max_age_s=100)


def test_key_speaks_below_its_name_only(keys: KeyFolder) -> None:
    policy = Policy.parse(keys.policy_text.encode())
    log, witness = keys.verifier_keys
    foreign = KeyFolder("example.org", keys.ed25519, keys.mldsa44)
    note = foreign.sign(TreeHead("example.org/signer2/s/x", 1, bytes(32)), time_s=TIME_S)
    with pytest.raises(SignatureError, match="no log"):
        policy.verify(parse_note(note))
    assert {log.name, witness.name} == {NAME}


def test_groups_count(keys: KeyFolder, others: KeyFolder, note: bytes) -> None:
    log, one = keys.verifier_keys
    two = others.verifier_keys[1]
    start = f"log {log.to_text()}\nwitness one {one.to_text()}\nwitness\ttwo\t {two.to_text()}\n# comment\n\n"
    text, ed25519, mldsa = lines_of(note)
    both = (text + ed25519 + mldsa + lines_of(others.sign(HEAD, time_s=TIME_S))[2]).encode()
    for rule, needs_two in [("any", False), ("1", False), ("2", True), ("all", True)]:
        policy = Policy.parse(f"{start}group g {rule} one two\nquorum g\n".encode())
        policy.verify(parse_note(both))
        if needs_two:
            with pytest.raises(SignatureError, match="quorum"):
                policy.verify(parse_note(note))
        else:
            policy.verify(parse_note(note))


def test_policies_that_demand_too_little_are_refused(keys: KeyFolder, others: KeyFolder) -> None:
    log, witness = (key.to_text() for key in keys.verifier_keys)
    other_log, other_witness = (key.to_text() for key in others.verifier_keys)
    lines = {
        "none": f"log {log}\nwitness pq {witness}\nquorum none\n",
        "no quorum": f"log {log}\nwitness pq {witness}\n",
        "no log": f"witness pq {witness}\nquorum pq\n",
        "Ed25519 witness": f"log {log}\nwitness pq {other_log}\nquorum pq\n",
        "ML-DSA log": f"log {witness}\nwitness pq {other_witness}\nquorum pq\n",
        "twice": f"log {log}\nlog {log}\nwitness pq {witness}\nquorum pq\n",
        "same key": f"log {log}\nwitness pq {witness}\nwitness again {witness}\nquorum pq\n",
        "two quorums": f"log {log}\nwitness pq {witness}\nquorum pq\nquorum pq\n",
        "later": f"log {log}\nquorum pq\nwitness pq {witness}\n",
        "taken name": f"log {log}\nwitness pq {witness}\nwitness pq {other_witness}\nquorum pq\n",
        "threshold 0": f"log {log}\nwitness pq {witness}\ngroup g 0 pq\nquorum g\n",
        "threshold 2": f"log {log}\nwitness pq {witness}\ngroup g 2 pq\nquorum g\n",
        "member twice": f"log {log}\nwitness pq {witness}\ngroup g 2 pq pq\nquorum g\n",
        "two groups": f"log {log}\nwitness pq {witness}\ngroup g any pq\ngroup h any pq g\nquorum h\n",
        "empty group": f"log {log}\nwitness pq {witness}\ngroup g any\nquorum g\n",
        "unknown": f"log {log}\nwitness pq {witness}\nquorum pq\nmirror x\n",
        "CRLF": f"log {log}\r\nwitness pq {witness}\r\nquorum pq\r\n",
        "empty": "",
        "key name": f"log é{log}\nwitness pq {witness}\nquorum pq\n",
    }
    for text in lines.values():
        with pytest.raises(ConfigError):
            Policy.parse(text.encode())
    with pytest.raises(ConfigError):
        Policy.parse(f"log \xff{log}\nquorum pq\n".encode("latin-1"))


def test_published_seeds_are_refused_outside_examples() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

    ed25519 = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
    seeded = KeyFolder("example.org/x", ed25519, MLDSA44PrivateKey.from_seed_bytes(bytes(range(32))))
    with pytest.raises(ConfigError, match="published seed"):
        Policy.parse(seeded.policy_text.encode())
    Policy.parse(KeyFolder("example.com/x", seeded.ed25519, seeded.mldsa44).policy_text.encode())


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Policy.load(tmp_path / "trust.policy")
