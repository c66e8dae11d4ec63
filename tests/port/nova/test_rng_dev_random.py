"""Checks of nova/rng-dev-random.patch: where a bhyve guest gets random numbers from."""

import guest_recipe
import pytest

pytestmark = pytest.mark.patch("nova/rng-dev-random.patch")

RNG_SINCE = 11003000
FROM_RANDOM = '<rng model="virtio"><backend model="random">/dev/random</backend></rng>'


def generators(driver, specs=None):
    """The random number generators of a guest."""
    from nova.virt.libvirt import config

    guest = guest_recipe.make_guest(driver, specs=specs)
    return [
        device.to_xml(pretty_print=False)
        for device in guest.devices
        if isinstance(device, config.LibvirtConfigGuestRng)
    ]


@pytest.mark.on_freebsd
@pytest.mark.parametrize("path", ["/dev/urandom", "/dev/random", "/dev/hwrng", ""])
def test_the_source_is_dev_random_whatever_the_option_says(path, driver_for, option):
    option("libvirt", "rng_dev_path", path)
    assert generators(driver_for("bhyve")) == [FROM_RANDOM]


@pytest.mark.on_freebsd
@pytest.mark.parametrize("libvirt_version", [9000000, RNG_SINCE - 1])
def test_a_libvirt_that_would_ignore_the_device_is_not_given_one(
    libvirt_version, driver_for, connection
):
    connection.getLibVersion = lambda: libvirt_version
    assert generators(driver_for("bhyve")) == []


@pytest.mark.on_freebsd
def test_a_flavor_may_forbid_the_device(driver_for):
    assert generators(driver_for("bhyve"), {"hw_rng:allowed": "False"}) == []


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu"])
@pytest.mark.parametrize("path", ["/dev/urandom", "/dev/random"])
def test_on_linux_the_option_names_the_source_as_before(path, virt_type, driver_for, option):
    from nova.virt.libvirt import config

    option("libvirt", "rng_dev_path", path)
    driver = driver_for(virt_type)
    image = guest_recipe.make_image()
    guest = config.LibvirtConfigGuest()
    driver._add_rng_device(guest, guest_recipe.make_instance(image).flavor, image)
    assert [device.backend for device in guest.devices] == [path]


@pytest.mark.on_linux
def test_on_linux_a_source_that_is_not_there_is_refused_as_before(driver_for, option):
    from nova import exception
    from nova.virt.libvirt import config

    option("libvirt", "rng_dev_path", "/dev/no-such-generator")
    driver = driver_for("kvm")
    image = guest_recipe.make_image()
    with pytest.raises(exception.RngDeviceNotExist):
        driver._add_rng_device(
            config.LibvirtConfigGuest(), guest_recipe.make_instance(image).flavor, image
        )
