"""The words that differ between the removed and the added lines of a block."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

Span = tuple[int, int]
"""Start and stop within a line, in characters, 0-based."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_WORDS = 600
_LEAST_ALIKE = 0.5


def mark_words(
    removed: Sequence[str], added: Sequence[str]
) -> tuple[list[list[Span]], list[list[Span]]]:
    """Give for each line the spans that the other side has not.

    No line has one where the sides have so little in common that everything would be marked,
    or are so long that nobody would look for a word.
    """
    nothing: tuple[list[list[Span]], list[list[Span]]] = (
        [[] for _ in removed],
        [[] for _ in added],
    )
    if not removed or not added:
        return nothing
    if sum(map(len, (*removed, *added))) > 20 * _MOST_WORDS:
        return nothing
    old, new = _words(removed), _words(added)
    if max(len(old), len(new)) > _MOST_WORDS:
        return nothing
    matcher = SequenceMatcher(None, [w for _, _, w in old], [w for _, _, w in new], autojunk=False)
    if matcher.ratio() < _LEAST_ALIKE:
        return nothing
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    marks = (
        _spans(removed, [word for code in codes for word in old[code[1] : code[2]]]),
        _spans(added, [word for code in codes for word in new[code[3] : code[4]]]),
    )
    telling = (_trim_all(removed, marks[0]), _trim_all(added, marks[1]))
    return telling if any(map(any, telling)) else marks


_Word = tuple[int, int, str]
"""Line, column, text."""


def _words(lines: Sequence[str]) -> list[_Word]:
    return [
        (number, match.start(), match[0])
        for number, line in enumerate(lines)
        for match in _WORD.finditer(line)
    ]


def _spans(lines: Sequence[str], words: Sequence[_Word]) -> list[list[Span]]:
    """Join what touches."""
    found: list[list[Span]] = [[] for _ in lines]
    for number, column, text in words:
        spans = found[number]
        if spans and spans[-1][1] == column:
            spans[-1] = (spans[-1][0], column + len(text))
        else:
            spans.append((column, column + len(text)))
    return found


def _trim_all(lines: Sequence[str], marks: Sequence[Sequence[Span]]) -> list[list[Span]]:
    """Leave blanks at the ends out: where words differ too, they only tell of the wrapping."""
    return [
        [(start, stop) for start, stop in (_trim(line, span) for span in spans) if start < stop]
        for line, spans in zip(lines, marks, strict=True)
    ]


def _trim(line: str, span: Span) -> Span:
    text = line[slice(*span)]
    return span[1] - len(text.lstrip()), span[0] + len(text.rstrip())
