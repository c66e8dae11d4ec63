"""Every file that `host config` writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from freebsd_port.core.host.answers import Answers
from freebsd_port.core.host.nova_config import (
    api_server_options,
    compute_sections,
    nova_sections,
    render_config,
)
from freebsd_port.core.host.rootwrap_config import render_filters, render_rootwrap
from freebsd_port.core.host.service_files import HostFile

MODE = 0o640
"""Root's to write, the group of nova's services to read."""

_HEAD = """Written by `freebsd-port host config` from host.toml and the file of passwords.
Edit those and run it again. Every option there is: nova.conf.sample, beside this file."""


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
    answers: Answers, passwords: Mapping[str, str], quoted: Mapping[str, str], shipped: Shipped
) -> tuple[HostFile, ...]:
    """Give all files, in the order of their paths. Raises ValueError for a rootwrap.conf that is
    not of the form that it has been in since Xena.
    """
    nova = dict(nova_sections(answers, passwords, quoted))
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
