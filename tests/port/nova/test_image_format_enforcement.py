"""Checks of nova/image-format-enforcement.patch: bhyve never gets a disk that is not raw."""

import json

import any_release
import guest_recipe
import pytest

pytestmark = pytest.mark.patch("nova/image-format-enforcement.patch")

MAPPING = {"bus": "virtio", "dev": "vda", "type": "disk"}
FILES = ["nfs", "quobyte", "smbfs", "vzstorage"]  # what cinder calls the volumes that are files


@pytest.fixture
def disk_xml(option, command, tmp_path):
    """The XML of a disk whose file has this format: disk_xml(virt_type, images_type, format)."""
    from nova.virt.libvirt import imagebackend

    option(None, "instances_path", str(tmp_path))

    def build(virt_type, images_type, file_format):
        option("libvirt", "virt_type", virt_type)
        path = tmp_path / "disk"
        path.write_bytes(bytes(512))
        answer = json.dumps({"virtual-size": 512, "format": file_format})
        command("qemu-img", "echo '{}'".format(answer))
        kind = imagebackend.Backend(True).backend(images_type)
        image = any_release.call(kind, path=str(path), disk_info_mapping=MAPPING)
        return any_release.call(
            image.libvirt_info, disk_info=MAPPING, cache_mode="none", extra_specs={}
        ).format_dom()

    return build


@pytest.fixture
def volume_xml(driver_for, tmp_path):
    """The XML of a volume of cinder's in a file: volume_xml(virt_type, protocol, **data)."""

    def build(virt_type, protocol, **data):
        driver = driver_for(virt_type)
        driver._disk_cachemode = "none"
        data.update(device_path=str(tmp_path / "volume"), export="files:/volumes", name="volume")
        return any_release.call(
            driver._get_volume_config,
            instance=guest_recipe.make_instance(guest_recipe.make_image()),
            connection_info={"driver_volume_type": protocol, "data": data},
            disk_info=MAPPING,
        ).format_dom()

    return build


@pytest.mark.on_freebsd
@pytest.mark.parametrize("images_type", ["raw", "flat"])
def test_a_raw_disk_is_handed_to_bhyve(images_type, disk_xml, tmp_path):
    xml = disk_xml("bhyve", images_type, "raw")
    assert xml.find("driver").get("type") == "raw"
    assert xml.find("source").get("file") == str(tmp_path / "disk")


@pytest.mark.on_freebsd
@pytest.mark.parametrize("file_format", ["qcow2", "vmdk"])
def test_a_disk_of_another_format_that_is_there_already_is_refused(file_format, disk_xml, tmp_path):
    from nova import exception

    message = "bhyve can use raw disks only, but {} is {}".format(tmp_path / "disk", file_format)
    with pytest.raises(exception.InvalidDiskFormat, match=message):
        disk_xml("bhyve", "raw", file_format)


@pytest.mark.on_freebsd
def test_a_disk_that_nova_would_make_as_qcow2_is_refused(disk_xml):
    from nova import exception

    with pytest.raises(exception.InvalidDiskFormat, match="qcow2"):
        disk_xml("bhyve", "default", "qcow2")


@pytest.mark.on_freebsd
@pytest.mark.parametrize("data", [{"format": "raw"}, {}], ids=str)
@pytest.mark.parametrize("protocol", FILES)
def test_a_raw_volume_in_a_file_is_handed_to_bhyve(protocol, data, volume_xml):
    xml = volume_xml("bhyve", protocol, **data)
    assert xml.get("type") == "file"
    assert xml.find("driver").get("type") == "raw"


@pytest.mark.on_freebsd
@pytest.mark.parametrize("protocol", FILES)
def test_a_volume_of_another_format_is_refused_by_its_path(protocol, volume_xml):
    from nova import exception

    message = "bhyve can use raw disks only, but .*/volume is qcow2"
    with pytest.raises(exception.InvalidDiskFormat, match=message):
        volume_xml("bhyve", protocol, format="qcow2")


@pytest.mark.on_linux
def test_kvm_gets_a_volume_of_any_format_as_before(volume_xml, tmp_path, qemu):
    qemu()
    xml = volume_xml("kvm", "nfs", format="qcow2")
    assert (xml.find("driver").get("type"), xml.find("source").get("file")) == (
        "qcow2",
        str(tmp_path / "volume"),
    )


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("images_type", "file_format"), [("raw", "raw"), ("raw", "qcow2"), ("qcow2", "qcow2")]
)
def test_kvm_gets_disks_of_any_format_as_before(images_type, file_format, disk_xml):
    assert disk_xml("kvm", images_type, file_format).find("driver").attrib == {
        "name": "qemu",
        "type": file_format,
        "cache": "none",
    }
