"""Files that FreeBSD does not have, at the Python level: /proc, /sys, /dev/shm, /dev/fd."""

import atexit
import builtins
import errno
import io
import os
import pathlib  # noqa: F401 - loaded, so that its copies are found
import posixpath
import shutil
import sys
import tempfile
from typing import Any, Callable, Dict

# The calls of os that take a path first, and those that take a second one.
ONE_PATH = (
    *("access", "chdir", "chmod", "chown", "lchown", "listdir", "lstat", "mkdir", "mkfifo"),
    *("mknod", "open", "pathconf", "readlink", "remove", "rmdir", "scandir", "stat", "statvfs"),
    *("truncate", "unlink", "utime"),
)
TWO_PATHS = ("link", "rename", "replace", "symlink")
STAND_INS_VARIABLE = "FREEBSD_PORT_STAND_INS"
SHARED_MEMORY = "/dev/shm/"  # noqa: S108
LINUX_ONLY = ("/dev/kmsg", "/dev/ptmx", "/etc/machine-id")
# How a relative path may begin that leads to a hidden one, from /, /dev or below them.
MAYBE_HIDDEN = (".", "proc", "sys", "dev", "shm", "fd")
# Modules that keep os functions in class attributes.
KEEPERS = ("glob", "pathlib", "pathlib._local", "pathlib._abc", "pathlib._os")


class HiddenFiles:
    """Which paths FreeBSD lacks, and stand-ins for the two directories that it lists.

    /proc is there and empty, /dev/fd holds 0, 1 and 2; their stand-ins live in a temporary
    directory of the first emulated process, removed at its exit; its Python subprocesses,
    which may end without running their exit functions, share it.
    """

    def __init__(self) -> None:
        inherited = os.environ.get(STAND_INS_VARIABLE, "")
        if os.path.isdir(inherited):
            self._root = inherited
            return
        self._root = tempfile.mkdtemp(prefix="freebsd-")
        self._owner = os.getpid()
        os.mkdir(os.path.join(self._root, "proc"), 0o555)
        os.mkdir(os.path.join(self._root, "fd"))
        for number in "012":
            with open(os.path.join(self._root, "fd", number), "w"):
                pass
        atexit.register(self._remove, shutil.rmtree)
        os.environ[STAND_INS_VARIABLE] = self._root

    def _remove(self, rmtree: Callable[..., None]) -> None:
        if os.getpid() == self._owner:
            rmtree(self._root, ignore_errors=True)

    def resolve(self, path: Any) -> Any:
        """The path to ask Linux for; FileNotFoundError where FreeBSD has nothing."""
        if isinstance(path, int):
            return path
        try:
            plain = os.fsdecode(path)
        except TypeError:
            return path
        if not plain.startswith("/"):
            if not plain.startswith(MAYBE_HIDDEN) and ".." not in plain:
                return path
            plain = os.path.join(os.getcwd(), plain)
        plain = "/" + posixpath.normpath(plain).lstrip("/")
        top, _, rest = plain[1:].partition("/")
        if top == "proc" and not rest:
            return self._stand_in("proc", path)
        if plain in LINUX_ONLY or top in ("proc", "sys") or (plain + "/").startswith(SHARED_MEMORY):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        if plain == "/dev/fd" or plain.startswith("/dev/fd/"):
            if plain[8:] not in ("", "0", "1", "2"):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            return self._stand_in(plain[5:], path)
        return path

    def _stand_in(self, name: str, path: Any) -> Any:
        target = os.path.join(self._root, name)
        return os.fsencode(target) if isinstance(path, bytes) else target


class Guarded:
    """A call of os or io behind the hidden paths.

    An object and not a function, so that a class may keep it as an attribute, as pathlib does.
    """

    def __init__(self, call: Callable[..., Any], files: HiddenFiles, paths: int) -> None:
        self._call, self._files, self._paths = call, files, paths
        self.__name__ = self.__qualname__ = call.__name__
        self.__module__ = call.__module__
        self.__doc__ = call.__doc__
        self.__wrapped__ = call

    def __repr__(self) -> str:
        return "<{} of an emulated FreeBSD>".format(self.__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Resolve the paths, then call; False from access for what is not there."""
        relative = kwargs.get("dir_fd") is not None
        given = list(args)
        try:
            if self.__name__ == "symlink":  # the target is only text
                if len(given) > 1:
                    given[1] = self._files.resolve(given[1])
            else:
                for index in range(min(self._paths, len(given))):
                    given[index] = self._resolve(given[index], relative)
                for key in {"path", "src", "dst"} & set(kwargs):
                    kwargs[key] = self._resolve(kwargs[key], relative)
        except FileNotFoundError:
            if self.__name__ == "access":
                return False
            raise
        return self._answer(given, kwargs)

    def _resolve(self, path: Any, relative: bool) -> Any:
        if relative and not os.fsencode(path).startswith(b"/"):
            return path  # below dir_fd, not below the working directory
        return self._files.resolve(path)

    def _answer(self, args: Any, kwargs: Any) -> Any:
        try:
            return self._call(*args, **kwargs)
        except IsADirectoryError as error:
            if self.__name__ in ("unlink", "remove"):
                raise PermissionError(
                    errno.EPERM, os.strerror(errno.EPERM), error.filename
                ) from None
            raise
        except OSError as error:
            if error.errno == errno.ELOOP and self._is_nofollow(args, kwargs):
                raise OSError(errno.EMLINK, os.strerror(errno.EMLINK), error.filename) from None
            raise

    def _is_nofollow(self, args: Any, kwargs: Any) -> bool:
        flags = kwargs.get("flags", args[1] if len(args) > 1 else 0)
        return self._call is LINUX_OPEN and bool(flags & os.O_NOFOLLOW)


LINUX_OPEN = os.open


class GuardedOpen(Guarded):
    """builtins.open: /dev/fd/N is a duplicate of descriptor N, if FreeBSD shows it."""

    def __call__(self, file: Any, *args: Any, **kwargs: Any) -> Any:
        """Open the path as FreeBSD shows it."""
        target = self._files.resolve(file)
        if target is not file and not isinstance(file, int):
            name = os.fsdecode(target)
            if name.endswith(("/fd/0", "/fd/1", "/fd/2")):
                target = os.dup(int(name[-1]))
        return self._call(target, *args, **kwargs)


def hide() -> None:
    """Put the guards in place in os, io and builtins, and wherever a module keeps a copy."""
    files = HiddenFiles()
    replaced: Dict[int, Any] = {}
    for paths, names in ((1, ONE_PATH), (2, TWO_PATHS)):
        for name in names:
            call = getattr(os, name)
            guarded = Guarded(call, files, paths)
            replaced[id(call)] = guarded
            setattr(os, name, guarded)
            for support in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
                if call in support:
                    support.add(guarded)
            if call in os.supports_effective_ids:
                os.supports_effective_ids.add(guarded)
    opened = GuardedOpen(io.open, files, 1)
    replaced[id(io.open)] = opened
    io.open = builtins.open = opened
    _replace_copies(replaced)


def _replace_copies(replaced: Dict[int, Any]) -> None:
    own = ("posix", "_io", __name__, "importlib._bootstrap_external", "_frozen_importlib_external")
    for module in list(sys.modules.values()):
        space = getattr(module, "__dict__", None)
        if space is None or module.__name__ in own:
            continue
        for name, value in list(space.items()):
            if id(value) in replaced:
                space[name] = replaced[id(value)]
    for keeper in KEEPERS:
        for kind in list(vars(sys.modules.get(keeper, sys)).values()):
            if not isinstance(kind, type) or kind.__module__.partition(".")[0] not in KEEPERS:
                continue
            for name, value in list(vars(kind).items()):
                plain = value.__func__ if isinstance(value, staticmethod) else value
                if id(plain) in replaced:
                    setattr(kind, name, staticmethod(replaced[id(plain)]))
