"""A profile: what one FreeBSD host offers and lacks, as data."""

import json
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

SysctlValue = Union[str, Dict[str, int]]

PROFILES = Path(__file__).resolve().parent / "profiles"


class Profile(NamedTuple):
    """One JSON file of profiles/, field by field; scripts/distil_profile.py writes them."""

    name: str
    """As on the command line: `freebsd-14.5`, or `freebsd-15.0-arm64` if it is not of amd64."""
    sources: List[str]
    """Where the data comes from, one sentence each."""
    platform: str
    """sys.platform, `freebsd14`."""
    uname: List[str]
    """sysname, nodename, release, version, machine."""
    load_average: List[float]
    """os.getloadavg()."""
    absent: Dict[str, List[str]]
    """Module to the names that dir() shows on Linux and not here."""
    absent_before: Dict[str, Dict[str, List[int]]]
    """Module to name to the first (major, minor) of CPython that has the name here."""
    extra: Dict[str, Dict[str, int]]
    """Module to name to FreeBSD's number, for names that Linux lacks."""
    tcp_options: Dict[str, int]
    """Every option known at IPPROTO_TCP, with FreeBSD's number."""
    unix_path_bytes: int
    """Size of sun_path, with the final NUL."""
    rlimit_numbers: Dict[str, int]
    """RLIMIT_* to FreeBSD's number."""
    rlimits: Dict[str, List[int]]
    """RLIMIT_* to soft and hard limit."""
    rlim_infinity: int
    """resource.RLIM_INFINITY."""
    sysctls: Dict[str, SysctlValue]
    """Name to a string, or to {"int": value, "size": bytes}."""
    libc: Dict[str, Any]
    """`missing` and `present` symbols, `libraries` and `no_libraries`, `find_library`."""
    behaviour: Dict[str, bool]
    """What one FreeBSD answers otherwise than another: `keeps_effective_group`, which getgroups()
    then has in front, whatever setgroups() was given."""

    def absent_names(self, module: str, python: Tuple[int, int]) -> List[str]:
        """Names that this module lacks here under the given CPython, sorted."""
        names = set(self.absent.get(module, ()))
        for name, since in self.absent_before.get(module, {}).items():
            if python < tuple(since):
                names.add(name)
        return sorted(names)

    def sysctl(self, name: str) -> Optional[Union[str, int]]:
        """The value of a recorded sysctl; None when it was not recorded."""
        value = self.sysctls.get(name)
        return value["int"] if isinstance(value, dict) else value


def profile_names() -> List[str]:
    """Names of the profiles that exist, sorted."""
    return sorted(path.stem for path in PROFILES.glob("*.json"))


def load_profile(name: str) -> Profile:
    """Read a profile by its name; raises LookupError with the known names."""
    path = PROFILES / (name + ".json")
    if name not in profile_names():
        raise LookupError("no profile {!r}; known: {}".format(name, ", ".join(profile_names())))
    return Profile(**json.loads(path.read_text(encoding="utf-8")))
