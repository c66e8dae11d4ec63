"""Who owns a file, and which files a patch may touch."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.apply.plan import PatchOutcome
from freebsd_port.openstack.core.release.ownership import Owner, find_owner, ownership_problems

NOVA = Owner(
    "nova",
    frozenset(
        ["nova/__init__.py", "nova/virt/driver.py", "nova-1.dist-info/RECORD", "../../bin/nova"]
    ),
)
PRIVSEP = Owner("oslo.privsep", frozenset(["oslo_privsep/__init__.py", "shared/b.py"]))
SPACE = Owner("oslo.rootwrap", frozenset(["shared/__init__.py", "top.py"]))
OWNERS = (NOVA, PRIVSEP, SPACE)


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("nova/virt/driver.py", "nova"),
        ("nova/virt/freebsd/new.py", "nova"),
        ("top.py", "oslo.rootwrap"),
        ("shared/new.py", "oslo.rootwrap"),
        ("shared/b.py", "oslo.privsep"),
        ("nova.py", None),
        ("other/new.py", None),
        ("nova.pth", None),
    ],
)
def test_a_file_belongs_to_who_lists_it_or_else_to_its_package(
    path: str, owner: str | None
) -> None:
    assert find_owner(path, OWNERS) == owner


def refused(name: str, *paths: str) -> list[str]:
    return [one.what for one in ownership_problems(PatchOutcome(name, (), paths, ()), OWNERS)]


def test_a_patch_may_touch_what_the_distribution_of_its_directory_owns() -> None:
    assert refused("nova/a.patch", "nova/virt/driver.py", "nova/new.py") == []
    assert refused("Oslo_Privsep/a.patch", "oslo_privsep/new.py", "shared/b.py") == []


def test_every_other_file_is_refused_by_name_with_its_owner() -> None:
    assert refused("nova/a.patch", "oslo_privsep/x.py", "top.py", "x.pth", "nova/ok.py") == [
        "nova/a.patch may not touch oslo_privsep/x.py: it belongs to oslo.privsep",
        "nova/a.patch may not touch top.py: it belongs to oslo.rootwrap",
        "nova/a.patch may not touch x.pth: no pinned distribution owns it",
    ]


def test_metadata_is_refused_though_it_is_listed() -> None:
    assert refused("nova/a.patch", "nova-1.dist-info/RECORD") == [
        "nova/a.patch may not touch nova-1.dist-info/RECORD: it is metadata of a distribution"
    ]


def test_a_patch_of_no_installed_distribution_may_touch_nothing() -> None:
    assert refused("glance/a.patch", "nova/new.py") == [
        "glance/a.patch may not touch nova/new.py: it belongs to nova"
    ]


def test_scripts_outside_the_packages_are_never_owned() -> None:
    assert not NOVA.owns("../../bin/nova")
