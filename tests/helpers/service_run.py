"""A run of one of the scripts that start real services, watched from outside."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from services import place

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
SKIPPED = 77
PATIENCE = 560  # seconds; a run takes a minute or two on an idle machine

SHOW_DATABASES = """
import json, pymysql, sys
with pymysql.connect(**json.loads(sys.argv[1])) as connection, connection.cursor() as cursor:
    cursor.execute("SHOW DATABASES")
    print(*(row[0] for row in cursor.fetchall()))
    cursor.execute("SELECT User FROM mysql.user")
    print(*(row[0] for row in cursor.fetchall()))
"""


class Process:
    """The script at work; its progress, line by line."""

    def __init__(self, script: str, venv: Path, *words: str, **env: str) -> None:
        self.lines: list[str] = []
        options = ["--venv", venv, "--timeout", str(PATIENCE), "--json"]
        self.process = subprocess.Popen(
            [sys.executable, SCRIPTS / script, *options, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | env,
        )

    def progress(self) -> Iterator[str]:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            yield line

    def read_until(self, pattern: str) -> re.Match[str]:
        for line in self.progress():
            if found := re.search(pattern, line):
                return found
        self.end()
        raise AssertionError(f"no {pattern} in {self.lines}")

    def end(self) -> dict[str, Any]:
        """Its report, when it has ended; skips the test where there is no broker or database."""
        assert self.process.stdout is not None
        for _ in self.progress():
            pass
        said = self.process.stdout.read()
        status = self.process.wait(PATIENCE)
        report = json.loads(said) if said else {}
        if status == SKIPPED:
            pytest.skip(report["reason"])
        return report | {"status": status, "progress": "".join(self.lines)}


def what_is_left(venv: Path, run: str) -> list[str]:
    """Processes, databases, users, virtual hosts and directories of the run, as others see them."""
    assert re.fullmatch(r"freebsd_port_[0-9a-f]{8}", run)
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True
    )
    found = listed.stdout.splitlines()
    account = json.dumps(place.find_address(place.DATABASE).account)
    command = [venv / "bin/python", "-c", SHOW_DATABASES, account]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    found += shown.stdout.split()
    if shutil.which("rabbitmqctl"):
        command = ["rabbitmqctl", "-q", "list_vhosts"]
        found += subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    found += map(str, Path(tempfile.gettempdir()).iterdir())
    return [what for what in found if run in what]


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
