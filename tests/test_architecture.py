"""The diagram in ARCHITECTURE.md is data: who may name whom, in Rust (import-linter holds the Python half)."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUST = ROOT / "rust"
ALLOWED: dict[str, set[str]] = {  # module -> what it may name
    "page": {"digest"},
    "text": set(),
    "topk": set(),
    "bzip2": set(),
    "digest": set(),
    "stream": {"bzip2"},
    "dump": {"page", "digest", "stream"},
    "enterprise": {"page", "digest", "stream"},
    "batch": {"page", "digest"},
    "leaf": {"digest"},
    "merkle": {"digest"},
    "embed": set(),
    "herding": {"topk"},
    "bindings": {
        *("page", "text", "topk", "digest", "stream", "dump", "enterprise", "batch", "leaf", "merkle", "embed"),
        "herding",
    },
}


def named_modules() -> dict[str, set[str]]:
    named: dict[str, set[str]] = {}
    for source in set(RUST.rglob("*.rs")) - {RUST / "lib.rs"}:
        if source.name == "tests.rs":  # tests may compare one module with another
            continue
        parts, text = source.relative_to(RUST).parts, source.read_text()
        module = parts[0].removesuffix(".rs")
        named.setdefault(module, set()).update(re.findall(r"\bcrate::(\w+)", text))
        if len(parts) == 1 or parts[1] == "mod.rs":  # here `super` is the crate, so `use super::` would slip past
            named[module].update(re.findall(r"^(?:pub )?use super::(\w+)", text.split("#[cfg(test)]")[0], re.MULTILINE))
        assert module == "bindings" or "pyo3" not in text, f"{source} names pyo3"
    return named


def test_rust_modules_import_one_way() -> None:
    found = named_modules()
    assert found.keys() == ALLOWED.keys()
    for module, named in found.items():
        assert named - {module} <= ALLOWED[module], f"{module} may not import {named - ALLOWED[module]}"


def test_no_thread_pool_comes_in_by_the_back_door() -> None:
    assert 'name = "rayon"' not in (ROOT / "Cargo.lock").read_text()


def test_architecture_page_stays_short() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 150
