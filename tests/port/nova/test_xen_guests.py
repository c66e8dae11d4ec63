"""Checks of nova/xen-guests.patch: how guests of Xen are described. None was ever run.

The values are those that libvirt's libxl driver has in its test data, libxlxml2domconfigdata and
xlconfigdata. A test of this project holds xen_hvm.xml and xen_pvh.xml against libvirt's schema.
"""

import os

import any_release
import guest_recipe
import pytest
import xen_host

pytestmark = pytest.mark.patch("nova/xen-guests.patch")

HERE = os.path.dirname(os.path.abspath(__file__))
KERNEL = {"kernel_id": "11111111-2222-4333-8444-555555555555"}


@pytest.fixture
def xen(driver_for, option):
    """nova's driver on a host of Xen."""
    driver = driver_for("xen")
    xen_host.say_xen(driver._host)
    return driver


def read(name):
    with open(os.path.join(HERE, name)) as file:
        return file.read()


@pytest.mark.on_freebsd
@pytest.mark.since("nova", "34.0.0")
@pytest.mark.on_amd64
def test_a_guest_with_a_disk_of_its_own_is_hvm(xen, require_patch):
    require_patch("nova/xen-phy-disks.patch", True)
    assert guest_recipe.make_guest(xen).to_xml() == read("xen_hvm.xml")


@pytest.mark.on_freebsd
@pytest.mark.since("nova", "34.0.0")
@pytest.mark.on_amd64
def test_a_guest_whose_image_has_a_kernel_is_pvh(xen, require_patch):
    require_patch("nova/xen-phy-disks.patch", True)
    assert guest_recipe.make_guest(xen, **KERNEL).to_xml() == read("xen_pvh.xml")


def test_hvm_has_what_a_firmware_needs_and_pvh_has_none_of_it(xen):
    hvm = guest_recipe.make_guest(xen)
    assert [one.text for one in guest_recipe.find(hvm, "os/type")] == ["hvm"]
    assert guest_recipe.find(hvm, "features/acpi")
    (model,) = guest_recipe.find(hvm, "devices/video/model")
    assert model.get("type") == "vga"
    assert guest_recipe.find(hvm, "devices/graphics")
    pvh = guest_recipe.make_guest(xen, **KERNEL)
    (kind,) = guest_recipe.find(pvh, "os/type")
    assert (kind.text, kind.get("machine")) == ("xenpvh", "xenpvh")
    assert [one.text for one in guest_recipe.find(pvh, "os/kernel")]
    for path in ("features/acpi", "devices/video", "devices/graphics", "devices/input"):
        assert guest_recipe.find(pvh, path) == []


def test_neither_has_what_libxl_does_not_take(xen):
    for fields in ({}, KERNEL):
        guest = guest_recipe.make_guest(xen, **fields)
        for path in ("iothreads", "cpu", "devices/controller", "devices/rng"):
            assert guest_recipe.find(guest, path) == [], path
        (console,) = guest_recipe.find(guest, "devices/console")
        kind = "xen" if fields else "serial"
        assert (console.get("type"), console.find("target").get("type")) == ("pty", kind)


def test_disks_are_on_the_bus_xen_and_cd_drives_on_ide(xen):
    (target,) = guest_recipe.find(guest_recipe.make_guest(xen), "devices/disk/target")
    assert (target.get("dev"), target.get("bus")) == ("xvda", "xen")
    from nova.virt.libvirt import blockinfo

    cdrom = blockinfo.get_disk_bus_for_device_type(None, "xen", guest_recipe.make_image(), "cdrom")
    assert cdrom == "ide"
    assert blockinfo.get_disk_bus_for_disk_dev("xen", "xvdb") == "xen"


def test_other_hypervisors_still_refuse_the_bus_xen(driver_for):
    from nova import exception

    with pytest.raises(exception.UnsupportedHardware):
        guest_recipe.make_guest(driver_for("bhyve"), guest_recipe.make_image(hw_disk_bus="xen"))


@pytest.mark.parametrize(
    ("configured", "uri"), [("", "xen:///system"), ("xen+unix:///", "xen+unix:///")]
)
def test_the_driver_talks_to_libxl(option, configured, uri):
    from nova.virt.libvirt import driver

    option("libvirt", "virt_type", "xen")
    option("libvirt", "connection_uri", configured)
    assert driver.LibvirtDriver._uri() == uri


@pytest.mark.parametrize(("model", "is_valid"), [("netfront", True), ("virtio", False)])
def test_models_of_interfaces_are_those_of_xen(model, is_valid):
    from nova.virt.libvirt import vif

    assert vif.is_vif_model_valid_for_virt("xen", model) is is_valid


def test_a_usb_controller_of_a_chosen_model_is_refused(xen):
    from nova import exception
    from nova.virt import hardware

    any_release.require(hardware, "get_usb_model")
    with pytest.raises(exception.UnsupportedHardware):
        guest_recipe.make_guest(xen, guest_recipe.make_image(hw_usb_model="nec-xhci"))
