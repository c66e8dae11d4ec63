"""Guests are created: by bhyveload and by UEFI, with all that nova can give them on bhyve."""

import os

import images
from bhyve_host import FOR_GUESTS, BhyveHostCase, proves

pytestmark = proves(*FOR_GUESTS)


class CreateTest(BhyveHostCase):
    def test_a_freebsd_guest_is_loaded_by_bhyveload_from_a_disk_that_grew(self):
        server = self.boot(disk=3)
        load, bhyve = self.guest_of(server).commands
        disk = self.file_of(server)
        name = server["OS-EXT-SRV-ATTR:instance_name"]
        assert load == ["bhyveload", "-m", "512", "-d", disk, name]
        words = " ".join(bhyve)
        assert "cpus=2," in words
        assert " -A -I " in words
        assert "virtio-blk," + disk in words
        assert "virtio-net," in words
        assert "mac=" + self.neutron.port_1["mac_address"] in words
        assert "com1,/dev/nmdm" in words
        assert "fbuf" not in words
        assert os.stat(disk).st_size == 3 << 30
        with open(disk, "rb") as content:
            assert images.FREEBSD in content.read(4096)

    def test_an_image_in_qcow2_becomes_a_raw_disk(self):
        server = self.boot(self.packed)
        with open(self.file_of(server), "rb") as content:
            assert images.raw(images.FREEBSD)[:4096] == content.read(4096)
        assert os.stat(self.file_of(server)).st_size == 1 << 30
        assert self.guest_of(server).commands[0][0] == "bhyveload"

    def test_a_guest_has_a_config_drive_on_sata_and_two_interfaces(self):
        ports = [self.neutron.port_1, self.neutron.port_2]
        server = self.boot(config_drive=True, networks=[{"port": port["id"]} for port in ports])
        words = " ".join(self.guest_of(server).commands[1])
        for port in ports:
            assert "mac=" + port["mac_address"] in words
        assert words.count("virtio-net,") == 2
        drive = self.file_of(server, "disk.config")
        assert ",ahci,cd:" + drive in words
        assert self.file_of(server) == self.guest_of(server).commands[0][4]
        with open(drive, "rb") as content:
            data = content.read()
        assert b"CD001" in data
        assert b"openstack/latest/meta_data.json" in data
        assert server["id"].encode() in data


class CreateByUefiTest(BhyveHostCase):
    pytestmark = proves(*FOR_GUESTS, "uefi-guests")

    def test_a_linux_guest_boots_by_uefi_and_has_a_screen_and_a_tablet(self):
        server = self.boot(self.linux)
        (bhyve,) = self.guest_of(server).commands
        words = " ".join(bhyve)
        assert "bootrom,/usr/local/share/uefi-firmware/BHYVE_UEFI.fd" in words
        assert ",fbuf,tcp=127.0.0.1:5900" in words
        assert ",xhci,tablet" in words
        with open(self.file_of(server), "rb") as content:
            assert images.LINUX in content.read(4096)

        body = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
        answer = self.api.api_post("/servers/%s/remote-consoles" % server["id"], body).body
        token = answer["remote_console"]["url"].rpartition("token%3D")[2]
        found = self.api.api_get("/os-console-auth-tokens/" + token).body["console"]
        assert found["port"] == 5900
