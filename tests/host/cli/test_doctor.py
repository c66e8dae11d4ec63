"""`host init` and `host doctor`, as typed."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from command_line import Run

HOSTS = Path(__file__).parents[2] / "data" / "hosts"


@pytest.fixture
def answers(tmp_path: Path) -> str:
    path = tmp_path / "host.toml"
    path.write_text("")
    return str(path)


def test_init_writes_every_key_once_and_never_over_other_answers(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "etc/host.toml"
    said = run("host", "init", "--answers", str(path))
    assert (said.status, said.err) == (0, "")
    assert said.out == f"wrote {path}\nnext: freebsd-port host doctor --answers {path}\n"
    assert run("host", "init", "--answers", str(path), "--json").json["new"] is False
    path.write_text('[nova]\nuser = "other"\n')
    said = run("host", "init", "--answers", str(path))
    assert said.status == 2
    assert "answers already exist and are not overwritten" in said.err
    assert path.read_text() == '[nova]\nuser = "other"\n'


def test_doctor_before_init_names_init_with_the_same_file(run: Run, tmp_path: Path) -> None:
    for words, file in (
        (("--answers", "my host.toml"), "my host.toml"),
        (("--root", str(tmp_path)), f"{tmp_path}/usr/local/etc/freebsd-port/host.toml"),
    ):
        said = run("host", "doctor", *words)
        assert said.status == 2
        assert f"  try:   freebsd-port host init --answers {shlex.quote(file)}\n" in said.err


def test_a_staged_host_has_its_answers_and_files_below_its_root(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "a stage"
    said = run("host", "init", "--root", str(root))
    file = root / "usr/local/etc/freebsd-port/host.toml"
    assert said.out == f"wrote {file}\nnext: freebsd-port host doctor --root '{root}'\n"
    program = root / "usr/local/bin/qemu-img"
    program.parent.mkdir(parents=True)
    program.touch()
    said = run("host", "doctor", "--root", str(root), "--json")
    found = {one["what"]: one["state"] for one in said.json["diagnoses"]}
    assert (found["qemu-img"], found["Open vSwitch"]) == ("good", "lacks")


def test_a_ready_host_is_said_to_lack_nothing(run: Run, answers: str) -> None:
    said = run("host", "doctor", "--answers", answers, "--host", str(HOSTS / "ready.json"))
    assert said.status == 0
    assert said.out.endswith("39 good\n")
    assert "  good      module vmm" in said.out


def test_a_bare_host_fails_and_quiet_leaves_out_what_is_good(run: Run, answers: str) -> None:
    said = run("host", "doctor", "-q", "--answers", answers, "--host", str(HOSTS / "bare.json"))
    assert said.status == 1
    assert "try: kldload vmm\n" in said.out
    assert "  good" not in said.out
    assert "pkg install edk2-bhyve qemu-tools" not in said.err


def test_json_has_every_diagnosis(run: Run, answers: str) -> None:
    words = ("host", "doctor", "--json", "--answers", answers, "--host")
    said = run(*words, str(HOSTS / "bare.json"))
    assert (said.status, said.json["ok"]) == (1, False)
    assert {
        "area": "kernel",
        "what": "module vmm",
        "state": "lacks",
        "detail": "not loaded",
        "cure": "kldload vmm",
    } in said.json["diagnoses"]


def test_this_machine_is_recorded_and_judged_alike(run: Run, answers: str, tmp_path: Path) -> None:
    record = tmp_path / "host.json"
    said = run("host", "doctor", "--answers", answers, "--record", str(record))
    assert (said.status, said.out) == (0, f"wrote {record}\n")
    assert json.loads(record.read_text())["commands"]
    words = ("host", "doctor", "--json", "--answers", answers)
    live, recorded = run(*words), run(*words, "--host", str(record))
    assert [(one["what"], one["state"]) for one in live.json["diagnoses"]] == [
        (one["what"], one["state"]) for one in recorded.json["diagnoses"]
    ]


def test_a_recording_that_is_none_is_refused(run: Run, answers: str, tmp_path: Path) -> None:
    for path in (tmp_path / "missing", Path(answers)):
        said = run("host", "doctor", "--answers", answers, "--host", str(path))
        assert said.status == 2
        assert "try:   make one" in said.err
