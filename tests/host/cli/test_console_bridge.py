"""The verb as daemon(8) runs it: in the foreground, asked by another process, ended by SIGTERM."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from null_modems import Guest, Host

COMMAND = [sys.executable, "-m", "freebsd_port", "host", "console-bridge"]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    yield host
    host.close()


@pytest.fixture
def answers(host: Host) -> Path:
    path = host.root / "host.toml"
    path.write_text(
        f'[nova]\nstate = "{host.root}"\n'
        f'[console]\nsocket = "{host.root}/bridge.sock"\nlook_seconds = 1\n'
        f'[libvirt]\nvirsh = "{host.virsh}"\n'
    )
    return path


@pytest.fixture
def bridge(answers: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, "--answers", str(answers)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "Z listening for libvirt's hook at" in process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def ask(answers: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--answers", str(answers), "--status", *words],
        capture_output=True,
        text=True,
        check=False,
    )


def status_until(answers: Path, key: str) -> dict[str, Any]:
    """Ask until the state has something to say under this key."""
    while True:
        state: dict[str, Any] = json.loads(ask(answers, "--json").stdout)
        if state.get(key):
            return state


def test_a_bridge_is_asked_and_ends_when_it_is_told_to(
    host: Host, answers: Path, bridge: subprocess.Popen[str]
) -> None:
    said = ask(answers)
    assert (said.returncode, said.stdout, said.stderr) == (0, "0 consoles; libvirt answers\n", "")
    guest = Guest(host, "instance-00000001", 22)
    state = status_until(answers, "left_alone")
    assert (state["ok"], state["verb"]) == (True, "host console-bridge")
    reason = "it wants port 22, allowed are 10000 to 19999"
    assert state["left_alone"] == [{"guest": guest.uuid, "reason": reason, "harmless": False}]
    said = ask(answers)
    assert said.stdout.splitlines() == [
        f"  refused  {guest.uuid}: {reason}",
        "0 consoles; libvirt answers",
    ]
    bridge.send_signal(signal.SIGTERM)
    out, _ = bridge.communicate()
    assert bridge.returncode == 0
    assert out.splitlines()[-1].endswith("Z ended")
    assert not (host.root / "bridge.sock").exists()
    said = ask(answers)
    assert said.returncode == 1
    assert said.stderr.splitlines()[0] == "error: no console bridge answers"


@pytest.mark.skipif(
    sys.platform.startswith("freebsd"), reason="nmdm makes a device when it is opened"
)
def test_a_guest_whose_null_modem_cannot_be_opened_is_shown_as_degraded(
    host: Host, answers: Path, bridge: subprocess.Popen[str]
) -> None:
    guest = Guest(host, "instance-00000001", None)
    (console,) = status_until(answers, "consoles")["consoles"]
    assert (console["guest"], console["port"], console["connected"]) == (guest.uuid, None, False)
    assert console["logged"] is True
    assert console["missed_start"] in (
        "the bridge started after the guest",
        "libvirt's hook did not announce the guest",
    )
    shown = ask(answers, "-v").stdout.splitlines()
    assert shown == [
        f"  degraded instance-00000001 {guest.uuid}: the log only; 0 clients; "
        f"no guest at the null modem; first output missing, {console['missed_start']}",
        f"             /dev/nmdm{guest.uuid}B, 0 bytes read",
        "1 console; libvirt answers",
    ]


def test_status_fails_where_libvirt_does_not_answer(
    host: Host, answers: Path, bridge: subprocess.Popen[str]
) -> None:
    (host.libvirt / "down").touch()
    while (said := ask(answers)).returncode == 0:
        pass
    assert said.stdout.startswith("0 consoles; libvirt does not answer: virsh list: error: Failed")


def test_a_second_bridge_is_refused(answers: Path, bridge: subprocess.Popen[str]) -> None:
    said = subprocess.run(
        [*COMMAND, "--answers", str(answers)], capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.splitlines()[0] == "error: a console bridge runs already"


def test_events_are_documents_where_json_is_asked_for(answers: Path, host: Host) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--answers", str(answers), "--json"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    event = json.loads(process.stdout.readline())
    assert event["message"] == f"listening for libvirt's hook at {host.root}/bridge.sock"
    process.terminate()
    out, _ = process.communicate()
    assert [json.loads(line)["message"] for line in out.splitlines()] == ["ended"]


def test_wrong_answers_are_all_told_and_nothing_is_started(answers: Path) -> None:
    answers.write_text("[console]\nclients = 0\nfirst_prot = 1\n")
    said = ask(answers)
    assert said.returncode == 2
    assert said.stderr.splitlines() == [
        "error: [console] clients is 0, allowed is a whole number from 1 to 1000",
        f"  where: {answers}:2",
        "error: no key 'first_prot' in [console], did you mean first_port?",
        f"  where: {answers}:3",
    ]
