"""Where a run finds what it needs: the addresses of broker and database, the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
EMULATION = ROOT / "freebsd_port" / "in_target" / "emulation"
STAND_INS = ROOT / "tests" / "port"
IN_TARGET = Path(__file__).resolve().parent / "in_target"

BROKER = "FREEBSD_PORT_AMQP_URL"
DATABASE = "FREEBSD_PORT_DATABASE_URL"
DEFAULTS = {
    BROKER: "amqp://guest:guest@127.0.0.1:5672/",
    DATABASE: "mysql://root@127.0.0.1:3306/",
}


@dataclass(frozen=True, slots=True)
class Address:
    """A server and an account on it, as a URL names them."""

    url: str
    variable: str
    """The environment variable that names another one."""

    is_chosen: bool
    """Whether the variable is set: then the server must be there, else a run is skipped."""

    @property
    def account(self) -> dict[str, object]:
        """Host, port, user and password, as PyMySQL takes them."""
        parts = urlsplit(self.url)
        return {
            "host": parts.hostname or "127.0.0.1",
            "port": parts.port or 3306,
            "user": unquote(parts.username or "root"),
            "password": unquote(parts.password or ""),
        }

    @property
    def user(self) -> str:
        """The account's name; RabbitMQ's own default where the URL has none."""
        return unquote(urlsplit(self.url).username or "guest")

    @property
    def server(self) -> str:
        """Scheme, host and port, without the account."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port}"

    def with_path(self, scheme: str, path: str) -> str:
        """The URL with another scheme and path."""
        parts = urlsplit(self.url)
        return f"{scheme}://{parts.netloc}/{quote(path, safe='')}"

    @property
    def path(self) -> str:
        """The virtual host that the URL names; empty for the default one."""
        return unquote(urlsplit(self.url).path.lstrip("/"))

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        return urlsplit(self.url).hostname in ("127.0.0.1", "localhost", "::1")


def find_address(variable: str, environ: Mapping[str, str] = os.environ) -> Address:
    """The address that the variable names, or the default one."""
    return Address(environ.get(variable, DEFAULTS[variable]), variable, variable in environ)


@dataclass(frozen=True, slots=True)
class Target:
    """An environment that holds the patched services."""

    venv: Path

    def program(self, name: str) -> str:
        """The path of one of its programs; raises FileNotFoundError."""
        path = self.venv / "bin" / name
        if not path.is_file():
            raise FileNotFoundError(2, "no such program in the environment", str(path))
        return str(path)

    @property
    def paste(self) -> Path:
        """nova's own api-paste.ini."""
        return self.venv / "etc/nova/api-paste.ini"

    @property
    def filters(self) -> Path:
        """nova's own rules for rootwrap on a compute host."""
        return self.venv / "etc/nova/rootwrap.d/compute.filters"


def is_freebsd() -> bool:
    """Whether this machine is FreeBSD, where nothing is emulated."""
    return sys.platform.startswith("freebsd")
