"""Checks of nova/images-type-zfs.patch: guests of bhyve with disks in ZFS volumes."""

import os

import any_release
import guest_recipe
import pytest
from one_guest import UUID, bhyve_domain, guest_on

pytestmark = pytest.mark.patch("nova/images-type-zfs.patch")

MIB = 1024**2
DISK = "zroot/nova/{}_disk".format(guest_recipe.UUID)


def template(content, size=MIB):
    """A function that makes a template as nova's own do; the paths are in its attribute `made`."""

    def make(target, **options):
        make.made.append(target)
        with open(target, "r+b" if os.path.exists(target) else "wb") as image:
            image.write(content)
            if not os.path.islink(target):
                image.truncate(size)

    make.made = []
    return make


@pytest.fixture
def driver_of(zfs_pool, option, monkeypatch, libvirt):
    """nova's driver with one guest that has a disk, and its instance."""
    disk = (
        "<disk type='file' device='disk'><driver type='raw'/><source file='{}zroot/nova/{}_disk'/>"
        "<target bus='virtio' dev='vda'/></disk>".format(zfs_pool.devices, UUID)
    )
    return guest_on(bhyve_domain(libvirt, devices=disk), option, monkeypatch)


@pytest.mark.parametrize("space", ["none", "space"])
def test_a_disk_is_a_volume_with_the_template_in_it(space, make_zfs_disk, zfs_pool, option):
    option(None, "preallocate_images", space)
    make_zfs_disk().cache(template(b"FreeBSD"), "a-template", size=3 * MIB)
    assert zfs_pool.get(DISK, "volsize") == str(3 * MIB)
    assert zfs_pool.content(DISK).read_bytes()[:7] == b"FreeBSD"
    reserved = int(zfs_pool.get(DISK, "refreservation"))
    assert (reserved > 3 * MIB) if space == "space" else (reserved == 0)


def test_a_disk_without_a_size_is_as_big_as_its_template(make_zfs_disk, zfs_pool):
    make_zfs_disk().cache(template(b"FreeBSD", 2 * MIB), "a-template")
    assert zfs_pool.get(DISK, "volsize") == str(2 * MIB)


def test_a_disk_that_is_there_is_left_alone(make_zfs_disk, zfs_pool):
    make_zfs_disk().cache(template(b"FreeBSD"), "a-template", size=MIB)
    other = template(b"another")
    make_zfs_disk().cache(other, "another-template", size=MIB)
    assert other.made == []
    assert zfs_pool.content(DISK).read_bytes()[:7] == b"FreeBSD"


def test_a_template_that_is_too_big_makes_no_volume(make_zfs_disk, zfs_pool):
    from nova import exception

    with pytest.raises(exception.FlavorDiskSmallerThanImage):
        make_zfs_disk().cache(template(b"FreeBSD", 4 * MIB), "a-template", size=MIB)
    assert zfs_pool.names() == []


def test_an_ephemeral_disk_has_its_file_system_from_a_file(make_zfs_disk, zfs_pool, tmp_path):
    disk = make_zfs_disk("disk.eph0")
    make = template(b"a file system")
    disk.cache(make, "ephemeral_1_default", size=MIB, ephemeral_size=1)
    assert not disk.is_block_dev  # or the helper would need virt_mkfs, which it does not read
    assert make.made == [str(tmp_path / "instances" / "_base" / "ephemeral_1_default")]
    assert zfs_pool.content(DISK + ".eph0").read_bytes()[:13] == b"a file system"


def test_a_volume_that_cannot_be_filled_is_destroyed(make_zfs_disk, zfs_pool, command):
    from nova import exception

    command("qemu-img", '[ "$1" = info ] && {} || exit 1'.format(zfs_pool.script_of("qemu-img")))
    with pytest.raises(exception.ImageUnacceptable):
        make_zfs_disk().cache(template(b"FreeBSD"), "a-template", size=MIB)
    assert zfs_pool.names() == []


def test_the_domain_has_the_device_as_a_file(make_zfs_disk, zfs_pool):
    xml = any_release.call(
        make_zfs_disk().libvirt_info,
        disk_info={"bus": "virtio", "dev": "vda", "type": "disk"},
        cache_mode="none",
        extra_specs={},
    ).format_dom()
    assert xml.get("type") == "file"
    assert xml.find("source").get("file") == zfs_pool.devices + DISK
    assert xml.find("driver").get("type") == "raw"


def test_the_path_in_the_domain_leads_to_the_volume(make_zfs_disk, zfs_pool, tmp_path):
    from nova.virt.image import model
    from nova.virt.libvirt import imagebackend, utils

    make_zfs_disk().cache(template(b"FreeBSD"), "a-template", size=MIB)
    path = zfs_pool.devices + DISK
    assert utils.get_disk_type_from_path(path) == "zfs"
    disk = imagebackend.Backend(True).by_libvirt_path(None, path, "zfs")
    assert disk.exists()
    assert disk.get_model(None) == model.LocalBlockImage(path)
    disk.snapshot_extract(str(tmp_path / "image"), "raw")
    assert (tmp_path / "image").read_bytes()[:7] == b"FreeBSD"


@pytest.mark.parametrize("images_type", ["lvm", "raw"])
def test_such_a_path_is_what_it_was_without_images_type_zfs(images_type, option):
    from nova.virt.libvirt import utils

    option("libvirt", "images_type", images_type)
    assert utils.get_disk_type_from_path("/dev/zvol/guest_disk") == "lvm"


def test_a_backend_without_a_dataset_is_refused(make_zfs_disk, option):
    option("libvirt", "images_zfs_dataset", None)
    with pytest.raises(RuntimeError, match="images_zfs_dataset"):
        make_zfs_disk()


def test_zfs_is_new_among_the_types_of_images_and_raw_files_stay_the_default():
    import nova.conf

    known = {option.name: option for option in nova.conf.libvirt.libvirt_imagebackend_opts}
    assert set(known["images_type"].type.choices) == {
        "default", "flat", "lvm", "ploop", "qcow2", "raw", "rbd", "zfs"
    }  # fmt: skip
    assert known["images_type"].default == "default"
    assert known["images_zfs_dataset"].default is None


@pytest.mark.on_freebsd
def test_bhyve_can_have_zfs(make_driver, option):
    driver = make_driver("bhyve")
    option("libvirt", "images_type", "zfs")
    assert driver._check_bhyve_configuration() is None


def test_the_volumes_of_a_guest_go_with_it_and_no_others(driver_of, zfs_pool, monkeypatch):
    driver, instance = driver_of
    own = "zroot/nova/{}_disk".format(UUID)
    for name in (own, own + ".eph0", DISK):
        zfs_pool.run("create", "-s", "-V", str(MIB), name)
        zfs_pool.run("snapshot", name + "@of-the-operator")
    instance.system_metadata = {}
    instance.resources = None
    instance.flavor = guest_recipe.make_instance(guest_recipe.make_image()).flavor
    monkeypatch.setattr(driver, "_undefine_domain", lambda *args, **options: None)
    monkeypatch.setattr("nova.objects.Instance.save", lambda self: None)
    driver.cleanup(None, instance, [], block_device_info={}, destroy_vifs=False)
    assert zfs_pool.names() == [DISK, DISK + "@of-the-operator"]


def test_the_rescue_disk_goes_when_the_rescue_ends(driver_of, zfs_pool, monkeypatch, tmp_path):
    driver, instance = driver_of
    own = "zroot/nova/{}_disk".format(UUID)
    for name in (own, own + ".rescue", DISK + ".rescue"):
        zfs_pool.run("create", "-s", "-V", str(MIB), name)
    directory = tmp_path / "instances" / UUID
    directory.mkdir(parents=True)
    (directory / "unrescue.xml").write_text("<domain/>")
    monkeypatch.setattr(driver, "_destroy", lambda instance: None)
    monkeypatch.setattr(driver, "_create_guest", lambda *args, **options: None)
    any_release.call(driver.unrescue, context=None, instance=instance, network_info=None)
    assert zfs_pool.names() == sorted([own, DISK + ".rescue"])


def test_the_host_reports_the_space_of_the_dataset(driver_of, make_zfs_disk, option):
    driver, _ = driver_of
    option(None, "preallocate_images", "space")
    make_zfs_disk().cache(template(b"FreeBSD"), "a-template", size=1024 * MIB)
    space = driver._get_local_gb_info()
    assert space["total"] == 1024
    assert 1 < space["used"] < 1.1


@pytest.mark.parametrize("space", ["none", "space"])
def test_a_sparse_volume_is_over_committed(space, driver_of, zfs_pool):
    driver, instance = driver_of
    own = "zroot/nova/{}_disk".format(UUID)
    sparse = ["-s"] if space == "none" else []
    zfs_pool.run("create", *sparse, "-V", str(MIB), own)
    (found,) = driver._get_instance_disk_info(instance, {})
    assert (found["path"], found["type"]) == (zfs_pool.devices + own, "raw")
    assert found["virt_disk_size"] == MIB
    assert found["over_committed_disk_size"] == (MIB if space == "none" else 0)
