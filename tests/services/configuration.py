"""The files that configure the services of a run: nova.conf in two parts, placement, rootwrap."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.in_target.emulation import load_profile
from services.place import Address, Target

Sections = Mapping[str, Mapping[str, object]]

FORGOTTEN_AFTER = 10  # seconds until the broker deletes a reply queue that nobody reads


@dataclass(frozen=True, slots=True)
class Run:
    """What is this run's own."""

    name: str
    """Unique; begins the names of its databases, virtual host, computer and directory."""

    directory: Path
    database: Address
    transport: str
    """oslo.messaging's URL."""

    ports: Mapping[str, int]
    """Service to port: see PORTS."""

    def database_url(self, what: str) -> str:
        """SQLAlchemy's URL of one of the run's databases."""
        return self.database.with_path("mysql+pymysql", f"{self.name}_{what}") + "?charset=utf8mb4"

    def url(self, service: str) -> str:
        """The HTTP address of placement, the API or the stubs."""
        return f"http://127.0.0.1:{self.ports[service]}"

    @property
    def host(self) -> str:
        """The name of the compute host."""
        return self.name.replace("_", "-")

    def path(self, name: str) -> Path:
        """A file of this run."""
        return self.directory / name


@dataclass(frozen=True, slots=True)
class Host:
    """The compute host of a run."""

    profile: str | None
    """What is emulated; None for the platform there is."""

    level: str
    driver: str
    """nova's: `fake`, or `bhyve` or `qemu` by libvirt."""

    libvirt: Path | None
    """Directory of the stand-in for libvirt-python; None for the real one."""


PORTS = ("placement", "api", "stubs", "identity", "api_metadata", "novncproxy", "serialproxy")
DATABASES = ("api", "cell0", "cell1", "placement")


def render(sections: Sections) -> str:
    """Options as oslo.config reads them."""
    lines = []
    for name, options in sections.items():
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in options.items()), ""]
    return "\n".join(lines)


def common(run: Run) -> dict[str, dict[str, object]]:
    """What every service of nova is told."""
    access = {"auth_type": "admin_token", "token": "admin", "endpoint": run.url("placement")}
    return {
        "DEFAULT": {
            "host": run.host,
            "my_ip": "127.0.0.1",
            "state_path": run.path("state"),
            "transport_url": run.transport,
            "control_exchange": run.name,
            "report_interval": 5,
            "service_down_time": 60,
        },
        "oslo_concurrency": {"lock_path": run.path("locks")},
        "oslo_messaging_rabbit": {
            "amqp_auto_delete": True,
            "rabbit_transient_queues_ttl": FORGOTTEN_AFTER,
        },
        "placement": access,
        "glance": {"endpoint_override": run.url("stubs")},
        "neutron": {**access, "endpoint_override": run.url("stubs")},
        "service_user": {"send_service_user_token": True, **access},
    }


def control(run: Run) -> Sections:
    """nova.conf of the controller: the API, scheduler, conductor and nova-manage."""
    return {
        **common(run),
        "api_database": {"connection": run.database_url("api")},
        "database": {"connection": run.database_url("cell1")},
        "conductor": {"workers": 1},
        "scheduler": {"workers": 1},
    }


DRIVERS = {"fake": "fake.MediumFakeDriver", "bhyve": "libvirt.LibvirtDriver"}


def compute(run: Run, target: Target, host: Host) -> Sections:
    """nova.conf of the compute host, which reaches no database."""
    helper = [target.program("privsep-helper")]
    if os.geteuid() == 0:  # for others rootwrap would need sudo, which drops the emulation
        helper = [target.program("nova-rootwrap"), str(run.path("rootwrap.conf")), "privsep-helper"]
    sections = common(run)
    sections["DEFAULT"] |= {
        "compute_driver": DRIVERS[host.driver],
        "instances_path": run.path("instances"),
    }
    return {
        **sections,
        "libvirt": {"virt_type": "bhyve", "images_type": "raw"},
        "nova_sys_admin": {
            "helper_command": " ".join([*helper, "--config-file", str(run.path("compute.conf"))]),
            "require_capabilities": False,
        },
        "vnc": {"enabled": False},
    }


def placement(run: Run) -> Sections:
    """placement.conf."""
    return {
        "api": {"auth_strategy": "noauth2"},
        "placement_database": {
            "connection": run.database_url("placement"),
            "sync_on_startup": True,
        },
    }


def paste(shipped: str) -> str:
    """nova's API pipeline with our noauth in the place of keystonemiddleware."""
    changed = shipped.replace(" authtoken keystonecontext", " noauth keystonecontext")
    if changed == shipped:
        raise ValueError("api-paste.ini names no authtoken before keystonecontext")
    return changed + "\n[filter:noauth]\npaste.filter_factory = noauth:filter_factory\n"


def rootwrap_filters(shipped: str, run: Run) -> str:
    """nova's rules, for a configuration in the run's directory instead of /etc."""
    changed = shipped.replace(r"/etc/(?!\.\.).*", str(run.directory / r"[a-z]+\.conf"))
    if changed == shipped:
        raise ValueError("compute.filters names no --config-file below /etc")
    return changed.replace("/tmp/.*", tempfile.gettempdir() + "/.*")


def base_commands(host: Host) -> Mapping[str, str]:
    """Shell scripts in the place of programs of FreeBSD's base system, of which Linux's differ.

    Linux's uptime wants /proc, its sysctl knows other names.
    """
    if host.profile is None:
        return {}
    known = load_profile(host.profile)
    answers = [
        f"{name}) echo {shlex.quote(str(known.sysctl(name)))} ;;" for name in sorted(known.sysctls)
    ]
    unknown = """*) echo "sysctl: unknown oid '$2'" >&2; exit 1 ;;"""
    return {
        "uptime": "echo ' 9:41AM  up 3 days,  2:10, 1 user, load averages: 0.20, 0.15, 0.10'",
        "sysctl": "\n".join(["[ $1 = -n ] || exit 64", "case $2 in", *answers, unknown, "esac"]),
    }


def write_script(path: Path, text: str) -> None:
    """Write a program of the shell."""
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)


def write_files(run: Run, target: Target, host: Host) -> None:
    """Write every file of the run."""
    for name in ("state", "locks", "instances", "rootwrap.d", "bin"):
        run.path(name).mkdir()
    for name, text in base_commands(host).items():
        write_script(run.path("bin/" + name), text)
    programs = [str(target.venv / "bin"), "/sbin", "/usr/sbin", "/bin", "/usr/bin"]
    rootwrap = {
        "filters_path": run.path("rootwrap.d"),
        "exec_dirs": ",".join([*programs, "/usr/local/sbin", "/usr/local/bin"]),
        "rlimit_nofile": 1024,
    }
    texts = {
        "nova.conf": render(control(run)),
        "compute.conf": render(compute(run, target, host)),
        "placement.conf": render(placement(run)),
        "rootwrap.conf": render({"DEFAULT": rootwrap}),
        "api-paste.ini": paste(target.paste.read_text("utf-8")),
        "rootwrap.d/compute.filters": rootwrap_filters(target.filters.read_text("utf-8"), run),
    }
    for name, text in texts.items():
        run.path(name).write_text(text, "utf-8")
