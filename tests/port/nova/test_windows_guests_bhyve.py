"""Checks of nova/windows-guests-bhyve.patch: what a Windows guest has on bhyve, and others not."""

import guest_recipe
import pytest

pytestmark = [pytest.mark.on_amd64, pytest.mark.patch("nova/windows-guests-bhyve.patch")]

UEFI = {"hw_firmware_type": "uefi"}


def make(driver, **properties):
    return guest_recipe.make_guest(driver, guest_recipe.make_image(**properties))


@pytest.mark.on_freebsd
def test_windows_has_its_lpc_bridge_on_slot_31_and_may_read_any_msr(driver_for, connection, option):
    option("vnc", "enabled", False)  # the native form has no firmware, which a screen needs
    guest = make(driver_for("bhyve"), os_type="windows", **UEFI)
    (isa,) = guest_recipe.find(guest, "./devices/controller[@type='isa']")
    assert isa.get("index") == "0"
    assert dict(isa.find("address").attrib) == {"type": "pci", "slot": "0x1f"}
    (msrs,) = guest_recipe.find(guest, "./features/msrs")
    assert dict(msrs.attrib) == {"unknown": "ignore"}

    for version in (11003000, 12005000):
        connection.driver.version = version
        lines = connection.domainXMLToNative("bhyve-argv", guest.to_xml()).splitlines()
        assert " -w " in lines[-1]
        assert "-s 31:0,lpc " in lines[-1]


@pytest.mark.on_freebsd
@pytest.mark.parametrize("properties", [{}, UEFI, {"os_type": "linux"}])
def test_another_guest_has_neither(properties, driver_for):
    guest = make(driver_for("bhyve"), **properties)
    assert guest_recipe.find(guest, "./devices/controller[@type='isa']") == []
    assert guest_recipe.find(guest, "./features/msrs") == []


def test_an_isa_controller_without_a_slot_has_no_address():
    from nova.virt.libvirt import config

    controller = config.LibvirtConfigGuestISAController()
    assert controller.to_xml(pretty_print=False) == '<controller type="isa"/>'
    feature = config.LibvirtConfigGuestFeatureMSRs()
    assert feature.to_xml(pretty_print=False) == "<msrs/>"


@pytest.mark.on_linux
def test_on_linux_windows_guests_have_the_features_that_they_had(driver_for):
    from nova.virt.libvirt import config

    image = guest_recipe.make_image(os_type="windows")
    instance = guest_recipe.make_instance(image)
    guest = config.LibvirtConfigGuest()
    driver_for("kvm")._set_features(guest, "windows", image, instance.flavor)
    assert [f.root_name for f in guest.features][:3] == ["acpi", "apic", "hyperv"]
    assert "msrs" not in [f.root_name for f in guest.features]
