"""Checks of nova/vif-multiqueue-default.patch: how many queues an interface has, and who says so.

A test of this project starts a real QEMU with the interface in multiqueue_interface.xml.
"""

import os

import any_release
import guest_recipe
import pytest
from lxml import etree

pytestmark = pytest.mark.patch("nova/vif-multiqueue-default.patch")

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "multiqueue_interface.xml")


@pytest.fixture
def interface(option):
    """Give the interface that nova makes: interface(default, flavor, image, vcpus, virt_type)."""
    from nova.network import model
    from nova.virt.libvirt import host, vif

    def make(default=None, flavor=None, image=None, vcpus=2, virt_type="kvm"):
        if default is not None:
            option("libvirt", "vif_multiqueue_default", default)
        specs = {} if flavor is None else {"hw:vif_multiqueue_enabled": flavor}
        properties = {} if image is None else {"hw_vif_multiqueue_enabled": image}
        instance = guest_recipe.make_instance(guest_recipe.make_image(**properties), specs)
        instance.flavor.vcpus = vcpus
        port = model.VIF(
            id="00000000-1111-4000-8000-000000000000",
            address="fa:16:3e:00:00:00",
            network=model.Network(id="00000000-0000-4000-8000-000000000000", bridge=None),
            type=model.VIF_TYPE_TAP,
            vnic_type=model.VNIC_TYPE_NORMAL,
            devname="tap0",
            details={model.VIF_DETAILS_TAP_MAC_ADDRESS: "fa:16:3e:00:00:00"},
        )
        option("libvirt", "virt_type", virt_type)
        owner = host.Host("qemu:///system")
        return any_release.call(
            vif.LibvirtGenericVIFDriver(owner).get_config,
            instance=instance,
            vif=port,
            image_meta=guest_recipe.make_image(**properties),
            inst_type=instance.flavor,
            flavor=instance.flavor,
            virt_type=virt_type,
            host=owner,
        )

    return make


def queues(found):
    """The number of queues in the XML; 1 where it names none."""
    driver = etree.fromstring(found.to_xml()).find("driver")
    return 1 if driver is None else int(driver.get("queues", "1"))


@pytest.mark.on_linux
def test_the_interface_is_the_one_that_a_real_qemu_starts(interface):
    with open(GOLDEN) as file:
        assert interface(True).to_xml() == file.read()


@pytest.mark.parametrize(
    ("default", "flavor", "image", "number"),
    [
        (False, None, None, 1),
        (True, None, None, 2),
        (True, "false", None, 1),
        (True, None, False, 1),
        (True, "true", None, 2),
        (False, "true", None, 2),
        (False, None, True, 2),
    ],
)
def test_the_default_decides_only_where_flavor_and_image_are_silent(
    default, flavor, image, number, interface
):
    assert queues(interface(default, flavor, image)) == number


def test_a_guest_with_one_vcpu_has_one_queue(interface):
    assert queues(interface(True, vcpus=1)) == 1
    assert queues(interface(True, vcpus=4)) == 4


def test_nova_is_as_before_until_the_option_is_set(interface):
    assert queues(interface()) == 1


def test_a_guest_of_qemu_without_kvm_has_one_queue(interface):
    assert queues(interface(True, virt_type="qemu")) == 1


def test_flavor_and_image_that_contradict_each_other_are_still_refused(interface):
    from nova import exception

    with pytest.raises(exception.FlavorImageConflict):
        interface(True, "true", False)


@pytest.mark.on_freebsd
def test_bhyve_refuses_the_option(make_driver, option, monkeypatch):
    from nova import exception
    from nova.virt.libvirt import host

    monkeypatch.setattr(host.Host, "initialize", lambda self: None)
    driver = make_driver("bhyve")
    option("libvirt", "vif_multiqueue_default", True)
    with pytest.raises(exception.InvalidConfiguration) as caught:
        driver.init_host("bhyve1.example.org")
    message = "'[libvirt] vif_multiqueue_default = True', set it to 'False'"
    assert message in str(caught.value)
