"""Checks of nova/refuse-ignored-devices.patch: no device that bhyve would leave out in silence."""

import any_release
import guest_recipe
import pytest

pytestmark = pytest.mark.patch("nova/refuse-ignored-devices.patch")

UEFI = {"hw_firmware_type": "uefi"}


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
        ({}, {"hw_input_bus": "virtio", **UEFI}, "input"),
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
@pytest.mark.parametrize("properties", [{}, UEFI, {"hw_input_bus": "usb", **UEFI}])
def test_a_guest_with_what_bhyve_has_is_not_refused(properties, driver_for):
    guest = guest_recipe.make_guest(driver_for("bhyve"), guest_recipe.make_image(**properties))
    assert len(guest_recipe.find(guest, "./devices/input")) == ("hw_firmware_type" in properties)


@pytest.mark.on_linux
def test_on_linux_a_guest_has_its_watchdog_as_before(driver_for):
    specs = {"hw:watchdog_action": "reset"}
    guest = guest_recipe.make_guest(driver_for("parallels"), specs=specs)
    assert len(guest_recipe.find(guest, "./devices/watchdog")) == 1
