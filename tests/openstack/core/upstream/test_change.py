"""Ready patches as commits: stacked on upstream's files, and rendered for `git am`."""

from __future__ import annotations

import pytest
from memory_tree import MemoryTree
from small_overlay import diff
from upstream_tests import NOTE, NOTE_NAME, READY_HEADER

from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.errors import ProblemsError
from freebsd_port.openstack.core.upstream.change import change_id, render_change, stack_changes
from freebsd_port.openstack.core.upstream.ready import TESTS, ReadyPatch, read_ready

CODE, TEST = "oslo_privsep/who.py", "oslo_privsep/tests/test_who.py"
OLD = b"def who():\n    return 'linux'\n"
NEW = OLD.replace(b"'linux'", b"'anybody'")
OLD_TEST = b"class WhoTestCase:\n    def test_who(self):\n        pass\n"
NEW_TEST = (
    OLD_TEST + b"\n    def test_more(self):\n        pass\n\n    def helper(self):\n        pass\n"
)
FILES = {CODE: OLD, TEST: OLD_TEST}


def ready(name: str, code: bytes, tests: bytes, note: str = NOTE_NAME) -> ReadyPatch:
    entry = SeriesEntry(name, 1, reverse=False, comment="", line=1)
    return read_ready(entry, READY_HEADER.encode() + code, {TESTS: tests, note: NOTE})


FIRST = ready("oslo.privsep/one.patch", diff(CODE, OLD, NEW), diff(TEST, OLD_TEST, NEW_TEST))
SECOND = ready(
    "oslo.privsep/two.patch",
    diff(CODE, NEW, NEW + b"\n\nwhoever = who\n"),
    diff(
        TEST,
        NEW_TEST,
        NEW_TEST.replace(b"test_more(self):\n        pass", b"test_more(self):\n        1"),
    ),
    NOTE_NAME.replace("who-", "whoever-"),
)


def test_each_change_stands_on_those_before_it():
    first, second = stack_changes(MemoryTree(FILES), [FIRST, SECOND])
    (code,) = second.code
    assert (code[0], code[1] and code[1].content) == (CODE, NEW)
    assert [edit[0] for edit in (*first.tests, *first.notes)] == [TEST, NOTE_NAME]


def test_the_tests_are_those_that_come_or_change():
    first, second = stack_changes(MemoryTree(FILES), [FIRST, SECOND])
    module = "oslo_privsep.tests.test_who"
    assert first.find_tests() == {module: (f"{module}.WhoTestCase.test_more",)}
    assert second.find_tests() == {module: (f"{module}.WhoTestCase.test_more",)}


def test_what_needs_another_patch_is_refused_with_every_reason():
    with pytest.raises(ProblemsError) as caught:
        stack_changes(MemoryTree(FILES), [SECOND])
    assert [problem.what.partition(": hunk")[0] for problem in caught.value.problems] == [
        "oslo.privsep/two.patch: does not apply without the other patches",
        "oslo.privsep/two.patch: tests do not apply",
    ]


def test_a_new_file_that_is_there_already_is_refused():
    with pytest.raises(ProblemsError) as caught:
        stack_changes(MemoryTree({**FILES, NOTE_NAME: b"old"}), [FIRST])
    (problem,) = caught.value.problems
    assert problem.what == f"oslo.privsep/one.patch: {NOTE_NAME} exists upstream"


def test_the_message_has_code_test_note_and_a_change_id_that_stays():
    (change,) = stack_changes(MemoryTree(FILES), [FIRST])
    text = render_change(change, "Jo Porter <jo@example.com>", 1, 1).decode()
    assert "\nFrom: Jo Porter <jo@example.com>\n" in text
    assert "\nSubject: [PATCH] who: say who it is on every system\n" in text
    assert f"\n\nChange-Id: {change_id('oslo.privsep/one.patch')}\n---\n" in text
    assert "must be a patch" not in text
    assert "Drop-When" not in text
    assert [line for line in text.split("\n") if line.startswith("+++ ")] == [
        f"+++ b/{TEST}",
        f"+++ b/{CODE}",
        f"+++ b/{NOTE_NAME}",
    ]
    assert change_id("oslo.privsep/one.patch") != change_id("oslo.privsep/two.patch")
