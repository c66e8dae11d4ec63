"""The command lines that start a guest, and what the driver refuses while it builds them."""

from .addresses import slot_of
from .devices import ahci, disk_source, framebuffer, network, sound, usb, virtio_disk
from .errors import unsupported


def bhyve_command(definition):
    """The words of bhyve(8) for this guest; raises what virBhyveProcessBuildBhyveCmd reports."""
    root = definition.root
    words = ["bhyve", "-c", _cpus(definition), "-m", str(-(-definition.memory_kib // 1024))]
    if root.find("memoryBacking/locked") is not None:
        words.append("-S")
    words += [flag for name, flag in (("acpi", "-A"), ("apic", "-I")) if _has(root, name)]
    words += [*_clock(root), "-H", "-P", "-s", "0:0,hostbridge"]
    loader = root.find("os/loader")
    if loader is not None:
        words += ["-l", "bootrom," + loader.text]
    words += _controllers(definition)
    for interface in definition.find_all("interface"):
        words += ["-s", network(interface)]
    for disk in definition.find_all("disk"):
        if disk.find("target").get("bus") == "virtio":
            words += ["-s", virtio_disk(disk)]
        elif disk.find("target").get("bus") != "sata":
            raise unsupported("unsupported disk device")
    words += _graphics(definition)
    for device in definition.find_all("sound"):
        words += ["-s", sound(device)]
    for rng in definition.find_all("rng"):
        words += ["-s", "{}:0,virtio-rnd".format(slot_of(rng))]
    return [*words, *_console(definition), definition.name]


def load_command(definition):
    """The words of bhyveload(8), which loads a guest that has no firmware."""
    memory = str(-(-definition.memory_kib // 1024))
    return ["bhyveload", "-m", memory, "-d", disk_source(_boot_disk(definition)), definition.name]


def _has(root, feature):
    element = root.find("features/" + feature)
    return element is not None and element.get("state", "on") == "on"


def _cpus(definition):
    topology = definition.root.find("cpu/topology")
    if topology is None:
        return str(definition.vcpus)
    if topology.get("dies", "1") != "1":
        raise unsupported("Only 1 die per socket is supported")
    sockets, cores, threads = (int(topology.get(n)) for n in ("sockets", "cores", "threads"))
    if sockets * cores * threads != definition.vcpus:
        raise unsupported(
            "Invalid CPU topology: total number of vCPUs must equal the product of sockets, "
            "cores, and threads"
        )
    return "cpus={},sockets={},cores={},threads={}".format(
        definition.vcpus, sockets, cores, threads
    )


def _clock(root):
    offset = root.find("clock").get("offset")
    if offset not in ("utc", "localtime"):
        raise unsupported("unsupported clock offset '{}'".format(offset))
    return ["-u"] if offset == "utc" else []


def _controllers(definition):
    words, seen = [], []
    for controller in definition.find_all("controller"):
        kind = controller.get("type")
        seen.append(kind)
        if kind == "pci" and controller.get("model") != "pci-root":
            raise unsupported("unsupported PCI controller model: only PCI root supported")
        if kind in ("usb", "isa") and seen.count(kind) > 1:
            raise unsupported("only single {} controller is supported".format(kind.upper()))
        if kind == "sata":
            words += ["-s", ahci(controller, definition.find_all("disk"))]
        elif kind == "usb":
            words += ["-s", usb(controller, definition.find_all("input"))]
        elif kind == "isa":
            words += ["-s", "{}:0,lpc".format(slot_of(controller))]
    return words


def _graphics(definition):
    graphics, videos = definition.find_all("graphics"), definition.find_all("video")
    if not graphics or not videos:
        return []
    if (len(graphics), len(videos)) != (1, 1):
        raise unsupported("Multiple graphics devices are not supported")
    return ["-s", framebuffer(graphics[0], videos[0], definition.root.find("os"))]


def _console(definition):
    serials = definition.find_all("serial")
    if not serials:
        return []
    if serials[0].get("type") != "nmdm":
        raise unsupported("only nmdm console types are supported")
    port = int(serials[0].find("target").get("port"))
    if port > 2:
        raise unsupported("only two serial ports are supported")
    return ["-l", "com{},{}".format(port + 1, serials[0].find("source").get("master"))]


def _boot_disk(definition):
    disks = definition.find_all("disk")
    if not disks:
        raise unsupported("Domain should have at least one disk defined")
    order = [boot.get("dev") for boot in definition.root.findall("os/boot")]
    if len(order) > 1:
        raise unsupported("Only one boot device is supported")
    if order:
        device = {"hd": "disk", "cdrom": "cdrom"}.get(order[0])
        if device is None:
            raise unsupported("Cannot boot from device " + order[0])
        chosen = [disk for disk in disks if disk.get("device") == device]
        if not chosen:
            raise unsupported("Cannot find boot device of requested type " + order[0])
        return chosen[0]
    chosen = [disk for disk in disks if disk.find("boot") is not None]
    if len(chosen) > 1:
        raise unsupported("Only one boot device is supported")
    return chosen[0] if chosen else disks[-1]
