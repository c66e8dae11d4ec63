"""The URL of a server in host.toml, taken apart; a password never belongs in one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, quote, unquote, urlsplit

IpAddress = IPv4Address | IPv6Address

DEFAULT_PORTS = {
    "rabbit": 5672,
    "mysql+pymysql": 3306,
    "postgresql+psycopg2": 5432,
    "http": 80,
    "https": 443,
}
"""By scheme; other schemes are refused."""

LONGEST_USER = 32
"""Characters of a user. Source: MySQL 8.4, account names; MariaDB and PostgreSQL take more."""

_VISIBLE = re.compile(r"[!-~]+")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_USER = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]*)*")
_VIRTUAL_HOST = re.compile(r"(?:/(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})*)?")


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """One server, by scheme and host; with a user and a path where its scheme has them."""

    text: str
    """As it was written."""

    scheme: str
    user: str
    """Without percent-encoding; empty if the URL names none."""

    host: str
    """In lower case, an IPv6 address without its brackets."""

    port: int
    """The scheme's own if the URL names none."""

    path: str
    """With its slash and as it was written; empty if there is none."""

    def __str__(self) -> str:
        return self.text

    @property
    def virtual_host(self) -> str:
        """Return RabbitMQ's virtual host, without percent-encoding; empty for the default one."""
        return unquote(self.path[1:])


def parse_server_url(text: str) -> ServerUrl:
    """Parse a URL of one of the known schemes.

    Raises ValueError for everything that one of its readers takes for something else: a password,
    a query, a fragment, a zone, several hosts, and for HTTP a user or percent-encoding, which
    keystoneauth would expand. Source: RFC 3986, with these limits.
    """
    if not _VISIBLE.fullmatch(text):
        raise ValueError("a character that no URL has")
    parts = urlsplit(text)
    if parts.geturl() != text or parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueError("more than scheme, user, host, port and path")
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("an unknown scheme")
    user = _parse_user(parts)
    host, port = _parse_authority(parts.netloc.rpartition("@")[2])
    if not _path_form(parts.scheme).fullmatch(parts.path):
        raise ValueError("a path that is not allowed")
    if not unquote(parts.path).isascii() or not unquote(parts.path).isprintable():
        raise ValueError("a path that is not text")
    return ServerUrl(
        text, parts.scheme, user, host, port or DEFAULT_PORTS[parts.scheme], parts.path
    )


def _path_form(scheme: str) -> re.Pattern[str]:
    if scheme == "rabbit":
        return _VIRTUAL_HOST
    return _PLAIN_PATH if scheme.startswith("http") else re.compile("/?")


def _parse_user(parts: SplitResult) -> str:
    written, at, _ = parts.netloc.rpartition("@")
    if not at:
        return ""
    user = unquote(written)
    if parts.scheme.startswith("http") or not _USER.fullmatch(written):
        raise ValueError("a user that is not allowed")
    if not _VISIBLE.fullmatch(user) or len(user) > LONGEST_USER:
        raise ValueError("a user that is not allowed")
    return user


def _parse_authority(text: str) -> tuple[str, int | None]:
    """Parse host and port."""
    bracketed = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::(.*))?", text)
    plain = re.fullmatch(r"([^:\[\]]*)(?::(.*))?", text)
    found = bracketed or plain
    if found is None:
        raise ValueError("neither a host nor an address")
    host = str(IPv6Address(found[1])) if bracketed else _parse_name(found[1])
    if found[2] is None:
        return host, None
    if not _PORT.fullmatch(found[2]) or int(found[2]) > 65535:
        raise ValueError("not a port")
    return host, int(found[2])


def _parse_name(text: str) -> str:
    """Parse a name of DNS, or an IPv4 address: a name does not end in a number."""
    if len(text) > 253 or not _HOST.fullmatch(text):
        raise ValueError("not a host")
    if text.rpartition(".")[2].isdigit():
        return str(IPv4Address(text))
    return text.lower()


def parse_ip_address(text: str) -> IpAddress:
    """Parse an IP address. Raises ValueError, also for a zone such as %em0.

    A zone means something on one machine only, and neither oslo.config nor a URL takes one.
    """
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise ValueError("an address with a zone")
    return address


def host_in_url(host: str | IpAddress) -> str:
    """Render a host as it stands in a URL: an IPv6 address in brackets."""
    text = str(host)
    return f"[{text}]" if ":" in text else text


def render_url(scheme: str, user: str, password: str, host: str, port: int, path: str) -> str:
    """Render a URL from parts that are not percent-encoded; `path` is one segment."""
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return f"{scheme}://{login}@{host_in_url(host)}:{port}/{quote(path, safe='')}"
