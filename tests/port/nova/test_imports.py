"""Level 1: every patched module of nova imports on this platform."""

import importlib

import pytest

PATCHED = [
    ("nova/conf-virt-type-bhyve.patch", "nova.conf.libvirt"),
    ("nova/driver-freebsd-gate-and-uri.patch", "nova.virt.libvirt.driver"),
    ("nova/host-cpumap-fallback.patch", "nova.virt.libvirt.host"),
    ("nova/host-memory-psutil.patch", "nova.virt.libvirt.host"),
    ("nova/host-no-topology.patch", "nova.virt.libvirt.host"),
    ("nova/host-cleanup-ends-thread.patch", "nova.virt.libvirt.host"),
    ("nova/config-nmdm.patch", "nova.virt.libvirt.config"),
    ("nova/blockinfo-bhyve.patch", "nova.virt.libvirt.blockinfo"),
    ("nova/consoles-bhyve.patch", "nova.virt.libvirt.driver"),
    ("nova/vif-bhyve-models.patch", "nova.virt.libvirt.vif"),
    ("nova/vif-no-delegate-bhyve.patch", "nova.virt.libvirt.vif"),
    ("nova/disk-extend-missing-e2fs.patch", "nova.virt.disk.api"),
    ("nova/imagebackend-missing-fallocate.patch", "nova.virt.libvirt.imagebackend"),
    ("nova/usb-controller-bhyve.patch", "nova.virt.libvirt.driver"),
    ("nova/features-acpi-apic.patch", "nova.virt.libvirt.driver"),
    ("nova/uefi-guests.patch", "nova.virt.libvirt.driver"),
    ("nova/vnc-gop-tablet.patch", "nova.virt.libvirt.driver"),
    ("nova/rng-dev-random.patch", "nova.virt.libvirt.driver"),
    ("nova/lifecycle-not-implemented.patch", "nova.virt.libvirt.driver"),
    ("nova/snapshot-guard.patch", "nova.virt.libvirt.driver"),
    ("nova/live-migration-precheck.patch", "nova.virt.libvirt.driver"),
    ("nova/detach-interface-not-implemented.patch", "nova.virt.libvirt.driver"),
    ("nova/console-log.patch", "nova.virt.libvirt.driver"),
    ("nova/diagnostics-max-memory.patch", "nova.virt.libvirt.driver"),
    ("nova/diagnostics-hypervisor-os.patch", "nova.virt.libvirt.driver"),
    ("nova/resize-keeps-raw.patch", "nova.virt.libvirt.driver"),
    ("nova/guest-info-exited-bhyve.patch", "nova.virt.libvirt.guest"),
    ("nova/no-iothreads-bhyve.patch", "nova.virt.libvirt.driver"),
    ("nova/cpu-topology-bhyve.patch", "nova.virt.libvirt.driver"),
    ("nova/image-format-enforcement.patch", "nova.virt.libvirt.driver"),
    ("nova/image-format-enforcement.patch", "nova.virt.libvirt.imagebackend"),
    ("nova/image-format-enforcement.patch", "nova.virt.libvirt.utils"),
    ("nova/bhyve-refuse-unsupported-options.patch", "nova.virt.libvirt.driver"),
    ("nova/swap-missing-mkswap.patch", "nova.virt.libvirt.driver"),
    ("nova/refuse-ignored-devices.patch", "nova.virt.libvirt.driver"),
    ("nova/vif-no-hybrid-bhyve.patch", "nova.virt.libvirt.vif"),
    ("nova/qemu-only-feature-checks.patch", "nova.virt.libvirt.driver"),
    ("nova/qemu-only-feature-checks.patch", "nova.virt.libvirt.host"),
    ("nova/bhyve-traits.patch", "nova.virt.libvirt.driver"),
    ("nova/bhyve-capability-flags.patch", "nova.virt.libvirt.driver"),
    ("nova/cpu-monitor-iowait.patch", "nova.virt.libvirt.host"),
    ("nova/tpm-none-guard.patch", "nova.virt.libvirt.host"),
]


@pytest.mark.parametrize(
    "module",
    [pytest.param(module, marks=pytest.mark.patch(patch), id=patch) for patch, module in PATCHED],
)
def test_a_patched_module_imports(module):
    assert importlib.import_module(module).__name__ == module
