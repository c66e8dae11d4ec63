"""The lines of a hunk as a reader sees them: numbers of both sides, and words that differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from freebsd_port.core.hunk import Hunk
from freebsd_port.core.review.syntax import KindSpan, find_kinds
from freebsd_port.core.review.visible import decode_line
from freebsd_port.core.review.words import Span, mark_words

Change = Literal["kept", "removed", "added"]
_CHANGES: dict[bytes, Change] = {b"-": "removed", b"+": "added"}


@dataclass(frozen=True, slots=True)
class HunkLine:
    """One line of a hunk."""

    change: Change
    old_line: int | None
    """1-based in the file before; None where it is added."""

    new_line: int | None
    """1-based in the file after; None where it is removed."""

    text: str
    """Without its newline; see `visible.decode_line`."""

    has_newline: bool
    patch_line: int
    """1-based line of the patch file."""

    words: tuple[Span, ...] = ()
    """What the other side has not, where lines were changed rather than exchanged."""

    kinds: tuple[KindSpan, ...] = ()


def read_lines(
    hunk: Hunk, old_line: int, new_line: int, *, is_python: bool, starts_in_text: bool = False
) -> tuple[HunkLine, ...]:
    """Give the hunk's lines in order, the first at these lines of the file before and after.

    `starts_in_text` says that the first one begins inside a string of several lines.
    """
    lines = _number_lines(hunk, old_line, new_line)
    if is_python:
        lines = _with_kinds(lines, starts_in_text)
    return tuple(_with_words(lines))


def _number_lines(hunk: Hunk, old_line: int, new_line: int) -> list[HunkLine]:
    """Follow the markers, and take the texts from the sides: those are free of what mail added."""
    indent = len(hunk.header) - len(hunk.header.lstrip())
    old, new = iter(hunk.old), iter(hunk.new)
    found: list[HunkLine] = []
    old_left, new_left = len(hunk.old), len(hunk.new)
    for number, line in enumerate(hunk.body, hunk.line + 1):
        marker = line[:indent].lstrip()[:1] or line[indent : indent + 1]
        if marker in (b"\\", b"#") or not old_left + new_left:
            continue
        change = _CHANGES.get(marker, "kept")
        is_old, is_new = change != "added", change != "removed"
        text = next(old) if is_old else b""
        text = next(new) if is_new else text
        found.append(
            HunkLine(
                change,
                old_line if is_old else None,
                new_line if is_new else None,
                decode_line(text),
                text.endswith(b"\n"),
                number,
            )
        )
        old_line, new_line = old_line + is_old, new_line + is_new
        old_left, new_left = old_left - is_old, new_left - is_new
    return found


def _with_kinds(lines: Sequence[HunkLine], starts_in_text: bool) -> list[HunkLine]:
    """Read each side by itself, as only a side is a program; kept lines go by the new one."""
    found = list(lines)
    for side in ("removed", "added"):
        chosen = [n for n, line in enumerate(lines) if line.change in ("kept", side)]
        kinds = find_kinds([lines[n].text for n in chosen], starts_in_text=starts_in_text)
        for number, spans in zip(chosen, kinds, strict=True):
            found[number] = replace(found[number], kinds=tuple(spans))
    return found


def _with_words(lines: Sequence[HunkLine]) -> Iterator[HunkLine]:
    """Compare the removed lines of each block with the added ones that follow them."""
    for is_kept, block in groupby(lines, lambda line: line.change == "kept"):
        if is_kept:
            yield from block
            continue
        changed = list(block)
        removed = [line for line in changed if line.change == "removed"]
        added = [line for line in changed if line.change == "added"]
        marks = mark_words([line.text for line in removed], [line.text for line in added])
        spans = {line.patch_line: s for line, s in zip(removed, marks[0], strict=True)}
        spans |= {line.patch_line: s for line, s in zip(added, marks[1], strict=True)}
        for line in changed:
            yield replace(line, words=tuple(spans[line.patch_line]))
