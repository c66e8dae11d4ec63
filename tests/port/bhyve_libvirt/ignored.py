"""What the bhyve driver ignores without a word, and the stand-in therefore refuses.

The real driver starts such a guest; the guest then lacks what its description promised, or does
not boot. A check must not take that for a success.
"""

from .errors import unsupported
from .versions import CHANNELS, CPU_PINNING, PCI_DEVICES, RNG, SMBIOS

NOTE = "bhyve ignores this without a word, so the stand-in refuses it: "
QCOW2 = b"QFI\xfb"

DEVICES = {
    "hostdev": ("a host device", PCI_DEVICES),
    "redirdev": ("a redirected device", None),
    "tpm": ("a TPM", None),
    "vsock": ("a vsock", None),
    "iommu": ("an IOMMU", None),
    "watchdog": ("a watchdog", None),
    "memory": ("a memory device", None),
    "shmem": ("shared memory", None),
    "channel": ("a channel to the guest", CHANNELS),
    "rng": ("a source of random numbers", RNG),
    "panic": ("a panic device", None),
}
"""What each is called, and since which libvirt it is no longer ignored."""


def refuse_ignored(root, version):
    """Raise for the first part of a description that the driver of a version would leave out."""
    for element, (words, since) in DEVICES.items():
        if root.find("devices/" + element) is not None and not (since and version >= since):
            raise unsupported(NOTE + words)
    if root.find("sysinfo") is not None and version < SMBIOS:
        raise unsupported(NOTE + "SMBIOS fields")
    if root.find("cputune/vcpupin") is not None and version < CPU_PINNING:
        raise unsupported(NOTE + "cputune/vcpupin")
    for path in ("os/kernel", "launchSecurity", "memoryBacking/hugepages"):
        if root.find(path) is not None:
            raise unsupported(NOTE + path)
    for disk in root.iterfind("devices/disk"):
        driver = disk.find("driver")
        kind = "raw" if driver is None else driver.get("type", "raw")
        if kind != "raw":
            raise unsupported(NOTE + "a disk of format " + kind + " is read as if it were raw")
        if disk.find("encryption") is not None:
            raise unsupported(NOTE + "a disk is encrypted")
        if disk.find("readonly") is not None and disk.get("device") != "cdrom":
            raise unsupported(NOTE + "a disk is to be read-only")
    for model in root.iterfind("devices/video/model"):
        if model.get("type") not in ("gop", None):
            raise unsupported(NOTE + "a video device of type " + model.get("type"))


def refuse_content(path):
    """Raise for a disk whose file starts like a qcow2 image, whatever its description says."""
    with open(path, "rb") as disk:
        if disk.read(len(QCOW2)) == QCOW2:
            raise unsupported(NOTE + path + " holds a qcow2 image, which would be read as raw")
