"""Run a function in a process of its own, which ends at its deadline whatever it is doing."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, NoReturn, ParamSpec, TypeVar, cast

from wikigrove.errors import DeadlineExceededError, EngineUnavailableError, WikigroveError, WorkerCrashedError

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

GRACE_S: Final = 0.05
"""How long a worker that was asked to terminate may take before it is killed."""

ORPHAN_MARGIN_S: Final = 5.0
"""How long after the deadline a worker ends itself, should its parent have died."""

SINGLE_THREADED: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Set before the child's first import: OpenMP and BLAS read them once, and no result may depend on a team's size."""

BOOTSTRAP: Final = "from wikigrove.selection.worker import _serve; _serve()"


def run_isolated(
    function: Callable[Arguments, Answer], deadline_s: float, /, *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Answer:
    """Call a function in a fresh interpreter and wait for its answer until the deadline.

    A native library that holds the interpreter lock can be stopped only from outside, and one that crashes takes its
    process along; so it gets its own. The child is a new interpreter, not a fork, and it does not import the parent's
    `__main__`: a script without a main guard, a notebook, `python -c` and a prompt work alike. (The `spawn` context of
    `multiprocessing` does import it, and can hand the child an environment only by changing the parent's.)

    Args:
        function: A function at the top level of a module that can be imported; not of `__main__`.
        deadline_s: Seconds from now, the child's start included.
        *args: Arguments of the function, which must pickle.
        **kwargs: Keyword arguments of the function, which must pickle.

    Returns:
        What the function returned.

    Raises:
        DeadlineExceededError: If the deadline has passed; the process is gone then.
        WorkerCrashedError: If the process died, or the function raised something that wikigrove does not declare.
        WikigroveError: Whatever of its own exceptions the function raised.
        ValueError: If the function cannot be found by name.

    Example:
        >>> import math
        >>> run_isolated(math.comb, 30.0, 16, 5)
        4368
    """
    request = _request(function, deadline_s, args, kwargs)
    if not deadline_s > 0:
        raise DeadlineExceededError(f"no time is left to start the worker, seconds: {deadline_s:g}")
    with _start() as process:
        try:
            answer, complaint = process.communicate(request, timeout=deadline_s)
        except subprocess.TimeoutExpired as error:
            raise DeadlineExceededError(f"the worker was stopped at its deadline, seconds: {deadline_s:g}") from error
        finally:
            _stop(process)
    return cast("Answer", _unpack(process.returncode, answer, complaint))


def _request(function: Callable[..., Any], deadline_s: float, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if module in {None, "__main__"} or not name.isidentifier():
        raise ValueError(f"a worker needs a function at the top level of an importable module: {function!r}")
    return pickle.dumps((module, name, deadline_s + ORPHAN_MARGIN_S, pickle.dumps((args, kwargs))))


def _start() -> subprocess.Popen[bytes]:
    if not sys.executable:
        raise EngineUnavailableError("this interpreter does not know its own executable, so it cannot start a worker")
    # The module search path of this process, so that the child finds what the parent could import.
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    try:
        return subprocess.Popen(  # noqa: S603, our own interpreter with constant arguments
            [sys.executable, "-P", "-c", BOOTSTRAP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **SINGLE_THREADED, "PYTHONPATH": path},
            # A session of its own: an interrupt at the terminal reaches the parent only, which then stops the child.
            start_new_session=True,
        )
    except OSError as error:
        raise WorkerCrashedError(f"the worker could not be started: {error}") from error


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Leave no process behind: terminate, wait a little, kill, reap."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _unpack(exit_code: int, answer: bytes, complaint: bytes) -> Any:
    try:
        # Only our own child, started from our own interpreter, can have written these bytes.
        kind, value = pickle.loads(answer)  # noqa: S301
    except Exception as error:
        last_line = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        message = f"the worker died before it answered, exit code: {exit_code}"
        raise WorkerCrashedError(f"{message}, its last words: {last_line}" if last_line else message) from error
    if kind == "returned":
        return value
    _raise(kind, value)


def _raise(kind: str, value: Any) -> NoReturn:
    if kind == "declared":
        raise cast("WikigroveError", value)
    message, trace = value
    error = WorkerCrashedError(f"the worker failed: {message}")
    error.add_note(trace)
    raise error


def _serve() -> None:
    """Answer one request; this is what the child runs."""
    # Whatever a library prints goes to standard error: standard output carries the answer alone.
    channel = os.dup(1)
    os.dup2(2, 1)
    module, name, lifetime_s, arguments = pickle.loads(sys.stdin.buffer.read())  # noqa: S301, the parent wrote it
    if hasattr(signal, "setitimer"):
        # If the parent is killed, nobody stops the child. The kernel does: the default action of SIGALRM needs no
        # interpreter lock.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, lifetime_s)
    with os.fdopen(channel, "wb") as out:
        out.write(_answer(module, name, arguments))
    os._exit(0)  # a library's exit handlers may hang, and there is nothing left to do


def _answer(module: str, name: str, arguments: bytes) -> bytes:
    try:
        args, kwargs = pickle.loads(arguments)  # noqa: S301, the parent wrote it
        return pickle.dumps(("returned", getattr(import_module(module), name)(*args, **kwargs)))
    except WikigroveError as error:
        return pickle.dumps(("declared", error))
    except BaseException as error:
        return pickle.dumps(("failed", (f"{type(error).__name__}: {error}", traceback.format_exc())))
