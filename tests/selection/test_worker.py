"""A worker ends at its deadline, its death is typed, and nothing of it stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from wikigrove.errors import (
    DeadlineExceededError,
    EngineUnavailableError,
    LimitExceededError,
    QuantumLaneError,
    WorkerCrashedError,
)
from wikigrove.selection.worker import run_isolated

INJECTED = """
import os, signal, sys, time
from wikigrove.errors import EngineUnavailableError, LimitExceededError

def echo(*args, **kwargs):
    return args, kwargs

def environment():
    return os.environ["OMP_NUM_THREADS"], os.environ["OPENBLAS_NUM_THREADS"]

def talk():
    print("noise on standard output", flush=True)
    os.write(1, b"more noise")
    return "answer"

def note(path):
    with open(path, "w") as out:
        out.write(str(os.getpid()))

def hang(path):
    note(path)
    time.sleep(600)

def hang_with_the_lock(path):
    note(path)
    return sum(range(10**15))

def hang_deaf(path):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note(path)
    time.sleep(600)

def die(number):
    os.kill(os.getpid(), number)

def leave(code):
    print("these are my last words", file=sys.stderr)
    os._exit(code)

def refuse():
    raise EngineUnavailableError("not here")

def limit():
    raise LimitExceededError("too deep", 12, 7, "x.xml")

def blunder():
    return {}["missing"]

def quit():
    raise SystemExit(3)

def unspeakable():
    return lambda: None
"""


@pytest.fixture(scope="module")
def injected(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Return a module that the child can import, because the parent's search path goes with it."""
    folder = tmp_path_factory.mktemp("injected")
    (folder / "injected_functions.py").write_text(INJECTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        import injected_functions  # type: ignore[import-not-found]

        yield injected_functions


@pytest.fixture(autouse=True)
def no_child_stays() -> Iterator[None]:
    before = _children()
    yield
    assert _children() <= before  # neither a running child nor a zombie: the kernel lists both


def _children() -> set[int]:
    return {int(child) for task in Path("/proc/self/task").glob("*/children") for child in task.read_text().split()}


def test_an_answer_comes_back_with_everything_that_was_sent(injected: ModuleType) -> None:
    assert run_isolated(injected.echo, 30.0, 1, b"x" * 3_000_000, key={"a": (1, 2)}) == (
        (1, b"x" * 3_000_000),
        {"key": {"a": (1, 2)}},
    )


def test_threads_are_pinned_before_anything_is_imported(injected: ModuleType) -> None:
    before = dict(os.environ)
    assert run_isolated(injected.environment, 30.0) == ("1", "1")
    assert dict(os.environ) == before


def test_what_a_library_prints_does_not_reach_the_answer(injected: ModuleType) -> None:
    assert run_isolated(injected.talk, 30.0) == "answer"


@pytest.mark.parametrize("name", ["hang", "hang_with_the_lock", "hang_deaf"])
def test_a_hanging_worker_is_gone_at_the_deadline(injected: ModuleType, name: str, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    started = time.monotonic()
    with pytest.raises(DeadlineExceededError, match=r"stopped at its deadline, seconds: 1\.5"):
        run_isolated(getattr(injected, name), 1.5, str(note))
    overrun = time.monotonic() - started - 1.5
    assert -0.01 <= overrun < 0.3  # 0.1 on an idle machine
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


@pytest.mark.parametrize("deadline_s", [0.0, -1.0, float("nan")])
def test_without_time_no_worker_is_started(injected: ModuleType, deadline_s: float) -> None:
    with pytest.raises(DeadlineExceededError, match="no time is left"):
        run_isolated(injected.echo, deadline_s)


def test_a_crash_is_a_typed_error_with_the_exit_code(injected: ModuleType) -> None:
    with pytest.raises(WorkerCrashedError, match="exit code: -11"):
        run_isolated(injected.die, 30.0, 11)
    with pytest.raises(WorkerCrashedError, match="exit code: 3, its last words: these are my last words"):
        run_isolated(injected.leave, 30.0, 3)
    with pytest.raises(WorkerCrashedError, match="exit code: 0"):
        run_isolated(injected.leave, 30.0, 0)


def test_declared_errors_come_back_as_themselves(injected: ModuleType) -> None:
    with pytest.raises(EngineUnavailableError, match="not here"):
        run_isolated(injected.refuse, 30.0)
    with pytest.raises(LimitExceededError) as caught:
        run_isolated(injected.limit, 30.0)
    assert (caught.value.byte_offset, caught.value.page_id, caught.value.source) == (12, 7, "x.xml")


@pytest.mark.parametrize(
    ("name", "message"),
    [("blunder", "KeyError: 'missing'"), ("quit", "SystemExit: 3"), ("unspeakable", "lambda")],
)
def test_undeclared_errors_are_crashes_with_a_trace(injected: ModuleType, name: str, message: str) -> None:
    with pytest.raises(WorkerCrashedError, match=message) as caught:
        run_isolated(getattr(injected, name), 30.0)
    assert "Traceback" in caught.value.__notes__[0]
    assert isinstance(caught.value, QuantumLaneError)


def test_functions_that_the_child_cannot_find_are_refused_at_once() -> None:
    for function in (lambda: 1, "text".upper):
        with pytest.raises(ValueError, match="top level of an importable module"):
            run_isolated(function, 30.0)


SCRIPT = """
import math
from wikigrove.selection.worker import run_isolated
print("main runs")
print(run_isolated(math.comb, 30.0, 16, 5))
"""


@pytest.mark.parametrize("way", ["script", "command", "stdin", "prompt", "module"])
def test_the_parent_may_be_anything(way: str, tmp_path: Path) -> None:
    """A script without a main guard above all: its body must run once, in the parent only."""
    (tmp_path / "guardless.py").write_text(SCRIPT)
    arguments, text = {
        "script": ([str(tmp_path / "guardless.py")], None),
        "command": (["-c", SCRIPT], None),
        "stdin": (["-"], SCRIPT),
        "prompt": (["-i", "-q"], SCRIPT),
        "module": (["-m", "guardless"], None),
    }[way]
    ran = subprocess.run(
        [sys.executable, *arguments],
        input=text if text is not None else "",
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert ran.stdout.split("\n")[:2] == ["main runs", "4368"], ran.stderr


def test_a_worker_does_not_outlive_a_killed_parent(injected: ModuleType, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"""
import injected_functions
from wikigrove.selection import worker
worker.ORPHAN_MARGIN_S = 0.0
worker.run_isolated(injected_functions.hang_with_the_lock, 2.0, {str(note)!r})
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen([sys.executable, "-c", script], env=environment) as parent:
        end = time.monotonic() + 20.0
        while not (note.exists() and note.read_text()) and time.monotonic() < end:
            time.sleep(0.02)
        parent.kill()
    child = int(note.read_text())
    assert _runs(child)
    end = time.monotonic() + 10.0
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(process: int) -> bool:
    """Whether a process runs; one that nobody has reaped yet does not. (Linux only, like the suite's machines.)"""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
