"""Checks of nova/zfs-snapshot.patch: images of guests whose disk is a ZFS volume."""

import pytest
from one_guest import RUNNING, SHUTOFF, UUID, bhyve_domain, guest_on

pytestmark = pytest.mark.patch("nova/zfs-snapshot.patch")

MIB = 1024**2
DISK = "zroot/nova/{}_disk".format(UUID)


class ImageApi:
    """Stand-in for glance, with one image that waits for its data."""

    def __init__(self):
        self.uploads = []

    def get(self, context, image_id):
        return {"id": image_id, "name": "before the upgrade"}

    def update(self, context, image_id, metadata, data=None, purge_props=True):
        self.uploads.append((metadata["disk_format"], data.read()))


@pytest.fixture
def snapshot(zfs_pool, libvirt, option, monkeypatch, tmp_path):
    """Make an image of a guest: snapshot(state, path of its disk); what is uploaded is given."""
    from nova.virt.libvirt import driver

    def run(state, path=zfs_pool.devices + DISK):
        option("libvirt", "snapshots_directory", str(tmp_path / "snapshots"))
        xml = "<disk type='file'><driver type='raw'/><source file='{}'/></disk>".format(path)
        domain = bhyve_domain(libvirt, state, xml)
        nova_driver, instance = guest_on(domain, option, monkeypatch)
        images = ImageApi()
        monkeypatch.setattr(nova_driver, "_image_api", images)
        monkeypatch.setattr(
            driver.LibvirtDriver,
            "_create_snapshot_metadata",
            lambda self, meta, instance, format, name: {"disk_format": format, "name": name},
        )
        for name in ("_detach_pci_devices", "_detach_direct_passthrough_ports"):
            monkeypatch.setattr(driver.LibvirtDriver, name, lambda self, *args: None)
        monkeypatch.setattr(
            "nova.objects.Instance.get_pci_devices", lambda self, source: [], raising=False
        )
        instance.image_ref = "the-image-it-was-made-of"
        nova_driver.snapshot(None, instance, "image", lambda **states: None)
        assert "destroy" not in domain.calls
        return images.uploads

    monkeypatch.setattr("nova.objects.Instance.image_meta", None)
    return run


@pytest.fixture
def disk(zfs_pool):
    zfs_pool.run("create", "-s", "-V", str(MIB), DISK)
    with zfs_pool.content(DISK).open("r+b") as content:
        content.write(b"written by the guest")
    return zfs_pool.content(DISK)


@pytest.mark.parametrize("state", [RUNNING, SHUTOFF])
def test_a_guest_becomes_an_image_while_it_runs_or_not(state, snapshot, disk, zfs_pool):
    ((image_format, data),) = snapshot(state)
    assert image_format == "raw"
    assert data[:20] == b"written by the guest"
    assert len(data) == MIB
    assert zfs_pool.names() == [DISK]


def test_what_is_written_after_the_snapshot_is_not_in_the_image(snapshot, disk, zfs_pool, command):
    write = 'printf later | dd of="{}" conv=notrunc 2>/dev/null; '.format(disk)
    command("qemu-img", write + zfs_pool.script_of("qemu-img"))
    ((_, data),) = snapshot(RUNNING)
    assert data[:20] == b"written by the guest"
    assert disk.read_bytes()[:5] == b"later"


def test_an_image_that_fails_leaves_no_snapshot(snapshot, disk, zfs_pool, command):
    from nova import exception

    command("qemu-img", "exit 1")
    with pytest.raises(exception.ImageUnacceptable):
        snapshot(RUNNING)
    assert zfs_pool.names() == [DISK]


def test_a_disk_whose_space_is_reserved_needs_room_for_its_data(snapshot, zfs_pool):
    from oslo_concurrency import processutils

    zfs_pool.run("create", "-V", str(MIB), DISK)
    zfs_pool.content(DISK).write_bytes(b"x" * MIB)
    zfs_pool.change(size=3 * MIB)
    with pytest.raises(processutils.ProcessExecutionError, match="out of space"):
        snapshot(RUNNING)
    assert zfs_pool.names() == [DISK]


def test_a_disk_that_is_a_file_still_has_to_be_stopped(snapshot, tmp_path):
    from nova import exception

    with pytest.raises(exception.InstanceInvalidState):
        snapshot(RUNNING, tmp_path / "disk")
