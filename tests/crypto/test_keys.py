from __future__ import annotations

import copy
import hashlib
import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from wikigrove.crypto import KeyFolder, Policy, TreeHead, parse_note
from wikigrove.errors import ConfigError, NoteFormatError

ORIGIN = "example.com/wikigrove/s/enwiki/20260901/articles/open-v1"
ROOT = bytes.fromhex("baa68a125d4847f9b93aa57db9af5df3172dfdcb5a63786cbd85f659583f4057")
TIME_S = 1_788_221_100


def seeded(name: str = ORIGIN) -> KeyFolder:
    """Keys whose seeds are published: good for vectors only."""
    ed25519 = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
    return KeyFolder(name, ed25519, MLDSA44PrivateKey.from_seed_bytes(bytes(range(32))))


def test_golden_checkpoint() -> None:
    keys, head = seeded(), TreeHead(ORIGIN, 3, ROOT)
    note = keys.sign(head, time_s=TIME_S)
    lines = note.decode().split("\n")
    assert lines[:4] == [ORIGIN, "3", "uqaKEl1IR/m5OqV9ua9d8xct/ctaY3hsvYX2WVg/QFc=", ""]
    assert lines[4] == (
        f"— {ORIGIN} bGsnj7x1MT4Mi/ipa7Mld7eQPm2wT0A4e9JTLb9CVL9sAUd3OI1pDYOGy74KkH5ismP9Vsj/3HnOqvL2nw02OwIIyAw="
    )
    assert [key.key_id.hex() for key in keys.verifier_keys] == ["6c6b278f", "455a1ddb"]
    message = head.subtree_message(cosigner=ORIGIN, time_s=TIME_S)
    assert len(message) == 182
    assert hashlib.sha256(message).hexdigest() == "e80e4b68235997b3c8843c04ef371664bcbd722ca4f3a91bdbe0d3a5125128d2"
    signature = parse_note(note).signatures[1].signature
    assert (int.from_bytes(signature[:8], "big"), len(signature)) == (TIME_S, 2428)
    assert keys.sign(head, time_s=TIME_S) != note, "ML-DSA signing is hedged"
    assert Policy.parse(keys.policy_text.encode()).verify(parse_note(note)).time_s == TIME_S


def test_folder_round_trips(tmp_path: Path) -> None:
    keys = KeyFolder.create(tmp_path / "keys", name="example.org/signer")
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == [
        "ed25519.pem",
        "mldsa44.pem",
        "trust.policy",
        "vkeys",
    ]
    for name in ("ed25519.pem", "mldsa44.pem"):
        assert (tmp_path / "keys" / name).stat().st_mode & 0o777 == 0o600
    loaded = KeyFolder.load(tmp_path / "keys")
    assert loaded.verifier_keys == keys.verifier_keys
    note = loaded.sign(TreeHead("example.org/signer/s/x", 1, bytes(32)), time_s=5)
    assert Policy.load(tmp_path / "keys" / "trust.policy").verify(parse_note(note)).head.size == 1
    with pytest.raises(ConfigError, match="not empty"):
        KeyFolder.create(tmp_path / "keys", name="example.org/other")


def test_passphrase_is_needed(tmp_path: Path) -> None:
    KeyFolder.create(tmp_path, name="example.org/signer", passphrase=b"secret words")
    assert KeyFolder.load(tmp_path, passphrase=b"secret words").name == "example.org/signer"
    for wrong in (None, b"other words"):
        with pytest.raises(ConfigError, match="passphrase"):
            KeyFolder.load(tmp_path, passphrase=wrong)


def test_damaged_folders_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    KeyFolder.create(folder, name="example.org/signer")
    (folder / "mldsa44.pem").chmod(0o640)
    with pytest.raises(ConfigError, match="open to group or world"):
        KeyFolder.load(folder)
    (folder / "mldsa44.pem").chmod(0o600)
    vkeys = (folder / "vkeys").read_text()
    (folder / "vkeys").write_text(vkeys.replace("example.org/signer", "example.org/another"))
    with pytest.raises(ConfigError, match="key id is not the one"):
        KeyFolder.load(folder)
    other = KeyFolder.create(tmp_path / "other", name="example.org/signer")
    for text, message in (
        (other.vkeys_text, "public keys are not those"),
        (vkeys.splitlines()[0] + "\n", "one or two pairs"),
        (3 * vkeys, "one or two pairs"),
        (vkeys + KeyFolder.create(tmp_path / "third", name="example.org/b").vkeys_text, "one or two pairs"),
        (vkeys.rstrip(), "one or two pairs"),
    ):
        (folder / "vkeys").write_text(text)
        with pytest.raises(ConfigError, match=message):
            KeyFolder.load(folder)
    (folder / "vkeys").write_text(vkeys)
    (folder / "ed25519.pem").rename(tmp_path / "moved.pem")
    (folder / "ed25519.pem").symlink_to(tmp_path / "moved.pem")
    with pytest.raises(ConfigError, match="cannot be read"):
        KeyFolder.load(folder)
    (folder / "ed25519.pem").unlink()
    (folder / "mldsa44.pem").rename(folder / "ed25519.pem")
    with pytest.raises(ConfigError, match="cannot be read"):
        KeyFolder.load(folder)


def test_keys_do_not_leak(tmp_path: Path) -> None:
    keys = KeyFolder.create(tmp_path, name="example.org/signer")
    assert repr(keys) == "KeyFolder(name='example.org/signer', <two private keys>)"
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            leak(keys)


def test_signer_stays_below_its_name(tmp_path: Path) -> None:
    keys = KeyFolder.create(tmp_path, name="example.org/signer")
    for origin in ("example.org", "example.org/signer2", "example.org/signers/s"):
        with pytest.raises(ConfigError, match="does not speak for"):
            keys.sign(TreeHead(origin, 1, bytes(32)), time_s=0)
    with pytest.raises(NoteFormatError):
        KeyFolder.create(tmp_path / "other", name="two words")
    assert KeyFolder.create(tmp_path / "nameless").name.startswith("wikigrove.invalid/")
