"""What oslo's own programs in an environment say of nova's options and policies."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from freebsd_port.errors import PortError

T = TypeVar("T")

_SECONDS = 300
_NAMESPACES = (
    "nova.conf", "keystonemiddleware.auth_token", "oslo.cache", "oslo.concurrency", "oslo.db",
    "oslo.limit", "oslo.log", "oslo.messaging", "oslo.middleware.cors",
    "oslo.middleware.healthcheck", "oslo.middleware.http_proxy_to_wsgi",
    "oslo.middleware.sizelimit", "oslo.middleware", "oslo.policy", "oslo.privsep", "oslo.reports",
    "oslo.service.periodic_task", "oslo.service.service", "oslo.service.sslutils",
    "oslo.service.wsgi", "os_vif", "osprofiler", "freebsd_port_extras.weights",
)  # fmt: skip
"""What nova loads; of them those that the environment has."""

_LIST = "from importlib.metadata import entry_points as e\n" + (
    "n=e(group='oslo.config.opts') if hasattr(e(),'select') else e()['oslo.config.opts']\n"
    "print(*{one.name for one in n})"
)

_VALUES = """
import configparser, sys
from nova.conf import CONF
from oslo_config import cfg
file = configparser.RawConfigParser(default_section="", strict=False)
file.read(sys.argv[1])
try:
    CONF(["--config-file", sys.argv[1]], project="nova")
except (cfg.Error, ValueError) as error:
    print(error)
for group in file.sections():
    for key in file[group]:
        try:
            CONF[key] if group == "DEFAULT" else CONF[group][key]
        except (cfg.NoSuchOptError, KeyError):
            pass
        except (cfg.Error, ValueError) as error:
            print(error)
"""
"""Reads every option as nova does: the validator looks at names, not at values."""


class GeneratorError(PortError):
    """A program of the environment is not there, or refuses."""


def _at_once(*jobs: Callable[[], T]) -> list[T]:
    """Do jobs at the same time, for each waits for a program of its own; give what they give."""
    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        return list(pool.map(lambda job: job(), jobs))


class Generators:
    """oslo.config's and oslo.policy's programs in one environment."""

    def __init__(self, environment: Path) -> None:
        self._programs = environment / "bin"
        there = self._run([str(self._programs / "python"), "-c", _LIST]).split()
        self._namespaces = [
            word for name in _NAMESPACES if name in there for word in ("--namespace", name)
        ]

    def has(self, namespace: str) -> bool:
        """Tell whether the environment has the options of a name that nova may load."""
        return namespace in self._namespaces

    def samples(self) -> tuple[bytes, bytes]:
        """Give the sample of every option, with help and default, and that of every policy."""
        config, policy = _at_once(
            lambda: self._to_file("oslo-config-generator", self._namespaces),
            lambda: self._to_file("oslopolicy-sample-generator", ["--namespace", "nova"]),
        )
        return config, policy

    def faults(self, configs: Iterable[bytes], excluded: Collection[str]) -> list[tuple[str, ...]]:
        """Say what oslo.config finds in each file: names by its validator, values by reading them.

        `excluded` are groups that it does not know.
        """
        return _at_once(*(partial(self._faults, config, excluded) for config in configs))

    def _faults(self, config: bytes, excluded: Collection[str]) -> tuple[str, ...]:
        with tempfile.TemporaryDirectory(prefix="freebsd-port-") as name:
            file = Path(name) / "nova.conf"
            file.touch(0o600)
            file.write_bytes(config)
            groups = [word for group in excluded for word in ("--exclude-group", group)]
            words = ["--input-file", str(file), *self._namespaces, *groups, "--fatal-warnings"]
            done = self._start([str(self._programs / "oslo-config-validator"), *words])
            values = self._run([str(self._programs / "python"), "-c", _VALUES, str(file)])
        told = tuple(dict.fromkeys(values.splitlines()))
        if done.returncode == 0:
            return told
        lines = (done.stdout + done.stderr).splitlines()
        found = [
            line.partition("oslo_config.validator")[2].strip(" -:") or line
            for line in lines
            if "ERROR" in line or "WARNING" in line
        ]
        names = tuple(dict.fromkeys(found)) or (f"exit status {done.returncode}: {lines[-1:]}",)
        return (*names, *told)

    def _to_file(self, program: str, words: list[str]) -> bytes:
        with tempfile.TemporaryDirectory(prefix="freebsd-port-") as name:
            file = Path(name) / "sample"
            self._run([str(self._programs / program), *words, "--output-file", str(file)])
            return file.read_bytes()

    def _run(self, words: list[str]) -> str:
        done = self._start(words)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise GeneratorError(
                f"{Path(words[0]).name} failed: {said[-1] if said else done.returncode}",
                where=words[0],
            )
        return done.stdout

    def _start(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GeneratorError(
                "a program of the environment cannot be run",
                where=words[0],
                hint=f"freebsd-port venv --venv {self._programs.parent}",
            ) from error
