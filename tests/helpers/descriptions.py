"""Descriptions of bhyve guests, put together from their parts."""

from __future__ import annotations

from pathlib import Path

UUID = "0d5c6e54-8d7e-4e50-9f0e-2f9d6c1e8a11"
DISK = "<disk type='file'><source file='{}'/><target dev='vda' bus='virtio'/></disk>"
NETWORK = (
    "<interface type='bridge'><mac address='fa:16:3e:00:00:01'/><source bridge='br0'/>"
    "<target dev='tap1'/><model type='virtio'/></interface>"
)
NMDM = "<serial type='nmdm'><source master='/dev/nmdm1A' slave='/dev/nmdm1B'/></serial>"
VNC = "<graphics type='vnc' autoport='yes' listen='127.0.0.1'/>"
GOP = "<video><model type='gop'/></video>"
XHCI = "<controller type='usb' model='nec-xhci'/>"
TABLET = "<input type='tablet' bus='usb'/>"


class Description:
    """Renders guests whose disk lies in a directory."""

    def __init__(self, directory: Path) -> None:
        self.disk = DISK.format(directory / "disk")

    def render(
        self,
        *devices: str,
        head: str = "",
        os: str = "<os><type>hvm</type></os>",
        name: str = "guest",
        uuid: str = UUID,
        kind: str = "bhyve",
        disk: str | None = None,
    ) -> str:
        """A domain with a raw virtio disk and these devices; `disk` replaces the disk."""
        inner = (self.disk if disk is None else disk) + "".join(devices)
        return (
            f"<domain type='{kind}'><name>{name}</name><uuid>{uuid}</uuid>"
            f"<memory unit='MiB'>512</memory><vcpu>2</vcpu>{os}{head}"
            f"<devices>{inner}</devices></domain>"
        )


UEFI = "<os firmware='efi'><type>hvm</type></os>"
