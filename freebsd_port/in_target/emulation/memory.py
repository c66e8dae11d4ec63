"""psutil, where it is installed: memory and processors from the profile's sysctls."""

import importlib
import importlib.util
import sys
from typing import Any, Optional

from .profile import Profile


def import_early() -> Optional[type]:
    """Import psutil while the platform is still Linux: it has no FreeBSD module here.

    Returns the named tuple of its virtual_memory(), or None where psutil is not installed.
    """
    if importlib.util.find_spec("psutil") is None:
        return None
    psutil: Any = importlib.import_module("psutil")
    for module in (getattr(psutil, "_ntuples", None), psutil._pslinux):
        kind: Optional[type] = getattr(module, "svmem", None)
        if kind is not None:
            return kind
    return type(psutil.virtual_memory())


def answer(profile: Profile, kind: Any) -> None:
    """Let psutil answer as on the profile's host, without a look at /proc.

    Only virtual_memory() and cpu_count() are answered. The free and inactive pages are what
    psutil calls available (Source: psutil/arch/bsd/mem.c: inactive + cache + free).
    """
    psutil: Any = sys.modules["psutil"]
    page = int(profile.sysctl("hw.pagesize") or 4096)
    total = int(profile.sysctl("hw.physmem") or 0)
    free = int(profile.sysctl("vm.stats.vm.v_free_count") or 0) * page
    inactive = int(profile.sysctl("vm.stats.vm.v_inactive_count") or 0) * page
    available = free + inactive
    known = {
        "total": total,
        "available": available,
        "percent": round((total - available) / total * 100, 1),
        "used": total - available,
        "free": free,
        "inactive": inactive,
    }
    answer = kind(**{field: known.get(field, 0) for field in kind._fields})
    psutil.virtual_memory = lambda: answer
    psutil.cpu_count = lambda logical=True: profile.sysctl("hw.ncpu")
    psutil.LINUX, psutil.FREEBSD, psutil.BSD = False, True, True
