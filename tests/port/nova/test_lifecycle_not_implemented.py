"""Checks of nova/lifecycle-not-implemented.patch: what libvirt lacks is not implemented here."""

import types

import pytest
from one_guest import OPERATION_INVALID, bhyve_domain, error_of, guest_on, kvm_domain

pytestmark = pytest.mark.patch("nova/lifecycle-not-implemented.patch")

OPERATIONS = {
    "pause": (lambda driver, instance: driver.pause(instance), "suspend"),
    "unpause": (lambda driver, instance: driver.unpause(instance), "resume"),
    "suspend": (lambda driver, instance: driver.suspend(None, instance), "managedSave"),
}
"""What nova is asked for, and the function of libvirt behind it."""


@pytest.fixture
def without_devices(monkeypatch):
    """No device of the host is in the guest, so none is to be given back."""
    from nova.virt.libvirt import driver

    for name in (
        "_detach_pci_devices",
        "_detach_direct_passthrough_ports",
        "_detach_mediated_devices",
    ):
        monkeypatch.setattr(driver.LibvirtDriver, name, lambda self, *args: None)
    monkeypatch.setattr(
        "nova.objects.Instance.get_pci_devices", lambda self, source=None: [], raising=False
    )


@pytest.mark.on_freebsd
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_what_libvirt_does_not_support_is_not_implemented(
    operation, libvirt, option, monkeypatch, without_devices
):
    run, function = OPERATIONS[operation]
    domain = bhyve_domain(libvirt)
    driver, instance = guest_on(domain, option, monkeypatch, virt_type="bhyve")

    with pytest.raises(NotImplementedError, match="not supported by the connection driver"):
        run(driver, instance)
    assert domain.calls == [function]


@pytest.mark.on_freebsd
def test_the_compute_manager_leaves_a_guest_that_cannot_be_suspended_as_it_was(
    libvirt, option, monkeypatch, without_devices
):
    from nova.compute import manager

    driver, instance = guest_on(bhyve_domain(libvirt), option, monkeypatch, virt_type="bhyve")
    updates = []
    compute = types.SimpleNamespace(
        _instance_update=lambda context, instance, **values: updates.append(values),
        _set_instance_obj_error_state=lambda instance, **values: updates.append("error"),
    )
    roll_back = manager.ComputeManager._error_out_instance_on_exception
    rolling_back = roll_back(compute, None, instance, instance_state="active")
    with pytest.raises(NotImplementedError), rolling_back:
        driver.suspend(None, instance)
    assert updates == [{"vm_state": "active", "task_state": None}]


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_any_other_error_of_libvirt_is_raised_as_it_is(
    operation, libvirt, option, monkeypatch, without_devices
):
    run, function = OPERATIONS[operation]
    refusal = error_of(libvirt, "domain is not running", OPERATION_INVALID)
    domain = bhyve_domain(libvirt, **{function: refusal})
    driver, instance = guest_on(domain, option, monkeypatch)

    with pytest.raises(libvirt.libvirtError) as caught:
        run(driver, instance)
    assert caught.value is refusal


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("operation", "calls"),
    [
        ("pause", ["suspend"]),
        ("unpause", ["resume", "setTime", "UUIDString"]),
        ("suspend", ["managedSave"]),
    ],
)
def test_a_guest_of_kvm_pauses_and_suspends_as_before(
    operation, calls, libvirt, option, monkeypatch, without_devices
):
    domain = kvm_domain(libvirt, suspend=0, resume=0, setTime=0, managedSave=0)
    driver, instance = guest_on(domain, option, monkeypatch, virt_type="kvm")

    OPERATIONS[operation][0](driver, instance)
    assert domain.calls == calls
