"""Both verifiers side by side: each forgery is judged by the package and by audit/verify.py, which shares no code."""

from __future__ import annotations

import functools
import importlib.util
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

import wikigrove as wg
from wikigrove import _core, ingest
from wikigrove.crypto import KeyFolder, Policy, TreeHead, VerifierKey
from wikigrove.crypto.note import NoteSignature
from wikigrove.crypto.vkey import ED25519, MLDSA44
from wikigrove.dataset import write_export
from wikigrove.demo.dump import write_demo_dumps
from wikigrove.errors import InclusionError, LeafFormatError, NoteFormatError
from wikigrove.extraction import extract
from wikigrove.pipeline import release
from wikigrove.provenance import TlogProof, verify
from wikigrove.provenance.findings import Findings
from wikigrove.provenance.memory import Memory
from wikigrove.provenance.signed import Trust, check_memory, check_signature

ROOT = Path(__file__).parents[2]
NAME = "example.org/audit"
ORIGIN = f"{NAME}/s/xxwiki/20260901/articles/open-v1"
TIME_S = 1_788_221_100
NOW_S = TIME_S + 60


def load_second() -> ModuleType:
    """Import audit/verify.py from its file, as it is no part of the package."""
    if "audit_verify" not in sys.modules:
        specification = importlib.util.spec_from_file_location("audit_verify", ROOT / "audit" / "verify.py")
        assert specification is not None
        assert specification.loader is not None
        sys.modules["audit_verify"] = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(sys.modules["audit_verify"])
    return sys.modules["audit_verify"]


class Pair:
    """One Ed25519 and one ML-DSA-44 key of a name, and signatures of every kind over a tree head."""

    def __init__(self, seed: int, name: str = NAME) -> None:
        self.name = name
        self.ed25519 = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.mldsa44 = MLDSA44PrivateKey.from_seed_bytes(bytes([seed + 1]) * 32)
        self.log = VerifierKey(name, ED25519, self.ed25519.public_key().public_bytes_raw())
        self.witness = VerifierKey(name, MLDSA44, self.mldsa44.public_key().public_bytes_raw())

    @property
    def policy(self) -> bytes:
        return f"log {self.log.to_text()}\nwitness pq {self.witness.to_text()}\nquorum pq\n".encode()

    def classic(self, head: TreeHead, **other: Any) -> str:
        signature = self.ed25519.sign(other.get("message", head.text.encode()))
        return NoteSignature(other.get("name", self.name), other.get("id", self.log.key_id), signature).to_line()

    def quantum(self, head: TreeHead, **other: Any) -> str:
        time_s = other.get("time_s", TIME_S)
        message = other.get("message", head.subtree_message(cosigner=other.get("cosigner", self.name), time_s=time_s))
        signature = other.get("stated", time_s).to_bytes(8) + self.mldsa44.sign(message, other.get("context"))
        return NoteSignature(other.get("name", self.name), other.get("id", self.witness.key_id), signature).to_line()

    def note(self, head: TreeHead) -> bytes:
        return f"{head.text}\n{self.classic(head)}{self.quantum(head)}".encode()


@dataclass(frozen=True)
class Verifiers:
    """Runs both verifiers on notes and proofs, and gives their exit codes."""

    policy: bytes
    folder: Path
    second: ModuleType

    def trust(self, seen: TreeHead | None) -> tuple[Trust, list[Any]]:
        memory = Memory(self.folder / f"memory-{seen.size}-{seen.root.hex()[:8]}.json" if seen else self.folder / "new")
        if seen is not None and not memory.path.exists():
            memory.remember(seen)
        heads = [] if seen is None else [self.second.Head(seen.origin, seen.size, seen.root)]
        return Trust.of(Policy.parse(self.policy), memory, now_s=NOW_S, remember=False), heads

    def note(self, note: bytes, seen: TreeHead | None = None) -> tuple[int, int]:
        trust, heads = self.trust(seen)
        findings = Findings("V2")
        self._first(note, trust, findings)
        ladder = self.second.Ladder(self.second.Policy(self.policy), heads, NOW_S, up_to=2)
        ladder.checkpoint(note, None)
        return findings.report(target="", kind="note", policy="p", trees=[], counts={}).exit_code, ladder.exit_code

    def proof(self, data: bytes, seen: TreeHead | None = None) -> tuple[int, int]:
        trust, heads = self.trust(seen)
        findings = Findings("V3")
        try:
            file = TlogProof.parse(data)
            if file.extra is not None and file.extra.startswith(b"wgleaf\0"):
                _core.decode_leaf(file.extra)
            verified = self._first(file.checkpoint, trust, findings)
            if file.extra is None or verified is None:
                findings.skip("V3", "nothing to prove, or nothing signed")
            else:
                file.proof.verify(file.extra, verified.head)
        except (NoteFormatError, LeafFormatError) as error:
            findings.add("V0", str(error))
        except InclusionError as error:
            findings.add("V3", str(error))
        ladder = self.second.Ladder(self.second.Policy(self.policy), heads, NOW_S, up_to=3)
        ladder.proof(data, None)
        return findings.report(target="", kind="proof", policy="p", trees=[], counts={}).exit_code, ladder.exit_code

    def _first(self, note: bytes, trust: Trust, findings: Findings) -> Any:
        verified = check_signature(note, None, trust, findings, file="note")
        check_memory(verified, trust, findings, file="note", root_at=None)
        return verified


@dataclass(frozen=True)
class Export:
    """A copy of an export that a test may forge, with the keys that signed it."""

    path: Path
    keys: KeyFolder
    store: Path
    second: ModuleType

    @property
    def manifest(self) -> dict[str, Any]:
        return dict(json.loads((self.path / "manifest.json").read_bytes()))

    def write_manifest(self, value: dict[str, Any]) -> None:
        (self.path / "manifest.json").write_bytes(rfc8785.dumps(value))

    def relist(self) -> None:
        """Make the manifest name the changed files, as a forger would."""
        value = self.manifest
        names = [entry["path"] for entry in value["files"] if (self.path / entry["path"]).exists()]
        listed = [{"path": name, **describe(self.path / name)} for name in names]
        self.write_manifest({**value, "files": listed})

    def shard(self, folder: str, number: int = 0) -> Path:
        return sorted((self.path / folder).glob("*.parquet"))[number]

    def edit(self, folder: str, column: str, row: int, change: Any, *, shard: int = 0) -> None:
        self.rewrite(folder, lambda table: replaced(table, column, row, change), shard=shard)

    def rewrite(self, folder: str, change: Any, *, shard: int = 0) -> None:
        path = self.shard(folder, shard)
        pq.write_table(change(pq.read_table(path)), path)
        self.relist()

    def codes(self, **options: Any) -> tuple[int, int]:
        policy = Policy.parse(self.keys.policy_text.encode())
        memory = self.path.parent / "memory.json"
        options = {"now_s": NOW_S, "remember": False, "derive": ingest.derive, "extract": extract, **options}
        first = verify(self.path, policy=policy, memory=memory, **options)
        heads = [self.second.Head(head.origin, head.size, head.root) for head in Memory(memory).heads().values()]
        ladder = self.second.Ladder(self.second.Policy(self.keys.policy_text.encode()), heads, NOW_S)
        ladder.export(self.path)
        return first.exit_code, ladder.exit_code


def describe(path: Path) -> dict[str, Any]:
    import hashlib

    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def replaced(table: pa.Table, column: str, row: int, change: Any) -> pa.Table:
    values = table.column(column).to_pylist()
    values[row] = change(values[row])
    place = table.schema.get_field_index(column)
    return table.set_column(place, table.schema.field(column), pa.array(values, table.schema.field(column).type))


@pytest.fixture(scope="session")
def second() -> ModuleType:
    return load_second()


@pytest.fixture(scope="session")
def pair() -> Pair:
    return Pair(0x21)


@pytest.fixture(scope="session")
def verifiers(pair: Pair, second: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Verifiers:
    return Verifiers(pair.policy, tmp_path_factory.mktemp("verifiers"), second)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, KeyFolder]:
    """Build, select and export with the verbs of the package: 20 rows of three wikis in three shards."""
    from datetime import UTC, datetime

    folder = tmp_path_factory.mktemp("audit")
    keys = KeyFolder.create(folder / "keys", name=NAME)
    now = datetime.fromtimestamp(TIME_S, UTC)
    chosen = ("enwiki", "elwiki", "commonswiki")
    dumps = [path for path in write_demo_dumps(folder / "made", packing="bz2") if path.name.split("-")[0] in chosen]
    store = wg.build(dumps, into=folder / "store", keys=folder / "keys", now=now).store
    wg.embed(store)
    selection = wg.select(store, budget=20, by=["wiki_id"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "write_export", functools.partial(write_export, rows_per_shard=8))
        wg.export(store, selection, to=folder / "set", keys=folder / "keys", now=now)
    return folder, keys


@pytest.fixture
def export(exported: tuple[Path, KeyFolder], second: ModuleType, tmp_path: Path) -> Export:
    folder, keys = exported
    shutil.copytree(folder / "set", tmp_path / "set")
    return Export(tmp_path / "set", keys, folder / "store", second)
