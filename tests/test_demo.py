"""`make demo` follows the guide to a verified host, and leaves nothing behind."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from proof import require_environment
from service_run import PATIENCE, Process, what_is_left
from services.demo import LEFT_OUT, LEFT_OUT_WITH
from services.guide import read_commands

pytestmark = pytest.mark.timeout(PATIENCE + 60)

LIBVIRT = [Path(top, "libvirt") for top in ("/run", "/var/lib", "/var/cache", "/var/log")]


@pytest.fixture(scope="module")
def venv() -> Path:
    return require_environment()[2].root


@pytest.mark.long
def test_every_command_of_the_guide_is_followed_or_left_out_for_a_reason(venv: Path) -> None:
    report = Process("demo.py", venv).end()

    assert (report["status"], report["result"], report["reason"]) == (0, "passed", None), report[
        "progress"
    ]
    left_out = [one["name"] for one in report["left_out"]]
    known = (*LEFT_OUT, *LEFT_OUT_WITH["bhyve"])
    unknown = [one for one in left_out if not one.startswith(known)]
    can_boot = shutil.which("qemu-img") is not None
    assert unknown == ([] if can_boot else ["freebsd-port host verify --boot IMAGE"])
    followed = [one["name"] for one in report["steps"]]
    commands = [one for one in read_commands() if one not in left_out]
    assert [one for one in followed if one in commands] == commands
    said = {one["name"]: one["said"] for one in report["steps"]}
    if can_boot:
        assert said["freebsd-port host verify --boot IMAGE"] == ["16 good"]
    else:
        assert said["freebsd-port host verify"] == ["14 good"]
    assert {name: one["status"] for name, one in report["stopped"].items()} == dict.fromkeys(
        ("nova_conductor", "nova_scheduler", "nova_api", "nova_api_metadata", "nova_compute",
         "nova_novncproxy", "nova_serialproxy", "identity", "placement", "stubs"), 0
    )  # fmt: skip
    assert report["left"] == []
    assert what_is_left(venv, report["run"]) == []


@pytest.mark.long
def test_a_real_qemu_boots_the_guest_and_the_machine_is_as_before(venv: Path) -> None:
    before = [path.exists() for path in LIBVIRT]
    report = Process("demo.py", venv, "--virt-type", "qemu").end()

    assert (report["result"], report["reason"], report["left"]) == ("passed", None, [])
    said = {one["name"]: one["said"] for one in report["steps"]}
    assert said["freebsd-port host verify --boot IMAGE"] == ["16 good"]
    left_out = [one["name"] for one in report["left_out"]]
    assert "service libvirtd restart" not in left_out
    assert report["stopped"]["libvirtd"]["status"] == 0
    assert what_is_left(venv, report["run"]) == []
    assert [path.exists() for path in LIBVIRT] == before


@pytest.mark.long
def test_nothing_is_left_in_a_virtual_host_that_is_shared(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")  # where rabbitmqctl is not
    report = Process("demo.py", venv).end()

    assert (report["result"], report["reason"], report["left"]) == ("passed", None, [])
    assert report["broker"].endswith("virtual host /")


@pytest.mark.long
def test_services_that_run_by_themselves_are_stopped_even_when_the_run_is_killed(
    venv: Path,
) -> None:
    process = Process("demo.py", venv)
    run = process.read_until(r"run (\w+),")[1]
    process.read_until("nova_scheduler stays up")
    assert any("nova-scheduler" in one for one in what_is_left(venv, run))
    process.process.kill()
    process.end()  # its standard error stays open until the keeper has ended too

    assert what_is_left(venv, run) == []
