"""Checks of all five patches together: a bhyve host reports what it has, from the options on."""

import json
import types
import uuid

import pytest

pytestmark = [
    pytest.mark.on_freebsd,
    pytest.mark.patch("nova/conf-virt-type-bhyve.patch"),
    pytest.mark.patch("nova/driver-freebsd-gate-and-uri.patch"),
    pytest.mark.patch("nova/host-cpumap-fallback.patch"),
    pytest.mark.patch("nova/host-memory-psutil.patch"),
    pytest.mark.patch("nova/host-no-topology.patch"),
]

NODE = str(uuid.UUID(int=7))


@pytest.fixture
def start_driver(libvirt, option, command, tmp_path, monkeypatch):
    """Start nova's driver as an operator configures it, on a host with 4 GiB free and SMT."""
    import psutil
    from nova.virt.libvirt import driver, host

    option(None, "state_path", str(tmp_path))
    option(None, "instances_path", str(tmp_path))
    monkeypatch.setattr(host.nova.virt.node, "get_local_node_uuid", lambda: NODE)
    free = types.SimpleNamespace(available=4 * 1024**3)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
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
    assert resources["hypervisor_type"] == "BHYVE"
    assert resources["supported_instances"] == [("x86_64", "bhyve", "hvm")]
    assert resources["numa_topology"] is None
    assert resources["uuid"] == NODE
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


def test_the_trait_of_smt_is_reported(start_driver):
    import os_traits

    driver = start_driver()
    assert driver._get_cpu_traits()[os_traits.HW_CPU_HYPERTHREADING] is True
