"""A recording of a FreeBSD host compared with a profile: what one of them has otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

_GROUPS = "probe setgroups([]), setgid(65534), setuid(65534)"


@dataclass(frozen=True, slots=True)
class ProfileDifference:
    """One thing that the recorded host has otherwise than the profile says."""

    what: str
    """Such as `socket.AF_NETLINK`, `sysctl hw.ncpu` or `libc prctl`."""

    profile: str
    """What the profile has."""

    recorded: str
    """What was recorded."""


def is_recording(value: object) -> bool:
    """Tell whether this is what scripts/record-profile writes."""
    return isinstance(value, dict) and {"_about", "values", "os.uname", "dir.os"} <= set(value)


def choose_profile(recording: Json, known: list[str]) -> str | None:
    """Give the profile of the recorded release, or the nearest one of the same major version.

    None if there is no profile of this major version and machine.
    """
    release, machine = recording["os.uname"][2], recording["os.uname"][4]
    wanted = re.match(r"(\d+)\.(\d+)", release)
    if wanted is None:
        return None
    suffix = "" if machine == "amd64" else f"-{machine}"
    pattern = re.compile(rf"freebsd-{wanted[1]}\.(\d+){suffix}")
    fits = [(int(found[1]), name) for name in known if (found := pattern.fullmatch(name))]
    if not fits:
        return None
    return min(fits, key=lambda one: (abs(one[0] - int(wanted[2])), one[1]))[1]


def compare_recording(profile: Json, recording: Json) -> tuple[ProfileDifference, ...]:
    """Give every difference, sorted by what it is about.

    What belongs to one machine, such as its memory and its name, is not compared.
    """
    found = [
        *_names(profile, recording),
        *_numbers(profile, recording),
        *_sysctls(profile, recording),
        *_libc(profile, recording),
        *_behaviour(profile, recording),
    ]
    return tuple(sorted(found, key=lambda one: one.what))


def _python(recording: Json) -> tuple[int, int]:
    major, minor = recording["sys.version"].split(".")[:2]
    return int(major), int(minor)


def _names(profile: Json, recording: Json) -> Iterator[ProfileDifference]:
    python = _python(recording)
    for module, absent in profile["absent"].items():
        here = set(recording[f"dir.{module}"])
        early = profile["absent_before"].get(module, {})
        gone = set(absent) | {name for name, since in early.items() if python < tuple(since)}
        for name in sorted(gone & here):
            yield ProfileDifference(f"{module}.{name}", "is absent", "is there")
        for name in sorted(set(profile["extra"].get(module, {})) - here):
            yield ProfileDifference(f"{module}.{name}", "is there", "is absent")


def _numbers(profile: Json, recording: Json) -> Iterator[ProfileDifference]:
    values = recording["values"]
    tables = [*profile["extra"].items(), ("socket", profile["tcp_options"])]
    tables.append(("resource", profile["rlimit_numbers"]))
    for module, numbers in tables:
        for name, number in numbers.items():
            there = values[module].get(name, number)
            if there != number:
                yield ProfileDifference(f"{module}.{name}", f"is {number}", f"is {there}")
    for name in sorted(set(profile["rlimits"]) ^ set(recording["rlimits"])):
        words = ("has a limit", "has none")
        first, second = words if name in profile["rlimits"] else words[::-1]
        yield ProfileDifference(f"resource.{name}", first, second)


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "is a text"
    if isinstance(value, dict) and "size" in value:
        return f"is a number of {value['size']} bytes"
    return "is not there"


def _sysctls(profile: Json, recording: Json) -> Iterator[ProfileDifference]:
    for name, value in profile["sysctls"].items():
        row = f"sysctl {name}"
        if row in recording and _kind(value) != _kind(recording[row]):
            yield ProfileDifference(row, _kind(value), _kind(recording[row]))


def _libc(profile: Json, recording: Json) -> Iterator[ProfileDifference]:
    known = profile["libc"]
    for names, prefix, is_there in (
        (known["missing"], "CDLL(None).", False),
        (known["present"], "CDLL(None).", True),
        (known["libraries"], "CDLL ", True),
        (known["no_libraries"], "CDLL ", False),
    ):
        for name in names:
            found = recording.get(prefix + name, is_there)
            if (found is True) != is_there:
                words = ("is there", "is not there")
                first, second = words if is_there else words[::-1]
                yield ProfileDifference(f"libc {name}", first, second)
    for name, library in known["find_library"].items():
        found = recording.get(f"ctypes.util.find_library({name})", library)
        if found != library:
            yield ProfileDifference(f"find_library {name}", f"gives {library}", f"gives {found}")


def _behaviour(profile: Json, recording: Json) -> Iterator[ProfileDifference]:
    groups = recording.get(_GROUPS)
    if isinstance(groups, dict) and "getgroups after setgroups([])" in groups:
        keeps = groups["getgroups after setgroups([])"] != []
        if keeps != profile["behaviour"]["keeps_effective_group"]:
            words = ("keeps the effective group", "leaves none")
            first, second = words[::-1] if keeps else words
            yield ProfileDifference("setgroups([])", first, second)
