"""Checks of nova/vif-bhyve-models.patch: which models a guest's interface may have, and which
it has by default."""

import pytest

pytestmark = pytest.mark.patch("nova/vif-bhyve-models.patch")

MAC = "fa:16:3e:01:02:03"


@pytest.fixture
def model_of(option):
    """The model in the XML of an interface: model_of(virt_type, properties_of_the_image)."""
    from nova import objects
    from nova.network import model
    from nova.virt.libvirt import vif

    objects.register_all()

    def build(virt_type, **properties):
        option("libvirt", "virt_type", virt_type)
        image = objects.ImageMeta.from_dict({"properties": properties})
        flavor = objects.Flavor(vcpus=1, extra_specs={})
        interface = vif.LibvirtGenericVIFDriver().get_base_config(
            None, MAC, image, flavor, virt_type, model.VNIC_TYPE_NORMAL
        )
        interface.net_type, interface.source_dev = "bridge", "br-int"
        element = interface.format_dom().find("model")
        return None if element is None else element.get("type")

    return build


@pytest.mark.on_freebsd
@pytest.mark.parametrize("name", ["virtio", "e1000"])
def test_the_models_of_bhyve_are_taken_from_the_image(name, model_of):
    assert model_of("bhyve", hw_vif_model=name) == name


@pytest.mark.on_freebsd
@pytest.mark.parametrize("name", ["rtl8139", "e1000e", "vmxnet3", "ne2k_pci"])
def test_a_model_that_bhyve_lacks_is_refused_by_name(name, model_of):
    from nova import exception

    with pytest.raises(exception.UnsupportedHardware, match=name):
        model_of("bhyve", hw_vif_model=name)


@pytest.mark.on_freebsd
@pytest.mark.parametrize("for_kvm_and_qemu", [True, False])
def test_bhyve_gets_virtio_where_the_image_names_no_model(for_kvm_and_qemu, model_of, option):
    option("libvirt", "use_virtio_for_bridges", for_kvm_and_qemu)
    assert model_of("bhyve") == "virtio"


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("virt_type", "wanted", "model"),
    [
        ("kvm", True, "virtio"),
        ("kvm", False, None),
        ("qemu", True, "virtio"),
        ("qemu", False, None),
        ("lxc", True, None),
        ("parallels", True, "virtio"),
    ],
)
def test_the_defaults_of_linux_are_what_they_were(virt_type, wanted, model, model_of, option):
    option("libvirt", "use_virtio_for_bridges", wanted)
    assert model_of(virt_type) == model


@pytest.mark.on_linux
def test_the_models_of_kvm_are_what_they_were(model_of):
    assert model_of("kvm", hw_vif_model="rtl8139") == "rtl8139"
    assert model_of("kvm", hw_vif_model="e1000") == "e1000"
