"""The README's commands and its script run as printed, on a synthetic dump under the name they use."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from wikigrove.demo.dump import write_demo_dumps

README = (Path(__file__).parents[1] / "README.md").read_text()
DUMP = "enwiki-20260801-pages-articles.xml.bz2"


def block(language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"the README has {len(found)} blocks of {language}"
    return found[0]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    (made,) = [path for path in write_demo_dumps(tmp_path / "made", packing="bz2") if path.name.startswith("enwiki")]
    made.rename(tmp_path / DUMP)
    monkeypatch.chdir(tmp_path)
    own = {"WIKIGROVE_KEYS": str(tmp_path / "keys"), "WIKIGROVE_STATE": str(tmp_path / "state.json")}
    return {**os.environ, **own, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)


def test_console_block_runs(environment: dict[str, str]) -> None:
    commands = [line.removeprefix("$ ") for line in block("console").splitlines() if line.startswith("$ ")]
    assert len(commands) >= 9
    for command in commands:
        done = run(["bash", "-c", command], environment)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.stdout.strip(), f"{command} says nothing"


def test_python_block_runs_and_is_short(environment: dict[str, str]) -> None:
    code = block("python")
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    done = run([sys.executable, "-c", code], environment)
    assert done.returncode == 0, done.stderr
    rows, mmd2, baseline = done.stdout.split()
    assert int(rows) == 12
    assert float(mmd2) < float(baseline)
