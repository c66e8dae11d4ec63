"""How two texts differ, line by line and word by word: of a change, or of prose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from freebsd_port.engine.core.graph.lineage import ADDED, REMOVED, read_marks
from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.text.align import align_lines, chunks
from freebsd_port.engine.core.text.unseen import decode_line
from freebsd_port.engine.core.text.words import Span, mark_words

Side = Literal["both", "old", "new"]


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line that both sides have, or only one of them."""

    side: Side
    mark: str
    """What the line is in its patch: `+`, `-` or a blank for context; empty in prose."""

    text: str
    """Without its newline; bytes that are no text are surrogates."""

    words: tuple[Span, ...] = ()
    """What the line that stands for it on the other side has not."""

    has_newline: bool = True


Marked = tuple[bytes, bytes]
"""Mark and text of a line."""


def marked_lines(hunk: Hunk, *, with_context: bool = False) -> tuple[Marked, ...]:
    """Give the lines that a hunk removes and adds, in order, with context if asked for."""
    old, new = iter(hunk.old), iter(hunk.new)
    found = []
    for mark in read_marks(hunk, is_reverse=False):
        text = next(old) if mark != ADDED else b""
        text = next(new) if mark != REMOVED else text
        if with_context or mark in (ADDED, REMOVED):
            found.append((bytes([mark]), text))
    return tuple(found)


def diff_marked(old: Sequence[Marked], new: Sequence[Marked]) -> tuple[TextLine, ...]:
    """Compare two sequences of lines; where they differ, the old ones stand first."""
    blocks = align_lines([b"".join(line) for line in old], [b"".join(line) for line in new])
    found: list[TextLine] = []
    at = 0
    for chunk in chunks(blocks, len(old), len(new)):
        found += (_line("both", line) for line in old[at : chunk.start])
        found += _differing(
            old[chunk.start : chunk.stop], new[chunk.other_start : chunk.other_stop]
        )
        at = chunk.stop
    found += (_line("both", line) for line in old[at:])
    return tuple(found)


def diff_hunks(
    old: Sequence[Hunk], new: Sequence[Hunk], *, with_context: bool = False
) -> tuple[TextLine, ...]:
    """Compare what hunks do; those of one side are taken together."""
    sides = (
        [line for hunk in hunks for line in marked_lines(hunk, with_context=with_context)]
        for hunks in (old, new)
    )
    return diff_marked(*sides)


def diff_prose(old: str, new: str) -> tuple[TextLine, ...]:
    """Compare two texts line by line."""
    sides = (
        [(b"", line.encode("utf-8", "surrogateescape") + b"\n") for line in text.split("\n")]
        for text in (old, new)
    )
    return diff_marked(*sides)


def _differing(old: Sequence[Marked], new: Sequence[Marked]) -> Iterator[TextLine]:
    """Mark the words by comparing lines of one mark only: added ones with added ones."""
    spans: dict[tuple[Side, int], list[Span]] = {}
    for mark in dict.fromkeys(mark for mark, _ in (*old, *new)):
        before = [n for n, line in enumerate(old) if line[0] == mark]
        behind = [n for n, line in enumerate(new) if line[0] == mark]
        marks = mark_words(
            [decode_line(old[n][1]) for n in before], [decode_line(new[n][1]) for n in behind]
        )
        spans |= {("old", n): found for n, found in zip(before, marks[0], strict=True)}
        spans |= {("new", n): found for n, found in zip(behind, marks[1], strict=True)}
    for number, line in enumerate(old):
        yield _line("old", line, spans["old", number])
    for number, line in enumerate(new):
        yield _line("new", line, spans["new", number])


def _line(side: Side, line: Marked, words: Sequence[Span] = ()) -> TextLine:
    mark, text = line
    return TextLine(side, mark.decode(), decode_line(text), tuple(words), text.endswith(b"\n"))
