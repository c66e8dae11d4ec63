"""What a patch and the series must look like."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.series.series import parse_series
from freebsd_port.openstack.core.release.release import (
    PATCHED_DISTRIBUTIONS,
    Pin,
    Release,
    Role,
)
from freebsd_port.openstack.core.release.series_lint import lint_patch, lint_roles, lint_series


def release(name: str, *more: str) -> Release:
    names = (*PATCHED_DISTRIBUTIONS, *more)
    pins = tuple(Pin(one, "1.0", f"{one}.whl", "0" * 64) for one in names)
    roles = tuple(Role(one, (one,)) for one in more)
    return Release(name, "Test", ">=3.11", pins, roles)


RELEASES = (release("2025.1"), release("2026.2", "neutron"))
HEADER = """\
Subject: greet more people
Origin: vendor
Forwarded: no
Drop-When: upstream greets them
Last-Update: 2026-11-21

Nobody but the caller was greeted on FreeBSD, so that the others went home again.
"""
DIFF = "--- a/m.py\n+++ b/m.py\n@@ -1,2 +1,3 @@\n one\n+new\n two\n"


def series(text: str, *files: str) -> list[tuple[str, str | None]]:
    found = lint_series(parse_series(text.encode()), files, RELEASES)
    return [(error.what, error.where) for error in found]


def patch(text: str) -> list[tuple[str, str | None]]:
    return [(error.what, error.where) for error in lint_patch("nova/a.patch", text.encode())]


def test_a_series_that_agrees_with_its_files_has_no_finding() -> None:
    assert (
        series("nova/a.patch\noslo.privsep/b.patch\n", "nova/a.patch", "oslo.privsep/b.patch") == []
    )


def test_a_patch_that_is_not_there_is_named_with_its_line() -> None:
    assert series("# order\nnova/a.patch\n") == [
        ("the series names nova/a.patch, which does not exist", "series:2")
    ]


def test_a_file_that_is_not_in_the_series_is_named() -> None:
    assert series("nova/a.patch", "nova/a.patch", "nova/b.patch") == [
        ("nova/b.patch is not in the series", "patches/nova/b.patch")
    ]


def test_a_variant_belongs_to_its_patch_when_its_release_is_here() -> None:
    assert series("nova/a.patch", "nova/a.patch", "nova/a@2025.1.patch") == []
    assert series("nova/a.patch", "nova/a.patch", "nova/a@2024.1.patch") == [
        ("nova/a@2024.1.patch is not in the series", "patches/nova/a@2024.1.patch")
    ]


def test_a_patch_stands_in_the_directory_of_a_patched_distribution() -> None:
    assert series("manila/a.patch", "manila/a.patch") == [
        ("manila/a.patch is in the directory of no patched distribution", "series:1")
    ]


def test_a_patch_is_off_on_a_release_that_does_not_pin_its_distribution() -> None:
    assert series("neutron/a.patch # since 2026.2: roles", "neutron/a.patch") == []
    assert series("neutron/a.patch # option some", "neutron/a.patch") == [
        ("neutron/a.patch is on for 2025.1, which does not pin neutron", "series:1")
    ]


def test_a_role_in_a_tag_is_one_of_some_release() -> None:
    assert series("nova/a.patch # role neutron: its bridge", "nova/a.patch") == []
    assert series("nova/a.patch # role compute", "nova/a.patch") == []
    assert series("nova/a.patch # role network: its bridge", "nova/a.patch") == [
        ("the tag names network, which is not a role of any release", "series:1")
    ]


def test_patches_of_one_file_name_the_same_roles() -> None:
    text = "nova/a.patch # role neutron\nnova/b.patch{}\n"
    diff = (HEADER + DIFF).encode()
    files = {"nova/a.patch": diff, "nova/b.patch": diff, "nova/a@2025.1.patch": diff}

    def found(tags: str) -> list[str]:
        return [one.what for one in lint_roles(parse_series(text.format(tags).encode()), files)]

    assert found(" # role neutron") == []
    assert found("") == ["nova/a.patch and nova/b.patch touch m.py and do not name the same roles"]
    files["nova/b.patch"] = diff.replace(b"/m.py", b"/n.py")
    assert found("") == []


def test_a_tag_names_a_release_that_is_here() -> None:
    text = "nova/a.patch # not 2025.1, since 2024.1: later\nnova/b.patch # until 2031.1: gone\n"
    assert series(text, "nova/a.patch", "nova/b.patch") == [
        ("the tag names 2024.1, which is not a release of the project", "series:1"),
        ("the tag names 2031.1, which is not a release of the project", "series:2"),
    ]


def test_a_good_patch_has_no_finding() -> None:
    assert patch(HEADER + DIFF) == []


def test_every_finding_comes_at_once() -> None:
    text = HEADER.replace("Origin: vendor\n", "") + DIFF.replace("+new", "+new ") + "-- \nsent by\n"
    assert patch(text) == [
        ("the header has no Origin", "patches/nova/a.patch"),
        ("an added line ends in white space", "patches/nova/a.patch:11"),
        ("text follows the last hunk", "patches/nova/a.patch"),
    ]


def test_time_stamps_are_found_at_their_line() -> None:
    text = HEADER + DIFF.replace("b/m.py\n", "b/m.py\t2026-11-21 10:00:00\n")
    assert patch(text) == [
        (
            "the file names have time stamps, so the patch is not byte-stable",
            "patches/nova/a.patch:9",
        )
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the patch changes nothing"),
        (HEADER, "the patch contains no diff"),
    ],
)
def test_a_patch_without_a_change_is_one_finding(text: str, what: str) -> None:
    assert [found for found, _ in patch(text)] == [what]


def test_a_hunk_whose_counts_lie_is_the_finding() -> None:
    found = patch(HEADER + DIFF.replace("-1,2", "-1,9"))
    assert len(found) == 1
    assert str(found[0][1]).startswith("nova/a.patch:10")


def test_a_patch_that_unidiff_cannot_read_is_named() -> None:
    chopped = HEADER + "\n" + DIFF.replace("-1,2 +1,3", "-1,3 +1,4")
    assert patch(chopped) == [
        ("unidiff cannot read it: Hunk is shorter than expected", "patches/nova/a.patch:1")
    ]


def test_a_line_that_only_freebsd_runs_is_one_that_the_patch_adds_and_has_a_reason() -> None:
    def with_field(value: str) -> list[tuple[str, str | None]]:
        return patch(HEADER.replace("Last", f"Native-Only: {value}\nLast", 1) + "\n" + DIFF)

    assert with_field("`new` asks the FreeBSD kernel") == []
    assert with_field("`one` asks the FreeBSD kernel") == [
        ("Native-Only names a line that the patch does not add: one", "patches/nova/a.patch")
    ]
    for value in ("`new`", "new asks the kernel"):
        assert with_field(value) == [
            (
                "Native-Only is not a line in backquotes and why it cannot run elsewhere: " + value,
                "patches/nova/a.patch",
            )
        ]
