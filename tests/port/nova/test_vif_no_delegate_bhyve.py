"""Checks of nova/vif-no-delegate-bhyve.patch: who creates the port of a guest in Open vSwitch."""

import uuid

import pytest

pytestmark = pytest.mark.patch("nova/vif-no-delegate-bhyve.patch")

PORT = str(uuid.UUID(int=0xABCDEF << 100))
MAC = "fa:16:3e:01:02:03"
TAP = ("tap" + PORT)[:14]

DELEGATIONS = [
    pytest.param(True, {}, id="the port"),
    pytest.param(True, {"ovs_create_tap": True}, id="the port and the tap"),
    pytest.param(False, {}, id="nothing"),
]


def can_create_tap():
    """Whether os-vif creates taps at all, which it began to do after 2025.1."""
    from os_vif.objects import vif

    return "create_tap" in vif.VIFPortProfileOpenVSwitch.fields


@pytest.fixture
def network(option):
    """The VIF driver, a port as neutron's API module describes it, and the guest's parts."""
    import os_vif
    from nova import objects
    from nova.network import model
    from nova.virt.libvirt import vif

    objects.register_all()
    os_vif.objects.register_all()

    class Network:
        driver = vif.LibvirtGenericVIFDriver()
        flavor = objects.Flavor(vcpus=1, extra_specs={})
        image = objects.ImageMeta.from_dict({})
        instance = objects.Instance(
            id=1,
            uuid=str(uuid.UUID(int=9)),
            project_id="demo",
            flavor=flavor,
            system_metadata={},
        )

        def port(self, delegated, details):
            return model.VIF(
                id=PORT,
                address=MAC,
                type=model.VIF_TYPE_OVS,
                network=model.Network(id=str(uuid.UUID(int=5)), bridge="br-int", subnets=[]),
                details=details,
                devname=TAP,
                ovs_interfaceid=PORT,
                delegate_create=delegated,
            )

        def xml(self, virt_type, delegated, details):
            option("libvirt", "virt_type", virt_type)
            port = self.port(delegated, details)
            return self.driver.get_config(
                self.instance, port, self.image, self.flavor, virt_type
            ).format_dom()

    return Network()


@pytest.fixture
def handed_over(monkeypatch):
    """What os-vif was asked for, as (call, what it may create)."""
    import os_vif

    calls = []

    def record(name):
        def call(vif, instance):
            profile = vif.port_profile
            creates_tap = can_create_tap() and profile.create_tap
            calls.append((name, type(vif).__name__, profile.create_port, creates_tap))

        return call

    monkeypatch.setattr(os_vif, "plug", record("plug"))
    monkeypatch.setattr(os_vif, "unplug", record("unplug"))
    return calls


@pytest.mark.on_freebsd
@pytest.mark.parametrize("virt_type", ["bhyve", "qemu"])
@pytest.mark.parametrize(("delegated", "details"), DELEGATIONS)
def test_libvirt_is_asked_to_add_the_guest_to_the_bridge(delegated, details, virt_type, network):
    xml = network.xml(virt_type, delegated, details)
    assert xml.get("type") == "bridge"
    assert xml.find("source").get("bridge") == "br-int"
    assert xml.find("target").attrib == {"dev": TAP}
    assert xml.find("virtualport").get("type") == "openvswitch"
    assert xml.find("virtualport/parameters").get("interfaceid") == PORT


@pytest.mark.on_freebsd
@pytest.mark.parametrize("virt_type", ["bhyve", "qemu"])
@pytest.mark.parametrize(("delegated", "details"), DELEGATIONS)
def test_os_vif_is_called_but_may_create_neither_port_nor_tap(
    delegated, details, virt_type, network, handed_over, option
):
    option("libvirt", "virt_type", virt_type)
    port = network.port(delegated, details)
    network.driver.plug(network.instance, port)
    network.driver.unplug(network.instance, port)
    assert handed_over == [
        ("plug", "VIFOpenVSwitch", False, False),
        ("unplug", "VIFOpenVSwitch", False, False),
    ]


@pytest.mark.on_freebsd
def test_the_port_itself_keeps_what_the_controller_said(network, handed_over, option):
    option("libvirt", "virt_type", "bhyve")
    port = network.port(True, {"ovs_create_tap": True})
    network.driver.plug(network.instance, port)
    assert handed_over == [("plug", "VIFOpenVSwitch", False, False)]
    assert port["delegate_create"] is True
    assert port["details"] == {"ovs_create_tap": True}


@pytest.mark.on_linux
def test_kvm_still_delegates_the_port(network, handed_over):
    xml = network.xml("kvm", True, {})
    assert xml.get("type") == "ethernet"
    assert xml.find("target").attrib == {"dev": TAP}
    network.driver.plug(network.instance, network.port(True, {}))
    network.driver.unplug(network.instance, network.port(True, {}))
    assert handed_over == [
        ("plug", "VIFOpenVSwitch", True, False),
        ("unplug", "VIFOpenVSwitch", True, False),
    ]


@pytest.mark.on_linux
def test_kvm_still_delegates_the_tap(network, handed_over):
    xml = network.xml("kvm", True, {"ovs_create_tap": True})
    assert xml.get("type") == "ethernet"
    own = {"managed": "no"} if can_create_tap() else {}
    assert xml.find("target").attrib == dict(own, dev=TAP)


@pytest.mark.on_linux
def test_kvm_without_delegation_is_what_it_was(network):
    xml = network.xml("kvm", False, {})
    assert xml.get("type") == "bridge"
    assert xml.find("virtualport").get("type") == "openvswitch"
