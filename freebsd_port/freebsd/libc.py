"""The C library through ctypes and cffi: FreeBSD's library names and symbols."""

import ctypes
import ctypes.util
import importlib
import importlib.util
import sys
from typing import Any, Callable, Dict, Optional

from . import sysctl
from .profile import Profile

PROC_NO_NEW_PRIVS_CTL = 19


def _stand_ins(profile: Profile) -> Dict[str, Callable[[], Any]]:
    """Symbols that Linux lacks and this package can imitate, each made anew on look-up."""

    def procctl(id_type: int, pid: int, command: int, argument: Optional[int]) -> int:
        if command == PROC_NO_NEW_PRIVS_CTL:
            return 0  # recorded on 13.1
        raise NotImplementedError("procctl command {} is not emulated".format(command))

    prototype = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.c_int, ctypes.c_longlong, ctypes.c_int, ctypes.c_void_p
    )
    return {
        "procctl": lambda: prototype(procctl),
        "sysctlbyname": lambda: sysctl.by_name(profile),
        "sysctl": sysctl.by_number,
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

    def __init__(self, profile: Profile) -> None:
        self._data = profile.libc
        self._missing = frozenset(profile.libc["missing"])
        self._present = frozenset(profile.libc["present"])
        self._stand_ins = _stand_ins(profile)

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


def install_ctypes(profile: Profile) -> None:
    """Put the profile's C library behind ctypes.CDLL and ctypes.util.find_library."""
    libc = Libc(profile)
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


def install_cffi(profile: Profile) -> None:
    """The same for cffi's FFI.dlopen, where cffi is installed."""
    if importlib.util.find_spec("cffi") is None:
        return
    api: Any = importlib.import_module("cffi.api")
    libc = Libc(profile)
    linux_dlopen = api.FFI.dlopen

    def dlopen(self: Any, name: Any, *args: Any) -> Library:
        return Library(linux_dlopen(self, libc.library(name), *args), libc)

    api.FFI.dlopen = dlopen
