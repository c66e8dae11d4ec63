"""Text of a review for a terminal: escaped, of known width, paged when it is long."""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import click

from freebsd_port.cli.render import STYLE_OFF, escape, is_plain, say, split_styles, style
from freebsd_port.engine.core.review.lines import HunkLine
from freebsd_port.engine.core.text.unseen import show_unseen, split_unseen


def terminal_width() -> int:
    """Give the columns of the terminal; COLUMNS wins."""
    return shutil.get_terminal_size((80, 24)).columns


def wrapping_width() -> int | None:
    """Give the columns to wrap at; None where no terminal would break a row itself."""
    return terminal_width() if sys.stdout.isatty() else None


def say_paged(rows: Iterable[str], *, is_paged: bool) -> None:
    """Print rows; through PAGER, or less -R, on a terminal that they do not fit on.

    An empty PAGER means none, as git has it. Colours only for a less that was told to take them.
    """
    text = list(rows)
    fits = len(text) < shutil.get_terminal_size((80, 24)).lines
    is_terminal = sys.stdout.isatty() and sys.stdin.isatty()
    if not is_paged or not is_terminal or fits or os.environ.get("PAGER") == "":
        for row in text:
            say(row)
        return
    click.echo_via_pager((f"{escape(row)}\n" for row in text), color=False if is_plain() else None)


_LONGEST = 2000
"""Characters of a line that are shown; the rest is counted."""

_BASE: dict[str, dict[str, Any]] = {
    "kept": {},
    "removed": {"fg": "red"},
    "added": {"fg": "green"},
}
_KINDS: dict[str, dict[str, Any]] = {
    "keyword": {"bold": True},
    "text": {"fg": "cyan"},
    "comment": {"dim": True},
    "number": {"fg": "magenta"},
    "name": {"bold": True},
}
_CHANGED_KINDS = ("keyword", "comment", "name")
"""Those of changed lines: more colours would hide what side they are of."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters that look alike; all of them can be seen."""

    text: str
    look: tuple[tuple[str, Any], ...] = ()

    def paint(self) -> str:
        """Give it with its colours."""
        return style(self.text, **dict(self.look)) if self.look else self.text


def make_visible(text: str) -> str:
    """Name what a terminal would obey or hide, and cut what nobody reads."""
    more = _more(len(text) - _LONGEST).text if len(text) > _LONGEST else ""
    return show_unseen(text[:_LONGEST]) + more


def piece_line(line: HunkLine) -> list[Piece]:
    """Cut a line where its look changes: side, words that differ, kinds of words."""
    text = line.text[:_LONGEST]
    base = _BASE[line.change]
    looks: list[dict[str, Any]] = [base] * len(text)
    for start, stop, kind in line.kinds:
        if line.change == "kept" or kind in _CHANGED_KINDS:
            for at in range(start, min(stop, len(text))):
                looks[at] = {**base, **_KINDS[kind]}
    for start, stop in line.words:
        for at in range(start, min(stop, len(text))):
            looks[at] = {**looks[at], "reverse": True}
    pieces: list[Piece] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or looks[at] != looks[start]:
            pieces += _pieces_of(text[start:at], looks[start])
            start = at
    if len(line.text) > _LONGEST:
        pieces.append(_more(len(line.text) - _LONGEST))
    return pieces


def _pieces_of(text: str, look: dict[str, Any]) -> Iterable[Piece]:
    for start, stop, name in split_unseen(text):
        if name is None:
            yield Piece(text[start:stop].expandtabs(8), tuple(look.items()))
        else:
            yield Piece(f"<{name}>", (*look.items(), ("reverse", True), ("bold", True)))


def _more(number: int) -> Piece:
    return Piece(f" ... {number} more characters", (("dim", True),))


def wrap_pieces(pieces: Sequence[Piece], width: int) -> list[str]:
    """Give them as rows of this many columns, painted and filled up with blanks; one at least.

    A row ends after a blank where it can, so that words stay whole; no character is lost.
    """
    cells = [(character, piece.look) for piece in pieces for character in piece.text]
    rows: list[str] = []
    start = 0
    while True:
        stop, used = _fit_row([character for character, _ in cells[start:]], width)
        row = cells[start : start + stop]
        looks = groupby(row, lambda cell: cell[1])
        painted = (Piece("".join(c for c, _ in run), look).paint() for look, run in looks)
        rows.append("".join(painted) + " " * (width - used))
        start += stop
        if start >= len(cells):
            return rows


def _fit_row(characters: Sequence[str], width: int) -> tuple[int, int]:
    """Give how many characters are in the first row, at least one, and their columns."""
    used, blank = 0, 0
    columns_to_blank = 0
    for index, character in enumerate(characters):
        columns = _columns(character)
        if used + columns > width and index:
            is_late = columns_to_blank > width // 2
            return (blank, columns_to_blank) if is_late else (index, used)
        used += columns
        if character == " ":
            blank, columns_to_blank = index + 1, used
    return max(len(characters), 0), min(used, width)


def wrap_row(row: str, width: int | None, indent: int = 4) -> list[str]:
    """Break a painted row between words into rows of at most this many columns.

    Further rows are indented more than the first. None leaves the row as it is; so does a word
    that is wider than a row, which the terminal may break.
    """
    parts = split_styles(row)
    plain = "".join(parts[::2])
    if width is None or sum(map(_columns, plain)) <= width:
        return [row]
    margin = " " * min(len(plain) - len(plain.lstrip(" ")) + indent, width // 2)
    rows, current, used, styles = [], "", 0, ""
    for at, part in enumerate(parts):
        if at % 2:
            current += part
            styles = "" if part == STYLE_OFF else styles + part
            continue
        for text in re.findall(r"[^ ]+|[ ]+", part):
            columns = sum(map(_columns, text))
            if used + columns > width and used > len(margin):
                rows.append(current.rstrip() + (STYLE_OFF if styles else ""))
                current, used = margin + styles, len(margin)
                if not text.strip():
                    continue
            current += text
            used += columns
    return [*rows, current]


def _columns(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
