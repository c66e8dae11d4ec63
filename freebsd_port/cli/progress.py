"""What a verb shows on stderr while it works: lines, and on a terminal a bar.

stdout stays for the result.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freebsd_port.cli.render import is_plain, paint, say

if TYPE_CHECKING:
    import threading

    from click._termui_impl import ProgressBar

BAR_SECONDS = 1.0
"""A task that takes less gets no bar."""

LINE_SECONDS = 15.0
"""Between two lines about the same task in a log."""

_TICK_SECONDS = 0.5
_BAR_COLUMNS = 20
_LABEL_COLUMNS = 30


@dataclass(slots=True)
class _Task:
    label: str
    total: int | None
    began: float
    done: int = 0


class ProgressReport:
    """Shows lines, and the innermost of the tasks that were begun and not ended yet."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        is_terminal: bool | None = None,
        ticks: bool = True,
    ) -> None:
        """Take stderr as it is; `ticks` False leaves it to the caller to call `tick`."""
        import sys
        from threading import RLock

        self._clock = clock
        self._stream = sys.stderr
        is_terminal = self._stream.isatty() if is_terminal is None else is_terminal
        self._has_bar = is_terminal and not is_plain()
        self._ticks = ticks
        self._tasks: list[_Task] = []
        self._bar: ProgressBar[Any] | None = None
        self._said = clock()
        self._lock = RLock()
        self._stop: threading.Event | None = None

    def __call__(self, message: str) -> None:
        """Print a line; where a bar stands, it has the place."""
        with self._lock:
            if self._bar is None:
                self._said = self._clock()
                say(paint(f"... {message}", "dim"), to_stderr=True)

    def begin(self, label: str, total: int | None) -> None:
        """Begin a task within the one before."""
        with self._lock:
            self._close_bar()
            self._tasks.append(_Task(label, total, self._clock()))
            self._start_ticking()

    def advance(self, steps: int = 1) -> None:
        """Count steps, and show them where something is shown already."""
        with self._lock:
            if not self._tasks:
                return
            self._tasks[-1].done += steps
            if self._bar is not None:
                self._bar.update(steps)
            else:
                self.tick()

    def end(self) -> None:
        """Go back to the task around it."""
        with self._lock:
            self._close_bar()
            if self._tasks:
                self._tasks.pop()
            if not self._tasks and self._stop is not None:
                self._stop.set()
                self._stop = None

    def close(self) -> None:
        """End all tasks, as when the verb failed."""
        while self._tasks:
            self.end()

    def tick(self) -> None:
        """Show the innermost task if it is time; called now and then."""
        with self._lock:
            if not self._tasks:
                return
            task, now = self._tasks[-1], self._clock()
            if self._has_bar:
                if self._bar is not None:
                    self._bar.render_progress()
                elif now - task.began >= BAR_SECONDS:
                    self._open_bar(task)
            elif now - max(self._said, task.began) >= LINE_SECONDS:
                self._said = now
                say(paint(f"... {describe(task, now)}", "dim"), to_stderr=True)

    def _open_bar(self, task: _Task) -> None:
        from itertools import count

        import click

        has_total = task.total is not None
        self._bar = click.progressbar(
            None if has_total else count(),
            length=task.total,
            label=task.label[:_LABEL_COLUMNS],
            file=self._stream,
            width=_BAR_COLUMNS,
            show_pos=has_total,
            show_eta=has_total,
            item_show_func=None if has_total else lambda _: self._elapsed(task),
            bar_template="%(label)s  [%(bar)s]  %(info)s",
        )
        self._bar.start -= self._clock() - task.began
        self._bar.__enter__()
        if task.done:
            self._bar.update(task.done)

    def _elapsed(self, task: _Task) -> str:
        return _duration(self._clock() - task.began)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None

    def _start_ticking(self) -> None:
        """Tick in a thread of its own: what works may not come back for minutes."""
        if not self._ticks or self._stop is not None:
            return
        from threading import Event, Thread

        stop = self._stop = Event()

        def run() -> None:
            while not stop.wait(_TICK_SECONDS):
                self.tick()

        Thread(target=run, name="progress", daemon=True).start()


def describe(task: _Task, now: float) -> str:
    """Say how much of a task is done, and how long the rest takes if it goes on like this."""
    seconds = now - task.began
    if task.total is None:
        return f"{task.label}: {_duration(seconds)} so far"
    text = f"{task.label}: {task.done} of {task.total}"
    if not task.done:
        return f"{text}, {_duration(seconds)} so far"
    return f"{text}, about {_duration(seconds / task.done * (task.total - task.done))} left"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 120 else f"{round(whole / 60)} min"
