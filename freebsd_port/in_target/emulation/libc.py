"""The C library through ctypes and cffi: FreeBSD's library names and symbols."""

import ctypes
import ctypes.util
import errno
import importlib
import importlib.util
import os
import sys
from typing import Any, Callable, Dict, Optional

from . import sysctl
from .profile import Profile

PROC_NO_NEW_PRIVS_CTL, PROC_NO_NEW_PRIVS_ENABLE = 19, 1
PR_SET_NO_NEW_PRIVS = 38  # Linux's
P_PID = (0, os.P_PID)  # FreeBSD's, and the number that os keeps here


def _procctl() -> Any:
    """A stand-in for procctl(2): a process forbids itself new privileges, for real.

    Linux's prctl(2) has the same for set-user-ID and set-group-ID programs. EINVAL for any other
    command or value, EPERM for another process: those are not imitated. Source: procctl(2), and
    on 13.1 it was recorded that a process may do this.
    """
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def procctl(id_type: int, pid: int, command: int, argument: Any) -> int:
        if id_type not in P_PID or command != PROC_NO_NEW_PRIVS_CTL:
            return sysctl.fail(errno.EINVAL)
        if not argument:
            return sysctl.fail(errno.EFAULT)
        if pid != os.getpid():
            return sysctl.fail(errno.EPERM)
        if argument[0] != PROC_NO_NEW_PRIVS_ENABLE:
            return sysctl.fail(errno.EINVAL)
        none = ctypes.c_ulong(0)
        return int(prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), none, none, none))

    prototype = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.c_int, ctypes.c_longlong, ctypes.c_int,
        ctypes.POINTER(ctypes.c_int), use_errno=True,
    )  # fmt: skip
    return prototype(procctl)


def _stand_ins(profile: Profile, programs: sysctl.Programs) -> Dict[str, Callable[[], Any]]:
    """Symbols that Linux lacks and this package can imitate, each made anew on look-up."""
    procctl = _procctl()
    return {
        "procctl": lambda: procctl,
        "sysctlbyname": lambda: sysctl.by_name(profile),
        "sysctlnametomib": sysctl.to_numbers,
        "sysctl": lambda: sysctl.by_number(programs),
    }


class NotEmulated:
    """A symbol that FreeBSD has and Linux lacks: it is found, and calling it is an error."""

    argtypes = None
    restype = None
    errcheck = None

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, *args: object) -> None:
        """Raise NotImplementedError."""
        raise NotImplementedError("{}(3) of FreeBSD is not emulated".format(self.__name__))


class Libc:
    """Which names the dynamic linker of the profile's host resolves."""

    def __init__(self, profile: Profile, programs: sysctl.Programs) -> None:
        self._data = profile.libc
        self._missing = frozenset(profile.libc["missing"])
        self._present = frozenset(profile.libc["present"])
        self._stand_ins = _stand_ins(profile, programs)

    def library(self, name: Any) -> Any:
        """The name to give Linux's dlopen; OSError for a library that FreeBSD lacks."""
        if name in self._data["libraries"]:
            return None
        if name in self._data["no_libraries"]:
            program = "python{}.{}".format(*sys.version_info[:2])
            raise OSError('Shared object "{}" not found, required by "{}"'.format(name, program))
        return name

    def require_symbol(self, name: str) -> None:
        """Raise AttributeError as dlsym reports it where FreeBSD lacks the symbol."""
        if name in self._missing:
            raise AttributeError('Undefined symbol "{}"'.format(name))

    def stand_in(self, name: str) -> Any:
        """What to use where Linux lacks a symbol of FreeBSD; None for any other symbol."""
        if name in self._stand_ins:
            return self._stand_ins[name]()
        return NotEmulated(name) if name in self._present else None


def install_ctypes(profile: Profile, libc: Libc) -> None:
    """Put the profile's C library behind ctypes.CDLL and ctypes.util.find_library."""
    linux_init, linux_item = ctypes.CDLL.__init__, ctypes.CDLL.__getitem__
    linux_find = ctypes.util.find_library

    def __init__(self: Any, name: Any, *args: Any, **kwargs: Any) -> None:
        linux_init(self, libc.library(name), *args, **kwargs)
        self._name = name

    def __getitem__(self: Any, name: Any) -> Any:
        if isinstance(name, str) and type(self) is not ctypes.PyDLL:
            libc.require_symbol(name)
            try:
                return linux_item(self, name)
            except AttributeError:
                found = libc.stand_in(name)
                if found is None:
                    raise
                return found
        return linux_item(self, name)

    def find_library(name: str) -> Optional[str]:
        known = profile.libc["find_library"]
        return known[name] if name in known else linux_find(name)

    ctypes.CDLL.__init__ = __init__  # type: ignore
    ctypes.CDLL.__getitem__ = __getitem__  # type: ignore
    ctypes.util.find_library = find_library


class Library:
    """A cffi library without the symbols that FreeBSD lacks."""

    def __init__(self, library: Any, libc: Libc) -> None:
        self.__dict__["_library"], self.__dict__["_libc"] = library, libc

    def __getattr__(self, name: str) -> Any:
        self._libc.require_symbol(name)
        return getattr(self._library, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._library, name, value)


def install_cffi(libc: Libc) -> None:
    """The same for cffi's FFI.dlopen, where cffi is installed."""
    if importlib.util.find_spec("cffi") is None:
        return
    api: Any = importlib.import_module("cffi.api")
    linux_dlopen = api.FFI.dlopen

    def dlopen(self: Any, name: Any, *args: Any) -> Library:
        return Library(linux_dlopen(self, libc.library(name), *args), libc)

    api.FFI.dlopen = dlopen
