"""A hunk's lines on a terminal: one column, or both sides beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from freebsd_port.cli.render import has_colours, paint
from freebsd_port.cli.review_text import Piece, piece_line, wrap_pieces
from freebsd_port.core.review.lines import HunkLine, read_lines

if TYPE_CHECKING:
    from freebsd_port.core.review.facts import HunkFacts, PatchFacts

_MARKS = {"kept": " ", "removed": "-", "added": "+"}
_LOOKS = {"kept": "dim", "removed": "bad", "added": "good"}
_NO_NEWLINE = "\\ no newline at the end"


def diff_rows(patch: PatchFacts, hunk: HunkFacts, *, width: int, is_split: bool) -> Iterator[str]:
    """Give a hunk as rows of at most this width when split, as its lines are otherwise."""
    lines = _read(patch, hunk)
    last = max((n for line in lines for n in (line.old_line, line.new_line) if n), default=1)
    if is_split:
        yield from _split_rows(_dedent(lines), len(str(last)), width)
    else:
        yield from _unified_rows(lines, len(str(last)))


def _read(patch: PatchFacts, hunk: HunkFacts) -> tuple[HunkLine, ...]:
    from freebsd_port.core.review.enclosing import is_text

    old_line = hunk.line or max(hunk.hunk.old_start, 1)
    new_line = max(old_line + hunk.hunk.new_start - hunk.hunk.old_start, 1)
    before = next((file.before for file in patch.files if file.path == hunk.path), None)
    is_python = hunk.path.endswith(".py") and has_colours()
    starts_in_text = bool(is_python and hunk.line and before and is_text(before, hunk.line - 1))
    return read_lines(
        hunk.hunk, old_line, new_line, is_python=is_python, starts_in_text=starts_in_text
    )


def _unified_rows(lines: Sequence[HunkLine], digits: int) -> Iterator[str]:
    for line in lines:
        numbers = f"{line.old_line or '':>{digits}} {line.new_line or '':>{digits}}"
        mark = paint(f"{numbers} {_MARKS[line.change]}", _LOOKS[line.change])
        yield (mark + "".join(piece.paint() for piece in piece_line(line))).rstrip()
        if not line.has_newline:
            yield paint(f"{'':{2 * digits + 2}}{_NO_NEWLINE}", "dim")


def _dedent(lines: Sequence[HunkLine]) -> list[HunkLine]:
    """Take away the blanks that all lines begin with: half a screen is narrow."""
    texts = [line.text for line in lines if line.text.strip()]
    cut = min((len(text) - len(text.lstrip(" ")) for text in texts), default=0)
    return [
        replace(
            line,
            text=line.text[cut:],
            words=tuple((max(a - cut, 0), max(b - cut, 0)) for a, b in line.words),
            kinds=tuple((max(a - cut, 0), max(b - cut, 0), kind) for a, b, kind in line.kinds),
        )
        for line in lines
    ]


def _split_rows(lines: Sequence[HunkLine], digits: int, width: int) -> Iterator[str]:
    """Put removed lines beside the added ones that follow them."""
    text = max((width - 2 * digits - 7) // 2, 10)
    for is_kept, block in groupby(lines, lambda line: line.change == "kept"):
        run = list(block)
        old = run if is_kept else [line for line in run if line.change == "removed"]
        new = run if is_kept else [line for line in run if line.change == "added"]
        for left, right in zip_longest(old, new):
            cells = (_cell(left, digits, text, is_old=True), _cell(right, digits, text))
            empty = " " * (digits + 2 + text)
            for one, other in zip_longest(*cells, fillvalue=empty):
                yield f"{one} {paint('|', 'dim')} {other}".rstrip()


def _cell(line: HunkLine | None, digits: int, width: int, *, is_old: bool = False) -> list[str]:
    if line is None:
        return []
    number = line.old_line if is_old else line.new_line
    pieces = piece_line(line)
    if not line.has_newline:
        pieces.append(Piece(f" {_NO_NEWLINE}", (("dim", True),)))
    rows = wrap_pieces(pieces, width)
    mark = paint(f"{number or '':>{digits}} {_MARKS[line.change]}", _LOOKS[line.change])
    blank = " " * (digits + 2)
    return [f"{mark if n == 0 else blank}{row}" for n, row in enumerate(rows)]
