"""The grove log beside its naive twin: a list of entries and the root over them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wikigrove import _core
from wikigrove.crypto import KeyFolder, Policy, TreeHead, parse_note
from wikigrove.errors import ConfigError, InclusionError, ProofError, SignatureError, StoreError
from wikigrove.provenance import TlogProof, hash_leaf, parse_checkpoint, tlog, verify_checkpoint
from wikigrove.provenance.append import append, create_log
from wikigrove.provenance.entry import SNAPSHOT_ROOT, Entry
from wikigrove.provenance.log import GroveLog
from wikigrove.provenance.memory import Memory

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
TESSERA = VECTORS / "tessera" / "testdata" / "log"
WORDS = [*("one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten"), "ileven", "twelf"]
WORDS += ["threeten", "fourten", "fivten"]
NAME = "example.org/log"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    return KeyFolder.create(tmp_path_factory.mktemp("keys"), name=NAME)


@pytest.fixture(scope="module")
def policy(keys: KeyFolder) -> Policy:
    return Policy.parse(keys.policy_text.encode())


def entry(number: int, *, time_s: int = 5) -> Entry:
    return Entry(SNAPSHOT_ROOT, time_s, number, hashlib.sha256(str(number).encode()).digest(), f"tree {number}")


def naive_root(hashes: list[bytes]) -> bytes:
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + naive_root(hashes[:split]) + naive_root(hashes[split:])).digest()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in (folder / "tile").rglob("*") if path.is_file()}


@pytest.mark.skipif(not TESSERA.is_dir(), reason="Tessera's log is not installed")
def test_partial_tiles_and_bundles_of_a_foreign_log_are_rebuilt_byte_for_byte() -> None:
    entries = [word.encode() for word in WORDS]
    hashes = b"".join(map(hash_leaf, entries))
    made: dict[str, bytes] = {}
    for size in range(1, len(entries) + 1):
        made |= dict(tlog.bundles(entries[:size], old_size=size - 1))
        made |= dict(tlog.tiles(hashes[: 32 * size], old_size=size - 1))
    assert {name.removeprefix("tile/"): data for name, data in made.items()} == {
        str(path.relative_to(TESSERA / "tile")): path.read_bytes()
        for path in (TESSERA / "tile").rglob("*")
        if path.is_file()
    }
    notes = [TESSERA / "checkpoint", *(TESSERA / f"checkpoint.{size}" for size in range(16))]
    for note in notes:
        head = TreeHead.parse(parse_note(note.read_bytes()).text)
        tree = GroveLog(TESSERA).tree(head)
        assert tree.entries == tuple(entries[: head.size])
        assert tree.root_at(head.size) == head.root
    assert GroveLog(TESSERA).damaged_tiles(GroveLog(TESSERA).tree()) == []


def test_tiles_of_70_000_leaves_have_the_widths_of_the_specification() -> None:
    made = list(tlog.tiles(bytes(32 * 70_000)))
    widths = {
        level: [len(data) // 32 for name, data in made if name.startswith(f"tile/{level}/")] for level in range(4)
    }
    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1], 3: []}
    assert sum(len(data) for _, data in tlog.bundles([b"x"] * 70_000)) == 3 * 70_000


@given(cuts=st.lists(st.integers(0, 700), min_size=1, max_size=5), size=st.integers(1, 700))
@settings(max_examples=25, deadline=None)
def test_files_do_not_depend_on_how_a_log_has_grown(cuts: list[int], size: int) -> None:
    entries = [str(number).encode() for number in range(size)]
    hashes = b"".join(map(hash_leaf, entries))
    steps = [*sorted({cut for cut in cuts if 0 < cut < size}), size]
    made: dict[str, bytes] = {}
    for old, new in zip([0, *steps], steps, strict=False):
        for name, data in [
            *tlog.bundles(entries[:new], old_size=old),
            *tlog.tiles(hashes[: 32 * new], old_size=old),
        ]:
            assert made.setdefault(name, data) == data, "a file that was written once never changes"
    for step in steps:
        for name, data in [*tlog.bundles(entries[:step]), *tlog.tiles(hashes[: 32 * step])]:
            assert made[name] == data, "every signed size keeps its own files"


@given(batches=st.lists(st.lists(st.integers(0, 40), max_size=8), max_size=6))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_log_is_its_naive_twin(
    batches: list[list[int]], keys: KeyFolder, policy: Policy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("log")
    memory, twin, heads = Memory(folder / "signed.json"), list[bytes](), []
    log = create_log(folder / "log", signer=keys, time_s=1)
    for time_s, batch in enumerate(batches, start=1):
        numbers = append(
            log, [entry(x, time_s=time_s) for x in batch], signer=keys, policy=policy, signed=memory, time_s=time_s
        )
        for number, place in zip(batch, numbers, strict=True):
            if place == len(twin):
                twin.append(entry(number, time_s=time_s).to_bytes())
            assert Entry.parse(twin[place]).says_the_same(entry(number))
        head = parse_checkpoint(log.checkpoint())
        assert (head.size, head.root) == (len(twin), naive_root(list(map(hash_leaf, twin))))
        heads.append(head)
    tree = log.verified_tree(policy)
    assert tree.entries == tuple(twin)
    assert log.damaged_tiles(tree) == []
    for old in heads:
        assert log.tree(old).entries == tuple(twin[: old.size]), "bundles of every signed size stay"
    sizes = range(1, len(twin) + 1)
    for first in sizes:
        for second in sizes[first - 1 :]:
            path = tree.consistency(first, second)
            _core.verify_consistency(first, second, path, tree.root_at(first), tree.root_at(second))
    for index in range(len(twin)):
        proof = TlogProof.parse(log.prove(index).to_bytes())
        assert proof.extra == twin[index]
        proof.proof.verify(proof.extra, verify_checkpoint(proof.checkpoint, policy).head)
    with pytest.raises(InclusionError):
        log.prove(len(twin))
    with pytest.raises(InclusionError):
        tree.consistency(2, len(twin) + 1)


def test_bad_logs_are_refused(tmp_path: Path, keys: KeyFolder, policy: Policy) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(ConfigError, match="not empty"):
        create_log(tmp_path / "other", signer=keys, time_s=1)
    with pytest.raises(StoreError, match="cannot be locked"):
        append(GroveLog(tmp_path / "none"), [], signer=keys, policy=policy, signed=None, time_s=1)
    stranger = KeyFolder.create(tmp_path / "keys", name=NAME)
    log = create_log(tmp_path / "log", signer=stranger, time_s=1)
    with pytest.raises(SignatureError):
        append(log, [entry(1)], signer=keys, policy=policy, signed=None, time_s=1)
    assert create_log(tmp_path / "log", signer=keys, time_s=9) == log
    log = create_log(tmp_path / "own", signer=keys, time_s=1)
    append(log, [entry(1), entry(2)], signer=keys, policy=policy, signed=None, time_s=1)
    bundle = log.path / "tile/entries/000.p/2"
    whole = bundle.read_bytes()
    for damaged in (whole[:-1], whole + b"\0", bytes([whole[0], whole[1], whole[2] ^ 1]) + whole[3:]):
        bundle.write_bytes(damaged)
        with pytest.raises(ProofError):
            log.tree()
    bundle.unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        log.tree()


def test_a_copy_or_an_old_backup_never_gets_a_second_history(tmp_path: Path, keys: KeyFolder, policy: Policy) -> None:
    memory = Memory(tmp_path / "signed.json")

    def enter(log: GroveLog, number: int) -> list[int]:
        return append(log, [entry(number)], signer=keys, policy=policy, signed=memory, time_s=number)

    log = create_log(tmp_path / "log", signer=keys, time_s=1)
    enter(log, 1)
    copy = GroveLog(Path(shutil.copytree(log.path, tmp_path / "copy")))
    enter(log, 2)
    before = copy.checkpoint()
    with pytest.raises(ProofError, match="copy of the log went on"):
        enter(copy, 3)
    assert copy.checkpoint() == before
    assert enter(log, 3) == [2]


SCRIPT = """
import os, sys
from pathlib import Path
from wikigrove.crypto import KeyFolder, Policy
from wikigrove.provenance.append import append, create_log
from wikigrove.provenance.memory import Memory
from wikigrove.provenance.entry import Entry
base, who = Path(sys.argv[1]), int(sys.argv[2])
keys = KeyFolder.load(base / "keys")
policy = Policy.parse(keys.policy_text.encode())
log = create_log(base / "log", signer=keys, time_s=1)
for number in range(12):
    new = Entry(8, who, 100 * who + number, bytes(32), "tree")
    append(log, [new, Entry(8, who, number, bytes(32), "both")], signer=keys, policy=policy,
           signed=Memory(base / "signed.json"), time_s=1)
"""


def test_two_writers_race(tmp_path: Path) -> None:
    keys = KeyFolder.create(tmp_path / "keys", name=NAME)
    writers = [subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path), str(who)]) for who in (1, 2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    tree = GroveLog(tmp_path / "log").verified_tree(Policy.parse(keys.policy_text.encode()))
    names = [(item.name, item.count) for item in tree.parsed]
    assert len(set(names)) == len(names) == 36
    assert GroveLog(tmp_path / "log").damaged_tiles(tree) == []
    for who in (1, 2):
        own = [count for name, count in names if name == "tree" and count // 100 == who]
        assert own == sorted(own)


class Died(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("same_time", [True, False])
def test_a_crash_after_any_step_ends_in_the_same_log(
    tmp_path: Path, keys: KeyFolder, policy: Policy, monkeypatch: pytest.MonkeyPatch, same_time: bool
) -> None:
    """Die after the first, second, … call that changes the disk; then the same writer comes again, later or at once."""
    base = tmp_path / "base"
    log = create_log(base / "log", signer=keys, time_s=1)
    start = [entry(number) for number in range(254)]
    append(log, start, signer=keys, policy=policy, signed=Memory(base / "signed.json"), time_s=1)
    new = [entry(number) for number in range(254, 260)]
    reference = Path(shutil.copytree(base, tmp_path / "reference"))
    append(
        GroveLog(reference / "log"),
        new,
        signer=keys,
        policy=policy,
        signed=Memory(reference / "signed.json"),
        time_s=7,
    )
    expected = files(reference / "log")
    sizes = set()
    for step in range(1, 200):
        work = Path(shutil.copytree(base, tmp_path / f"work-{step}"))
        ours, memory = GroveLog(work / "log"), Memory(work / "signed.json")
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

        with monkeypatch.context() as patch:
            for name in ("fsync", "replace", "mkdir"):
                patch.setattr(os, name, dying(getattr(os, name)))
            try:
                append(ours, new, signer=keys, policy=policy, signed=memory, time_s=7)
                is_done = True
            except Died:
                is_done = False
        head = verify_checkpoint(ours.checkpoint(), policy).head
        assert ours.tree(head).head == head, "a reader sees a whole log at any time"
        sizes.add(head.size)
        later = new if same_time else [entry(number, time_s=99) for number in range(254, 260)]
        numbers = append(ours, later, signer=keys, policy=policy, signed=memory, time_s=8)
        assert numbers == list(range(254, 260))
        tree = ours.verified_tree(policy)
        assert memory.heads()[head.origin] == tree.head
        assert ours.damaged_tiles(tree) == []
        if same_time:
            assert files(work / "log") == expected
        shutil.rmtree(work)
        if is_done:
            break
    assert is_done
    assert step > 20
    assert sizes == {254, 260}
