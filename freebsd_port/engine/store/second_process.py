"""Work done in a copy of this process, where there is a second processor for it."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from typing import NoReturn, TypeVar

_T = TypeVar("_T")

_is_taken = False
"""Whether this process has a copy, or is one: no more than two work at a time."""


@contextlib.contextmanager
def working_beside(work: Callable[[], _T]) -> Iterator[Callable[[], _T]]:
    """Begin work in a copy of this process; yields what waits for the result and gives it.

    The result is pickled; whatever else the copy changes in memory is lost with it. Where there is
    no second processor, and where the copy fails, the work is done here when it is asked for, so
    that it raises what it raises. A copy that nobody asked is killed.
    """
    global _is_taken
    copy = None if _is_taken or _count_processors() < 2 else _begin(work)
    if copy is None:
        yield work
        return
    pid, reader = copy
    is_over, _is_taken = False, True

    def ask() -> _T:
        nonlocal is_over
        with os.fdopen(os.dup(reader), "rb") as stream:
            answer = stream.read()
        is_over = os.waitpid(pid, 0)[1] == 0
        return pickle.loads(answer) if is_over else work()  # noqa: S301  our own bytes

    try:
        yield ask
    finally:
        _is_taken = False
        os.close(reader)
        if not is_over:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _begin(work: Callable[[], object]) -> tuple[int, int] | None:
    """Give the number of the copy, and what to read its result from; None if there can be none."""
    reader, writer = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        return None
    if pid == 0:
        _work_and_leave(work, writer)
    os.close(writer)
    return pid, reader


def _work_and_leave(work: Callable[[], object], writer: int) -> NoReturn:
    """Do the work and end at once: what this process has open is the other one's to close."""
    global _is_taken
    _is_taken = True
    status = 1
    try:
        answer = pickle.dumps(work(), pickle.HIGHEST_PROTOCOL)
        with os.fdopen(writer, "wb") as stream:
            stream.write(answer)
        status = 0
    finally:
        os._exit(status)


def _count_processors() -> int:
    """Count the processors, from Python 3.13 on those that this process may run on."""
    return getattr(os, "process_cpu_count", os.cpu_count)() or 1
