"""The database server of a host: its own client for the administrator, nova's Python for nova.

Passwords go over standard input; no process list and no message shows one.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from freebsd_port.errors import PortError, system_words
from freebsd_port.host.core.passwords import HIDDEN
from freebsd_port.host.core.server_url import ServerUrl
from freebsd_port.in_target import IN_TARGET

_PROBE = IN_TARGET / "database_probe.py"
_LOOK_SECONDS = 120
_SYNC_SECONDS = 3600
_CLIENTS = ("mariadb", "mysql")
_GO_ON = "fix that; freebsd-port host database --run continues from this step"
_BY_HAND = (
    "freebsd-port host database --print has the SQL, for whoever may run it; "
    "then --run continues after this step"
)
_AS_WHOM = f"name an administrator with --defaults-file; or {_BY_HAND}"


class DatabaseError(PortError):
    """The server or a program that speaks to it refuses."""


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """Where it is, and what to speak to it with."""

    url: ServerUrl
    environment: Path
    config: Path
    """nova.conf."""

    password: str = field(repr=False)

    def look(
        self, names: Sequence[str], heads: Mapping[str, str | None] | None = None
    ) -> dict[str, Any]:
        """Give what `database_probe` tells. Raises DatabaseError where no server answers.

        `heads` are those that it told before: they are the environment's, and take a second.
        """
        url = self.url
        asked = {
            "scheme": url.scheme,
            "host": url.host,
            "port": url.port,
            "user": url.user or "nova",
            "password": self.password,
            "names": list(names),
            "heads": heads,
        }
        python = str(self.environment / "bin" / "python")
        done = self._run([python, str(_PROBE)], json.dumps(asked), _LOOK_SECONDS)
        told: dict[str, Any] = json.loads(done) if done else {}
        if "unreachable" in told:
            raise DatabaseError(
                f"the database cannot be asked: {self._hide(told['unreachable'])}",
                where=f"{url.host}:{url.port}, [database] url in host.toml",
                hint="service mysql-server start, or correct the answer"
                if url.scheme.startswith("mysql")
                else "service postgresql start; psycopg2 must be in the environment",
            )
        return told

    def administer(self, sql: str, defaults_file: Path | None, *, is_local: bool) -> None:
        """Let the server's own client run statements, as whom it is set to."""
        place = f"--host={self.url.host}", f"--port={self.url.port}"
        elsewhere = () if is_local else place
        if self.url.scheme.startswith("mysql"):
            program = next((name for name in _CLIENTS if shutil.which(name)), _CLIENTS[0])
            first = [f"--defaults-file={defaults_file}"] if defaults_file else []
            self._run([program, *first, "--batch", *elsewhere], sql, _LOOK_SECONDS, _AS_WHOM)
            return
        words = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=postgres"]
        self._run([*words, *elsewhere], sql, _LOOK_SECONDS, _BY_HAND)

    def manage(self, words: Sequence[str]) -> None:
        """Run nova-manage on nova.conf."""
        program = str(self.environment / "bin" / "nova-manage")
        command = [program, "--config-file", str(self.config), *words]
        self._run(command, "", _SYNC_SECONDS, hint=_GO_ON)

    def _run(self, words: list[str], text: str, seconds: int, hint: str | None = None) -> str:
        name = Path(words[0]).name
        try:
            done = subprocess.run(
                words, input=text, capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise DatabaseError(
                f"{name} did not end within {seconds} seconds", where=words[0], hint=hint
            ) from error
        except OSError as error:
            raise DatabaseError(
                f"cannot run {name}: {system_words(error)}",
                where=words[0],
                hint="freebsd-port host doctor names what is missing",
            ) from error
        if done.returncode:
            said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
            last = self._hide(said[-1].strip()) if said else "it said nothing"
            said_last = f"{name} ended with status {done.returncode}: {last}"
            raise DatabaseError(said_last, where=_shown(words), hint=hint)
        return done.stdout

    def _hide(self, text: str) -> str:
        for secret in (self.password, quote(self.password, safe="")):
            text = text.replace(secret, HIDDEN)
        return text


def _shown(words: list[str]) -> str:
    return shlex.join([Path(words[0]).name, *words[1:]])
