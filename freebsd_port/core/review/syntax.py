"""The kinds of words in lines of Python, for colours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal

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
