"""What counts as a newer point release, and as a newer release."""

from __future__ import annotations

import pytest

from freebsd_port.openstack.core.release.published import (
    Published,
    find_new_releases,
    find_point_release,
    find_wheel_of,
    release_line,
)
from freebsd_port.openstack.core.release.release import Pin


def wheel(version: str, *, python: str | None = None, is_yanked: bool = False) -> Published:
    return Published(version, f"nova-{version}-py3-none-any.whl", "0" * 64, python, is_yanked)


def pin(distribution: str, version: str) -> Pin:
    return Pin(distribution, version, f"{distribution}-{version}-py3-none-any.whl", "0" * 64)


@pytest.mark.parametrize(
    ("distribution", "version", "line"),
    [
        ("nova", "34.0.1", (34,)),
        ("Nova", "27.5.1", (27,)),
        ("oslo.messaging", "14.2.5", (14, 2)),
        ("oslo.privsep", "3", (3, 0)),
    ],
)
def test_a_line_is_the_major_of_a_service_and_major_and_minor_of_a_library(
    distribution: str, version: str, line: tuple[int, ...]
) -> None:
    assert release_line(distribution, version) == line


@pytest.mark.parametrize(
    ("pinned", "versions", "newest"),
    [
        (("nova", "34.0.0"), ["33.9.0", "34.0.0", "34.0.1", "34.1.0", "35.0.0"], "34.1.0"),
        (("nova", "34.9.0"), ["34.9.0", "34.10.0"], "34.10.0"),
        (("oslo.privsep", "3.6.0"), ["3.6.0", "3.6.2", "3.7.0", "4.0.0"], "3.6.2"),
        (("oslo.privsep", "3.6.0"), ["3.6.0", "3.6.1rc1", "3.7.0"], None),
        (("nova", "34.0.0"), [], None),
        (("nova", "34.0.1"), ["34.0.0"], None),
    ],
)
def test_the_newest_point_release_is_of_the_same_line_and_no_preview(
    pinned: tuple[str, str], versions: list[str], newest: str | None
) -> None:
    found = find_point_release(pin(*pinned), map(wheel, versions))
    assert (found.version if found else None) == newest


def test_a_yanked_version_is_no_point_release() -> None:
    published = [wheel("34.0.1"), wheel("34.0.2", is_yanked=True)]
    found = find_point_release(pin("nova", "34.0.0"), published)
    assert found == published[0]


def test_each_later_major_version_of_nova_is_a_release_of_half_a_year_later() -> None:
    published = map(wheel, ["33.0.0", "34.0.1", "35.0.0.0rc1", "35.0.0", "35.1.0", "36.0.0"])
    found = find_new_releases("2026.2", pin("nova", "34.0.0"), published)
    assert [(one.name, one.nova.version) for one in found] == [
        ("2027.1", "35.1.0"),
        ("2027.2", "36.0.0"),
    ]


def test_a_release_of_which_there_are_only_previews_is_not_new() -> None:
    published = map(wheel, ["34.0.0", "35.0.0.0rc1"])
    assert find_new_releases("2026.2", pin("nova", "34.0.0"), published) == ()


def test_what_came_after_an_alphabetical_name_has_no_name_that_could_be_told() -> None:
    (found,) = find_new_releases("xena", pin("nova", "24.2.1"), [wheel("25.0.0")])
    assert found.name is None


def test_a_version_is_found_however_it_is_spelt_and_the_pure_wheel_first() -> None:
    pure = Published("34.0", "nova-34.0-py3-none-any.whl", None, None, False)
    platform = Published("34.0", "nova-34.0-cp311-cp311-linux.whl", None, None, False)
    assert find_wheel_of("34.0.0", [platform, pure]) == pure
    assert find_wheel_of("34.0.1", [platform, pure]) is None


@pytest.mark.parametrize(
    ("wanted", "allowed"), [(None, True), (">=3.11", True), (">=3.11.4", True), (">=3.12", False)]
)
def test_a_python_is_allowed_when_one_of_its_patch_releases_is(
    wanted: str | None, allowed: bool
) -> None:
    assert wheel("1.0", python=wanted).allows_python("3.11") is allowed
