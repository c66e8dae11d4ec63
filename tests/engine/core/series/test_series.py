"""The series file as quilt reads it, with this project's tags in the comments."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.series.series import SeriesError, parse_series

ORDER = ("xena", "2025.1", "2026.2")


def test_a_line_is_a_name_with_options_and_a_comment() -> None:
    series = parse_series(b"# head\n\na.patch\n\tb/c.patch -p0 -R # why\nd#e.patch -p 2\n")
    assert [(e.name, e.strip, e.reverse, e.comment, e.line) for e in series.entries] == [
        ("a.patch", 1, False, "", 3),
        ("b/c.patch", 0, True, "why", 4),
        ("d#e.patch", 2, False, "", 5),
    ]


def test_quotes_and_latin_1_are_part_of_a_name() -> None:
    assert parse_series(b"it's.patch\r\n\xe9.patch\n").names == ("it's.patch", "\udce9.patch")


@pytest.mark.parametrize("text", [b"a -E\n", b"a -px\n", b"a b\n", b"a -p\n"])
def test_an_unknown_option_is_refused_by_line(text: bytes) -> None:
    with pytest.raises(SeriesError, match="unknown patch option") as caught:
        parse_series(text, source="series")
    assert caught.value.where == "series:1"


def test_a_name_that_no_file_can_have_is_refused_by_line() -> None:
    with pytest.raises(SeriesError, match="no file can have the name") as caught:
        parse_series(b"a\nb\0\n", source="series")
    assert caught.value.where == "series:2"


def test_a_name_that_stands_twice_is_refused_with_both_lines() -> None:
    with pytest.raises(SeriesError, match="is in the series twice") as caught:
        parse_series(b"a\nb\na\n")
    assert caught.value.where == "series:3, first at line 1"


@pytest.mark.parametrize(
    ("tag", "releases"),
    [
        (b"", ORDER),
        (b"# not 2025.1: unconditional there", ("xena", "2026.2")),
        (b"# since 2025.1", ("2025.1", "2026.2")),
        (b"# until 2025.1", ("xena", "2025.1")),
        (b"# why: not 2025.1", ORDER),
        (b"# option debug", ()),
    ],
)
def test_a_tag_switches_a_patch_off(tag: bytes, releases: tuple[str, ...]) -> None:
    series = parse_series(b"a.patch  " + tag + b"\n")
    on = tuple(release for release in ORDER if series.for_release(release, ORDER).entries)
    assert on == releases


def test_an_option_switches_its_patch_on() -> None:
    series = parse_series(b"a.patch # option debug\n")
    assert series.for_release("xena", ORDER, frozenset({"debug"})).names == ("a.patch",)


@pytest.mark.parametrize("name", ["d/a.patch", "d/a", "a.patch", "a", "patches/d/a.patch"])
def test_a_patch_is_found_by_every_short_form_of_its_name(name: str) -> None:
    assert parse_series(b"x.patch\nd/a.patch\n").require_index(name) == 1


def test_an_ambiguous_or_unknown_name_is_refused() -> None:
    series = parse_series(b"d/a.patch\ne/a.patch\n")
    with pytest.raises(SeriesError, match="2 patches"):
        series.require_index("a")
    with pytest.raises(SeriesError, match="no patch"):
        series.require_index("b")
