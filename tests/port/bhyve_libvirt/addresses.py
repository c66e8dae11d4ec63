"""PCI slots of a guest's devices, as bhyve_device.c deals them out."""

import xml.etree.ElementTree as ET

LPC_SLOT = 1
SLOTS = 32


def assign_addresses(root):
    """Give every device that sits on the PCI bus a slot, in the driver's order."""
    devices = root.find("devices")
    taken = {0} | {_slot(a) for a in devices.iterfind("*/address[@type='pci']")}
    for controller in devices.findall("controller"):
        if controller.get("type") == "isa" and LPC_SLOT not in taken:
            _put(controller, LPC_SLOT)
    taken.add(LPC_SLOT)
    free = (slot for slot in range(SLOTS) if slot not in taken)
    for device in _in_order(devices):
        if device.find("address") is None:
            _put(device, next(free))


def slot_of(device):
    """The PCI slot of a device; 0 where it has none, which is what the driver then takes."""
    address = device.find("address[@type='pci']")
    return 0 if address is None else _slot(address)


def _slot(address):
    return int(address.get("slot", "0"), 0)


def _put(device, slot):
    place = {"type": "pci", "domain": "0x0000", "bus": "0x00", "function": "0x0"}
    ET.SubElement(device, "address", dict(place, slot="0x{:02x}".format(slot)))


def _in_order(devices):
    for controller in devices.findall("controller"):
        kind, model = controller.get("type"), controller.get("model")
        if kind in ("sata", "isa", "virtio-serial") or (kind, model) == ("usb", "nec-xhci"):
            yield controller
    yield from devices.findall("interface")
    for disk in devices.findall("disk"):
        if disk.find("target").get("bus") == "virtio":
            yield disk
    for kind in ("video", "sound", "filesystem", "rng"):
        yield from devices.findall(kind)
