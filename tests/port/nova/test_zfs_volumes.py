"""Checks of nova/zfs-volumes.patch: what nova does with zfs(8), on a stand-in for it."""

import pytest

pytestmark = pytest.mark.patch("nova/zfs-volumes.patch")

MIB = 1024**2
DISK, COPY = "zroot/nova/guest_disk", "zroot/nova/other_disk"
KEPT = DISK + "@kept"


@pytest.fixture
def zfs(zfs_pool):
    from nova.virt.libvirt.storage import zfs

    return zfs


@pytest.fixture
def run(zfs_pool):
    import nova.privsep.zfs

    return nova.privsep.zfs


def test_a_volume_and_its_device_have_one_name(zfs, zfs_pool):
    assert zfs.get_device(DISK) == zfs_pool.devices + DISK
    assert zfs.get_name(zfs.get_device(DISK)) == DISK


@pytest.mark.parametrize("sparse", [True, False])
def test_a_new_volume_has_its_size_and_reserves_it_unless_it_is_sparse(sparse, zfs, run):
    run.create_volume(DISK, 3 * MIB + 1, sparse)
    assert zfs.get_volume_info(DISK)["size"] == 3 * MIB + 16384
    reserved = int(zfs.get_properties(DISK, "refreservation")["refreservation"])
    assert (reserved == 0) if sparse else (reserved > 3 * MIB)


@pytest.mark.parametrize("sparse", [True, False])
def test_a_clone_has_the_content_of_the_snapshot_and_depends_on_it(sparse, zfs, run, zfs_pool):
    from oslo_concurrency import processutils

    run.create_volume(DISK, MIB, True)
    with zfs_pool.content(DISK).open("r+b") as disk:
        disk.write(b"before")
    run.snapshot(KEPT)
    run.clone(KEPT, COPY, sparse)
    assert zfs_pool.content(COPY).read_bytes()[:6] == b"before"
    got = zfs.get_properties(COPY, "origin", "volsize", "refreservation")
    assert (got["origin"], got["volsize"]) == (KEPT, str(MIB))
    assert (got["refreservation"] == "0") is sparse
    assert zfs.get_properties(KEPT, "clones") == {"clones": COPY}
    with pytest.raises(processutils.ProcessExecutionError, match="has dependent clones"):
        run.destroy(DISK)


def test_volumes_and_snapshots_are_listed_and_found(zfs, run):
    run.create_volume(DISK, MIB, True)
    run.snapshot(KEPT)
    assert zfs.list_volumes("zroot/nova") == [DISK, KEPT]
    assert zfs.exists(DISK)
    assert zfs.exists(KEPT)
    assert not zfs.exists(DISK + "@other")
    assert not zfs.exists(COPY)


def test_a_rollback_gives_content_and_size_back_and_drops_later_snapshots(zfs, run, zfs_pool):
    run.create_volume(DISK, MIB, True)
    run.snapshot(KEPT)
    run.set_property(DISK, "volsize", 2 * MIB)
    run.snapshot(DISK + "@later")
    with zfs_pool.content(DISK).open("r+b") as disk:
        disk.write(b"after")
    assert zfs.get_volume_info(DISK)["size"] == 2 * MIB
    run.rollback(KEPT)
    assert zfs.get_volume_info(DISK)["size"] == MIB
    assert not zfs_pool.content(DISK).read_bytes().strip(b"\0")
    assert zfs_pool.names() == [DISK, KEPT]


def test_a_volume_is_destroyed_with_its_snapshots_when_its_guest_is_gone(
    zfs, run, zfs_pool, monkeypatch
):
    run.create_volume(DISK, MIB, True)
    run.snapshot(KEPT)
    zfs_pool.change(busy=[DISK])
    waits = []

    def wait(*args):
        waits.append(args)
        zfs_pool.change(busy=[])

    monkeypatch.setattr("time.sleep", wait)
    run.destroy(DISK)
    assert zfs_pool.names() == []
    assert waits


def test_the_space_of_a_dataset_is_what_is_used_and_what_is_free(zfs, run):
    before = zfs.get_space("zroot/nova")
    run.create_volume(DISK, 8 * MIB, False)
    after = zfs.get_space("zroot/nova")
    assert after["used"] - before["used"] > 8 * MIB
    assert after["used"] - before["used"] == before["free"] - after["free"]
    assert after["total"] == before["total"] == 1 << 40


def test_what_a_volume_uses_contains_what_is_reserved_for_it(zfs, run):
    run.create_volume(DISK, 8 * MIB, True)
    assert zfs.get_volume_info(DISK) == {"size": 8 * MIB, "used": 0}
    run.set_property(DISK, "refreservation", "auto")
    assert zfs.get_volume_info(DISK)["used"] > 8 * MIB


def test_a_volume_that_is_gone_is_a_disk_that_is_not_found(zfs, zfs_pool):
    from nova import exception

    with pytest.raises(exception.DiskNotFound) as caught:
        zfs.get_volume_info(DISK)
    assert zfs_pool.devices + DISK in str(caught.value)


def test_another_failure_keeps_the_words_of_zfs(zfs, run, command):
    from oslo_concurrency import processutils

    with pytest.raises(processutils.ProcessExecutionError, match="dataset does not exist"):
        zfs.get_space("zroot/elsewhere")
    command("zfs", '[ "$1" = list ] && echo {} || {{ echo I/O error >&2; exit 1; }}'.format(DISK))
    with pytest.raises(processutils.ProcessExecutionError, match="I/O error"):
        zfs.get_volume_info(DISK)
