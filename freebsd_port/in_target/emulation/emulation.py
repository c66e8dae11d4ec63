"""Activation: one profile over this process and, where permitted, its subprocesses."""

import sys
from typing import NamedTuple, Optional

from . import (
    attributes,
    children,
    files,
    identity,
    libc,
    limits,
    memory,
    namespace,
    reimport,
    sockets,
    sysctl,
)
from .profile import Profile

NAMESPACE = "mount namespace"
PYTHON = "Python level"

_active: Optional["Emulation"] = None


class Emulation(NamedTuple):
    """What is active in this process; there is no way back but the end of the process."""

    profile: Profile
    level: str
    """NAMESPACE: C code and subprocesses see no /proc either; PYTHON: they still do."""

    def __str__(self) -> str:
        name = self.profile.name.replace("freebsd-", "FreeBSD ").replace("-", " on ")
        return "{} emulated on Linux ({})".format(name, self.level)


def activate(profile: Profile, level: Optional[str] = None) -> Emulation:
    """Make this process's host the profile's, before anything under test is imported.

    Needs Linux and a process with one thread. `level` asks for NAMESPACE (OSError where it is
    refused) or PYTHON; None takes the best that is permitted. A second call for the same
    profile returns what is active; for another one it raises RuntimeError.
    """
    global _active
    if _active is not None:
        if _active.profile.name != profile.name:
            raise RuntimeError("this process already is " + _active.profile.name)
        return _active
    if children.is_active(profile):  # by another copy of this package
        return Emulation(profile, children.level())
    if not sys.platform.startswith("linux"):
        raise RuntimeError("only Linux is emulated upon, this is " + sys.platform)
    memory_kind = memory.import_early()
    programs = sysctl.Programs()
    level = _enter(level)
    modules = reimport.Recorder()
    sockets.install(profile)
    attributes.remove_absent(profile)
    attributes.add_extra(profile)
    attributes.mend_importers()
    limits.install(profile)
    c_library = libc.Libc(profile, programs)
    libc.install_ctypes(profile, c_library)
    libc.install_cffi(c_library)
    identity.assume(profile)
    if memory_kind is not None:
        memory.answer(profile, memory_kind)
    files.hide()
    modules.install()
    children.inherit(profile.name, level)
    _active = Emulation(profile, level)
    return _active


def _enter(level: Optional[str]) -> str:
    if level == PYTHON:
        return PYTHON
    if namespace.is_hidden():  # a parent did it
        return NAMESPACE
    try:
        namespace.enter()
    except OSError:
        if level == NAMESPACE:
            raise
        return PYTHON
    return NAMESPACE
