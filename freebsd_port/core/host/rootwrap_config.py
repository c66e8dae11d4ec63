"""rootwrap.conf and its filters, from those that the environment brings."""

from __future__ import annotations

import re

from freebsd_port.core.host.answers import Answers
from freebsd_port.core.host.nova_config import PRIVSEP_CONTEXTS

_BASE = "/sbin,/usr/sbin,/bin,/usr/bin,/usr/local/sbin,/usr/local/bin"


def render_rootwrap(shipped: str, answers: Answers) -> bytes:
    """Set where the filters and the programs are. Raises ValueError if it has no such lines."""
    nova = answers.nova
    for key, value in (
        ("filters_path", f"{nova.config}/rootwrap.d"),
        ("exec_dirs", f"{nova.environment}/bin,{_BASE}"),
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
        for word in ("--config-file", re.escape(f"{answers.nova.config}/{name}"))
    ]
    rows = [
        ", ".join(
            (
                f"privsep-{group}: RegExpFilter", "privsep-helper", "root", "privsep-helper",
                *files, "--privsep_context", re.escape(context),
                "--privsep_sock_path", r"/tmp/[A-Za-z0-9_/.]+",  # noqa: S108 - a pattern
            )
        )
        for group, context in PRIVSEP_CONTEXTS.items()
    ]  # fmt: skip
    return ("[Filters]\n" + "".join(f"{row}\n" for row in rows)).encode()
