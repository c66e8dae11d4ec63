"""A check of nova/driver-freebsd-gate-and-uri.patch: what nova asks QEMU for, without KVM.

A test of this project starts a real QEMU with the same file, where there is one.
"""

import os

import guest_recipe
import pytest

pytestmark = [pytest.mark.on_amd64, pytest.mark.patch("nova/driver-freebsd-gate-and-uri.patch")]

DOMAIN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "qemu_guest.xml")
GUESTS = """\
<guest>
  <os_type>hvm</os_type>
  <arch name="x86_64">
    <wordsize>64</wordsize>
    <machine maxCpus="255">pc</machine>
    <domain type="qemu"/>
  </arch>
</guest>
"""
"""What libvirt's QEMU driver says that it can run; the stand-in is of its bhyve driver."""


def say_qemu(host):
    """Let the capabilities of the host name QEMU's guests in place of bhyve's."""
    from lxml import etree
    from nova.virt.libvirt import config

    found = etree.fromstring(host.get_connection().getCapabilities())
    for guest in found.findall("guest"):
        found.remove(guest)
    found.append(etree.fromstring(GUESTS))
    host._caps = config.LibvirtConfigCaps()
    host._caps.parse_str(etree.tostring(found, encoding="unicode"))


@pytest.mark.on_freebsd
@pytest.mark.since("nova", "34.0.0")
def test_a_guest_of_qemu_is_the_one_that_a_real_qemu_starts(driver_for, option):
    driver = driver_for("qemu")
    say_qemu(driver._host)
    option("libvirt", "cpu_mode", "none")
    found = guest_recipe.make_guest(driver).to_xml()
    with open(DOMAIN) as file:
        assert found == file.read()
