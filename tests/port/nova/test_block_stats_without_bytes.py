"""Checks of nova/block-stats-without-bytes.patch: which statistics of a guest are shown."""

import datetime

import pytest
from one_guest import bhyve_domain, guest_on, kvm_domain

pytestmark = pytest.mark.patch("nova/block-stats-without-bytes.patch")

DEVICES = """
<disk type='file'><source file='/d'/><target dev='vda' bus='virtio'/></disk>
<interface type='bridge'><mac address='52:54:00:00:00:01'/><target dev='tap0'/></interface>"""
OF_PROCESS = (1200, -1, 340, -1, -1)
OF_DISK = (5, 4096, 6, 8192, 0)
OF_TAP = (100, 1, 0, 0, 200, 2, 0, 0)
MEMORY = {"rss": 524288, "available": 1048576}


def guest_of_bhyve(libvirt):
    """A guest as libvirt's bhyve driver shows it from 11.7 on."""
    answers = {"blockStats": OF_PROCESS, "interfaceStats": OF_TAP, "memoryStats": MEMORY}
    return bhyve_domain(libvirt, devices=DEVICES, maxMemory=1048576, **answers)


def guest_of_kvm(libvirt):
    answers = {"blockStats": OF_DISK, "interfaceStats": OF_TAP, "memoryStats": MEMORY}
    return kvm_domain(libvirt, devices=DEVICES, maxMemory=1048576, vcpus=[[]], **answers)


def usage(domain, option, monkeypatch, virt_type):
    driver, instance = guest_on(domain, option, monkeypatch, virt_type=virt_type)
    bdm = {"device_name": "/dev/vda", "volume_id": "a-volume"}
    found = driver.get_all_volume_usage(None, [{"instance": instance, "instance_bdms": [bdm]}])
    return [{name: row[name] for name in row if name != "instance"} for row in found]


def diagnose(domain, option, monkeypatch, virt_type):
    driver, instance = guest_on(domain, option, monkeypatch, virt_type=virt_type)
    instance.launched_at = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    instance.config_drive = ""
    monkeypatch.setattr("nova.virt.configdrive.required_by", lambda instance: False)
    return driver.get_diagnostics(instance), driver.get_instance_diagnostics(instance)


@pytest.mark.on_freebsd
def test_the_numbers_of_the_process_are_not_shown_for_a_disk(libvirt, option, monkeypatch):
    old, new = diagnose(guest_of_bhyve(libvirt), option, monkeypatch, "bhyve")
    assert [name for name in old if name.startswith("vda")] == []
    assert new.disk_details == []
    assert (old["tap0_rx"], old["memory-rss"]) == (100, 524288)
    assert [nic.rx_octets for nic in new.nic_details] == [100]


@pytest.mark.on_freebsd
@pytest.mark.parametrize("partly", [(1, -1, 2, 5, 0), (1, 5, 2, -1, 0)])
def test_numbers_are_shown_only_where_both_directions_are_counted(
    partly, libvirt, option, monkeypatch
):
    stats = [partly, (5, 1, 6, 0, 0)]
    disks = DEVICES + DEVICES.partition("<interface")[0].replace("vda", "vdb")
    domain = bhyve_domain(libvirt, devices=disks, maxMemory=1048576, memoryStats=MEMORY)
    domain.blockStats = lambda disk: stats[disk == "vdb"]
    domain.interfaceStats = lambda device: OF_TAP
    old, new = diagnose(domain, option, monkeypatch, "bhyve")
    assert {name for name in old if name.startswith("vd")} == {
        "vdb_read_req", "vdb_read", "vdb_write_req", "vdb_write", "vdb_errors"
    }  # fmt: skip
    assert [(disk.read_bytes, disk.write_bytes) for disk in new.disk_details] == [(1, 0)]
    assert usage(domain, option, monkeypatch, "bhyve") == []


@pytest.mark.on_freebsd
def test_no_volume_is_charged_with_the_requests_of_the_whole_guest(libvirt, option, monkeypatch):
    assert usage(guest_of_bhyve(libvirt), option, monkeypatch, "bhyve") == []


@pytest.mark.on_linux
def test_on_linux_disks_and_volumes_have_their_numbers_as_before(libvirt, option, monkeypatch):
    old, new = diagnose(guest_of_kvm(libvirt), option, monkeypatch, "kvm")
    assert (old["vda_read"], old["vda_write_req"], old["vda_errors"]) == (4096, 6, 0)
    assert [disk.read_bytes for disk in new.disk_details] == [4096]
    assert usage(guest_of_kvm(libvirt), option, monkeypatch, "kvm") == [
        {"volume": "a-volume", "rd_req": 5, "rd_bytes": 4096, "wr_req": 6, "wr_bytes": 8192}
    ]
