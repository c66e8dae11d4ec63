"""Who the host says it is: sys.platform, uname, processors and load."""

import os
import platform
import sys
import sysconfig
from typing import List

from .profile import Profile


def assume(profile: Profile) -> None:
    """Answer as the profile's host from sys, os and platform."""
    sysconfig.get_config_vars()  # its data module is found by sys.platform: read it before
    sys.platform = profile.platform
    os.uname = lambda: os.uname_result(profile.uname)
    os.getloadavg = lambda: tuple(profile.load_average)  # type: ignore
    processors = profile.sysctl("hw.ncpu")
    os.cpu_count = lambda: processors  # type: ignore
    platform._uname_cache = _uname_result(profile)  # type: ignore
    platform._platform_cache.clear()  # type: ignore
    platform._sys_version_cache.clear()  # type: ignore
    platform.architecture = lambda *args, **kwargs: ("64bit", "")
    platform.libc_ver = lambda *args, **kwargs: ("libc", "7")
    if profile.behaviour["keeps_effective_group"]:
        _keep_effective_group()


def _keep_effective_group() -> None:
    """Put the effective group in front of the others, as FreeBSD does before 15.0."""
    linux_getgroups = os.getgroups

    def getgroups() -> List[int]:
        effective = os.getegid()
        return [effective, *(group for group in linux_getgroups() if group != effective)]

    os.getgroups = getgroups


def _uname_result(profile: Profile) -> "platform.uname_result":
    processor = str(profile.sysctl("hw.machine_arch"))
    if "processor" in getattr(platform.uname_result, "_fields", ()) and sys.version_info < (3, 9):
        return platform.uname_result(*profile.uname, processor)  # type: ignore
    result = platform.uname_result(*profile.uname)
    result.__dict__["processor"] = processor  # else it asks `uname -p`
    return result
