"""`verify profile`: a recording compared with the profile in the tree."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import Run

RECORDINGS = Path(__file__).resolve().parents[1] / "data/recordings"


def test_a_recording_that_agrees_has_no_difference(run: Run) -> None:
    done = run("verify", "profile", str(RECORDINGS / "freebsd-15.0.json"), "--exit-code")
    assert done.out == "FreeBSD 15.0-RELEASE amd64, 2026-11-29 and freebsd-15.0: 0 differences\n"
    assert done.status == 0


def test_every_difference_is_printed_and_may_fail(run: Run) -> None:
    file = str(RECORDINGS / "freebsd-15.0.json")
    done = run("verify", "profile", file, "--profile", "freebsd-13.1", "--exit-code")
    line = "setgroups([]): the profile keeps the effective group, the recording leaves none"
    assert line in done.out.splitlines()
    assert done.status == 1
    found = run("verify", "profile", file, "--profile", "freebsd-13.1", "--json")
    assert found.status == 0
    assert {"what": "libc inotify_init1", "profile": "is not there", "recorded": "is there"} in (
        found.json["differences"]
    )


def test_what_is_no_recording_and_an_unknown_profile_are_usage_errors(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "facts.json"
    for text in ("{}", "nothing", json.dumps({"_about": {}})):
        file.write_text(text)
        done = run("verify", "profile", str(file))
        assert (done.status, "not a recording" in done.err) == (2, True)
    assert "cannot be read" in run("verify", "profile", str(tmp_path / "gone")).err
    done = run("verify", "profile", str(file), "--profile", "freebsd-9")
    assert (done.status, "known: freebsd-13.1" in done.err) == (2, True)
