"""Checks of nova/snapshot-guard.patch: which guests of bhyve can be snapshotted."""

import pytest
from one_guest import RUNNING, SHUTOFF, bhyve_domain, guest_on, kvm_domain

pytestmark = pytest.mark.patch("nova/snapshot-guard.patch")

PAUSED_STATE, RUNNING_STATE, SHUTDOWN_STATE = 3, 1, 4
"""nova's own power states."""

QEMU_IMG = """
case $1 in
info) echo '{"filename": "disk", "format": "raw", "virtual-size": 8, "actual-size": 8}' ;;
convert)
    echo "$@" >> %s
    for last; do source=$target; target=$last; done
    cp "$source" "$target" ;;
esac
"""


class ImageApi:
    """Stand-in for glance, with one image that waits for its data."""

    def __init__(self):
        self.updates = []

    def get(self, context, image_id):
        return {"id": image_id, "name": "before the upgrade"}

    def update(self, context, image_id, metadata, data=None, purge_props=True):
        self.updates.append((metadata, None if data is None else data.read()))


@pytest.fixture
def images():
    return ImageApi()


@pytest.fixture
def guest_with_disk(libvirt, option, images, monkeypatch, tmp_path):
    """A guest of bhyve in the state with a raw disk of a few bytes, and nova's driver."""
    from nova.virt.libvirt import driver

    def make(state):
        option(None, "instances_path", str(tmp_path))
        option("libvirt", "snapshots_directory", str(tmp_path / "snapshots"))
        disk = tmp_path / "disk"
        disk.write_bytes(b"the disk")
        xml = "<disk type='file'><driver type='raw'/><source file='{}'/></disk>".format(disk)
        domain = bhyve_domain(libvirt, state, xml)
        nova_driver, instance = guest_on(
            domain, option, monkeypatch, virt_type="bhyve", images_type="raw"
        )
        monkeypatch.setattr(nova_driver, "_image_api", images)
        for name in (
            "_detach_pci_devices",
            "_detach_direct_passthrough_ports",
            "_detach_mediated_devices",
        ):
            monkeypatch.setattr(driver.LibvirtDriver, name, lambda self, *args: None)
        monkeypatch.setattr(
            "nova.objects.Instance.get_pci_devices", lambda self, source: [], raising=False
        )
        monkeypatch.setattr(
            driver.LibvirtDriver,
            "_create_snapshot_metadata",
            lambda self, meta, instance, format, name: {"disk_format": format, "name": name},
        )
        instance.image_ref = "the-image-it-was-made-of"
        instance.image_meta = None
        return nova_driver, instance

    monkeypatch.setattr("nova.objects.Instance.image_meta", None)
    return make


@pytest.mark.on_freebsd
def test_a_running_guest_is_refused_before_any_image_is_made(guest_with_disk, images, tmp_path):
    from nova import exception

    driver, instance = guest_with_disk(RUNNING)
    steps = []
    with pytest.raises(exception.InstanceInvalidState) as caught:
        driver.snapshot(None, instance, "image", lambda **states: steps.append(states))

    assert "in power state running. Cannot snapshot while" in caught.value.format_message()
    assert steps == []
    assert images.updates == []
    assert not (tmp_path / "snapshots").exists()


@pytest.mark.on_freebsd
@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_the_raw_disk_of_a_stopped_guest_becomes_an_image(
    image_format, guest_with_disk, images, option, command, tmp_path
):
    log = tmp_path / "qemu-img.log"
    command("qemu-img", QEMU_IMG % log)
    driver, instance = guest_with_disk(SHUTOFF)
    option("libvirt", "snapshot_image_format", image_format)
    steps = []
    driver.snapshot(None, instance, "image", lambda **states: steps.append(states["task_state"]))

    assert images.updates == [
        ({"disk_format": image_format, "name": "before the upgrade"}, b"the disk")
    ]
    arguments = log.read_text().split()
    assert arguments[arguments.index("-f") + 1] == "raw"
    assert arguments[arguments.index("-O") + 1] == image_format
    assert steps[-1] == "image_uploading"


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("virt_type", "live", "state", "calls"),
    [
        ("kvm", False, RUNNING_STATE, 1),
        ("kvm", False, PAUSED_STATE, 1),
        ("kvm", True, RUNNING_STATE, 0),
        ("kvm", False, SHUTDOWN_STATE, 0),
        ("lxc", False, RUNNING_STATE, 0),
    ],
)
def test_a_guest_of_linux_is_suspended_when_it_was_before(
    virt_type, live, state, calls, libvirt, option, monkeypatch
):
    suspended = []
    driver, instance = guest_on(kvm_domain(libvirt), option, monkeypatch, virt_type=virt_type)
    monkeypatch.setattr(driver, "suspend", lambda context, instance: suspended.append(instance))

    driver._suspend_guest_for_snapshot(None, live, state, instance)
    assert suspended == [instance] * calls


@pytest.mark.on_linux
def test_a_suspension_that_fails_on_linux_fails_as_before(libvirt, option, monkeypatch):
    def fail(context, instance):
        raise libvirt.libvirtError("out of space", 1)

    driver, instance = guest_on(kvm_domain(libvirt), option, monkeypatch, virt_type="kvm")
    monkeypatch.setattr(driver, "suspend", fail)
    with pytest.raises(libvirt.libvirtError, match="out of space"):
        driver._suspend_guest_for_snapshot(None, False, RUNNING_STATE, instance)
