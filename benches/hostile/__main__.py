"""Hostile inputs through the public API, one child process each: what came of it, how long it took, how much memory.

    python benches/hostile [--vectors DIR] [--data DIR] [--only TEXT] [--threads N]

Prints a table. Ends with 1 if a case hung, was killed, ended in a traceback, took too much memory, or came out
otherwise than it should.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import bombs
import documents
from cases import Case, generated, of_files

HERE = Path(__file__).parent
CALM = {"PYTHONPATH": f"{HERE.parents[1] / 'python'}{os.pathsep}{HERE}", "PYTHONWARNINGS": "error"}


def run(action: str, paths: list[Path], folder: Path, threads: int, seconds: float) -> dict[str, Any]:
    """Run one child; its outcome with seconds and peak memory."""
    output = folder / "output"
    command = [sys.executable, str(HERE / "child.py"), action, str(folder), str(threads), *map(str, paths)]
    start = time.perf_counter()
    with output.open("wb") as out, (folder / "errors").open("wb") as errors:
        child = subprocess.Popen(command, stdout=out, stderr=errors, env=os.environ | CALM)
        while True:
            process, status, usage = os.wait4(child.pid, os.WNOHANG)
            took = time.perf_counter() - start
            if process:
                break
            if took > seconds:
                child.kill()
                _, status, usage = os.wait4(child.pid, 0)
                status = -1
                break
            time.sleep(0.01)
    child.returncode = 0  # it was waited for here
    found: dict[str, Any] = {
        "seconds": took,
        "peak_mib": usage.ru_maxrss // 1024,
        "cpu": usage.ru_utime + usage.ru_stime,
    }
    if status == 0:
        return found | json.loads(output.read_text().splitlines()[-1])
    last = (folder / "errors").read_text(errors="replace").strip().splitlines()[-1:]
    outcome = "hung" if status == -1 else f"killed by signal {status & 127}" if status & 127 else "traceback"
    return found | {"outcome": outcome, "detail": " ".join(last)[:200]}


def features(folder: Path) -> set[str]:
    """Try what this version reads, with a small good file each."""
    import lzma

    good = bombs.DUMP
    tries = {
        "xml": ("a.xml", good),
        "zst": ("a.xml.zst", bombs.zstd_frame(bombs.zstd_block(0, len(good), good, is_last=True), 17)),
        "xz": ("a.xml.xz", lzma.compress(good)),
        "7z": ("a.xml.7z", bombs.seven_zip_of(good)),
        "articles": ("examplewiki_namespace_0.ndjson", documents.lines()),
    }
    there = set()
    for name, (file, content) in tries.items():
        place = folder / f"feature-{name}"
        place.mkdir()
        if run("build", [bombs.write(place / file, content)], place, 1, 60)["outcome"] == "rows":
            there.add(name)
    packages = {
        "extraction": "wikigrove.extraction",
        "html": "wikigrove.extraction.html",
        "pages": "wikigrove.sources.pages",
    }
    for name, module in packages.items():
        command = [sys.executable, "-c", f"import {module}"]
        if subprocess.run(command, env=os.environ | CALM, capture_output=True, check=False).returncode == 0:
            there.add(name)
    return there


def judge(case: Case, found: dict[str, Any]) -> str:
    """Say what is wrong, or nothing."""
    if found["outcome"] not in case.expected:
        return f"expected {' or '.join(case.expected)}"
    is_built = found["outcome"] in ("rows", "quarantined", "read", "warned")
    if case.rows is not None and is_built and found["rows"] != case.rows:
        return f"expected {case.rows} rows"
    if case.detail and is_built and case.detail not in found["detail"]:
        return f"expected: {case.detail}"
    if found["peak_mib"] > case.peak_mib:
        return f"more memory than {case.peak_mib} MiB"
    return ""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--vectors", type=Path, help="folder with defusedxml, utf8tests, jsontestsuite, bzip2")
    arguments.add_argument("--data", type=Path, help="folder with real files, some of them malformed")
    arguments.add_argument("--only", default="", help="only cases whose name holds this")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--slack", type=float, default=1, help="factor for the wall limits")
    given = arguments.parse_args()
    existing = [path if path and path.is_dir() else None for path in (given.vectors, given.data)]
    cases = [case for case in [*generated(), *of_files(*existing)] if given.only in case.name]
    failed = skipped = 0
    print(f"{'case':58} {'outcome':22} {'rows':>7} {'quar.':>7} {'s':>6} {'cpu s':>6} {'MiB':>6}  detail")
    with tempfile.TemporaryDirectory(prefix="wikigrove-hostile-") as temporary:
        there = features(Path(temporary))
        print(f"features: {', '.join(sorted(there))}")
        for number, case in enumerate(cases):
            if case.needs not in there:
                skipped += 1
                print(f"{case.name[:58]:58} skipped, this version has no: {case.needs}")
                continue
            folder = Path(temporary) / str(number)
            folder.mkdir()
            found = run(case.action, case.make(folder), folder, given.threads, case.seconds * given.slack)
            wrong = judge(case, found)
            failed += bool(wrong)
            shutil.rmtree(folder)
            numbers = f"{found.get('rows', ''):>7} {found.get('quarantined', ''):>7} {found['seconds']:6.1f}"
            numbers += f" {found['cpu']:6.1f} {found['peak_mib']:6}"
            detail = (f"FAILED, {wrong}: " if wrong else "") + str(found.get("detail", ""))
            print(f"{case.name[:58]:58} {found['outcome'][:22]:22} {numbers}  {detail[:150]}", flush=True)
    print(f"{len(cases) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
