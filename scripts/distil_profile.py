#!/usr/bin/env python3
"""Distil the emulation's profiles from recordings of FreeBSD hosts.

Not part of the package: it is run by hand when a recording changes. The recordings are in
tests/data/recordings: `freebsd-13.1.json` and `freebsd-15.0.json` (real hosts, amd64),
`freebsd-14.5-headers.json` (compiled from the headers of 14.5) and `names-against-linux.json` (the
names of 13.1 that Linux lacks, and the other way round).

Example: scripts/distil_profile.py
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[1]
RECORDINGS = ROOT / "tests/data/recordings"
PROFILES = ROOT / "freebsd_port/in_target/emulation/profiles"

# TCP options that CPython has no name for, and the FreeBSD that has them first. Source:
# netinet/tcp.h.
TCP_OPTIONS = {
    "MD5SIG": (16, 13),
    "INFO": (32, 13),
    "CONGESTION": (64, 13),
    "MAXUNACKTIME": (68, 14),
    "KEEPINIT": (128, 13),
    "KEEPIDLE": (256, 13),
    "KEEPINTVL": (512, 13),
    "KEEPCNT": (1024, 13),
}

MODULES = ("os", "socket", "select", "signal", "resource", "fcntl", "errno", "time")

# In the headers of 14.5, but CPython takes them from a Linux header only.
LINUX_HEADER_ONLY = ("SO_VM_SOCKETS_", "VMADDR_", "VM_SOCKETS_")

# What the recorded host lacks only because its Python was built without bluetooth.h.
BUILD_ACCIDENTS = ("AF_BLUETOOTH", "BDADDR_", "BT", "HCI_", "SOL_HCI")

# Names of CPython newer than the recordings (3.11), by the glibc call they wrap.
NEWER_THAN_RECORDING = {
    "os": [
        *("CLONE_" + what for what in (
            "FILES", "FS", "NEWCGROUP", "NEWIPC", "NEWNET", "NEWNS", "NEWPID", "NEWTIME",
            "NEWUSER", "NEWUTS", "SIGHAND", "SYSVSEM", "THREAD", "VM",
        )),
        "PIDFD_NONBLOCK",
        "setns",
        "unshare",
    ],
}  # fmt: skip

# Where a number means something else to Linux, the name is left out rather than lied about.
EXTRA_LEFT_OUT = {
    "fcntl": "F_DUP2FD (10) is Linux's F_SETSIG",
    "signal": "SIGINFO (29) is Linux's SIGIO, SIGEMT (7) its SIGBUS",
    "select": "KQ_* without a kqueue would only mislead",
    "resource": "RLIMIT_* come with their limits, under rlimits",
}
# What a recording found in libc stands for what belongs to it.
LIBC_FAMILIES = {"inotify_init1": "inotify_", "timerfd_create": "timerfd_"}

# sys/arm64/include/param.h: uname(3)'s machine, and its processor.
ARM64_MACHINE, ARM64_PROCESSOR = "arm64", "aarch64"

# Recorded sysctls that say what only the recorded amd64 machine was or has.
OF_AMD64 = ("hw.model", "vm.pmap.pti")
OS_EXTRA_LEFT_OUT = ("O_EXEC", "O_SEARCH", "O_TTY_INIT")  # Linux's O_NOATIME and O_CLOEXEC


def tcp_options(facts: Json, headers: Json, major: int) -> dict[str, int]:
    """TCP option name to FreeBSD's number, sorted by number."""
    named = headers["socket"]["freebsd"] if major == 14 else facts["values"]["socket"]
    options = {name: number for name, number in named.items() if name.startswith("TCP_")}
    for word, (number, since) in TCP_OPTIONS.items():
        if since <= major:
            options["TCP_" + word] = number
    if facts["setsockopt(IPPROTO_TCP,4,10)"]["ok"]:
        options["TCP_NOPUSH"] = headers["socket"]["freebsd"]["TCP_NOPUSH"]
    return dict(sorted(options.items(), key=lambda pair: pair[1]))


def absent_names(against: Json, facts: Json, headers: Json, major: int) -> dict[str, list[str]]:
    """Names in dir() of each module on Linux that the FreeBSD of this major version lacks."""
    absent = {}
    for module in MODULES:
        names = set(against[module]["linux_only"])
        if major >= 14:
            here = headers[module]
            there = set(here["freebsd"]) - set(here["extra_not_in_cpython_3.11"])
            there = {name for name in there if not name.startswith(LINUX_HEADER_ONLY)}
            not_attributes = re.compile("(CS|SC|PC|MADV|MAP|PR)_")  # sysconf names, mmap flags
            names |= {name for name in here["linux_only"] if not not_attributes.match(name)}
            names -= there
        if major != 14:
            names -= set(facts["dir." + module])
        names |= set(NEWER_THAN_RECORDING.get(module, ()))
        absent[module] = sorted(n for n in names if not n.startswith(BUILD_ACCIDENTS))
    return absent


def extra_names(against: Json, facts: Json, headers: Json, major: int) -> dict[str, Json]:
    """Names that only FreeBSD has, with FreeBSD's number, where the number is of use."""
    extra: dict[str, Json] = {}
    for module in MODULES:
        if module in EXTRA_LEFT_OUT:
            continue
        values = dict(facts["values"][module])
        only = set(against[module]["freebsd_13.1_only"])
        if major == 14:
            here = headers[module]
            values = here["freebsd"]
            unknown = set(here["extra_not_in_cpython_3.11"])
            only = {name for name in here["freebsd_only"] if name not in unknown} & set(
                against[module]["freebsd_13.1_only"]
            )
        extra[module] = {
            name: values[name]
            for name in sorted(only)
            if isinstance(values.get(name), int) and name not in OS_EXTRA_LEFT_OUT
        }
    return extra


def sysctls(facts: Json, major: int, release: str, version: str, *, is_arm64: bool) -> Json:
    """Every recorded sysctl: a string, or {"int": value, "size": bytes}; no raw structures."""
    found = {}
    for key, value in facts.items():
        if not key.startswith("sysctl ") or (isinstance(value, dict) and "errno" in value):
            continue
        if isinstance(value, dict) and value["size"] > 8:
            continue
        found[key.removeprefix("sysctl ")] = value
    if is_arm64:
        found["hw.machine"], found["hw.machine_arch"] = ARM64_MACHINE, ARM64_PROCESSOR
        found = {name: value for name, value in found.items() if name not in OF_AMD64}
    elif major == 14:
        found["kern.osrelease"] = release
        found["kern.version"] = version + "\n"
        found["kern.osreldate"] = {"int": 1400500, "size": 4}
    return dict(sorted(found.items()))


def libc(facts: Json, headers: Json, major: int) -> Json:
    """What dlsym and dlopen find: as recorded, from 14.5 on with the headers' corrections."""
    prefix = "CDLL(None)."
    symbols = {k.removeprefix(prefix): v for k, v in facts.items() if k.startswith(prefix)}
    missing = {name for name, found in symbols.items() if found is not True}
    present = set(symbols) - missing
    functions = headers["functions"]
    missing |= set(functions["linux_only"]) | {"epoll_create", "epoll_ctl", "epoll_wait"}
    missing -= present
    if major >= 14:
        present |= missing & set(functions["freebsd"])
        missing -= present
    families = tuple(LIBC_FAMILIES[name] for name in present & set(LIBC_FAMILIES))
    missing = {name for name in missing if not name.startswith(families)}
    libraries = {k.removeprefix("CDLL "): v for k, v in facts.items() if k.startswith("CDLL lib")}
    recorded = facts["ctypes.util.find_library(c)"]
    return {
        "missing": sorted(missing),
        "present": sorted(present),
        "libraries": sorted(name for name, found in libraries.items() if found is True),
        "no_libraries": sorted(name for name, found in libraries.items() if found is not True),
        "find_library": {"c": "libc.so.7" if major == 14 else recorded},
    }


def distil(name: str, facts: Json, against: Json, headers: Json) -> Json:
    """The profile of this name, ready for json.dump."""
    major = int(name.partition(".")[0])
    is_arm64 = name.endswith("-arm64")
    uname = list(facts["os.uname"])
    sources = [name + ": recorded on a real host, " + facts["_about"]["date"]]
    if is_arm64:
        sources = [
            "as recorded on a real 15.0 on amd64",
            "names of the machine: from sys/arm64/include/param.h; no arm64 host was recorded",
        ]
        uname[4] = ARM64_MACHINE
    elif major == 14:
        sources = [
            "14.5: names and numbers from its headers",
            "limits, sysctls and behaviour: as recorded on 13.1, no 14.5 host was recorded",
            "find_library('c'): stock FreeBSD; the recorded 13.1 had no ldconfig hints",
        ]
        uname[2:4] = ["14.5-RELEASE", "FreeBSD 14.5-RELEASE GENERIC"]
    numbers = {
        key: value
        for key, value in (
            headers["resource"]["freebsd"] if major == 14 else facts["values"]["resource"]
        ).items()
        if key.startswith("RLIMIT_")
    }
    return {
        "name": "freebsd-" + name,
        "sources": sources,
        "platform": f"freebsd{major}",
        "uname": uname,
        "load_average": facts["os.getloadavg"],
        "absent": absent_names(against, facts, headers, major),
        "absent_before": {"socket": {"AF_NETLINK": [3, 12]}} if major >= 14 else {},
        "extra": extra_names(against, facts, headers, major),
        "tcp_options": tcp_options(facts, headers, major),
        "unix_path_bytes": 104,
        "rlimit_numbers": numbers,
        "rlimits": facts["rlimits"],
        "rlim_infinity": facts["values"]["resource"]["RLIM_INFINITY"],
        "sysctls": sysctls(facts, major, uname[2], uname[3], is_arm64=is_arm64),
        "behaviour": behaviour(facts),
        "libc": libc(facts, headers, major),
    }


def behaviour(facts: Json) -> Json:
    """What the emulation answers otherwise on one FreeBSD than on another."""
    groups = facts["probe setgroups([]), setgid(65534), setuid(65534)"]
    return {"keeps_effective_group": groups["getgroups after setgroups([])"] != []}


def main() -> None:
    """Read the recordings and write one JSON file a profile."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=Path, default=RECORDINGS)
    parser.add_argument("--output", type=Path, default=PROFILES)
    args = parser.parse_args()
    read = {path.stem: json.loads(path.read_text()) for path in args.recordings.glob("*.json")}
    headers, against = read["freebsd-14.5-headers"], read["names-against-linux"]
    for name, recorded in (
        ("13.1", "freebsd-13.1"),
        ("14.5", "freebsd-13.1"),
        ("15.0", "freebsd-15.0"),
        ("15.0-arm64", "freebsd-15.0"),
    ):
        profile = distil(name, read[recorded], against, headers)
        target = args.output / f"{profile['name']}.json"
        target.write_text(json.dumps(profile, indent=1) + "\n")
        print(target)


if __name__ == "__main__":
    main()
