"""Checks of nova/diagnostics-max-memory.patch: how much memory diagnostics say a guest has."""

import pytest
from one_guest import OPERATION_INVALID, bhyve_domain, error_of, guest_on, kvm_domain

pytestmark = pytest.mark.patch("nova/diagnostics-max-memory.patch")


@pytest.mark.on_freebsd
def test_diagnostics_of_a_guest_of_bhyve_tell_its_memory(libvirt, option, monkeypatch):
    driver, instance = guest_on(bhyve_domain(libvirt), option, monkeypatch, virt_type="bhyve")
    assert driver.get_diagnostics(instance) == {"memory": 1048576}


@pytest.mark.on_linux
def test_diagnostics_of_a_guest_of_linux_ask_for_the_maximum(libvirt, option, monkeypatch):
    domain = kvm_domain(libvirt, maxMemory=2097152, vcpus=[[]], memoryStats={})
    driver, instance = guest_on(domain, option, monkeypatch, virt_type="kvm")
    assert driver.get_diagnostics(instance)["memory"] == 2097152
    assert "info" not in domain.calls


def test_any_other_error_of_libvirt_is_raised_as_it_is(libvirt, option, monkeypatch):
    refusal = error_of(libvirt, "domain is not running", OPERATION_INVALID)
    domain = bhyve_domain(libvirt, maxMemory=refusal)
    driver, instance = guest_on(domain, option, monkeypatch)
    with pytest.raises(libvirt.libvirtError) as caught:
        driver.get_diagnostics(instance)
    assert caught.value is refusal
