"""The package index that the user's pip is set to: what it has, and how it is reached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.errors import UnreachableError
from freebsd_port.in_target import IN_TARGET
from freebsd_port.openstack.core.release.published import Published
from freebsd_port.openstack.store.python.wheels import pip_complaint

_KEPT_SETTINGS = {
    *("cert", "client-cert", "index-url", "no-index", "proxy", "retries", "timeout"),
    "trusted-host",
}
_HINT = "python -m pip config list shows which index pip asks"


class PackageIndexError(UnreachableError):
    """The index does not answer, or has nothing of what was asked for."""


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One file on the index, a wheel or a source archive."""

    name: str
    sha256: str | None
    version: str
    python: str | None
    is_yanked: bool


def index_settings() -> dict[str, str]:
    """Give the process environment in which pip knows the user's one index and nothing beside it.

    A lock must come out the same for everybody, so extra indexes, links and constraints of the
    user are left out; how to reach the index is kept.
    """
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        check=False,
        text=True,
    ).stdout
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    settings |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    settings["PIP_NO_INPUT"] = "1"
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        setting = key.rpartition(".")[2]
        if setting in _KEPT_SETTINGS:
            settings[f"PIP_{setting.upper().replace('-', '_')}"] = value.strip("'\"")
    return settings


def ask_index(
    python: Path, settings: Mapping[str, str], asked: Sequence[tuple[str, str | None]]
) -> dict[str, tuple[IndexFile, ...]]:
    """List the files of each (distribution, version), of all its versions for None.

    The Python must have pip-tools. Raises PackageIndexError when it fails, or when the index
    gives not one file of some distribution: that is also how pip tells that it is down.
    """
    result = subprocess.run(
        [str(python), str(IN_TARGET / "index_probe.py")],
        capture_output=True,
        check=False,
        env=settings,
        input=json.dumps(asked),
        text=True,
    )
    if result.returncode != 0:
        raise PackageIndexError(
            f"the index cannot be asked: {pip_complaint(result.stderr)}",
            where="the package index that pip is set to",
            hint=_HINT,
        )
    answer = {
        name: tuple(IndexFile(*file) for file in files) for name, files in json.loads(result.stdout)
    }
    silent = [name for name, version in asked if version is None and not answer[name]]
    if silent:
        said = f": {_warning(result.stderr)}" if result.stderr.strip() else ""
        raise PackageIndexError(
            f"the index gave nothing of {', '.join(silent)}{said}",
            where="the package index that pip is set to",
            hint=_HINT,
        )
    return answer


def list_published(distributions: Sequence[str]) -> dict[str, tuple[Published, ...]]:
    """Give every wheel that the index has of each distribution.

    Raises PackageIndexError when the index is down or has no file of one of them.
    """
    found = ask_index(
        Path(sys.executable), index_settings(), [(one, None) for one in distributions]
    )
    return {
        name: tuple(
            Published(file.version, file.name, file.sha256, file.python, file.is_yanked)
            for file in files
            if file.name.endswith(".whl")
        )
        for name, files in found.items()
    }


def _warning(stderr: str) -> str:
    return pip_complaint(stderr).removeprefix("WARNING: ")
