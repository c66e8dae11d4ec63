"""Small trees, packages and patches for the tests of the transaction, made in memory."""

from __future__ import annotations

import difflib
import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

from made_wheel import make_wheel

from freebsd_port.engine.core.apply.overlay import AppliedPatch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import STATE_DIRECTORY, hash_bytes
from freebsd_port.engine.ops.apply.converge import Convergence, Options, converge
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.engine.ops.target.target import TreeTarget
from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS, Pin, Release
from freebsd_port.openstack.ops.environment import EnvironmentTarget

Change = tuple[bytes | None, bytes | None]


def numbered(*changed: int, count: int = 12) -> bytes:
    """Lines `line N`, those in `changed` with a mark: a file that patches of their own fit."""
    return b"".join(b"line %d%s\n" % (n, b" new" * (n in changed)) for n in range(1, count + 1))


def diff(path: str, old: bytes | None, new: bytes | None) -> bytes:
    """A unified diff of one file; None is a file that is not there."""
    lines = difflib.diff_bytes(
        difflib.unified_diff,
        (old or b"").splitlines(keepends=True),
        (new or b"").splitlines(keepends=True),
        b"/dev/null" if old is None else f"a/{path}".encode(),
        b"/dev/null" if new is None else f"b/{path}".encode(),
    )
    return b"".join(lines)


def patch(name: str, changes: Mapping[str, Change] | bytes, *, strip: int = 1) -> GoalPatch:
    """A patch of these files, or of this text, ready to be converged to."""
    if isinstance(changes, bytes):
        data = changes
    else:
        data = b"".join(diff(path, *change) for path, change in changes.items())
    applied = AppliedPatch(name, hash_bytes(data), strip)
    return GoalPatch(SeriesEntry(name, strip, False, "", 1), data, applied)


def write_tree(root: Path, files: Mapping[str, bytes]) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def snapshot(root: Path, *, with_state: bool = False) -> dict[str, tuple[int, bytes]]:
    """Every file and directory with mode and bytes; links by where they lead."""
    found: dict[str, tuple[int, bytes]] = {}
    for directory, directories, files in os.walk(root):
        if not with_state and STATE_DIRECTORY in directories:
            directories.remove(STATE_DIRECTORY)
        for name in (*directories, *files):
            path = Path(directory, name)
            mode = path.lstat().st_mode
            content = b""
            if stat.S_ISLNK(mode):
                content = os.readlink(path).encode()
            elif stat.S_ISREG(mode):
                content = path.read_bytes()
            found[str(path.relative_to(root))] = (mode, content)
    return found


def files_of(found: Mapping[str, tuple[int, bytes]]) -> dict[str, tuple[int, bytes]]:
    """A snapshot without its directories."""
    return {path: one for path, one in found.items() if not stat.S_ISDIR(one[0])}


def on_tree(
    root: Path, *goal: GoalPatch, force: bool = False, dry_run: bool = False
) -> Convergence:
    """Converge a plain tree."""
    return converge(TreeTarget(root), goal, Options(force=force, dry_run=dry_run))


PACKAGES = {name: name.replace(".", "_") for name in PATCHED_DISTRIBUTIONS}
DRIVER = numbered()


def install(root: Path, distribution: str, version: str = "1.0", **files: bytes) -> None:
    """Unpack a small wheel: `driver.py` of 12 lines, or these modules, beside `__init__.py`."""
    package = PACKAGES.get(distribution, distribution)
    contents = {f"{package}/__init__.py": b"", f"{package}/driver.py": DRIVER}
    contents |= {f"{package}/{name}.py": content for name, content in files.items()}
    index = root.parent / f"{root.name}-index"
    pin = make_wheel(index, distribution, version, files=contents)
    with zipfile.ZipFile(index / pin.wheel) as archive:
        archive.extractall(root)


def packages(root: Path) -> EnvironmentTarget:
    """Install the four distributions at 1.0; give them as a target whose release pins them."""
    for name in PATCHED_DISTRIBUTIONS:
        install(root, name)
    return reopen(root)


def reopen(root: Path) -> EnvironmentTarget:
    """Give packages as a target, as the next command would."""
    pins = tuple(Pin(name, "1.0", "unused.whl", "0" * 64) for name in PATCHED_DISTRIBUTIONS)
    return EnvironmentTarget(root, Release("2026.2", "Test", ">=3.8", pins), None, root)


def on_packages(
    target: EnvironmentTarget, *goal: GoalPatch, force: bool = False, dry_run: bool = False
) -> Convergence:
    """Converge an environment of release 2026.2."""
    return converge(target, goal, Options(force=force, dry_run=dry_run, release="2026.2"))


def record(root: Path, distribution: str, version: str = "1.0") -> Path:
    return root / f"{PACKAGES.get(distribution, distribution)}-{version}.dist-info" / "RECORD"
