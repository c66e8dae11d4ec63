"""Upstream's own tests, as suites: which belong together, what they guard, how long they take.

Not the checks of the patches, which are this project's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from freebsd_port.errors import UsageError

Group = Literal["fast", "long"]

_UNIT = "nova.tests.unit"
_LIBVIRT = f"{_UNIT}.virt.libvirt"
_NEUTRON = "neutron.tests.unit"


@dataclass(frozen=True, slots=True)
class Suite:
    """Test modules of one distribution that are reported together."""

    name: str
    distribution: str
    group: Group
    """Fast ones run in `make test`; together they take about two minutes on two cores."""

    roots: tuple[str, ...]
    """Test modules, and packages that are searched for `test_*` modules."""

    guards: tuple[str, ...]
    """Beginnings of the paths of the files that these tests are about."""

    without: tuple[str, ...] = ()
    """Modules below the roots that are left out: another suite has them, unless there is a
    reason."""

    reason: str = ""
    """Why those cannot run here."""


SUITES = (
    Suite("oslo.rootwrap", "oslo.rootwrap", "fast", ("oslo_rootwrap.tests",), ("oslo_rootwrap/",)),
    Suite(
        "oslo.utils",
        "oslo.utils",
        "fast",
        ("oslo_utils.tests.test_netutils",),
        ("oslo_utils/netutils.py",),
    ),
    Suite(
        "os-brick",
        "os-brick",
        "fast",
        ("os_brick.tests.remotefs.test_remotefs", "os_brick.tests.initiator.test_connector"),
        ("os_brick/remotefs/", "os_brick/initiator/connector.py"),
    ),
    Suite(
        "glance",
        "glance",
        "fast",
        ("glance.tests.unit.test_scrubber",),
        ("glance/cmd/scrubber.py",),
    ),
    Suite(
        "neutron",
        "neutron",
        "long",
        (
            f"{_NEUTRON}.agent.dhcp.test_agent",
            f"{_NEUTRON}.agent.linux.test_daemon",
            f"{_NEUTRON}.agent.linux.test_external_process",
            f"{_NEUTRON}.agent.linux.test_ip_lib",
            f"{_NEUTRON}.agent.linux.test_utils",
            f"{_NEUTRON}.plugins.ml2.drivers.mech_sriov.agent.test_sriov_nic_agent",
            f"{_NEUTRON}.services.metering.agents.test_metering_agent",
        ),
        ("neutron/agent/", "neutron/services/metering/", "neutron/plugins/ml2/drivers/"),
    ),
    Suite("oslo.privsep", "oslo.privsep", "fast", ("oslo_privsep.tests",), ("oslo_privsep/",)),
    Suite(
        "nova.conf",
        "nova",
        "fast",
        (f"{_UNIT}.conf", f"{_UNIT}.test_conf"),
        ("nova/conf/",),
    ),
    Suite("nova.exception", "nova", "fast", (f"{_UNIT}.test_exception",), ("nova/exception.py",)),
    Suite(
        "nova.objects.fields",
        "nova",
        "fast",
        (f"{_UNIT}.objects.test_fields",),
        ("nova/objects/fields.py",),
    ),
    Suite("nova.console", "nova", "fast", (f"{_UNIT}.console",), ("nova/console/",)),
    Suite(
        "nova.compute.monitors",
        "nova",
        "fast",
        (f"{_UNIT}.compute.monitors",),
        ("nova/compute/monitors/",),
    ),
    Suite("nova.privsep", "nova", "fast", (f"{_UNIT}.privsep",), ("nova/privsep/",)),
    Suite(
        "nova.virt.disk",
        "nova",
        "fast",
        (f"{_UNIT}.virt.disk", f"{_UNIT}.virt.test_images", f"{_UNIT}.virt.test_configdrive"),
        ("nova/virt/disk/", "nova/virt/images.py", "nova/virt/configdrive.py"),
    ),
    Suite(
        "nova.virt.libvirt.config",
        "nova",
        "fast",
        (
            f"{_LIBVIRT}.test_blockinfo",
            f"{_LIBVIRT}.test_config",
            f"{_LIBVIRT}.test_designer",
            f"{_LIBVIRT}.test_vif",
        ),
        tuple(
            f"nova/virt/libvirt/{name}.py" for name in ("blockinfo", "config", "designer", "vif")
        ),
    ),
    Suite(
        "nova.virt.libvirt.host",
        "nova",
        "fast",
        (f"{_LIBVIRT}.test_host", f"{_LIBVIRT}.cpu", f"{_LIBVIRT}.test_utils"),
        ("nova/virt/libvirt/host.py", "nova/virt/libvirt/cpu/", "nova/virt/libvirt/utils.py"),
    ),
    Suite(
        "nova.compute.manager",
        "nova",
        "long",
        (f"{_UNIT}.compute.test_compute_mgr",),
        ("nova/compute/manager.py",),
    ),
    Suite(
        "oslo.messaging",
        "oslo.messaging",
        "long",
        ("oslo_messaging.tests",),
        ("oslo_messaging/",),
        ("oslo_messaging.tests.functional.test_rabbitmq",),
        "it starts a cluster of RabbitMQ servers",
    ),
    Suite(
        "nova.virt.libvirt",
        "nova",
        "long",
        (_LIBVIRT,),
        ("nova/virt/libvirt/",),
        (
            f"{_LIBVIRT}.test_blockinfo",
            f"{_LIBVIRT}.test_config",
            f"{_LIBVIRT}.test_designer",
            f"{_LIBVIRT}.test_vif",
            f"{_LIBVIRT}.test_host",
            f"{_LIBVIRT}.cpu",
            f"{_LIBVIRT}.test_utils",
        ),
    ),
    Suite(
        "nova.virt",
        "nova",
        "long",
        (
            f"{_UNIT}.virt.image",
            f"{_UNIT}.virt.test_block_device",
            f"{_UNIT}.virt.test_fake",
            f"{_UNIT}.virt.test_hardware",
            f"{_UNIT}.virt.test_virt",
            f"{_UNIT}.virt.test_virt_drivers",
        ),
        ("nova/virt/",),
    ),
)


def choose_suites(words: Iterable[str]) -> tuple[Suite, ...]:
    """Give the suites that are named, each by its name or by `fast`, `long` or `all`.

    In the order of the table; no word means all. Raises UsageError for any other word.
    """
    chosen: set[str] = set()
    for word in words:
        found = {each.name for each in SUITES if word in (each.name, each.group, "all")}
        if not found:
            names = ", ".join(each.name for each in SUITES)
            raise UsageError(
                f"no suite {word!r} of upstream's tests",
                hint=f"choose fast, long, all, or some of {names}",
            )
        chosen |= found
    return tuple(each for each in SUITES if not chosen or each.name in chosen)


def of_distributions(suites: Iterable[Suite], distributions: Collection[str]) -> tuple[Suite, ...]:
    """Give those of the suites that are of one of the distributions."""
    return tuple(suite for suite in suites if suite.distribution in distributions)


def find_modules(suite: Suite, modules: Iterable[str]) -> tuple[str, ...]:
    """Give those test modules of a distribution that a suite takes in, sorted."""
    return tuple(
        sorted(
            name
            for name in modules
            if name.rpartition(".")[2].startswith("test_")
            and any(_is_below(name, root) for root in suite.roots)
            and not any(_is_below(name, left_out) for left_out in suite.without)
        )
    )


def guards_of(path: str) -> tuple[Suite, ...]:
    """Give the suites that are about a file, by its path in the tree."""
    return tuple(suite for suite in SUITES if path.startswith(suite.guards))


def _is_below(module: str, root: str) -> bool:
    return module == root or module.startswith(f"{root}.")
