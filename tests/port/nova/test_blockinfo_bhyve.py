"""Checks of nova/blockinfo-bhyve.patch: which disk goes on which bus of a bhyve guest."""

import guest_recipe
import pytest

pytestmark = pytest.mark.patch("nova/blockinfo-bhyve.patch")


def bus_of(device_type, **properties):
    from nova.virt.libvirt import blockinfo

    image = guest_recipe.make_image(**properties)
    instance = guest_recipe.make_instance(image)
    return blockinfo.get_disk_bus_for_device_type(instance, "bhyve", image, device_type)


def mapping_of(config_drive="", **properties):
    from nova.virt.libvirt import blockinfo

    image = guest_recipe.make_image(**properties)
    instance = guest_recipe.make_instance(image, config_drive=config_drive)
    return blockinfo.get_disk_info("bhyve", instance, image, {})["mapping"]


@pytest.mark.on_freebsd
@pytest.mark.parametrize(
    ("device_type", "bus"),
    [("disk", "virtio"), ("cdrom", "sata"), ("floppy", None)],
)
def test_each_type_of_device_has_the_bus_that_bhyve_has_for_it(device_type, bus):
    assert bus_of(device_type) == bus


@pytest.mark.on_freebsd
def test_an_image_may_ask_for_a_disk_on_sata():
    assert bus_of("disk", hw_disk_bus="sata") == "sata"


@pytest.mark.on_freebsd
@pytest.mark.parametrize("bus", ["ide", "scsi", "usb"])
@pytest.mark.parametrize("device_type", ["disk", "cdrom"])
def test_an_image_that_asks_for_a_bus_that_bhyve_lacks_is_refused(bus, device_type):
    from nova import exception

    with pytest.raises(exception.UnsupportedHardware, match=bus):
        bus_of(device_type, **{"hw_%s_bus" % device_type: bus})


@pytest.mark.on_freebsd
def test_a_guest_has_its_disk_first_and_its_config_drive_on_sata():
    assert mapping_of(config_drive="True") == {
        "root": {"bus": "virtio", "dev": "vda", "type": "disk", "boot_index": "1"},
        "disk": {"bus": "virtio", "dev": "vda", "type": "disk", "boot_index": "1"},
        "disk.config": {"bus": "sata", "dev": "sda", "type": "cdrom"},
    }


@pytest.mark.on_freebsd
def test_a_disk_and_a_config_drive_share_sata_under_two_names():
    mapping = mapping_of(config_drive="True", hw_disk_bus="sata")
    assert [mapping[key]["dev"] for key in ("disk", "disk.config")] == ["sda", "sdb"]


@pytest.mark.on_freebsd
@pytest.mark.parametrize(("name", "bus"), [("vdb", "virtio"), ("sdb", "sata")])
def test_the_bus_follows_from_the_name_of_a_device(name, bus):
    from nova.virt.libvirt import blockinfo

    assert blockinfo.get_disk_bus_for_disk_dev("bhyve", name) == bus


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("virt_type", "device_type", "bus"),
    [
        ("kvm", "disk", "virtio"),
        ("kvm", "cdrom", "ide"),
        ("kvm", "floppy", "fdc"),
        ("qemu", "disk", "virtio"),
        ("lxc", "disk", "lxc"),
        ("parallels", "disk", "scsi"),
        ("parallels", "cdrom", "ide"),
    ],
)
def test_the_buses_of_linux_are_what_they_were(virt_type, device_type, bus):
    from nova.virt.libvirt import blockinfo

    image = guest_recipe.make_image(hw_architecture="x86_64")
    instance = guest_recipe.make_instance(image)
    assert blockinfo.get_disk_bus_for_device_type(instance, virt_type, image, device_type) == bus


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("name", "bus"), [("hda", "ide"), ("sda", "scsi"), ("vda", "virtio"), ("fda", "fdc")]
)
def test_the_bus_that_follows_from_a_name_is_what_it_was(name, bus):
    from nova.virt.libvirt import blockinfo

    assert blockinfo.get_disk_bus_for_disk_dev("kvm", name) == bus


@pytest.mark.on_linux
def test_an_unknown_virt_type_is_refused_as_before():
    from nova import exception
    from nova.virt.libvirt import blockinfo

    with pytest.raises(exception.UnsupportedVirtType):
        blockinfo.is_disk_bus_valid_for_virt("vmware", "virtio")
