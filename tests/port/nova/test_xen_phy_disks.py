"""Checks of nova/xen-phy-disks.patch: who serves the disks of a guest of Xen."""

import guest_recipe
import pytest
import xen_host

pytestmark = pytest.mark.patch("nova/xen-phy-disks.patch")


def drivers(guest):
    return [one.get("name") for one in guest_recipe.find(guest, "devices/disk/driver")]


@pytest.mark.parametrize(("is_forced", "name"), [(False, "qemu"), (True, "phy")])
def test_a_file_is_served_by_qemu_unless_the_kernel_is_forced(is_forced, name, driver_for, option):
    driver = driver_for("xen")
    xen_host.say_xen(driver._host)
    option("libvirt", "force_xen_phy", is_forced)
    assert drivers(guest_recipe.make_guest(driver)) == [name]


@pytest.mark.parametrize(
    ("source", "is_forced", "name"),
    [
        ("block", False, "phy"),
        ("block", True, "phy"),
        ("network", False, "qemu"),
        ("network", True, "qemu"),
    ],
)
def test_a_device_is_served_by_the_kernel_and_the_network_by_qemu(
    source, is_forced, name, option, driver_for, monkeypatch
):
    from nova.virt.libvirt import imagebackend

    driver = driver_for("xen")
    xen_host.say_xen(driver._host)
    option("libvirt", "force_xen_phy", is_forced)
    start = imagebackend.Image.__init__

    def with_source(self, *args, **options):
        start(self, *args, **options)
        self.source_type = source

    monkeypatch.setattr(imagebackend.Image, "__init__", with_source)
    assert drivers(guest_recipe.make_guest(driver)) == [name]


@pytest.mark.parametrize(("is_device", "name"), [(True, "phy"), (False, "qemu")])
def test_a_volume_that_is_a_device_is_served_by_the_kernel(is_device, name, option):
    from nova.virt.libvirt.volume import volume

    option("libvirt", "virt_type", "xen")
    option("libvirt", "force_xen_phy", True)
    found = volume.LibvirtBaseVolumeDriver(None, is_block_dev=is_device).get_config(
        {"data": {}}, {"type": "disk", "bus": "xen", "dev": "xvdb"}
    )
    assert found.driver_name == name


def test_other_guests_have_the_driver_that_they_had(driver_for):
    assert drivers(guest_recipe.make_guest(driver_for("bhyve"))) == [None]


@pytest.mark.parametrize(
    ("options", "is_refused"),
    [
        ({}, False),
        ({"images_type": "qcow2"}, True),
        ({"images_type": "default"}, True),
        ({"force_raw_images": False}, True),
    ],
)
def test_forcing_the_kernel_needs_raw_disks(options, is_refused, make_driver, option):
    from nova import exception

    driver = make_driver("xen")
    option("libvirt", "force_xen_phy", True)
    for name, value in options.items():
        option(None if name == "force_raw_images" else "libvirt", name, value)
    if not is_refused:
        driver._check_xen_configuration()
        return
    with pytest.raises(exception.InvalidConfiguration, match="force_xen_phy"):
        driver._check_xen_configuration()
