"""libvirtd's bhyve driver: the host it runs on and its guests, shared by all connections."""

import os
import threading

from .capabilities import host_capabilities
from .constants import CONSTANTS
from .definition import Definition
from .errors import LibvirtError, error
from .events import EventLoop
from .guest import Guest
from .versions import DEFAULT, NEWEST, NVRAM

MEMORY_MIB = 16384
CPUS = 8
REMOVE_NVRAM = CONSTANTS["VIR_DOMAIN_UNDEFINE_NVRAM"]
KEEP_NVRAM = CONSTANTS["VIR_DOMAIN_UNDEFINE_KEEP_NVRAM"]


class Driver:
    """A host of eight CPUs with 16 GiB, FreeBSD 14.3, firmware for UEFI and no guests yet.

    `answers_acpi` says whether its guests end when they are asked to. `version` says which libvirt
    it is, as libvirt counts; versions.py says what follows. `arch` is x86_64 or aarch64; without
    one, that of the machine. `nvram` has the NVRAM files in libvirt's directory, by path.
    """

    def __init__(self, version=None, arch=None):
        self.arch = arch = arch or ("aarch64" if os.uname().machine == "arm64" else "x86_64")
        self.version = version or (DEFAULT if arch == "x86_64" else NEWEST)
        self.freebsd = 14003000 if arch == "x86_64" else 15000000
        self.lock = threading.RLock()
        self.loop = EventLoop()
        self.connections = []
        self.guests = {}  # by UUID, in the order they came
        self.ports = set()
        self.nvram = set()
        self.firmwares = {"BHYVE_UEFI.fd", "BHYVE_UEFI_VARS.fd"} if arch == "x86_64" else set()
        self.has_u_boot = arch == "aarch64"
        self.capabilities = host_capabilities(arch)
        self.answers_acpi = arch == "x86_64"
        self.info = [arch, MEMORY_MIB, CPUS, 2100, 1, 1, CPUS, 1]

    def define(self, xml, is_transient=False):
        """Add a guest or change one; raises what libvirt reports."""
        definition = Definition(xml, self)
        with self.lock:
            guest = self._find_same(definition)
            is_new = guest is None
            if guest is None:
                guest = Guest(definition, self)
                self.guests[definition.uuid] = guest
            if not is_transient:
                guest.define(definition)
                detail = "ADDED" if is_new else "UPDATED"
                self.send(guest, "DEFINED", "DEFINED_" + detail)
        return guest

    def undefine(self, guest, flags=0):
        """Forget a guest; its NVRAM file is removed, kept, or the reason to refuse."""
        with self.lock:
            nvram = guest.definition.root.findtext("os/nvram")
            if self.version >= NVRAM and nvram in self.nvram:
                if flags & REMOVE_NVRAM:
                    self.nvram.remove(nvram)
                elif not flags & KEEP_NVRAM:
                    words = "cannot undefine domain with nvram"
                    raise error("VIR_ERR_OPERATION_INVALID", words)
            guest.is_persistent = False
            if not guest.is_active:
                del self.guests[guest.definition.uuid]
            self.send(guest, "UNDEFINED", "UNDEFINED_REMOVED")

    def start(self, guest):
        with self.lock:
            if guest.is_active:
                raise error("VIR_ERR_OPERATION_INVALID", "Domain is already running")
            try:
                guest.start()
            finally:
                self._forget_transient(guest)
            self.send(guest, "STARTED", "STARTED_BOOTED")

    def destroy(self, guest):
        with self.lock:
            self.require_active(guest)
            guest.stop("VIR_DOMAIN_SHUTOFF_DESTROYED")
            self.send(guest, "STOPPED", "STOPPED_DESTROYED")
            self._forget_transient(guest)

    def shut_down(self, guest, is_reboot=False):
        """Press the power button; libvirt's bhyve monitor sends no event when the guest ends."""
        with self.lock:
            self.require_active(guest)
            if not guest.has_process:
                words = "An error occurred, but the cause is unknown"
                raise LibvirtError(words, CONSTANTS["VIR_ERR_INTERNAL_ERROR"])
            if self.answers_acpi:
                guest.stop("VIR_DOMAIN_SHUTOFF_SHUTDOWN")
                if is_reboot:
                    guest.start()

    def kill(self, guest):
        """End the process of a guest by a signal, which libvirt's monitor does not act on."""
        with self.lock:
            self.require_active(guest)
            guest.has_process = False

    def send(self, guest, event, detail):
        """Queue a lifecycle event by the names of its constants."""
        prefix = "VIR_DOMAIN_EVENT_"
        for connection in self.connections:
            connection.send(guest, CONSTANTS[prefix + event], CONSTANTS[prefix + detail])

    def require_active(self, guest):
        if not guest.is_active:
            raise error("VIR_ERR_OPERATION_INVALID", "domain is not running")

    def _find_same(self, definition):
        for uuid, guest in self.guests.items():
            same_name = guest.definition.name == definition.name
            if same_name and uuid != definition.uuid:
                line = "domain '{}' already exists with uuid {}".format(definition.name, uuid)
                raise error("VIR_ERR_OPERATION_FAILED", line)
            if uuid == definition.uuid and not same_name:
                line = "domain '{}' is already defined with uuid {}".format(
                    guest.definition.name, uuid
                )
                raise error("VIR_ERR_OPERATION_FAILED", line)
        return self.guests.get(definition.uuid)

    def _forget_transient(self, guest):
        if not guest.is_persistent and not guest.is_active:
            self.guests.pop(guest.definition.uuid, None)
