"""The files that `releases add` writes, and how the words of its command line are read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from freebsd_port.errors import UsageError
from freebsd_port.openstack.core.release.new_release import (
    edit_release,
    find_constrained,
    fit_pythons,
    nearest_release,
    parse_move,
    render_constraints,
    render_release,
    render_requirements,
    require_release_name,
)
from freebsd_port.openstack.core.release.release import Pin, Release, ReleaseError, parse_release
from freebsd_port.openstack.store.project.project import find_project

PROJECT = find_project()
ROOT = Path(PROJECT.root)


@pytest.mark.parametrize("name", PROJECT.release_names())
def test_release_toml_comes_out_as_the_releases_here_have_it(name: str) -> None:
    data = (PROJECT.release_directory(name) / "release.toml").read_bytes()
    release = parse_release(data, name)
    assert edit_release(data, release) == data
    assert render_release(release) == re.sub(rb"^#.*\n", b"", data, flags=re.MULTILINE)


def test_an_edited_release_toml_keeps_comments_and_order() -> None:
    before = b"""\
# why these
codename = "Old"  # a comment
python = ">=3.11"

[pins.nova]
sha256 = "0"
version = "1.0"
wheel = "nova-1.0-py3-none-any.whl"
"""
    pin = Pin("nova", "1.1", "nova-1.1-py3-none-any.whl", "1")
    after = edit_release(before, Release("2026.2", "Old", ">=3.12", (pin,)))
    assert after == (
        before.replace(b"1.0", b"1.1").replace(b'"0"', b'"1"').replace(b"3.11", b"3.12")
    )


def test_texts_that_toml_must_quote_come_back() -> None:
    release = Release("2027.1", 'a "name" \\ \té', ">=3.12", ())
    assert b'codename = "a \\"name\\" \\\\ \\t\xc3\xa9"' in render_release(release)


@pytest.mark.parametrize("name", [one for one in PROJECT.release_names() if one != "xena"])
def test_constraints_in_the_form_of_the_house_come_out_as_they_are(name: str) -> None:
    data = (PROJECT.release_directory(name) / "upper-constraints.txt").read_bytes()
    assert render_constraints(data, "here", name) == data


def test_constraints_are_sorted_and_left_without_what_is_pinned_otherwise() -> None:
    given = (
        b"zope===1\nlibvirt-python===11\r\nB_b===2;python_version>='3.11'\n"
        b"b-a===1\noslo.privsep===3.13.0\n"
    )
    assert render_constraints(given, "here", "2027.1") == (
        b"# OpenStack's upper-constraints of 2027.1, sorted,\n"
        b"# without the distributions that requirements.in pins and without libvirt-python.\n"
        b"b-a===1\nB_b===2;python_version>='3.11'\nzope===1\n"
    )


@pytest.mark.parametrize(
    ("data", "what", "where"),
    [
        (b"a===1\n<html>\n", "not a constraint", "uc.txt:2"),
        (b"", "there are no constraints in it", "uc.txt"),
        (b"\xff", "the constraints are not UTF-8", "uc.txt"),
    ],
)
def test_what_are_no_constraints_is_refused_with_its_line(
    data: bytes, what: str, where: str
) -> None:
    with pytest.raises(ReleaseError) as caught:
        render_constraints(data, "uc.txt", "2027.1")
    assert (caught.value.what, caught.value.where) == (what, where)


def test_versions_are_taken_from_the_constraints_that_hold_for_the_oldest_python() -> None:
    given = (
        b"oslo-privsep===3.13.0\n"
        b"oslo.messaging===18.4.0;python_version>='3.12'\n"
        b"oslo.messaging===18.3.9;python_version<='3.11'\n"
        b"other===1\n"
    )
    assert find_constrained(given, "here", "3.11") == {
        "oslo.privsep": "3.13.0",
        "oslo.messaging": "18.3.9",
    }


def test_pins_are_replaced_and_every_other_byte_stays() -> None:
    before = b"-c upper-constraints.txt\n\nnova==1.0\noslo.privsep==1\n# why\nPyMySQL\n"
    pins = [Pin("nova", "2.0", "", ""), Pin("oslo.rootwrap", "7", "", "")]
    assert render_requirements(before, pins, ["legacy-cgi", "PyMySQL"]) == (
        b"-c upper-constraints.txt\n\nnova==2.0\noslo.privsep==1\n# why\nPyMySQL\n"
        b"oslo.rootwrap==7\nlegacy-cgi\n"
    )


def test_the_nearest_release_is_the_one_before_else_the_one_after() -> None:
    names = ["xena", "2024.1", "2026.2"]
    assert nearest_release("2027.1", names) == "2026.2"
    assert nearest_release("2025.2", names) == "2024.1"
    assert nearest_release("wallaby", names) == "xena"


@pytest.mark.parametrize("name", ["2027.1", "xena", "2030.12"])
def test_names_of_releases_are_dated_or_alphabetical(name: str) -> None:
    assert require_release_name(name) == name


@pytest.mark.parametrize("name", ["", "..", "2027", "2027.0", "Xena", "a/b", ".git", "2027.1.1"])
def test_what_is_no_name_of_a_release_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="not the name of a release"):
        require_release_name(name)


def test_a_pin_is_a_name_in_any_spelling_and_a_version() -> None:
    assert parse_move("Oslo_Privsep=3.12.1") == ("oslo.privsep", "3.12.1")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("nova", "'nova' is not a pin"),
        ("nova==34.0.1", "'nova==34.0.1' is not a pin"),
        ("nova=newest", "'nova=newest' is not a pin"),
        ("cinder=1.0", "a release does not pin cinder"),
    ],
)
def test_what_is_no_pin_is_refused(text: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_move(text)
    assert caught.value.what == what


@pytest.mark.parametrize(
    ("wheels", "python"),
    [
        ([], ">=3.11,<3.14"),
        ([">=3.9", ">=3.11"], ">=3.11,<3.14"),
        ([">=3.12", ">=3.10"], ">=3.12,<3.14"),
        ([">=3.11,<3.13"], ">=3.11,<3.13"),
        ([">=3.14"], ">=3.14,<3.15"),  # whether newer ones work nobody has said
        (["<3"], ">=3.11,<3.14"),
    ],
)
def test_the_pythons_of_a_new_release_are_those_that_its_wheels_leave(
    wheels: list[str], python: str
) -> None:
    assert fit_pythons(">=3.11,<3.14", wheels) == python
