"""`host verify`, as typed, against a small cloud; the real one is what `make demo` asks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import Run, Said
from made_cloud import HOST, IMAGE, NETWORK, PASSWORD, Cloud, Refusal, made_cloud

from freebsd_port.host.ops import guest

RECORDED = Path(__file__).parents[2] / "data" / "hosts" / "ready.json"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with made_cloud() as made:
        yield made


@pytest.fixture
def words(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The verb with answers that name the cloud, and a host that is as nova says."""
    monkeypatch.setattr(guest, "_PAUSE_SECONDS", 0.01)
    port = cloud.url.rpartition(":")[2]
    answers = tmp_path / "host.toml"
    answers.write_text(
        f'[api]\nport = {port}\n[identity]\nurl = "{cloud.url}/v3"\n[endpoints]\n'
        f'image = "{cloud.url}"\nplacement = "{cloud.url}"\nnetwork = "{cloud.url}"\n'
    )
    passwords = tmp_path / "passwords.toml"
    passwords.touch(0o600)
    passwords.write_text(f'identity = "{PASSWORD}"\n')
    files = ["--answers", str(answers), "--passwords", str(passwords)]
    return ["host", "verify", *files, "--host", str(RECORDED)]


def rows(said: Said) -> dict[str, dict[str, Any]]:
    return {one["what"]: one for one in said.json["diagnoses"]}


def test_a_host_that_is_as_nova_has_it_is_good_and_cells_are_not_asked_without_a_password(
    run: Run, words: list[str]
) -> None:
    said = run(*words)
    assert (said.status, said.out.splitlines()[-1]) == (0, "8 good, 1 unknown")
    assert "  good      nova-compute         bhyve1.example.org, enabled, up\n" in said.out
    assert "there is no password for the database yet" in said.out


def test_a_wrong_number_fails_and_names_both(run: Run, words: list[str], cloud: Cloud) -> None:
    cloud.inventories["VCPU"] = 4
    said = run(*words, "--json")
    assert (said.status, said.json["ok"]) == (1, False)
    assert rows(said)["VCPU"]["state"] == "wrong"
    assert rows(said)["VCPU"]["detail"] == "4, but sysctl hw.ncpu says 8"
    assert "wrong     VCPU" in run(*words, "-q").out
    assert "  good" not in run(*words, "-q").out


def test_an_area_that_cannot_be_asked_is_a_finding_and_the_others_are_judged(
    run: Run, words: list[str], cloud: Cloud
) -> None:
    cloud.failing["GET /resource_providers"] = Refusal(503, {"errors": [{"detail": "no database"}]})
    said = run(*words, "--json")
    assert said.status == 1
    assert rows(said)["hypervisor"]["detail"].startswith("placement says 503: no database; GET ")
    assert rows(said)["compute node"]["state"] == "good"
    assert rows(said)["nova-compute"]["state"] == "good"


def test_without_the_password_of_keystone_nothing_can_be_asked(
    run: Run, words: list[str], tmp_path: Path
) -> None:
    (tmp_path / "passwords.toml").write_text("")
    said = run(*words)
    assert said.status == 1
    assert "there is no password for keystone's user nova yet" in said.err
    assert "try:   freebsd-port host config makes one" in said.err


def test_a_network_without_a_guest_is_wrong_usage(run: Run, words: list[str]) -> None:
    said = run(*words, "--network", "private")
    assert (said.status, "--network needs --boot" in said.err) == (2, True)


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_guest_is_booted_on_this_host_and_nothing_of_it_is_left(
    run: Run, words: list[str], cloud: Cloud, by: str
) -> None:
    said = run(*words, "--boot", IMAGE[by], "--network", NETWORK[by], "--json")
    assert said.status == 0
    assert rows(said)["boot"]["detail"].startswith(f"ACTIVE on {HOST} after ")
    assert rows(said)["delete"]["state"] == "good"
    assert (cloud.servers, cloud.flavors) == ({}, {})
    assert cloud.wanted["host"] == HOST
    assert cloud.wanted["imageRef"] == IMAGE["id"]
    assert cloud.wanted["networks"] == [{"uuid": NETWORK["id"]}]


def test_the_disk_of_the_guest_fits_the_image(
    run: Run, words: list[str], cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(cloud, "flavors", seen)
    monkeypatch.setattr(type(cloud), "_flavor", keep_flavor)
    assert run(*words, "--boot", "tiny").status == 0
    assert seen["f1"] == {**seen["f1"], "ram": 512, "vcpus": 1, "disk": 5}
    assert cloud.wanted["networks"] == "none"


def keep_flavor(self: Cloud, method: str, number: str, body: Any) -> object:
    if method == "POST":
        self.flavors["f1"] = body["flavor"]
    return {"flavor": {"id": "f1"}} if method == "POST" else None


@pytest.mark.parametrize(("states", "why"), [
    (["BUILD", "ERROR"], "the guest does not start: bhyve said no"),
    (["BUILD"], "the guest does not run after 1 seconds: BUILD"),
])  # fmt: skip
def test_a_guest_that_does_not_come_up_is_deleted_and_told(
    run: Run, words: list[str], cloud: Cloud, states: list[str], why: str
) -> None:
    cloud.states = states
    said = run(*words, "--boot", "tiny", "--timeout", "1", "--json")
    assert said.status == 1
    assert rows(said)["guest"]["detail"].startswith(why)
    assert (cloud.servers, cloud.flavors) == ({}, {})


def test_what_cannot_be_deleted_is_named_with_the_command_that_does(
    run: Run, words: list[str], cloud: Cloud
) -> None:
    cloud.failing["DELETE /v2.1/servers"] = Refusal(409, {"conflictingRequest": {"message": "no"}})
    said = run(*words, "--boot", "tiny", "--json")
    assert said.status == 1
    assert rows(said)["boot"]["state"] == "good"
    assert rows(said)["guest"]["cure"] == "openstack server delete --force s1"
    assert cloud.flavors == {}


@pytest.mark.parametrize("option", ["--boot", "--network"])
def test_a_name_that_nothing_has_is_told_before_anything_is_made(
    run: Run, words: list[str], cloud: Cloud, option: str
) -> None:
    chosen = {"--boot": "tiny", "--network": "private", option: "none of these"}
    said = run(*words, *(word for pair in chosen.items() for word in pair), "--json")
    assert said.status == 1
    kind = {"--boot": "image", "--network": "network"}[option]
    assert rows(said)["guest"]["detail"] == f"no {kind} is named none of these"
    assert "POST /v2.1/servers" not in cloud.asked
    assert "POST /v2.1/flavors" not in cloud.asked


def test_an_interrupted_boot_deletes_the_guest(words: list[str], cloud: Cloud) -> None:
    cloud.states = ["BUILD"]
    process = subprocess.Popen(
        [sys.executable, "-m", "freebsd_port", *words, "--boot", "tiny"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while "GET /v2.1/servers/s1" not in cloud.asked:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode not in (0, None)
    assert (cloud.servers, cloud.flavors) == ({}, {})


def test_a_recording_of_the_doctor_has_what_verify_asks(
    run: Run, words: list[str], tmp_path: Path
) -> None:
    recorded = tmp_path / "host.json"
    assert run("host", "doctor", *words[2:4], "--record", str(recorded)).status == 0
    asked = {tuple(one["words"]) for one in json.loads(recorded.read_text())["commands"]}
    assert ("hostname",) in asked
    assert ("df", "-kP", "/var/db/nova/instances") in asked
