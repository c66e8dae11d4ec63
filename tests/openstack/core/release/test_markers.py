"""Markers evaluated for FreeBSD and Linux, on whatever this runs."""

from __future__ import annotations

import sys

import pytest

from freebsd_port.openstack.core.release.markers import (
    MarkerEnvironment,
    RequiredPackage,
    find_needs,
    pythons_of,
)
from freebsd_port.openstack.core.release.release import Release

LINUX = MarkerEnvironment("Linux", "3.11")
FREEBSD = MarkerEnvironment("FreeBSD", "3.11")


def names(
    wanted: list[str], requires: dict[str, list[str]], target: MarkerEnvironment
) -> list[str]:
    return list(find_needs(wanted, requires, target))


@pytest.mark.parametrize(
    ("marker", "on_linux", "on_freebsd"),
    [
        ("sys_platform == 'linux'", True, False),
        ("sys_platform != 'win32' and sys_platform != 'darwin'", True, True),
        ("platform_system == 'FreeBSD'", False, True),
        ("'freebsd' in sys_platform", False, True),
        ("os_name == 'posix'", True, True),
        ("platform_machine == 'x86_64'", True, False),
        ("platform_machine in 'amd64 AMD64'", False, True),
        ("implementation_name == 'cpython'", True, True),
    ],
)
def test_a_marker_holds_on_the_platform_it_names(
    marker: str, on_linux: bool, on_freebsd: bool
) -> None:
    wanted = [f"thing; {marker}"]
    assert (names(wanted, {}, LINUX) == ["thing"]) is on_linux
    assert (names(wanted, {}, FREEBSD) == ["thing"]) is on_freebsd


def test_the_machine_this_runs_on_plays_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("os.name", "nt")
    assert names(["a; sys_platform=='linux'", "b; os_name=='nt'"], {}, LINUX) == ["a"]


@pytest.mark.parametrize(("python", "expected"), [("3.9", ["a"]), ("3.10", ["b"]), ("3.13", ["b"])])
def test_python_versions_are_compared_as_versions(python: str, expected: list[str]) -> None:
    wanted = ["a; python_version < '3.10'", "b; python_version >= '3.10'"]
    assert names(wanted, {}, MarkerEnvironment("FreeBSD", python)) == expected


def test_requirements_are_followed_by_any_spelling_and_as_far_as_they_hold() -> None:
    requires = {
        "oslo-log": ["pyinotify; sys_platform=='linux'", "PyYAML"],
        "pyinotify": ["deep"],
    }
    assert names(["Oslo.Log"], requires, LINUX) == ["deep", "oslo-log", "pyinotify", "pyyaml"]
    assert names(["Oslo.Log"], requires, FREEBSD) == ["oslo-log", "pyyaml"]


def test_extras_are_followed_only_when_asked_for_also_when_asked_for_later() -> None:
    requires = {"a": ["extra-a; extra == 'more'", "b"], "b": ["a[more]"], "c": []}
    assert names(["c"], requires, LINUX) == ["c"]
    assert names(["a"], requires, LINUX) == ["a", "b", "extra-a"]
    assert names(["a"], {"a": requires["a"]}, LINUX) == ["a", "b"]


def test_a_need_names_who_has_it() -> None:
    needs = find_needs(["a", "b"], {"a": ["b>=2"]}, LINUX)
    assert needs["b"] == (RequiredPackage("b", ""), RequiredPackage("b>=2", "a"))


def test_the_pythons_of_a_range_are_listed_oldest_first() -> None:
    assert pythons_of(Release("r", "R", ">=3.9,<3.12", ())) == ("3.9", "3.10", "3.11")
    assert pythons_of(Release("r", "R", ">=3.10.4,<3.11", ())) == ("3.10",)
