"""Checks of nova/undefine-nvram-flags.patch: guests with NVRAM are undefined, and what it costs."""

import inspect

import pytest
from one_guest import UUID

pytestmark = [pytest.mark.on_amd64, pytest.mark.patch("nova/undefine-nvram-flags.patch")]

XML = """
<domain type='bhyve'><name>instance-0000000b</name><uuid>{uuid}</uuid>
<memory>1048576</memory><vcpu>1</vcpu><os firmware='efi'><type>hvm</type></os>
<devices><disk type='file'><source file='{disk}'/><target dev='vda' bus='virtio'/></disk></devices>
</domain>"""
NVRAM = "/var/lib/libvirt/bhyve/nvram/instance-0000000b_VARS.fd"
INVALID_ARG, OPERATION_INVALID = 8, 55


@pytest.fixture
def stopped(connection, tmp_path):
    """stopped(version) gives the domain of a UEFI guest that ran once on this libvirt."""

    def make(version):
        (tmp_path / "disk").write_bytes(bytes(512))
        connection.driver.version = version
        domain = connection.defineXML(XML.format(uuid=UUID, disk=tmp_path / "disk"))
        domain.create()
        domain.destroy()
        return domain

    return make


def delete(domain, **options):
    """Have nova undefine the domain, with those of the options that this release has."""
    from nova.virt.libvirt import guest

    function = guest.Guest(domain).delete_configuration
    taken = inspect.signature(function).parameters
    if "support_uefi" in taken:
        options = {"support_uefi": True}
    function(**{name: value for name, value in options.items() if name in taken})
    return "keep_nvram" in taken


@pytest.mark.on_freebsd
@pytest.mark.parametrize("version", [9000000, 11003000, 11007000, 12000000, 12005000])
def test_a_deleted_guest_is_gone_with_its_nvram(version, stopped, connection, libvirt):
    domain = stopped(version)
    assert connection.driver.nvram == ({NVRAM} if version >= 11007000 else set())
    delete(domain)
    assert (connection.listAllDomains(), connection.driver.nvram) == ([], set())


@pytest.mark.on_freebsd
@pytest.mark.parametrize("keep_vtpm", [False, True])
def test_a_guest_that_is_defined_again_keeps_its_nvram(keep_vtpm, stopped, connection, libvirt):
    can_keep = delete(stopped(12005000), keep_nvram=True, keep_vtpm=keep_vtpm)
    assert connection.listAllDomains() == []
    assert connection.driver.nvram == ({NVRAM} if can_keep else set())


class Counting:
    """A domain that notes with which flags it is to be undefined, and refuses `refusals` times."""

    def __init__(self, refusals=0, error=None):
        self.refusals, self.error, self.flags = refusals, error, []

    def ID(self):
        return -1

    def undefine(self):
        self.flags.append(None)

    def undefineFlags(self, flags):
        self.flags.append(flags)
        if len(self.flags) <= self.refusals:
            raise self.error


def refusal(libvirt, code):
    return libvirt.libvirtError("unsupported flags", code)


def test_a_driver_that_knows_the_flags_is_asked_once_as_before(libvirt):
    domain = Counting()
    delete(domain)
    assert domain.flags == [1 | 4]


def test_a_driver_that_knows_none_of_them_is_told_to_undefine_as_before(libvirt):
    domain = Counting(2, refusal(libvirt, INVALID_ARG))
    delete(domain)
    assert domain.flags == [1 | 4, 4, None]


def test_any_other_error_leads_straight_to_undefine_as_before(libvirt):
    domain = Counting(1, refusal(libvirt, OPERATION_INVALID))
    delete(domain)
    assert domain.flags == [1 | 4, None]
