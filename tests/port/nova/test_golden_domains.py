"""The domain XML of whole guests: as it was agreed, and as libvirt and its bhyve driver take it.

A golden file is the XML byte for byte, but for the metadata of older releases, which say less
there. To agree on other XML, write what the check prints.
"""

import re
import shutil
import subprocess
from pathlib import Path

import guest_recipe
import pytest

GOLDEN = Path(__file__).with_name("golden")
PATCHES = [
    "blockinfo-bhyve",
    "config-nmdm",
    "consoles-bhyve",
    "cpu-topology-bhyve",
    "features-acpi-apic",
    "rng-dev-random",
    "uefi-guests",
    "usb-controller-bhyve",
    "vif-bhyve-models",
    "vif-no-delegate-bhyve",
    "vnc-gop-tablet",
]
pytestmark = [
    pytest.mark.on_amd64,
    pytest.mark.on_freebsd,
    *(pytest.mark.patch("nova/{}.patch".format(name)) for name in PATCHES),
]

METADATA = re.compile(b"<metadata>.*</metadata>", re.DOTALL)
VALIDATOR = {"virt-xml-validate": "libvirt-clients", "xmllint": "libxml2-utils"}
NO_VNC = [("vnc", "enabled", False)]
UEFI = {"hw_firmware_type": "uefi"}

# Name of the golden file: properties of the image, ports, fields of the instance, options.
RECIPES = {
    "freebsd-by-bhyveload": ({}, 1, {}, []),
    "linux-by-uefi": ({"os_type": "linux", **UEFI}, 1, {}, NO_VNC),
    "windows-by-uefi-with-vnc": (
        {"os_type": "windows", **UEFI},
        1,
        {"specs": {"hw:cpu_max_sockets": "1"}},
        [],
    ),
    "config-drive": ({}, 1, {"config_drive": "True"}, []),
    "two-ports": ({}, 2, {}, []),
    "serial-proxy": ({}, 1, {}, [("serial_console", "enabled", True)]),
}


@pytest.fixture(params=sorted(RECIPES))
def recipe(request):
    """The name of one guest."""
    return request.param


@pytest.fixture
def xml(recipe, driver_for, option, require_patch, monkeypatch):
    """The XML that nova makes of this guest, with libvirt 11.3."""
    from nova.console import serial
    from nova.virt.libvirt import config

    has_threads = hasattr(config.LibvirtConfigGuest(), "iothreads")
    require_patch("nova/no-iothreads-bhyve.patch", has_threads)
    properties, ports, fields, options = RECIPES[recipe]
    driver = driver_for("bhyve")
    for group, name, value in options:
        option(group, name, value)
    monkeypatch.setattr(serial, "acquire_port", lambda host: 10000)
    vifs = [guest_recipe.make_vif(number) for number in range(ports)]
    image = guest_recipe.make_image(**properties)
    return guest_recipe.make_guest(driver, image, vifs=vifs, **fields).to_xml()


def test_a_guest_has_the_xml_that_was_agreed(recipe, xml):
    from nova.virt.libvirt import config

    made, agreed = xml.encode(), (GOLDEN / (recipe + ".xml")).read_bytes()
    if not hasattr(config, "LibvirtConfigGuestMetaImage"):
        assert METADATA.search(made)
        made, agreed = (METADATA.sub(b"", text) for text in (made, agreed))
    assert made == agreed


def test_libvirts_schema_takes_the_guest(xml, tmp_path):
    for command, package in VALIDATOR.items():
        if shutil.which(command) is None:
            pytest.skip("no {}; on Debian it is in {}".format(command, package))
    path = tmp_path / "guest.xml"
    path.write_text(xml)
    done = subprocess.run(
        ["virt-xml-validate", str(path), "domain"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert done.returncode == 0, done.stdout.decode()


def test_the_bhyve_driver_starts_the_guest(recipe, xml, connection, tmp_path):
    xml = xml.replace(guest_recipe.INSTANCES, str(tmp_path))
    disks = tmp_path / guest_recipe.UUID
    disks.mkdir()
    for name in ("disk", "disk.config"):
        (disks / name).write_bytes(b"raw")

    domain = connection.defineXML(xml)
    domain.create()
    assert domain.isActive()
    assert ("<loader" in domain.XMLDesc()) == recipe.endswith(("by-uefi", "with-vnc"))


def test_every_golden_file_has_its_recipe():
    assert sorted(path.stem for path in GOLDEN.glob("*")) == sorted(RECIPES)
