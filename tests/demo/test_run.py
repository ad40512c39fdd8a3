"""The tour as a user starts it: everything holds, every forgery is found, and the report says what happened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wikigrove.cli import main
from wikigrove.demo import run_demo


def test_the_tour_holds(tmp_path: Path) -> None:
    pytest.importorskip("qiskit_aer", reason="the quantum lane needs the extra `quantum`")
    lines: list[str] = []
    assert run_demo(tmp_path / "tour", say=lines.append) == 0
    assert lines[-1] == "everything held, and every forgery was found"
    assert not any("MISSED" in line for line in lines)
    page = (tmp_path / "tour" / "report.html").read_text()
    for part in ("bad_timestamp", "Classical and quantum", "simulated", "difference of probabilities", "7 / 7"):
        assert part in page, part
    assert "<script" not in page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tour"]


def test_a_foreign_folder_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    assert main(["demo", "--into", str(tmp_path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "ConfigError"
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]
