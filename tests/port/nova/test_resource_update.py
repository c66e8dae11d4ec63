"""Checks of all patches about the host: what a bhyve host reports of itself is true, and all of it.

These start from the options, as the service does.
"""

import importlib.util
import json
import os
import types
import uuid

import any_release
import pytest

pytestmark = [
    pytest.mark.on_freebsd,
    pytest.mark.patch("nova/conf-virt-type-bhyve.patch"),
    pytest.mark.patch("nova/driver-freebsd-gate-and-uri.patch"),
    pytest.mark.patch("nova/host-cpumap-fallback.patch"),
    pytest.mark.patch("nova/host-memory-psutil.patch"),
    pytest.mark.patch("nova/host-no-topology.patch"),
    pytest.mark.patch("nova/blockinfo-bhyve.patch"),
    pytest.mark.patch("nova/vif-bhyve-models.patch"),
    pytest.mark.patch("nova/bhyve-capability-flags.patch"),
    pytest.mark.patch("nova/cpu-monitor-iowait.patch"),
]

NODE = str(uuid.UUID(int=7))
NAME = "bhyve1.example.org"

IS_ARM64 = os.uname().machine == "arm64"
ARCH = "aarch64" if IS_ARM64 else "x86_64"
GUEST_DEVICES = {
    *(() if IS_ARM64 else ("COMPUTE_GRAPHICS_MODEL_GOP",)),
    "COMPUTE_NET_VIF_MODEL_E1000",
    "COMPUTE_NET_VIF_MODEL_VIRTIO",
    "COMPUTE_STORAGE_BUS_SATA",
    "COMPUTE_STORAGE_BUS_VIRTIO",
}
HYPERTHREADING = {"HW_CPU_HYPERTHREADING"}
SERVICES = {
    "COMPUTE_DEVICE_TAGGING",
    "COMPUTE_IMAGE_TYPE_ISO",
    "COMPUTE_IMAGE_TYPE_QCOW2",
    "COMPUTE_IMAGE_TYPE_RAW",
    "COMPUTE_NET_ATTACH_INTERFACE",
    "COMPUTE_TRUSTED_CERTS",
}


def has_method(name):
    """Whether nova's driver has this method in this release."""
    from nova.virt.libvirt import driver

    return hasattr(driver.LibvirtDriver, name)


def hardware():
    """The traits of the hardware that this release of nova reports."""
    kinds = {"HW_ARCH": "_get_cpu_arch_traits", "COMPUTE_ARCH": "_get_cpu_emulation_arch_traits"}
    return HYPERTHREADING | {
        "{}_{}".format(kind, ARCH.upper()) for kind, name in kinds.items() if has_method(name)
    }


@pytest.fixture
def start_driver(libvirt, option, command, require_patch, tmp_path, monkeypatch):
    """Start nova's driver as an operator configures it.

    The host has SMT, 4 GiB of memory free, and 60 of 100 GiB on the disk of its instances.
    """
    import psutil
    from nova.virt.libvirt import driver, host, utils

    kinds = ("iommu_model", "packed_virtqueue", "sound_model")
    has_traits = any(has_method("_get_{}_traits".format(kind)) for kind in kinds)
    require_patch("nova/bhyve-traits.patch", has_traits)
    has_features = hasattr(host.Host, "supports_remote_managed_ports")
    require_patch("nova/qemu-only-feature-checks.patch", has_features)
    option(None, "state_path", str(tmp_path))
    option(None, "instances_path", str(tmp_path))
    if importlib.util.find_spec("nova.virt.node") is not None:
        monkeypatch.setattr(host.nova.virt.node, "get_local_node_uuid", lambda: NODE)
    free = types.SimpleNamespace(available=4 * 1024**3)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    disk = {"total": 100 * 1024**3, "free": 60 * 1024**3, "used": 40 * 1024**3}
    monkeypatch.setattr(utils, "get_fs_info", lambda path: disk)
    command("sysctl", "echo 2")
    command("uptime", "echo up 3 days")

    def start():
        option("libvirt", "virt_type", "bhyve")
        option("libvirt", "images_type", "raw")
        return driver.LibvirtDriver(None)

    return start


def test_the_driver_reports_the_cpus_and_the_memory_of_a_bhyve_host(start_driver, libvirt):
    driver = start_driver()
    resources = driver.get_available_resource("bhyve1.example.org")

    assert libvirt.opened == ["bhyve:///system"]
    assert resources["vcpus"] == 8
    assert resources["memory_mb"] == 16384
    assert resources["memory_mb_used"] == 16384 - 4096
    assert (resources["local_gb"], resources["local_gb_used"]) == (100, 40)
    assert resources["disk_available_least"] == 60
    assert resources["vcpus_used"] == 0
    assert resources["pci_passthrough_devices"] == "[]"
    uptime = {"uptime": "up 3 days\n"}
    assert resources["hypervisor_type"] == "BHYVE"
    assert resources["supported_instances"] == [(ARCH, "bhyve", "hvm")]
    assert resources["numa_topology"] is None
    # Older releases report neither.
    assert resources.get("stats", uptime) == uptime
    assert resources.get("uuid", NODE) == NODE
    assert json.loads(resources["cpu_info"])["topology"] == {
        "cells": 1,
        "sockets": 1,
        "cores": 8,
        "threads": 1,
    }


def test_a_second_update_reports_the_same(start_driver):
    driver = start_driver()
    first = driver.get_available_resource("bhyve1.example.org")
    second = driver.get_available_resource("bhyve1.example.org")
    for key in ("vcpus", "memory_mb", "memory_mb_used", "cpu_info", "numa_topology"):
        assert second[key] == first[key]


def test_the_inventory_of_cpus_follows_from_the_same_figures(start_driver):
    driver = start_driver()
    assert driver._get_vcpu_available() == set(range(8))
    assert driver._get_pcpu_available() == set()


def test_a_shared_set_of_cpus_is_checked_against_the_ones_that_are_there(start_driver, option):
    from nova import exception

    driver = start_driver()
    option("compute", "cpu_shared_set", "2-5")
    assert driver._get_vcpu_available() == {2, 3, 4, 5}
    option("compute", "cpu_shared_set", "6-8")
    with pytest.raises(exception.Invalid):
        driver._get_vcpu_available()


@pytest.fixture
def started(start_driver, no_instances, monkeypatch):
    """The driver after init_host; the host of libvirt is let go again."""
    from nova.virt.libvirt import host

    if not hasattr(host.Host, "cleanup"):
        # The thread for closed connections is a green one, which its queue would block: nothing
        # here is patched by eventlet as in the service.
        monkeypatch.setattr(host.Host, "_conn_event_thread", lambda self: None)
    driver = start_driver()
    monkeypatch.setattr(driver, "_set_host_enabled", lambda enabled, reason: None)
    try:
        driver.init_host("compute1")
        yield driver
    finally:
        driver.cleanup_host("compute1")


@pytest.fixture
def provider(started):
    """What the driver tells placement of the node."""
    tree = any_release.make_provider_tree(NAME, NODE)
    assert started.get_available_nodes() == [NAME]
    started.update_provider_tree(tree, NAME)
    assert tree.get_provider_uuids() == [NODE]
    return tree.data(NODE)


def test_placement_gets_the_inventory_of_the_host(provider):
    totals = {name: row["total"] for name, row in provider.inventory.items()}
    assert totals == {"VCPU": 8, "MEMORY_MB": 16384, "DISK_GB": 100}
    assert {name: row["reserved"] for name, row in provider.inventory.items()} == {
        "VCPU": 0,
        "MEMORY_MB": 512,
        "DISK_GB": 0,
    }
    assert provider.resources == {}


def test_placement_gets_exactly_the_traits_that_are_true_of_bhyve(provider):
    assert provider.traits == GUEST_DEVICES | hardware()


def test_a_host_without_smt_lacks_that_trait_only(start_driver, command):
    command("sysctl", "echo 1")
    traits = start_driver().static_traits
    assert {name for name in traits if traits[name]} == (
        GUEST_DEVICES | hardware() - HYPERTHREADING
    )


def test_the_capabilities_of_the_service_are_those_that_bhyve_leaves_it(started):
    capabilities = started.capabilities_as_traits()
    assert {name for name in capabilities if capabilities[name]} == SERVICES


def test_the_service_finds_no_guest_and_no_device_to_take_over(started):
    assert (started.list_instances(), started.get_num_instances()) == ([], 0)
    assert started._get_mediated_devices() == []
    assert started.node_is_available(NAME)


def test_the_statistics_of_the_cpu_have_what_the_monitor_asks_for(started):
    stats = started.get_host_cpu_stats()
    assert {"user", "kernel", "idle", "iowait", "frequency"} <= set(stats)
    assert (stats["iowait"], stats["frequency"]) == (0, 2100)


def test_a_model_of_cpu_is_refused_at_the_start(start_driver, option):
    from nova import exception

    option("libvirt", "cpu_mode", "host-model")
    with pytest.raises(exception.Invalid, match="'bhyve' does not support selecting CPU models"):
        start_driver()._check_cpu_compatibility()
