"""Checks of nova/config-nmdm.patch: null modems in the XML of a guest, written and read."""

import pytest

pytestmark = pytest.mark.patch("nova/config-nmdm.patch")

NMDM = '<%s type="nmdm"><source master="/dev/nmdm7A" slave="/dev/nmdm7B"/></%s>'
OTHERS = [
    '<serial type="pty"/>',
    '<serial type="pty"><log file="/tmp/console.log" append="off"/></serial>',
    '<serial type="file"><source path="/tmp/console.log"/></serial>',
    '<console type="pty"><target type="sclp"/></console>',
    '<console type="unix"><source mode="bind" path="/tmp/guest.sock"/></console>',
    '<serial type="tcp"><source mode="bind" host="127.0.0.1" service="10000"/>'
    '<log file="/tmp/console.log" append="off"/><target port="1"/></serial>',
    '<serial type="nmdm"><source master="/dev/nmdm7A" slave="/dev/nmdm7B"/>'
    '<log file="/tmp/console.log"/><target port="0" type="isa-serial"/></serial>',
]


def new_device(xml):
    from nova.virt.libvirt import config

    if xml.startswith("<console"):
        return config.LibvirtConfigGuestConsole()
    return config.LibvirtConfigGuestSerial()


@pytest.mark.on_freebsd
@pytest.mark.parametrize("element", ["serial", "console"])
def test_a_null_modem_is_written_with_both_its_ends(element):
    xml = NMDM % (element, element)
    device = new_device(xml)
    device.type = "nmdm"
    device.source_master = "/dev/nmdm7A"
    device.source_slave = "/dev/nmdm7B"
    assert device.to_xml(pretty_print=False) == xml


@pytest.mark.on_freebsd
@pytest.mark.parametrize("element", ["serial", "console"])
def test_the_ends_of_a_null_modem_are_read(element):
    xml = NMDM % (element, element)
    device = new_device(xml)
    device.parse_str(xml)
    assert device.type == "nmdm"
    assert (device.source_master, device.source_slave) == ("/dev/nmdm7A", "/dev/nmdm7B")


@pytest.mark.on_freebsd
@pytest.mark.parametrize("xml", [*OTHERS, NMDM % ("serial", "serial")])
def test_what_is_read_is_written_again(xml):
    device = new_device(xml)
    device.parse_str(xml)
    assert device.to_xml(pretty_print=False) == xml


@pytest.mark.on_freebsd
def test_ports_are_read_as_the_numbers_that_nova_writes():
    device = new_device("<serial")
    device.parse_str(OTHERS[5])
    assert (device.listen_port, device.target_port) == (10000, 1)


@pytest.mark.on_freebsd
def test_what_libvirt_adds_to_a_running_guest_does_no_harm():
    device = new_device("<serial")
    device.parse_str(
        '<serial type="nmdm"><source master="/dev/nmdm7A" slave="/dev/nmdm7B"/>'
        '<target type="isa-serial" port="0"><model name="isa-serial"/></target>'
        '<alias name="serial0"/></serial>'
    )
    assert device.source_slave == "/dev/nmdm7B"
    assert (device.target_type, device.target_port) == ("isa-serial", 0)


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("fields", "xml"),
    [
        ({"type": "pty"}, OTHERS[0]),
        ({"type": "file", "source_path": "/tmp/console.log"}, OTHERS[2]),
        (
            {"type": "tcp", "listen_host": "127.0.0.1", "listen_port": 10000},
            '<serial type="tcp"><source mode="bind" host="127.0.0.1" service="10000"/></serial>',
        ),
    ],
)
def test_the_serial_devices_of_linux_are_what_they_were(fields, xml):
    device = new_device(xml)
    for name, value in fields.items():
        setattr(device, name, value)
    assert device.to_xml(pretty_print=False) == xml
