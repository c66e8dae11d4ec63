"""Checks of nova/zfs-resize.patch: guests with ZFS volumes get another flavor."""

import types

import guest_recipe
import pytest
from one_guest import SHUTOFF, UUID, bhyve_domain, guest_on

pytestmark = pytest.mark.patch("nova/zfs-resize.patch")

MIB = 1024**2
DISK = "zroot/nova/{}_disk".format(guest_recipe.UUID)
OWN = "zroot/nova/{}_disk".format(UUID)
HERE, ELSEWHERE = "192.0.2.10", "192.0.2.11"
SNAPSHOT = "nova-resize"


def no_template(target, **options):
    raise AssertionError("a template was asked for")


@pytest.fixture
def migrate(zfs_pool, libvirt, option, monkeypatch, tmp_path):
    """Move a guest that has a volume and a config drive: migrate(address); gives the copies."""
    from nova.virt.libvirt import utils

    directory = tmp_path / "instances" / UUID
    disk = "<disk type='file' device='{}'><driver type='raw'/><source file='{}'/></disk>".format
    devices = disk("disk", zfs_pool.devices + OWN) + disk("cdrom", directory / "disk.config")
    domain = bhyve_domain(libvirt, SHUTOFF, devices)
    nova_driver, instance = guest_on(domain, option, monkeypatch)
    instance.flavor = guest_recipe.make_instance(guest_recipe.make_image()).flavor
    monkeypatch.setattr(nova_driver, "get_host_ip_addr", lambda: HERE)
    for name in ("unplug_vifs", "_cleanup_remote_migration", "power_off"):
        monkeypatch.setattr(nova_driver, name, lambda *args, name=name: run.steps.append(name))
    remotefs = types.SimpleNamespace(create_dir=lambda *args: None, create_file=lambda *args: None)
    monkeypatch.setattr(nova_driver, "_remotefs", remotefs)

    def copy(source, target, **options):
        run.steps.append((source[len(str(tmp_path)) :], target[len(str(tmp_path)) :]))

    monkeypatch.setattr(utils, "copy_image", copy)
    monkeypatch.setattr(utils, "save_and_migrate_vtpm_dir", lambda *args: None, raising=False)

    def run(address):
        directory.mkdir(parents=True)
        (directory / "disk.config").write_bytes(bytes(512))
        nova_driver.migrate_disk_and_power_off(
            None, instance, address, instance.flavor, [], block_device_info={}
        )
        return run.steps

    run.steps = []
    return run


def test_a_volume_grows_with_the_flavor_and_never_shrinks(make_zfs_disk, zfs_pool):
    zfs_pool.run("create", "-s", "-V", str(2 * MIB), DISK)
    for size, expected in ((4 * MIB, 4 * MIB), (2 * MIB, 4 * MIB), (None, 4 * MIB)):
        make_zfs_disk().cache(no_template, "a-template", size=size, image_id="the image")
        assert zfs_pool.get(DISK, "volsize") == str(expected)


def test_a_swap_disk_grows_when_the_template_of_its_new_size_is_there(
    make_zfs_disk, zfs_pool, tmp_path
):
    zfs_pool.run("create", "-s", "-V", str(MIB), DISK + ".swap")
    base = tmp_path / "instances" / "_base"
    base.mkdir(parents=True)
    (base / "swap_2").write_bytes(bytes(2 * MIB))
    make_zfs_disk("disk.swap").cache(no_template, "swap_2", size=2 * MIB, swap_mb=2)
    assert zfs_pool.get(DISK + ".swap", "volsize") == str(2 * MIB)


@pytest.mark.parametrize("space", ["none", "space"])
def test_a_revert_gives_content_size_and_reservation_back(space, make_zfs_disk, zfs_pool, option):
    option(None, "preallocate_images", space)
    zfs_pool.run("create", *(["-s"] if space == "none" else []), "-V", str(2 * MIB), DISK)
    reserved = zfs_pool.get(DISK, "refreservation")
    disk = make_zfs_disk()
    disk.create_snap(SNAPSHOT)
    disk.resize_image(4 * MIB)
    with zfs_pool.content(DISK).open("r+b") as content:
        content.write(b"written after the resize")
    disk.rollback_to_snap(SNAPSHOT)
    assert zfs_pool.get(DISK, "volsize") == str(2 * MIB)
    assert zfs_pool.get(DISK, "refreservation") == reserved
    assert not zfs_pool.content(DISK).read_bytes().strip(b"\0")
    disk.remove_snap(SNAPSHOT)
    assert zfs_pool.names() == [DISK]


def test_a_revert_before_the_resize_took_a_snapshot_changes_nothing(make_zfs_disk, zfs_pool):
    zfs_pool.run("create", "-s", "-V", str(2 * MIB), DISK)
    make_zfs_disk().rollback_to_snap(SNAPSHOT)
    make_zfs_disk().remove_snap(SNAPSHOT, ignore_errors=True)
    assert zfs_pool.names() == [DISK]


def test_a_confirmation_destroys_the_snapshot(zfs_pool, libvirt, option, monkeypatch):
    zfs_pool.run("create", "-s", "-V", str(MIB), OWN)
    zfs_pool.run("snapshot", OWN + "@" + SNAPSHOT)
    driver, instance = guest_on(bhyve_domain(libvirt), option, monkeypatch)
    instance.host = "here"
    option(None, "host", "here")
    for name in ("_get_vpmems", "_cleanup_resize_vtpm"):
        monkeypatch.setattr(driver, name, lambda *args, **options: [], raising=False)
    driver._cleanup_resize(None, instance, [])
    assert zfs_pool.names() == [OWN]


def test_a_resize_on_the_same_host_copies_the_config_drive_only(migrate, zfs_pool):
    zfs_pool.run("create", "-s", "-V", str(MIB), OWN)
    steps = migrate(HERE)
    guest = "/instances/" + UUID
    assert steps[2:] == [(guest + "_resize/disk.config", guest + "/disk.config")]
    assert sorted(steps[:2]) == ["power_off", "unplug_vifs"]


def test_a_move_to_another_host_is_refused_while_the_guest_runs(migrate, zfs_pool):
    from nova import exception

    zfs_pool.run("create", "-s", "-V", str(MIB), OWN)
    with pytest.raises(exception.InstanceFaultRollback) as caught:
        migrate(ELSEWHERE)
    assert "not supported for ZFS backed instances" in str(caught.value.inner_exception)
    assert migrate.steps == []


def test_a_guest_without_volumes_is_not_refused(migrate, monkeypatch):
    def pass_on(self, dest, path):
        raise InterruptedError(dest)

    monkeypatch.setattr("nova.virt.libvirt.driver.LibvirtDriver._is_path_shared_with", pass_on)
    with pytest.raises(InterruptedError, match=ELSEWHERE):
        migrate(ELSEWHERE)
