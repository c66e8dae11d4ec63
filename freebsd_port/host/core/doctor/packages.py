"""FreeBSD's packages: known by a file of theirs, because names of packages change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.database import LOCAL
from freebsd_port.host.core.diagnosis import Diagnosis, doubtful, good, lacks
from freebsd_port.host.core.recording import Questions, Recording

AREA = "packages"


@dataclass(frozen=True, slots=True)
class SystemPackage:
    """Something that a package brings."""

    what: str
    files: tuple[str, ...]
    """Each of them will do."""

    package: str
    purpose: str
    is_needed: bool = True
    """Whether nova-compute cannot do without."""


_ALWAYS = (
    SystemPackage("libvirt", ("/usr/local/sbin/libvirtd",), "libvirt", "runs the guests"),
    SystemPackage("qemu-img", ("/usr/local/bin/qemu-img",), "qemu-tools", "converts images to raw"),
    SystemPackage(
        "Open vSwitch", ("/usr/local/bin/ovs-vsctl",), "openvswitch", "plugs the ports of neutron"
    ),
    SystemPackage("noVNC", ("/usr/local/libexec/novnc",), "novnc", "VNC in the browser", False),
)
_HYPERVISOR = {
    "bhyve": SystemPackage(
        "firmware of bhyve",
        ("/usr/local/share/uefi-firmware/BHYVE_UEFI.fd",),
        "edk2-bhyve",
        "boots every guest but FreeBSD",
    ),
    "qemu": SystemPackage(
        "QEMU", ("/usr/local/bin/qemu-system-x86_64",), "qemu", "runs the guests, without KVM"
    ),
}
"""bhyve itself is part of FreeBSD."""

_ISO = ("/usr/local/bin/mkisofs", "/usr/local/bin/genisoimage")
"""The same program of cdrtools and of cdrkit."""

_BROKER = SystemPackage(
    "RabbitMQ", ("/usr/local/sbin/rabbitmqctl",), "rabbitmq", "the broker that host.toml names"
)
_CLIENTS = {
    "mysql+pymysql": SystemPackage(
        "database client",
        ("/usr/local/bin/mysql", "/usr/local/bin/mariadb"),
        "mariadb114-client",
        "for host database --run",
    ),
    "postgresql+psycopg2": SystemPackage(
        "database client",
        ("/usr/local/bin/psql",),
        "postgresql16-client",
        "for host database --run",
    ),
}


def questions(answers: Answers) -> Questions:
    """Say what is to be asked."""
    needs = (*_ALWAYS, *_HYPERVISOR.values(), _BROKER, *_CLIENTS.values())
    python = f"{answers.nova.environment}/bin/python"
    return Questions(
        (("pkg", "-N"), ("pkg", "query", "%v", "libvirt"), *_imports(python)),
        (*(file for need in needs for file in need.files), *_ISO, answers.nova.mkisofs, python),
    )


def _imports(python: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (python, "-c", f"import {name}") for name in ("sqlite3", "libvirt", "pymysql", "psycopg2")
    )


def judge(host: Recording, answers: Answers) -> Iterator[Diagnosis]:
    """Judge what was answered."""
    if host.value("pkg", "-N") is None:
        yield lacks(AREA, "pkg", "FreeBSD's package manager is not installed", "pkg bootstrap -y")
    wanted = [*_ALWAYS, _HYPERVISOR[answers.libvirt.virt_type]]
    if answers.broker.url.host in LOCAL:
        wanted.append(_BROKER)
    wanted.append(_CLIENTS[answers.database.url.scheme])
    for need in wanted:
        yield _judge_need(host, need)
    yield _mkisofs(host, answers)
    if host.has(f"{answers.nova.environment}/bin/python"):
        yield from _environment(host, answers)
    else:
        yield from _no_environment(answers)


def _judge_need(host: Recording, need: SystemPackage) -> Diagnosis:
    found = next((file for file in need.files if host.has(file)), None)
    if found:
        return good(AREA, need.what, found)
    say = lacks if need.is_needed else doubtful
    return say(AREA, need.what, need.purpose, f"pkg install {need.package}")


def _mkisofs(host: Recording, answers: Answers) -> Diagnosis:
    wanted = answers.nova.mkisofs
    if host.has(wanted):
        return good(AREA, "mkisofs", wanted)
    other = next((file for file in _ISO if host.has(file)), None)
    cure = f'mkisofs = "{other}" in [nova] of host.toml' if other else "pkg install cdrtools"
    return lacks(AREA, "mkisofs", f"no {wanted}, which makes configuration drives", cure)


def _no_environment(answers: Answers) -> Iterator[Diagnosis]:
    cure = f"make patch VENV={answers.nova.environment}"
    yield lacks(AREA, "environment", f"no Python in {answers.nova.environment}", cure)


def _environment(host: Recording, answers: Answers) -> Iterator[Diagnosis]:
    environment = answers.nova.environment
    python = f"{environment}/bin/python"
    yield good(AREA, "environment", environment)

    def has(module: str) -> bool:
        ran = host.run(python, "-c", f"import {module}")
        return ran is not None and ran.status == 0

    if has("libvirt"):
        yield good(AREA, "libvirt-python", "in the environment")
    else:
        version = host.value("pkg", "query", "%v", "libvirt") or "the version of libvirt"
        cure = f"{environment}/bin/pip install libvirt-python=={version.partition('_')[0]}"
        yield lacks(AREA, "libvirt-python", "nova asks libvirt through it", cure)
    if has("sqlite3"):
        yield good(AREA, "sqlite3", "in the environment's Python")
    else:
        detail = "without it no line is measured, and older releases do not start"
        yield doubtful(AREA, "sqlite3", detail, "pkg install py311-sqlite3, as your Python is")
    module = {"mysql+pymysql": "pymysql"}.get(answers.database.url.scheme, "psycopg2")
    if has(module):
        yield good(AREA, module, "in the environment")
    else:
        cure = f"{environment}/bin/pip install {module}"
        yield lacks(AREA, module, "the driver of the database that host.toml names", cure)
