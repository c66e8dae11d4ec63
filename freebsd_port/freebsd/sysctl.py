"""sysctl(3) as C calls: sysctlbyname and sysctl answered from the profile, for ctypes."""

import ctypes
import errno
import os
import sys
from typing import Any, Optional

from .profile import Profile, SysctlValue

CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME = 1, 14, 12

Size = ctypes.POINTER(ctypes.c_size_t)
BY_NAME = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, Size, ctypes.c_void_p, ctypes.c_size_t,
    use_errno=True,
)  # fmt: skip
BY_NUMBER = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.c_uint, ctypes.c_void_p, Size,
    ctypes.c_void_p, ctypes.c_size_t, use_errno=True,
)  # fmt: skip


def _fail(number: int) -> int:
    ctypes.set_errno(number)
    return -1


def _encode(value: SysctlValue) -> bytes:
    if isinstance(value, str):
        return value.encode() + b"\0"
    return value["int"].to_bytes(value["size"], sys.byteorder)


def _give(data: bytes, old: Optional[int], size: Any) -> int:
    """Copy as sysctl(3) does: a NULL buffer asks for the size, a short one gets ENOMEM."""
    if not size:
        return 0
    room, size[0] = size[0], len(data)
    if old is None:
        return 0
    ctypes.memmove(old, data, min(room, len(data)))
    return 0 if room >= len(data) else _fail(errno.ENOMEM)


def by_name(profile: Profile) -> Any:
    """A stand-in for sysctlbyname(3); ENOENT for what was not recorded, EPERM for a write."""

    def sysctlbyname(name: bytes, old: Optional[int], size: Any, new: Any, length: int) -> int:
        value = profile.sysctls.get(name.decode())
        if value is None:
            return _fail(errno.ENOENT)
        return _fail(errno.EPERM) if new else _give(_encode(value), old, size)

    return BY_NAME(sysctlbyname)


def by_number() -> Any:
    """A stand-in for sysctl(3): the path of a process's program, and nothing else.

    Own pid: sys.executable. A live pid: not known here, so ENOENT as for a deleted program.
    No such pid: ESRCH, as recorded.
    """

    def sysctl(mib: Any, count: int, old: Optional[int], size: Any, new: Any, length: int) -> int:
        name = tuple(mib[:count])
        if name[:3] != (CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME) or len(name) != 4:
            return _fail(errno.ENOENT)
        if name[3] in (-1, os.getpid()):
            return _give(os.fsencode(os.path.realpath(sys.executable)) + b"\0", old, size)
        try:
            os.kill(name[3], 0)
        except ProcessLookupError:
            return _fail(errno.ESRCH)
        except PermissionError:
            pass
        return _fail(errno.ENOENT)

    return BY_NUMBER(sysctl)
