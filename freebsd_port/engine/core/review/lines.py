"""The lines of a hunk as a reader sees them: numbers of both sides, changed words, syntax."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.text.unseen import decode_line
from freebsd_port.engine.core.text.words import Span, mark_words

if TYPE_CHECKING:
    from pygments.lexer import RegexLexer


Kind = Literal["keyword", "text", "comment", "number", "name"]
KindSpan = tuple[int, int, Kind]
"""Start and stop within a line, in characters, 0-based, and what stands there."""

_LONGEST = 1000
"""Characters of a line; longer ones were not written by a person, and stay as they are."""


def find_kinds(lines: Sequence[str], *, starts_in_text: bool = False) -> list[list[KindSpan]]:
    """Give each line's spans in order; what has no kind is left out.

    `starts_in_text` says that the first line begins inside a string of several lines.
    """
    source = "".join(f"{line if len(line) <= _LONGEST else ''}\n" for line in lines)
    if starts_in_text:
        source = f'"""\n{source}'
    found: list[list[KindSpan]] = [[] for _ in range(len(lines) + 2)]
    number = -1 if starts_in_text else 0
    column = 0
    for _, token, value in _lexer().get_tokens_unprocessed(source):
        kind = _kind_of(str(token))
        for piece in value.splitlines(keepends=True) if "\n" in value else (value,):
            text = piece.rstrip("\n")
            if kind and text.strip():
                _append(found[number], (column, column + len(text), kind))
            column += len(text)
            if len(text) < len(piece):
                number, column = number + 1, 0
    return found[: len(lines)]


def _append(spans: list[KindSpan], span: KindSpan) -> None:
    if spans and spans[-1][1:] == (span[0], span[2]):
        span = (spans.pop()[0], *span[1:])
    spans.append(span)


@cache
def _lexer() -> RegexLexer:
    from pygments.lexers.python import PythonLexer

    return PythonLexer()


@cache
def _kind_of(token: str) -> Kind | None:
    """Source: pygments' names of tokens."""
    if token.startswith(("Token.Keyword", "Token.Operator.Word")):
        return "keyword"
    if token.startswith("Token.Literal.String"):
        return "text"
    if token.startswith("Token.Comment"):
        return "comment"
    if token.startswith("Token.Literal.Number"):
        return "number"
    if token.startswith(("Token.Name.Function", "Token.Name.Class", "Token.Name.Decorator")):
        return "name"
    return None


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
