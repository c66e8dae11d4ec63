"""Checks of nova/resize-keeps-raw.patch: which disks become qcow2 when a guest has moved."""

import json
import types

import pytest
from one_guest import bhyve_domain, guest_on, kvm_domain

pytestmark = pytest.mark.patch("nova/resize-keeps-raw.patch")

DISKS = [
    {"path": "/instances/guest/disk", "type": "raw"},
    {"path": "/instances/guest/disk.config", "type": "raw"},
    {"path": "/instances/guest/disk.eph0", "type": "qcow2"},
]


@pytest.fixture
def finish(option, monkeypatch):
    """Finish the resize of a domain; gives the disks that were converted."""

    def run(domain, virt_type, use_cow_images):
        driver, instance = guest_on(domain, option, monkeypatch, virt_type=virt_type)
        option(None, "use_cow_images", use_cow_images)
        converted = []
        for name in (
            "_create_image",
            "_ensure_console_log_for_instance",
            "_finish_migration_vtpm",
            "_get_guest_xml",
            "_create_guest_with_network",
        ):
            monkeypatch.setattr(driver, name, lambda *args, **kwargs: None)
        monkeypatch.setattr(driver, "_allocate_mdevs", lambda allocations: [])
        monkeypatch.setattr(driver, "_disk_raw_to_qcow2", converted.append)
        driver.finish_migration(
            None,
            types.SimpleNamespace(source_compute="there"),
            instance,
            json.dumps(DISKS),
            None,
            None,
            True,
            {},
            power_on=False,
        )
        return converted

    monkeypatch.setattr(
        "nova.virt.libvirt.blockinfo.get_disk_info", lambda *args, **kwargs: {"mapping": {}}
    )
    return run


@pytest.mark.on_freebsd
@pytest.mark.parametrize("use_cow_images", [True, False])
def test_the_disks_of_a_guest_of_bhyve_stay_raw(use_cow_images, finish, libvirt):
    assert finish(bhyve_domain(libvirt), "bhyve", use_cow_images) == []


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu"])
def test_the_raw_disks_of_a_guest_of_linux_are_converted_as_before(virt_type, finish, libvirt):
    domain = kvm_domain(libvirt)
    assert finish(domain, virt_type, True) == ["/instances/guest/disk"]
    assert finish(domain, virt_type, False) == []
