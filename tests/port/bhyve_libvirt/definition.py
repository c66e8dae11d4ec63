"""A guest's description: parsed, completed and validated as libvirt does on define."""

import io
import uuid
import xml.etree.ElementTree as ET

from .addresses import assign_addresses
from .errors import error, unsupported
from .ignored import refuse_ignored
from .postparse import complete_devices
from .validation import validate
from .versions import ARM64_LOADER

U_BOOT = "/usr/local/share/u-boot/u-boot-bhyve-arm64/u-boot.bin"

KIB = {"b": 1 / 1024, "KB": 1000 / 1024, "k": 1, "KiB": 1, "M": 1024, "MiB": 1024}
KIB.update({"MB": 1000**2 / 1024, "G": 1024**2, "GiB": 1024**2, "GB": 1000**3 / 1024})


class Definition:
    """What virDomainDefParseString makes of a description; `root` is its XML.

    `host` is the driver of the host, of which its version and its architecture count.
    """

    def __init__(self, xml, host):
        self.version, self.arch = host.version, host.arch
        self.root = _parse(xml)
        _require_bhyve(self.root, host)
        _complete_head(self.root)
        refuse_ignored(self.root, host.version)
        complete_devices(self.root, host.arch)
        if host.arch == "aarch64":
            _complete_arm(self.root, host)
        validate(self.root, host.version)
        assign_addresses(self.root)

    @property
    def name(self):
        return self.root.findtext("name")

    @property
    def uuid(self):
        return self.root.findtext("uuid")

    @property
    def memory_kib(self):
        return int(self.root.findtext("memory"))

    @property
    def vcpus(self):
        return int(self.root.findtext("vcpu"))

    def find_all(self, device):
        """The devices of a kind, in their order."""
        return self.root.findall("devices/" + device)

    def render(self, root=None):
        """The description as text, of a changed copy of `root` if one is given."""
        return ET.tostring(self.root if root is None else root, encoding="unicode")


def _parse(xml):
    try:
        for _, (prefix, uri) in ET.iterparse(io.StringIO(xml), ["start-ns"]):
            ET.register_namespace(prefix, uri)  # or metadata comes back with other prefixes
        root = ET.fromstring(xml)
    except ET.ParseError as reason:
        raise error("VIR_ERR_XML_DETAIL", "(domain_definition):{}".format(reason)) from None
    if root.tag != "domain":
        raise error(
            "VIR_ERR_XML_ERROR", "unexpected root element <{}>, expecting <domain>".format(root.tag)
        )
    return root


def _require_bhyve(root, host):
    kind = root.get("type")
    system = root.find("os/type")
    if system is None:
        raise error("VIR_ERR_XML_ERROR", "an os <type> must be specified")
    arch = system.get("arch", host.arch)
    if (kind, system.text, arch) != ("bhyve", "hvm", host.arch):
        raise error(
            "VIR_ERR_INVALID_ARG",
            "could not find capabilities for ostype={} arch={} domaintype={}".format(
                system.text, arch, kind
            ),
        )
    system.set("arch", arch)


def _complete_arm(root, host):
    """Give a guest on arm64 the clock and, from 12.1 on, the loader that it needs there."""
    if host.version < ARM64_LOADER:
        return
    root.find("clock").set("offset", "localtime")
    if root.find("os/loader") is not None:
        return
    if not host.has_u_boot:
        words = "loader is not specified and the default loader ({}) not found"
        raise unsupported(words.format(U_BOOT))
    loader = ET.SubElement(root.find("os"), "loader", readonly="yes", type="pflash")
    loader.text = U_BOOT


def _complete_head(root):
    if not root.findtext("name"):
        raise error("VIR_ERR_XML_ERROR", "missing domain name")
    if root.find("uuid") is None:
        root.insert(1, ET.Element("uuid"))
        root.find("uuid").text = str(uuid.uuid4())
    memory = root.find("memory")
    if memory is None:
        raise error("VIR_ERR_XML_ERROR", "missing element or attribute './memory'")
    memory.text = str(int(int(memory.text) * KIB[memory.get("unit", "KiB")]))
    memory.set("unit", "KiB")
    if root.find("currentMemory") is None:
        root.insert(list(root).index(memory) + 1, ET.Element("currentMemory", unit="KiB"))
        root.find("currentMemory").text = memory.text
    vcpu = root.find("vcpu")
    if vcpu is None:
        vcpu = ET.SubElement(root, "vcpu")
        vcpu.text = "1"
    vcpu.set("placement", vcpu.get("placement", "static"))
    if root.find("clock") is None:
        ET.SubElement(root, "clock", offset="utc")
    if root.find("devices") is None:
        ET.SubElement(root, "devices")
