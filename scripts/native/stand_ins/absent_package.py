"""A package that can be imported, name by name, and that raises when something of it is used."""

from __future__ import annotations

import inspect
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType
from typing import Any

_COMPREHENSIONS = ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")


class _AbsentType(type):
    """Names in a class of an absent package are such classes, too."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return absent_class(f"{cls.__module__}.{cls.__qualname__}", name)

    def __call__(cls, *args: object, **kwargs: object) -> Any:
        if _is_of_a_module(sys._getframe(1)):  # a table that is made at import
            return Exception.__new__(cls)
        package = cls.__module__.partition(".")[0]
        raise NotImplementedError(
            f"{cls.__module__}.{cls.__qualname__} was used, and {package} is not installed here: "
            "this is the stand-in of the native bundle"
        )


def _is_of_a_module(frame: FrameType | None) -> bool:
    """Tell whether this is code of a module or of a class itself, and not of a function."""
    while frame is not None and frame.f_code.co_name in _COMPREHENSIONS:
        frame = frame.f_back
    return frame is not None and not frame.f_code.co_flags & inspect.CO_OPTIMIZED


def absent_class(module: str, name: str) -> Any:
    """Make a class that can be derived from, caught and compared, and not called."""
    names = {"__module__": module, "__getattr__": _of_an_instance, "__radd__": _add_nothing}
    return _AbsentType(name, (Exception,), names)


def _add_nothing(self: object, other: Any) -> Any:
    """Let a module make a name of one of its own and one that is absent."""
    return other


def _of_an_instance(self: Any, name: str) -> Any:
    """Names of what a module made at import are absent classes, too."""
    if name.startswith("__"):
        raise AttributeError(name)
    return absent_class(f"{type(self).__module__}.{type(self).__qualname__}", name)


class AbsentModule(ModuleType):
    """A module in which every public name is an absent class."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = absent_class(self.__name__, name)
        setattr(self, name, value)
        return value


class _Loader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = AbsentModule(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


class _Finder(MetaPathFinder):
    def __init__(self, package: str) -> None:
        self._prefix = package + "."

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if not name.startswith(self._prefix):
            return None
        return ModuleSpec(name, _Loader(), is_package=True)


def become_absent(package: str) -> None:
    """Make the package that imports this one an absent one."""
    module = sys.modules[package]
    module.__class__ = AbsentModule
    module.__path__ = []
    sys.meta_path.append(_Finder(package))
