"""The stand-in's guests live as those of libvirt's bhyve driver do."""

import xml.etree.ElementTree as ET

import pytest
from bhyve_libvirt import Connection, LibvirtError
from descriptions import GOP, NETWORK, NMDM, TABLET, UEFI, UUID, VNC, XHCI

RUNNING, SHUTOFF = 1, 5
INVALID_ARG, OPERATION_FAILED, NO_DOMAIN, OPERATION_INVALID, NO_METADATA = 8, 9, 42, 55, 80
CDROM = "<disk type='file' device='cdrom'><source file='{}'/><target dev='sda' bus='sata'/></disk>"


def code_of(call, *args):
    with pytest.raises(LibvirtError) as caught:
        call(*args)
    return caught.value.get_error_code()


def test_a_guest_goes_from_off_to_running_to_off_to_gone(connection, describe):
    domain = connection.defineXML(describe())
    assert (domain.state(), domain.ID(), domain.isPersistent()) == ([SHUTOFF, 0], -1, 1)
    domain.create()
    assert domain.state() == [RUNNING, 1]
    assert connection.lookupByID(domain.ID()).UUIDString() == UUID
    assert domain.info()[:4] == [RUNNING, 512 * 1024, 0, 2]
    domain.destroy()
    assert (domain.state(), domain.ID()) == ([SHUTOFF, 2], -1)
    domain.undefine()
    assert code_of(domain.state) == NO_DOMAIN
    assert code_of(connection.lookupByUUIDString, UUID) == NO_DOMAIN
    assert code_of(connection.lookupByName, "guest") == NO_DOMAIN
    assert code_of(connection.lookupByID, 7) == NO_DOMAIN


def test_a_running_guest_that_is_undefined_is_gone_when_it_ends(connection, describe):
    domain = connection.defineXML(describe())
    domain.create()
    domain.undefine()
    assert domain.isPersistent() == 0
    assert code_of(domain.undefine) == OPERATION_INVALID
    domain.destroy()
    assert connection.listAllDomains() == []


def test_a_transient_guest_is_gone_when_it_ends_or_does_not_start(connection, describe):
    domain = connection.createXML(describe())
    assert domain.isPersistent() == 0
    assert code_of(domain.setAutostart, 1) == OPERATION_INVALID
    domain.destroy()
    assert connection.listAllDomains() == []
    with pytest.raises(LibvirtError):
        connection.createXML(describe("<serial type='pty'/>"))
    assert connection.listAllDomains() == []


@pytest.mark.parametrize(
    "method", ["createWithFlags", "destroyFlags", "shutdownFlags", "undefineFlags"]
)
@pytest.mark.parametrize("flag", [1, 4, 64])
def test_flags_that_the_driver_does_not_know_are_refused(method, flag, connection, describe):
    domain = connection.defineXML(describe())
    with pytest.raises(LibvirtError, match=rf"unsupported flags \(0x{flag:x}\) in function bhyve"):
        getattr(domain, method)(flag)
    assert code_of(getattr(domain, method), flag) == INVALID_ARG


def test_autodestroy_is_the_one_flag_of_a_start(connection, describe):
    domain = connection.defineXML(describe())
    domain.createWithFlags(2)
    assert domain.isActive() == 1


def test_a_guest_that_is_off_cannot_be_stopped_and_a_running_one_not_started(connection, describe):
    domain = connection.defineXML(describe())
    for method in (domain.destroy, domain.shutdown, domain.reboot):
        assert code_of(method) == OPERATION_INVALID
    domain.create()
    assert code_of(domain.create) == OPERATION_INVALID


def test_the_power_button_ends_a_guest_that_listens(connection, describe):
    domain = connection.defineXML(describe())
    domain.create()
    connection.driver.answers_acpi = False
    domain.shutdown()
    assert domain.isActive() == 1
    connection.driver.answers_acpi = True
    domain.shutdown()
    assert domain.state() == [SHUTOFF, 1]


def test_a_reboot_is_a_new_process(connection, describe):
    domain = connection.defineXML(describe())
    domain.create()
    before = connection.lookupByName("guest").ID()
    domain.reboot()
    assert domain.state() == [RUNNING, 1]
    assert connection.lookupByName("guest").ID() != before


def test_what_is_defined_while_a_guest_runs_does_not_reach_it(connection, describe):
    domain = connection.defineXML(describe())
    domain.create()
    connection.defineXML(describe(NETWORK))
    assert "tap1" not in domain.XMLDesc()
    domain.destroy()
    connection.defineXML(describe(NETWORK))
    assert "tap1" in domain.XMLDesc()


def test_a_name_and_a_uuid_belong_together(connection, describe):
    connection.defineXML(describe())
    other = UUID.replace("0d5c", "1d5c")
    assert code_of(connection.defineXML, describe(uuid=other)) == OPERATION_FAILED
    assert code_of(connection.defineXML, describe(name="other")) == OPERATION_FAILED


def test_without_firmware_bhyveload_loads_the_disk_first(connection, describe, tmp_path):
    guest = connection.driver.define(describe(NETWORK, NMDM))
    connection.driver.start(guest)
    disk = tmp_path / "disk"
    assert [" ".join(words) for words in guest.commands] == [
        f"bhyveload -m 512 -d {disk} guest",
        "bhyve -c 2 -m 512 -u -H -P -s 0:0,hostbridge -s 1:0,lpc "
        "-s 2:0,virtio-net,tap1,mac=fa:16:3e:00:00:01 "
        f"-s 3:0,virtio-blk,{disk} -l com1,/dev/nmdm1A guest",
    ]


def test_with_firmware_there_is_a_framebuffer_and_no_bhyveload(connection, describe, tmp_path):
    (tmp_path / "config").write_bytes(b"CD001")
    cdrom = CDROM.format(tmp_path / "config")
    guest = connection.driver.define(describe(cdrom, XHCI, TABLET, VNC, GOP, os=UEFI))
    connection.driver.start(guest)
    firmware = "/usr/local/share/uefi-firmware/BHYVE_UEFI.fd"
    assert [" ".join(words) for words in guest.commands] == [
        f"bhyve -c 2 -m 512 -u -H -P -s 0:0,hostbridge -l bootrom,{firmware} "
        "-s 2:0,xhci,tablet -s 1:0,lpc "
        f"-s 3:0,ahci,cd:{tmp_path}/config -s 4:0,virtio-blk,{tmp_path}/disk "
        "-s 5:0,fbuf,tcp=127.0.0.1:5900 guest"
    ]


def test_the_same_commands_are_the_native_form(connection, describe):
    xml = describe(NETWORK, NMDM)
    lines = connection.domainXMLToNative("bhyve-argv", xml).splitlines()
    assert [line.split()[0] for line in lines] == ["bhyveload", "bhyve"]
    assert code_of(connection.domainXMLToNative, "qemu-argv", xml) == INVALID_ARG


def test_each_guest_has_a_vnc_port_of_its_own_while_it_runs(connection, describe):
    first = connection.defineXML(describe(VNC, GOP, os=UEFI))
    other = describe(VNC, GOP, os=UEFI, name="other", uuid=UUID.replace("0d5c", "1d5c"))
    second = connection.defineXML(other)
    first.create()
    second.create()

    def port(domain, flags=0):
        return ET.fromstring(domain.XMLDesc(flags)).find("devices/graphics").get("port")

    assert (port(first), port(second), port(first, 2)) == ("5900", "5901", "-1")
    first.destroy()
    assert port(first) == "-1"
    first.create()
    assert port(first) == "5900"


def test_the_description_comes_back_with_what_libvirt_adds(connection, describe):
    domain = connection.defineXML(describe(NETWORK, NMDM, VNC, os=UEFI))
    domain.create()
    root = ET.fromstring(domain.XMLDesc())
    assert root.get("id") == str(domain.ID())
    assert root.find("os/loader").attrib == {"readonly": "yes", "type": "pflash", "format": "raw"}
    assert root.find("os/type").get("arch") == "x86_64"
    assert root.find("currentMemory").text == str(512 * 1024)
    assert root.find("devices/console/source").attrib == {
        "master": "/dev/nmdm1A",
        "slave": "/dev/nmdm1B",
    }
    assert root.find("devices/console/target").attrib == {"port": "0", "type": "serial"}
    assert root.find("devices/video/model").get("type") == "gop"
    kinds = [c.get("type") for c in root.findall("devices/controller")]
    assert kinds == ["pci", "isa"]
    assert root.find("devices/interface/address").get("slot") == "0x02"
    assert ET.fromstring(domain.XMLDesc(2)).get("id") is None


def test_a_password_is_shown_only_to_who_asks_for_it(connection, describe):
    vnc = VNC.replace("/>", " passwd='secret'/>")
    domain = connection.defineXML(describe(vnc, os=UEFI))
    assert "secret" not in domain.XMLDesc()
    assert "secret" in domain.XMLDesc(1)


def test_metadata_is_kept_by_its_namespace(connection, describe):
    domain = connection.defineXML(describe(head="<metadata/>"))
    assert code_of(domain.metadata, 2, "urn:nova") == NO_METADATA
    domain.setMetadata(2, "<instance><name>a</name></instance>", "nova", "urn:nova", 2)
    assert ET.fromstring(domain.metadata(2, "urn:nova")).tag == "{urn:nova}instance"
    assert code_of(domain.setMetadata, 2, "<a/>", "nova", "urn:nova", 1) == OPERATION_INVALID
    domain.setMetadata(2, None, "nova", "urn:nova", 2)
    assert code_of(domain.metadata, 2, "urn:nova") == NO_METADATA
    domain.setMetadata(1, "A title", None, None)
    assert domain.metadata(1, None) == "A title"


def test_a_console_is_the_slave_end_of_the_first_serial_port(connection, describe):
    domain = connection.defineXML(describe(NMDM))
    stream = connection.newStream()
    assert code_of(domain.openConsole, None, stream) == OPERATION_INVALID
    domain.create()
    domain.openConsole(None, stream)
    assert stream.path == "/dev/nmdm1B"


def test_all_connections_see_the_same_guests(connection, describe):
    connection.defineXML(describe())
    other = Connection(connection.driver)
    assert other.listDefinedDomains() == ["guest"]
    assert other.numOfDomains() == 0
    other.lookupByName("guest").create()
    assert connection.numOfDomains() == 1
    assert connection.listDomainsID() == [other.lookupByName("guest").ID()]
    assert connection.numOfDefinedDomains() == 0
