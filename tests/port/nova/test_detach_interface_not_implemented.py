"""Checks of nova/detach-interface-not-implemented.patch: a guest keeps what it cannot let go."""

import pytest
from one_guest import SHUTOFF, bhyve_domain, guest_on, kvm_domain

pytestmark = pytest.mark.patch("nova/detach-interface-not-implemented.patch")

VIF = {"id": "a-port", "address": "52:54:00:00:00:01"}


@pytest.fixture
def detach(option, monkeypatch):
    """Detach an interface from the domain; the VIF driver's work is noted in `detach.done`."""
    done = []

    def run(domain, virt_type):
        driver, instance = guest_on(domain, option, monkeypatch, virt_type=virt_type)
        instance.image_meta = instance.flavor = None
        monkeypatch.setattr(driver.vif_driver, "get_config", lambda *args: None)
        monkeypatch.setattr(driver.vif_driver, "get_vif_devname", lambda vif: "tap0")
        monkeypatch.setattr(
            driver.vif_driver, "unplug", lambda instance, vif: done.append("unplug")
        )
        monkeypatch.setattr(
            driver, "get_instance_driver_metadata", lambda *args: None, raising=False
        )
        monkeypatch.setattr(driver, "_get_guest_config_meta", lambda *args: Metadata)

        def let_go(guest, *args, **kwargs):
            guest.detach_device(Metadata)
            done.append("detach")

        monkeypatch.setattr(driver, "_detach_with_retry", let_go)
        driver.detach_interface(None, instance, VIF)

    monkeypatch.setattr("nova.objects.Instance.image_meta", None)
    monkeypatch.setattr("nova.objects.Instance.flavor", None)
    monkeypatch.setattr("nova.objects.Instance.get_network_info", lambda self: [VIF])
    run.done = done
    return run


class Metadata:
    """Stand-in for a configuration object."""

    @staticmethod
    def to_xml():
        return "<nothing/>"


@pytest.mark.on_freebsd
def test_an_interface_that_bhyve_keeps_stays_plugged(detach, libvirt):
    domain = bhyve_domain(libvirt)
    with pytest.raises(NotImplementedError):
        detach(domain, "bhyve")
    assert detach.done == []
    assert domain.calls == ["isActive"]


@pytest.mark.on_freebsd
def test_an_interface_of_a_stopped_guest_is_unplugged(detach, libvirt):
    libvirt.VIR_DOMAIN_METADATA_ELEMENT = 2
    detach(bhyve_domain(libvirt, SHUTOFF, detachDeviceFlags=0), "bhyve")
    assert detach.done == ["detach", "unplug"]


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "lxc"])
def test_an_interface_is_detached_and_unplugged_on_linux(virt_type, detach, libvirt):
    libvirt.VIR_DOMAIN_METADATA_ELEMENT = 2
    domain = kvm_domain(libvirt, detachDeviceFlags=0)
    detach(domain, virt_type)
    assert detach.done == ["detach", "unplug"]
    assert domain.calls == ["detachDeviceFlags", "setMetadata"]
