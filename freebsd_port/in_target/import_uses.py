"""Which modules lead to which, so that what does not depend on a package can be told."""

from __future__ import annotations

import builtins
import importlib.util
import sys
from typing import Any


class Uses:
    """Which module imports which, noted while they are imported."""

    def __init__(self) -> None:
        self.by_user: dict[str, set[str]] = {}
        self._import = builtins.__import__

    def watch(self) -> None:
        """Note every import statement from here on."""
        builtins.__import__ = self._note

    def _note(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        user = (globals or {}).get("__name__")
        if user:
            package = (globals or {}).get("__package__") or user.rpartition(".")[0]
            full = importlib.util.resolve_name("." * level + name, package) if level else name
            used = self.by_user.setdefault(user, set())
            used.add(full)
            used.update(full + "." + item for item in fromlist or ())
        return self._import(name, globals, locals, fromlist, level)

    def independent(self, tops: list[str]) -> list[str]:
        """Give the loaded modules that lead to none of these packages, in order."""
        users: dict[str, set[str]] = {}
        for name in list(sys.modules):
            used = {name.rpartition(".")[0], *self.by_user.get(name, ())}
            for full in used:
                while full:
                    users.setdefault(full, set()).add(name)
                    full = full.rpartition(".")[0]
        waiting = [name for name in {*users, *sys.modules} if name.partition(".")[0] in tops]
        dependent = set(waiting)
        while waiting:
            more = users.get(waiting.pop(), set()) - dependent
            dependent |= more
            waiting += more
        return [name for name in sys.modules if name not in dependent]
