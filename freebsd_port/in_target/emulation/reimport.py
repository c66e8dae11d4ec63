"""A second import of a standard module gives the emulated module again, not Linux's.

eventlet, for one, imports fresh copies of select, socket and os next to the first ones.
"""

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Dict, Optional

NAMES = (
    *("_signal", "_socket", "errno", "fcntl", "io", "os", "posix", "resource", "select"),
    *("signal", "socket", "time"),
)


class ReimportDifference:
    """What the emulation changed in one module's names."""

    def __init__(self, before: Dict[str, Any], after: Dict[str, Any]) -> None:
        self._removed = set(before) - set(after)
        self._changed = {
            name: value
            for name, value in after.items()
            if name not in before or before[name] is not value
        }

    def apply(self, module: ModuleType) -> None:
        """Change a fresh copy of the module in the same way."""
        space = vars(module)
        for name in self._removed:
            space.pop(name, None)
        space.update(self._changed)


class EmulatedLoader(Loader):
    """The module's own loader, and the difference after it."""

    def __init__(self, loader: Any, difference: ReimportDifference) -> None:
        self._loader, self._difference = loader, difference

    def create_module(self, spec: ModuleSpec) -> Optional[ModuleType]:
        """As the module's own loader does it."""
        return self._loader.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's own code, then apply the difference."""
        self._loader.exec_module(module)
        self._difference.apply(module)


class Recorder(MetaPathFinder):
    """Remembers the modules as they are when it is made; finds them emulated later."""

    def __init__(self) -> None:
        self._before = {name: dict(vars(importlib.import_module(name))) for name in NAMES}
        self._differences: Dict[str, ReimportDifference] = {}

    def install(self) -> None:
        """Compare with the modules as they are now, and answer for them from here on."""
        for name, before in self._before.items():
            self._differences[name] = ReimportDifference(before, vars(sys.modules[name]))
        self._before = {}
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Any, target: Any = None) -> Optional[ModuleSpec]:
        """The spec that the other finders give, with an emulating loader."""
        if name not in self._differences:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        for finder in others:
            spec: Optional[ModuleSpec] = finder.find_spec(name, path, target)
            if spec is not None:
                spec.loader = EmulatedLoader(spec.loader, self._differences[name])
                return spec
        return None
