"""What the rule about characters that change the order of text flags, and what it must not."""

from __future__ import annotations

import pytest
from judged_patch import HEADER, found, rules
from small_overlay import diff


def test_bidirectional_controls_are_flagged_where_they_stand() -> None:
    text = HEADER.encode() + diff("x.py", b"a = 1\n", "a = 1\nb = 'is\u202e\u2066'\n".encode())
    (one,) = found(text)
    assert (one.rule, one.level) == ("bidi-control", "error")
    assert "U+202E, U+2066" in one.message
    assert text.split(b"\n")[one.line - 1].startswith(b"+b")
    assert one.hunk is not None


def test_bidirectional_controls_in_the_prose_are_flagged_on_the_patch() -> None:
    text = HEADER.replace("ten words", "ten \u2067words").encode() + diff("x", b"a\n", b"a\nb\n")
    (one,) = found(text)
    assert (one.rule, one.line, one.hunk) == ("bidi-control", 7, None)


@pytest.mark.parametrize("text", ["b = 'é ü 漢字 😀'\n", "b = 'עברית'\n"])
def test_letters_of_any_language_are_not(text: str) -> None:
    assert rules("a = 1\n", f"a = 1\n{text}") == []
