"""Checks of nova/uefi-guests.patch: which bhyve guests boot from UEFI firmware."""

import functools

import any_release
import guest_recipe
import pytest

pytestmark = [pytest.mark.on_amd64, pytest.mark.patch("nova/uefi-guests.patch")]


def find_os(driver, specs=None, **properties):
    """The <os> element of a guest of an image with these properties."""
    image = guest_recipe.make_image(**properties)
    (element,) = guest_recipe.find(guest_recipe.make_guest(driver, image, specs), "./os")
    return element


@pytest.mark.on_freebsd
def test_a_guest_whose_image_wants_uefi_boots_from_firmware_that_libvirt_chooses(driver_for):
    element = find_os(driver_for("bhyve"), hw_firmware_type="uefi")
    assert dict(element.attrib) == {"firmware": "efi"}
    assert [child.tag for child in element] == ["type", "boot"]
    assert dict(element.find("type").attrib) == {}


@pytest.mark.on_freebsd
@pytest.mark.parametrize("properties", [{}, {"hw_firmware_type": "bios"}])
def test_any_other_guest_is_left_to_bhyveload(properties, driver_for):
    element = find_os(driver_for("bhyve"), **properties)
    assert dict(element.attrib) == {}
    assert [child.tag for child in element] == ["type", "boot"]


@pytest.mark.on_freebsd
def test_the_firmware_is_chosen_anew_when_the_guest_exists_already(driver_for):
    from nova.virt.libvirt import config

    driver = driver_for("bhyve")
    image = guest_recipe.make_image(hw_firmware_type="uefi")
    instance = guest_recipe.make_instance(image)
    old, new = config.LibvirtConfigGuest(), config.LibvirtConfigGuest()
    old.os_loader = "/usr/local/share/uefi-firmware/BHYVE_UEFI_OLD.fd"
    any_release.call(
        driver._configure_guest_by_virt_type,
        guest=new,
        instance=instance,
        image_meta=image,
        flavor=instance.flavor,
        old_guest=old,
    )
    assert (new.os_firmware, new.os_loader) == ("efi", None)


@pytest.mark.on_freebsd
def test_where_libvirt_has_no_loader_uefi_is_refused(driver_for, connection, monkeypatch):
    from nova import exception

    driver = driver_for("bhyve")
    ask = connection.getDomainCapabilities
    monkeypatch.setattr(
        connection, "getDomainCapabilities", lambda *args: ask(*args).replace("pflash", "rom")
    )
    with pytest.raises(exception.UEFINotSupported):
        find_os(driver, hw_firmware_type="uefi")


@pytest.mark.on_freebsd
def test_secure_boot_is_refused_where_it_is_required_and_left_out_where_it_is_optional(driver_for):
    from nova import exception

    driver = driver_for("bhyve")
    with pytest.raises(exception.SecureBootNotSupported):
        find_os(driver, hw_firmware_type="uefi", os_secure_boot="required")
    with pytest.raises(exception.SecureBootNotSupported):
        find_os(driver, {"os:secure_boot": "required"}, hw_firmware_type="uefi")
    element = find_os(driver, hw_firmware_type="uefi", os_secure_boot="optional")
    assert [child.tag for child in element] == ["type", "boot"]


@pytest.mark.on_freebsd
def test_no_machine_type_is_recorded_for_the_instance(driver_for):
    from nova.virt.libvirt import config

    image = guest_recipe.make_image(hw_firmware_type="uefi")
    instance = guest_recipe.make_instance(image)
    guest = config.LibvirtConfigGuest()
    driver_for("bhyve")._configure_guest_by_virt_type(guest, instance, image, instance.flavor)
    assert (guest.os_mach_type, guest.os_smbios, guest.sysinfo) == (None, None, None)
    assert "image_hw_machine_type" not in instance.system_metadata


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["lxc", "parallels"])
def test_on_linux_the_virt_types_without_firmware_ignore_it_as_before(virt_type, driver_for):
    from nova.virt.libvirt import config

    image = guest_recipe.make_image(hw_firmware_type="uefi", os_secure_boot="required")
    instance = guest_recipe.make_instance(image)
    guest = config.LibvirtConfigGuest()
    driver_for(virt_type)._configure_guest_by_virt_type(guest, instance, image, instance.flavor)
    assert guest.os_firmware is None


@pytest.mark.on_linux
def test_on_linux_a_kvm_guest_has_its_firmware_and_machine_type_as_before(driver_for, monkeypatch):
    from nova.virt.libvirt import config, host

    # In older releases nova chooses the firmware itself.
    chosen = (None, "OVMF.fd") if hasattr(host.Host, "get_loader") else ("efi", None)
    driver = driver_for("kvm")
    for name, answer in (("_check_machine_type", None), ("get_loader", ("OVMF.fd", "", False))):
        give = functools.partial(lambda answer, *args, **options: answer, answer)
        monkeypatch.setattr(driver._host, name, give, raising=False)
    monkeypatch.setattr(driver._host, "_supports_uefi", True)
    image = guest_recipe.make_image(hw_firmware_type="uefi", hw_machine_type="q35")
    instance = guest_recipe.make_instance(image)
    guest = config.LibvirtConfigGuest()
    driver._configure_guest_by_virt_type(guest, instance, image, instance.flavor)
    assert (guest.os_firmware, guest.os_loader) == chosen
    assert (guest.os_mach_type, guest.os_loader_secure) == ("q35", False)
    assert guest.sysinfo is not None
