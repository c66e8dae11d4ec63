"""Checks of nova/vnc-gop-tablet.patch: the graphics of a bhyve guest, and what belongs to them."""

import types

import any_release
import guest_recipe
import pytest

pytestmark = [pytest.mark.on_amd64, pytest.mark.patch("nova/vnc-gop-tablet.patch")]

GRAPHICAL = ("graphics", "video", "input", "channel")


@pytest.fixture
def driver(driver_for, option):
    """A driver for bhyve guests, with VNC on port addresses of every interface."""
    option("vnc", "enabled", True)
    option("vnc", "server_listen", "0.0.0.0")
    return driver_for("bhyve")


def graphical(driver, **properties):
    """The graphical devices of a guest of an image with these properties."""
    guest = guest_recipe.make_guest(driver, guest_recipe.make_image(**properties))
    return [
        device.to_xml(pretty_print=False)
        for device in guest.devices
        if device.root_name in GRAPHICAL
    ]


@pytest.mark.on_freebsd
def test_a_guest_without_firmware_has_no_graphics_whatever_the_options_say(driver):
    assert graphical(driver) == []
    assert graphical(driver, hw_video_model="gop", hw_input_bus="usb") == []


@pytest.mark.on_freebsd
def test_a_guest_with_firmware_has_vnc_a_framebuffer_and_a_tablet(driver):
    assert graphical(driver, hw_firmware_type="uefi") == [
        '<graphics type="vnc" autoport="yes" listen="0.0.0.0"/>',
        '<video><model type="gop"/></video>',
        '<input type="tablet" bus="usb"/>',
    ]


@pytest.mark.on_freebsd
def test_without_vnc_a_guest_with_firmware_has_no_graphics_either(driver, option):
    option("vnc", "enabled", False)
    assert graphical(driver, hw_firmware_type="uefi") == []


@pytest.mark.on_freebsd
def test_a_host_may_do_without_the_tablet(driver, option):
    option(None, "pointer_model", "ps2mouse")
    guest = guest_recipe.make_guest(driver, guest_recipe.make_image(hw_firmware_type="uefi"))
    assert guest_recipe.find(guest, "./devices/input") == []
    assert guest_recipe.find(guest, "./devices/graphics") != []


@pytest.mark.on_freebsd
def test_an_instance_whose_defaults_were_recorded_gets_no_keyboard(driver):
    plain = graphical(driver, hw_firmware_type="uefi")
    recorded = {"hw_input_bus": "usb", "hw_pointer_model": "usbtablet", "hw_video_model": "gop"}
    assert graphical(driver, hw_firmware_type="uefi", **recorded) == plain


@pytest.mark.on_freebsd
def test_what_nova_records_for_an_instance_is_what_bhyve_has(driver):
    image = guest_recipe.make_image(hw_firmware_type="uefi")
    instance = types.SimpleNamespace(image_meta=image)
    any_release.require(type(driver), "_find_default_for_image_property")
    found = driver._find_default_for_image_property(instance, "hw_video_model", None, None)
    assert found == "gop"


@pytest.mark.on_freebsd
@pytest.mark.parametrize("model", ["virtio", "vga", "qxl", "none"])
def test_an_image_that_wants_a_video_model_that_bhyve_lacks_is_refused(model, driver):
    from nova import exception

    with pytest.raises(exception.InvalidVideoMode, match=model):
        graphical(driver, hw_firmware_type="uefi", hw_video_model=model)


@pytest.mark.on_freebsd
def test_an_image_may_name_the_video_model_that_bhyve_has(driver):
    found = graphical(driver, hw_firmware_type="uefi", hw_video_model="gop")
    assert '<video><model type="gop"/></video>' in found


@pytest.mark.on_freebsd
def test_the_port_of_the_vnc_server_is_found_in_the_xml_of_the_running_guest(driver, monkeypatch):
    image = guest_recipe.make_image(hw_firmware_type="uefi")
    guest = guest_recipe.make_guest(driver, image)
    started = guest.to_xml().replace('autoport="yes"', 'port="5907" autoport="yes"')
    running = types.SimpleNamespace(get_xml_desc=lambda: started)
    monkeypatch.setattr(driver._host, "get_guest", lambda instance: running)
    assert driver.get_vnc_console(None, guest_recipe.make_instance(image)).port == "5907"


def model_of_qemu():
    """The video model that nova gives a guest of QEMU by default."""
    from nova.virt.libvirt import driver

    return "virtio" if hasattr(driver.LibvirtDriver, "_get_video_type") else "cirrus"


def video_type(driver, **properties):
    """The video model of a guest of an image with these properties."""
    from nova.virt.libvirt import config

    image = guest_recipe.make_image(**properties)
    flavor = guest_recipe.make_instance(image).flavor
    return driver._add_video_driver(config.LibvirtConfigGuest(), image, flavor).type


@pytest.mark.on_linux
@pytest.mark.parametrize("firmware", [{}, {"hw_firmware_type": "uefi"}])
@pytest.mark.parametrize("virt_type", ["kvm", "qemu"])
def test_on_linux_graphics_do_not_depend_on_the_firmware(virt_type, firmware, driver_for):
    from nova.virt.libvirt import config

    driver = driver_for(virt_type)
    image = guest_recipe.make_image(hw_input_bus="usb", **firmware)
    guest = config.LibvirtConfigGuest()
    guest.os_type = "hvm"
    flavor = guest_recipe.make_instance(image).flavor
    assert driver._guest_add_video_device(guest) is True
    driver._add_video_driver(guest, image, flavor)
    driver._guest_add_pointer_device(guest, image)
    driver._guest_add_keyboard_device(guest, image)
    assert [device.to_xml(pretty_print=False) for device in guest.devices] == [
        '<graphics type="vnc" autoport="yes" listen="127.0.0.1"/>',
        '<video><model type="{}"/></video>'.format(model_of_qemu()),
        '<input type="tablet" bus="usb"/>',
        '<input type="keyboard" bus="usb"/>',
    ]


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("virt_type", "model"), [("kvm", None), ("qemu", None), ("parallels", "vga")]
)
def test_on_linux_the_video_model_is_what_it_was(virt_type, model, driver_for):
    driver = driver_for(virt_type)
    assert video_type(driver) == (model or model_of_qemu())
    assert video_type(driver, hw_video_model="qxl") == "qxl"


@pytest.mark.on_linux
def test_on_linux_a_container_still_has_no_graphics(driver_for):
    from nova.virt.libvirt import config

    assert driver_for("lxc")._guest_add_video_device(config.LibvirtConfigGuest()) is False
