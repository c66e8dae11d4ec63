"""Which lines of a patched file each hunk of the series left there. Reading Python is `source`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from freebsd_port.engine.core.apply.place import Placement
from freebsd_port.engine.core.apply.plan import Plan
from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.patch.patch import Patch
from freebsd_port.engine.core.series.series import SeriesEntry

_ADDED, _REMOVED, _CONTEXT = b"+- "


@dataclass(frozen=True, slots=True)
class HunkLines:
    """What one hunk left in the final file."""

    patch: str
    path: str
    number: int
    """1-based within its file change."""

    total: int
    added: tuple[int, ...]
    """1-based lines of the final file that it added and no later patch replaced."""

    anchor: int
    """1-based line of the final file at which the hunk's change now is.

    For lines that were only removed: the one that follows them, or the last before them when the
    hunk has nothing behind them.
    """


@dataclass(slots=True)
class _Trace:
    """A hunk on its way through the patches after it; indexes into the file as it is by then."""

    patch: str
    path: str
    number: int
    total: int
    added: list[int]
    anchor: int


def trace_hunks(patches: Iterable[tuple[SeriesEntry, Patch]], plan: Plan) -> tuple[HunkLines, ...]:
    """Follow every hunk of a clean plan to its lines in the files as the series leaves them.

    The patches are those that were planned.
    """
    traces: list[_Trace] = []
    for (entry, patch), outcome in zip(patches, plan.patches, strict=True):
        hunks = [hunk for change in patch.changes for hunk in change.hunks]
        for hunk, landed in zip(hunks, outcome.hunks, strict=True):
            if isinstance(landed.result, Placement):
                start = landed.result.line - 1
                marks = _marks(hunk, is_reverse=entry.reverse)
                for trace in traces:
                    if trace.path == landed.path:
                        _move(trace, marks, start)
                added, anchor = _changed(hunk, marks, start)
                traces.append(
                    _Trace(patch.name, landed.path, landed.number, landed.total, added, anchor)
                )
    return tuple(
        HunkLines(t.patch, t.path, t.number, t.total, tuple(i + 1 for i in t.added), t.anchor + 1)
        for t in traces
    )


def _marks(hunk: Hunk, *, is_reverse: bool) -> bytes:
    """Give what each line of the hunk is, a byte a line: added, removed or context."""
    marks = bytes(
        line[0] if line.startswith((b"+", b"-")) else _CONTEXT
        for line in hunk.body
        if not line.startswith((b"\\", b"#"))
    )
    return marks.translate(bytes.maketrans(b"+-", b"-+")) if is_reverse else marks


def _changed(hunk: Hunk, marks: bytes, start: int) -> tuple[list[int], int]:
    """Give the indexes of the lines that the hunk adds, and where its first change is."""
    index = start
    added: list[int] = []
    for mark in marks:
        if mark == _ADDED:
            added.append(index)
        index += mark != _REMOVED
    first = start + hunk.leading
    return added, added[0] if added else max(first - (not hunk.trailing), 0)


def _move(trace: _Trace, marks: bytes, start: int) -> None:
    """Carry a trace over a later hunk: lines it removes are lost, those behind it shift."""
    places: list[tuple[int, bool]] = []
    index = start
    for mark in marks:
        if mark != _ADDED:
            places.append((index, mark != _REMOVED))
        index += mark != _REMOVED
    end = start + len(places)

    def moved(at: int) -> tuple[int, bool]:
        if at < start:
            return at, True
        return (at - end + index, True) if at >= end else places[at - start]

    trace.added = [place for place, stays in map(moved, trace.added) if stays]
    trace.anchor = trace.added[0] if trace.added else moved(trace.anchor)[0]
