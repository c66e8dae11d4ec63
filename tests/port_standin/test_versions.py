"""The stand-in is the libvirt that it is told to be, on either architecture."""

import xml.etree.ElementTree as ET

import pytest
from bhyve_libvirt import Connection, Driver, LibvirtError
from bhyve_libvirt.definition import U_BOOT
from bhyve_libvirt.guest import NVRAM_DIRECTORY
from bhyve_libvirt.ignored import NOTE
from descriptions import GOP, NETWORK, NMDM, UEFI, VNC

NO_SUPPORT, INVALID_ARG, OPERATION_FAILED, SYSTEM_ERROR, OPERATION_INVALID = 3, 8, 9, 38, 55
RELEASES = (9000000, 11003000, 11007000, 12000000, 12005000)
RNG = "<rng model='virtio'><backend model='random'/></rng>"
TCP = "<serial type='tcp'><source mode='bind' host='127.0.0.1' service='10000'/></serial>"
AGENT = (
    "<channel type='unix'><source mode='bind' path='/var/run/a.agent'/>"
    "<target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
)
SYSINFO = (
    "<sysinfo type='smbios'><system><entry name='product'>OpenStack Compute</entry>"
    "<entry name='family'>Virtual Machine</entry></system></sysinfo>"
)
LOCALTIME = "<clock offset='localtime'/>"


def connect(version, arch="x86_64"):
    return Connection(Driver(version, arch))


def started(connection, xml):
    """The words of bhyve for this guest, which runs."""
    guest = connection.driver.define(xml)
    connection.driver.start(guest)
    return " ".join(guest.commands[-1])


def refusal(call, *arguments):
    with pytest.raises(LibvirtError) as caught:
        call(*arguments)
    return caught.value.get_error_code(), str(caught.value).partition(": ")[2] or str(caught.value)


@pytest.mark.parametrize("version", RELEASES)
def test_statistics_are_there_from_11_7_on(version, describe):
    domain = connect(version).defineXML(describe(NETWORK))
    domain.create()
    asked = [
        lambda: domain.blockStats("vda"),
        lambda: domain.interfaceStats("tap1"),
        domain.memoryStats,
    ]
    if version < 11007000:
        assert {refusal(call)[0] for call in asked} == {NO_SUPPORT}
        return
    block, network, memory = (call() for call in asked)
    assert (block[1], block[3], block[4]) == (-1, -1, -1)
    assert (len(network), set(memory)) == (8, {"rss", "available"})
    domain.destroy()
    assert {refusal(call)[0] for call in asked} == {OPERATION_INVALID}


@pytest.mark.parametrize("version", RELEASES)
def test_a_guest_with_nvram_is_undefined_only_with_a_word_about_it(version, describe):
    connection = connect(version)
    domain = connection.defineXML(describe(os=UEFI))
    domain.create()
    domain.destroy()
    if version < 11007000:
        assert refusal(domain.undefineFlags, 4)[0] == INVALID_ARG
        domain.undefine()
        assert connection.driver.nvram == set()
        return
    path = NVRAM_DIRECTORY + "/guest_VARS.fd"
    assert connection.driver.nvram == {path}
    assert refusal(domain.undefineFlags, 5)[0] == INVALID_ARG
    assert refusal(domain.undefineFlags, 12)[0] == OPERATION_INVALID
    words = "cannot undefine domain with nvram"
    assert refusal(domain.undefine) == (OPERATION_INVALID, words)
    domain.undefineFlags(8)
    assert connection.driver.nvram == {path}
    connection.driver.firmwares.discard("BHYVE_UEFI_VARS.fd")
    domain = connection.defineXML(describe(os=UEFI))
    domain.create()  # by the file that is there
    domain.destroy()
    domain.undefineFlags(4)
    assert (connection.driver.nvram, connection.listAllDomains()) == (set(), [])


def test_without_a_template_there_is_no_nvram_and_no_guest(describe):
    connection = connect(11007000)
    connection.driver.firmwares.discard("BHYVE_UEFI_VARS.fd")
    domain = connection.defineXML(describe(os=UEFI))
    code, words = refusal(domain.create)
    assert code == OPERATION_FAILED
    assert words.startswith("unable to find any master var store for loader: ")


def test_the_nvram_is_a_part_of_the_firmware(describe):
    words = started(connect(11007000), describe(VNC, GOP, os=UEFI))
    firmware = "/usr/local/share/uefi-firmware/BHYVE_UEFI.fd"
    assert f"-l bootrom,{firmware},{NVRAM_DIRECTORY}/guest_VARS.fd " in words


@pytest.mark.parametrize(
    ("devices", "head", "since", "words"),
    [
        ([RNG], "", 11003000, "a source of random numbers"),
        ([AGENT], "", 12004000, "a channel to the guest"),
        ([], SYSINFO, 12005000, "SMBIOS fields"),
        ([], "<cputune><vcpupin vcpu='0' cpuset='1'/></cputune>", 12001000, "cputune/vcpupin"),
    ],
)
def test_what_older_drivers_ignore_is_refused_for_them_only(devices, head, since, words, describe):
    xml = describe(*devices, head=head)
    assert refusal(connect(since - 1).defineXML, xml)[1].endswith(NOTE + words)
    connect(since).defineXML(xml).create()


def test_a_channel_is_a_virtio_console_and_reaches_an_agent(describe):
    connection = connect(12005000)
    words = started(connection, describe(AGENT))
    assert ":0,virtio-console,org.qemu.guest_agent.0=/var/run/a.agent" in words
    domain = connection.lookupByName("guest")
    domain.setUserPassword("root", "secret")
    domain.setTime({"seconds": 1, "nseconds": 0})
    guest = connection.driver.guests[domain.UUIDString()]
    assert guest.agent == {"passwords": {"root": "secret"}, "time": domain.getTime()}
    other = connect(12005000).defineXML(describe())
    other.create()
    assert refusal(other.setUserPassword, "root", "secret")[1] == (
        "QEMU guest agent is not configured"
    )
    assert refusal(connect(12004000).defineXML(describe(AGENT)).setTime)[0] == NO_SUPPORT


def test_smbios_fields_are_options_of_bhyve_as_far_as_it_has_them(describe):
    words = started(connect(12005000), describe(head=SYSINFO))
    assert "-o system.product_name=OpenStack Compute" in words
    assert "Virtual Machine" not in words


def test_each_serial_port_is_one_of_bhyves_once_it_serves_tcp(describe):
    words = started(connect(11006000), describe(NMDM, TCP))
    assert "-l com1,/dev/nmdm1A -l com2,tcp=127.0.0.1:10000 guest" in words
    assert "tcp" not in started(connect(11003000), describe(NMDM, TCP))


def test_a_refused_interface_is_named_by_its_number_before_11_3(describe):
    xml = describe(NETWORK.replace("bridge'", "ethernet'", 1))
    assert refusal(connect(9000000).defineXML(xml).create)[1] == "Network type 1 is not supported"
    assert refusal(connect(11003000).defineXML(xml).create)[1] == (
        "Unsupported network type ethernet"
    )
    user = describe(NETWORK.replace("bridge'", "user'", 1))
    assert "virtio-net,slirp,mac=" in started(connect(12000000), user)


def test_unknown_msrs_are_ignored_where_that_is_asked_for(describe):
    words = started(
        connect(9000000), describe(head="<features><msrs unknown='ignore'/></features>")
    )
    assert " -w " in words


@pytest.mark.parametrize("version", [12000000, 12001000, 12005000])
def test_on_arm64_bhyve_takes_few_options(version, describe):
    connection = connect(version, "aarch64")
    assert "<arch>aarch64</arch>" in connection.getCapabilities()
    assert refusal(connection.defineXML, describe().replace("<type>", "<type arch='x86_64'>"))
    loader = f"<os><type>hvm</type><loader>{U_BOOT}</loader></os>"
    features = "<features><acpi/></features>"
    domain = connection.defineXML(describe(head=features + LOCALTIME, os=loader))
    if version < 12005000:
        assert refusal(domain.create)[1].endswith("didn't show up in /dev/vmm")
    else:
        domain.create()
    words = started(connect(version, "aarch64"), describe(NMDM, head=LOCALTIME, os=loader))
    assert words.startswith("bhyve -c 2 -m 512 -s 0:0,hostbridge -o bootrom=" + U_BOOT)
    assert words.endswith(" -o console=/dev/nmdm1A guest")


def test_on_arm64_the_loader_is_found_from_12_1_on(describe):
    xml = describe(head=LOCALTIME)
    words = refusal(connect(12000000, "aarch64").defineXML(xml).create)[1]
    assert words == "Cannot find 'bhyveload' in path"
    assert "-o bootrom=" + U_BOOT in started(connect(12001000, "aarch64"), xml)


def test_on_arm64_more_than_a_null_modem_and_a_utc_clock_are_refused(describe):
    def words_of(*devices, head=LOCALTIME):
        domain = connect(12000000, "aarch64").defineXML(describe(*devices, head=head))
        return refusal(domain.create)[1]

    assert words_of(NMDM, NMDM) == "Only one console is supported on arm64"
    assert words_of(TCP) == "Only 'nmdm' console type is supported on arm64"
    assert words_of(head="") == "Installed bhyve binary does not support UTC clock"
    driver = Driver(12001000, "aarch64")
    driver.has_u_boot = False
    assert "not found" in refusal(Connection(driver).defineXML, describe())[1]


def test_on_arm64_there_is_neither_a_screen_nor_a_loader_to_choose(describe):
    root = ET.fromstring(connect(12005000, "aarch64").getDomainCapabilities())
    assert root.findtext("arch") == "aarch64"
    for path in ("os/loader", "devices/graphics", "devices/video"):
        assert root.find(path).get("supported") == "no"
    assert refusal(connect(11007000).getDomainCapabilities, None, "aarch64")[0] == NO_SUPPORT


def test_a_guest_that_was_killed_keeps_its_state_and_loses_its_process(describe):
    connection = connect(12005000)
    domain = connection.defineXML(describe())
    domain.create()
    number = domain.ID()
    connection.driver.kill(connection.driver.guests[domain.UUIDString()])
    assert domain.state() == [1, 1]
    words = f"Unable to obtain information about pid: {number}"
    with pytest.raises(LibvirtError, match=words) as caught:
        domain.info()
    assert caught.value.get_error_code() == SYSTEM_ERROR
    with pytest.raises(LibvirtError, match="cause is unknown"):
        domain.shutdown()
    domain.destroy()
    domain.create()
    assert domain.info()[0] == 1
