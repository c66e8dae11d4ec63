"""The file of passwords: only its owner may read it, and what is missing is made."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from freebsd_port.engine.store.files.write import replace_file
from freebsd_port.errors import PortError, system_words
from freebsd_port.host.core.passwords import (
    parse_passwords,
    render_passwords,
    require_password_text,
    variable,
)

PRIVATE = 0o600


class PasswordFileError(PortError):
    """The passwords cannot be read or kept."""


def read_passwords(path: Path) -> dict[str, str]:
    """Read the file, nothing when it is not there. Raises PasswordFileError when others may too."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _refusal(path, error) from error
    if stat.S_IMODE(mode) & 0o077:
        raise PasswordFileError(
            "users other than its owner may read the passwords",
            where=f"{path}, mode {stat.S_IMODE(mode):04o}",
            hint=f"chmod 0600 {path}",
        )
    return parse_passwords(data, str(path))


def named_passwords(keys: Iterable[str]) -> dict[str, str]:
    """Give the passwords that the environment of this process names.

    Raises UsageError for one that nova's configuration cannot hold.
    """
    found = {key: os.environ.get(variable(key), "") for key in keys}
    named = {key: value for key, value in found.items() if value}
    for key, value in named.items():
        require_password_text(key, value, f"{variable(key)} in the environment")
    return named


def make_password() -> str:
    """Make a password of 32 letters, digits, - and _: 192 bits."""
    return secrets.token_urlsafe(24)


def save_passwords(path: Path, passwords: Mapping[str, str]) -> None:
    """Write the file, private from its first byte on."""
    data = render_passwords(passwords)
    try:
        if path.exists() and path.read_bytes() == data:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data, PRIVATE)
    except OSError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: OSError) -> PasswordFileError:
    return PasswordFileError(
        f"the passwords cannot be read or kept: {system_words(error)}",
        where=str(path),
        hint="run it as root, or name another file with --passwords",
    )
