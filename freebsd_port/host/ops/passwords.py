"""A password that a verb of a host cannot do without."""

from __future__ import annotations

from pathlib import Path

from freebsd_port.errors import PortError
from freebsd_port.host.store.passwords import named_passwords, read_passwords


class UnpreparedError(PortError):
    """Something that a verb needs was not made yet, or a step had no effect."""


def require_password(path: Path, key: str, whose: str) -> str:
    """Give a password: from the environment of the process, else from the file.

    `whose` completes `there is no password for …`. Raises UnpreparedError when there is none.
    """
    found = {**read_passwords(path), **named_passwords([key])}.get(key)
    if not found:
        raise UnpreparedError(
            f"there is no password for {whose} yet",
            where=str(path),
            hint="freebsd-port host config makes one",
        )
    return found
