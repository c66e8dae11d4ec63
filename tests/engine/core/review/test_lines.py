"""The lines of a hunk as a reader sees them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.review.lines import find_kinds, read_lines
from freebsd_port.engine.core.text.unseen import decode_line, split_unseen
from freebsd_port.engine.core.text.words import mark_words


def hunk_of(body: bytes, counts: str = "-10,3 +10,3") -> Hunk:
    head = b"--- a/x.py\n+++ b/x.py\n@@ " + counts.encode() + b" @@\n"
    return parse_patch("x.patch", head + body).changes[0].hunks[0]


def test_each_line_has_its_numbers_on_the_sides_that_it_is_on() -> None:
    hunk = hunk_of(b" one\n-two\n+zwei\n three\n")
    lines = read_lines(hunk, 20, 25, is_python=False)
    assert [(line.change, line.old_line, line.new_line, line.text) for line in lines] == [
        ("kept", 20, 25, "one"),
        ("removed", 21, None, "two"),
        ("added", None, 26, "zwei"),
        ("kept", 22, 27, "three"),
    ]
    assert [line.patch_line for line in lines] == [4, 5, 6, 7]


def test_lines_that_mail_mangled_read_as_the_hunk_was_understood() -> None:
    hunk = hunk_of(b"\n-two\n# a comment\n+zwei\n three\n")
    lines = read_lines(hunk, 1, 1, is_python=False)
    assert [(line.change, line.text) for line in lines] == [
        ("kept", ""),
        ("removed", "two"),
        ("added", "zwei"),
        ("kept", "three"),
    ]


def test_a_missing_newline_is_told_on_its_side_only() -> None:
    hunk = hunk_of(b" a\n b\n-c\n\\ No newline at end of file\n+c\n")
    lines = read_lines(hunk, 1, 1, is_python=False)
    assert [(line.change, line.has_newline) for line in lines[2:]] == [
        ("removed", False),
        ("added", True),
    ]


def test_only_the_words_that_differ_are_marked() -> None:
    old, new = mark_words(["    value = first(count)"], ["    value = second(count)"])
    assert [["    value = first(count)"[a:b] for a, b in spans] for spans in old] == [["first"]]
    assert [["    value = second(count)"[a:b] for a, b in spans] for spans in new] == [["second"]]


def test_another_wrapping_is_not_marked_beside_words_that_differ() -> None:
    old, new = mark_words(["    one two", "    three"], ["    one", "    two four"])
    assert old == [[(8, 11)], [(4, 9)]]
    assert new == [[], [(4, 7), (8, 12)]]
    old, new = mark_words(["    one", "    two"], ["    one two three"])
    assert (old, new) == ([[], []], [[(12, 17)]])
    assert mark_words(["a = 1"], ["    a = 1"]) == ([[]], [[(0, 4)]])


def test_lines_with_little_in_common_have_no_marks() -> None:
    assert mark_words(["return 1"], ["from os import path, environ"]) == ([[]], [[]])


def test_a_line_of_a_megabyte_is_neither_compared_nor_coloured() -> None:
    long = "x = '" + "a" * 1_000_000 + "'"
    assert mark_words([long], [long + "b"]) == ([[]], [[]])
    assert find_kinds([long, "return 1"]) == [[], [(0, 6, "keyword"), (7, 8, "number")]]


def test_the_rest_of_a_docstring_is_text_when_the_hunk_begins_inside_one() -> None:
    lines = ["and the rest.", '"""', "return 1"]
    assert find_kinds(lines, starts_in_text=True) == [
        [(0, 13, "text")],
        [(0, 3, "text")],
        [(0, 6, "keyword"), (7, 8, "number")],
    ]


def test_what_cannot_be_seen_gets_a_name() -> None:
    text = decode_line(b"a\xe2\x80\xaeb\x1b[0m\xff\tc\xc2\xa0d\xc2\xad\xe2\x80\xa8\r\n")
    shown = [name or text[start:stop] for start, stop, name in split_unseen(text)]
    assert shown == ["a", "U+202E", "b", "^[", "[0m", "\\xFF", "\tc\xa0d", "U+00AD", "U+2028", "^M"]


@given(st.binary().map(decode_line))
def test_the_pieces_of_a_line_are_all_of_it_in_order(text: str) -> None:
    assert "".join(text[start:stop] for start, stop, _ in split_unseen(text)) == text
