"""libvirtd's bhyve driver: the host it runs on and its guests, shared by all connections."""

import threading

from .capabilities import CAPABILITIES
from .constants import CONSTANTS
from .definition import Definition
from .errors import error
from .events import EventLoop
from .guest import Guest

MEMORY_MIB = 16384
CPUS = 8


class Driver:
    """A host of eight CPUs with 16 GiB, FreeBSD 14.3, firmware for UEFI and no guests yet.

    `answers_acpi` says whether its guests end when they are asked to. `version` says which libvirt
    it is, as libvirt counts: a newer one than 11.3 refuses more, and can no more.
    """

    def __init__(self):
        self.version = 11003000
        self.lock = threading.RLock()
        self.loop = EventLoop()
        self.connections = []
        self.guests = {}  # by UUID, in the order they came
        self.ports = set()
        self.firmwares = {"BHYVE_UEFI.fd", "BHYVE_UEFI_CSM.fd"}
        self.capabilities = CAPABILITIES
        self.answers_acpi = True
        self.info = ["x86_64", MEMORY_MIB, CPUS, 2100, 1, 1, CPUS, 1]

    def define(self, xml, is_transient=False):
        """Add a guest or change one; raises what libvirt reports."""
        definition = Definition(xml, self.version)
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

    def undefine(self, guest):
        with self.lock:
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
            if self.answers_acpi:
                guest.stop("VIR_DOMAIN_SHUTOFF_SHUTDOWN")
                if is_reboot:
                    guest.start()

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
