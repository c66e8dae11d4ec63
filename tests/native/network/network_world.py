"""One host with two guests on a bridge, and a network outside: real on FreeBSD, else a stand-in.

On FreeBSD as root the guests are VNET jails, and every command runs. On any other system the same
commands go to the stand-in kernel of the checks. Names begin with fbport, and everything is taken
away again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PORT = Path(__file__).resolve().parents[2] / "port"
sys.path.insert(0, str(PORT))

from freebsd_network import traffic  # noqa: E402
from freebsd_network.kernel import Kernel  # noqa: E402

GOLDEN = json.loads((PORT / "neutron_bsdbridge/golden/native_network.json").read_text("utf-8"))
FIRST, SECOND = GOLDEN["anchors"]
PF_CONF = 'anchor "l2-neutron/port/*"\nblock drop quick on neutron-port\n'
GUESTS = {"fbport1": (FIRST, "10.77.0.10/24"), "fbport2": (SECOND, "10.77.0.11/24")}
PROGRAMS = {
    "ifconfig": "/sbin/ifconfig",
    "pfctl": "/sbin/pfctl",
    "route": "/sbin/route",
    "sysctl": "/sbin/sysctl",
    "jail": "/usr/sbin/jail",
    "jexec": "/usr/sbin/jexec",
    "jls": "/usr/sbin/jls",
}


class StandIn:
    """The stand-in kernel, where connections are worked out and not made."""

    def __init__(self):
        self.kernel = Kernel()

    def execute(self, argv, text=None):
        return self.kernel.run(argv, input=text)

    def listen(self, jail, port):
        self.kernel.listening.add((jail, port))

    def comes_from(self, jail, address, port, source=None):
        return traffic.connects(self.kernel, jail, address, port, source)

    def stop(self):
        self.kernel.listening.clear()


class FreeBSD:
    """The machine itself: jexec, nc, and what its kernel says."""

    def __init__(self):
        self.listeners = []

    def execute(self, argv, text=None):
        done = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def listen(self, jail, port):
        script = (
            "import socket\n"
            "s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
            f"s.bind(('', {port})); s.listen(8); print('ready', flush=True)\n"
            "while True:\n"
            "    c, a = s.accept(); c.sendall(a[0].encode()); c.close()\n"
        )
        command = [sys.executable, "-c", script]
        if jail:
            command = [PROGRAMS["jexec"], jail, *command]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.listeners.append(process)
        assert process.stdout.readline() == "ready\n"

    def comes_from(self, jail, address, port, source=None):
        command = ["/usr/bin/nc", "-N", "-w", "5"]
        if source:
            command += ["-s", source]
        command += [address, str(port)]
        if jail:
            command = [PROGRAMS["jexec"], jail, *command]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )
        return done.stdout.strip() or None

    def stop(self):
        for process in self.listeners:
            process.kill()
            process.wait()


class World:
    """Commands by name, and the two guests on the bridge `fbportbr`."""

    def __init__(self, machine):
        self.machine = machine
        self.jails, self.interfaces = [], []

    def run(self, *words, jail="", text=None, ok=True):
        """Run a command, in a jail if one is named; its output, or with ok=False its status."""
        argv = [PROGRAMS[words[0]], *words[1:]]
        if jail:
            argv = [PROGRAMS["jexec"], jail, *argv]
        status, out, err = self.machine.execute(argv, text)
        if ok:
            assert status == 0, f"{argv}: {status} {out} {err}"
            return out
        return status

    def jail(self, name):
        self.run("jail", "-c", "name=" + name, "vnet", "persist", "path=/")
        self.jails.append(name)
        self.run("ifconfig", "lo0", "up", jail=name)

    def bridge(self, name, *words):
        self.run("ifconfig", "bridge", "create", "name", name, "group", "l2-neutron", "up")
        self.interfaces.append(name)
        if words:
            self.run("ifconfig", name, *words)

    def wire(self, jail, host_if, jail_if, address, bridge, *groups):
        """A cable from a jail to a bridge."""
        near = self.run("ifconfig", "epair", "create").strip()
        words = [word for group in groups for word in ("group", group)]
        self.run("ifconfig", near, "name", host_if, *words, "up")
        self.interfaces.append(host_if)
        far = near[:-1] + "b"
        self.run("ifconfig", far, "vnet", jail)
        self.run("ifconfig", far, "name", jail_if, jail=jail)
        self.run("ifconfig", jail_if, "inet", address, "up", jail=jail)
        self.run("ifconfig", bridge, "addm", host_if)

    def load(self, name, text, ok=True):
        return self.run("pfctl", "-a", "l2-neutron/port/" + name, "-f", "-", text=text, ok=ok)

    def comes_from(self, jail, address, port, source=None):
        return self.machine.comes_from(jail, address, port, source)

    def reaches(self, jail, address, port, source=None):
        return self.comes_from(jail, address, port, source) is not None

    def remove(self):
        """Take everything away; the names that are still there."""
        self.machine.stop()
        for name in reversed(self.interfaces):
            self.run("ifconfig", name, "destroy", ok=False)
        for name in reversed(self.jails):
            self.run("jail", "-r", name, ok=False)
        for name in (FIRST, SECOND):
            self.run("pfctl", "-a", "l2-neutron/port/" + name, "-F", "all", ok=False)
        self.run("pfctl", "-f", "-", text="\n", ok=False)
        self.run("pfctl", "-d", ok=False)
        self.run("sysctl", "net.link.bridge.pfil_member=0", ok=False)


def find_machine():
    if not sys.platform.startswith("freebsd"):
        return StandIn()
    if os.geteuid() != 0:
        pytest.skip("only root makes jails and loads rules")
    machine = FreeBSD()
    if machine.execute([PROGRAMS["pfctl"], "-sr"])[1].strip():
        pytest.skip("pf has rules of its own here")
    return machine
