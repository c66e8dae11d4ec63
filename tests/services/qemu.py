"""A real libvirtd with QEMU for a demonstration, in mounts of its own; without KVM."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from freebsd_port.host.core.recording import Ran, Recording
from services.place import IN_TARGET, Target
from services.session import NotThere, Session

PROGRAMS = {
    "libvirtd": "libvirt-daemon",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "unshare": "util-linux",
}
"""What must be installed, and Debian's package of it."""

DRIVER = Path("libvirt/connection-driver/libvirt_driver_qemu.so")
BINDINGS = Path("/usr/lib/python3/dist-packages")
"""Where Debian has libvirt-python, built for its own Python."""

SETTINGS = {
    "libvirtd.conf": ("auth_unix_ro = 'none'", "auth_unix_rw = 'none'"),
    "qemu.conf": (
        "user = 'root'",
        "group = 'root'",
        "security_driver = 'none'",
        "cgroup_controllers = []",
        "namespaces = []",
        "stdio_handler = 'file'",
    ),
}
ACCOUNTS = {
    "passwd": "libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin\n",
    "group": "libvirt-qemu:x:64055:\n",
}
_NUMBERS = "import libvirt; print(*libvirt.openReadOnly('qemu:///system').getInfo()[1:3])"
_SUFFIX = "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))"


@dataclass(frozen=True, slots=True)
class Qemu:
    """The hypervisor of a run."""

    session: Session

    @property
    def directory(self) -> Path:
        """Everything of libvirtd's."""
        return self.session.run.path("libvirt")

    def prepare(self) -> None:
        """Write what libvirtd reads, and find libvirt-python. Raises NotThere."""
        if os.geteuid() != 0:
            raise NotThere("libvirtd has its own mounts here, which only root can make")
        for program, package in PROGRAMS.items():
            if shutil.which(program) is None:
                raise NotThere(f"{program} is not installed; on Debian: apt-get install {package}")
        if not any((lib / DRIVER).is_file() for lib in Path("/usr/lib").glob("*")):
            package = "libvirt-daemon-driver-qemu"
            raise NotThere(f"libvirt cannot run QEMU; on Debian: apt-get install {package}")
        for name, lines in SETTINGS.items():
            file = self.directory / "etc" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(line.replace("'", '"') + "\n" for line in lines), "utf-8")
        for name, line in ACCOUNTS.items():
            known = Path("/etc", name).read_text("utf-8")
            (self.directory / name).write_text("" if "libvirt-qemu:" in known else line, "utf-8")
        link_bindings(self.session.target, self.directory / "python")

    def start(self) -> None:
        """Start libvirtd and wait for its socket."""
        script = str(IN_TARGET / "private_libvirtd.sh")
        self.session.start("libvirtd", ["unshare", "-m", script, str(self.directory)])
        socket = self.directory / "run/libvirt-sock"
        self.session.wait_for("libvirt's socket", socket.exists, log="libvirtd")

    def numbers(self) -> dict[tuple[str, ...], Ran]:
        """Give what sysctl would say of the processors and the memory, as libvirtd counts them."""
        words = self.beside([self.session.target.program("python"), "-c", _NUMBERS])
        asked = subprocess.run(words, capture_output=True, text=True, check=True)
        memory, cpus = asked.stdout.split()
        return {
            ("sysctl", "-n", "hw.ncpu"): Ran(0, cpus),
            ("sysctl", "-n", "hw.physmem"): Ran(0, str(int(memory) * 2**20)),
        }

    def beside(self, words: list[str]) -> list[str]:
        """Give the command that runs a program where it finds this libvirtd, and libvirt-python."""
        script = str(IN_TARGET / "with_libvirt.sh")
        path = f"PYTHONPATH={self.directory / 'python'}"
        return ["unshare", "-m", script, str(self.directory), "env", path, *words]


def link_bindings(target: Target, directory: Path) -> None:
    """Have a directory with libvirt-python only, if Debian's is for the target's Python.

    Raises NotThere. What the target has itself is imported before it.
    """
    asked = subprocess.run(
        [target.program("python"), "-c", _SUFFIX], capture_output=True, text=True, check=True
    )
    suffix = asked.stdout.strip()
    names = ("libvirt.py", f"libvirtmod{suffix}")
    if not all((BINDINGS / name).is_file() for name in names):
        raise NotThere(
            f"libvirt-python for {suffix.strip('.')} is not installed; on Debian 12, for an "
            "environment of Python 3.11: apt-get install python3-libvirt"
        )
    directory.mkdir(parents=True)
    for name in names:
        (directory / name).symlink_to(BINDINGS / name)


def with_qemu(ready: Recording, virsh: str) -> Recording:
    """Give the recorded host with QEMU on it, which libvirt can reach."""
    words = (virsh, "--connect", "qemu:///system", "--readonly", "version")
    return replace(
        ready,
        commands={**ready.commands, words: Ran(0, "Running hypervisor: QEMU 9.1.0")},
        files={**ready.files, "/usr/local/bin/qemu-system-x86_64": ""},
    )
