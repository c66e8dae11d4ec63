"""What bhyve cannot do is refused by the API or ends in a clear error, and the guest runs on."""

import pytest
from bhyve_host import FOR_GUESTS, BhyveHostCase, proves
from nova import context, objects
from nova.tests.functional.api import client


class NotImplementedTest(BhyveHostCase):
    pytestmark = proves(*FOR_GUESTS, "lifecycle-not-implemented")

    def test_a_guest_cannot_be_paused_or_suspended(self):
        server = self.boot()
        number = self.guest_of(server).number
        for action in ("pause", "suspend"):
            self.act(server, {action: None})
            assert "NotImplementedError" in self.wait_for_failure(server, action)
            self.assert_runs_on(server, number)


class SnapshotTest(BhyveHostCase):
    pytestmark = proves(*FOR_GUESTS, "lifecycle-not-implemented", "snapshot-guard")

    def test_a_running_guest_has_no_snapshot(self):
        server = self.boot()
        number = self.guest_of(server).number
        before = set(self.glance.images)
        self.act(server, {"createImage": {"name": "kept"}})
        self.assert_runs_on(server, number)
        assert set(self.glance.images) == before
        fault = objects.InstanceFault.get_latest_for_instance(
            context.get_admin_context(), server["id"]
        )
        assert "in power state running" in fault.message


class AttachTest(BhyveHostCase):
    pytestmark = proves(*FOR_GUESTS, "bhyve-capability-flags")

    def test_neither_an_interface_nor_a_volume_can_be_attached(self):
        server = self.boot()
        number = self.guest_of(server).number
        with pytest.raises(client.OpenStackApiException, match="400"):
            self._attach_interface(server, self.neutron.port_2["id"])
        self.assert_runs_on(server, number)
        assert len(self.api.get_port_interfaces(server["id"])) == 1

        volume = self.cinder.IMAGE_BACKED_VOL
        self.api.post_server_volume(server["id"], {"volumeAttachment": {"volumeId": volume}})
        assert "VIR_ERR_NO_SUPPORT" in self.wait_for_failure(server, "attach_volume")
        self.assert_runs_on(server, number)
        assert self.api.get_server_volumes(server["id"]) == []


class LiveMigrationTest(BhyveHostCase):
    pytestmark = proves(*FOR_GUESTS, "live-migration-precheck")

    def test_a_guest_is_not_migrated(self):
        server = self.boot()
        number = self.guest_of(server).number
        self.start_another("bhyve2.example.org")
        self.act(server, {"os-migrateLive": {"host": None, "block_migration": "auto"}})
        assert "bhyve" in self.wait_for_failure(server, "live-migration")
        self.assert_runs_on(server, number)
        assert self.api.get_migrations()[0]["status"] == "error"
