"""Characters that a reader would not see as they are, and text from elsewhere made printable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

_UNSEEN_CATEGORIES = ("Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp")
_MAYBE_UNSEEN = re.compile(r"[^\t\x20-\x7e\xa1-\xac\xae-\u034e\u0370-\u05ff]")
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Source: Unicode Bidirectional Algorithm, explicit formatting characters."""


def decode_line(line: bytes) -> str:
    """Give a line's text without its newline; a byte that is no UTF-8 is kept as a surrogate."""
    return line.removesuffix(b"\n").decode("utf-8", "surrogateescape")


def split_unseen(text: str) -> Iterator[tuple[int, int, str | None]]:
    """Cut the text into (start, stop, name): name is None for what can be seen as it is.

    A name is in ASCII, such as `U+202E` or, for a byte that is no text, `\\xFF`. A tab is left.
    """
    start = 0
    for match in _MAYBE_UNSEEN.finditer(text):
        name = _name_unseen(match[0])
        if name is None:
            continue
        if match.start() > start:
            yield start, match.start(), None
        yield match.start(), match.end(), name
        start = match.end()
    if start < len(text):
        yield start, len(text), None


@cache
def _name_unseen(character: str) -> str | None:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02X}"
    if code < 0x20 or code == 0x7F:
        return "DEL" if code == 0x7F else f"^{chr(code + 0x40)}"
    if unicodedata.category(character) in _UNSEEN_CATEGORIES:
        return f"U+{code:04X}"
    return None


def show_unseen(text: str) -> str:
    """Name each control, bidirectional mark and byte that is no text in angle brackets.

    Newlines stay.
    """
    return "\n".join(map(_show_line, text.split("\n")))


def _show_line(line: str) -> str:
    return "".join(
        line[start:stop] if name is None else f"<{name}>"
        for start, stop, name in split_unseen(line)
    )
