"""One device of a guest as a word of bhyve(8), or the driver's refusal of it."""

from .addresses import slot_of
from .errors import error, unsupported
from .versions import NETWORK_NAMES, SLIRP

NETWORK_NUMBERS = {  # of enum virDomainNetType, which the driver prints
    "user": 0, "ethernet": 1, "vhostuser": 2, "server": 3, "client": 4, "mcast": 5,
    "internal": 8, "direct": 9, "hostdev": 10, "udp": 11, "vdpa": 12,
}  # fmt: skip
SMBIOS_NAMES = {
    "bios": {"vendor": "bios.vendor", "version": "bios.version", "date": "bios.release_date"},
    "system": {
        "manufacturer": "system.manufacturer",
        "product": "system.product_name",
        "serial": "system.serial_number",
        "sku": "system.sku",
        "version": "system.version",
    },
}
"""What libvirt passes on, by <sysinfo>'s names; it has no option for a family or a UUID."""

NETWORK_MODELS = {"virtio": "virtio-net", "e1000": "e1000"}


def network(interface, version):
    """`slot,model,tap,mac`; a network of libvirt's is taken for one that has a bridge."""
    model = interface.find("model")
    word = None if model is None else NETWORK_MODELS.get(model.get("type"))
    if word is None:
        raise unsupported("NIC model is not supported")
    kind = interface.get("type")
    mac = interface.find("mac").get("address")
    if kind == "user" and version >= SLIRP:
        return "{}:0,{},slirp,mac={},open".format(slot_of(interface), word, mac)
    if kind not in ("bridge", "network"):
        if version >= NETWORK_NAMES:
            raise unsupported("Unsupported network type " + kind)
        raise unsupported("Network type {} is not supported".format(NETWORK_NUMBERS[kind]))
    target = interface.find("target")
    tap = "vnet0" if target is None else target.get("dev")
    return "{}:0,{},{},mac={}".format(slot_of(interface), word, tap, mac)


def disk_source(disk):
    """The file of a disk; None for an empty drive."""
    if disk.get("type") not in ("file", "volume"):
        raise unsupported("unsupported disk type")
    source = disk.find("source")
    return None if source is None else source.get("file", source.get("volume"))


def virtio_disk(disk):
    if disk.get("device") != "disk":
        raise unsupported("unsupported disk device")
    return "{}:0,virtio-blk,{}".format(slot_of(disk), disk_source(disk))


def ahci(controller, disks):
    words = ["{}:0,ahci".format(slot_of(controller))]
    for disk in disks:
        address = disk.find("address")
        if disk.find("target").get("bus") != "sata":
            continue
        if address.get("controller") != controller.get("index", "0"):
            continue
        source = disk_source(disk)
        if disk.get("device") == "cdrom" and source is None:
            raise unsupported("cdrom device without source path not supported")
        kind = {"disk": "hd", "cdrom": "cd"}.get(disk.get("device"))
        if kind is None:
            raise unsupported("unsupported disk device")
        words.append("{}:{}".format(kind, source))
    return ",".join(words)


def usb(controller, inputs):
    for device in inputs:
        if device.get("bus") != "usb":
            raise unsupported("only USB input devices are supported")
        if device.get("type") != "tablet":
            raise unsupported("only tablet input devices are supported")
    if len(inputs) != 1:
        raise unsupported("only single input device is supported")
    return "{}:0,xhci,tablet".format(slot_of(controller))


def framebuffer(graphics, video, system):
    if system.find("loader") is None:
        raise unsupported("Graphics are only supported when booting using UEFI")
    if graphics.get("type") != "vnc":
        raise unsupported("Only VNC supported")
    listen = graphics.find("listen")
    if listen is None:
        raise error("VIR_ERR_INTERNAL_ERROR", "Missing listen element")
    if listen.get("type") not in ("address", "network"):
        raise unsupported("Unsupported listen type")
    port = int(graphics.get("port"))
    if graphics.get("autoport") != "yes" and not 5900 <= port <= 65535:
        raise unsupported("vnc port must be in range [5900,65535]")
    address = listen.get("address") or ""
    place = "[{}]".format(address) if ":" in address else address
    words = "{}:0,fbuf,tcp={}:{}".format(slot_of(video), place, port)
    password = graphics.get("passwd")
    if password is not None and "," in password:
        raise unsupported("Password may not contain ',' character")
    return words if password is None else words + ",password=" + password


def channels(controller, found):
    """The ports of a virtio-console, each a name and a socket."""
    words = ["{}:0,virtio-console".format(slot_of(controller))]
    for channel in found:
        words.append(
            "{}={}".format(channel.find("target").get("name"), channel.find("source").get("path"))
        )
    return ",".join(words)


def sysinfo(root):
    """The options of bhyve for SMBIOS fields; one board at most."""
    words = []
    for group, names in SMBIOS_NAMES.items():
        for element in root.findall("sysinfo[@type='smbios']/" + group):
            for entry, name in names.items():
                found = element.find("entry[@name='{}']".format(entry))
                if found is not None:
                    words += ["-o", "{}={}".format(name, found.text)]
    return words


def sound(device):
    if device.get("model") != "ich7":
        raise unsupported("Sound device model is not supported")
    return "{}:0,hda".format(slot_of(device))
