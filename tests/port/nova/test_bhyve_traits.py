"""Checks of nova/bhyve-traits.patch: no device of QEMU in the traits of a bhyve host."""

import uuid

import any_release
import pytest

pytestmark = pytest.mark.patch("nova/bhyve-traits.patch")

SOUND = {
    "COMPUTE_SOUND_MODEL_" + model
    for model in ("SB16", "ES1370", "PCSPK", "AC97", "ICH6", "ICH9", "USB", "VIRTIO")
}
IOMMU = {"COMPUTE_VIOMMU_MODEL_" + model for model in ("AUTO", "INTEL", "SMMUV3", "VIRTIO")}
PACKED = {"COMPUTE_NET_VIRTIO_PACKED"}
DEVICES = SOUND | IOMMU | PACKED
REPORTED_BY = {
    "_get_sound_model_traits": SOUND,
    "_get_iommu_model_traits": IOMMU,
    "_get_packed_virtqueue_traits": PACKED,
}
"""Methods of nova's driver, not all of them in every release."""

WITHOUT_VIRTIO_SOUND = 8001000


def reported(traits):
    """Which of the traits in question are reported as supported; all have an answer."""
    return {name for name in known() if traits[name]}


def known():
    """The traits in question that this release of nova reports."""
    from nova.virt.libvirt import driver

    names = [name for name in REPORTED_BY if hasattr(driver.LibvirtDriver, name)]
    assert names
    return set().union(*(REPORTED_BY[name] for name in names))


@pytest.mark.on_freebsd
def test_bhyve_has_no_sound_iommu_or_packed_virtqueue(make_driver):
    assert reported(make_driver("bhyve").static_traits) == set()


@pytest.mark.on_freebsd
def test_a_host_that_reported_them_before_loses_them(make_driver):
    tree = any_release.make_provider_tree("bhyve1.example.org", str(uuid.UUID(int=7)))
    tree.update_traits("bhyve1.example.org", known() | {"CUSTOM_RACK_7"})
    make_driver("bhyve").update_provider_tree(tree, "bhyve1.example.org")
    traits = tree.data("bhyve1.example.org").traits
    assert DEVICES & traits == set()
    assert "CUSTOM_RACK_7" in traits


@pytest.mark.on_freebsd
@pytest.mark.on_amd64
def test_the_video_model_comes_from_the_domain_capabilities(make_driver):
    traits = make_driver("bhyve").static_traits
    video = {name for name in traits if name.startswith("COMPUTE_GRAPHICS_MODEL_")}
    assert {name for name in video if traits[name]} == {"COMPUTE_GRAPHICS_MODEL_GOP"}


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu", "lxc", "parallels"])
def test_on_linux_every_virt_type_reports_them_as_before(virt_type, make_driver, qemu, two_threads):
    qemu()
    two_threads(of_one_core=True)
    expected = known() - {"COMPUTE_VIOMMU_MODEL_SMMUV3"}
    assert reported(make_driver(virt_type).static_traits) == expected


@pytest.mark.on_linux
def test_on_linux_an_older_qemu_has_no_virtio_sound(make_driver, qemu, two_threads):
    qemu(version=WITHOUT_VIRTIO_SOUND)
    two_threads(of_one_core=True)
    sound = reported(make_driver("kvm").static_traits) & SOUND
    assert sound == (SOUND & known()) - {"COMPUTE_SOUND_MODEL_VIRTIO"}
