"""A bhyve host reports to nova and placement what it has, and nothing that it has not."""

import os

from bhyve_host import HOST, BhyveHostCase, proves
from nova.scheduler import request_filter

pytestmark = proves("bhyve-traits", "bhyve-capability-flags", "qemu-only-feature-checks")


class HostReportTest(BhyveHostCase):
    def test_cpus_memory_disk_and_traits_are_those_of_the_host(self):
        (node,) = self.api.api_get("/os-hypervisors/detail").body["hypervisors"]
        assert node["hypervisor_type"] == "BHYVE"
        assert (node["state"], node["status"]) == ("up", "enabled")
        assert "up 3 days" in node["uptime"]
        inventory = self._get_provider_inventory(self._get_provider_uuid_by_name(HOST))
        assert {"VCPU", "MEMORY_MB", "DISK_GB"} == set(inventory)
        assert inventory["VCPU"]["total"] == 8
        assert inventory["MEMORY_MB"]["total"] == 16384
        space = os.statvfs(self.instances)
        total = space.f_frsize * space.f_blocks // 1024**3
        assert total == inventory["DISK_GB"]["total"]

        traits = self._get_provider_traits(self._get_provider_uuid_by_name(HOST))
        assert {
            "COMPUTE_ARCH_X86_64",
            "COMPUTE_DEVICE_TAGGING",
            "COMPUTE_GRAPHICS_MODEL_GOP",
            "COMPUTE_IMAGE_TYPE_ISO",
            "COMPUTE_IMAGE_TYPE_QCOW2",
            "COMPUTE_IMAGE_TYPE_RAW",
            "COMPUTE_NET_ATTACH_INTERFACE",
            "COMPUTE_NET_VIF_MODEL_E1000",
            "COMPUTE_NET_VIF_MODEL_VIRTIO",
            "COMPUTE_NODE",
            "COMPUTE_STORAGE_BUS_SATA",
            "COMPUTE_STORAGE_BUS_VIRTIO",
            "COMPUTE_TRUSTED_CERTS",
            "HW_ARCH_X86_64",
            "HW_CPU_HYPERTHREADING",
            *(["OWNER_NOVA"] if hasattr(request_filter, "_should_filter_by_owner") else []),
        } == set(traits)
