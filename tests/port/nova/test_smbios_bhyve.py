"""Checks of nova/smbios-bhyve.patch: by what a guest sees that it runs on OpenStack."""

import guest_recipe
import pytest

pytestmark = pytest.mark.patch("nova/smbios-bhyve.patch")

UEFI = {"hw_firmware_type": "uefi"}


def make(driver, **properties):
    return guest_recipe.make_guest(driver, guest_recipe.make_image(**properties))


@pytest.mark.on_freebsd
@pytest.mark.parametrize("properties", [{}, UEFI])
def test_the_product_is_openstack_where_libvirt_passes_it_on(properties, driver_for, connection):
    connection.driver.version = 12005000
    guest = make(driver_for("bhyve"), **properties)
    entries = {
        entry.get("name"): entry.text
        for entry in guest_recipe.find(guest, "./sysinfo[@type='smbios']/system/entry")
    }
    assert entries["product"] == "OpenStack Nova"
    assert entries["serial"] == entries["uuid"] == guest_recipe.UUID
    assert [e.get("mode") for e in guest_recipe.find(guest, "./os/smbios")] == ["sysinfo"]


@pytest.mark.on_freebsd
@pytest.mark.parametrize("version", [9000000, 11003000, 12004000])
def test_an_older_libvirt_that_would_drop_it_is_not_told(version, driver_for, connection):
    connection.driver.version = version
    guest = make(driver_for("bhyve"), **UEFI)
    assert guest_recipe.find(guest, "./sysinfo") == []
    assert guest_recipe.find(guest, "./os/smbios") == []


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["lxc", "parallels"])
def test_on_linux_the_virt_types_without_smbios_have_none_as_before(virt_type, driver_for):
    from nova.virt.libvirt import config

    image = guest_recipe.make_image()
    instance = guest_recipe.make_instance(image)
    guest = config.LibvirtConfigGuest()
    driver_for(virt_type)._configure_guest_by_virt_type(guest, instance, image, instance.flavor)
    assert (guest.sysinfo, guest.os_smbios) == (None, None)
