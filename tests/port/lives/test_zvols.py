"""Guests with ZFS volumes as disks are created, resized, deleted, and kept as images."""

import os

import fixtures
import images
import pytest
from bhyve_host import FOR_GUESTS, BhyveHostCase, proves
from nova import context
from zfs_pool import DATASET, ZfsPool

GIB = 1 << 30

pytestmark = proves(
    *FOR_GUESTS,
    "imagebackend-missing-fallocate",
    "swap-missing-mkswap",
    "lifecycle-not-implemented",
    "guest-info-exited-bhyve",
    "resize-keeps-raw",
    "zfs-volumes",
    "images-type-zfs",
    "zfs-image-cache",
    "zfs-snapshot",
    "zfs-resize",
    "zfs-check-host",
)


class ZvolsTest(BhyveHostCase):
    def configure(self):
        super().configure()
        self.pool = ZfsPool(self.useFixture(fixtures.TempDir()).path, volmode="dev")
        self.useFixture(fixtures.EnvironmentVariable("ZFS_STANDIN", self.pool.directory))
        self.patch("nova.virt.libvirt.storage.zfs.DEVICE_DIR", self.pool.devices)
        self.flags(images_type="zfs", images_zfs_dataset=DATASET, group="libvirt")
        self.flags(allow_resize_to_same_host=True)
        # nova reads virt_mkfs once, when it is imported
        self.patch("nova.privsep.fs._DEFAULT_MKFS_COMMAND", "true %(target)s")

    def volume_of(self, server, name="disk"):
        return "{}/{}_{}".format(DATASET, server["id"], name)

    def write(self, server, text):
        """Write to the start of a disk, as the guest does."""
        with self.pool.content(self.volume_of(server)).open("r+b") as disk:
            disk.write(text)

    def read(self, server, size):
        with self.pool.content(self.volume_of(server)).open("rb") as disk:  # of GiB, mostly holes
            return disk.read(size)

    def resize(self, server, disk):
        """Ask for a disk of so many GiB; wait until the user may confirm."""
        flavor = self._create_flavor(memory_mb=512, vcpu=2, disk=disk, ephemeral=0, swap=0)
        self.act(server, {"resize": {"flavorRef": flavor}})
        self._wait_for_state_change(server, "VERIFY_RESIZE")

    def test_two_guests_of_a_qcow2_image_share_its_volume_and_leave_it(self):
        networks = [{"port": port["id"]} for port in (self.neutron.port_1, self.neutron.port_2)]
        servers = [self.boot(self.packed, disk=2, networks=[network]) for network in networks]
        for server in servers:
            disk = self.volume_of(server)
            assert self.guest_of(server).commands[0][4] == self.pool.devices + disk
            assert self.pool.get(disk, "volsize") == str(2 * GIB)
            assert images.FREEBSD in self.read(server, 4096)
        (origin,) = {self.pool.get(self.volume_of(server), "origin") for server in servers}
        assert os.listdir(os.path.join(self.instances, "_base")) == []
        for server in servers:
            self._delete_server(server)
        assert self.pool.names() == sorted([origin.partition("@")[0], origin])

        self.flags(remove_unused_original_minimum_age_seconds=-1, group="image_cache")
        self.compute.manager._run_image_cache_manager_pass(context.get_admin_context())
        assert self.pool.names() == []

    @pytest.mark.long
    def test_a_guest_has_volumes_for_ephemeral_disks_and_swap(self):
        flavor = self._create_flavor(memory_mb=512, vcpu=2, disk=1, ephemeral=1, swap=64)
        network = {"port": self.neutron.port_1["id"]}
        server = self._build_server(image_uuid=self.freebsd, flavor_id=flavor, networks=[network])
        server = self.api.post_server({"server": server})
        server = self._wait_for_state_change(server, "ACTIVE")
        own = [name for name in self.pool.names() if server["id"] in name]
        sizes = [int(self.pool.get(name, "volsize")) for name in own]
        assert sorted(sizes) == [64 << 20, GIB, GIB]
        words = " ".join(self.guest_of(server).commands[1])
        assert all("virtio-blk," + self.pool.devices + name in words for name in own)

    @pytest.mark.long
    def test_a_guest_becomes_an_image_while_it_runs(self):
        server = self.boot(disk=0)
        number = self.guest_of(server).number
        self.write(server, b"written by the guest")
        uploads = images.keep_uploads(self.glance)
        image = self.act(server, {"createImage": {"name": "kept"}})["image_id"]
        self.assert_runs_on(server, number)
        shown = self.glance.show(None, image)
        assert (shown["status"], shown["disk_format"]) == ("active", "raw")
        assert uploads[image][:20] == b"written by the guest"
        assert len(uploads[image]) == len(images.raw(images.FREEBSD))
        assert self.volume_of(server) + "@" not in "".join(self.pool.names())

    @pytest.mark.long
    def test_a_resize_is_reverted_and_confirmed(self):
        server = self.boot(disk=1, config_drive=True)
        disk = self.volume_of(server)
        self.write(server, b"before")
        self.resize(server, 2)
        assert self.pool.get(disk, "volsize") == str(2 * GIB)
        assert self.read(server, 6) == b"before"
        self.write(server, b"after!")
        self.act(server, {"revertResize": None})
        self._wait_for_state_change(server, "ACTIVE")
        assert self.pool.get(disk, "volsize") == str(GIB)
        assert self.read(server, 6) == b"before"
        assert self.guest_of(server).is_active

        self.resize(server, 3)
        self.act(server, {"confirmResize": None})
        self._wait_for_state_change(server, "ACTIVE")
        assert self.pool.get(disk, "volsize") == str(3 * GIB)
        assert [name for name in self.pool.names() if name.startswith(disk)] == [disk]

    @pytest.mark.long
    def test_a_rebuild_gives_the_guest_a_new_volume(self):
        server = self.boot(disk=1)
        self.write(server, b"written by the guest")
        other = images.register(self.glance, "other", images.raw(b"another FreeBSD"))
        self.act(server, {"rebuild": {"imageRef": other}})
        self._wait_for_server_parameter(server, {"status": "ACTIVE", "OS-EXT-STS:task_state": None})
        assert images.raw(b"another FreeBSD")[:4096] == self.read(server, 4096)
        assert self.guest_of(server).is_active
