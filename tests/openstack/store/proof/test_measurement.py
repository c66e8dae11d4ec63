"""What coverage is told to measure and to follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from freebsd_port.openstack.store.proof.report import write_configuration


def configuration(
    scratch: Path, version: str, *, concurrency: str = "thread", has_monitoring: bool = False
) -> str:
    (scratch / f"coverage-{version}.dist-info").mkdir()
    measured = (scratch / "nova/greet.py",)
    write_configuration(scratch, scratch, measured, concurrency, has_monitoring=has_monitoring)
    return (scratch / "rc").read_text()


@pytest.mark.parametrize(
    ("version", "is_new"), [("7.6.1", False), ("7.9.2", False), ("7.10.0", True), ("8.0", True)]
)
def test_forks_are_followed_only_by_a_coverage_that_knows_how(
    tmp_path: Path, version: str, is_new: bool
) -> None:
    assert ("patch =" in configuration(tmp_path, version)) is is_new


@pytest.mark.parametrize(
    ("version", "concurrency", "has_monitoring", "is_used"),
    [
        ("7.17.0", "thread", True, True),
        ("7.16.3", "thread", True, False),
        ("7.17.0", "greenlet, thread", True, False),
        ("7.17.0", "thread", False, False),
    ],
)
def test_the_interpreter_tells_the_lines_where_it_and_coverage_can(
    tmp_path: Path, version: str, concurrency: str, has_monitoring: bool, is_used: bool
) -> None:
    text = configuration(tmp_path, version, concurrency=concurrency, has_monitoring=has_monitoring)
    assert ("core = sysmon" in text) is is_used
