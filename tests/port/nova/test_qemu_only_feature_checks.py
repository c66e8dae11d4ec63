"""Checks of nova/qemu-only-feature-checks.patch: features that only QEMU has, at any version."""

import any_release
import pytest

pytestmark = pytest.mark.patch("nova/qemu-only-feature-checks.patch")

TRAITS = (
    "COMPUTE_REMOTE_MANAGED_PORTS",
    "COMPUTE_SECURITY_STATELESS_FIRMWARE",
    "COMPUTE_STORAGE_VIRTIO_FS",
)

BEFORE_VIRTIO_FS = 6001000
BEFORE_STATELESS_FIRMWARE = 8005000


def reported(driver):
    """Which of the traits in question the driver claims once it has looked at its host."""
    driver._update_host_specific_capabilities()
    traits = driver.capabilities_as_traits()
    return {name for name in known() if traits[name]}


def known():
    """The traits in question that this release of nova reports."""
    from nova.virt import driver

    names = set(TRAITS) & set(driver.CAPABILITY_TRAITS_MAP.values())
    assert names
    return names


@pytest.mark.on_freebsd
def test_the_release_of_freebsd_does_not_pass_for_a_version_of_qemu(make_driver, connection):
    assert connection.getVersion() > 14000000
    assert reported(make_driver("bhyve")) == set()


@pytest.mark.on_freebsd
@pytest.mark.parametrize("feature", ["supports_virtio_fs", "supports_remote_managed_ports"])
def test_the_host_denies_what_only_qemu_has(feature, bhyve_host):
    any_release.require(type(bhyve_host), feature)
    assert getattr(bhyve_host, feature) is False


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu"])
def test_on_linux_a_recent_qemu_has_all_of_them(virt_type, make_driver, qemu):
    qemu()
    assert reported(make_driver(virt_type)) == known()


@pytest.mark.on_linux
def test_on_linux_the_version_of_qemu_still_decides(make_driver, qemu):
    qemu(version=BEFORE_VIRTIO_FS)
    assert reported(make_driver("kvm")) == known() - {"COMPUTE_STORAGE_VIRTIO_FS"}


@pytest.mark.on_linux
def test_on_linux_the_version_of_libvirt_still_decides(make_driver, qemu, connection, monkeypatch):
    qemu()
    monkeypatch.setattr(connection, "getLibVersion", lambda: BEFORE_STATELESS_FIRMWARE)
    assert reported(make_driver("kvm")) == known() - {"COMPUTE_SECURITY_STATELESS_FIRMWARE"}
