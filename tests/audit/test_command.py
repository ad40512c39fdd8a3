"""The second verifier as an auditor has it: one file, without this package on the path."""

from __future__ import annotations

import ast
import importlib.util
import json
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from wikigrove.provenance import InclusionProof, TlogProof

SCRIPT = Path(__file__).parents[2] / "audit" / "verify.py"


def run(*arguments: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def options(export: Any, tmp_path: Path) -> list[str]:
    (tmp_path / "trust.policy").write_text(export.keys.policy_text)
    (tmp_path / "seen").mkdir()
    return ["--policy", str(tmp_path / "trust.policy"), "--seen", str(tmp_path / "seen")]


def test_imports_are_few() -> None:
    named = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text())):
        if isinstance(node, ast.Import):
            named |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            named.add(str(node.module).partition(".")[0])
    assert named - set(sys.stdlib_module_names) == {"cryptography", "pyarrow"}


def test_exit_codes(export: Any, options: list[str], tmp_path: Path) -> None:
    done = run(*options, export.path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert run(*options[:2], export.path).returncode == 20
    assert run(*options[:2], "--up-to", "V1", export.path).returncode == 0
    assert run(export.path).returncode == 2
    assert run("--policy", tmp_path / "none", export.path).returncode == 2
    (tmp_path / "seen" / "old").write_bytes((export.path / "proofs/source.checkpoint").read_bytes())
    assert run(*options, export.path / "proofs/source.checkpoint").returncode == 0
    export.edit("data", "text", 1, lambda text: text + ".")
    done = run(*options, export.path)
    assert done.returncode == 14
    assert "V4 failed: row 1: text is not the one of the output leaf" in done.stdout


def test_proof_file_of_a_row(export: Any, options: list[str], tmp_path: Path) -> None:
    row = pq.read_table(export.shard("proofs")).slice(3, 1).to_pylist()[0]
    proof = InclusionProof(row["source_leaf_index"], tuple(row["inclusion_path"]))
    note = (export.path / "proofs/source.checkpoint").read_bytes()
    (tmp_path / "row.tlog-proof").write_bytes(TlogProof(proof, note, row["leaf"]).to_bytes())
    (tmp_path / "leaf").write_bytes(row["leaf"])
    assert run(*options, tmp_path / "row.tlog-proof").returncode == 0
    assert run(*options, "--leaf", tmp_path / "leaf", tmp_path / "row.tlog-proof").returncode == 0
    (tmp_path / "leaf").write_bytes(row["leaf"][:75] + b"\x09" + row["leaf"][76:])
    assert run(*options, "--leaf", tmp_path / "leaf", tmp_path / "row.tlog-proof").returncode == 13


def dump(export: Any, folder: Path) -> None:
    """Dump shards as any Parquet tool would: bytes as hex digits, times as text."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(one) for one in value]
        return value.hex() if isinstance(value, bytes) else str(value) if isinstance(value, datetime) else value

    for path in export.path.glob("*/*.parquet"):
        target = folder / path.parent.name / f"{path.stem}.ndjson"
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = pq.read_table(path).to_pylist()
        lines = [json.dumps({name: plain(value) for name, value in row.items()}) + "\n" for row in rows]
        target.write_text("".join(lines))


def test_rows_dumped_by_another_tool(export: Any, options: list[str], tmp_path: Path) -> None:
    dump(export, tmp_path / "rows")
    assert run(*options, "--rows", tmp_path / "rows", export.path).returncode == 0
    path = next((tmp_path / "rows" / "data").iterdir())
    whole = path.read_text()
    for old, new, code in (('"text": "', '"text": "x', 14), ('"text": "', '"text": "\\ud800', 10), ("{", "[", 10)):
        path.write_text(whole.replace(old, new, 1))
        assert run(*options, "--rows", tmp_path / "rows", export.path).returncode == code
    path.unlink()
    assert run(*options, "--rows", tmp_path / "rows", export.path).returncode == 10


def test_text_that_the_signer_forged_is_for_the_first_verifier(export: Any) -> None:
    """Here they differ: the second does not repeat the extraction, so it takes the signer's word for a text."""
    name = "forgeries_of_exports"
    specification = importlib.util.spec_from_file_location(name, Path(__file__).with_name("test_export_forgeries.py"))
    assert specification is not None
    assert specification.loader is not None
    forgeries = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(forgeries)
    forgeries.forge_text(export, keys=export.keys)
    assert export.codes() == (14, 0)
    assert export.codes(extract=None) == (0, 0)


def test_without_source_records_v4_does_not_run(export: Any) -> None:
    shutil.rmtree(export.path / "source")
    export.relist()
    assert export.codes() == (20, 20)
    export.edit("data", "text", 1, lambda text: text + ".")
    assert export.codes() == (14, 14)


def test_licence_stays_under_an_override(export: Any) -> None:
    """A licence that the signer states for other records changes none that is known."""
    value = export.manifest
    value["transform"]["externalParameters"]["licenceOverride"] = "CC0-1.0"
    export.write_manifest(value)
    export.edit("data", "licence_ids", 1, lambda _: ["CC0-1.0"])
    from wikigrove.crypto import Policy
    from wikigrove.ingest import derive
    from wikigrove.provenance import verify

    report = verify(export.path, policy=Policy.parse(export.keys.policy_text.encode()), derive=derive)
    assert "column does not follow from the record: licence_ids" in {finding.message for finding in report.findings}
