"""The passwords of a host: a file of their own, never host.toml, a command line or a log."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping

from freebsd_port.errors import UsageError
from freebsd_port.host.core.grammars import oslo_option

KEYS = {
    "broker": "of the user of RabbitMQ",
    "database": "of the user of the database",
    "identity": "of nova's user of keystone",
    "neutron": "of neutron's user of keystone",
    "placement": "of placement's user of keystone",
    "metadata": "secret shared with neutron's metadata agent",
}
"""What there are, and whose each is."""

_VARIABLE = "FREEBSD_PORT_PASSWORD_"
HIDDEN = "***"


def variable(key: str) -> str:
    """Give the environment's variable for a password."""
    return _VARIABLE + key.upper()


def parse_passwords(data: bytes, where: str) -> dict[str, str]:
    """Read the file. Raises UsageError, which never repeats a value."""
    try:
        given = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError("the passwords are not TOML", where=where) from error
    for key, value in given.items():
        if key not in KEYS:
            known = ", ".join(KEYS)
            raise UsageError(f"no password {key!r}; there are {known}", where=where)
        if not isinstance(value, str):
            raise UsageError(f"the password {key!r} is not a quoted string", where=where)
        require_password_text(key, value, where)
    return given


def require_password_text(key: str, value: str, where: str) -> None:
    """Refuse a password that nova's configuration cannot hold. Raises UsageError without it."""
    try:
        oslo_option(value)
    except ValueError as error:
        raise UsageError(
            f"the password {key!r} has {error}, which nova.conf cannot hold", where=where
        ) from error
    if not value:
        raise UsageError(f"the password {key!r} is empty", where=where)


def render_passwords(passwords: Mapping[str, str]) -> bytes:
    """Write the file; `parse_passwords(render_passwords(p)) == p`."""
    lines = [
        f"# {KEYS[key]}\n{key} = {json.dumps(passwords[key])}\n" for key in KEYS if key in passwords
    ]
    return ("# Passwords of this host. Only root may read this file.\n" + "".join(lines)).encode()


_OPTION = re.compile(r"(?m)^([-+ ]?\s*\w*(?:password|secret|token)\w*\s*=\s*).*$", re.IGNORECASE)
_IN_URL = re.compile(r"(://[^\s:@/]*:)[^\s@]*@")


def hide_passwords(text: str, known: Iterable[str]) -> str:
    """Put asterisks for every known password, and for what looks like one: the values of options
    named after one, which others may have set, and what stands behind the user in a URL.
    """
    values = {form for value in known for form in (value, value.replace("$", "$$"))}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return _IN_URL.sub(rf"\1{HIDDEN}@", _OPTION.sub(rf"\1{HIDDEN}", text))
