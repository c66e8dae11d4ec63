"""The header of a patch."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.patch.header import find_header_faults, native_lines, parse_header

GOOD = """\
Subject: greet more people
Origin: vendor
Forwarded: no
Drop-When: upstream greets them
Last-Update: 2026-11-21

Nobody but the caller was greeted on FreeBSD, so that the others went home again.
"""


def faults(old: str = "", new: str = "") -> tuple[str, ...]:
    assert old in GOOD
    return find_header_faults(parse_header(GOOD.replace(old, new, 1).encode()))


def test_fields_and_prose_are_read() -> None:
    header = parse_header(GOOD.encode() + b"--- a/m.py\n+++ b/m.py\n")
    assert header.fields[0] == ("Subject", "greet more people")
    assert header.field("drop-when") == "upstream greets them"
    assert header.prose.startswith("Nobody")
    assert header.prose.endswith("home again.")
    assert header.field("Bug") is None


def test_a_folded_value_is_one_line() -> None:
    header = parse_header(b"Subject: one\n two\n\tthree\nOrigin: vendor\n")
    assert header.fields == (("Subject", "one two three"), ("Origin", "vendor"))


@pytest.mark.parametrize(
    "start", ["diff --git a/m b/m\n", "--- a/m\n", "Index: m\n", "=" * 67 + "\n"]
)
def test_the_header_ends_where_the_diff_begins(start: str) -> None:
    header = parse_header(f"Subject: one\n\nProse.\n{start}Origin: late\n".encode())
    assert (header.prose, header.field("Origin")) == ("Prose.", None)


def test_the_first_of_two_fields_counts() -> None:
    assert parse_header(b"Bug: 1\nBug: 2\n").field("Bug") == "1"


def test_bytes_that_are_not_utf_8_do_not_stop_the_reading() -> None:
    assert parse_header(b"Subject: caf\xe9\n").field("Subject") == "caf\ufffd"


def test_a_full_header_has_no_fault() -> None:
    assert faults() == ()


def test_every_missing_field_is_named_at_once() -> None:
    assert find_header_faults(parse_header(b"")) == (
        "the header has no Subject",
        "the header has no Origin",
        "the header has no Forwarded",
        "the header has no Drop-When",
        "the header has no Last-Update",
        "the prose below the fields does not say what breaks and what changes",
    )


@pytest.mark.parametrize("date", ["yesterday", "2026-13-01", "20261121", "2026-W47-6"])
def test_a_date_is_written_year_month_day(date: str) -> None:
    assert faults("2026-11-21", date) == (f"Last-Update is not a date: {date}",)


@pytest.mark.parametrize(
    "value", ["no", "not-needed", "yes", "https://review.example/1", "no (yet)"]
)
def test_forwarded_says_whether_and_where(value: str) -> None:
    assert faults("Forwarded: no", f"Forwarded: {value}") == ()


@pytest.mark.parametrize("value", ["soon", "nope", "http:/x"])
def test_forwarded_is_not_anything_else(value: str) -> None:
    assert faults("Forwarded: no", f"Forwarded: {value}") == (
        f"Forwarded is neither no, not-needed, yes nor an address: {value}",
    )


def test_lines_that_only_freebsd_runs_are_read_from_each_field() -> None:
    fields = "Native-Only: `  return sysctl(oid)` needs sysctl(3)\nNative-Only: `a`\n"
    fields += "Native-only: `b` is\n folded\n"
    assert native_lines(parse_header(fields.encode())) == ("return sysctl(oid)", "b")
