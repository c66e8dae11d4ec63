"""One series applied twice, by quilt and by us, and everything that can differ between the two.

Also behind `make compare-quilt`.
"""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.ops.apply.apply import apply_series
from freebsd_port.engine.ops.apply.converge import Options, converge
from freebsd_port.engine.ops.target.target import TreeTarget
from freebsd_port.engine.ops.target.workspace import open_tree
from freebsd_port.errors import PortError, ProblemsError

OWN_STATE = (".pc", ".freebsd-port")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one of the two ended."""

    status: int
    """0 when every patch is on."""

    said: str
    seconds: float
    """CPU time, user and system."""


def push_with_quilt(root: Path, series: Path, patches: Path, fuzz: int | None) -> Outcome:
    """Run `quilt push -a`; fuzz None leaves it to patch, whose default is 2."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "LC_ALL": "C",
        "QUILT_PATCHES": str(patches),
        "QUILT_SERIES": str(series),
    }
    if fuzz is not None:
        env["QUILT_PATCH_OPTS"] = f"-F{fuzz}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["quilt", "--quiltrc", "-", "push", "-a", "-q"],
        cwd=root,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Outcome(done.returncode, done.stdout.decode("latin-1"), seconds)


def push_with_us(root: Path, series: Path, patches: Path, fuzz: int | None) -> Outcome:
    """Do what `freebsd-port apply --tree` does."""
    started = time.process_time()
    status, said = 0, ""
    try:
        apply_series(open_tree(root, series, patches), fuzz=2 if fuzz is None else fuzz)
    except PortError as error:
        problems = error.problems if isinstance(error, ProblemsError) else (error,)
        status = error.exit_code
        said = "\n".join(f"{problem.what}, {problem.where}" for problem in problems)
    return Outcome(status, said, time.process_time() - started)


def pop_with_us(root: Path) -> None:
    """Take everything off."""
    converge(TreeTarget(root), (), Options())


def snapshot(root: Path, *, directory_modes: bool = True) -> dict[str, tuple[str, bytes]]:
    """Give each path's mode with file type, and bytes or link target; directories count too.

    Without `directory_modes` only their being there counts: a directory that lost its last file
    is made anew by a pop, ours and quilt's, with the mode that the umask gives.
    """
    found: dict[str, tuple[str, bytes]] = {}
    for directory, names, files in os.walk(root):
        if directory == str(root):
            names[:] = [name for name in names if name not in OWN_STATE]
        for name in names + files:
            path = os.path.join(directory, name)
            mode = os.lstat(path).st_mode
            content = b""
            if stat.S_ISDIR(mode) and not directory_modes:
                mode = stat.S_IFDIR
            if stat.S_ISLNK(mode):
                content = os.fsencode(os.readlink(path))
            elif stat.S_ISREG(mode):
                content = Path(path).read_bytes()
            found[os.path.relpath(path, root)] = (stat.filemode(mode), content)
    return found


def differences(
    first: dict[str, tuple[str, bytes]], second: dict[str, tuple[str, bytes]]
) -> list[str]:
    """Name the paths that are not the same in both, sorted."""
    return sorted(
        path for path in first.keys() | second.keys() if first.get(path) != second.get(path)
    )
