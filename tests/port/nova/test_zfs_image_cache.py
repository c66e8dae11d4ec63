"""Checks of nova/zfs-image-cache.patch: images in ZFS volumes, from which disks are cloned."""

import time

import guest_recipe
import pytest
from one_guest import bhyve_domain, guest_on

pytestmark = pytest.mark.patch("nova/zfs-image-cache.patch")

MIB = 1024**2
DAY = 24 * 60 * 60
DISK = "zroot/nova/{}_disk".format(guest_recipe.UUID)
OTHER = "00000000-0000-4000-8000-000000000001"
FNAME = "0123456789abcdef0123456789abcdef01234567"
IMAGE = "zroot/nova/image_" + FNAME
LAST_USED = "org.openstack.nova:last_used"


@pytest.fixture
def spawn(make_zfs_disk):
    """Make the root disk of a guest: spawn(guest, size); the images fetched are in `fetched`."""

    def fetch(target, **options):
        make.fetched.append(options["image_id"])
        with open(target, "wb") as image:
            image.write(b"FreeBSD" + bytes(2 * MIB - 7))

    def make(guest=guest_recipe.UUID, size=2 * MIB, name="disk"):
        make_zfs_disk(name, guest).cache(fetch, FNAME, size=size, image_id="the image")

    make.fetched = []
    return make


@pytest.fixture
def manager(zfs_pool, option, monkeypatch):
    """The manager of the image cache: manager(used) makes a pass, those images being in use."""
    from nova.virt.libvirt import imagecache

    monkeypatch.setattr(imagecache, "get_cache_fname", lambda image: image)

    def run(*used):
        cache = imagecache.ImageCacheManager()
        running = dict.fromkeys(("instance_names", "used_swap_images", "used_ephemeral_images"))
        running = dict({name: set() for name in running}, used_images=dict.fromkeys(used))
        monkeypatch.setattr(cache, "_list_running_instances", lambda *args: running)
        cache.update(None, [])

    option("image_cache", "remove_unused_original_minimum_age_seconds", DAY)
    return run


def make_old(zfs_pool):
    zfs_pool.run("set", "{}={}".format(LAST_USED, int(time.time()) - 2 * DAY), IMAGE)


def test_the_second_guest_is_a_clone_and_fetches_nothing(spawn, zfs_pool, tmp_path):
    spawn()
    spawn(OTHER)
    assert spawn.fetched == ["the image"]
    for guest in (guest_recipe.UUID, OTHER):
        disk = "zroot/nova/{}_disk".format(guest)
        assert zfs_pool.get(disk, "origin") == IMAGE + "@image"
        assert zfs_pool.content(disk).read_bytes()[:7] == b"FreeBSD"
    assert list((tmp_path / "instances" / "_base").iterdir()) == []
    assert zfs_pool.get(IMAGE, "refreservation") == "0"


@pytest.mark.parametrize("space", ["none", "space"])
def test_a_clone_has_the_size_of_the_flavor(space, spawn, zfs_pool, option):
    option(None, "preallocate_images", space)
    spawn(size=5 * MIB)
    assert zfs_pool.get(DISK, "volsize") == str(5 * MIB)
    reserved = int(zfs_pool.get(DISK, "refreservation"))
    assert (reserved > 5 * MIB) if space == "space" else (reserved == 0)
    assert zfs_pool.get(IMAGE, "volsize") == str(2 * MIB)


def test_an_image_that_is_too_big_for_the_flavor_makes_no_disk(spawn, zfs_pool):
    from nova import exception

    with pytest.raises(exception.FlavorDiskSmallerThanImage):
        spawn(size=MIB)
    assert zfs_pool.names() == [IMAGE, IMAGE + "@image"]


def test_a_disk_that_is_there_is_left_alone(spawn, zfs_pool):
    spawn()
    spawn()
    assert spawn.fetched == ["the image"]
    assert zfs_pool.names() == sorted([DISK, IMAGE, IMAGE + "@image"])


def test_an_image_that_was_never_completed_is_made_again(spawn, zfs_pool):
    zfs_pool.run("create", "-s", "-V", str(MIB), IMAGE)
    spawn()
    assert zfs_pool.get(IMAGE, "volsize") == str(2 * MIB)
    assert zfs_pool.content(DISK).read_bytes()[:7] == b"FreeBSD"


def test_an_image_that_cannot_be_converted_leaves_its_file_only(spawn, zfs_pool, command, tmp_path):
    from nova import exception

    command("qemu-img", '[ "$1" = info ] && {} || exit 1'.format(zfs_pool.script_of("qemu-img")))
    with pytest.raises(exception.ImageUnacceptable):
        spawn()
    assert zfs_pool.names() == []
    assert [path.name for path in (tmp_path / "instances" / "_base").iterdir()] == [FNAME]


def test_the_manager_destroys_what_is_old_and_unused(spawn, manager, zfs_pool):
    spawn()
    zfs_pool.run("destroy", DISK)
    manager()
    assert zfs_pool.names() == [IMAGE, IMAGE + "@image"]
    make_old(zfs_pool)
    manager(FNAME)
    assert abs(int(zfs_pool.get(IMAGE, LAST_USED)) - time.time()) < 600
    make_old(zfs_pool)
    manager()
    assert zfs_pool.names() == []


def test_the_manager_keeps_what_a_disk_depends_on(spawn, manager, zfs_pool):
    spawn()
    make_old(zfs_pool)
    manager()
    assert zfs_pool.names() == sorted([DISK, IMAGE, IMAGE + "@image"])
    assert abs(int(zfs_pool.get(IMAGE, LAST_USED)) - time.time()) < 600


def test_the_manager_destroys_nothing_where_it_may_not(spawn, manager, zfs_pool, option):
    option("image_cache", "remove_unused_base_images", False)
    spawn()
    zfs_pool.run("destroy", DISK)
    make_old(zfs_pool)
    manager()
    assert zfs_pool.names() == [IMAGE, IMAGE + "@image"]


def test_without_zfs_the_manager_asks_for_none(manager, zfs_pool, option, command, tmp_path):
    option("libvirt", "images_type", "raw")
    command("zfs", "touch '{}'".format(tmp_path / "asked"))
    (tmp_path / "instances" / "_base").mkdir(parents=True)
    manager()
    assert not (tmp_path / "asked").exists()


def test_an_image_in_the_pool_is_not_cached_again(spawn, zfs_pool, option, monkeypatch, libvirt):
    from nova.virt import images
    from nova.virt.libvirt import imagecache

    driver, _ = guest_on(bhyve_domain(libvirt), option, monkeypatch)
    fetched = []
    monkeypatch.setattr(images, "fetch_to_raw", lambda *args: fetched.append(args))
    monkeypatch.setattr(imagecache, "get_cache_fname", lambda image: image)
    spawn()
    make_old(zfs_pool)
    assert driver.cache_image(None, FNAME) is False
    assert abs(int(zfs_pool.get(IMAGE, LAST_USED)) - time.time()) < 600
    assert driver.cache_image(None, "another") is True
    assert len(fetched) == 1
