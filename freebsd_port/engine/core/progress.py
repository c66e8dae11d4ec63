"""How an operation reports what it is doing, and how much of it is done. Knows no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar, runtime_checkable

T = TypeVar("T")

Report = Callable[[str], None]
"""Takes one line about something that may last longer than a second."""


@runtime_checkable
class CountingReport(Protocol):
    """A report that can show a task with a count; a plain function only hears lines."""

    def __call__(self, message: str, /) -> None:
        """Take one line."""

    def begin(self, label: str, total: int | None) -> None:
        """Begin a task of so many steps; None where that is not known. Tasks may be nested."""

    def advance(self, steps: int = 1) -> None:
        """Count steps of the innermost task as done; may be called from any thread."""

    def end(self) -> None:
        """End the innermost task, whether it is finished or failed."""


@contextmanager
def counting(report: Report, label: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Report a task, and give what is to be called after each of its steps."""
    if not isinstance(report, CountingReport):
        yield lambda: None
        return
    report.begin(label, total)
    try:
        yield report.advance
    finally:
        report.end()


def counted(report: Report, label: str, items: Sequence[T]) -> Iterator[T]:
    """Give the items one by one, and report the task of going through them."""
    with counting(report, label, len(items)) as advance:
        for item in items:
            yield item
            advance()
