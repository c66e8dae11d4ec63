"""Guests with consoles, as a bridge meets them: null modems, libvirt's XML and a virsh.

The null modems are real where this machine has them, else the stand-in of `nmdm`.
"""

from __future__ import annotations

import os
import socket
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from nmdm import NullModem, RealNullModem, StandInNullModem, has_real_null_modems

XML = """<domain type='bhyve' id='{pid}'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='KiB'>131072</memory>
  <devices>
    <emulator>bhyve</emulator>
    <serial type='nmdm'>
      <source master='/dev/nmdm{uuid}A' slave='/dev/nmdm{uuid}B'/>
      <target port='0'/>
    </serial>{tcp}
    <console type='nmdm'>
      <source master='/dev/nmdm{uuid}A' slave='/dev/nmdm{uuid}B'/>
      <target type='serial' port='0'/>
    </console>
  </devices>
</domain>
"""
TCP = """
    <serial type='tcp'>
      <source mode='bind' host='{address}' service='{port}' tls='no'/>
      <protocol type='raw'/>
      <target port='1'/>
    </serial>"""

VIRSH = """#!{python} -S
import atexit, os, pathlib, sys, time
here = pathlib.Path({here!r})

@atexit.register
def note():  # when the answer can no longer change
    with open(here / "calls", "a") as calls:
        calls.write(" ".join(sys.argv[1:]) + "\\n")

if (here / "hangs").exists():
    time.sleep(600)
if (here / "down").exists():
    sys.exit("error: failed to connect to the hypervisor\\n"
             "error: Failed to connect socket to '/var/run/libvirt/libvirt-sock'")
words = sys.argv[1:]
if words[:4] != ["-q", "-r", "-c", "bhyve:///system"]:
    sys.exit("error: unexpected words " + repr(words))
if words[4:] == ["list", "--uuid"]:
    print("\\n".join(sorted(p.stem for p in here.glob("*.xml"))) + "\\n")
elif words[4:6] == ["dumpxml", "--domain"]:
    for found in here.glob("*.xml"):
        text = found.read_text()
        if found.stem == words[6] or "<name>" + words[6] + "</name>" in text:
            print(text)
            break
    else:
        sys.exit("error: failed to get domain '" + words[6] + "'")
else:
    sys.exit("error: unknown command: " + repr(words[4:]))
"""


def _candidates() -> Iterator[int]:
    """Ports that no connection gets as its own end, other ones for each process of the tests."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    first = 11000 + worker % 8 * 2600
    start = os.getpid() * 211 % 2600
    while True:
        yield first + start
        start = (start + 1) % 2600


_PORTS = _candidates()


def free_ports(count: int) -> list[int]:
    """Give ports that nobody listens at, and that no other test is given."""
    found: list[int] = []
    while len(found) < count:
        port = next(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found


def domain_xml(name: str, guest: str, port: int | None, address: str = "127.0.0.1") -> str:
    tcp = TCP.format(address=address, port=port) if port is not None else ""
    return XML.format(name=name, uuid=guest, tcp=tcp, pid=4711)


class Host:
    """A root directory with nova's instances, a virsh that knows the guests, and null modems."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.instances = root / "instances"
        self.libvirt = root / "libvirt"
        self.definitions = root / "definitions"
        for directory in (root / "dev", self.instances, self.libvirt, self.definitions):
            directory.mkdir(parents=True)
        self.has_real_null_modems = has_real_null_modems()
        self.dev = Path("/dev") if self.has_real_null_modems else root / "dev"
        self.virsh = root / "virsh"
        self.virsh.write_text(VIRSH.format(python=sys.executable, here=str(self.libvirt)))
        self.virsh.chmod(0o755)
        self.modems: list[NullModem] = []

    def calls(self) -> list[str]:
        path = self.libvirt / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def make_modem(self, device: Path) -> NullModem:
        if sys.platform.startswith("freebsd") and not self.has_real_null_modems:
            pytest.skip("no null modems: kldload nmdm, and be root")
        kind = RealNullModem if self.has_real_null_modems else StandInNullModem
        self.modems.append(kind(device))
        return self.modems[-1]

    def close(self) -> None:
        for modem in self.modems:
            modem.remove()


class Guest:
    """A guest whose end of the null modem, A, this process holds."""

    def __init__(
        self,
        host: Host,
        name: str,
        port: int | None,
        address: str = "127.0.0.1",
        *,
        boots: bool = True,
    ) -> None:
        self.host = host
        self.name = name
        self.uuid = str(uuid.uuid4())
        self.port = port
        self.address = address
        (host.instances / self.uuid).mkdir()
        self.modem = host.make_modem(self.device)
        if boots:
            self.boot()

    @property
    def device(self) -> Path:
        return self.host.dev / f"nmdm{self.uuid}B"

    @property
    def log(self) -> Path:
        return self.host.instances / self.uuid / "console.log"

    @property
    def xml(self) -> str:
        return domain_xml(self.name, self.uuid, self.port, self.address)

    def boot(self) -> None:
        """Open the console, as bhyve does, and let libvirt know."""
        self.modem.open()
        new = self.host.libvirt / f"{self.uuid}.new"
        new.write_text(self.xml)
        new.rename(new.with_suffix(".xml"))  # virsh may be reading

    def print(self, text: bytes) -> int:
        """Print what the null modem takes at once; give how much it took."""
        return self.modem.print(text)

    def typed(self, size: int = 65536) -> bytes:
        return self.modem.typed(size)

    def die(self, *, libvirt_knows: bool = True) -> None:
        """End, with nothing in flight: the other end of the null modem notices nothing."""
        self.modem.close()
        if libvirt_knows:
            self.be_forgotten()

    def be_forgotten(self) -> None:
        """Let libvirt know that it no longer runs."""
        (self.host.libvirt / f"{self.uuid}.xml").unlink()
