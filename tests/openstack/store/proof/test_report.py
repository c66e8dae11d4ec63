"""Reading what pytest and the recorder of lines wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from freebsd_port.openstack.store.proof.report import (
    CheckRun,
    Failure,
    find_hang,
    last_words,
    read_recording,
    read_report,
)

JUNIT = """<testsuites><testsuite>
<testcase classname="nova.test_a" name="test_good">
  <properties><property name="patch" value="nova/a.patch"/></properties></testcase>
<testcase classname="nova.test_a" name="test_bad">
  <properties><property name="patch" value="nova/a.patch"/></properties>
  <failure message="assert 1 == 2&#10; more">long</failure></testcase>
<testcase classname="nova.test_b" name="test_worse"><error message="no fixture"/></testcase>
<testcase classname="nova.test_b" name="test_skip"><skipped message="no broker"/></testcase>
</testsuite></testsuites>"""


def read(tmp_path: Path, junit: str, output: str = "", *, is_failed: bool = False) -> CheckRun:
    (tmp_path / "junit.xml").write_text(junit)
    return read_report(
        tmp_path / "junit.xml", "nova", "linux", output=output, is_failed=is_failed, executed={}
    )


def test_checks_are_counted_and_named(tmp_path: Path) -> None:
    run = read(tmp_path, JUNIT, is_failed=True)
    assert run.passed == 1
    assert run.failures == (
        Failure("test_a::test_bad", "assert 1 == 2\n more"),
        Failure("test_b::test_worse", "no fixture"),
    )
    assert run.skipped == (Failure("test_b::test_skip", "no broker"),)
    assert run.patches == {"nova/a.patch": (1, 1)}
    assert not run.is_empty


def test_a_session_that_failed_without_a_failed_check_is_the_failure(tmp_path: Path) -> None:
    junit = "<testsuites><testsuite/></testsuites>"
    run = read(tmp_path, junit, "one\ntwo\nERROR nova imported neutron\n", is_failed=True)
    assert run.failures == (Failure("nova", "one / two / ERROR nova imported neutron"),)
    assert read(tmp_path, junit).is_empty


@pytest.mark.parametrize(
    ("output", "header"),
    [
        (
            "x\nplatform: FreeBSD 14.5 emulated; 3 checks for another platform\n",
            "FreeBSD 14.5 emulated",
        ),
        ("platform: Linux (not emulated)\n", "Linux (not emulated)"),
        ("no such line\n", "linux"),
    ],
)
def test_the_header_is_what_the_run_says_of_its_platform(
    tmp_path: Path, output: str, header: str
) -> None:
    assert read(tmp_path, JUNIT, output).header == header


def test_lines_are_read_with_the_checks_that_ran_them(tmp_path: Path) -> None:
    path = tmp_path / "site" / "nova" / "greet.py"
    lines = {"1": [""], "3": ["nova.test_a.test_good"], "4": ["", "b"]}
    (tmp_path / "lines.json").write_text(json.dumps({str(path): lines}))
    assert read_recording(tmp_path / "lines.json", tmp_path / "site") == {
        "nova/greet.py": {1: {""}, 3: {"nova.test_a.test_good"}, 4: {"", "b"}}
    }


@pytest.mark.parametrize("text", [None, "", "{}"])
def test_no_recording_is_no_line(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "lines.json").write_text(text)
    assert read_recording(tmp_path / "lines.json", tmp_path) == {}


def test_the_last_words_are_the_last_lines_that_say_something() -> None:
    assert last_words("a\nb\n\nc \n d\n\n") == "b / c / d"
    assert last_words("\n") == "it said nothing"


STACKS = """\
Timeout (0:10:00)!
Thread 0x00007fdb (most recent call first):
  File "/lib/threading.py", line 331 in wait
Thread 0x00007fdc [MainThread] (most recent call first):
  File "/lib/weakref.py", line 369 in remove
  File "/site/nova/service.py", line 435 in stop
"""


@pytest.mark.parametrize(
    ("before", "what"),
    [
        ("../my own/lives/test_power.py::PowerTest::test_a ", "test_power.py::PowerTest::test_a"),
        ("lives/test_a.py::test_a[x/y z] ", "test_a.py::test_a[x/y z]"),
        ("lives/test_a.py::test_a PASSED   [100%]", "pytest itself"),
        ("", "pytest itself"),
    ],
)
def test_a_hang_is_the_check_that_ran_and_where_the_main_thread_stood(
    before: str, what: str
) -> None:
    first = "lives/test_power.py::PowerTest::test_before PASSED   [ 50%]\n"
    assert find_hang(first + before + STACKS) == (
        f"{what} did not go on within 0:10:00, "
        "stood at weakref.py:369 in remove / service.py:435 in stop"
    )
    assert find_hang(first + before) is None
