"""Checks of nova/features-acpi-apic.patch: the features of a guest."""

import guest_recipe
import pytest

pytestmark = [pytest.mark.on_amd64, pytest.mark.patch("nova/features-acpi-apic.patch")]


def features(driver, os_type=None, **properties):
    """The names of the features of a guest, in order."""
    from nova.virt.libvirt import config

    image = guest_recipe.make_image(**properties)
    instance = guest_recipe.make_instance(image)
    guest = config.LibvirtConfigGuest()
    driver._set_features(guest, os_type, image, instance.flavor)
    return [feature.root_name for feature in guest.features]


@pytest.mark.on_freebsd
@pytest.mark.parametrize("os_type", [None, "linux", "windows"])
def test_a_bhyve_guest_has_acpi_and_an_apic_and_nothing_of_qemu(os_type, driver_for):
    found = features(driver_for("bhyve"), os_type, img_hide_hypervisor_id=True)
    assert [name for name in found if name != "msrs"] == ["acpi", "apic"]  # that is for Windows


@pytest.mark.on_freebsd
def test_the_workaround_leaves_the_apic_out(driver_for, option):
    option("workarounds", "libvirt_disable_apic", True)
    assert features(driver_for("bhyve")) == ["acpi"]


@pytest.mark.on_freebsd
def test_the_features_are_in_the_xml_of_a_whole_guest(driver_for):
    guest = guest_recipe.make_guest(driver_for("bhyve"))
    assert [element.tag for element in guest_recipe.find(guest, "./features/*")] == ["acpi", "apic"]


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu"])
def test_on_linux_qemu_has_the_features_it_had(virt_type, driver_for):
    driver = driver_for(virt_type)
    assert features(driver) == ["acpi", "apic", "vmcoreinfo"]
    assert features(driver, "windows") == ["acpi", "apic", "hyperv", "vmcoreinfo"]


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["lxc", "parallels"])
def test_on_linux_the_other_virt_types_still_have_none(virt_type, driver_for):
    assert features(driver_for(virt_type)) == []
