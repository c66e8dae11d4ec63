"""Reading release.toml, and what a release answers."""

from __future__ import annotations

import pytest

from freebsd_port.errors import ProblemsError
from freebsd_port.openstack.core.release.platform import PLATFORMS, mode_of
from freebsd_port.openstack.core.release.release import (
    PATCHED_DISTRIBUTIONS,
    Pin,
    ReleaseError,
    find_misfits,
    normalised_name,
    parse_release,
    release_order,
)

SHA256 = "0123456789abcdef" * 4


def pin_text(distribution: str, version: str = "1.2.3", sha256: str = SHA256) -> str:
    wheel = f"{distribution.replace('.', '_')}-{version}-py3-none-any.whl"
    return (
        f'[pins."{distribution}"]\nversion = "{version}"\nwheel = "{wheel}"\nsha256 = "{sha256}"\n'
    )


def release_text(python: str = ">=3.11,<3.14", without: str = "", extra: str = "") -> bytes:
    names = ["nova", "oslo.privsep", "oslo.messaging", "oslo.rootwrap"]
    pins = "".join(pin_text(name) for name in names if name != without)
    return f'codename = "Hibiscus"\npython = "{python}"\n{pins}{extra}'.encode()


def test_a_release_keeps_the_order_and_the_values_of_its_pins() -> None:
    release = parse_release(release_text(), "2026.2")
    assert [pin.distribution for pin in release.pins] == [
        "nova",
        "oslo.privsep",
        "oslo.messaging",
        "oslo.rootwrap",
    ]
    assert release.pins[1] == Pin(
        "oslo.privsep", "1.2.3", "oslo_privsep-1.2.3-py3-none-any.whl", SHA256
    )
    assert (release.name, release.codename) == ("2026.2", "Hibiscus")


def test_a_pin_is_found_by_any_spelling_of_its_name() -> None:
    release = parse_release(release_text(), "2026.2")
    assert release.require_pin("Oslo_PrivSep") is release.find_pin("oslo-privsep")
    assert release.find_pin("oslo.config") is None


def test_a_pin_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(ReleaseError, match=r"2026\.2 does not pin oslo\.config") as caught:
        parse_release(release_text(), "2026.2").require_pin("oslo.config")
    assert "oslo.rootwrap" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("version", "allowed"),
    [("3.10.14", False), ("3.11", True), ("3.11.7", True), ("3.13.9", True), ("3.14.0", False)],
)
def test_a_range_of_pythons_has_an_inclusive_start_and_an_exclusive_end(
    version: str, allowed: bool
) -> None:
    assert parse_release(release_text(), "2026.2").allows_python(version) is allowed


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (b'codename = "X"\npython = \n', ":2", "not TOML: invalid value"),
        (b'codename = "\xff"\n', ":1", "not UTF-8"),
        (release_text(python="about 3.11"), ": python", "about 3.11"),
        (release_text(without="nova"), ": pins", "no pin for nova"),
        (release_text(extra='wheels = "x"\n'), ": pins.oslo.rootwrap.wheels", "no such key"),
        (
            release_text(without="nova", extra=pin_text("nova", sha256="ABC")),
            ": pins.nova.sha256",
            "SHA-256",
        ),
        (
            release_text().replace(b"nova-1.2.3", b"nova-1.2.4"),
            ": pins.nova.wheel",
            "nova-1.2.4-py3-none-any.whl is not a wheel of nova 1.2.3",
        ),
    ],
)
def test_a_bad_release_says_what_and_where(data: bytes, where: str, what: str) -> None:
    with pytest.raises(ReleaseError, match=what) as caught:
        parse_release(data, "2026.2")
    assert caught.value.where == f"releases/2026.2/release.toml{where}"


def test_every_finding_is_reported_at_once() -> None:
    with pytest.raises(ProblemsError) as caught:
        parse_release(b"python = 3\n", "2026.2")
    assert [problem.where for problem in caught.value.problems] == [
        "releases/2026.2/release.toml: codename",
        "releases/2026.2/release.toml: python",
        *["releases/2026.2/release.toml: pins"] * 4,
    ]


def test_releases_are_ordered_by_publication_and_not_by_text() -> None:
    names = ["2026.10", "2023.1", "2026.2", "xena", "yoga"]
    assert sorted(names, key=release_order) == ["xena", "yoga", "2023.1", "2026.2", "2026.10"]


@pytest.mark.parametrize(
    "name", ["oslo.messaging", "oslo_messaging", "Oslo--Messaging", "oslo._-messaging"]
)
def test_spellings_of_a_name_fold_into_one(name: str) -> None:
    assert normalised_name(name) == "oslo-messaging"


ROLES = """[roles.network]
python = ">=3.12,<3.14"
distributions = ["neutron", "oslo.privsep"]
[roles.all]
distributions = ["nova", "oslo.privsep", "oslo.messaging", "oslo.rootwrap", "neutron"]
"""


def test_a_release_without_roles_has_the_role_compute_with_its_four_pins() -> None:
    release = parse_release(release_text(extra=pin_text("neutron") + ROLES), "2026.2")
    assert parse_release(release_text(), "2025.1").role_names == ("compute",)
    assert release.role_names == ("compute", "network", "all")
    compute = release.for_role("compute")
    assert tuple(pin.distribution for pin in compute.pins) == PATCHED_DISTRIBUTIONS
    assert (compute.label, release.label, release.role) == ("2026.2", "2026.2", None)


def test_a_role_narrows_the_pins_and_may_have_other_pythons() -> None:
    release = parse_release(release_text(extra=pin_text("neutron") + ROLES), "2026.2")
    network = release.for_role("network")
    assert [pin.distribution for pin in network.pins] == ["oslo.privsep", "neutron"]
    assert (network.allows_python("3.11"), network.allows_python("3.12")) == (False, True)
    assert release.for_role("all").python == release.python
    assert network.label == "2026.2 network"


def test_a_role_that_has_all_of_another_includes_it() -> None:
    release = parse_release(release_text(extra=pin_text("neutron") + ROLES), "2026.2")
    included = [(a, b) for a in release.role_names for b in release.role_names]
    assert [pair for pair in included if release.includes(*pair) and pair[0] != pair[1]] == [
        ("all", "compute"),
        ("all", "network"),
    ]
    assert not release.includes("all", "a-role-of-another-release")


def test_a_role_that_is_not_there_is_refused_with_the_choice() -> None:
    with pytest.raises(ReleaseError, match=r"2026\.2 has no role contrl") as caught:
        parse_release(release_text(extra=pin_text("neutron") + ROLES), "2026.2").for_role("contrl")
    assert caught.value.hint == "choose one of compute, network, all"


@pytest.mark.parametrize(
    ("extra", "where", "what"),
    [
        ('[roles.a]\ndistributions = ["cinder"]\n', ": roles.a.distributions", "no pin for cinder"),
        ("[roles.a]\n", ": roles.a.distributions", "no distribution"),
        ('[roles.a]\ndistributions = "nova"\n', ": roles.a.distributions", "not a list"),
        ('[roles.compute]\ndistributions = ["nova"]\n', ": roles.compute", "every release has"),
        ('[roles."a b"]\ndistributions = ["nova"]\n', ": roles.a b", "not the name of a role"),
        (
            '[roles.a]\ndistributions = ["nova"]\npython = "new"\n',
            ": roles.a.python",
            "not a range of versions: new",
        ),
    ],
)
def test_a_bad_role_says_what_and_where(extra: str, where: str, what: str) -> None:
    with pytest.raises((ReleaseError, ProblemsError)) as caught:
        parse_release(release_text(extra=extra), "2026.2")
    problems = getattr(caught.value, "problems", (caught.value,))
    assert what in problems[0].what
    assert problems[0].where == f"releases/2026.2/release.toml{where}"


@pytest.mark.parametrize(
    ("fits", "what"),
    [
        ("nova==2.*", "bhyve 1.2.3 fits nova==2.*, the release pins 1.2.3"),
        ("b>1", "no pin for b"),
        ("?", "not a requirement: ?"),
    ],
)
def test_a_role_with_a_pin_that_does_not_fit_the_others_is_refused(fits: str, what: str) -> None:
    extra = f'{pin_text("bhyve")}fits = ["{fits}"]\n[roles.a]\ndistributions = ["bhyve"]\n'
    release = parse_release(release_text(extra=extra), "2026.2")
    assert len(release.for_role("compute").pins) == 4
    with pytest.raises(ProblemsError) as caught:
        release.for_role("a")
    assert [problem.what for problem in caught.value.problems] == [what]
    where = "releases/2026.2/release.toml: pins.bhyve.fits"
    assert [problem.where for problem in caught.value.problems] == [where]
    assert [misfit.what for misfit in find_misfits(release, release.pins)] == [what]


def test_checks_on_linux_and_on_freebsd_itself_are_native() -> None:
    assert {name: mode_of(name) for name in PLATFORMS} == {
        **dict.fromkeys(("linux", "native"), "native"),
        **dict.fromkeys(
            ("freebsd-13.1", "freebsd-14.5", "freebsd-15.0", "freebsd-15.0-arm64"), "emulated"
        ),
    }
