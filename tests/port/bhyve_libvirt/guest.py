"""A guest as libvirtd keeps it: its description, its state, its firmware and its VNC port."""

import copy
import itertools
import os
import xml.etree.ElementTree as ET

from .capabilities import FIRMWARE_DIRECTORY
from .command import bhyve_command, load_command
from .constants import CONSTANTS
from .devices import disk_source
from .errors import error, unsupported
from .ignored import refuse_content
from .versions import NVRAM

RUNNING = CONSTANTS["VIR_DOMAIN_RUNNING"]
SHUTOFF = CONSTANTS["VIR_DOMAIN_SHUTOFF"]
FIRST_PORT = 5900
DEFAULT_FIRMWARE = "BHYVE_UEFI.fd"
NOT_ON_ARM = {"-A", "-I", "-u", "-w", "-H", "-P", "-l"}
"""Options with which bhyve on arm64 ends at once. Source: its getopt in aarch64's bhyverun."""

NVRAM_TEMPLATE = "BHYVE_UEFI_VARS.fd"
NVRAM_DIRECTORY = "/var/lib/libvirt/bhyve/nvram"


class Guest:
    """One virDomainObj. `number` is the process id that libvirt shows as its id; -1 when off."""

    pids = itertools.count(4001)

    def __init__(self, definition, driver):
        self.definition = definition
        self.driver = driver
        self.pending = None  # defined while it ran; libvirt's bhyve driver never takes it up
        self.number = -1
        self.state = (SHUTOFF, CONSTANTS["VIR_DOMAIN_SHUTOFF_UNKNOWN"])
        self.has_process = False
        self.agent = {"passwords": {}, "time": None}  # what its guest agent was asked to set
        self.is_persistent = False
        self.autostart = False
        self.commands = []  # the command lines of its last start

    @property
    def is_active(self):
        return self.state[0] == RUNNING

    def define(self, definition):
        """Take a new description, at once when it is off."""
        if self.is_active:
            self.pending = definition
        else:
            self.definition = definition
        self.is_persistent = True

    def start(self):
        """Build the commands and run them; raises what libvirt reports."""
        root = self.definition.root
        self._fill_firmware(root)
        try:
            self._acquire_port(root)
            bhyve = bhyve_command(self.definition)
            loads = [] if root.find("os/loader") is not None else [load_command(self.definition)]
            self._run(loads, bhyve)
        except Exception:
            self._release_port(root)
            self.state = (SHUTOFF, CONSTANTS["VIR_DOMAIN_SHUTOFF_FAILED"])
            raise
        self.commands = [*loads, bhyve]
        self.number = next(self.pids)
        self.has_process = True
        self.state = (RUNNING, CONSTANTS["VIR_DOMAIN_RUNNING_BOOTED"])

    def stop(self, reason):
        """End it, for a reason such as VIR_DOMAIN_SHUTOFF_DESTROYED."""
        self._release_port(self.definition.root)
        self.number = -1
        self.has_process = False
        self.state = (SHUTOFF, CONSTANTS[reason])

    def describe(self, is_inactive, is_secure):
        """The description as XMLDesc gives it."""
        root = copy.deepcopy(self.definition.root)
        if self.is_active and not is_inactive:
            root.set("id", str(self.number))
        for graphics in root.iterfind("devices/graphics"):
            if is_inactive and graphics.get("autoport") == "yes":
                graphics.set("port", "-1")
            if not is_secure:
                graphics.attrib.pop("passwd", None)
        return self.definition.render(root)

    def _fill_firmware(self, root):
        system = root.find("os")
        if system.get("firmware") is None or self.driver.arch == "aarch64":
            return
        names = sorted(name for name in self.driver.firmwares if not name.startswith("."))
        if not names:
            raise unsupported("no firmwares found in " + FIRMWARE_DIRECTORY)
        name = DEFAULT_FIRMWARE if DEFAULT_FIRMWARE in names else names[0]
        loader = system.find("loader")
        if loader is None:
            loader = ET.SubElement(system, "loader")
        if loader.get("format", "raw") != "raw":
            raise unsupported("Unsupported loader format '{}'".format(loader.get("format")))
        loader.attrib.update(readonly="yes", type="pflash", format="raw")
        loader.text = "{}/{}".format(FIRMWARE_DIRECTORY, name)
        if self.driver.version >= NVRAM:
            self._fill_nvram(system, loader)

    def _fill_nvram(self, system, loader):
        """Name the NVRAM file, and make it where it is not there yet."""
        path = "{}/{}_VARS.fd".format(NVRAM_DIRECTORY, self.definition.name)
        has_template = NVRAM_TEMPLATE in self.driver.firmwares
        if path not in self.driver.nvram and not has_template:
            words = "unable to find any master var store for loader: " + loader.text
            raise error("VIR_ERR_OPERATION_FAILED", words)
        self.driver.nvram.add(path)
        nvram = system.find("nvram")
        if nvram is None:
            nvram = ET.SubElement(system, "nvram")
        if has_template:
            nvram.set("template", "{}/{}".format(FIRMWARE_DIRECTORY, NVRAM_TEMPLATE))
        nvram.text = path

    def _acquire_port(self, root):
        for graphics in root.iterfind("devices/graphics[@autoport='yes']"):
            port = next(p for p in itertools.count(FIRST_PORT) if p not in self.driver.ports)
            self.driver.ports.add(port)
            graphics.set("port", str(port))

    def _release_port(self, root):
        for graphics in root.iterfind("devices/graphics[@autoport='yes']"):
            self.driver.ports.discard(int(graphics.get("port")))
            graphics.set("port", "-1")

    def _run(self, loads, bhyve):
        disks = [d for d in self.definition.find_all("disk") if d.get("type") == "file"]
        files = [disk_source(disk) for disk in disks]
        missing = [path for path in files if path is None or not os.path.isfile(path)]
        if self.driver.arch == "aarch64" and loads:
            raise error("VIR_ERR_INTERNAL_ERROR", "Cannot find 'bhyveload' in path")
        for words in loads:
            if words[words.index("-d") + 1] in missing:
                line = "Child process ({}) unexpected exit status 1".format(" ".join(words))
                raise error("VIR_ERR_INTERNAL_ERROR", line)
        if missing or (self.driver.arch == "aarch64" and NOT_ON_ARM.intersection(bhyve)):
            line = "Domain {} didn't show up in /dev/vmm".format(self.definition.name)
            raise error("VIR_ERR_INTERNAL_ERROR", line)
        for path in files:
            refuse_content(path)
