"""Benches refuse a debug build, and print what they run on."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import pytest

from wikigrove import _core


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if _core.DEBUG_BUILD and any("benches" in str(item.path) for item in items):
        pytest.exit("benches measure release builds only; hint: make release", returncode=2)


def pytest_report_header() -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    load = os.getloadavg()[0]
    machine = platform.processor() or platform.machine()
    return f"commit {commit.stdout.strip() or 'unknown'}, {machine}, load {load:.2f}"


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One plain XML dump of about 30 MB: `WIKIGROVE_BENCH_XML`, or grown from the synthetic demo pages."""
    if named := os.environ.get("WIKIGROVE_BENCH_XML"):
        return Path(named)
    from wikigrove.demo.dump import write_demo_dumps

    folder = tmp_path_factory.mktemp("corpus")
    source = write_demo_dumps(folder / "seed", packing="plain")[0].read_bytes()
    head, body = source[: source.index(b"<page>")], source[source.index(b"<page>") : source.rindex(b"</mediawiki>")]
    target = folder / "enwiki-undated.xml"
    with target.open("wb") as file:
        file.write(head)
        while file.tell() < 30_000_000:
            file.write(body)
        file.write(b"</mediawiki>\n")
    return target
