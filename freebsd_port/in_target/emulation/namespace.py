"""A private mount namespace in which /proc and /sys are empty, for C code and subprocesses."""

import ctypes
import os
from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REC, MS_PRIVATE = 0x4000, 0x40000
HIDDEN = ("/proc", "/sys")


def enter() -> None:
    """Move this process into a namespace of its own and hide /proc and /sys in it.

    Needs root or permission to make user namespaces (then this process must still have one
    thread, and keeps its user and group numbers). Raises OSError where that is refused, and
    then nothing has changed but perhaps the namespace. There is no way back.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    identity = os.getuid(), os.getgid()
    if os.geteuid() == 0:
        _call(libc.unshare, CLONE_NEWNS)
    else:
        _call(libc.unshare, CLONE_NEWNS | CLONE_NEWUSER)
        _map_identity(*identity)
    _call(libc.mount, b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
    flags = ctypes.c_ulong(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for path in HIDDEN:
        if os.path.isdir(path):
            _call(libc.mount, b"none", path.encode(), b"tmpfs", flags, b"size=4k,mode=555")


def _map_identity(uid: int, gid: int) -> None:
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", "{0} {0} 1".format(uid)),
        ("gid_map", "{0} {0} 1".format(gid)),
    ):
        with open("/proc/self/" + name, "w") as stream:
            stream.write(line)


def is_hidden() -> bool:
    """Whether this process is in such a namespace: both directories are there and empty."""
    return all(not os.path.isdir(path) or not os.listdir(path) for path in HIDDEN)


def _call(function: Any, *args: object) -> None:
    if function(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
