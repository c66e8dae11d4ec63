"""`make services` starts the patched services for real, sees them up, and leaves nothing behind."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from proof import VARIABLE, require_environment
from services import place

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "scripts/services.py"
SKIPPED = 77
PATIENCE = 560  # seconds; a run takes a minute on an idle machine

pytestmark = pytest.mark.timeout(PATIENCE + 60)

SHOW_DATABASES = """
import json, pymysql, sys
with pymysql.connect(**json.loads(sys.argv[1])) as connection, connection.cursor() as cursor:
    cursor.execute("SHOW DATABASES")
    print(*(row[0] for row in cursor.fetchall()))
"""


@pytest.fixture(scope="module")
def venv() -> Path:
    require_environment()
    return Path(os.environ[VARIABLE]).absolute()


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scripts_services", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Process:
    """The script at work; its progress, line by line."""

    def __init__(self, venv: Path, *words: str, **env: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT, "--venv", venv, "--timeout", str(PATIENCE), "--json", *words],
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

    def end(self) -> dict:
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
    """Processes, databases, virtual hosts and directories of the run, as others see them."""
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


def test_all_services_come_up_serve_a_guest_and_leave_nothing(venv: Path) -> None:
    report = Process(venv).end()

    assert (report["status"], report["result"], report["reason"]) == (0, "passed", None), report[
        "progress"
    ]
    up = {(one["binary"], one["status"], one["state"]) for one in report["services"]}
    assert up == {
        (name, "enabled", "up") for name in ("nova-conductor", "nova-scheduler", "nova-compute")
    }
    if sys.platform.startswith("linux"):
        assert report["platform"].startswith("platform: FreeBSD 14.5 emulated on Linux")
    assert [one["hypervisor_type"] for one in report["hypervisors"]] == ["BHYVE"]
    assert (report["inventory"]["VCPU"], report["inventory"]["MEMORY_MB"]) == (8, 16384)
    assert {one["status"] for one in report["stopped"].values()} == {0}
    assert report["left"] == []
    assert what_is_left(venv, report["run"]) == []


def test_a_service_that_is_killed_is_named_with_its_log_and_nothing_is_left(venv: Path) -> None:
    process = Process(venv)
    started = process.read_until(r"start +placement, process (\d+)")
    os.kill(int(started[1]), signal.SIGKILL)
    report = process.end()

    assert (report["status"], report["result"]) == (1, "failed")
    assert report["reason"] == "placement ended with status -9"
    assert report["left"] == []
    assert what_is_left(venv, report["run"]) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_undoes_everything_and_fails(venv: Path, number: int) -> None:
    process = Process(venv)
    process.read_until("make databases")
    process.process.send_signal(number)
    report = process.end()

    assert (report["status"], report["result"]) == (1, "failed")
    assert report["reason"] == f"interrupted by {signal.Signals(number).name}"
    assert report["left"] == []
    assert what_is_left(venv, report["run"]) == []


def test_nothing_is_left_of_a_run_that_is_killed(venv: Path) -> None:
    process = Process(venv)
    run = process.read_until(r"run (\w+),")[1]
    process.read_until("start +placement")
    process.process.kill()
    process.end()  # its standard error stays open until the keeper has ended too

    assert process.process.returncode == -signal.SIGKILL
    assert what_is_left(venv, run) == []


def test_without_a_broker_where_none_was_named_the_run_is_skipped(
    venv: Path, script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    port = closed_port()
    url = f"amqp://guest:guest@127.0.0.1:{port}/"
    monkeypatch.setitem(place.DEFAULTS, place.BROKER, url)
    monkeypatch.delenv(place.BROKER, raising=False)
    monkeypatch.setattr(sys, "argv", ["services.py", "--venv", str(venv)])

    assert script.main() == SKIPPED
    said = capsys.readouterr().out
    assert "skipped in" in said
    assert f"no broker answers at amqp://127.0.0.1:{port}" in said
    assert "set FREEBSD_PORT_AMQP_URL" in said


@pytest.mark.parametrize(("what", "variable", "scheme"), [
    ("broker", place.BROKER, "amqp://guest:guest"),
    ("database", place.DATABASE, "mysql://root"),
])  # fmt: skip
def test_a_server_that_was_named_must_be_there(
    venv: Path, what: str, variable: str, scheme: str
) -> None:
    report = Process(venv, **{variable: f"{scheme}@127.0.0.1:{closed_port()}/"}).end()

    assert (report["status"], report["result"]) == (1, "failed")
    assert f"set {variable}" in report["reason"]
    assert f"no {what} answers" in report["reason"]
    assert report["left"] == []


def test_an_environment_without_nova_is_wrong_usage(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--venv", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "make patch" in done.stderr
