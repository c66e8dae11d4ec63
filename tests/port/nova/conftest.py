"""A host for nova's checks: libvirt's bhyve driver, the commands of the base system, the options.

libvirt-python is not needed, and where it is installed it is not used: nova talks to a stand-in
that accepts and refuses what libvirt's bhyve driver accepts and refuses on FreeBSD.
"""

import os
import types

import pytest

os.environ.setdefault("OS_NOVA_DISABLE_EVENTLET_PATCHING", "true")

MEMORY_MIB = 16384
CPUS = 8

# What virBhyveCapsBuild makes of an 8-thread host: one socket of 8 cores, and no <topology>
# of memory cells below <host>.
BHYVE_CAPABILITIES = """
<capabilities>
  <host>
    <uuid>4f2d1c3e-6f0b-4f5c-9a9e-1d2b3c4d5e6f</uuid>
    <cpu>
      <arch>x86_64</arch>
      <model>Broadwell-noTSX-IBRS</model>
      <vendor>Intel</vendor>
      <topology sockets='1' dies='1' cores='8' threads='1'/>
      <feature name='vmx'/>
    </cpu>
  </host>
  <guest>
    <os_type>hvm</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <emulator>bhyve</emulator>
      <domain type='bhyve'/>
    </arch>
  </guest>
</capabilities>
"""

# What virBhyveDomainCapsFill makes of a host with firmware and a framebuffer.
BHYVE_DOMAIN_CAPABILITIES = """
<domainCapabilities>
  <path>bhyve</path>
  <domain>bhyve</domain>
  <arch>x86_64</arch>
  <os supported='yes'>
    <loader supported='yes'>
      <value>/usr/local/share/uefi-firmware/BHYVE_UEFI.fd</value>
      <enum name='type'><value>pflash</value></enum>
    </loader>
  </os>
  <cpu>
    <mode name='host-passthrough' supported='no'/>
    <mode name='host-model' supported='no'/>
    <mode name='custom' supported='no'/>
  </cpu>
  <devices>
    <disk supported='yes'>
      <enum name='diskDevice'><value>disk</value><value>cdrom</value></enum>
      <enum name='bus'><value>virtio</value><value>sata</value></enum>
    </disk>
    <graphics supported='yes'><enum name='type'><value>vnc</value></enum></graphics>
    <video supported='yes'><enum name='modelType'><value>gop</value></enum></video>
    <hostdev supported='no'/>
  </devices>
  <features><gic supported='no'/></features>
</domainCapabilities>
"""

# The memory cells with which libvirt describes a host of two CPUs on Linux.
CELL_OF_TWO = """
    <topology><cells num='1'><cell id='0'>
      <memory unit='KiB'>16777216</memory>
      <cpus num='2'>
        <cpu id='0' socket_id='0' core_id='0' siblings='%s'/>
        <cpu id='1' socket_id='0' core_id='%d' siblings='%s'/>
      </cpus>
    </cell></cells></topology>
  </host>"""


class LibvirtError(Exception):
    """Stand-in for libvirt.libvirtError, with the code where nova looks for it."""

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code

    def get_error_code(self):
        return self.code

    def get_error_message(self):
        return str(self)


class BhyveConnection:
    """Stand-in for libvirt.virConnect on bhyve:///system, a host without guests.

    Anything the checks have no need for is an AttributeError.
    """

    NO_SUPPORT = ("getCPUMap", "getCPUModelNames", "listAllDevices", "listDevices")
    """What libvirt answers with VIR_ERR_NO_SUPPORT on FreeBSD."""

    capabilities = BHYVE_CAPABILITIES

    def __init__(self):
        self.calls = []  # names of the get functions that were asked for, in order

    def __getattribute__(self, name):
        if name.startswith("get"):
            self.calls.append(name)
        return super().__getattribute__(name)

    def __getattr__(self, name):
        if name not in self.NO_SUPPORT:
            raise AttributeError("the stand-in for libvirt's bhyve driver has no " + name)

        def refuse(*args):
            raise LibvirtError(
                "this function is not supported by the connection driver: " + name, code=3
            )

        return refuse

    def getLibVersion(self):
        return 11003000

    def getVersion(self):
        return 14003000

    def getType(self):
        return "BHYVE"

    def getHostname(self):
        return "bhyve1.example.org"

    def getInfo(self):
        return ["x86_64", MEMORY_MIB, CPUS, 2100, 1, 1, CPUS, 1]

    def getCapabilities(self):
        return self.capabilities

    def baselineCPU(self, cpus, flags):
        return cpus[0]

    def getDomainCapabilities(self, emulator, arch, machine, virt_type, flags):
        if virt_type != "bhyve":
            raise LibvirtError("unknown virttype: " + virt_type, code=8)
        return BHYVE_DOMAIN_CAPABILITIES

    def listAllDomains(self, flags):
        return []

    def domainEventRegisterAny(self, domain, event, callback, opaque):
        return 0

    def registerCloseCallback(self, callback, opaque):
        return 0


def make_libvirt(connection):
    """A stand-in for the module libvirt that knows one URI, bhyve:///system."""
    module = types.ModuleType("libvirt")
    module.libvirtError = LibvirtError
    module.virConnect = BhyveConnection
    module.opened = []

    def open_auth(uri, auth, flags):
        module.opened.append(uri)
        if uri != "bhyve:///system":
            raise LibvirtError("no connection driver available for " + uri, code=5)
        return connection

    module.openAuth = open_auth
    module.VIR_ERR_INTERNAL_ERROR = 1
    module.VIR_ERR_NO_SUPPORT = 3
    module.VIR_ERR_SYSTEM_ERROR = 38
    module.VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES = 1
    module.VIR_CONNECT_LIST_DOMAINS_ACTIVE = 1
    module.VIR_CONNECT_LIST_DOMAINS_INACTIVE = 2
    for position, name in enumerate(("NET", "PCI_DEV", "VDPA")):
        setattr(module, "VIR_CONNECT_LIST_NODE_DEVICES_CAP_" + name, 1 << position)
    credentials = ("AUTHNAME", "ECHOPROMPT", "REALM", "PASSPHRASE", "NOECHOPROMPT", "EXTERNAL")
    for number, name in enumerate(credentials, 1):
        setattr(module, "VIR_CRED_" + name, number)
    events = ("LIFECYCLE", "DEVICE_REMOVED", "DEVICE_REMOVAL_FAILED")
    for number, name in enumerate(events):
        setattr(module, "VIR_DOMAIN_EVENT_ID_" + name, number)
    return module


@pytest.fixture
def connection():
    """The connection to the bhyve host; a check may change what it answers."""
    return BhyveConnection()


@pytest.fixture
def libvirt(connection, monkeypatch):
    """The stand-in for libvirt, in every module of nova that these checks reach."""
    from nova.virt.libvirt import driver, guest, host, migration

    module = make_libvirt(connection)
    for user in (driver, guest, host, migration):
        monkeypatch.setattr(user, "libvirt", module)
    return module


@pytest.fixture
def bhyve_host(libvirt):
    """nova's Host, connected to the stand-in."""
    from nova.virt.libvirt import host

    return host.Host("bhyve:///system")


@pytest.fixture
def two_threads(connection):
    """Give the host memory cells with two CPUs, as on Linux: two threads of one core, or not."""

    def describe(of_one_core):
        siblings = ("0-1", 0, "0-1") if of_one_core else ("0", 1, "1")
        connection.capabilities = BHYVE_CAPABILITIES.replace("</host>", CELL_OF_TWO % siblings)

    return describe


@pytest.fixture
def option():
    """Set options of nova for one check: option(group, name, value), no group is None."""
    import nova.conf

    changed = []

    def override(group, name, value):
        nova.conf.CONF.set_override(name, value, group)
        changed.append((group, name))

    yield override
    for group, name in changed:
        nova.conf.CONF.clear_override(name, group)


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Put a command before all others of its name: command(name, shell_script)."""
    directory = tmp_path / "commands"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory) + os.pathsep + os.environ.get("PATH", ""))

    def install(name, script):
        path = directory / name
        path.write_text("#!/bin/sh\n" + script + "\n")
        path.chmod(0o755)
        return path

    return install
