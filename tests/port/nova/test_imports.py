"""Level 1: every patched module of nova imports on this platform."""

import importlib

import pytest

PATCHED = [
    ("nova/conf-virt-type-bhyve.patch", "nova.conf.libvirt"),
    ("nova/driver-freebsd-gate-and-uri.patch", "nova.virt.libvirt.driver"),
    ("nova/host-cpumap-fallback.patch", "nova.virt.libvirt.host"),
    ("nova/host-memory-psutil.patch", "nova.virt.libvirt.host"),
    ("nova/host-no-topology.patch", "nova.virt.libvirt.host"),
]


@pytest.mark.parametrize(
    "module",
    [pytest.param(module, marks=pytest.mark.patch(patch), id=patch) for patch, module in PATCHED],
)
def test_a_patched_module_imports(module):
    assert importlib.import_module(module).__name__ == module
