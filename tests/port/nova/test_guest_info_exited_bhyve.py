"""Checks of nova/guest-info-exited-bhyve.patch: the state of a guest whose process has ended."""

import types

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
def test_a_guest_that_was_killed_is_found_crashed_when_a_reboot_is_long_over(
    exited, option, monkeypatch, caplog
):
    from nova.virt.libvirt import guest as module

    clock = types.SimpleNamespace(monotonic=lambda: clock.now, now=1000.0)
    monkeypatch.setattr(module, "time", clock)
    driver, instance = guest_on(
        exited, option, monkeypatch, virt_type="bhyve", wait_soft_reboot_seconds=120
    )
    states = []
    for clock.now in (1000.0, 1001.0, 1120.0, 1121.0, 1700.0):
        states.append(driver.get_info(instance).state)
    assert states == [1, 1, 1, 6, 6]
    assert caplog.text.count("The process 4711 of the guest has ended") == 5

    exited.answers.update(ID=4712)
    exited.answers["info"] = error_of(
        exited.libvirt, "Unable to obtain information about pid: 4712", SYSTEM_ERROR
    )
    assert driver.get_info(instance).state == 1  # another process, which has just ended

    exited.answers.update(state=[SHUTOFF, 1])
    clock.now = 9000.0
    assert driver.get_info(instance).state == 4  # and now libvirt has taken notice


@pytest.mark.on_freebsd
def test_an_error_that_does_not_name_the_process_says_nothing_of_the_guest(
    exited, option, monkeypatch, caplog
):
    from nova.virt.libvirt import guest as module

    clock = types.SimpleNamespace(monotonic=lambda: clock.now, now=0.0)
    monkeypatch.setattr(module, "time", clock)
    exited.answers["info"] = error_of(
        exited.libvirt, "Unable to get kvm descriptor: /dev/mem: Permission denied", SYSTEM_ERROR
    )
    driver, instance = guest_on(exited, option, monkeypatch, virt_type="bhyve")
    for clock.now in (0.0, 5000.0):
        assert driver.get_info(instance).state == 1
    assert "has ended" not in caplog.text


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
