"""Checks of nova/attach-while-stopped.patch: devices of a guest that its next start defines."""

import types

import pytest
from one_guest import (
    OPERATION_INVALID,
    RUNNING,
    SHUTOFF,
    bhyve_domain,
    error_of,
    guest_on,
    kvm_domain,
)

pytestmark = pytest.mark.patch("nova/attach-while-stopped.patch")

NO_SUPPORT = 3


class Device:
    """Stand-in for the configuration of a device."""

    @staticmethod
    def to_xml():
        return "<nothing/>"


def attach(domain, live):
    from nova.virt.libvirt import guest

    guest.Guest(domain).attach_device(Device, persistent=True, live=live)


@pytest.fixture
def detach(option, monkeypatch):
    """Detach a device that stands in the definition of the domain."""

    def run(domain, virt_type):
        driver, instance = guest_on(domain, option, monkeypatch, virt_type=virt_type)
        guest = driver._host.get_guest(instance)
        found = []

        def find(from_persistent_config=False):
            found.append(from_persistent_config)
            return Device if found.count(from_persistent_config) == 1 else None

        driver._detach_with_retry(guest, instance.uuid, find, "vdb")

    return run


@pytest.mark.on_freebsd
def test_a_stopped_guest_gets_a_device_by_its_next_start(libvirt):
    domain = bhyve_domain(libvirt, SHUTOFF)
    attach(domain, live=False)
    assert domain.calls == ["attachDeviceFlags"]


@pytest.mark.on_freebsd
def test_a_running_guest_gets_none(libvirt):
    with pytest.raises(libvirt.libvirtError) as caught:
        attach(bhyve_domain(libvirt), live=True)
    assert caught.value.get_error_code() == NO_SUPPORT


@pytest.mark.on_freebsd
def test_a_stopped_guest_lets_a_device_go_by_its_next_start(detach, libvirt):
    domain = bhyve_domain(libvirt, SHUTOFF)
    detach(domain, "bhyve")
    assert "detachDeviceFlags" in domain.calls


@pytest.mark.on_freebsd
def test_a_running_guest_keeps_it(detach, libvirt):
    with pytest.raises(libvirt.libvirtError) as caught:
        detach(bhyve_domain(libvirt, RUNNING), "bhyve")
    assert caught.value.get_error_code() == NO_SUPPORT


def test_any_other_error_of_a_stopped_guest_is_raised_as_before(detach, libvirt):
    refusal = error_of(libvirt, "no", OPERATION_INVALID)
    with pytest.raises(libvirt.libvirtError) as caught:
        attach(kvm_domain(libvirt, SHUTOFF, attachDeviceFlags=refusal), live=False)
    assert caught.value is refusal
    with pytest.raises(libvirt.libvirtError) as caught:
        detach(kvm_domain(libvirt, SHUTOFF, detachDeviceFlags=refusal), "kvm")
    assert caught.value is refusal


@pytest.mark.on_linux
def test_on_linux_libvirt_does_it_as_before(detach, libvirt):
    domain = kvm_domain(libvirt, SHUTOFF, attachDeviceFlags=0)
    asked = []

    def detach_device(xml, flags):
        domain.calls.append("detachDeviceFlags")
        asked.append(flags)

    domain.detachDeviceFlags = detach_device
    attach(domain, live=False)
    detach(domain, "kvm")
    assert asked == [libvirt.VIR_DOMAIN_AFFECT_CONFIG]
    assert domain.calls.count("attachDeviceFlags") == domain.calls.count("detachDeviceFlags") == 1


@pytest.mark.parametrize(
    ("capability", "vm_state", "is_refused"),
    [
        (False, "active", True),
        (False, "stopped", False),
        (True, "active", False),
        (None, "active", False),
    ],
)
def test_the_manager_asks_for_hot_plug_unless_the_guest_is_stopped(
    capability, vm_state, is_refused
):
    from nova import exception
    from nova.compute import manager

    class ReachedError(Exception):
        """The request came past the capabilities."""

    def notify(*args, **options):
        raise ReachedError

    made = manager.ComputeManager.__new__(manager.ComputeManager)
    made.host = "bhyve1.example.org"
    capabilities = {"supports_attach_interface": True}
    if capability is not None:
        capabilities["supports_hot_attach_interface"] = capability
    made.driver = types.SimpleNamespace(capabilities=capabilities)
    instance = types.SimpleNamespace(uuid="0b1f3a5c-7d9e-4b2a-8c6d-5e4f3a2b1c0d", vm_state=vm_state)
    mocked = pytest.MonkeyPatch()
    mocked.setattr(manager.compute_utils, "notify_about_instance_action", notify)
    try:
        with pytest.raises(exception.AttachInterfaceNotSupported if is_refused else ReachedError):
            made._attach_interface(None, instance, "network", None, None, None)
    finally:
        mocked.undo()
