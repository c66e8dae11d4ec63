"""Checks of nova/config-nmdm.patch: null modems in the XML of a guest."""

import pytest

pytestmark = pytest.mark.patch("nova/config-nmdm.patch")

NMDM = '<%s type="nmdm"><source master="/dev/nmdm7A" slave="/dev/nmdm7B"/></%s>'


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


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("fields", "xml"),
    [
        ({"type": "pty"}, '<serial type="pty"/>'),
        (
            {"type": "file", "source_path": "/tmp/console.log"},
            '<serial type="file"><source path="/tmp/console.log"/></serial>',
        ),
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
