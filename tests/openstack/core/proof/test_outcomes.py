"""Reading a runner's notes and comparing what they say."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freebsd_port.openstack.core.proof.outcomes import (
    Change,
    Ending,
    compare,
    merge_outcomes,
    module_of,
    read_notes,
)

PASSED, FAILED, SKIPPED, DIED = (
    Ending(outcome) for outcome in ("passed", "failed", "skipped", "died")
)
OUTCOMES = st.dictionaries(
    st.sampled_from("abcdef"), st.sampled_from([PASSED, FAILED, SKIPPED, DIED])
)


def notes(*lines: list[object]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_notes_give_each_outcome_and_that_they_are_whole() -> None:
    found = read_notes(
        notes(
            ["found", 3],
            ["start", "m.C.a"],
            ["passed", "m.C.a", ""],
            ["start", "m.C.b(x)"],
            ["failed", "m.C.b(x)", "AssertionError: 1 != 2"],
            ["skipped", "m.C.c", "no sudo"],
            ["end"],
        )
    )
    assert found.outcomes == {
        "m.C.a": PASSED,
        "m.C.b(x)": Ending("failed", "AssertionError: 1 != 2"),
        "m.C.c": Ending("skipped", "no sudo"),
    }
    assert (found.found, found.is_ended, found.running) == (3, True, None)


def test_notes_that_break_off_tell_which_test_was_running() -> None:
    text = notes(["found", 3], ["start", "a"], ["passed", "a", ""], ["start", "b"])
    found = read_notes(text + '["pas')
    assert (set(found.outcomes), found.is_ended, found.running) == ({"a"}, False, "b")
    assert read_notes("").found is None


def test_a_test_that_failed_while_it_was_torn_down_did_not_pass() -> None:
    text = notes(["passed", "a", ""], ["failed", "a", "in tearDown"], ["passed", "a", ""])
    assert read_notes(text).outcomes["a"].outcome == "failed"
    assert merge_outcomes([{"a": PASSED}, {"a": SKIPPED}, {"a": PASSED}]) == {"a": SKIPPED}


def test_a_test_belongs_to_the_longest_module_that_its_name_begins_with() -> None:
    modules = ("m.test_a", "m.test_a.test_b", "m.test_ab")
    assert module_of("m.test_a.Case.test(x.y)", modules) == "m.test_a"
    assert module_of("m.test_a.test_b.Case.test", modules) == "m.test_a.test_b"
    assert module_of("m.test_ab.Case.test", modules) == "m.test_ab"
    assert module_of("unittest.loader._FailedTest.m.test_ab", modules) == "m.test_ab"
    assert module_of("other.Case.test", modules) is None


def test_a_comparison_names_what_passed_on_one_side_only() -> None:
    found = compare(
        "s",
        {"kept": PASSED, "broken": PASSED, "gone": PASSED, "bad": FAILED, "mended": FAILED},
        {"kept": PASSED, "broken": SKIPPED, "bad": DIED, "mended": PASSED, "new": PASSED},
    )
    assert (found.before, found.after) == (
        {"passed": 3, "failed": 2},
        {"passed": 3, "skipped": 1, "died": 1},
    )
    assert [change.test for change in found.lost] == ["broken", "gone"]
    assert [change.test for change in found.gained] == ["mended", "new"]
    assert not found.is_good


@pytest.mark.parametrize(
    ("alone", "is_lost"),
    [
        (None, True),
        ((PASSED, FAILED), True),
        ((FAILED, FAILED), True),
        ((PASSED, None), True),
        ((PASSED, PASSED), False),
        ((FAILED, PASSED), False),
    ],
)
def test_a_pass_is_lost_unless_the_patched_side_passes_alone(
    alone: tuple[Ending | None, Ending | None] | None, is_lost: bool
) -> None:
    assert Change("t", PASSED, FAILED, alone).is_lost is is_lost
    assert not Change("t", FAILED, PASSED, alone).is_lost


def test_a_suite_in_which_nothing_passed_proves_nothing() -> None:
    assert not compare("s", {}, {}).is_good
    assert not compare("s", {"a": SKIPPED}, {"a": SKIPPED}).is_good
    assert compare("s", {"a": PASSED}, {"a": PASSED, "b": FAILED}).is_good


@given(OUTCOMES, OUTCOMES)
def test_what_is_lost_one_way_is_gained_the_other(
    before: dict[str, Ending], after: dict[str, Ending]
) -> None:
    there, back = compare("s", before, after), compare("s", after, before)
    assert [c.test for c in there.lost] == [c.test for c in back.gained]
    passed = {name for name, one in before.items() if one == PASSED}
    still = {name for name, one in after.items() if one == PASSED}
    assert {c.test for c in there.lost} == passed - still
    assert not compare("s", before, before).changes
