"""The documents of an OCI image, and the units that run it. Writing the layer is `oci_layout`.

Source: OCI image specification 1.1 (layout, index, manifest, configuration), and
podman-systemd.unit(5).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
NAME = "localhost/freebsd-port/nova-compute"
"""What the units call the image in podman's storage."""

PREFIX = "/usr/local/nova"
CONFIG = "/usr/local/etc/nova"
STATE = {"FreeBSD": "/var/db/nova", "Linux": "/var/lib/nova"}
LIBVIRT = {"FreeBSD": "/var/run/libvirt", "Linux": "/run/libvirt"}
USER = "162:162"
"""Whose process it is, by number: a base image knows no user nova."""

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Blob:
    """A part of an image, named by its digest."""

    kind: str
    """Media type."""

    digest: str
    """SHA-256, lower-case hexadecimal."""

    size: int

    def describe(self) -> dict[str, Any]:
        """Give the descriptor that names it in another document."""
        return {"mediaType": self.kind, "digest": f"sha256:{self.digest}", "size": self.size}


@dataclass(frozen=True, slots=True)
class Contents:
    """What the image is of."""

    release: str
    version: str
    """Of nova."""

    series: str
    """Digest of the patches that are applied, in order."""

    options: tuple[str, ...]
    system: str
    """As uname(1) names it."""

    machine: str


@dataclass(frozen=True, slots=True)
class BaseImage:
    """The image below: its layers, and what its configuration says of them."""

    layers: tuple[Blob, ...]
    diff_ids: tuple[str, ...]
    environment: tuple[str, ...]


NO_BASE = BaseImage((), (), ())


def render_config(contents: Contents, layer: str, base: BaseImage = NO_BASE) -> bytes:
    """Write the configuration; `layer` is the digest of our own layer's tar."""
    variables = [one for one in base.environment if not one.startswith("PATH=")]
    path = f"PATH={PREFIX}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    files = [word for name in ("nova", "nova-compute") for word in _config_file(name)]
    return _render(
        {
            "architecture": _ARCHITECTURES.get(contents.machine, contents.machine),
            "os": contents.system.lower(),
            "config": {
                "User": USER,
                "Env": [path, *variables],
                "Entrypoint": [f"{PREFIX}/bin/nova-compute"],
                "Cmd": files,
                "WorkingDir": "/",
                "Labels": _labels(contents),
                "StopSignal": "SIGTERM",
            },
            "rootfs": {
                "type": "layers",
                "diff_ids": [*base.diff_ids, f"sha256:{layer}"],
            },
        }
    )


def _config_file(name: str) -> tuple[str, str]:
    return "--config-file", f"{CONFIG}/{name}.conf"


def _labels(contents: Contents) -> dict[str, str]:
    labels = {
        "org.opencontainers.image.title": "nova-compute",
        "org.opencontainers.image.version": contents.version,
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.freebsd-port.release": contents.release,
        "org.freebsd-port.series": f"sha256:{contents.series}",
    }
    if contents.options:
        labels["org.freebsd-port.options"] = " ".join(contents.options)
    return labels


def render_manifest(config: Blob, layers: Sequence[Blob]) -> bytes:
    """Write the manifest of one image."""
    return _render(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config.describe(),
            "layers": [layer.describe() for layer in layers],
        }
    )


def render_index(manifest: Blob, release: str) -> bytes:
    """Write index.json, in which the image has the release as its tag."""
    named = {"annotations": {"org.opencontainers.image.ref.name": release}}
    return _render({"schemaVersion": 2, "manifests": [{**manifest.describe(), **named}]})


def _render(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


_QUADLET = """\
# Runs nova-compute under podman on Linux: podman-systemd.unit(5). Copy it to
# /etc/containers/systemd, then: systemctl daemon-reload && systemctl start nova-compute
[Unit]
Description=OpenStack nova-compute
After=network-online.target libvirtd.service
Wants=network-online.target

[Container]
Image={name}:{release}
ContainerName=nova-compute
Network=host
User=162
Group=162
Volume=/etc/nova:{config}:ro
Volume={state}:{state}
Volume={libvirt}:{libvirt}
Volume=/dev:/dev
Volume=/sys/fs/cgroup:/sys/fs/cgroup
SecurityLabelDisable=true
PodmanArgs=--privileged --pid=host --ipc=host --uts=host --cgroupns=host --userns=host

[Service]
Restart=always
TimeoutStopSec=75

[Install]
WantedBy=multi-user.target
"""

_RC_SCRIPT = """\
#!/bin/sh

# PROVIDE: nova_compute_container
# REQUIRE: DAEMON libvirtd
# KEYWORD: shutdown
#
# Runs nova-compute under podman. Copy it to /usr/local/etc/rc.d, then:
# sysrc nova_compute_container_enable=YES && service nova_compute_container start
#
# nova_compute_container_enable (bool)  YES starts it at boot; the default is NO
# nova_compute_container_image (str)    the image in podman's storage
# nova_compute_container_args (str)     further arguments of podman run

. /etc/rc.subr

name="nova_compute_container"
desc="OpenStack nova-compute in a container"
rcvar="nova_compute_container_enable"

load_rc_config "${{name}}"

: "${{nova_compute_container_enable:=NO}}"
: "${{nova_compute_container_image:={name}:{release}}}"
: "${{nova_compute_container_args:=}}"

podman="/usr/local/bin/podman"
required_files="{config}/nova.conf {config}/nova-compute.conf"

start_cmd="nova_compute_container_start"
stop_cmd="nova_compute_container_stop"
status_cmd="nova_compute_container_status"

nova_compute_container_is_up()
{{
	state=$("${{podman}}" container inspect -f "{{{{.State.Running}}}}" "${{name}}" 2>/dev/null)
	test "${{state}}" = true
}}

nova_compute_container_start()
{{
	if nova_compute_container_is_up; then
		echo "${{name}} is running already."
		return 0
	fi
	echo "Starting ${{name}}."
	"${{podman}}" run --detach --replace --name "${{name}}" --network host \\
		--volume {config}:{config}:ro \\
		--volume {state}:{state} \\
		--volume {libvirt}:{libvirt} \\
		${{nova_compute_container_args}} "${{nova_compute_container_image}}" >/dev/null
}}

nova_compute_container_stop()
{{
	if ! nova_compute_container_is_up; then
		echo "${{name}} is not running." >&2
		test -n "${{rc_fast}}"
		return
	fi
	echo "Stopping ${{name}}."
	"${{podman}}" stop --time 75 "${{name}}" >/dev/null
}}

nova_compute_container_status()
{{
	if nova_compute_container_is_up; then
		echo "${{name}} is running."
	else
		echo "${{name}} is not running."
		return 1
	fi
}}

run_rc_command "$1"
"""


def render_unit(contents: Contents) -> tuple[str, bytes]:
    """Give name and text of the unit that runs the image on its system."""
    is_freebsd = contents.system == "FreeBSD"
    text = (_RC_SCRIPT if is_freebsd else _QUADLET).format(
        name=NAME,
        release=contents.release,
        config=CONFIG,
        state=STATE.get(contents.system, STATE["Linux"]),
        libvirt=LIBVIRT.get(contents.system, LIBVIRT["Linux"]),
    )
    return ("nova_compute_container" if is_freebsd else "nova-compute.container"), text.encode()
