"""Checks of nova/diagnostics-hypervisor-os.patch: on which system diagnostics say a guest runs."""

import datetime

import pytest
from one_guest import bhyve_domain, guest_on, kvm_domain

pytestmark = pytest.mark.patch("nova/diagnostics-hypervisor-os.patch")


@pytest.fixture
def diagnose(option, monkeypatch):
    """The diagnostics of a domain that nova runs with the virt_type."""

    def run(domain, virt_type):
        driver, instance = guest_on(domain, option, monkeypatch, virt_type=virt_type)
        instance.launched_at = datetime.datetime(2026, 11, 21)
        monkeypatch.setattr("nova.virt.configdrive.required_by", lambda instance: False)
        return driver.get_instance_diagnostics(instance)

    return run


@pytest.mark.on_freebsd
def test_a_guest_of_bhyve_runs_on_freebsd(diagnose, libvirt):
    diagnostics = diagnose(bhyve_domain(libvirt), "bhyve")
    assert (diagnostics.hypervisor, diagnostics.hypervisor_os) == ("bhyve", "freebsd")


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "lxc"])
def test_a_guest_of_linux_runs_on_linux(virt_type, diagnose, libvirt):
    diagnostics = diagnose(kvm_domain(libvirt, vcpus=[[]]), virt_type)
    assert (diagnostics.hypervisor, diagnostics.hypervisor_os) == (virt_type, "linux")
