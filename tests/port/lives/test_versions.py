"""A guest with UEFI lives from its creation to its end on three libvirts.

Each life attaches a port and a volume to the stopped guest, starts and resizes it with them, and
lets both go again.
"""

import pytest
from bhyve_host import FOR_GUESTS, BhyveHostCase, proves

MARKS = proves(
    *FOR_GUESTS,
    "uefi-guests",
    "undefine-nvram-flags",
    "attach-while-stopped",
    "bhyve-capability-flags",
    "detach-interface-not-implemented",
)


class Life:
    """What each libvirt goes through; a base that is no test by itself."""

    def words(self, server):
        return " ".join(self.guest_of(server).commands[-1])

    def test_a_guest_is_created_changed_while_stopped_rebuilt_and_deleted(self):
        volume = self.serve_volumes_by_nfs()
        server = self.boot(self.linux)
        has_nvram = self.LIBVIRT >= 11007000 and self.bhyve.arch == "x86_64"
        assert len(self.bhyve.nvram) == int(has_nvram)

        self._stop_server(server)
        port = self.neutron.port_2
        self._attach_interface(server, port["id"])
        self._attach_volume(server, self.cinder.IMAGE_BACKED_VOL)
        self._start_server(server)
        assert "mac=" + port["mac_address"] in self.words(server)
        assert "virtio-blk," + volume in self.words(server)
        self._reboot_server(server, hard=True)
        assert "virtio-blk," + volume in self.words(server)

        self.flags(allow_resize_to_same_host=True)
        bigger = self._create_flavor(memory_mb=1024, vcpu=2, disk=2, ephemeral=0, swap=0)
        self._confirm_resize(self._resize_server(server, bigger))
        assert " -m 1024 " in self.words(server)
        assert "mac=" + port["mac_address"] in self.words(server)
        assert "virtio-blk," + volume in self.words(server)

        self._stop_server(server)
        self._detach_interface(server, port["id"])
        self._detach_volume(server, self.cinder.IMAGE_BACKED_VOL)
        self._start_server(server)
        assert port["mac_address"] not in self.words(server)
        assert volume not in self.words(server)

        self._rebuild_server(server, self.linux)
        assert self.guest_of(server).is_active
        assert len(self.bhyve.nvram) == int(has_nvram)

        self.bhyve.kill(self.guest_of(server))
        self._stop_server(server)
        self._delete_server(server)
        assert (self.bhyve.guests, self.bhyve.nvram) == ({}, set())

    def _detach_volume(self, server, volume):
        self.api.delete_server_volume(server["id"], volume)
        self._wait_for_volume_detach(server["id"], volume)


class OldestLibvirtTest(Life, BhyveHostCase):
    pytestmark = [*MARKS, pytest.mark.on_amd64, pytest.mark.long]
    LIBVIRT = 9000000


class LibvirtOfFreebsdsPortsTest(Life, BhyveHostCase):
    """The one of February 2026, which is not the newest."""

    pytestmark = [*MARKS, pytest.mark.on_amd64, pytest.mark.long]
    LIBVIRT = 12000000


class NewestLibvirtTest(Life, BhyveHostCase):
    pytestmark = [*MARKS, pytest.mark.long, *proves("smbios-bhyve", "guest-info-exited-bhyve")]
    LIBVIRT = 12005000

    def words(self, server):
        words = super().words(server)
        assert "-o system.product_name=OpenStack Nova" in words
        return words
