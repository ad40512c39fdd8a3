"""bzip2 data to bytes: the Rust decoder beside lbzip2 and Python's bz2 in the same run, in processor seconds.

The decoder is run as the example `bunzip2` (`cargo build --release --example bunzip2`), each tool as a whole process.
"""

from __future__ import annotations

import bz2
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

BUNZIP2 = Path(__file__).parents[1] / "target" / "release" / "examples" / "bunzip2"
PYTHON = "import bz2, sys\nwith bz2.open(sys.argv[1]) as file:\n    while file.read(1 << 20):\n        pass"


def processor_seconds(command: list[str]) -> float:
    """Run a command without output; user and system time of the process, also of its threads."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # told, because it was not `Popen` that waited
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


@pytest.fixture(scope="module")
def packed(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`WIKIGROVE_BENCH_BZ2`, or the corpus as one stream of level 9."""
    if named := os.environ.get("WIKIGROVE_BENCH_BZ2"):
        return Path(named)
    target = tmp_path_factory.mktemp("packed") / "corpus.xml.bz2"
    target.write_bytes(bz2.compress(corpus.read_bytes()))
    return target


COMMANDS = {
    "wikigrove, 1 thread": [str(BUNZIP2), "--count"],
    "wikigrove, 2 threads": [str(BUNZIP2), "--count", "--threads", "2"],
    "wikigrove, portable": [str(BUNZIP2), "--count", "--kernel", "portable"],
    "lbzip2, 1 thread": ["lbzip2", "-dc", "-n1"],
    "lbzip2, 2 threads": ["lbzip2", "-dc", "-n2"],
    "bzip2": ["bzip2", "-dc"],
    "python bz2": [sys.executable, "-c", PYTHON],
}


@pytest.mark.benchmark(group="bzip2: one file to bytes")
@pytest.mark.parametrize("tool", COMMANDS)
def bench_tool(benchmark: BenchmarkFixture, packed: Path, tool: str) -> None:
    command = COMMANDS[tool]
    if shutil.which(command[0]) is None:
        pytest.skip(f"not installed: {command[0]}")
    seconds: list[float] = []
    benchmark.pedantic(lambda: seconds.append(processor_seconds([*command, str(packed)])), rounds=3)
    benchmark.extra_info["processor_seconds"] = min(seconds)
    benchmark.extra_info["compressed_MB"] = packed.stat().st_size / 1e6
