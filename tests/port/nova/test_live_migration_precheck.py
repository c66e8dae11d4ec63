"""Checks of nova/live-migration-precheck.patch: who is told at once that it cannot be."""

import pytest
from one_guest import bhyve_domain, guest_on, kvm_domain

pytestmark = pytest.mark.patch("nova/live-migration-precheck.patch")

COMPUTE = {"disk_available_least": 400, "free_disk_gb": 500, "cpu_info": "{}"}


@pytest.fixture
def checked(libvirt, option, monkeypatch):
    """Let a driver of the virt_type, as the destination, check a live migration."""
    files = []

    def check(domain, virt_type):
        driver, instance = guest_on(domain, option, monkeypatch, virt_type=virt_type)
        instance.numa_topology = instance.vcpu_model = None
        for name, value in {
            "_create_shared_storage_test_file": lambda instance: files.append(1) or "tmpfile",
            "_host_can_support_mdev_live_migration": lambda: False,
            "_compare_cpu": lambda *args: None,
        }.items():
            monkeypatch.setattr(driver, name, value, raising=False)
        for name in ("has_port_binding_extension", "supports_port_binding_extension"):
            monkeypatch.setattr(driver._network_api, name, lambda context: False, raising=False)
        return driver.check_can_live_migrate_destination(
            None, instance, COMPUTE, COMPUTE, block_migration=True, disk_over_commit=False
        )

    check.files = files
    return check


@pytest.mark.on_freebsd
def test_a_bhyve_host_refuses_before_it_leaves_a_file_on_the_storage(checked, libvirt):
    from nova import exception

    domain = bhyve_domain(libvirt)
    with pytest.raises(exception.MigrationPreCheckError, match="virt_type 'bhyve'"):
        checked(domain, "bhyve")
    assert checked.files == []
    assert domain.calls == []


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu", "lxc", "parallels"])
def test_a_host_of_linux_goes_on_to_the_other_checks(virt_type, checked, libvirt):
    data = checked(kvm_domain(libvirt), virt_type)
    assert data.filename == "tmpfile"
    assert data.block_migration is True
    assert data.disk_available_mb == 400 * 1024
