"""Checks of nova/guest-agent-bhyve.patch: which guests have the agent, and what it is good for."""

import guest_recipe
import pytest

pytestmark = pytest.mark.patch("nova/guest-agent-bhyve.patch")

AGENT = {"hw_qemu_guest_agent": "yes"}


def channels(driver, **properties):
    guest = guest_recipe.make_guest(driver, guest_recipe.make_image(**properties))
    return guest, guest_recipe.find(guest, "./devices/channel")


@pytest.mark.on_freebsd
def test_a_guest_whose_image_has_an_agent_has_its_channel(driver_for, connection):
    connection.driver.version = 12005000
    guest, (channel,) = channels(driver_for("bhyve"), **AGENT)
    assert channel.find("target").get("name") == "org.qemu.guest_agent.0"
    path = channel.find("source").get("path")
    assert path.startswith("/var/run/libvirt/bhyve/org.qemu.guest_agent.0.")
    assert path.endswith(".sock")
    lines = connection.domainXMLToNative("bhyve-argv", guest.to_xml())
    assert ":0,virtio-console,org.qemu.guest_agent.0=" + path in lines


@pytest.mark.on_freebsd
@pytest.mark.parametrize(("version", "properties"), [(12004000, AGENT), (12005000, {})])
def test_another_guest_has_none(version, properties, driver_for, connection):
    connection.driver.version = version
    assert channels(driver_for("bhyve"), **properties)[1] == []


@pytest.mark.on_freebsd
def test_a_password_is_set_where_there_is_an_agent_to_do_it(driver_for, connection):
    from nova import exception

    driver = driver_for("bhyve")
    agent, none = guest_recipe.make_image(**AGENT), guest_recipe.make_image()
    connection.driver.version = 12005000
    driver._can_set_admin_password(agent)
    with pytest.raises(exception.QemuGuestAgentNotEnabled):
        driver._can_set_admin_password(none)
    connection.driver.version = 12004000
    with pytest.raises(exception.SetAdminPasswdNotSupported):
        driver._can_set_admin_password(agent)


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu"])
def test_on_linux_the_socket_and_the_conditions_are_as_before(virt_type, driver_for, connection):
    from nova import exception
    from nova.virt.libvirt import config

    driver = driver_for(virt_type)
    guest = config.LibvirtConfigGuest()
    instance = guest_recipe.make_instance(guest_recipe.make_image())
    driver._add_qga_device(guest, instance)
    (channel,) = guest.devices
    assert channel.source_path.startswith("/var/lib/libvirt/qemu/org.qemu.guest_agent.0.")
    with pytest.raises(exception.QemuGuestAgentNotEnabled):
        driver._can_set_admin_password(guest_recipe.make_image())
    connection.driver.version = 12005000
    with pytest.raises(exception.SetAdminPasswdNotSupported):
        driver_for("lxc")._can_set_admin_password(guest_recipe.make_image(**AGENT))
