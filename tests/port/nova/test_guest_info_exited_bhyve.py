"""Checks of nova/guest-info-exited-bhyve.patch: the state of a guest whose process has ended."""

import pytest
from one_guest import (
    FROM_BHYVE,
    RUNNING,
    SHUTOFF,
    SYSTEM_ERROR,
    UUID,
    bhyve_domain,
    error_of,
    guest_on,
    kvm_domain,
)

pytestmark = pytest.mark.patch("nova/guest-info-exited-bhyve.patch")

FROM_QEMU = 10
NO_DOMAIN = 42


@pytest.fixture
def exited(libvirt):
    """A guest whose process has gone, while libvirt has not come to see to it."""
    gone = error_of(libvirt, "Unable to obtain information about pid: 4711", SYSTEM_ERROR)
    return bhyve_domain(libvirt, RUNNING, info=gone)


@pytest.mark.on_freebsd
def test_a_guest_whose_process_just_ended_is_what_libvirt_last_knew(exited, option, monkeypatch):
    driver, instance = guest_on(exited, option, monkeypatch, virt_type="bhyve")
    info = driver.get_info(instance)
    assert (info.state, info.internal_id) == (1, 4711)


@pytest.mark.on_freebsd
def test_a_clean_shutdown_waits_until_libvirt_has_seen_to_the_process(exited, option, monkeypatch):
    from nova.virt.libvirt import driver as module

    def sleep(seconds):
        exited.answers.update(info=[SHUTOFF, 1048576, 0, 1, 0], ID=-1)

    exited.answers["shutdown"] = 0
    driver, instance = guest_on(exited, option, monkeypatch, virt_type="bhyve")
    monkeypatch.setattr(module.time, "sleep", sleep)
    assert driver._clean_shutdown(instance, timeout=5, retry_interval=5) is True


@pytest.mark.parametrize(("code", "domain"), [(1, FROM_BHYVE), (SYSTEM_ERROR, FROM_QEMU)])
def test_any_other_error_is_an_internal_error_as_before(code, domain, libvirt, option, monkeypatch):
    from nova import exception

    broken = error_of(libvirt, "it broke", code, domain)
    guest = bhyve_domain(libvirt, RUNNING, info=broken)
    driver, instance = guest_on(guest, option, monkeypatch)
    with pytest.raises(exception.InternalError, match="it broke"):
        driver.get_info(instance)
    assert "state" not in guest.calls


@pytest.mark.on_linux
def test_a_guest_of_linux_is_asked_once(libvirt, option, monkeypatch):
    domain = kvm_domain(libvirt, RUNNING)
    driver, instance = guest_on(domain, option, monkeypatch, virt_type="kvm")
    info = driver.get_info(instance)
    assert (info.state, info.internal_id) == (1, 4711)
    assert domain.calls == ["info", "ID"]


@pytest.mark.on_linux
def test_a_guest_that_is_gone_is_not_found_as_before(libvirt, option, monkeypatch):
    from nova import exception

    gone = error_of(libvirt, "no domain with matching uuid", NO_DOMAIN, FROM_QEMU)
    driver, instance = guest_on(kvm_domain(libvirt, info=gone), option, monkeypatch)
    with pytest.raises(exception.InstanceNotFound, match=UUID):
        driver.get_info(instance)
