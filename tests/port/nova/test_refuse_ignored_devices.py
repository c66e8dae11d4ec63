"""Checks of nova/refuse-ignored-devices.patch: no device that bhyve would leave out in silence."""

import contextlib

import any_release
import guest_recipe
import pytest

pytestmark = pytest.mark.patch("nova/refuse-ignored-devices.patch")

UEFI = {"hw_firmware_type": "uefi"}
ENCRYPTION = "volume_encryption"


def refusal(driver, specs=None, **properties):
    """What is said of a guest that asks for this."""
    from nova import exception

    with pytest.raises(exception.UnsupportedHardware) as caught:
        guest_recipe.make_guest(driver, guest_recipe.make_image(**properties), specs)
    return str(caught.value)


@pytest.mark.on_freebsd
@pytest.mark.parametrize(
    ("specs", "properties", "device"),
    [
        ({"hw:watchdog_action": "reset"}, {}, "watchdog"),
        ({}, {"hw_watchdog_action": "poweroff"}, "watchdog"),
        ({"hw:redirected_usb_ports": "2"}, {}, "redirdev"),
        pytest.param({}, {"hw_input_bus": "virtio", **UEFI}, "input", marks=pytest.mark.on_amd64),
    ],
)
def test_what_a_flavor_or_an_image_asks_for_in_vain_is_refused(
    specs, properties, device, driver_for
):
    driver = driver_for("bhyve")
    if device == "redirdev":
        any_release.require(type(driver), "_add_redirected_usb_ports")
    found = refusal(driver, specs, **properties)
    assert found == "Requested hardware '{}' is not supported by the 'bhyve' virt driver".format(
        device
    )


@pytest.mark.on_freebsd
def test_the_channel_of_the_spice_agent_is_refused(driver_for, option):
    option("spice", "enabled", True)
    assert "'channel'" in refusal(driver_for("bhyve"))


@pytest.mark.on_freebsd
@pytest.mark.parametrize("name", ["LibvirtConfigGuestHostdevPCI", "LibvirtConfigGuestVPMEM"])
def test_a_device_of_the_host_is_refused(name, driver_for):
    from nova import exception
    from nova.virt.libvirt import config

    guest = config.LibvirtConfigGuest()
    guest.add_device(getattr(config, name)())
    with pytest.raises(exception.UnsupportedHardware):
        driver_for("bhyve")._check_bhyve_devices(guest)


@pytest.mark.on_freebsd
@pytest.mark.parametrize("properties", [{}, UEFI])
def test_a_kernel_of_its_own_that_an_image_asks_for_is_refused(properties, driver_for):
    from nova import exception

    image = guest_recipe.make_image(**properties)
    with pytest.raises(exception.UnsupportedHardware, match="'kernel' is not supported"):
        guest_recipe.make_guest(driver_for("bhyve"), image, kernel_id="kernel")


@pytest.mark.on_freebsd
@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("disk", {"readonly": True}, "read-only disk"),
        ("disk", {ENCRYPTION: True}, "encrypted disk"),
        ("cdrom", {"readonly": True}, None),
        ("disk", {}, None),
    ],
)
def test_a_disk_is_refused_for_what_bhyve_would_not_keep_to(kind, fields, words, driver_for):
    from nova import exception
    from nova.virt.libvirt import config

    disk = config.LibvirtConfigGuestDisk()
    disk.source_device = kind
    for name, value in fields.items():
        # Older releases know one encryption only.
        name = name if hasattr(disk, name) else "encryption"
        setattr(disk, name, value)
    guest = config.LibvirtConfigGuest()
    guest.add_device(disk)
    refused = pytest.raises(exception.UnsupportedHardware, match="'{}'".format(words))
    with refused if words else contextlib.nullcontext():
        driver_for("bhyve")._check_bhyve_devices(guest)


@pytest.mark.on_freebsd
def test_a_volume_that_cinder_gives_to_be_read_only_is_refused(driver_for):
    from nova import exception
    from nova.virt.libvirt import config

    driver = driver_for("bhyve")
    volume = any_release.call(
        driver._get_volume_config,
        instance=guest_recipe.make_instance(guest_recipe.make_image()),
        connection_info={
            "driver_volume_type": "nfs",
            "data": {"device_path": "/volumes/volume", "access_mode": "ro"},
        },
        disk_info={"bus": "virtio", "dev": "vdb", "type": "disk"},
    )
    guest = config.LibvirtConfigGuest()
    guest.add_device(volume)
    with pytest.raises(exception.UnsupportedHardware, match="'read-only disk'"):
        driver._check_bhyve_devices(guest)


@pytest.mark.on_freebsd
@pytest.mark.on_amd64
def test_all_that_would_be_missing_is_in_one_message(driver_for):
    specs = {"hw:watchdog_action": "reset"}
    found = refusal(driver_for("bhyve"), specs, hw_input_bus="virtio", **UEFI)
    assert "'input, watchdog'" in found


@pytest.mark.on_freebsd
@pytest.mark.on_amd64
@pytest.mark.parametrize("properties", [{}, UEFI, {"hw_input_bus": "usb", **UEFI}])
def test_a_guest_with_what_bhyve_has_is_not_refused(properties, driver_for):
    guest = guest_recipe.make_guest(driver_for("bhyve"), guest_recipe.make_image(**properties))
    assert len(guest_recipe.find(guest, "./devices/input")) == ("hw_firmware_type" in properties)


@pytest.mark.on_linux
def test_on_linux_a_guest_has_its_watchdog_as_before(driver_for):
    specs = {"hw:watchdog_action": "reset"}
    guest = guest_recipe.make_guest(driver_for("parallels"), specs=specs)
    assert len(guest_recipe.find(guest, "./devices/watchdog")) == 1
