"""`make services` starts the patched services for real, sees them up, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from proof import require_environment
from service_run import PATIENCE, SKIPPED, Process, closed_port, what_is_left
from services import command, place
from services.session import Session

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "scripts/services.py"

pytestmark = pytest.mark.timeout(PATIENCE + 60)


@pytest.fixture(scope="module")
def venv() -> Path:
    return require_environment()[2].root


@pytest.mark.long
def test_all_services_come_up_serve_a_guest_and_leave_nothing(venv: Path) -> None:
    report = Process("services.py", venv).end()

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


@pytest.mark.long
def test_a_service_that_is_killed_is_named_with_its_log_and_nothing_is_left(venv: Path) -> None:
    process = Process("services.py", venv)
    started = process.read_until(r"start +placement, process (\d+)")
    os.kill(int(started[1]), signal.SIGKILL)
    report = process.end()

    assert (report["status"], report["result"]) == (1, "failed")
    assert report["reason"] == "placement ended with status -9"
    assert report["left"] == []
    assert what_is_left(venv, report["run"]) == []


@pytest.mark.long
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
def test_an_interrupted_run_undoes_everything_and_fails(venv: Path, number: int) -> None:
    process = Process("services.py", venv)
    process.read_until("make databases")
    process.process.send_signal(number)
    report = process.end()

    assert (report["status"], report["result"]) == (1, "failed")
    assert report["reason"] == f"interrupted by {signal.Signals(number).name}"
    assert report["left"] == []
    assert what_is_left(venv, report["run"]) == []


@pytest.mark.long
def test_nothing_is_left_of_a_run_that_is_killed(venv: Path) -> None:
    process = Process("services.py", venv)
    run = process.read_until(r"run (\w+),")[1]
    process.read_until("start +placement")
    process.process.kill()
    process.end()  # its standard error stays open until the keeper has ended too

    assert process.process.returncode == -signal.SIGKILL
    assert what_is_left(venv, run) == []


def not_to_be_walked(session: Session) -> None:
    raise AssertionError("there is nothing to walk through")


def test_without_a_broker_where_none_was_named_the_run_is_skipped(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = closed_port()
    url = f"amqp://guest:guest@127.0.0.1:{port}/"
    monkeypatch.setitem(place.DEFAULTS, place.BROKER, url)
    monkeypatch.delenv(place.BROKER, raising=False)
    monkeypatch.setattr(sys, "argv", ["services.py", "--venv", str(venv)])

    assert command.main(None, not_to_be_walked, "--driver", {"stand-in": "stand-in"}, "") == SKIPPED
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
    report = Process(
        "services.py", venv, **{variable: f"{scheme}@127.0.0.1:{closed_port()}/"}
    ).end()

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
