"""The class or function around a line, read from the indentation.

Not `core.scope`, which parses the module: that takes a quarter of a second for nova's largest,
and a review is to be on the screen by then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEAD = re.compile(rb"[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)")
_NO_BEGINNING = (b"#", b")", b"]", b"}")
"""What a line may start with that says nothing about the block it is in."""

_QUOTES = (b'"""', b"'''")


def name_scope(lines: Sequence[bytes], index: int, indent: int) -> str | None:
    """Give the dotted name of what encloses code at a 0-based line, or None for the module.

    `indent` is that of the code, which may be yet to come before the line. The head of a
    function is enclosed by what it is in, not by itself.
    """
    names: list[str] = []
    margin, at = indent, index - 1
    while margin > 0:
        while at >= 0 and lines[at][:margin].isspace():
            at -= 1
        if at < 0:
            break
        bare = lines[at].lstrip()
        match = _HEAD.match(lines[at])
        if match or (bare and not bare.startswith(_NO_BEGINNING) and not is_text(lines, at)):
            margin = indent_of(lines[at])
            names += [match[1].decode()] if match else []
        at -= 1
    return ".".join(reversed(names)) or None


def is_text(lines: Sequence[bytes], index: int) -> bool:
    """Tell whether the line begins inside a string of several lines."""
    before = b"".join(lines[:index])
    return any(before.count(quotes) % 2 for quotes in _QUOTES)


def indent_of(line: bytes) -> int:
    """Count the blanks before the line's text."""
    return len(line) - len(line.lstrip())
