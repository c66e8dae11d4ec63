"""A recording compared with a profile."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from freebsd_port.openstack.core.proof.recorded_profile import (
    choose_profile,
    compare_recording,
    is_recording,
)

ROOT = Path(__file__).resolve().parents[4]
PROFILES = ROOT / "freebsd_port/in_target/emulation/profiles"
RECORDINGS = ROOT / "tests/data/recordings"
KNOWN = ["freebsd-13.1", "freebsd-14.5", "freebsd-15.0", "freebsd-15.0-arm64"]


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


PROFILE = read(PROFILES / "freebsd-15.0.json")
RECORDING = read(RECORDINGS / "freebsd-15.0.json")


@pytest.mark.parametrize("name", ["freebsd-13.1", "freebsd-15.0"])
def test_a_profile_agrees_with_the_recording_that_it_was_made_from(name: str) -> None:
    recording = read(RECORDINGS / f"{name}.json")
    assert compare_recording(read(PROFILES / f"{name}.json"), recording) == ()


def changed(**rows: Any) -> Any:
    recording = copy.deepcopy(RECORDING)
    recording.update({name.replace("__", " "): value for name, value in rows.items()})
    return recording


def told(recording: Any) -> list[tuple[str, str, str]]:
    return [(one.what, one.profile, one.recorded) for one in compare_recording(PROFILE, recording)]


def test_a_name_that_came_is_told() -> None:
    recording = changed()
    recording["dir.os"] = [*recording["dir.os"], "pidfd_open"]
    assert told(recording) == [("os.pidfd_open", "is absent", "is there")]


def test_a_name_that_went_and_a_number_that_changed_are_told() -> None:
    recording = changed()
    recording["dir.socket"].remove("SCM_CREDS")
    del recording["values"]["socket"]["SCM_CREDS"]
    recording["values"]["socket"]["TCP_KEEPIDLE"] = 4
    assert told(recording) == [
        ("socket.SCM_CREDS", "is there", "is absent"),
        ("socket.TCP_KEEPIDLE", "is 256", "is 4"),
    ]


def test_a_symbol_a_library_a_sysctl_and_the_groups_are_told() -> None:
    recording = changed()
    recording["CDLL(None).prctl"] = True
    recording["CDLL libutil.so.10"] = {"raised": "OSError"}
    recording["sysctl hw.ncpu"] = {"errno": 2}
    row = "probe setgroups([]), setgid(65534), setuid(65534)"
    recording[row] = {**recording[row], "getgroups after setgroups([])": [0]}
    assert told(recording) == [
        ("libc libutil.so.10", "is there", "is not there"),
        ("libc prctl", "is not there", "is there"),
        ("setgroups([])", "leaves none", "keeps the effective group"),
        ("sysctl hw.ncpu", "is a number of 4 bytes", "is not there"),
    ]


def test_what_belongs_to_one_machine_is_not_compared() -> None:
    recording = changed()
    recording["sysctl hw.physmem"] = {"int": 1, "size": 8}
    recording["rlimits"]["RLIMIT_NOFILE"] = [10, 10]
    assert told(recording) == []


@pytest.mark.parametrize(
    ("release", "machine", "profile"),
    [
        ("15.0-RELEASE-p3", "amd64", "freebsd-15.0"),
        ("14.3-RELEASE", "amd64", "freebsd-14.5"),
        ("15.1-RELEASE", "arm64", "freebsd-15.0-arm64"),
        ("12.4-RELEASE", "amd64", None),
        ("15.0-RELEASE", "powerpc64le", None),
    ],
)
def test_the_profile_is_that_of_the_nearest_release(
    release: str, machine: str, profile: str | None
) -> None:
    recording = {"os.uname": ["FreeBSD", "x", release, "", machine]}
    assert choose_profile(recording, KNOWN) == profile


@pytest.mark.parametrize("value", [None, [], {}, {"_about": {}}])
def test_what_is_no_recording_is_known(value: object) -> None:
    assert not is_recording(value)
