"""Names in diff headers, and the paths that they mean."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freebsd_port.engine.core.patch.filename import (
    HeaderName,
    name_line,
    parse_git_names,
    parse_header_name,
    parse_index_name,
    quote_name,
    strip_components,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"a/f\n", b"a/f"),
        (b"a/f\r\n", b"a/f"),
        (b"a/f 2020-01-01\n", b"a/f"),
        (b"a/f g\t2020-01-01\n", b"a/f g"),
        (b"a/f g \t\n", b"a/f g"),
        (b'"a/\\303\\251\\t\\"\\\\"\n', b'a/\xc3\xa9\t"\\'),
        (b"a/f\xe9.c\n", b"a/f\xe9.c"),
    ],
)
def test_a_header_name_ends_at_white_space_unless_a_tab_ends_it(text: bytes, name: bytes) -> None:
    assert parse_header_name(text) == HeaderName(name, False)


@pytest.mark.parametrize("text", [b"\n", b'"a/\\9"\n', b'"open\n'])
def test_an_unreadable_name_is_none(text: bytes) -> None:
    assert parse_header_name(text) is None


def test_dev_null_means_that_no_file_is_there() -> None:
    assert parse_header_name(b"/dev/null\n") == HeaderName(None, True)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"a/f b/f\n", (b"a/f", b"b/f")),
        (b'"a/\\tf" "b/\\tf"\n', (b"a/\tf", b"b/\tf")),
        (b"a/f\n", (None, None)),
    ],
)
def test_git_names_that_cannot_be_told_apart_are_none(text: bytes, names: object) -> None:
    assert parse_git_names(text) == names


def test_an_index_name_may_hold_spaces_and_nothing_follows_it() -> None:
    assert parse_index_name(b" d/f g\n") == b"d/f g"
    assert parse_index_name(b" d/f\tstamp\n") is None
    assert parse_index_name(b" d/f\r\n") is None


@pytest.mark.parametrize(
    ("name", "strip", "path"),
    [
        (b"a/b/c", 0, "a/b/c"),
        (b"a/b/c", 2, "c"),
        (b"a/b/c", 3, None),
        (b"a//b", 1, "b"),
        (b"/a/b", 1, "a/b"),
        (b"/a/b", 0, "/a/b"),
        (b"./a/./b", 0, "a/b"),
        (b"a/", 1, None),
        (b"a/\xe9", 1, "\udce9"),
    ],
)
def test_stripping_takes_components_and_leaves_none_when_there_are_too_few(
    name: bytes, strip: int, path: str | None
) -> None:
    assert strip_components(name, strip) == path


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"a/a b b/a b\n", (b"a/a b", b"b/a b")),
        (b"a/x b/x b/x b/x\n", (b"a/x b/x", b"b/x b/x")),
        (b"a/a b b/a c\n", (None, None)),
        (b"a b c d e\n", (None, None)),
        (b'"a/a b" "b/a b"\n', (b"a/a b", b"b/a b")),
        (b'a/plain "b/a\\tb"\n', (b"a/plain", b"b/a\tb")),
    ],
)
def test_names_with_blanks_are_told_apart_where_git_tells_them_apart(
    text: bytes, names: tuple[bytes | None, bytes | None]
) -> None:
    assert parse_git_names(text) == names


@settings(deadline=None)
@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name), st.booleans())
def test_a_quoted_name_is_read_as_it_was(name: bytes, is_in_pair: bool) -> None:
    quoted = quote_name(b"b/" + name, is_in_pair=is_in_pair)
    if is_in_pair:
        assert parse_git_names(quoted + b" " + quoted + b"\n") == (b"b/" + name, b"b/" + name)
        return
    read = parse_header_name(name_line(b"b/" + name))
    assert read
    assert read.name == b"b/" + name
