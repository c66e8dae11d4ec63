"""A splice: lines of one file that become other lines. What a hunk is, without its context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.text.align import align_lines, chunks


@dataclass(frozen=True, slots=True)
class Splice:
    """Lines [start, stop) become these; nothing is put in before `start` when both are equal."""

    start: int
    """0-based."""

    stop: int
    lines: tuple[bytes, ...]


def find_splices(
    before: Sequence[bytes], after: Sequence[bytes], first: int = 0
) -> tuple[Splice, ...]:
    """Give what makes one of the other, in order and no more than that; none when they are equal.

    `first` is the 0-based line of the file at which `before` stands.
    """
    return tuple(
        Splice(first + c.start, first + c.stop, tuple(after[c.other_start : c.other_stop]))
        for c in chunks(align_lines(before, after), len(before), len(after))
    )


def split_hunk(hunk: Hunk, start: int) -> tuple[Splice, ...]:
    """Give the changes of a hunk whose old side starts at this 0-based line, in order.

    A hunk that was reversed after reading cannot be split: its body is still the patch file's.
    """
    splices: list[Splice] = []
    old = new = 0
    first = (0, 0)
    for marker in (*(line[:1] for line in hunk.body if line[:1] not in b"#\\"), b" "):
        if marker in b"-+":
            old += marker == b"-"
            new += marker == b"+"
            continue
        if (old, new) != first:
            splices.append(Splice(start + first[0], start + old, hunk.new[first[1] : new]))
        old, new = old + 1, new + 1
        first = (old, new)
    return tuple(splices)


def apply_splices(
    lines: Sequence[bytes], splices: Iterable[Splice], start: int = 0, stop: int | None = None
) -> list[bytes]:
    """Give lines [start, stop) with the splices made, which lie inside and are in order.

    A line without newline gets one when another comes to stand behind it.
    """
    made: list[bytes] = []
    for splice in splices:
        _extend(made, lines[start : splice.start])
        _extend(made, splice.lines)
        start = splice.stop
    _extend(made, lines[start:stop])
    return made


def _extend(made: list[bytes], more: Sequence[bytes]) -> None:
    if more and made and not made[-1].endswith(b"\n"):
        made[-1] += b"\n"
    made.extend(more)
