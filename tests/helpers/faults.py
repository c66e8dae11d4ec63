"""Faults at the n-th system call that writes: the process dies, or the call fails."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

WRITING = (
    *("open", "write", "fsync", "fchmod", "fchown", "chmod", "chown", "rename", "replace"),
    *("unlink", "remove", "mkdir", "rmdir", "link", "symlink", "truncate", "ftruncate", "utime"),
)


@dataclass
class Fault:
    """Counts the calls that write, and strikes at one of them."""

    at: int = 0
    """1-based; 0 only counts."""

    errno: int | None = None
    """Fail the call with this; None kills the process before the call."""

    is_torn: bool = False
    """Let the half of a write through before the kill."""

    calls: list[str] = field(default_factory=list)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in WRITING:
            monkeypatch.setattr(os, name, self.wrap(name, getattr(os, name)))

    def wrap(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            if name == "open" and not args[1] & os.O_CREAT:
                return call(*args, **options)
            self.calls.append(name)
            if len(self.calls) == self.at:
                self.strike(name, call, args)
            return call(*args, **options)

        return counted

    def strike(self, name: str, call: Callable[..., Any], args: tuple[Any, ...]) -> None:
        if self.errno is not None:
            raise OSError(self.errno, os.strerror(self.errno), str(args[0]))
        if self.is_torn:
            assert name == "write"
            call(args[0], args[1][: len(args[1]) // 2])
        os.kill(os.getpid(), signal.SIGKILL)


def run_and_die(action: Callable[[], object], fault: Fault) -> bool:
    """Run in a child with the fault; tell whether it died of it. Any other end is an error."""
    child = os.fork()
    if child == 0:
        status = 3
        try:
            with pytest.MonkeyPatch.context() as patch:
                fault.install(patch)
                action()
            status = 0
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL)
    return status != 0
