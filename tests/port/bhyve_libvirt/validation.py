"""What libvirt refuses when a guest is defined, before bhyve is asked for anything."""

from .errors import error, unsupported
from .versions import SERIAL_OVER_TCP


def validate(root, version):
    """Raise what this libvirt's own validation, and its bhyve driver's, would report."""
    devices = root.find("devices")
    _check_boot(root)
    _check_disks(devices)
    for kind in ("serial", "console"):
        for device in devices.findall(kind):
            _check_character_device(device)
    if version >= SERIAL_OVER_TCP:
        for serial in devices.findall("serial"):
            _check_serial(serial)
    for rng in devices.findall("rng"):
        _check_rng(rng)
    for channel in devices.findall("channel"):
        _check_channel(channel)
    if devices.find("hostdev") is not None and root.find("memoryBacking/locked") is None:
        raise unsupported("using passthrough devices requires locking guest memory")
    _check_controllers(devices)


def _check_boot(root):
    orders = root.findall("devices/*/boot")
    if orders and root.find("os/boot") is not None:
        raise unsupported("per-device boot elements cannot be used together with os/boot elements")


def _check_disks(devices):
    seen = set()
    for disk in devices.findall("disk"):
        target = disk.find("target")
        if target is None or not target.get("dev"):
            raise error("VIR_ERR_XML_ERROR", "missing target information for device")
        if target.get("dev") in seen:
            raise error(
                "VIR_ERR_XML_ERROR",
                "target '{}' duplicated for disk sources".format(target.get("dev")),
            )
        seen.add(target.get("dev"))


def _check_character_device(device):
    if device.get("type") != "nmdm":
        return
    source = device.find("source")
    for end in ("master", "slave"):
        if source is None or not source.get(end):
            raise error(
                "VIR_ERR_XML_ERROR", "Missing {} path attribute for nmdm device".format(end)
            )


def _check_serial(serial):
    if serial.get("type") not in ("nmdm", "tcp"):
        raise unsupported("Only 'nmdm' and 'tcp' console types are supported")
    if int(serial.find("target").get("port")) > 3:
        raise unsupported("Only four serial ports are supported")
    if serial.get("type") == "tcp":
        if serial.find("source").get("mode") != "bind":
            raise unsupported("Only listening TCP sockets are supported")
        protocol = serial.find("protocol")
        if protocol is not None and protocol.get("type", "raw") != "raw":
            raise unsupported("Only 'raw' protocol is supported for TCP sockets")


def _check_rng(rng):
    backend = rng.find("backend")
    if rng.get("model") != "virtio":
        raise unsupported("Only 'virio' RNG device model is supported")
    if backend is None or backend.get("model") != "random":
        raise unsupported("Only 'random' backend model is supported")
    if (backend.text or "").strip() not in ("", "/dev/random"):
        raise unsupported("Only /dev/random source is supported")


def _check_channel(channel):
    if "," in channel.find("target").get("name", ""):
        raise unsupported("Commas (',') are not allowed in channel names")
    source = channel.find("source")
    if source is not None and "," in source.get("path", ""):
        raise unsupported("Commas (',') are not allowed in UNIX socket paths")


def _check_controllers(devices):
    for controller in devices.findall("controller"):
        kind, index = controller.get("type"), controller.get("index", "0")
        if kind == "pci" and controller.get("model") in ("pci-root", "pcie-root") and index != "0":
            raise error(
                "VIR_ERR_XML_ERROR", "pci-root and pcie-root controllers should have index 0"
            )
        if kind == "isa" and index != "0":
            raise unsupported("Bhyve ISA controller can only have index '0'")
        if (kind, controller.get("model")) == ("usb", "none") and any(
            device.get("bus") == "usb" for device in devices.findall("input")
        ):
            raise unsupported(
                "USB is disabled for this domain, but USB devices are present in the domain XML"
            )
