"""The stand-in refuses a description where libvirt's bhyve driver does, with its code and words."""

import pytest
from bhyve_libvirt import LibvirtError
from bhyve_libvirt.ignored import NOTE
from descriptions import GOP, NETWORK, NMDM, TABLET, UEFI, VNC, XHCI

INTERNAL, INVALID_ARG, XML_ERROR, CONFIG_UNSUPPORTED = 1, 8, 27, 67
UNSUPPORTED = "unsupported configuration: "
BRIDGE = NETWORK
RNG = "<rng model='{}'><backend model='{}'>{}</backend></rng>"


def disk(bus="virtio", kind="file", device="disk", more="", source="<source file='/x'/>"):
    target = f"<target dev='vdb' bus='{bus}'/>"
    return f"<disk type='{kind}' device='{device}'>{source}{target}{more}</disk>"


def refusal(connection, xml):
    """What the definition is refused with."""
    with pytest.raises(LibvirtError) as caught:
        connection.defineXML(xml)
    assert connection.listAllDomains() == []
    return caught.value.get_error_code(), str(caught.value)


def refusal_of_start(connection, xml):
    """What the start is refused with; the guest stays defined and off."""
    domain = connection.defineXML(xml)
    with pytest.raises(LibvirtError) as caught:
        domain.create()
    assert domain.isActive() == 0
    return caught.value.get_error_code(), str(caught.value)


@pytest.mark.parametrize(
    ("devices", "words"),
    [
        (["<serial type='pty'/>"], "only nmdm console types are supported"),
        (["<console type='pty'/>"], "only nmdm console types are supported"),
        (["<serial type='pty'/>", NMDM], "only nmdm console types are supported"),
        (
            [NMDM.replace("</serial>", "<target port='3'/></serial>")],
            "only two serial ports are supported",
        ),
        ([BRIDGE.replace("bridge'", "ethernet'", 1)], "Unsupported network type ethernet"),
        ([BRIDGE.replace("bridge'", "direct'", 1)], "Unsupported network type direct"),
        ([BRIDGE.replace("bridge'", "vhostuser'", 1)], "Unsupported network type vhostuser"),
        ([BRIDGE.replace("virtio", "rtl8139")], "NIC model is not supported"),
        ([BRIDGE.replace("<model type='virtio'/>", "")], "NIC model is not supported"),
        ([disk("ide", device="cdrom")], "unsupported disk device"),
        ([disk("ide")], "unsupported disk device"),
        ([disk("scsi")], "unsupported disk device"),
        ([disk("virtio", device="cdrom")], "unsupported disk device"),
        ([disk("sata", device="floppy")], "unsupported disk device"),
        ([disk("virtio", kind="block")], "unsupported disk type"),
        ([disk("sata", kind="network")], "unsupported disk type"),
        (
            [disk("sata", device="cdrom", source="")],
            "cdrom device without source path not supported",
        ),
        (["<controller type='usb' model='none'/>"], "only single input device is supported"),
        ([XHCI], "only single input device is supported"),
        ([XHCI, TABLET, TABLET], "only single input device is supported"),
        ([XHCI, TABLET.replace("tablet", "mouse")], "only tablet input devices are supported"),
        ([XHCI, TABLET.replace("usb", "ps2")], "only USB input devices are supported"),
        (
            [XHCI, XHCI.replace("/>", " index='1'/>"), TABLET],
            "only single USB controller is supported",
        ),
        (
            ["<controller type='pci' index='1' model='pci-bridge'/>"],
            "unsupported PCI controller model: only PCI root supported",
        ),
        ([VNC], "Graphics are only supported when booting using UEFI"),
        ([VNC, GOP, VNC], "Multiple graphics devices are not supported"),
        ([VNC, GOP, GOP], "Multiple graphics devices are not supported"),
        (["<sound model='ich6'/>"], "Sound device model is not supported"),
    ],
)
def test_a_start_is_refused_for(devices, words, connection, describe):
    answer = refusal_of_start(connection, describe(*devices))
    assert answer == (CONFIG_UNSUPPORTED, UNSUPPORTED + words)


@pytest.mark.parametrize(
    ("graphics", "words"),
    [
        (VNC.replace("vnc", "spice"), "Only VNC supported"),
        (VNC.replace("autoport='yes'", "port='80'"), "vnc port must be in range [5900,65535]"),
        (VNC.replace("/>", " passwd='a,b'/>"), "Password may not contain ',' character"),
        (
            "<graphics type='vnc'><listen type='socket'/></graphics>",
            "Unsupported listen type",
        ),
    ],
)
def test_a_start_by_uefi_is_refused_for_graphics(graphics, words, connection, describe):
    answer = refusal_of_start(connection, describe(graphics, GOP, os=UEFI))
    assert answer == (CONFIG_UNSUPPORTED, UNSUPPORTED + words)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("<clock offset='variable'/>", "unsupported clock offset 'variable'"),
        (
            "<cpu><topology sockets='1' dies='2' cores='1' threads='1'/></cpu>",
            "Only 1 die per socket is supported",
        ),
        (
            "<cpu><topology sockets='1' cores='1' threads='1'/></cpu>",
            "Invalid CPU topology: total number of vCPUs must equal the product of sockets, "
            "cores, and threads",
        ),
    ],
)
def test_a_start_is_refused_for_the_clock_and_the_topology(head, words, connection, describe):
    answer = refusal_of_start(connection, describe(head=head))
    assert answer == (CONFIG_UNSUPPORTED, UNSUPPORTED + words)


@pytest.mark.parametrize(
    ("os", "words"),
    [
        ("<boot dev='hd'/><boot dev='cdrom'/>", "Only one boot device is supported"),
        ("<boot dev='network'/>", "Cannot boot from device network"),
        ("<boot dev='cdrom'/>", "Cannot find boot device of requested type cdrom"),
    ],
)
def test_bhyveload_is_refused_for_the_boot_order(os, words, connection, describe):
    answer = refusal_of_start(connection, describe(os=f"<os><type>hvm</type>{os}</os>"))
    assert answer == (CONFIG_UNSUPPORTED, UNSUPPORTED + words)


def test_a_guest_without_a_disk_is_not_loaded(connection, describe):
    answer = refusal_of_start(connection, describe(disk=""))
    assert answer == (
        CONFIG_UNSUPPORTED,
        UNSUPPORTED + "Domain should have at least one disk defined",
    )


def test_uefi_is_refused_where_the_firmware_directory_is_empty(connection, describe):
    connection.driver.firmwares.clear()
    answer = refusal_of_start(connection, describe(os=UEFI))
    words = "no firmwares found in /usr/local/share/uefi-firmware"
    assert answer == (CONFIG_UNSUPPORTED, UNSUPPORTED + words)


@pytest.mark.parametrize(
    ("device", "code", "words"),
    [
        (
            RNG.format("virtio", "random", "/dev/urandom"),
            CONFIG_UNSUPPORTED,
            "Only /dev/random source is supported",
        ),
        (
            RNG.format("virtio", "egd", ""),
            CONFIG_UNSUPPORTED,
            "Only 'random' backend model is supported",
        ),
        (
            RNG.format("xen", "random", "/dev/random"),
            CONFIG_UNSUPPORTED,
            "Only 'virio' RNG device model is supported",
        ),
        (
            "<serial type='nmdm'><source master='/dev/nmdm1A'/></serial>",
            XML_ERROR,
            "Missing slave path attribute for nmdm device",
        ),
        ("<serial type='nmdm'/>", XML_ERROR, "Missing master path attribute for nmdm device"),
        (
            "<controller type='isa' index='1'/>",
            CONFIG_UNSUPPORTED,
            "Bhyve ISA controller can only have index '0'",
        ),
        (
            "<controller type='pci' index='1' model='pci-root'/>",
            XML_ERROR,
            "pci-root and pcie-root controllers should have index 0",
        ),
        (
            "<controller type='usb' model='none'/>" + TABLET,
            CONFIG_UNSUPPORTED,
            "USB is disabled for this domain, but USB devices are present in the domain XML",
        ),
        (
            "<disk type='file'><target dev='vda'/></disk>",
            XML_ERROR,
            "target 'vda' duplicated for disk sources",
        ),
        ("<disk type='file'/>", XML_ERROR, "missing target information for device"),
    ],
)
def test_a_definition_is_refused_for(device, code, words, connection, describe):
    prefix = UNSUPPORTED if code == CONFIG_UNSUPPORTED else "XML error: "
    assert refusal(connection, describe(device)) == (code, prefix + words)


def test_boot_devices_in_two_places_are_refused(connection, describe):
    xml = describe(os="<os><type>hvm</type><boot dev='hd'/></os>").replace(
        "</disk>", "<boot order='1'/></disk>"
    )
    words = "per-device boot elements cannot be used together with os/boot elements"
    assert refusal(connection, xml) == (CONFIG_UNSUPPORTED, UNSUPPORTED + words)


@pytest.mark.parametrize("kind", ["kvm", "qemu", "xen"])
def test_a_guest_of_another_hypervisor_is_refused(kind, connection, describe):
    words = f"could not find capabilities for ostype=hvm arch=x86_64 domaintype={kind}"
    assert refusal(connection, describe(kind=kind)) == (INVALID_ARG, "invalid argument: " + words)


@pytest.mark.parametrize(
    "xml",
    [
        "<domain",
        "<network/>",
        "<domain type='bhyve'/>",
        "<domain type='bhyve'><os><type>hvm</type></os></domain>",
    ],
)
def test_what_is_no_description_is_refused(xml, connection):
    code, _ = refusal(connection, xml)
    assert code in (27, 35)


@pytest.mark.parametrize(
    "device",
    [
        "<hostdev mode='subsystem' type='pci'/>",
        "<redirdev bus='usb' type='spicevmc'/>",
        "<tpm model='tpm-crb'/>",
        "<vsock model='virtio'/>",
        "<iommu model='intel'/>",
        "<watchdog model='i6300esb'/>",
        "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
        "<video><model type='virtio'/></video>",
        disk(more="<driver name='qemu' type='qcow2'/>"),
        disk(more="<readonly/>"),
        disk(more="<encryption format='luks'/>"),
    ],
)
def test_what_bhyve_would_ignore_is_refused_with_a_note(device, connection, describe):
    code, words = refusal(connection, describe(device))
    assert code == CONFIG_UNSUPPORTED
    assert words.startswith(UNSUPPORTED + NOTE)


def test_a_kernel_that_libvirt_would_ignore_is_refused_with_a_note(connection, describe):
    os = "<os><type>hvm</type><kernel>/boot/vmlinuz</kernel></os>"
    answer = refusal(connection, describe(os=os))
    assert answer == (CONFIG_UNSUPPORTED, UNSUPPORTED + NOTE + "os/kernel")


def test_a_cdrom_may_be_read_only(connection, describe):
    connection.defineXML(describe(disk("sata", device="cdrom", more="<readonly/>")))


def test_a_file_that_holds_a_qcow2_image_does_not_start_as_raw(connection, describe, tmp_path):
    (tmp_path / "disk").write_bytes(b"QFI\xfb\x00\x00\x00\x03")
    code, words = refusal_of_start(connection, describe())
    assert code == CONFIG_UNSUPPORTED
    assert words.endswith("holds a qcow2 image, which would be read as raw")


def test_a_missing_disk_stops_bhyveload(connection, describe, tmp_path):
    (tmp_path / "disk").unlink()
    code, words = refusal_of_start(connection, describe())
    assert code == INTERNAL
    assert words.startswith("internal error: Child process (bhyveload -m 512 -d ")


def test_a_missing_disk_stops_bhyve_itself_with_uefi(connection, describe, tmp_path):
    (tmp_path / "disk").unlink()
    words = "internal error: Domain guest didn't show up in /dev/vmm"
    assert refusal_of_start(connection, describe(os=UEFI)) == (INTERNAL, words)


TCP = "<serial type='tcp'><source mode='{}' host='127.0.0.1' service='10000'/>{}</serial>"


@pytest.mark.parametrize(
    ("devices", "words"),
    [
        (["<serial type='pty'/>"], "Only 'nmdm' and 'tcp' console types are supported"),
        ([TCP.format("bind", "")] * 5, "Only four serial ports are supported"),
        ([TCP.format("connect", "")], "Only listening TCP sockets are supported"),
        (
            [TCP.format("bind", "<protocol type='telnet'/>")],
            "Only 'raw' protocol is supported for TCP sockets",
        ),
    ],
)
def test_from_11_6_on_a_definition_is_refused_for(devices, words, connection, describe):
    connection.driver.version = 11006000
    assert refusal(connection, describe(*devices)) == (CONFIG_UNSUPPORTED, UNSUPPORTED + words)


def test_from_11_6_on_four_serial_ports_are_defined(connection, describe):
    connection.driver.version = 11006000
    connection.defineXML(describe(*[TCP.format("bind", "")] * 3, NMDM))
    assert len(connection.listAllDomains()) == 1
