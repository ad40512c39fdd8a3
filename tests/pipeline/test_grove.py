"""The log of a store through the verbs: what is entered, what verify finds, and how keys are rotated."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import wikigrove
from wikigrove.cli import main
from wikigrove.crypto import KeyFolder, Policy
from wikigrove.errors import ConfigError, ProofError
from wikigrove.provenance import GroveLog, TlogProof, parse_checkpoint, verify_checkpoint
from wikigrove.provenance.append import append, create_log, sign_again
from wikigrove.provenance.entry import DATASET_ROOT, KEY_CHANGE, LICENCE_TABLE, SNAPSHOT_ROOT, SOURCE_MANIFEST, Entry
from wikigrove.provenance.log import named_log
from wikigrove.store import Store


@pytest.fixture(scope="module")
def origin_of_all(dumps: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys, a store with its log, and a selection, to be copied."""
    base = tmp_path_factory.mktemp("grove")
    built = wikigrove.build(dumps[:2], into=base / "store", keys=base / "keys")
    wikigrove.embed(built.store)
    wikigrove.select(built.store, budget=5, name="some")
    return base


@pytest.fixture
def base(origin_of_all: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(origin_of_all, tmp_path / "base"))


def log_of(base: Path) -> GroveLog:
    named = named_log(Store.open(base / "store"))
    assert named is not None
    return named[0]


def kinds(log: GroveLog) -> list[int]:
    return [entry.kind for entry in log.tree().parsed]


def code_of(base: Path, **options: object) -> int:
    settings = {"policy": base / "keys" / "trust.policy", "state": base / "state.json", **options}
    return wikigrove.verify(base / "store", **settings).exit_code  # type: ignore[arg-type]


def test_build_and_export_are_entered_once(base: Path, dumps: list[Path]) -> None:
    log = log_of(base)
    assert log.path == (base / "store" / "log").resolve()
    assert kinds(log) == [SOURCE_MANIFEST, LICENCE_TABLE, SNAPSHOT_ROOT]
    note = log.checkpoint()
    again = wikigrove.build(dumps[:2], into=base / "store", keys=base / "keys")
    assert again.log == log
    assert log.checkpoint() == note, "building the same again adds nothing"
    made = wikigrove.export(base / "store", "some", to=base / "one", keys=base / "keys")
    assert kinds(log)[3:] == [DATASET_ROOT]
    shutil.rmtree(base / "one")
    wikigrove.export(base / "store", "some", to=base / "one", keys=base / "keys")
    entries = log.tree().parsed
    assert len(entries) == 4
    assert (entries[3].name, entries[3].digest.hex(), entries[3].count) == (made.dataset_origin, made.dataset_root, 5)
    assert (entries[2].name, entries[2].digest.hex()) == (again.tree.origin, again.tree.root)
    assert code_of(base) == 0
    wikigrove.build(dumps[:3], into=base / "store", keys=base / "keys")
    assert kinds(log)[4:] == [SOURCE_MANIFEST, SNAPSHOT_ROOT], "the licence table is there already"
    assert code_of(base) == 0, "the log has grown"
    policy = Policy.load(base / "keys" / "trust.policy")
    proof = TlogProof.parse(log.prove(2).to_bytes())
    assert proof.extra == entries[2].to_bytes()
    proof.proof.verify(proof.extra, verify_checkpoint(proof.checkpoint, policy).head)


def test_stores_may_share_a_log(base: Path, dumps: list[Path]) -> None:
    for number in range(2):
        built = wikigrove.build(
            dumps[number : number + 1], into=base / f"store-{number}", keys=base / "keys", log=base / "grove"
        )
        assert built.log.path == base / "grove"
    assert kinds(GroveLog(base / "grove")).count(SNAPSHOT_ROOT) == 2
    wikigrove.build(dumps[:1], into=base / "store-0", keys=base / "keys")
    assert not (base / "store-0" / "log").exists(), "the log that a store names is used again"
    for number in range(2):
        report = wikigrove.verify(
            base / f"store-{number}", policy=base / "keys" / "trust.policy", state=base / "state.json"
        )
        assert report.exit_code == 0
        assert report.trees[1].head.origin == parse_checkpoint(GroveLog(base / "grove").checkpoint()).origin


def test_rollback_of_the_log_is_found(base: Path) -> None:
    old = Path(shutil.copytree(base / "store" / "log", base / "old"))
    wikigrove.export(base / "store", "some", to=base / "one", keys=base / "keys")
    assert code_of(base) == 0
    shutil.rmtree(base / "store" / "log")
    old.rename(base / "store" / "log")
    report = wikigrove.verify(base / "store", policy=base / "keys" / "trust.policy", state=base / "state.json")
    assert report.exit_code == 12
    assert "rollback" in report.findings[0].message
    with pytest.raises(ProofError, match="old backup"):
        wikigrove.export(base / "store", "some", to=base / "two", keys=base / "keys")


@pytest.mark.parametrize("extra", [0, 3])
def test_fork_of_the_log_is_found(base: Path, extra: int) -> None:
    """Somebody with the keys, but without their memory, signs another history of the same or a larger size."""
    assert code_of(base) == 0
    log, keys = log_of(base), KeyFolder.load(base / "keys")
    tree = log.tree()
    shutil.rmtree(log.path)
    forged = create_log(log.path, signer=keys, time_s=9, origin=tree.head.origin)
    entries = [Entry(LICENCE_TABLE, 9, 1, bytes(32), "other rules"), tree.parsed[0], tree.parsed[2]]
    entries += [Entry(LICENCE_TABLE, 9, 1, bytes(32), f"more {number}") for number in range(extra)]
    append(forged, entries, signer=keys, policy=None, signed=None, time_s=9)
    assert code_of(base, state=base / "fresh.json") == 0, "without a memory a fork looks like any log"
    assert code_of(base) == 12
    with pytest.raises(ProofError):
        wikigrove.export(base / "store", "some", to=base / "one", keys=base / "keys")


def remove_pointer(base: Path) -> None:
    (base / "store" / "log.json").unlink()


def break_pointer(base: Path) -> None:
    (base / "store" / "log.json").write_bytes(b"{}")


def point_away(base: Path) -> None:
    path = base / "store" / "log.json"
    path.write_bytes(path.read_bytes().replace(b'"path":"log"', b'"path":"/log"'))


def other_origin(base: Path) -> None:
    path = base / "store" / "log.json"
    path.write_bytes(path.read_bytes().replace(b"/grove/", b"/grave/"))


def remove_log(base: Path) -> None:
    shutil.rmtree(base / "store" / "log")


def break_note(base: Path) -> None:
    (base / "store" / "log" / "checkpoint").write_bytes(b"no note")


def strip_signature(base: Path) -> None:
    path = base / "store" / "log" / "checkpoint"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def change_entry(base: Path) -> None:
    path = base / "store" / "log" / "tile" / "entries" / "000.p" / "3"
    data = bytearray(path.read_bytes())
    data[30] ^= 1
    path.write_bytes(data)


def change_tile(base: Path) -> None:
    path = base / "store" / "log" / "tile" / "0" / "000.p" / "3"
    path.write_bytes(bytes(96))


def strangers_log(base: Path) -> None:
    """A log of the right keys that never heard of this store."""
    remove_log(base)
    keys = KeyFolder.load(base / "keys")
    log = create_log(base / "store" / "log", signer=keys, time_s=1)
    path = base / "store" / "log.json"
    value = json.loads(path.read_bytes())
    value["origin"] = parse_checkpoint(log.checkpoint()).origin
    path.write_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (remove_pointer, 12),
        (break_pointer, 10),
        (point_away, 10),
        (other_origin, 12),
        (remove_log, 20),
        (break_note, 10),
        (strip_signature, 11),
        (change_entry, 12),
        (change_tile, 13),
        (strangers_log, 12),
    ],
)
def test_damage_to_the_log_is_found(base: Path, change: Callable[[Path], None], code: int) -> None:
    assert code_of(base) == 0
    change(base)
    assert code_of(base) == code


def test_a_changed_header_of_a_dump_is_found(base: Path) -> None:
    """The manifest itself is not signed, but the log holds the digest of its sources and of the descriptor."""
    path = base / "store" / "manifests"
    newest = sorted(path.iterdir())[-1]
    data = newest.read_bytes()
    assert b'"sitename":' in data or b'"site_name":' in data or b'"base":' in data
    changed = data.replace(b'"base":"https://', b'"base":"https:/~', 1)
    assert changed != data
    newest.write_bytes(changed)
    report = wikigrove.verify(base / "store", policy=base / "keys" / "trust.policy", state=base / "state.json")
    assert any("source manifest" in finding.message for finding in report.findings)


def test_rotation_through_the_command_line(
    base: Path, tmp_path: Path, dumps: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    keys, store = str(base / "keys"), str(base / "store")
    old_policy = Path(shutil.copy(base / "keys" / "trust.policy", tmp_path / "old.policy"))
    old = KeyFolder.load(keys)

    def fresh(policy: Path) -> int:
        return code_of(base, policy=policy, state=tmp_path / f"{os.urandom(4).hex()}.json")

    assert main(["keys", "rotate", "--keys", keys]) == 2, "the log is not named"
    assert "is not named" in capsys.readouterr().err
    assert main(["keys", "rotate", "--keys", keys, "--log", store, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    log = log_of(base)
    assert kinds(log)[-2:] == [KEY_CHANGE, KEY_CHANGE]
    new = KeyFolder.load(keys)
    announced = [hashlib.sha256(key.to_text().encode()).digest() for key in new.verifier_keys]
    assert [entry.digest for entry in log.tree().parsed[-2:]] == announced
    assert len(made["keys"]) == 4
    new_policy = base / "keys" / "trust.policy"
    assert [fresh(old_policy), fresh(new_policy)] == [0, 0]
    wikigrove.build(dumps[:3], into=store, keys=keys)
    assert [fresh(old_policy), fresh(new_policy)] == [0, 0], "in the overlap both sign"
    assert main(["keys", "list", "--keys", keys]) == 0
    assert "until the rotation is ended" in capsys.readouterr().out
    assert main(["keys", "rotate", "--keys", keys, "--log", store, "--end"]) == 0
    assert [fresh(old_policy), fresh(new_policy)] == [0, 0], "the last checkpoint of the overlap has both signatures"
    wikigrove.build(dumps[:4], into=store, keys=keys)
    assert [fresh(old_policy), fresh(new_policy)] == [11, 0], "from here on the new pair signs alone"
    assert KeyFolder.load(keys).verifier_keys == new.verifier_keys != old.verifier_keys


def test_a_rotation_that_was_interrupted_goes_on(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, log = base / "keys", log_of(base)
    with monkeypatch.context() as patch:
        patch.setattr("wikigrove.crypto.rotation.switch", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            wikigrove.rotate_keys(keys, logs=[log.path])
    assert kinds(log)[-2:] == [KEY_CHANGE, KEY_CHANGE]
    wikigrove.rotate_keys(keys, logs=[log.path])
    assert kinds(log).count(KEY_CHANGE) == 2
    assert code_of(base) == 0
    with pytest.raises(ConfigError, match="still overlaps"):
        wikigrove.rotate_keys(keys, logs=[log.path])
    sign_again(log, signer=KeyFolder.load(keys), policy=Policy.load(keys / "trust.policy"), time_s=1)
    wikigrove.rotate_keys(keys, logs=[log.path], end=True)
    assert code_of(base) == 11, "the root of the snapshot has the old signatures only"


def test_new_keys_with_a_passphrase_from_a_descriptor(
    tmp_path: Path, dumps: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret words\n")
    folder = tmp_path / "keys"
    descriptor = os.open(secret, os.O_RDONLY)
    words = ["keys", "new", "--keys", str(folder), "--name", "example.org/me", "--passphrase-fd", str(descriptor)]
    assert main([*words, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["keys"]
    assert [(row["algorithm"], row["encrypted"]) for row in listed] == [("Ed25519", True), ("ML-DSA-44", True)]
    KeyFolder.load(folder, passphrase=b"secret words")
    with pytest.raises(ConfigError, match="passphrase"):
        wikigrove.build(dumps[:1], into=tmp_path / "store", keys=folder)
    monkeypatch.setenv("WIKIGROVE_PASSPHRASE_FILE", str(secret))
    wikigrove.build(dumps[:1], into=tmp_path / "store", keys=folder)
    monkeypatch.setattr("getpass.getpass", lambda prompt: prompt)
    assert main(["keys", "new", "--keys", str(tmp_path / "asked"), "--ask-passphrase"]) == 2, "the answers differ"
    (folder / "ed25519.pem").chmod(0o644)
    assert main(["keys", "list", "--keys", str(folder)]) == 2
