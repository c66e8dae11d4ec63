"""What a value in host.toml may be: each kind of key, its type, and the sentence that says it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NewType

from freebsd_port.host.core.server_url import parse_ip_address, parse_server_url

HostPath = NewType("HostPath", str)
"""An absolute path that means itself to a shell, in a list of PATH and in a URL."""

Name = NewType("Name", str)
"""The name of a user, a group, a region, a database."""


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """What one key is for, and what it takes."""

    comment: str
    """For the person who edits the file; a sentence."""

    allowed: str
    """Completes `allowed is …`."""

    parse: Callable[[Any], Any]
    """Gives the value as what it means. Raises ValueError."""


def _key(default: Any, comment: str, allowed: str, parse: Callable[[Any], Any]) -> Any:
    return field(default=parse(default), metadata={"rule": AnswerRule(comment, allowed, parse)})


def _require_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not text")
    return value


_PATH = "an absolute path of letters, digits and ._+@-, with no empty part and no . or .."
_PARTS = re.compile(r"(?:/[A-Za-z0-9._+@-]+)+")
LONGEST_DATASET = 128
LONGEST_SOCKET = 103
"""Bytes of the name of a Unix socket on FreeBSD. Source: sys/un.h, 104 with the NUL."""


def _parse_path(value: Any) -> HostPath:
    text = _require_text(value)
    if not _PARTS.fullmatch(text) or {".", ".."} & set(text.split("/")):
        raise ValueError("not a plain absolute path")
    return HostPath(text)


def path(default: str, comment: str) -> Any:
    """Make a key for a path. Blanks are refused: the path stands in shell scripts."""
    return _key(default, comment, _PATH, _parse_path)


def socket_path(default: str, comment: str) -> Any:
    """Make a key for the path of a Unix socket."""

    def parse(value: Any) -> HostPath:
        found = _parse_path(value)
        if len(found) > LONGEST_SOCKET:
            raise ValueError("too long")
        return found

    return _key(default, comment, f"{_PATH}, {LONGEST_SOCKET} at most", parse)


def _name(default: str, comment: str, allowed: str, form: str) -> Any:
    def parse(value: Any) -> Name:
        if not re.fullmatch(form, _require_text(value)):
            raise ValueError("not a name")
        return Name(value)

    return _key(default, comment, allowed, parse)


def name(default: str, comment: str) -> Any:
    """Make a key for the name of a region, a database, a user of keystone."""
    allowed = "a name of at most 32 letters, digits and _.-, the first a letter or _"
    return _name(default, comment, allowed, r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")


def dataset(comment: str) -> Any:
    """Make a key for a ZFS dataset below a pool, empty by default.

    It is short enough for the volumes below it, which have names of up to 64 characters.
    """

    def parse(value: Any) -> str:
        text = _require_text(value)
        if text and not re.fullmatch(r"[A-Za-z][\w.:-]*(/[A-Za-z0-9][\w.:-]*)+", text, re.ASCII):
            raise ValueError("not a dataset")
        if len(text) > LONGEST_DATASET:
            raise ValueError("too long")
        return text

    allowed = f"POOL/DATASET, of letters, digits and _.:-, {LONGEST_DATASET} at most, or nothing"
    return _key("", comment, allowed, parse)


def account(default: str, comment: str) -> Any:
    """Make a key for a user or a group of the system.

    One that begins with a capital letter is an alias for sudoers(5); `ALL` is everybody.
    """
    allowed = "a name of at most 32 letters, digits and _.-, the first a small letter or _"
    return _name(default, comment, allowed, r"[a-z_][A-Za-z0-9_.-]{0,31}")


def address(default: str, comment: str) -> Any:
    """Make a key for an IP address to listen at."""
    allowed = "an IP address without a zone"
    return _key(default, comment, allowed, lambda value: parse_ip_address(_require_text(value)))


def own_address(default: str, comment: str) -> Any:
    """Make a key for the IP address by which others reach this host."""

    def parse(value: Any) -> Any:
        found = parse_ip_address(_require_text(value))
        if found.is_unspecified or found.is_multicast:
            raise ValueError("no address of a host")
        return found

    return _key(default, comment, "the IP address of a host, without a zone", parse)


def number(default: int, comment: str, least: int, most: int) -> Any:
    """Make a key for a whole number, both ends included."""

    def parse(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError("not such a number")
        return value

    return _key(default, comment, f"a whole number from {least} to {most}", parse)


def port(default: int, comment: str) -> Any:
    """Make a key for a TCP port that needs no privilege."""
    return number(default, comment, 1024, 65535)


def choice(default: str, comment: str, *words: str) -> Any:
    """Make a key for one of a few words."""

    def parse(value: Any) -> str:
        if value not in words:
            raise ValueError("not one of them")
        return str(value)

    return _key(default, comment, " or ".join(repr(word) for word in words), parse)


def url(default: str, comment: str, form: str, *schemes: str) -> Any:
    """Make a key for the URL of a server; `form` completes `SCHEME://`.

    A user is taken and a password refused where the form says USER.
    """

    def parse(value: Any) -> Any:
        found = parse_server_url(_require_text(value))
        if found.scheme not in schemes:
            raise ValueError("another scheme")
        return found

    allowed = f"{' or '.join(schemes)}://{form}, without a password"
    return _key(default, comment, allowed, parse)
