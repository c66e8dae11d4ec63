"""Resource limits: FreeBSD's numbers, names and values in front of Linux's calls."""

import os
import resource
from typing import Any, Dict, Tuple

from .profile import Profile

Limits = Tuple[int, int]


class ResourceLimits:
    """The limits of this process, by FreeBSD's RLIMIT_* number.

    RLIMIT_NOFILE is also set for real where that is permitted, so that subprocesses see it;
    the other limits live only here.
    """

    def __init__(self, profile: Profile) -> None:
        self._names: Dict[int, str] = {}
        for name, number in profile.rlimit_numbers.items():
            self._names.setdefault(number, name)
        self._values = {name: (soft, hard) for name, (soft, hard) in profile.rlimits.items()}
        self._infinity = profile.rlim_infinity
        self._linux_nofile = resource.RLIMIT_NOFILE
        self._linux_set = resource.setrlimit
        self._linux_get = resource.getrlimit
        self._set_descriptors(self._values["RLIMIT_NOFILE"])

    def getrlimit(self, number: int) -> Limits:
        """Soft and hard limit; ValueError for a number that FreeBSD does not know."""
        name = self._name(number)
        return self._values.get(name, (self._infinity, self._infinity))

    def setrlimit(self, number: int, limits: Any) -> None:
        """Set soft and hard limit; ValueError as CPython raises it."""
        name = self._name(number)
        soft, hard = (self._infinity if value < 0 else int(value) for value in limits)
        if soft > hard:
            raise ValueError("current limit exceeds maximum limit")
        if hard > self.getrlimit(number)[1] and os.geteuid() != 0:
            raise ValueError("not allowed to raise maximum limit")
        if name == "RLIMIT_NOFILE":
            self._set_descriptors((soft, hard))
        self._values[name] = (soft, hard)

    def _name(self, number: int) -> str:
        try:
            return self._names[number]
        except KeyError:
            raise ValueError("invalid resource specified") from None

    def _set_descriptors(self, limits: Limits) -> None:
        for hard in (limits[1], self._linux_get(self._linux_nofile)[1]):
            try:
                self._linux_set(self._linux_nofile, (min(limits[0], hard), hard))
            except (OSError, ValueError):
                continue
            return


def install(profile: Profile) -> None:
    """Put the profile's limits behind the resource module and os.sysconf."""
    limits = ResourceLimits(profile)
    for name, number in profile.rlimit_numbers.items():
        if name in profile.rlimits:
            setattr(resource, name, number)
    setattr(resource, "RLIM_INFINITY", profile.rlim_infinity)  # noqa: B010 - final for mypy
    resource.getrlimit = limits.getrlimit
    resource.setrlimit = limits.setrlimit
    linux_sysconf = os.sysconf
    open_max = (os.sysconf_names["SC_OPEN_MAX"], "SC_OPEN_MAX")

    def sysconf(name: Any) -> int:
        if name in open_max:
            return limits.getrlimit(profile.rlimit_numbers["RLIMIT_NOFILE"])[0]
        return linux_sysconf(name)

    os.sysconf = sysconf
