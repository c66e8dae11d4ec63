"""`verify profile`: compare a recording of a FreeBSD host with a profile of the emulation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.store.files.read import read_whole
from freebsd_port.errors import PortError, system_words
from freebsd_port.in_target import IN_TARGET
from freebsd_port.openstack.core.proof.recorded_profile import (
    ProfileDifference,
    choose_profile,
    compare_recording,
    is_recording,
)

_PROFILES = IN_TARGET / "emulation" / "profiles"


class RecordingError(PortError):
    """The recording cannot be read, or there is no profile for it."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class ComparedRecording:
    """What a recording has otherwise than a profile."""

    profile: str
    host: str
    """What was recorded, such as `FreeBSD 15.0-RELEASE amd64, 2026-11-29`."""

    differences: tuple[ProfileDifference, ...]


def profile_names() -> list[str]:
    """Give the names of all profiles, sorted."""
    return sorted(path.stem for path in _PROFILES.glob("*.json"))


def compare_with_profile(file: Path, profile: str | None = None) -> ComparedRecording:
    """Compare a recording with this profile, or with the one nearest to it; RecordingError."""
    try:
        recording = json.loads(read_whole(file))
    except OSError as error:
        raise RecordingError(
            f"the recording cannot be read: {system_words(error)}", where=str(file)
        ) from error
    except ValueError:
        recording = None
    if not is_recording(recording):
        raise RecordingError(
            "this is not a recording of a FreeBSD host",
            where=str(file),
            hint="on FreeBSD: scripts/record-profile facts.json",
        )
    known = profile_names()
    name = profile or choose_profile(recording, known)
    uname, about = recording["os.uname"], recording["_about"]
    if name is None:
        raise RecordingError(
            f"there is no profile for FreeBSD {uname[2]} on {uname[4]}",
            where=str(file),
            hint=f"name one with --profile: {', '.join(known)}",
        )
    text = json.loads(read_whole(_PROFILES / f"{name}.json"))
    host = f"FreeBSD {uname[2]} {uname[4]}, {about['date']}"
    return ComparedRecording(name, host, compare_recording(text, recording))
