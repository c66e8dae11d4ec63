"""Names of standard modules: what FreeBSD's CPython lacks goes, what only it has comes."""

import errno
import fcntl
import importlib
import os
import resource
import select
import signal
import socket
import sys
import time
from types import ModuleType
from typing import Tuple

from .profile import Profile

MODULES = {
    "errno": errno,
    "fcntl": fcntl,
    "os": os,
    "resource": resource,
    "select": select,
    "signal": signal,
    "socket": socket,
    "time": time,
}

# A fresh import of the public module would bring the names back from these.
BACKING = {"os": "posix", "signal": "_signal", "socket": "_socket"}

FREEBSD_ERRNO_OFFSET = 1000

# FreeBSD's clock numbers name other clocks on Linux: the nearest one by meaning.
CLOCKS = {"CLOCK_UPTIME": "CLOCK_MONOTONIC", "CLOCK_PROF": "CLOCK_PROCESS_CPUTIME_ID"}


def _modules(name: str) -> Tuple[ModuleType, ...]:
    backing = BACKING.get(name)
    public = (MODULES[name],)
    return public if backing is None else (*public, importlib.import_module(backing))


def remove_absent(profile: Profile) -> None:
    """Delete the profile's absent names, in the module, its C half and its __all__."""
    for name in MODULES:
        absent = set(profile.absent_names(name, sys.version_info[:2]))
        for module in _modules(name):
            for attribute in absent & set(vars(module)):
                delattr(module, attribute)
            if hasattr(module, "__all__"):
                module.__all__ = [n for n in module.__all__ if n not in absent]  # type: ignore


def add_extra(profile: Profile) -> None:
    """Set the names that only FreeBSD has; numbers as said in the package's docstring."""
    for name, extra in profile.extra.items():
        for attribute, number in extra.items():
            value = number
            if name == "errno":
                value += FREEBSD_ERRNO_OFFSET
            elif name == "time":
                value = getattr(time, CLOCKS[attribute])
            for module in _modules(name):
                setattr(module, attribute, value)
                if hasattr(module, "__all__") and attribute not in module.__all__:
                    module.__all__ = [*module.__all__, attribute]  # type: ignore


def mend_importers() -> None:
    """Take Linux-only choices back from standard modules that were imported before.

    Each of them tested a name at import that is gone now; a fresh import would have chosen
    what is set here. Must run after remove_absent.
    """
    import selectors
    import shutil
    import tempfile

    if hasattr(selectors, "EpollSelector"):
        del selectors.EpollSelector
    selectors.DefaultSelector = selectors.PollSelector  # type: ignore
    tempfile._O_TMPFILE_WORKS = False  # type: ignore
    shutil._copyxattr = lambda *args, **kwargs: None  # type: ignore
    shutil._USE_CP_SENDFILE = False  # type: ignore
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.abstract_sockets_supported = False  # type: ignore
