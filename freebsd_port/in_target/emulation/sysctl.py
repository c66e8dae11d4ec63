"""sysctl(3) as C calls, for ctypes: values from the profile, programs of live processes."""

import contextlib
import ctypes
import errno
import os
import sys
from typing import Any, Optional

from .profile import Profile, SysctlValue

CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME = 1, 14, 12
PATHNAME = (CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME)

Size = ctypes.POINTER(ctypes.c_size_t)
BY_NAME = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, Size, ctypes.c_void_p, ctypes.c_size_t,
    use_errno=True,
)  # fmt: skip
TO_NUMBERS = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int), Size, use_errno=True
)
BY_NUMBER = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.c_uint, ctypes.c_void_p, Size,
    ctypes.c_void_p, ctypes.c_size_t, use_errno=True,
)  # fmt: skip


def fail(number: int) -> int:
    """What a failing call returns, with errno set for ctypes."""
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
    return 0 if room >= len(data) else fail(errno.ENOMEM)


def by_name(profile: Profile) -> Any:
    """A stand-in for sysctlbyname(3); ENOENT for what was not recorded, EPERM for a write."""

    def sysctlbyname(name: bytes, old: Optional[int], size: Any, new: Any, length: int) -> int:
        value = profile.sysctls.get(name.decode())
        if value is None:
            return fail(errno.ENOENT)
        return fail(errno.EPERM) if new else _give(_encode(value), old, size)

    return BY_NAME(sysctlbyname)


def to_numbers() -> Any:
    """A stand-in for sysctlnametomib(3): it knows kern.proc.pathname; ENOENT for other names."""

    def sysctlnametomib(name: bytes, numbers: Any, count: Any) -> int:
        if name != b"kern.proc.pathname":
            return fail(errno.ENOENT)
        if count[0] < len(PATHNAME):
            return fail(errno.ENOMEM)
        count[0] = len(PATHNAME)
        for index, number in enumerate(PATHNAME):
            numbers[index] = number
        return 0

    return TO_NUMBERS(sysctlnametomib)


class Programs:
    """Which program each process runs, as kern.proc.pathname tells it.

    Linux's /proc knows. It is opened here, so make this before /proc is hidden; made later, in
    a subprocess, it knows its own process only and takes any other program for deleted.
    """

    def __init__(self) -> None:
        self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)

    def path(self, pid: int) -> bytes:
        """The path; empty for a zombie or a part of the kernel, which run no program.

        Raises OSError: ESRCH where there is no such process, ENOENT where no file has the
        program's name any more. Source: sysctl_kern_proc_pathname of FreeBSD, kern_proc.c.
        """
        if pid in (-1, os.getpid()):
            return os.fsencode(os.path.realpath(sys.executable))
        if pid == 0:
            return b""
        if pid < 0:
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
        with contextlib.suppress(PermissionError):
            os.kill(pid, 0)
        return self._linux_path(str(pid))

    def _linux_path(self, pid: str) -> bytes:
        os.stat(pid, dir_fd=self._proc)
        try:
            path = os.readlink(pid + "/exe", dir_fd=self._proc)
        except FileNotFoundError:
            return b""
        if os.stat(pid + "/exe", dir_fd=self._proc).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return os.fsencode(path)


def by_number(programs: Programs) -> Any:
    """A stand-in for sysctl(3): the path of a process's program; ENOENT for anything else."""

    def sysctl(mib: Any, count: int, old: Optional[int], size: Any, new: Any, length: int) -> int:
        name = tuple(mib[:count])
        if name[:3] != PATHNAME or len(name) != 4:
            return fail(errno.ENOENT)
        try:
            path = programs.path(name[3])
        except PermissionError:  # Linux does not tell; FreeBSD would
            return fail(errno.ENOENT)
        except OSError as error:
            return fail(error.errno or errno.ENOENT)
        return _give(path + b"\0", old, size)

    return BY_NUMBER(sysctl)
