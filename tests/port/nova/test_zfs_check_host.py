"""Checks of nova/zfs-check-host.patch: nova-compute starts only where it can make volumes."""

import pytest
from one_guest import bhyve_domain, guest_on

pytestmark = pytest.mark.patch("nova/zfs-check-host.patch")

MIB = 1024**2
ALLOWED = [
    "clone",
    "create",
    "destroy",
    "mount",
    "refreservation",
    "rollback",
    "snapdev",
    "snapshot",
    "userprop",
    "volsize",
]
"""What docs/operate.md delegates."""


@pytest.fixture
def check(libvirt, option, monkeypatch):
    """Check the host as the start of the service does: check(); gives what it refuses."""
    from nova import exception

    def run():
        driver, _ = guest_on(bhyve_domain(libvirt), option, monkeypatch)
        try:
            driver._check_zfs_configuration()
        except exception.InvalidConfiguration as refused:
            return str(refused)
        return None

    return run


def test_a_dataset_that_can_take_disks_is_left_as_it_was(check, zfs_pool):
    assert check() is None
    assert zfs_pool.names() == []


def test_what_a_killed_check_left_is_removed(check, zfs_pool):
    zfs_pool.run("create", "-s", "-V", str(MIB), "zroot/nova/nova_check")
    zfs_pool.run("snapshot", "zroot/nova/nova_check@check")
    zfs_pool.run("clone", "zroot/nova/nova_check@check", "zroot/nova/nova_check_clone")
    assert check() is None
    assert zfs_pool.names() == []


def test_a_missing_dataset_is_refused(check, zfs_pool, option):
    option("libvirt", "images_zfs_dataset", "tank/nova")
    assert check() == (
        "'[libvirt] images_zfs_dataset = tank/nova' can't be used: "
        "cannot open 'tank/nova': dataset does not exist"
    )


def test_volumes_without_devices_are_refused(check, make_zfs_pool):
    pool = make_zfs_pool(volmode="none")
    assert check().endswith(
        "no {}zroot/nova/nova_check, set the property volmode to dev".format(pool.devices)
    )
    assert pool.names() == []


@pytest.mark.parametrize("volmode", ["default", "dev", "full", "geom"])
def test_volumes_with_devices_are_not(volmode, check, make_zfs_pool):
    make_zfs_pool(volmode=volmode)
    assert check() is None


def test_the_delegated_permissions_suffice(check, zfs_pool):
    zfs_pool.change(allow=ALLOWED)
    assert check() is None


@pytest.mark.parametrize("missing", ALLOWED)
def test_each_of_them_is_needed(missing, check, zfs_pool):
    zfs_pool.change(allow=[name for name in ALLOWED if name != missing])
    assert check().endswith("permission denied")


def test_a_full_pool_is_refused(check, zfs_pool):
    zfs_pool.change(size=MIB)
    assert check().endswith("cannot create 'zroot/nova/nova_check': out of space")


def test_a_host_without_zfs_is_refused(check, zfs_pool, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "can't be used: zfs: [Errno 2] No such file or directory" in check()


def test_the_dataset_has_to_be_named(check, zfs_pool, option):
    option("libvirt", "images_zfs_dataset", None)
    assert check() == "'[libvirt] images_type = zfs' needs '[libvirt] images_zfs_dataset'"


@pytest.mark.parametrize("virt_type", ["kvm", "qemu"])
def test_other_hypervisors_are_refused(virt_type, check, zfs_pool, option):
    option("libvirt", "virt_type", virt_type)
    assert check() == "'[libvirt] images_type = zfs' needs '[libvirt] virt_type = bhyve'"


@pytest.mark.parametrize("virt_type", ["bhyve", "kvm"])
def test_without_zfs_nothing_is_asked(virt_type, check, zfs_pool, option, command, tmp_path):
    option("libvirt", "virt_type", virt_type)
    option("libvirt", "images_type", "raw")
    command("zfs", "touch '{}'; exit 1".format(tmp_path / "asked"))
    assert check() is None
    assert not (tmp_path / "asked").exists()


@pytest.mark.on_freebsd
def test_the_service_asks_when_it_starts(make_driver, zfs_pool, option, monkeypatch):
    from nova import exception
    from nova.virt.libvirt import host

    monkeypatch.setattr(host.Host, "initialize", lambda self: None)
    driver = make_driver("bhyve")
    option("libvirt", "images_type", "zfs")
    option("libvirt", "images_zfs_dataset", "tank/nova")
    with pytest.raises(exception.InvalidConfiguration, match="tank/nova"):
        driver.init_host("here")
