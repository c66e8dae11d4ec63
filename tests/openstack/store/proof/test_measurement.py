"""What coverage is told to measure and to follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from freebsd_port.openstack.store.proof.report import _follows_forks, write_configuration


@pytest.mark.parametrize(
    ("version", "is_new"), [("7.6.1", False), ("7.9.2", False), ("7.10.0", True), ("8.0", True)]
)
def test_forks_are_followed_only_by_a_coverage_that_knows_how(
    tmp_path: Path, version: str, is_new: bool
) -> None:
    (tmp_path / f"coverage-{version}.dist-info").mkdir()
    assert _follows_forks(tmp_path) is is_new
    write_configuration(tmp_path, tmp_path, (tmp_path / "nova/greet.py",), "thread")
    assert ("patch =" in (tmp_path / "rc").read_text()) is is_new
