"""Every file that `host config` writes: nova's configuration, rootwrap's, and the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.grammars import oslo_option, rootwrap_list, rootwrap_pattern
from freebsd_port.host.core.server_url import host_in_url, render_url
from freebsd_port.host.core.service_files import HostFile

Sections = Mapping[str, Mapping[str, str]]
"""Options by group."""

PRIVSEP_CONTEXTS = {
    "nova_sys_admin": "nova.privsep.sys_admin_pctxt",
    "vif_plug_ovs_privileged": "vif_plug_ovs.privsep.vif_plug",
}
"""Groups that no generator knows, because oslo.privsep makes them when it is loaded. os-brick's is
left out: no volume can be attached, so nothing of it may become root."""

_MARIADB_OPTIONS = "?charset=utf8mb4"


def database_url(answers: Answers, name: str, password: str) -> str:
    """Give SQLAlchemy's URL of a database."""
    server = answers.database.url
    options = _MARIADB_OPTIONS if server.scheme.startswith("mysql") else ""
    user = server.user or "nova"
    return render_url(server.scheme, user, password, server.host, server.port, name) + options


def broker_url(answers: Answers, password: str) -> str:
    """Give oslo.messaging's URL of the broker."""
    server = answers.broker.url
    user = server.user or "openstack"
    return render_url(server.scheme, user, password, server.host, server.port, server.virtual_host)


def api_server_options(answers: Answers) -> dict[str, str]:
    """Give what nova's own API servers are told, in the releases that still have them."""
    return {
        "metadata_listen": str(answers.metadata.address),
        "metadata_listen_port": str(answers.metadata.port),
        "metadata_workers": str(answers.metadata.workers),
        "osapi_compute_listen": str(answers.api.address),
        "osapi_compute_listen_port": str(answers.api.port),
        "osapi_compute_workers": str(answers.api.workers),
        "enabled_apis": "osapi_compute",
    }


def nova_sections(answers: Answers, passwords: Mapping[str, str]) -> Sections:
    """Give what every service of the host is told."""
    nova = answers.nova
    login = _login(answers, answers.identity.user, passwords["identity"])
    return {
        "DEFAULT": {
            "my_ip": str(nova.address),
            "transport_url": broker_url(answers, passwords["broker"]),
            "state_path": nova.state,
            "rootwrap_config": f"{nova.config}/rootwrap.conf",
            "web": answers.console.novnc,
        },
        **_databases(answers, passwords["database"]),
        "keystone_authtoken": {"www_authenticate_uri": str(answers.identity.url), **login},
        "service_user": {"send_service_user_token": "True", **login},
        "placement": _login(answers, answers.identity.placement, passwords["placement"])
        | {
            "region_name": answers.identity.region,
            "endpoint_override": str(answers.endpoints.placement),
        },
        "glance": {
            "region_name": answers.identity.region,
            "endpoint_override": str(answers.endpoints.image),
        },
        "neutron": _login(answers, answers.identity.neutron, passwords["neutron"])
        | {
            "region_name": answers.identity.region,
            "endpoint_override": str(answers.endpoints.network),
            "service_metadata_proxy": "True",
            "metadata_proxy_shared_secret": passwords["metadata"],
        },
        "oslo_concurrency": {"lock_path": f"{nova.state}/lock"},
        **_scheduler_section(answers),
        **_console_sections(answers),
    }


WEIGHER = "freebsd_port_extras.weights"
"""The module of the weigher, and the name under which oslo.config finds its options."""


def _scheduler_section(answers: Answers) -> Sections:
    """Give the weigher. It stands alone: beside it nova's own would decide all by themselves."""
    scheduler = answers.scheduler
    if scheduler.weigher == "nova":
        return {}
    return {
        "filter_scheduler": {
            "weight_classes": f"{WEIGHER}.LoadHashWeigher",
            "load_hash_share": str(scheduler.hash_percent / 100),
        }
    }


def _console_sections(answers: Answers) -> Sections:
    console = answers.console
    proxy = host_in_url(console.proxy_address)
    return {
        "serial_console": {
            "enabled": "True",
            "port_range": f"{console.first_port}:{console.last_port}",
            "proxyclient_address": str(console.address),
            "serialproxy_host": str(console.proxy_address),
            "serialproxy_port": str(console.serial_port),
            "base_url": f"ws://{proxy}:{console.serial_port}/",
        },
        "vnc": {
            "enabled": "True",
            "server_listen": str(console.address),
            "server_proxyclient_address": str(console.address),
            "novncproxy_host": str(console.proxy_address),
            "novncproxy_port": str(console.novnc_port),
            "novncproxy_base_url": f"http://{proxy}:{console.novnc_port}/vnc_lite.html",
        },
    }


def _databases(answers: Answers, password: str) -> Sections:
    api, main, _ = answers.database.names
    return {
        "api_database": {"connection": database_url(answers, api, password)},
        "database": {"connection": database_url(answers, main, password)},
    }


def compute_sections(answers: Answers) -> Sections:
    """Give what nova-compute alone is told: the hypervisor, its disks, and how it becomes root.

    A config drive, because Linux images look for the metadata service only where SMBIOS says
    OpenStack, which libvirt passes to bhyve from 12.5 on. nova's own cpu_mode for QEMU, host-model,
    wants the host's CPU, which only KVM can pass on.
    """
    nova = answers.nova
    rootwrap = f"{nova.environment}/bin/nova-rootwrap {nova.config}/rootwrap.conf privsep-helper"
    files = f"--config-file {nova.config}/nova.conf --config-file {nova.config}/nova-compute.conf"
    helper = {
        "helper_command": f"{nova.sudo} {rootwrap} {files}",
        "require_capabilities": "False",
    }
    return {
        "DEFAULT": {
            "compute_driver": "libvirt.LibvirtDriver",
            "force_config_drive": "True",
            "force_raw_images": "True",
            "mkisofs_cmd": nova.mkisofs,
        },
        "libvirt": {
            "virt_type": answers.libvirt.virt_type,
            "connection_uri": answers.libvirt.uri,
            **_images(answers),
            **({} if answers.libvirt.is_bhyve else {"cpu_mode": "none"}),
        },
        **dict.fromkeys(PRIVSEP_CONTEXTS, helper),
    }


def _images(answers: Answers) -> dict[str, str]:
    if answers.disks.dataset:
        return {"images_type": "zfs", "images_zfs_dataset": answers.disks.dataset}
    return {"images_type": "raw"}


def render_config(head: str, sections: Sections) -> bytes:
    """Write options as oslo.config reads them. Raises ValueError for what it cannot."""
    lines = [f"# {line}\n" for line in head.splitlines()]
    for group, options in sections.items():
        lines.append(f"\n[{group}]\n")
        lines += [f"{key} = {oslo_option(value)}\n" for key, value in options.items()]
    return "".join(lines).encode()


def _login(answers: Answers, user: str, password: str) -> dict[str, str]:
    return {
        "auth_type": "password",
        "auth_url": str(answers.identity.url),
        "project_domain_name": answers.identity.domain,
        "user_domain_name": answers.identity.domain,
        "project_name": answers.identity.project,
        "username": user,
        "password": password,
    }


_BASE = ("/sbin", "/usr/sbin", "/bin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin")


def render_rootwrap(shipped: str, answers: Answers) -> bytes:
    """Set where the filters and the programs are. Raises ValueError if it has no such lines."""
    nova = answers.nova
    for key, value in (
        ("filters_path", rootwrap_list([f"{nova.config}/rootwrap.d"])),
        ("exec_dirs", rootwrap_list([f"{nova.environment}/bin", *_BASE])),
    ):
        shipped, count = re.subn(rf"(?m)^{key}\s*=.*$", f"{key}={value}", shipped)
        if count != 1:
            raise ValueError(f"{key} stands {count} times in rootwrap.conf")
    return shipped.encode()


def render_filters(answers: Answers) -> bytes:
    """Let the privileged helper start, for exactly the contexts and files that are configured.

    nova's own filters allow any file below /etc, where FreeBSD's packages keep none.
    """
    files = [
        word
        for name in ("nova.conf", "nova-compute.conf")
        for word in ("--config-file", rootwrap_pattern(f"{answers.nova.config}/{name}"))
    ]
    rows = [
        ", ".join(
            (
                f"privsep-{group}: RegExpFilter", "privsep-helper", "root", "privsep-helper",
                *files, "--privsep_context", rootwrap_pattern(context),
                "--privsep_sock_path", r"/tmp/[A-Za-z0-9_/.]+",  # noqa: S108 - a pattern
            )
        )
        for group, context in PRIVSEP_CONTEXTS.items()
    ]  # fmt: skip
    return ("[Filters]\n" + "".join(f"{row}\n" for row in rows)).encode()


MODE = 0o640
"""Root's to write, the group of nova's services to read."""

_HEAD = """Written by `freebsd-port host config` from host.toml and the file of passwords.
Edit those and run it again. Every option there is: nova.conf.sample, next to this file."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What the environment brings or generates."""

    rootwrap: str
    paste: bytes
    sample: bytes
    policy: bytes
    has_own_api_server: bool
    """Whether nova serves its API itself; gunicorn's settings are `host services`' business."""


def config_files(
    answers: Answers, passwords: Mapping[str, str], shipped: Shipped
) -> tuple[HostFile, ...]:
    """Give all files, in the order of their paths. Raises ValueError for a rootwrap.conf that is
    not of the form that it has been in since Xena.
    """
    nova = dict(nova_sections(answers, passwords))
    if shipped.has_own_api_server:
        nova["DEFAULT"] = {**nova["DEFAULT"], **api_server_options(answers)}
    contents = {
        "api-paste.ini": shipped.paste,
        "nova-compute.conf": render_config(_HEAD, compute_sections(answers)),
        "nova.conf": render_config(_HEAD, nova),
        "nova.conf.sample": shipped.sample,
        "policy.yaml.sample": shipped.policy,
        "rootwrap.conf": render_rootwrap(shipped.rootwrap, answers),
        "rootwrap.d/compute.filters": render_filters(answers),
    }
    return tuple(
        HostFile(f"{answers.nova.config}/{name}", MODE, content)
        for name, content in contents.items()
    )
