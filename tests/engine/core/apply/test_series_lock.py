"""series.lock: its lines, and what it says about the files of an overlay."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.apply.overlay import OverlayFile
from freebsd_port.engine.core.apply.series_lock import (
    LockedFile,
    SeriesLockError,
    lock_problems,
    parse_lock,
    pick_locked,
    render_lock,
)

A, B, C = "a" * 64, "b" * 64, "c" * 64
FILES = (LockedFile("nova/new file.py", None, B), LockedFile("nova/a.py", A, B))


def found(path: str, before: str | None, after: str | None) -> OverlayFile:
    return OverlayFile(path, before, after)


def test_a_lock_is_read_back_sorted_by_path() -> None:
    text = render_lock(FILES)
    assert text.splitlines()[1:] == [
        f"{A} {B} nova/a.py".encode(),
        f"- {B} nova/new file.py".encode(),
    ]
    assert parse_lock(text, source="series.lock") == tuple(reversed(FILES))


@pytest.mark.parametrize(
    "line", [f"{A} {B}", f"{A} nova/a.py", f"{A[1:]} {B} x", f"x {B} x", f"{'G' * 64} {B} x"]
)
def test_a_line_of_another_kind_is_named(line: str) -> None:
    with pytest.raises(SeriesLockError, match="not a line") as caught:
        parse_lock(f"# title\n\n{line}\n".encode(), source="series.lock")
    assert caught.value.where == "series.lock:3"


def problems(*files: OverlayFile, is_whole: bool = True) -> list[str]:
    found = lock_problems((LockedFile("nova/a.py", A, B),), files, "2026.2", is_whole)
    assert {one.where for one in found} <= {"releases/2026.2/series.lock"}
    assert {one.hint for one in found} <= {
        "if you meant to change the series: freebsd-port series lock --release 2026.2"
    }
    return [one.what for one in found]


def test_what_agrees_is_no_problem_and_record_is_left_out() -> None:
    assert problems(found("nova/a.py", A, B), found("nova-1.dist-info/RECORD", A, C)) == []


def test_other_originals_are_refused_on_every_prefix() -> None:
    for is_whole in (True, False):
        assert problems(found("nova/a.py", C, B), is_whole=is_whole) == [
            "nova/a.py is not the file of release 2026.2"
        ]


def test_other_results_are_refused_only_for_the_whole_series() -> None:
    assert problems(found("nova/a.py", A, C), is_whole=False) == []
    assert problems(found("nova/a.py", A, C)) == ["nova/a.py differs from what series.lock records"]


def test_files_that_only_one_of_the_two_knows_are_named() -> None:
    assert problems(found("nova/b.py", A, C), is_whole=False) == [
        "series.lock does not list nova/b.py"
    ]
    assert problems(found("nova/b.py", A, C)) == [
        "series.lock does not list nova/b.py",
        "the series leaves nova/a.py as it is",
    ]


OPTIONAL = (
    LockedFile("nova/a.py", A, B),
    LockedFile("nova/a.py", A, C, ("queues",)),
    LockedFile("nova/a.py", A, A, ("queues", "xen")),
    LockedFile("nova/a.py", A, B, ("xen",)),
    LockedFile("nova/b.py", A, B),
    LockedFile("nova/x.py", None, B, ("xen",)),
)


def test_what_options_change_follows_in_sections_of_its_own() -> None:
    text = render_lock(tuple(reversed(OPTIONAL)))
    assert [line[129:] or line for line in text.decode().splitlines()[1:]] == [
        *(" nova/a.py", " nova/b.py"),
        *("[queues]", " nova/a.py"),
        *("[xen]", " nova/a.py", f"- {B} nova/x.py"),
        *("[queues xen]", " nova/a.py"),
    ]
    assert set(parse_lock(text, source="series.lock")) == set(OPTIONAL)


@pytest.mark.parametrize(
    ("options", "files"),
    [
        ((), {"nova/a.py": B, "nova/b.py": B}),
        (("queues",), {"nova/a.py": C, "nova/b.py": B}),
        (("xen", "other"), {"nova/a.py": B, "nova/b.py": B, "nova/x.py": B}),
        (("queues", "xen"), {"nova/b.py": B, "nova/x.py": B}),
    ],
)
def test_of_each_file_the_line_of_the_options_that_concern_it_counts(
    options: tuple[str, ...], files: dict[str, str]
) -> None:
    assert {one.path: one.after for one in pick_locked(OPTIONAL, frozenset(options))} == files
