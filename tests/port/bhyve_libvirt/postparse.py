"""What libvirt and its bhyve driver add to a description: buses, controllers, models, consoles."""

import copy
import xml.etree.ElementTree as ET

BUSES = {"h": "ide", "s": "scsi", "v": "virtio", "x": "xen", "u": "usb", "f": "fdc"}


def complete_devices(root, arch):
    """Add to `root` what libvirt adds before it validates."""
    devices = root.find("devices")
    _complete_boot(root)
    for disk in devices.findall("disk"):
        _complete_disk(disk)
    for number, interface in enumerate(devices.findall("interface")):
        if interface.find("mac") is None:
            ET.SubElement(interface, "mac", address="52:54:00:00:00:{:02x}".format(number))
    for kind in ("serial", "console"):
        for port, device in enumerate(devices.findall(kind)):
            if device.find("target") is None:
                ET.SubElement(device, "target", port=str(port))
            elif device.find("target").get("port") is None:
                device.find("target").set("port", str(port))
    _pair_console(devices)
    _complete_graphics(devices)
    _add_controllers(root, devices, arch)


def _complete_boot(root):
    orders = [d for d in root.find("devices") if d.find("boot") is not None]
    system = root.find("os")
    if system.find("boot") is None and not orders:
        ET.SubElement(system, "boot", dev="hd")


def _complete_disk(disk):
    disk.set("device", disk.get("device", "disk"))
    target = disk.find("target")
    if target is not None and target.get("bus") is None:
        target.set("bus", BUSES.get(target.get("dev", "")[:1], "none"))
    if disk.get("device") == "cdrom" and disk.find("readonly") is None:
        ET.SubElement(disk, "readonly")
    if target is not None and target.get("bus") == "sata" and disk.find("address") is None:
        index = ord(target.get("dev")[-1]) - ord("a")
        place = {"type": "drive", "controller": str(index // 32), "bus": "0", "target": "0"}
        ET.SubElement(disk, "address", dict(place, unit=str(index % 32)))


def _pair_console(devices):
    """The first console is the first serial port seen from another side."""
    serial, console = devices.find("serial"), devices.find("console")
    if serial is None and console is not None:
        serial = copy.deepcopy(console)
        serial.tag = "serial"
        serial.find("target").attrib.pop("type", None)
        devices.insert(list(devices).index(console), serial)
    if serial is None:
        return
    twin = copy.deepcopy(serial)
    twin.tag = "console"
    twin.find("target").set("type", "serial")
    if console is None:
        devices.insert(list(devices).index(serial) + 1, twin)
    else:
        devices[list(devices).index(console)] = twin


def _complete_graphics(devices):
    for graphics in devices.findall("graphics"):
        if graphics.get("port", "-1") == "-1":
            graphics.set("port", "-1")
            graphics.set("autoport", "yes")
        else:
            graphics.set("autoport", graphics.get("autoport", "no"))
        if graphics.find("listen") is None:
            address = graphics.get("listen", "127.0.0.1")
            ET.SubElement(graphics, "listen", type="address", address=address)
    if devices.find("graphics") is not None and devices.find("video") is None:
        ET.SubElement(devices, "video")
    for video in devices.findall("video"):
        if video.find("model") is None:
            ET.SubElement(video, "model", type="gop")


def _add_controllers(root, devices, arch):
    _add_controller(devices, "pci", "0", model="pci-root")
    if devices.find("channel") is not None:
        _add_controller(devices, "virtio-serial", "0", ports="16")
    if arch == "x86_64" and _needs_isa(root, devices):
        _add_controller(devices, "isa", "0")
    for disk in devices.findall("disk"):
        if disk.find("target") is not None and disk.find("target").get("bus") == "sata":
            _add_controller(devices, "sata", disk.find("address").get("controller"))


def _needs_isa(root, devices):
    uefi = root.find("os/loader") is not None or root.find("os").get("firmware") == "efi"
    ports = devices.find("serial") is not None or devices.find("console") is not None
    return uefi or ports or devices.find("graphics") is not None


def _add_controller(devices, kind, index, **more):
    for controller in devices.findall("controller"):
        if controller.get("type") == kind and controller.get("index", "0") == index:
            return
    devices.append(ET.Element("controller", dict(more, type=kind, index=index)))
