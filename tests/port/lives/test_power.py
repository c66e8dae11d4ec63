"""Guests are rebooted, stopped, started, rebuilt, kept as images and deleted."""

import os

import images
from bhyve_host import FOR_GUESTS, BhyveHostCase, proves
from nova import context

pytestmark = proves(*FOR_GUESTS)


class PowerTest(BhyveHostCase):
    def test_a_guest_is_rebooted_stopped_started_and_found_stopped_when_it_ends(self):
        server = self.boot()
        before = self.guest_of(server).number
        self._reboot_server(server)
        assert self.guest_of(server).is_active
        assert self.guest_of(server).number != before

        self._stop_server(server)
        assert not self.guest_of(server).is_active
        self._start_server(server)
        assert self.guest_of(server).is_active

        self.bhyve.shut_down(self.guest_of(server))
        self.compute.manager._sync_power_states(context.get_admin_context())
        self._wait_for_state_change(server, "SHUTOFF")

    def test_a_guest_that_does_not_listen_is_rebooted_the_hard_way_and_keeps_its_disk(self):
        self.flags(wait_soft_reboot_seconds=1, group="libvirt")
        server = self.boot()
        with open(self.file_of(server), "r+b") as disk:
            disk.write(b"written by the guest")
        self.bhyve.answers_acpi = False
        numbers = [self.guest_of(server).number]
        for is_hard in (False, True):
            self._reboot_server(server, hard=is_hard)
            assert self.guest_of(server).is_active
            numbers.append(self.guest_of(server).number)
        assert len(set(numbers)) == 3
        with open(self.file_of(server), "rb") as disk:
            assert disk.read(20) == b"written by the guest"

    def test_a_rebuild_gives_the_guest_a_new_disk_of_the_same_size(self):
        server = self.boot(disk=2)
        with open(self.file_of(server), "r+b") as disk:
            disk.write(b"written by the guest")
        other = images.register(self.glance, "other", images.raw(b"another FreeBSD"))
        self.act(server, {"rebuild": {"imageRef": other}})
        server = self._wait_for_server_parameter(
            server, {"status": "ACTIVE", "OS-EXT-STS:task_state": None}
        )
        with open(self.file_of(server), "rb") as disk:
            assert images.raw(b"another FreeBSD")[:4096] == disk.read(4096)
        assert os.stat(self.file_of(server)).st_size == 2 << 30
        assert self.guest_of(server).is_active

    def test_a_deleted_guest_leaves_nothing(self):
        server = self.boot(config_drive=True)
        self._delete_server(server)
        assert self.bhyve.guests == {}
        assert not os.path.exists(os.path.dirname(self.file_of(server)))
        assert self._get_allocations_by_server_uuid(server["id"]) == {}

    def test_the_snapshot_of_a_stopped_guest_is_its_disk(self):
        server = self.boot(disk=0)  # of the size of its image, as glance keeps it in memory
        self._stop_server(server)
        with open(self.file_of(server), "r+b") as disk:
            disk.write(b"written by the guest")
        uploads = images.keep_uploads(self.glance)
        image = self.act(server, {"createImage": {"name": "kept"}})["image_id"]
        self._wait_for_server_parameter(server, {"OS-EXT-STS:task_state": None})
        shown = self.glance.show(None, image)
        assert (shown["status"], shown["disk_format"]) == ("active", "raw")
        assert uploads[image][:20] == b"written by the guest"
        assert len(uploads[image]) == len(images.raw(images.FREEBSD))
        assert not self.guest_of(server).is_active
