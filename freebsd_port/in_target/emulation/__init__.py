"""Emulation of a FreeBSD host inside a CPython process on Linux, from recorded data.

It is strict where a port goes wrong silently (names, files, symbols, option numbers) and it
does not pretend where it cannot follow FreeBSD. What stays Linux's, so that no check may
depend on it:

- errno, signal, clock, address-family and SOL_SOCKET numbers: compare by name. Names of errno
  that only FreeBSD has get FreeBSD's number plus 1000, so that they equal no Linux number.
- kqueue, chflags, lchmod, Capsicum, jails and the structures of the sysctl tree: left out. A
  libc symbol that FreeBSD has and this package cannot imitate is found, and raises
  NotImplementedError when it is called.
- What C code asks the kernel by itself: the mount namespace hides /proc and /sys from it too,
  but /dev and uname(2) stay Linux's. glibc's semaphores live in /dev/shm, so that directory
  is hidden from Python only. In a subprocess /sys is an empty directory instead of absent.
- `posix.*`, `io.FileIO` and paths relative to a dir_fd: unguarded at the Python level.
- The values of psutil other than memory and CPU count, and cffi's compiled out-of-line FFIs.
- A Python started with -I, -E or -S is not emulated, though it sees no /proc in a namespace.

Standard library only, Python 3.8 and up; imports nothing of the rest of freebsd_port.
"""

from .emulation import Emulation, activate
from .profile import Profile, load_profile, profile_names

__all__ = ["Emulation", "Profile", "activate", "load_profile", "profile_names"]
