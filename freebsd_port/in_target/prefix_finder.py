"""Packages as a prefix of the series leaves them, found and loaded without writing them anywhere.

`job` has `packages` (directory), `tops` (names of the packages), `contents` (directory of files by
SHA-256) and `scratch` (directory).
"""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType
from typing import Any


class PrefixFinder:
    """The patched packages as a prefix leaves them: a finder, and what its loaders read."""

    def __init__(self, job: Any) -> None:
        self._job = job
        self.files: dict[str, str | None] = {}
        self.is_closed = False
        self.was_asked = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Find modules of the patched packages; raise for all of them while closed."""
        if name.partition(".")[0] not in self._job["tops"]:
            return None
        if self.is_closed:
            self.was_asked = True
            raise ImportError("not before the forks: " + name)
        base = name.replace(".", "/")
        for relative in (base + "/__init__.py", base + ".py"):
            if self.files.get(relative):
                return self._spec(name, relative)
        if self.files.keys() & {base + "/__init__.py", base + ".py"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        spec = PathFinder.find_spec(name, path)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = Loader(name, spec.origin or "", self)
        return spec

    def _spec(self, name: str, relative: str) -> ModuleSpec | None:
        place = os.path.join(self._job["packages"], relative)
        is_package = relative.endswith("/__init__.py")
        return importlib.util.spec_from_file_location(
            name,
            place,
            loader=Loader(name, place, self),
            submodule_search_locations=[os.path.dirname(place)] if is_package else None,
        )

    def read(self, place: str) -> bytes:
        """Give the file's bytes as the prefix has it."""
        relative = os.path.relpath(place, self._job["packages"])
        digest = self.files.get(relative)
        if digest:
            place = os.path.join(self._job["contents"], digest)
        with open(place, "rb") as file:
            return file.read()

    def compiled(self, data: bytes, place: str) -> Any:
        """Compile the bytes, or take what another process made of them."""
        name = hashlib.sha256(place.encode() + b"\0" + data).hexdigest()
        kept = os.path.join(self._job["scratch"], "code-" + name)
        try:
            with open(kept, "rb") as file:
                return marshal.load(file)  # noqa: S302 - of our own scratch directory
        except OSError:
            code = compile(data, place, "exec", dont_inherit=True)
        partial = f"{kept}.{os.getpid()}"
        with open(partial, "wb") as file:
            marshal.dump(code, file)
        os.replace(partial, kept)
        return code


class Loader(SourceFileLoader):
    """Loads one module as the prefix has it; bytecode beside the source plays no part."""

    def __init__(self, name: str, place: str, prefix: PrefixFinder) -> None:
        super().__init__(name, place)
        self._prefix = prefix

    def get_data(self, path: Any) -> bytes:
        """Give the source, or the file beside it that the module asks for."""
        return self._prefix.read(str(path))

    def get_code(self, fullname: str) -> CodeType | None:
        """Give the compiled module."""
        code: CodeType = self._prefix.compiled(self._prefix.read(self.path), self.path)
        return code
