"""virConnect on bhyve:///system."""

from .api import complete
from .capabilities import domain_capabilities
from .command import bhyve_command, load_command
from .constants import CONSTANTS
from .definition import Definition
from .domain import Domain
from .driver import Driver
from .errors import check_flags, error
from .events import Subscriptions
from .versions import ARM64

ACTIVE = CONSTANTS["VIR_CONNECT_LIST_DOMAINS_ACTIVE"]
INACTIVE = CONSTANTS["VIR_CONNECT_LIST_DOMAINS_INACTIVE"]
CREATE_FLAGS = CONSTANTS["VIR_DOMAIN_START_AUTODESTROY"] | CONSTANTS["VIR_DOMAIN_START_VALIDATE"]
BASELINE_FLAGS = 3
NO_CPU_MAP = "node cpu info not implemented on this platform"
TICK_NS = 10**9


class Stream:
    """A virStream; `path` is what it was tied to."""

    path = None


@complete("virConnect")
class Connection:
    """One connection to libvirtd; `calls` lists the names of get functions asked for."""

    def __init__(self, driver=None):
        self.calls = []
        self.driver = driver or Driver()
        self.driver.connections.append(self)
        self.subscriptions = Subscriptions(self.driver.loop)

    def __getattribute__(self, name):
        if name.startswith("get"):
            self.calls.append(name)
        return super().__getattribute__(name)

    @property
    def capabilities(self):
        return self.driver.capabilities

    @capabilities.setter
    def capabilities(self, xml):
        self.driver.capabilities = xml

    def send(self, guest, event, detail):
        """Queue a lifecycle event for whoever registered here."""
        self.subscriptions.send(self, Domain(self, guest), event, detail)

    def close(self):
        if self in self.driver.connections:
            self.driver.connections.remove(self)
        return 0

    def isAlive(self):
        return 1

    def isSecure(self):
        return 1

    def isEncrypted(self):
        return 0

    def getURI(self):
        return "bhyve:///system"

    def getType(self):
        return "BHYVE"

    def getLibVersion(self):
        return self.driver.version

    def getVersion(self):
        """The release of FreeBSD, which uname gives."""
        return self.driver.freebsd

    def getHostname(self):
        return "bhyve1.example.org"

    def getInfo(self):
        return list(self.driver.info)

    def getCPUMap(self, flags=0):
        raise error("VIR_ERR_NO_SUPPORT", NO_CPU_MAP)

    def getCPUStats(self, cpuNum, flags=0):
        """Nanoseconds. There is no iowait: FreeBSD does not count it."""
        cpus = self.driver.info[2] if cpuNum == CONSTANTS["VIR_NODE_CPU_STATS_ALL_CPUS"] else 1
        shares = {"kernel": 3, "user": 5, "idle": 90, "intr": 2}
        return {name: share * cpus * TICK_NS for name, share in shares.items()}

    def getMemoryStats(self, cellNum, flags=0):
        """KiB."""
        total = self.driver.info[1] * 1024
        return {"total": total, "free": total // 2, "cached": total // 8, "buffers": 0}

    def getFreeMemory(self):
        return self.driver.info[1] * 1024**2 // 2

    def getMemoryParameters(self, flags=0):
        raise error(
            "VIR_ERR_NO_SUPPORT", "node get memory parameters not implemented on this platform"
        )

    def setMemoryParameters(self, params, flags=0):
        raise error(
            "VIR_ERR_NO_SUPPORT", "node set memory parameters not implemented on this platform"
        )

    def getMaxVcpus(self, type=None):
        if type is not None and type.lower() != "bhyve":
            raise error("VIR_ERR_INVALID_ARG", "unknown type '{}'".format(type))
        return 16

    def getSysinfo(self, flags=0):
        check_flags(flags, 0, "bhyveConnectGetSysinfo")
        raise error("VIR_ERR_CONFIG_UNSUPPORTED", "Host SMBIOS information is not available")

    def getCapabilities(self):
        return self.capabilities

    def getDomainCapabilities(
        self, emulatorbin=None, arch=None, machine=None, virttype=None, flags=0
    ):
        check_flags(flags, 0, "bhyveConnectGetDomainCapabilities")
        if virttype not in (None, "bhyve"):
            raise error("VIR_ERR_INVALID_ARG", "unknown virttype: " + virttype)
        known = ("x86_64", "i686", *(("aarch64",) if self.driver.version >= ARM64 else ()))
        if arch not in (None, *known):
            raise error("VIR_ERR_NO_SUPPORT", "unsupported architecture: " + arch)
        return domain_capabilities(emulatorbin or "/usr/sbin/bhyve", self.driver)

    def baselineCPU(self, xmlCPUs, flags=0):
        check_flags(flags, BASELINE_FLAGS, "bhyveConnectBaselineCPU")
        return xmlCPUs[0]

    def compareCPU(self, xmlDesc, flags=0):
        """Identical, for any CPU: the stand-in knows of one."""
        check_flags(flags, 3, "bhyveConnectCompareCPU")
        return CONSTANTS["VIR_CPU_COMPARE_IDENTICAL"]

    def defineXML(self, xml):
        return self.defineXMLFlags(xml, 0)

    def defineXMLFlags(self, xml, flags=0):
        allowed = CONSTANTS["VIR_DOMAIN_DEFINE_VALIDATE"]
        check_flags(flags, allowed, "bhyveDomainDefineXMLFlags")
        return Domain(self, self.driver.define(xml))

    def createXML(self, xmlDesc, flags=0):
        check_flags(flags, CREATE_FLAGS, "bhyveDomainCreateXML")
        guest = self.driver.define(xmlDesc, is_transient=True)
        self.driver.start(guest)
        return Domain(self, guest)

    def domainXMLToNative(self, nativeFormat, domainXml, flags=0):
        check_flags(flags, 0, "bhyveConnectDomainXMLToNative")
        if nativeFormat != "bhyve-argv":
            raise error("VIR_ERR_INVALID_ARG", "Unsupported config type " + nativeFormat)
        definition = Definition(domainXml, self.driver)
        lines = [bhyve_command(definition)]
        if definition.root.find("os/loader") is None:
            lines.insert(0, load_command(definition))
        return "\n".join(" ".join(words) for words in lines) + "\n"

    def domainXMLFromNative(self, nativeFormat, nativeConfig, flags=0):
        raise NotImplementedError("the bhyve driver can; nobody has needed it of the stand-in")

    def listAllDomains(self, flags=0):
        wanted = flags & (ACTIVE | INACTIVE) or ACTIVE | INACTIVE
        with self.driver.lock:
            guests = list(self.driver.guests.values())
        return [Domain(self, g) for g in guests if wanted & (ACTIVE if g.is_active else INACTIVE)]

    def listDomainsID(self):
        return [domain.ID() for domain in self.listAllDomains(ACTIVE)]

    def listDefinedDomains(self):
        return [domain.name() for domain in self.listAllDomains(INACTIVE)]

    def numOfDomains(self):
        return len(self.listAllDomains(ACTIVE))

    def numOfDefinedDomains(self):
        return len(self.listAllDomains(INACTIVE))

    def lookupByUUIDString(self, uuidstr):
        guest = self.driver.guests.get(uuidstr)
        if guest is None:
            raise error("VIR_ERR_NO_DOMAIN", "No domain with matching uuid '{}'".format(uuidstr))
        return Domain(self, guest)

    def lookupByUUID(self, uuid):
        text = uuid.hex()
        parts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
        return self.lookupByUUIDString("-".join(parts))

    def lookupByName(self, name):
        for domain in self.listAllDomains():
            if domain.name() == name:
                return domain
        raise error("VIR_ERR_NO_DOMAIN", "no domain with matching name '{}'".format(name))

    def lookupByID(self, id):
        for domain in self.listAllDomains(ACTIVE):
            if domain.ID() == id:
                return domain
        raise error("VIR_ERR_NO_DOMAIN", "No domain with matching ID '{}'".format(id))

    def domainEventRegisterAny(self, dom, eventID, cb, opaque):
        wanted = None if dom is None else dom.UUIDString()
        return self.subscriptions.add(wanted, eventID, cb, opaque)

    def domainEventDeregisterAny(self, callbackID):
        self.subscriptions.remove(callbackID)

    def registerCloseCallback(self, cb, opaque):
        return 0

    def unregisterCloseCallback(self):
        return 0

    def setKeepAlive(self, interval, count):
        return 0

    def newStream(self, flags=0):
        return Stream()
