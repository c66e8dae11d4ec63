"""What a new patch may be called, and where its line goes in the series."""

from __future__ import annotations

from freebsd_port.core.file import find_path_fault
from freebsd_port.core.release import PATCHED_DISTRIBUTIONS
from freebsd_port.core.series import Series
from freebsd_port.errors import PortError
from freebsd_port.ops.series import load_series
from freebsd_port.ops.workspace import Workspace


class PatchNameError(PortError):
    """A name that no patch can have, or that one has already."""


def require_free_name(workspace: Workspace, name: str) -> str:
    """Give the name of a patch to be, below the directory of patches.

    Raises PatchNameError when it is taken or cannot be a patch's name here.
    """
    name = require_name(workspace, name)
    if name in load_whole_series(workspace).names:
        raise PatchNameError(
            f"{name} exists already",
            where=str(workspace.source.series_file),
            hint="choose another name",
        )
    return name


def require_name(workspace: Workspace, word: str) -> str:
    """Give the name that is meant; raises PatchNameError when no patch can have it here."""
    name = word.removeprefix("patches/")
    fault, parts = find_path_fault(name), name.split("/")
    if not fault and (any(c.isspace() or ord(c) < 32 for c in name) or name.startswith("#")):
        fault = "the series could not name it"
    if not fault and any(len(part.encode("utf-8", "surrogateescape")) > 200 for part in parts):
        fault = "it is too long"
    if not fault and (workspace.source.patches / name) == workspace.source.series_file:
        fault = "the series has that name"
    if fault:
        raise PatchNameError(f"no patch can be named {name!r}: {fault}")
    if workspace.release is not None:
        directory, slash, file = name.partition("/")
        if directory not in PATCHED_DISTRIBUTIONS or not slash or not file.endswith(".patch"):
            raise PatchNameError(
                f"{name} does not say which distribution it is for",
                hint=f"name it DISTRIBUTION/WHAT.patch, with one of "
                f"{', '.join(PATCHED_DISTRIBUTIONS)}",
            )
    return name


def load_whole_series(workspace: Workspace) -> Series:
    """Read the series with what is off here too; one that is not there yet is empty."""
    path = workspace.source.series_file
    return load_series(path) if path.exists() else Series(())


def read_series_bytes(workspace: Workspace) -> bytes:
    """Give the series file as it is, nothing when there is none."""
    path = workspace.source.series_file
    return path.read_bytes() if path.exists() else b""


def find_following(workspace: Workspace, top: str | None) -> str | None:
    """Name the patch whose line follows the top patch's, whatever release it is for."""
    names = load_whole_series(workspace).names
    index = 0 if top is None else names.index(top) + 1
    return names[index] if index < len(names) else None
