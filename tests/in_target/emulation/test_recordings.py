"""Each row that was recorded on a real FreeBSD, asked again of the emulation of that host.

The rows come from tests/data/recordings, so a new recording extends the tests; the questions are
those of scripts/record-profile. What the emulation cannot follow is in not-followed.toml there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
RECORDINGS = ROOT / "tests/data/recordings"
RECORDED = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted(RECORDINGS.glob("freebsd-*.json"))
    if "headers" not in path.stem
}
NOT_FOLLOWED = tomllib.loads((RECORDINGS / "not-followed.toml").read_text("utf-8"))["row"]
ASK = """
import runpy, sys
sys.path.insert(0, {root!r})
from freebsd_port.in_target.emulation import activate, load_profile
activate(load_profile({profile!r}))
sys.argv = ["record-profile"]
runpy.run_path({script!r}, run_name="__main__")
"""
pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="there is nothing to emulate but on Linux"
)


def flat(recording: dict[str, Any]) -> dict[str, Any]:
    """Give the rows with each number of a module as a row of its own, and errors by name."""
    names = {number: name for name, number in recording["values"]["errno"].items()}
    apart = ("_about", "values")
    rows = {key: by_name(value, names) for key, value in recording.items() if key not in apart}
    for module, numbers in recording["values"].items():
        rows.update({f"values.{module}.{name}": number for name, number in numbers.items()})
    return rows


def by_name(value: Any, names: dict[int, str]) -> Any:
    """Compare an error by its class and by the name of its number."""
    if isinstance(value, dict) and "errno" in value:
        return {"raised": value.get("raised"), "errno": names.get(value["errno"])}
    if isinstance(value, list) and "EAGAIN" in value:
        return [one for one in value if not isinstance(one, int)]
    return value


@cache
def emulated(profile: str) -> dict[str, Any]:
    """Ask every row of the emulated host, once."""
    script = str(ROOT / "scripts/record-profile")
    code = ASK.format(root=str(ROOT), profile=profile, script=script)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return flat(json.loads(done.stdout))


def exceptions(row: str) -> list[dict[str, Any]]:
    return [
        one
        for one in NOT_FOLLOWED
        if fnmatch(row, one["row"].replace("[", "[[]"))
        and not any(fnmatch(row, pattern) for pattern in one.get("except", ()))
    ]


def is_excused(name: str, row: str) -> bool:
    return any(
        fnmatch(name, pattern) for one in exceptions(row) for pattern in one.get("names", ())
    )


ROWS = [
    (profile, row)
    for profile, recording in RECORDED.items()
    for row in flat(recording)
    if not any("names" not in one for one in exceptions(row))
]


def comparable(row: str, recorded: Any, found: Any) -> tuple[Any, Any]:
    """Leave out of both answers what is of the machine or of the process, and what is excused."""
    if row.startswith(("dir.", "supports_")):
        return tuple(
            sorted({name for name in names if not is_excused(name, row)})
            for names in (recorded, found)
        )  # type: ignore[return-value]
    if row == "dev_fd_with_3_extra_open":
        return recorded["listdir"], found["listdir"]
    if row == "probe os.closerange(1024, limit)":
        return recorded["fd 1500 afterwards"], found["fd 1500 afterwards"]
    if row == "probe sysctl kern.proc.pathname.own pid":
        return recorded[0], found[0]
    if row.startswith("probe setgroups") and "egid then" in recorded:
        return recorded, {key: found.get(key) for key in recorded}
    if row.startswith(("CDLL lib",)):
        return recorded is True, found is True
    return recorded, found


@pytest.mark.parametrize(("profile", "row"), ROWS, ids=lambda value: str(value)[:60])
def test_the_emulation_answers_as_the_host_did_that_was_recorded(profile: str, row: str) -> None:
    recorded, found = flat(RECORDED[profile])[row], emulated(profile).get(row)
    if row.startswith("probe setgroups") and row not in emulated(profile):
        pytest.skip("only root can leave its groups")
    wanted, answered = comparable(row, recorded, found)
    assert answered == wanted


@pytest.mark.parametrize(
    "one",
    [one for one in NOT_FOLLOWED if "is_accidental" not in one],
    ids=lambda one: one["row"],
)
def test_what_is_not_followed_has_a_reason_and_differs_somewhere(one: dict[str, Any]) -> None:
    assert one["why"]
    patterns = [one["row"].replace("[", "[[]"), *one.get("names", [])]
    for profile, recording in RECORDED.items():
        for row, recorded in flat(recording).items():
            if one not in exceptions(row):
                continue
            found = emulated(profile).get(row)
            if "names" not in one and found != recorded:
                return
            if "names" in one:
                differing = set(recorded) ^ set(found)
                if any(fnmatch(name, p) for name in differing for p in one["names"]):
                    return
    pytest.fail(f"the emulation follows {patterns}, which is listed as not followed")
