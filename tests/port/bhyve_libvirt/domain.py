"""virDomain, as the bhyve driver fills it in."""

from . import metadata, versions
from .api import METHODS, complete
from .constants import CONSTANTS
from .errors import check_flags, error
from .versions import FUNCTIONS

START_FLAGS = CONSTANTS["VIR_DOMAIN_START_AUTODESTROY"]
XML_FLAGS = sum(CONSTANTS["VIR_DOMAIN_XML_" + n] for n in ("SECURE", "INACTIVE", "MIGRATABLE"))
NVRAM_FLAGS = sum(CONSTANTS["VIR_DOMAIN_UNDEFINE_" + n] for n in ("NVRAM", "KEEP_NVRAM"))
AFFECT_FLAGS = CONSTANTS["VIR_DOMAIN_AFFECT_LIVE"] | CONSTANTS["VIR_DOMAIN_AFFECT_CONFIG"]


def _lacks(function):
    raise error("VIR_ERR_NO_SUPPORT", function)


@complete("virDomain")
class Domain:
    """A handle on a guest; it outlives the guest, and then each call finds no domain."""

    def __init__(self, connection, guest):
        self._connection = connection
        self._name = guest.definition.name
        self._uuid = guest.definition.uuid
        self._id = guest.number

    def _guest(self):
        driver = self._connection.driver
        guest = driver.guests.get(self._uuid)
        if guest is None:
            words = "no domain with matching uuid '{}' ({})".format(self._uuid, self._name)
            raise error("VIR_ERR_NO_DOMAIN", words)
        return guest

    @property
    def _version(self):
        return self._connection.driver.version

    def _running(self):
        guest = self._guest()
        self._connection.driver.require_active(guest)
        return guest

    def _agent(self):
        guest = self._running()
        for channel in guest.definition.find_all("channel"):
            if channel.find("target").get("name") == "org.qemu.guest_agent.0":
                return guest.agent
        raise error("VIR_ERR_ARGUMENT_UNSUPPORTED", "QEMU guest agent is not configured")

    def __getattribute__(self, name):
        since = FUNCTIONS.get(name)
        if since is not None and self._version < since:
            return lambda *args, **options: _lacks(METHODS["virDomain"][name])
        return super().__getattribute__(name)

    def name(self):
        return self._name

    def UUIDString(self):
        return self._uuid

    def UUID(self):
        return bytes.fromhex(self._uuid.replace("-", ""))

    def ID(self):
        return self._id

    def connect(self):
        return self._connection

    def create(self):
        return self.createWithFlags(0)

    def createWithFlags(self, flags=0):
        check_flags(flags, START_FLAGS, "bhyveDomainCreateWithFlags")
        guest = self._guest()
        self._connection.driver.start(guest)
        self._id = guest.number
        return 0

    def destroy(self):
        return self.destroyFlags(0)

    def destroyFlags(self, flags=0):
        check_flags(flags, 0, "bhyveDomainDestroyFlags")
        self._connection.driver.destroy(self._guest())
        self._id = -1
        return 0

    def shutdown(self):
        return self.shutdownFlags(0)

    def shutdownFlags(self, flags=0):
        check_flags(flags, 0, "bhyveDomainShutdownFlags")
        self._connection.driver.shut_down(self._guest())
        return 0

    def reboot(self, flags=0):
        check_flags(flags, CONSTANTS["VIR_DOMAIN_REBOOT_ACPI_POWER_BTN"], "bhyveDomainReboot")
        self._connection.driver.shut_down(self._guest(), is_reboot=True)
        return 0

    def undefine(self):
        return self.undefineFlags(0)

    def undefineFlags(self, flags=0):
        allowed = NVRAM_FLAGS if self._version >= versions.NVRAM else 0
        check_flags(flags, allowed, "bhyveDomainUndefineFlags")
        if flags == NVRAM_FLAGS:
            raise error("VIR_ERR_OPERATION_INVALID", "cannot both keep and delete nvram")
        guest = self._guest()
        if not guest.is_persistent:
            raise error("VIR_ERR_OPERATION_INVALID", "Cannot undefine transient domain")
        self._connection.driver.undefine(guest, flags)
        return 0

    def state(self, flags=0):
        check_flags(flags, 0, "bhyveDomainGetState")
        return list(self._guest().state)

    def info(self):
        """State, memory in KiB, 0 because the driver sets no current memory, CPUs, CPU time."""
        guest = self._guest()
        definition = guest.definition
        if guest.is_active and not guest.has_process:
            words = "Unable to obtain information about pid: {}".format(guest.number)
            raise error("VIR_ERR_SYSTEM_ERROR", words)
        busy = 10**9 if guest.is_active else 0
        return [guest.state[0], definition.memory_kib, 0, definition.vcpus, busy]

    def blockStats(self, disk):
        """Requests of the whole process, whatever disk is asked for, and no bytes."""
        self._running()
        return (1200, -1, 340, -1, -1)

    def interfaceStats(self, path):
        """Of the tap, which has to be one of the guest's."""
        root = self._running().definition.root
        if path not in {target.get("dev") for target in root.iterfind("devices/interface/target")}:
            words = "'{}' is not a known interface".format(path)
            raise error("VIR_ERR_INVALID_ARG", words)
        return (1000, 10, 0, 0, 2000, 20, 0, 0)

    def memoryStats(self, flags=0):
        """KiB."""
        check_flags(flags, 0, "bhyveDomainMemoryStats")
        total = self._running().definition.memory_kib
        return {"rss": total // 2, "available": total}

    def vcpusFlags(self, flags=0):
        return self._guest().definition.vcpus

    def maxVcpus(self):
        return self._running().definition.vcpus

    def setUserPassword(self, user, password, flags=0):
        check_flags(flags, 0, "bhyveDomainSetUserPassword")
        self._agent()["passwords"][user] = password
        return 0

    def setTime(self, time=None, flags=0):
        self._agent()["time"] = time
        return 0

    def getTime(self, flags=0):
        return self._agent()["time"]

    def isActive(self):
        return int(self._guest().is_active)

    def isPersistent(self):
        return int(self._guest().is_persistent)

    def autostart(self):
        return int(self._guest().autostart)

    def setAutostart(self, autostart):
        guest = self._guest()
        if not guest.is_persistent:
            words = "cannot set autostart for transient domain"
            raise error("VIR_ERR_OPERATION_INVALID", words)
        guest.autostart = bool(autostart)
        return 0

    def OSType(self):
        return self._guest().definition.root.findtext("os/type")

    def XMLDesc(self, flags=0):
        check_flags(flags, XML_FLAGS, "bhyveDomainGetXMLDesc")
        is_inactive = bool(flags & CONSTANTS["VIR_DOMAIN_XML_INACTIVE"])
        return self._guest().describe(is_inactive, bool(flags & CONSTANTS["VIR_DOMAIN_XML_SECURE"]))

    def metadata(self, type, uri, flags=0):
        return metadata.read(self._guest().definition.root, type, uri)

    def setMetadata(self, type, metadata_, key, uri, flags=0):
        check_flags(flags, AFFECT_FLAGS, "bhyveDomainSetMetadata")
        guest = self._guest()
        if flags & CONSTANTS["VIR_DOMAIN_AFFECT_LIVE"]:
            self._connection.driver.require_active(guest)
        metadata.write(guest.definition.root, type, metadata_, key, uri)
        return 0

    def hasManagedSaveImage(self, flags=0):
        check_flags(flags, 0, "bhyveDomainHasManagedSaveImage")
        self._guest()
        return 0

    def openConsole(self, dev_name, st, flags=0):
        """Tie a stream to the slave end of the first serial port."""
        check_flags(flags, 0, "bhyveDomainOpenConsole")
        guest = self._guest()
        self._connection.driver.require_active(guest)
        serials = guest.definition.find_all("serial")
        if not serials:
            raise error("VIR_ERR_INTERNAL_ERROR", "no console devices available")
        st.path = serials[0].find("source").get("slave")
        return 0
