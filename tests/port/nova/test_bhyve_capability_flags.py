"""Checks of nova/bhyve-capability-flags.patch: what the API and the scheduler may ask of bhyve."""

import inspect
import types

import pytest

pytestmark = pytest.mark.patch("nova/bhyve-capability-flags.patch")

DENIED = {
    "supports_tagged_attach_interface",
    "supports_tagged_attach_volume",
    "supports_extend_volume",
    "supports_multiattach",
    "supports_bfv_rescue",
    "supports_image_type_aki",
    "supports_image_type_ari",
    "supports_image_type_ami",
    "supports_pcpus",
    "supports_accelerators",
    "supports_socket_pci_numa_affinity",
}

TRUE_OF_BHYVE = {
    "has_imagecache",
    "supports_attach_interface",
    "supports_device_tagging",
    "supports_evacuate",
    "supports_image_type_iso",
    "supports_image_type_qcow2",
    "supports_image_type_raw",
    "supports_trusted_certs",
}


def claimed(driver):
    """The names of the capabilities that the driver says it has."""
    return {name for name, value in driver.capabilities.items() if value}


@pytest.fixture
def manager(make_driver):
    """A compute manager whose driver is that of a bhyve host."""
    from nova.compute import manager

    made = manager.ComputeManager.__new__(manager.ComputeManager)
    made.driver = make_driver("bhyve")
    return made


@pytest.fixture
def instance():
    """As much of an instance as a request needs that is refused at once."""
    return types.SimpleNamespace(uuid="0b1f3a5c-7d9e-4b2a-8c6d-5e4f3a2b1c0d", vm_state="active")


@pytest.mark.on_freebsd
def test_bhyve_claims_no_more_than_it_has(make_driver):
    assert claimed(make_driver("bhyve")) == TRUE_OF_BHYVE


@pytest.mark.on_freebsd
def test_the_scheduler_sees_none_of_the_denied_capabilities(make_driver):
    from nova.virt import driver

    made = make_driver("bhyve")
    assert made.capabilities["supports_hot_attach_interface"] is False
    traits = made.capabilities_as_traits()
    names = {driver.CAPABILITY_TRAITS_MAP[name] for name in DENIED - {"supports_pcpus"}}
    assert {name for name in names if traits[name]} == set()


@pytest.mark.on_freebsd
def test_a_running_guest_is_refused_an_interface_before_a_port_is_allocated(manager, instance):
    from nova import exception

    with pytest.raises(exception.AttachInterfaceNotSupported):
        manager._attach_interface(None, instance, "network", None, None, None)


@pytest.mark.on_freebsd
@pytest.mark.parametrize(
    ("tag", "multiattach", "error"),
    [
        ("data", False, "VolumeTaggedAttachNotSupported"),
        (None, True, "MultiattachNotSupportedByVirtDriver"),
    ],
)
def test_a_volume_is_refused_before_it_is_reserved(tag, multiattach, error, manager, instance):
    from nova import exception

    reserve = inspect.unwrap(type(manager).reserve_block_device_name)
    with pytest.raises(getattr(exception, error)):
        reserve(manager, None, instance, None, "volume", None, None, tag, multiattach)


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu", "lxc", "parallels"])
def test_on_linux_every_virt_type_claims_them_as_before(virt_type, make_driver):
    ploop = {"supports_image_type_ploop"} if virt_type == "parallels" else set()
    assert claimed(make_driver(virt_type)) == TRUE_OF_BHYVE | DENIED | ploop
