"""The command lines that start a guest, and what the driver refuses while it builds them."""

from .addresses import slot_of
from .devices import (
    ahci,
    channels,
    disk_source,
    framebuffer,
    network,
    sound,
    sysinfo,
    usb,
    virtio_disk,
)
from .errors import unsupported
from .versions import CHANNELS, FEW_OPTIONS, SERIAL_OVER_TCP


def bhyve_command(definition):
    """The words of bhyve(8) for this guest; raises what virBhyveProcessBuildBhyveCmd reports."""
    root = definition.root
    words = ["bhyve", "-c", _cpus(definition), "-m", str(-(-definition.memory_kib // 1024))]
    if root.find("memoryBacking/locked") is not None:
        words.append("-S")
    words += _options(definition)
    words += [*_clock(definition), *(["-H", "-P"] if definition.arch == "x86_64" else [])]
    words += ["-s", "0:0,hostbridge", *_loader(definition), *_controllers(definition)]
    for interface in definition.find_all("interface"):
        words += ["-s", network(interface, definition.version)]
    for disk in definition.find_all("disk"):
        if disk.find("target").get("bus") == "virtio":
            words += ["-s", virtio_disk(disk)]
        elif disk.find("target").get("bus") != "sata":
            raise unsupported("unsupported disk device")
    words += _graphics(definition)
    for device in definition.find_all("sound"):
        words += ["-s", sound(device)]
    words += _consoles(definition)
    for rng in definition.find_all("rng"):
        words += ["-s", "{}:0,virtio-rnd".format(slot_of(rng))]
    return [*words, *sysinfo(root), definition.name]


def load_command(definition):
    """The words of bhyveload(8), which loads a guest that has no firmware."""
    memory = str(-(-definition.memory_kib // 1024))
    return ["bhyveload", "-m", memory, "-d", disk_source(_boot_disk(definition)), definition.name]


def _has(root, feature):
    element = root.find("features/" + feature)
    return element is not None and element.get("state", "on") == "on"


def _options(definition):
    """ACPI tables, an APIC and unknown MSRs."""
    root, words = definition.root, []
    wanted = (("acpi", "-A"), ("apic", "-I"))
    if definition.version >= FEW_OPTIONS:
        wanted = wanted[:1] if definition.arch == "x86_64" else ()
    words += [flag for name, flag in wanted if _has(root, name)]
    if root.find("features/msrs[@unknown='ignore']") is not None:
        words.append("-w")
    return words


def _loader(definition):
    loader, nvram = definition.root.find("os/loader"), definition.root.findtext("os/nvram")
    if loader is None:
        return []
    if definition.arch == "aarch64":
        return ["-o", "bootrom=" + loader.text]
    return ["-l", ",".join(["bootrom", loader.text, *([nvram] if nvram else [])])]


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


def _clock(definition):
    offset = definition.root.find("clock").get("offset")
    if offset not in ("utc", "localtime"):
        raise unsupported("unsupported clock offset '{}'".format(offset))
    if offset == "utc" and definition.arch == "aarch64":
        raise unsupported("Installed bhyve binary does not support UTC clock")
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
        elif kind == "virtio-serial" and definition.version >= CHANNELS:
            words += ["-s", channels(controller, definition.find_all("channel"))]
        elif kind != "pci":
            raise unsupported("unsupported controller device")
    return words


def _graphics(definition):
    graphics, videos = definition.find_all("graphics"), definition.find_all("video")
    if not graphics or not videos:
        return []
    if (len(graphics), len(videos)) != (1, 1):
        raise unsupported("Multiple graphics devices are not supported")
    return ["-s", framebuffer(graphics[0], videos[0], definition.root.find("os"))]


def _consoles(definition):
    serials = definition.find_all("serial")
    if not serials:
        return []
    if definition.arch == "aarch64":
        if len(serials) > 1:
            raise unsupported("Only one console is supported on arm64")
        if serials[0].get("type") != "nmdm":
            raise unsupported("Only 'nmdm' console type is supported on arm64")
        return ["-o", "console=" + serials[0].find("source").get("master")]
    if definition.version >= SERIAL_OVER_TCP:
        return [word for serial in serials for word in ("-l", _port(serial))]
    if serials[0].get("type") != "nmdm":
        raise unsupported("only nmdm console types are supported")
    if int(serials[0].find("target").get("port")) > 2:
        raise unsupported("only two serial ports are supported")
    return ["-l", _port(serials[0])]


def _port(serial):
    number, source = int(serial.find("target").get("port")) + 1, serial.find("source")
    if serial.get("type") == "nmdm":
        return "com{},{}".format(number, source.get("master"))
    return "com{},tcp={}:{}".format(number, source.get("host"), source.get("service"))


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
