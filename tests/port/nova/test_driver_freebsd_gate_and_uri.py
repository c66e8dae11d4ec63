"""Checks of nova/driver-freebsd-gate-and-uri.patch: who may start the driver, and what it opens."""

import types

import pytest

pytestmark = pytest.mark.patch("nova/driver-freebsd-gate-and-uri.patch")


@pytest.fixture
def configured(monkeypatch):
    """Make the driver see only these [libvirt] options, whether or not nova accepts them."""
    from nova.virt.libvirt import driver

    def configure(**options):
        conf = types.SimpleNamespace(libvirt=types.SimpleNamespace(**options))
        monkeypatch.setattr(driver, "CONF", conf)

    return configure


@pytest.mark.on_freebsd
def test_the_driver_starts_on_freebsd(libvirt):
    from nova.virt.libvirt import driver

    assert driver.LibvirtDriver(None)._host is not None


@pytest.mark.on_freebsd
def test_virt_type_bhyve_opens_the_bhyve_driver_of_libvirt(configured):
    from nova.virt.libvirt import driver

    configured(virt_type="bhyve", connection_uri="")
    assert driver.LibvirtDriver._uri() == "bhyve:///system"


@pytest.mark.on_freebsd
def test_the_operators_connection_uri_comes_before_the_one_of_bhyve(configured):
    from nova.virt.libvirt import driver

    configured(virt_type="bhyve", connection_uri="bhyve+unix:///system")
    assert driver.LibvirtDriver._uri() == "bhyve+unix:///system"


@pytest.mark.on_freebsd
def test_bhyve_has_no_live_migration_uri(configured):
    from nova import exception
    from nova.virt.libvirt import driver

    configured(virt_type="bhyve", live_migration_uri=None)
    with pytest.raises(exception.LiveMigrationURINotAvailable):
        driver.LibvirtDriver._live_migration_uri("elsewhere")


@pytest.mark.parametrize("platform", ["darwin", "win32", "sunos5", "openbsd7"])
def test_every_other_platform_is_refused(platform, libvirt, monkeypatch):
    from nova import exception
    from nova.virt.libvirt import driver

    monkeypatch.setattr(driver, "sys", types.SimpleNamespace(platform=platform))
    with pytest.raises(exception.InternalError, match="The libvirt driver only works on Linux"):
        driver.LibvirtDriver(None)


@pytest.mark.on_linux
def test_the_driver_starts_on_linux(libvirt):
    from nova.virt.libvirt import driver

    assert driver.LibvirtDriver(None)._host is not None


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("virt_type", "uri"),
    [
        ("kvm", "qemu:///system"),
        ("qemu", "qemu:///system"),
        ("lxc", "lxc:///"),
        ("parallels", "parallels:///system"),
    ],
)
def test_the_uris_of_linux_are_what_they_were(virt_type, uri, configured):
    from nova.virt.libvirt import driver

    configured(virt_type=virt_type, connection_uri="")
    assert driver.LibvirtDriver._uri() == uri
    configured(virt_type=virt_type, connection_uri="qemu+ssh://there/system")
    assert driver.LibvirtDriver._uri() == "qemu+ssh://there/system"
