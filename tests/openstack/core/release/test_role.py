"""Which patches an environment of a role takes."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.series.series import parse_series
from freebsd_port.openstack.core.release.release import (
    PATCHED_DISTRIBUTIONS,
    Pin,
    Release,
    Role,
)
from freebsd_port.openstack.core.release.role import choose_for, tagged_roles

NAMES = (*PATCHED_DISTRIBUTIONS, "neutron", "neutron-bsdbridge")
RELEASE = Release(
    "2026.2",
    "Test",
    ">=3.11",
    tuple(Pin(name, "1.0", f"{name}.whl", "0" * 64) for name in NAMES),
    (
        Role("network-ovs", ("oslo.privsep", "neutron")),
        Role("network-bsdbridge", ("oslo.privsep", "neutron", "neutron-bsdbridge")),
        Role("all", NAMES),
    ),
)
SERIES = b"""\
oslo.privsep/a.patch
nova/a.patch
nova/b.patch               # role network-bsdbridge, since 2026.2: it has the bridge
neutron/a.patch            # since 2026.2: no role network-bsdbridge before
neutron/b.patch            # role network-ovs
neutron-bsdbridge/a.patch
"""


def taken(role: str | None) -> list[str]:
    takes = choose_for(RELEASE.for_role(role) if role else RELEASE)
    return [
        entry.name.removesuffix(".patch") for entry in parse_series(SERIES).entries if takes(entry)
    ]


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("compute", "oslo.privsep/a nova/a"),
        ("network-ovs", "oslo.privsep/a neutron/a neutron/b"),
        ("network-bsdbridge", "oslo.privsep/a neutron/a neutron/b neutron-bsdbridge/a"),
        ("all", "oslo.privsep/a nova/a nova/b neutron/a neutron/b neutron-bsdbridge/a"),
        (None, "oslo.privsep/a nova/a nova/b neutron/a neutron/b neutron-bsdbridge/a"),
    ],
)
def test_a_role_takes_the_patches_of_its_distributions_and_of_its_tags(
    role: str | None, names: str
) -> None:
    assert taken(role) == names.split()


def test_a_role_behind_the_colon_is_prose() -> None:
    entries = parse_series(SERIES).entries
    assert [tagged_roles(entry) for entry in entries[2:5]] == [
        ("network-bsdbridge",),
        (),
        ("network-ovs",),
    ]
