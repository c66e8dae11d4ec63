"""A tree as a dict, for tests that touch no disk."""

from __future__ import annotations

from freebsd_port.engine.core.text.file import FileState


class MemoryTree:
    """Files by path; a directory is there when a file below it is."""

    def __init__(self, files: dict[str, bytes], mode: int = 0o644) -> None:
        self.files = {path: FileState(content, mode) for path, content in files.items()}

    def read(self, path: str) -> FileState | None:
        return self.files.get(path)

    def has_directory(self, path: str) -> bool:
        return any(name.startswith(path + "/") for name in self.files)

    def paths(self) -> frozenset[str]:
        return frozenset(self.files)
