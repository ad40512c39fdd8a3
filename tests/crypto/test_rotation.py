"""Rotation of a key folder: both pairs sign in the overlap, and a crash at any step can be taken up."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from wikigrove.crypto import KeyFolder, Policy, TreeHead, parse_note, pem, rotation
from wikigrove.errors import ConfigError, SignatureError

NAME = "example.org/signer"
HEAD = TreeHead(f"{NAME}/s/x", 3, bytes(32))
SECRET = b"secret words"


def policy_of(folder: Path) -> Policy:
    return Policy.load(folder / "trust.policy")


def test_policies_of_every_stage_and_notes_of_every_stage(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    old = KeyFolder.create(folder, name=NAME, passphrase=SECRET)
    policies, notes = [policy_of(folder)], [old.sign(HEAD, time_s=1)]
    for wrong in (None, b"other"):
        with pytest.raises(ConfigError, match="passphrase"):
            rotation.prepare(folder, passphrase=wrong)
    prepared = rotation.prepare(folder, passphrase=SECRET)
    assert KeyFolder.load(folder, passphrase=SECRET).verifier_keys == old.verifier_keys, "nothing has changed yet"
    rotation.switch(folder, prepared)
    both = KeyFolder.load(folder, passphrase=SECRET)
    assert [pair.verifier_keys for pair in both.pairs] == [prepared.verifier_keys, old.verifier_keys]
    policies.append(policy_of(folder))
    notes.append(both.sign(HEAD, time_s=2))
    assert len(parse_note(notes[1]).signatures) == 4
    with pytest.raises(ConfigError, match="still overlaps"):
        rotation.prepare(folder, passphrase=SECRET)
    for path in folder.glob("*.pem"):
        assert path.stat().st_mode & 0o777 == 0o600
        assert pem.is_encrypted(path)
    rotation.end(folder, passphrase=SECRET)
    new = KeyFolder.load(folder, passphrase=SECRET)
    assert new.verifier_keys == prepared.verifier_keys
    assert len(list(folder.glob("*.pem"))) == 2
    policies.append(policy_of(folder))
    notes.append(new.sign(HEAD, time_s=3))
    with pytest.raises(ConfigError, match="no rotation"):
        rotation.end(folder, passphrase=SECRET)

    def holds(policy: Policy, note: bytes) -> bool:
        try:
            policy.verify(parse_note(note))
        except SignatureError:
            return False
        return True

    table = [[holds(policy, note) for note in notes] for policy in policies]
    assert table == [[True, True, False], [True, True, True], [False, True, True]]
    rotation.switch(folder, rotation.prepare(folder, passphrase=SECRET))
    rotation.end(folder, passphrase=SECRET)
    assert len(list(folder.glob("*.pem"))) == 2


def test_one_signature_of_each_pair_is_enough_and_two_of_one_kind_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    KeyFolder.create(folder, name=NAME)
    rotation.switch(folder, rotation.prepare(folder, passphrase=None))
    lines = KeyFolder.load(folder).sign(HEAD, time_s=1).splitlines(keepends=True)
    text, signatures = b"".join(lines[:-4]), lines[-4:]
    for chosen, enough in (((0, 1), True), ((2, 3), True), ((0, 2), False), ((1, 3), False), ((0, 3), True)):
        note = parse_note(text + b"".join(signatures[place] for place in chosen))
        if enough:
            policy_of(folder).verify(note)
        else:
            with pytest.raises(SignatureError):
                policy_of(folder).verify(note)


class Died(BaseException):
    """Stands for the end of the process."""


def test_a_crash_after_any_step_can_be_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = tmp_path / "start"
    old = KeyFolder.create(start, name=NAME)
    note = old.sign(HEAD, time_s=1)
    for step in range(1, 60):
        folder = Path(shutil.copytree(start, tmp_path / f"keys-{step}"))
        left = step

        def dying(call: Any) -> Any:
            def wrapper(*arguments: Any, **options: Any) -> Any:
                nonlocal left
                result = call(*arguments, **options)
                left -= 1
                if left == 0:
                    raise Died
                return result

            return wrapper

        def rotate(folder: Path) -> None:
            if KeyFolder.load(folder).previous is None:
                rotation.switch(folder, rotation.prepare(folder, passphrase=None))

        with monkeypatch.context() as patch:
            for name in ("fsync", "replace", "unlink"):
                patch.setattr(os, name, dying(getattr(os, name)))
            try:
                rotate(folder)
                rotation.end(folder, passphrase=None)
                is_done = True
            except Died:
                is_done = False
        keys = KeyFolder.load(folder)
        policy_of(folder).verify(parse_note(keys.sign(HEAD, time_s=2)))
        if old.verifier_keys in [pair.verifier_keys for pair in keys.pairs]:
            policy_of(folder).verify(parse_note(note))
            rotate(folder)
            assert [pair.verifier_keys for pair in KeyFolder.load(folder).pairs][1] == old.verifier_keys
            rotation.end(folder, passphrase=None)
        elif not is_done and (len(list(folder.glob("*.pem"))) > 2):
            rotation.end(folder, passphrase=None)
        end = KeyFolder.load(folder)
        assert end.previous is None
        assert end.verifier_keys != old.verifier_keys
        assert len(list(folder.glob("*.pem"))) == 2
        assert policy_of(folder).logs == (end.verifier_keys[0],)
        if is_done:
            break
    assert is_done
    assert step > 15
