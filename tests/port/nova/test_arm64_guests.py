"""Checks of nova/arm64-guests.patch: the domains of a bhyve host on arm64, and what it refuses."""

import guest_recipe
import pytest
from bhyve_libvirt import Driver
from bhyve_libvirt.definition import U_BOOT

pytestmark = pytest.mark.patch("nova/arm64-guests.patch")

UEFI = {"hw_firmware_type": "uefi"}


@pytest.fixture
def arm64(connection):
    """arm64(version) makes the host one on arm64, with this libvirt."""

    def become(version=12005000):
        connection.driver = Driver(version, "aarch64")
        return connection

    return become


@pytest.mark.on_freebsd
@pytest.mark.parametrize("properties", [{}, UEFI, {"os_type": "windows", **UEFI}])
@pytest.mark.parametrize("version", [12001000, 12005000])
def test_a_guest_has_what_bhyve_takes_on_arm64(version, properties, driver_for, arm64):
    connection = arm64(version)
    image = guest_recipe.make_image(**properties)
    guest = guest_recipe.make_guest(driver_for("bhyve"), image)
    for path in (
        "features/*",
        "devices/graphics",
        "devices/video",
        "devices/controller[@type='isa']",
    ):
        assert guest_recipe.find(guest, "./" + path) == []
    assert guest_recipe.find(guest, "./os")[0].get("firmware") is None
    assert [clock.get("offset") for clock in guest_recipe.find(guest, "./clock")] == ["localtime"]
    (line,) = connection.domainXMLToNative("bhyve-argv", guest.to_xml()).splitlines()
    words = line.split()
    assert "bootrom=" + U_BOOT in words
    assert "console=/dev/nmdm{}A".format(guest_recipe.UUID) in words
    assert not {"-A", "-I", "-u", "-w", "-H", "-P", "-l"} & set(words)


@pytest.mark.on_freebsd
def test_secure_boot_is_refused_where_it_is_required(driver_for, arm64):
    from nova import exception

    arm64()
    image = guest_recipe.make_image(os_secure_boot="required", **UEFI)
    with pytest.raises(exception.SecureBootNotSupported):
        guest_recipe.make_guest(driver_for("bhyve"), image)


@pytest.mark.on_freebsd
def test_what_cannot_work_is_refused_at_the_start_in_one_message(
    driver_for, arm64, option, monkeypatch
):
    from nova import exception

    connection = arm64(12000000)
    option("libvirt", "bhyve_tcp_console", True)
    driver = driver_for("bhyve")
    with pytest.raises(exception.InvalidConfiguration) as caught:
        driver._check_bhyve_configuration()
    assert "libvirt before 12.1.0 on arm64, upgrade it" in str(caught.value)
    assert "'[libvirt] bhyve_tcp_console = True' on arm64, set it to 'False'" in str(caught.value)

    connection.driver.version = 12000999
    with monkeypatch.context() as on_an_older_freebsd:
        on_an_older_freebsd.setattr(connection, "getVersion", lambda: 14005000)
        with pytest.raises(exception.InvalidConfiguration) as caught:
            driver._check_bhyve_configuration()
    assert "libvirt before 12.1.0 on arm64" in str(caught.value)
    assert str(caught.value).count("bhyve_tcp_console") == 1

    connection.driver.version = 12001000
    option("libvirt", "bhyve_tcp_console", False)
    driver._check_bhyve_configuration()


@pytest.mark.on_freebsd
@pytest.mark.on_amd64
def test_on_amd64_a_guest_has_what_it_had(driver_for):
    driver = driver_for("bhyve")
    guest = guest_recipe.make_guest(driver, guest_recipe.make_image(**UEFI))
    assert [e.tag for e in guest_recipe.find(guest, "./features/*")] == ["acpi", "apic"]
    assert [clock.get("offset") for clock in guest_recipe.find(guest, "./clock")] == ["utc"]
    driver._check_bhyve_configuration()


@pytest.mark.on_linux
def test_on_linux_an_arm64_host_of_kvm_has_the_clock_and_features_as_before(driver_for, arm64):
    from nova.virt.libvirt import config

    arm64()
    image = guest_recipe.make_image()
    instance = guest_recipe.make_instance(image)
    guest = config.LibvirtConfigGuest()
    driver = driver_for("qemu")
    driver._set_clock(guest, None, image)
    driver._set_features(guest, None, image, instance.flavor)
    assert guest.clock.offset == "utc"
    assert [f.root_name for f in guest.features][:2] == ["acpi", "apic"]
    container = config.LibvirtConfigGuest()
    driver_for("lxc")._set_features(container, "windows", image, instance.flavor)
    assert container.features == []


@pytest.mark.on_freebsd
def test_a_host_of_qemu_on_arm64_is_not_one_of_bhyve(driver_for, arm64):
    arm64()
    assert driver_for("bhyve")._is_bhyve_on_arm64()
    assert not driver_for("qemu")._is_bhyve_on_arm64()
