"""What is known of the locked distributions, and what it means for each platform."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freebsd_port.openstack.core.release.requirements import (
    DependenciesError,
    Dependency,
    Form,
    Kind,
    compare_platforms,
    parse_dependencies,
    render_dependencies,
)


def dependency(
    name: str, *requires: str, version: str = "1.0", forms: tuple[Form, ...] = ("pure",)
) -> Dependency:
    return Dependency(name, version, forms, requires)


def kinds(
    wanted: list[str], *dependencies: Dependency, pythons: tuple[str, ...] = ("3.11",)
) -> list[tuple[Kind, str, str]]:
    found = compare_platforms(wanted, dependencies, pythons)
    return [(one.kind, one.system, one.distribution) for one in found]


def test_a_lock_that_serves_both_platforms_alike_has_no_difference() -> None:
    assert kinds(["a"], dependency("a", "b>=1", "c; sys_platform=='win32'"), dependency("b")) == []


def test_what_only_one_platform_needs_is_told_with_who_needs_it() -> None:
    locked = [dependency("a", "epoll; sys_platform=='linux'"), dependency("epoll")]
    (one,) = compare_platforms(["a"], locked, ["3.11"])
    assert (one.kind, one.system, one.distribution) == ("only there", "Linux", "epoll")
    assert [need.wanted_by for need in one.needs] == ["a"]
    assert not one.is_problem


def test_a_need_that_the_lock_lacks_is_a_problem_on_each_python_that_has_it() -> None:
    locked = [dependency("a", "cgi; python_version >= '3.13'")]
    found = compare_platforms(["a"], locked, ["3.11", "3.12", "3.13", "3.14"])
    assert [(one.kind, one.system, one.pythons) for one in found] == [
        ("not locked", "FreeBSD", ("3.13", "3.14")),
        ("not locked", "Linux", ("3.13", "3.14")),
    ]
    assert all(one.is_problem for one in found)


def test_a_need_that_only_freebsd_has_and_the_lock_lacks_is_told_as_both() -> None:
    assert kinds(["a"], dependency("a", "kq; 'freebsd' in sys_platform")) == [
        ("not locked", "FreeBSD", "kq"),
        ("only there", "FreeBSD", "kq"),
    ]


def test_a_version_that_does_not_serve_is_a_problem() -> None:
    locked = [dependency("a", "b>=2"), dependency("b", version="1.9")]
    assert kinds(["a"], *locked) == [
        ("other version", "FreeBSD", "b"),
        ("other version", "Linux", "b"),
    ]


def test_a_locked_release_candidate_serves_a_plain_bound() -> None:
    assert kinds(["a"], dependency("a", "b>=1"), dependency("b", version="2.0rc1")) == []


@pytest.mark.parametrize(
    ("forms", "kind", "is_problem"),
    [
        (("source", "platform"), "from source", False),
        (("source",), "from source", False),
        (("platform",), "not installable", True),
        ((), "not installable", True),
    ],
)
def test_what_has_no_pure_wheel_is_built_on_freebsd_or_cannot_be_had(
    forms: tuple[Form, ...], kind: Kind, is_problem: bool
) -> None:
    (one,) = compare_platforms(["a"], [dependency("a", forms=forms)], ["3.11"])
    assert (one.kind, one.system, one.is_problem) == (kind, "FreeBSD", is_problem)


def test_what_nothing_needs_on_freebsd_need_not_be_installable_there() -> None:
    locked = [
        dependency("a", "b; sys_platform=='linux'"),
        dependency("b", forms=("platform",)),
    ]
    assert kinds(["a"], *locked) == [("only there", "Linux", "b")]


@pytest.mark.parametrize("data", [b"nova = 1\n", b"[nova]\nversion = '1'\n", b"[nova\n", b"\xff"])
def test_what_cannot_be_read_is_refused_with_its_place(data: bytes) -> None:
    with pytest.raises(DependenciesError, match="cannot be read") as caught:
        parse_dependencies(data, "dependencies.toml")
    assert caught.value.where == "dependencies.toml"


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}([._-][a-z0-9]{1,4})?", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
FORMS = st.sets(st.sampled_from(["pure", "source", "platform"])).map(
    lambda chosen: tuple(form for form in ("pure", "source", "platform") if form in chosen)
)


@given(
    st.lists(
        st.builds(Dependency, NAMES, TEXTS, FORMS, st.lists(TEXTS).map(tuple)),
        unique_by=lambda one: one.distribution.replace(".", "-").replace("_", "-"),
    )
)
def test_what_is_rendered_is_read_back_sorted(dependencies: list[Dependency]) -> None:
    data = render_dependencies(dependencies)
    parsed = parse_dependencies(data, "dependencies.toml")
    assert set(parsed) == set(dependencies)
    assert render_dependencies(reversed(dependencies)) == data
