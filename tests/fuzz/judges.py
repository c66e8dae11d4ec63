"""The judges: ours, GNU patch as quilt runs it, and quilt itself, each on a tree of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from beside_quilt import pop_with_us, push_with_quilt, push_with_us, snapshot

from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.judge.second_applier import (
    CannotJudgeError,
    SeriesPatch,
    TextFile,
    apply_series,
)
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import FileState
from freebsd_port.errors import PortError
from fuzz.histories import Files

STATE = (".pc", ".freebsd-port")


@dataclass(frozen=True, slots=True)
class Result:
    """What one judge made of a series."""

    files: Files | None
    """None when it refused."""

    said: str = ""


class MemoryTree:
    """Files in memory, with modes."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def read(self, path: str) -> FileState | None:
        found = self._files.get(path)
        return FileState(*found) if found else None

    def has_directory(self, path: str) -> bool:
        return any(name.startswith(path + "/") for name in self._files)


def apply_ours(files: Files, patches: tuple[bytes, ...], fuzz: int) -> Result:
    """Plan the series in memory."""
    read = []
    for number, data in enumerate(patches):
        try:
            patch = parse_patch(f"{number}.patch", data)
        except PortError as error:
            return Result(None, f"{error.what}, {error.where}")
        read.append((SeriesEntry(f"{number}.patch", 1, False, "", number), patch))
    plan = plan_series(MemoryTree(files), read, max_fuzz=fuzz)
    if plan.problems:
        return Result(None, "; ".join(f"{one.what}, {one.where}" for one in plan.problems))
    after = dict(files)
    for edit in plan.edits:
        after.pop(edit.path, None)
        if edit.after is not None:
            mode = 0o644 if edit.after.mode is None else edit.after.mode
            after[edit.path] = (edit.after.content, mode)
    return Result(after)


def apply_gnu(files: Files, patches: tuple[bytes, ...], fuzz: int, room: Path) -> Result:
    """Run GNU patch once a patch, with quilt's options."""
    root = room / "gnu"
    make_tree(root, files)
    said = ""
    for number, data in enumerate(patches):
        if not data:
            continue  # quilt does not call patch for an empty file
        done = subprocess.run(
            ["patch", f"-F{fuzz}", "-p1", "--backup", f"--prefix=.pc/{number}/", "-f"],
            cwd=root,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TMPDIR": str(room)},
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        said += done.stdout.decode("latin-1")
        if done.returncode:
            return Result(None, said)
    return Result(read_tree(root), said)


def apply_git(files: Files, patches: tuple[bytes, ...], room: Path) -> Result:
    """Run `git apply` once a patch, outside a repository."""
    root = room / "git"
    make_tree(root, files)
    for data in patches:
        done = subprocess.run(
            ["git", "apply", "-p1", "--whitespace=nowarn", "-"],
            cwd=root,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "GIT_CEILING_DIRECTORIES": str(room),
                 "HOME": str(room), "GIT_CONFIG_NOSYSTEM": "1"},
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )  # fmt: skip
        if done.returncode:
            return Result(None, done.stdout.decode("latin-1"))
    return Result(read_tree(root))


def apply_second(files: Files, patches: tuple[bytes, ...]) -> Result:
    """Run the applier that judges where there is no program; it does not know fuzz."""
    before = {
        name: TextFile(content, bool(mode & 0o111)) for name, (content, mode) in files.items()
    }
    try:
        after = apply_series(before, [SeriesPatch(str(n), data) for n, data in enumerate(patches)])
    except CannotJudgeError as error:
        return Result(None, str(error))
    return Result(
        {
            name: (file.content, 0o755 if file.is_executable else 0o644)
            for name, file in after.items()
        }
    )


def find_quilt_fault(files: Files, patches: tuple[bytes, ...], fuzz: int, room: Path) -> str | None:
    """Run quilt and our whole way to the disk and back; say where they differ, or None."""
    series = room / "patches"
    shutil.rmtree(series, ignore_errors=True)
    series.mkdir()
    for number, data in enumerate(patches):
        (series / f"{number}.patch").write_bytes(data)
    (series / "series").write_text("".join(f"{n}.patch\n" for n in range(len(patches))))
    trees = [room / "quilt", room / "ours"]
    for tree in trees:
        make_tree(tree, files)
    pristine = snapshot(trees[1])
    quilt = push_with_quilt(trees[0], series / "series", series, fuzz)
    ours = push_with_us(trees[1], series / "series", series, fuzz)
    if ours.status:
        return None if snapshot(trees[1]) == pristine else "a refusal changed the tree"
    if quilt.status:
        return f"quilt refuses: {quilt.said}"
    if snapshot(trees[0]) != snapshot(trees[1]):
        return "quilt makes other files"
    pop_with_us(trees[1])
    after = snapshot(trees[1], directory_modes=False)
    return None if after == snapshot_of(pristine) else "a pop does not give the tree back"


def snapshot_of(found: dict[str, tuple[str, bytes]]) -> dict[str, tuple[str, bytes]]:
    """Leave the modes of directories out, as a pop makes them anew."""
    return {
        path: ("d---------" if mode.startswith("d") else mode, content)
        for path, (mode, content) in found.items()
    }


def make_tree(root: Path, files: Files) -> None:
    """Make a tree anew."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name, (content, mode) in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)


def read_tree(root: Path) -> Files:
    """Give every file below a directory, the tools' own left out."""
    found: Files = {}
    for directory, names, files in os.walk(root):
        names[:] = [name for name in names if name not in STATE]
        for name in files:
            path = Path(directory) / name
            if path.is_symlink():
                found[str(path.relative_to(root))] = (os.fsencode(os.readlink(path)), 0o120000)
            else:
                mode = path.stat().st_mode & 0o777
                found[str(path.relative_to(root))] = (path.read_bytes(), mode)
    return found
