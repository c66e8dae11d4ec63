"""Python source as a flat list of statements, to compare them whatever their formatting is.

A statement is a logical line: a simple statement, the head of a compound one, a decorator, or a
comment on a line of its own. Its key is the same for two statements that only differ in white
space, quotes, trailing commas, parentheses that mean nothing, or comments: what black changes.
"""

from __future__ import annotations

import ast
import inspect
import io
import keyword
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

_SKIPPED = frozenset(
    {tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.ENCODING}
)
_STRING = re.compile(r"([A-Za-z]*)('''|\"\"\"|'|\")(.*)\2\Z", re.DOTALL)
_OPEN = {"(": ")", "[": "]", "{": "}"}
_ASSIGNING = frozenset(
    ("=", "+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**=")
)
_BEFORE_PARENTHESES = _ASSIGNING | {
    "return", "in", "if", "elif", "while", "assert", "del", "import", "yield", "with", "->", "for",
}  # fmt: skip
_FORMAT_STRING_START = getattr(tokenize, "FSTRING_START", -1)
_FORMAT_STRING_END = getattr(tokenize, "FSTRING_END", -1)


class NoStatementsError(ValueError):
    """Lines that cannot be read as statements."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a statement."""

    text: str
    key: str
    kind: int
    start: tuple[int, int]
    """0-based line of the text, and column in characters."""

    stop: tuple[int, int]

    @property
    def is_comment(self) -> bool:
        """Tell whether it means nothing."""
        return self.kind == tokenize.COMMENT

    @property
    def is_name(self) -> bool:
        """Tell whether it names something."""
        return self.kind == tokenize.NAME and not keyword.iskeyword(self.text)


@dataclass(eq=False)
class Statement:
    """One logical line."""

    tokens: tuple[Token, ...]
    indent: int
    parent: Statement | None
    """The head of the block that it is in; None for one that is outermost in the text."""

    words: tuple[Token, ...] = field(init=False)
    """The tokens that mean something."""

    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Find out what it says."""
        self.words = _find_words(self.tokens)
        self.key = _join_key(self.words) or "# " + " ".join(
            token.text.lstrip("#").strip() for token in self.tokens
        )

    @property
    def start(self) -> int:
        """Give its first line, 0-based."""
        return self.tokens[0].start[0]

    @property
    def stop(self) -> int:
        """Give the line behind its last one."""
        return self.tokens[-1].stop[0] + 1

    @property
    def is_comment(self) -> bool:
        """Tell whether it is a comment on a line of its own."""
        return not self.words

    @property
    def first(self) -> str:
        """Give its first word; nothing for a comment."""
        return self.words[0].text if self.words else ""

    @property
    def is_head(self) -> bool:
        """Tell whether a block follows on the next lines."""
        return bool(self.words) and self.words[-1].text == ":"

    @cached_property
    def full_key(self) -> str:
        """Give the key with the words of its comments."""
        comments = [token.text for token in self.tokens if token.is_comment]
        return "\n".join((self.key, *comments))

    @cached_property
    def defines(self) -> str | None:
        """Give the name of the class or function whose head this is."""
        words = [word.text for word in self.words[:3]]
        if words[:1] == ["async"]:
            del words[0]
        return words[1] if len(words) > 1 and words[0] in ("def", "class") else None

    @property
    def chain(self) -> tuple[str, ...]:
        """Give the names of the classes and functions around it, from the outermost."""
        names: list[str] = []
        at = self.parent
        while at is not None:
            names += [at.defines] if at.defines else []
            at = at.parent
        return tuple(reversed(names))


@dataclass(frozen=True)
class Source:
    """Lines of a file, and their statements."""

    lines: tuple[str, ...]
    statements: tuple[Statement, ...]

    def text(self, start: tuple[int, int], stop: tuple[int, int]) -> str:
        """Give what stands between two places."""
        if start[0] == stop[0]:
            return self.lines[start[0]][start[1] : stop[1]]
        middle = self.lines[start[0] + 1 : stop[0]]
        return "".join((self.lines[start[0]][start[1] :], *middle, self.lines[stop[0]][: stop[1]]))


def read_source(lines: Sequence[bytes]) -> Source:
    """Read whole statements, which may all be indented; raises NoStatementsError."""
    try:
        text = b"".join(lines).decode()
        decoded = tuple(io.StringIO(text, newline="\n"))
        return Source(decoded, tuple(_read(decoded)))
    except (UnicodeDecodeError, tokenize.TokenError, SyntaxError) as error:
        raise NoStatementsError(str(error)) from error


def _read(lines: Sequence[str]) -> list[Statement]:
    found: list[Statement] = []
    pending: list[Token] = []
    heads: list[Statement] = []
    for token in tokenize.generate_tokens(iter((*lines, "")).__next__):
        if token.type in _SKIPPED:
            continue
        if token.type == tokenize.ERRORTOKEN and token.string.strip():
            raise NoStatementsError(f"line {token.start[0]}")
        if token.type in (tokenize.NEWLINE, tokenize.ERRORTOKEN):
            if pending and token.type == tokenize.NEWLINE:
                found.append(_make_statement(pending, heads))
                pending = []
            continue
        made = Token(
            token.string,
            _normalise(token.type, token.string),
            token.type,
            (token.start[0] - 1, token.start[1]),
            (token.end[0] - 1, token.end[1]),
        )
        if token.type == tokenize.COMMENT and not pending:
            found.append(Statement((made,), token.start[1], None))
        else:
            pending.append(made)
    if pending:
        found.append(_make_statement(pending, heads))
    _place_comments(found)
    return found


def _make_statement(tokens: list[Token], heads: list[Statement]) -> Statement:
    indent = tokens[0].start[1]
    while heads and heads[-1].indent >= indent:
        heads.pop()
    made = Statement(tuple(tokens), indent, heads[-1] if heads else None)
    if made.is_head:
        heads.append(made)
    return made


def _place_comments(statements: Sequence[Statement]) -> None:
    """Give comments the block that they are in: that of the next statement, unless deeper."""
    following: Statement | None = None
    for number in range(len(statements) - 1, -1, -1):
        one = statements[number]
        if not one.is_comment:
            following = one
            continue
        before = next((s for s in reversed(statements[:number]) if not s.is_comment), None)
        at = before if before is not None and before.is_head else before and before.parent
        while at is not None and at.indent >= one.indent:
            at = at.parent
        one.parent = at if following is None or one.indent > following.indent else following.parent


def _normalise(kind: int, text: str) -> str:
    if kind == tokenize.NUMBER:
        return text.lower()
    if kind == tokenize.STRING:
        return _normalise_string(text)
    if kind == _FORMAT_STRING_START:
        return text.lower().replace("'", '"')
    if kind == _FORMAT_STRING_END:
        return text.replace("'", '"')
    return text


def _normalise_string(text: str) -> str:
    match = _STRING.match(text)
    if match is None:
        return text
    prefix, quotes, body = match[1].lower().replace("u", ""), match[2], match[3]
    if "f" in prefix:
        if "\\" in body or '"' in body or "'" in body:
            return text
        return f'{"".join(sorted(prefix))}"{body}"'
    if len(quotes) == 1 and not prefix and "\\" not in body and '"' not in body:
        return f'"{body}"'
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    quoted = repr(value)
    return f'"{value}"' if '"' not in quoted and "\\" not in quoted and not prefix else quoted


def _join_key(words: Sequence[Token]) -> str:
    if len(words) == 1 and words[0].kind == tokenize.STRING and "f" not in words[0].text[:2]:
        try:
            value = ast.literal_eval(words[0].text)
        except (ValueError, SyntaxError):
            value = None
        if isinstance(value, str):
            return "\n".join(line.rstrip() for line in inspect.cleandoc(value).splitlines()) or '""'
    return " ".join(word.key for word in words)


def _find_words(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Leave out comments, and commas and parentheses that mean nothing."""
    words = [token for token in tokens if not token.is_comment]
    pairs, commas, loops = _pair(words)
    if not pairs:
        return tuple(words)
    gone: set[int] = set()
    for start, stop in sorted(pairs.items()):
        gone |= _find_idle_comma(words, start, stop, commas[start])
        before = next((n for n in range(start - 1, -1, -1) if n not in gone), None)
        behind = next((n for n in range(stop + 1, len(words)) if n not in gone), None)
        if words[start].text == "(" and start not in loops and before is not None:
            behind_text = words[behind].text if behind is not None else ""
            if _is_idle(words, before, start, stop, behind_text, commas[start], pairs):
                gone |= {start, stop}
    return tuple(word for number, word in enumerate(words) if number not in gone)


def _pair(words: Sequence[Token]) -> tuple[dict[int, int], dict[int, int], set[int]]:
    """Match brackets; count the commas right inside each; name those around a generator or :=."""
    stack: list[int] = []
    pairs: dict[int, int] = {}
    commas: dict[int, int] = {}
    loops: set[int] = set()
    for number, word in enumerate(words):
        if word.kind == tokenize.OP and word.text in _OPEN:
            stack.append(number)
            commas[number] = 0
        elif word.kind == tokenize.OP and word.text in _OPEN.values() and stack:
            pairs[stack.pop()] = number
        elif word.text == "," and stack:
            commas[stack[-1]] += 1
        elif word.text in ("for", ":=") and stack:
            loops.add(stack[-1])
    return pairs, commas, loops


def _is_called(words: Sequence[Token], start: int) -> bool:
    before = words[start - 1] if start else None
    return before is not None and (before.is_name or before.text in (")", "]", "}"))


def _find_idle_comma(words: Sequence[Token], start: int, stop: int, commas: int) -> set[int]:
    if words[stop - 1].text != ",":
        return set()
    is_called = _is_called(words, start)
    is_tuple = words[start].text == "(" and not is_called
    is_tuple |= words[start].text == "[" and is_called
    is_import = bool(start) and words[start - 1].text == "import"
    return set() if is_tuple and commas == 1 and not is_import else {stop - 1}


def _is_idle(
    words: Sequence[Token],
    before: int,
    start: int,
    stop: int,
    behind: str,
    commas: int,
    pairs: dict[int, int],
) -> bool:
    """Tell whether parentheses mean nothing: around all of a value, or of a condition."""
    text = words[before].text
    if words[0].text == "class" and start == 2 and stop == 3:
        return True
    if stop == start + 1 or text not in _BEFORE_PARENTHESES:
        return False
    if any(one < before < other for one, other in pairs.items()):
        return False
    if text == "for":
        return behind == "in"
    if text == "in" and words[0].text not in ("for", "async"):
        return False  # what is compared with may go on behind it
    if text == "assert":
        return commas == 0 and behind in ("", ",")
    return behind in ("", ":")
