#!/usr/bin/env python3
"""Distil the emulation's profiles from recordings of FreeBSD hosts.

Not part of the package: it is run by hand when a recording changes. The recordings are
`13.1-facts.json` (a real FreeBSD 13.1), `13.1-against-linux.json` (its difference from Linux),
`14.5-headers.json` (compiled from the headers of 14.5), `15.0-facts.json` (a real FreeBSD 15.0 on
amd64) and `PLATFORM-FACTS.md` (the TCP option numbers that CPython has no name for).

Example: scripts/distil_profile.py 13.1.json AGAINST.json HEADERS.json 15.0.json FACTS.md OUTPUT_DIR
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

Json = dict[str, Any]

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
# What 15.0 has in libc besides what the headers of 14.5 have, by the beginnings of the names.
LIBC_SINCE_15 = ("inotify_", "timerfd_")

# sys/arm64/include/param.h: uname(3)'s machine, and its processor.
ARM64_MACHINE, ARM64_PROCESSOR = "arm64", "aarch64"

# Recorded sysctls that say what only the recorded amd64 machine was or has.
OF_AMD64 = ("hw.model", "vm.pmap.pti")
OS_EXTRA_LEFT_OUT = ("O_EXEC", "O_SEARCH", "O_TTY_INIT")  # Linux's O_NOATIME and O_CLOEXEC


def tcp_options(facts: Json, headers: Json, table: str, major: int) -> dict[str, int]:
    """TCP option name to FreeBSD's number, sorted by number."""
    named = facts["values"]["socket"] if major < 14 else headers["socket"]["freebsd"]
    options = {name: number for name, number in named.items() if name.startswith("TCP_")}
    row = next(line for line in table.splitlines() if line.startswith("| TCP option numbers"))
    for word, number, remark in re.findall(r"([A-Z0-9]+) (\d+)(?: \(([^)]*)\))?", row):
        since = re.search(r"from FreeBSD (\d+)", remark)
        if since is None or int(since.group(1)) <= major:
            options["TCP_" + word] = int(number)
    row = (
        "setsockopt(IPPROTO_TCP,4,10)" if major >= 15 else "setsockopt linux numbers TCP_KEEPIDLE=4"
    )
    if facts[row]["ok"]:
        options["TCP_NOPUSH"] = headers["socket"]["freebsd"]["TCP_NOPUSH"]
    return dict(sorted(options.items(), key=lambda pair: pair[1]))


def absent_names(against: Json, headers: Json, major: int) -> dict[str, list[str]]:
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
        if major >= 14:
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


def sysctls(facts: Json, major: int, release: str, version: str) -> Json:
    """Every recorded sysctl: a string, or {"int": value, "size": bytes}; no raw structures."""
    found = {}
    for key, value in facts.items():
        if not key.startswith("sysctl ") or (isinstance(value, dict) and "errno" in value):
            continue
        if isinstance(value, dict) and value["size"] > 8:
            continue
        found[key.removeprefix("sysctl ")] = value
    if major >= 15:
        found["hw.machine"], found["hw.machine_arch"] = ARM64_MACHINE, ARM64_PROCESSOR
        found = {name: value for name, value in found.items() if name not in OF_AMD64}
    elif major >= 14:
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
    if major >= 15:
        missing = {name for name in missing if not name.startswith(LIBC_SINCE_15)}
    libraries = {k.removeprefix("CDLL "): v for k, v in facts.items() if k.startswith("CDLL lib")}
    recorded = facts["ctypes.util.find_library(c)"]
    return {
        "missing": sorted(missing),
        "present": sorted(present),
        "libraries": sorted(name for name, found in libraries.items() if found is True),
        "no_libraries": sorted(name for name, found in libraries.items() if found is not True),
        "find_library": {"c": recorded if major < 14 else "libc.so.7"},
    }


def distil(facts: Json, against: Json, headers: Json, table: str, major: int) -> Json:
    """The profile of 13.1, 14.5 or, for major 15, of 15.0 on arm64, ready for json.dump."""
    uname = list(facts["os.uname"])
    name = "13.1"
    sources = ["13.1: recorded on a real host"]
    if major >= 15:
        name = "15.0-arm64"
        sources = [
            "names and numbers: from the headers of 14.5, with which a recorded 15.0 agrees",
            "limits, sysctls and libc: as recorded on a real 15.0 on amd64",
            "names of the machine: from sys/arm64/include/param.h; no arm64 host was recorded",
        ]
        uname[4] = ARM64_MACHINE
    elif major >= 14:
        name = "14.5"
        sources = [
            "14.5: names and numbers from its headers",
            "limits, sysctls and behaviour: as recorded on 13.1, no 14.5 host was recorded",
            "find_library('c'): stock FreeBSD; the recorded 13.1 had no ldconfig hints",
        ]
        uname[2:4] = ["14.5-RELEASE", "FreeBSD 14.5-RELEASE GENERIC"]
    numbers = {
        key: value
        for key, value in (
            facts["values"]["resource"] if major < 14 else headers["resource"]["freebsd"]
        ).items()
        if key.startswith("RLIMIT_")
    }
    return {
        "name": "freebsd-" + name,
        "sources": sources,
        "platform": f"freebsd{major}",
        "uname": uname,
        "load_average": facts["os.getloadavg"],
        "absent": absent_names(against, headers, major),
        "absent_before": {"socket": {"AF_NETLINK": [3, 12]}} if major >= 14 else {},
        "extra": extra_names(against, facts, headers, major),
        "tcp_options": tcp_options(facts, headers, table, major),
        "unix_path_bytes": 104,
        "rlimit_numbers": numbers,
        "rlimits": facts["rlimits"],
        "rlim_infinity": facts["values"]["resource"]["RLIM_INFINITY"],
        "sysctls": sysctls(facts, major, uname[2], uname[3]),
        "libc": libc(facts, headers, major),
    }


def main() -> None:
    """Read the recordings and write one JSON file a profile."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("facts", "against", "headers", "facts_of_15", "table", "output"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    facts, against, headers, facts_of_15 = (
        json.loads(path.read_text())
        for path in (args.facts, args.against, args.headers, args.facts_of_15)
    )
    for major, recorded in ((13, facts), (14, facts), (15, facts_of_15)):
        profile = distil(recorded, against, headers, args.table.read_text(), major)
        target = args.output / f"{profile['name']}.json"
        target.write_text(json.dumps(profile, indent=1) + "\n")
        print(target)


if __name__ == "__main__":
    main()
