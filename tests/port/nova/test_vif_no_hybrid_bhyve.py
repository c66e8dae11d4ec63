"""Checks of nova/vif-no-hybrid-bhyve.patch: a Linux bridge before Open vSwitch, or none."""

import uuid

import pytest

pytestmark = pytest.mark.patch("nova/vif-no-hybrid-bhyve.patch")

PORT = str(uuid.UUID(int=0xABCDEF << 100))


@pytest.fixture
def xml_of_port(option):
    """The XML of an interface: xml_of_port(virt_type, whether it is plugged hybrid, its type)."""
    import os_vif
    from nova import objects
    from nova.network import model
    from nova.virt.libvirt import vif

    objects.register_all()
    os_vif.objects.register_all()

    def build(virt_type, hybrid, vif_type=model.VIF_TYPE_OVS):
        option("libvirt", "virt_type", virt_type)
        port = model.VIF(
            id=PORT,
            address="fa:16:3e:01:02:03",
            type=vif_type,
            network=model.Network(id=str(uuid.UUID(int=5)), bridge="br-int", subnets=[]),
            details={"ovs_hybrid_plug": hybrid},
            devname=("tap" + PORT)[:14],
            ovs_interfaceid=PORT,
        )
        flavor = objects.Flavor(vcpus=1, extra_specs={})
        instance = objects.Instance(id=1, uuid=str(uuid.UUID(int=9)))
        image = objects.ImageMeta.from_dict({"properties": {"hw_vif_model": "virtio"}})
        return (
            vif.LibvirtGenericVIFDriver()
            .get_config(instance, port, image, flavor, virt_type)
            .format_dom()
        )

    return build


@pytest.mark.on_freebsd
@pytest.mark.parametrize("virt_type", ["bhyve", "qemu"])
def test_hybrid_plugging_is_refused_with_the_port_and_the_cure(virt_type, xml_of_port):
    from nova import exception

    with pytest.raises(exception.NovaException) as caught:
        xml_of_port(virt_type, True)
    assert type(caught.value) is exception.LinuxBridgeNotSupported
    assert PORT in str(caught.value)
    assert "another firewall driver than iptables_hybrid" in str(caught.value)


@pytest.mark.on_freebsd
def test_a_port_of_the_linux_bridge_agent_is_refused(xml_of_port):
    from nova import exception

    ours = "VIF {} asks for a Linux bridge, which this host cannot create".format(PORT)
    novas_own = "Linux bridge VIF type is no longer supported"
    with pytest.raises(exception.NovaException, match=ours + "|" + novas_own):
        xml_of_port("bhyve", False, "bridge")


@pytest.mark.on_freebsd
@pytest.mark.parametrize("virt_type", ["bhyve", "qemu"])
def test_a_port_without_a_firewall_in_between_is_not_refused(virt_type, xml_of_port):
    assert xml_of_port(virt_type, False).find("source").get("bridge") == "br-int"


@pytest.mark.on_linux
def test_kvm_is_plugged_hybrid_as_before(xml_of_port):
    xml = xml_of_port("kvm", True)
    assert xml.get("type") == "bridge"
    assert xml.find("source").get("bridge") == ("qbr" + PORT)[:14]
