"""Checks of nova/usb-controller-bhyve.patch: bhyve has a USB controller for a tablet only."""

import any_release
import guest_recipe
import pytest

pytestmark = pytest.mark.patch("nova/usb-controller-bhyve.patch")
NAMED = pytest.mark.since("nova", "33")  # no image or flavor names a model before


def controllers(driver, inputs=(), specs=None, **properties):
    """The USB controllers of a guest that has these input devices, as (type, bus) pairs."""
    from nova.virt.libvirt import config

    image = guest_recipe.make_image(**properties)
    instance = guest_recipe.make_instance(image, specs)
    guest = config.LibvirtConfigGuest()
    for kind, bus in inputs:
        device = config.LibvirtConfigGuestInput()
        device.type, device.bus = kind, bus
        guest.add_device(device)
    any_release.call(
        driver._guest_add_usb_root_controller,
        guest=guest,
        flavor=instance.flavor,
        image_meta=image,
    )
    return [
        dict(device.format_dom().attrib)
        for device in guest.devices
        if isinstance(device, config.LibvirtConfigGuestUSBHostController)
    ]


@pytest.mark.on_freebsd
def test_a_guest_without_a_tablet_has_no_controller(driver_for):
    assert controllers(driver_for("bhyve")) == []


@pytest.mark.on_freebsd
def test_a_guest_with_a_tablet_has_the_one_controller_that_bhyve_has(driver_for):
    found = controllers(driver_for("bhyve"), [("tablet", "usb")])
    assert found == [{"type": "usb", "index": "0", "model": "nec-xhci"}]


@pytest.fixture
def asks_for(driver_for):
    """Function (model, inputs=()) that gives the controllers by image and by flavor."""

    def ask(model, inputs=()):
        driver = driver_for("bhyve")
        by_image = controllers(driver, inputs, hw_usb_model=model)
        assert controllers(driver, inputs, specs={"hw:usb_model": model}) == by_image
        return by_image

    return ask


@pytest.mark.on_freebsd
@NAMED
@pytest.mark.parametrize("model", ["none", "nec-xhci"])
def test_what_bhyve_has_may_be_named(model, asks_for, driver_for):
    plain = driver_for("bhyve")
    assert asks_for(model) == controllers(plain) == []
    tablet = [("tablet", "usb")]
    assert asks_for(model, tablet) == controllers(plain, tablet)


@pytest.mark.on_freebsd
@NAMED
@pytest.mark.parametrize("inputs", [(), [("tablet", "usb")]])
def test_a_model_that_bhyve_lacks_is_refused_by_name(inputs, asks_for):
    from nova import exception

    with pytest.raises(exception.UnsupportedHardware, match=r"'qemu-xhci' .* 'bhyve'"):
        asks_for("qemu-xhci", inputs)


@pytest.mark.on_freebsd
@NAMED
def test_a_model_that_nova_does_not_know_is_refused_as_elsewhere(asks_for, driver_for):
    from nova import exception

    with pytest.raises(exception.Invalid, match="Invalid USB controller model 'ehci'"):
        controllers(driver_for("bhyve"), specs={"hw:usb_model": "ehci"})


@pytest.mark.on_freebsd
@NAMED
def test_an_image_and_a_flavor_that_disagree_are_refused_as_elsewhere(asks_for, driver_for):
    from nova import exception

    specs = {"hw:usb_model": "nec-xhci"}
    with pytest.raises(exception.FlavorImageConflict):
        controllers(driver_for("bhyve"), specs=specs, hw_usb_model="none")


@pytest.mark.on_freebsd
def test_a_whole_guest_without_graphics_has_no_controller(driver_for, option):
    option("vnc", "enabled", False)
    guest = guest_recipe.make_guest(driver_for("bhyve"))
    assert guest_recipe.find(guest, "./devices/controller[@type='usb']") == []


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu", "lxc", "parallels"])
def test_on_linux_every_guest_has_its_controller_as_before(virt_type, driver_for):
    driver = driver_for(virt_type)
    assert controllers(driver) == [{"type": "usb", "index": "0", "model": "none"}]
    assert controllers(driver, [("tablet", "usb")]) == [{"type": "usb", "index": "0"}]


@pytest.mark.on_linux
def test_on_linux_an_image_names_the_model_as_before(driver_for):
    from nova import objects

    found = controllers(driver_for("kvm"), hw_usb_model="qemu-xhci")
    model = "qemu-xhci" if "hw_usb_model" in objects.ImageMetaProps.fields else "none"
    assert found == [{"type": "usb", "index": "0", "model": model}]
