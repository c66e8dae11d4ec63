"""The lines of a hunk as rules read them: text, and what is code in it. For the eye: `lines`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from freebsd_port.engine.core.patch.hunk import Hunk

_WORDS = re.compile(r"[A-Za-z`'\"(][\w`'\"().,;:/-]*")
_CODE_MARK = re.compile(r"\w\([^)]*$|[=\[\]{}]")
_PROSE_WORDS = 4
_LONGEST = 1000
_KEYWORDS = ("if ", "for ", "while ", "with ", "return ", "def ", "class ", "elif ", "raise ")
_OPEN_ENDS = (":", "(", "[", "{", ",", "\\", " and", " or", " not", "=", "+")


@dataclass(frozen=True, slots=True)
class HunkTextLine:
    """One line of a hunk's body."""

    marker: str
    """`+`, `-` or a blank."""

    text: str
    """Without marker and newline, and cut where nobody writes on by hand; a byte that is no UTF-8
    is a surrogate."""

    line: int
    """1-based line of the patch file."""

    bare: str
    """The text without the blanks around it."""

    is_code: bool
    """Whether it is more than a comment, a blank or prose."""


def read_hunk(hunk: Hunk) -> tuple[HunkTextLine, ...]:
    """Give the lines of a hunk's body, those that say there is no newline left out."""
    bodies = (raw[:_LONGEST] for raw in hunk.body)
    texts = (raw.decode("utf-8", "surrogateescape").rstrip("\r\n") for raw in bodies)
    return tuple(
        _read_line(text, number)
        for number, text in enumerate(texts, hunk.line + 1)
        if text[:1] not in ("\\", "#")
    )


def _read_line(text: str, number: int) -> HunkTextLine:
    bare = text[1:].strip()
    is_code = bool(bare) and not bare.startswith("#") and not is_prose(bare)
    return HunkTextLine(text[:1] or " ", text[1:], number, bare, is_code)


def added(lines: Iterable[HunkTextLine]) -> list[HunkTextLine]:
    """Keep the added lines."""
    return [line for line in lines if line.marker == "+"]


def removed(lines: Iterable[HunkTextLine]) -> list[HunkTextLine]:
    """Keep the removed lines."""
    return [line for line in lines if line.marker == "-"]


def split_blocks(lines: Sequence[HunkTextLine]) -> list[list[HunkTextLine]]:
    """Give the runs of lines that are changed, without context."""
    runs = groupby(lines, lambda line: line.marker in "+-")
    return [list(run) for is_changed, run in runs if is_changed]


def is_prose(text: str) -> bool:
    """Tell whether a line is of a docstring or a help text rather than of a program."""
    words = text.split()
    if len(words) < _PROSE_WORDS or _CODE_MARK.search(text):
        return False
    if text.startswith(_KEYWORDS) and text.endswith(_OPEN_ENDS):
        return False
    plain = sum(bool(_WORDS.fullmatch(word)) for word in words)
    return plain >= 0.8 * len(words) and not parses(text)


def parses(text: str) -> bool:
    """Tell whether this alone is a program, or the head of a block."""
    return parse(text) is not None


def parse(text: str) -> ast.Module | None:
    """Read it as a program; the head of a block gets an empty one. None where it is none."""
    for tried in (text, f"{text}\n    pass"):
        try:
            return ast.parse(tried)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
    return None
