"""What ran of a hunk."""

from __future__ import annotations

from freebsd_port.engine.core.apply.provenance import HunkLines
from freebsd_port.openstack.core.proof.coverage import (
    Executed,
    HunkCoverage,
    cover_hunk,
    merge_executed,
)

SOURCE = b"import os\n\n\ndef f():\n    # why\n    call(\n        1,\n    )\n    return 2\n"


def cover(
    executed: dict[int, tuple[str, ...]], *added: int, anchor: int = 1, native: str = ""
) -> HunkCoverage:
    ran: Executed = {"m.py": {line: frozenset(names) for line, names in executed.items()}}
    hunk = HunkLines("1.patch", "m.py", 1, 1, added, added[0] if added else anchor)
    return cover_hunk(hunk, SOURCE, ran, (native,))


def test_lines_that_ran_name_their_checks() -> None:
    found = cover({6: ("test_b", "test_a"), 9: ("test_a",)}, 6, 7, 8, 9)
    assert (found.statements, found.executed, found.missed) == (4, 4, ())
    assert found.checks == ("test_a", "test_b")
    assert found.is_run


def test_lines_that_did_not_run_are_missed() -> None:
    found = cover({4: ("",)}, 4, 6, 7, 8, 9)
    assert (found.executed, found.missed, found.checks) == (1, (6, 7, 8, 9), ("import",))
    assert found.is_run


def test_a_hunk_none_of_whose_lines_ran_is_not_run() -> None:
    assert not cover({1: ("",)}, 6, 7).is_run


def test_a_statement_ran_when_any_of_its_lines_did() -> None:
    assert cover({7: ("test_a",)}, 8).checks == ("test_a",)


def test_a_hunk_of_comments_has_nothing_to_run() -> None:
    found = cover({}, 2, 5)
    assert (found.statements, found.executed, found.missed) == (0, 0, ())
    assert found.is_run


def test_a_hunk_that_only_removes_counts_by_its_anchor() -> None:
    assert not cover({}, anchor=9).is_run
    assert cover({9: ("test_a",)}, anchor=9).checks == ("test_a",)


def test_a_statement_that_only_freebsd_runs_is_excused_as_a_whole() -> None:
    found = cover({4: ("",)}, 4, 6, 7, 8, 9, native="1,")
    assert (found.executed, found.missed, found.excused) == (1, (9,), (6, 7, 8))
    assert cover({}, 6, 7, native="call(").is_run
    assert not cover({}, 6, 9, native="call(").is_run
    assert cover({6: ("test_a",)}, 6, native="call(").excused == ()


def test_a_file_that_nothing_was_measured_in_is_missed() -> None:
    hunk = HunkLines("1.patch", "m.py", 1, 1, (9,), 9)
    assert cover_hunk(hunk, SOURCE, {"other.py": {9: frozenset({"test_a"})}}).missed == (9,)


def test_what_several_runs_executed_is_joined() -> None:
    one: Executed = {"m.py": {1: frozenset({"a"})}}
    two: Executed = {"m.py": {1: frozenset({"b"}), 2: frozenset({"b"})}, "n.py": {1: frozenset()}}
    assert merge_executed((one, two)) == {
        "m.py": {1: {"a", "b"}, 2: {"b"}},
        "n.py": {1: frozenset()},
    }
