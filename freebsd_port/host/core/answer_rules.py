"""What a value in host.toml may be: each kind of key, with the sentence that says it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """What one key is for, and what it takes."""

    comment: str
    """For the person who edits the file; a sentence."""

    allowed: str
    """Completes `allowed is …`."""

    accepts: Callable[[Any], bool]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _key(default: Any, comment: str, allowed: str, accepts: Callable[[Any], bool]) -> Any:
    return field(default=default, metadata={"rule": AnswerRule(comment, allowed, accepts)})


_PATH = "an absolute path of letters, digits and /._+@:-"
LONGEST_SOCKET = 103
"""Bytes of the name of a Unix socket on FreeBSD. Source: sys/un.h, 104 with the NUL."""


def _is_path(value: Any) -> bool:
    plain = _is_text(value) and re.fullmatch(r"/[A-Za-z0-9/._+@:-]*", value)
    return bool(plain) and ".." not in value.split("/")


def path(default: str, comment: str) -> Any:
    """Make a key for a path. Blanks are refused: the path stands in shell scripts."""
    return _key(default, comment, _PATH, _is_path)


def socket_path(default: str, comment: str) -> Any:
    """Make a key for the path of a Unix socket."""

    def accepts(value: Any) -> bool:
        return _is_path(value) and len(value) <= LONGEST_SOCKET

    return _key(default, comment, f"{_PATH}, {LONGEST_SOCKET} at most", accepts)


def name(default: str, comment: str) -> Any:
    """Make a key for the name of a user, a group, a region, a database."""

    def accepts(value: Any) -> bool:
        return _is_text(value) and bool(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", value))

    return _key(default, comment, "a name of at most 32 letters, digits and _.-", accepts)


def address(default: str, comment: str) -> Any:
    """Make a key for an IP address."""

    def accepts(value: Any) -> bool:
        try:
            ip_address(value if isinstance(value, str) else "")
        except ValueError:
            return False
        return True

    return _key(default, comment, "an IP address", accepts)


def number(default: int, comment: str, least: int, most: int) -> Any:
    """Make a key for a whole number, both ends included."""

    def accepts(value: Any) -> bool:
        return _is_whole(value) and least <= value <= most

    return _key(default, comment, f"a whole number from {least} to {most}", accepts)


def port(default: int, comment: str) -> Any:
    """Make a key for a TCP port that needs no privilege."""
    return number(default, comment, 1024, 65535)


def choice(default: str, comment: str, *words: str) -> Any:
    """Make a key for one of a few words."""
    allowed = " or ".join(repr(word) for word in words)
    return _key(default, comment, allowed, lambda value: value in words)


_URL = re.compile(
    r"(?P<scheme>[a-z0-9+]+)://"
    r"(?:(?P<user>[^\s:@/]+)@)?"  # never a password
    r"(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[!-~]*)?"
)
_PORTS = {
    "rabbit": 5672,
    "mysql+pymysql": 3306,
    "postgresql+psycopg2": 5432,
    "http": 80,
    "https": 443,
}


@dataclass(frozen=True, slots=True)
class Place:
    """What an address of host.toml names."""

    scheme: str
    user: str
    """Empty where none is named."""

    host: str
    """Without the brackets of IPv6."""

    port: int
    """That of the scheme where none is named."""

    path: str
    """With its slash; empty where there is none."""


def parse_place(text: str) -> Place | None:
    """Take an address apart, None when it is none that a `url` key takes."""
    found = _URL.fullmatch(text)
    if found is None or found["scheme"] not in _PORTS:
        return None
    port = int(found["port"]) if found["port"] else _PORTS[found["scheme"]]
    host = found["host"].strip("[]")
    return Place(found["scheme"], found["user"] or "", host, port, found["path"] or "")


def require_place(text: str) -> Place:
    """Take an address apart that was accepted. Raises ValueError for any other."""
    place = parse_place(text)
    if place is None:
        raise ValueError(text)
    return place


def url(default: str, comment: str, *schemes: str) -> Any:
    """Make a key for an address with a scheme and a host; a password in it is refused."""

    def accepts(value: Any) -> bool:
        place = parse_place(value) if isinstance(value, str) else None
        return place is not None and place.scheme in schemes

    return _key(default, comment, f"{' or '.join(schemes)}://… without a password", accepts)
