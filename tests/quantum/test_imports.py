from __future__ import annotations

import subprocess
import sys

import pytest

import wikigrove.quantum


@pytest.mark.parametrize(
    "module",
    ["wikigrove.quantum", "wikigrove.selection", "wikigrove.selection.quantum", "wikigrove.quantum.engines.aer"],
)
def test_no_import_loads_qiskit(module: str) -> None:
    script = f"import sys, {module}; print(sorted(m for m in sys.modules if m.startswith('qiskit')))"
    environment_path = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment_path
    )
    assert ran.stdout.strip() == "[]"


def test_every_name_of_the_table_of_contents_resolves() -> None:
    assert wikigrove.quantum.__all__ == sorted(wikigrove.quantum.__all__)
    for name in wikigrove.quantum.__all__:
        assert getattr(wikigrove.quantum, name) is not None
    with pytest.raises(AttributeError):
        _ = wikigrove.quantum.speed
