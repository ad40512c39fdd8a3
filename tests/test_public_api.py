"""What `import wikigrove` offers, and what it costs."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys

import wikigrove
from wikigrove import _core


def test_public_names_are_sorted_and_exist() -> None:
    assert wikigrove.__all__ == sorted(wikigrove.__all__)
    for name in wikigrove.__all__:
        assert getattr(wikigrove, name) is not None


def test_one_version_everywhere() -> None:
    assert wikigrove.__version__ == _core.__version__ == importlib.metadata.version("wikigrove")


def test_import_is_light() -> None:
    code = "import sys, wikigrove; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("qiskit", "qiskit_aer", "torch", "pyarrow"):
        assert f"'{heavy}'" not in loaded, f"importing wikigrove loads {heavy}"


def test_unknown_names_are_attribute_errors() -> None:
    assert not hasattr(wikigrove, "no_such_name")
