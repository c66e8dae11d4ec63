"""GNU patch or git applied to files in a directory of its own: what they make of a series."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from freebsd_port.engine.core.judge.second_applier import (
    CannotJudgeError,
    SeriesPatch,
    TextFile,
    apply_series,
)

_GIT_HEADER = re.compile(rb"^diff --git ", re.MULTILINE)
_JOINED = "the joined patches"

SECOND_APPLIER = "the built-in second applier"


@dataclass(frozen=True, slots=True)
class Judge:
    """Who computes the series once more."""

    name: str
    """As people call it, with its version where it is a program."""

    program: str | None = None
    is_git: bool = False

    @property
    def knows_fuzz(self) -> bool:
        """Tell whether it is GNU patch."""
        return self.program is not None and not self.is_git


@lru_cache(maxsize=1)
def find_judge() -> Judge:
    """Choose GNU patch, else git, else the applier that is built in."""
    for name in ("gpatch", "patch"):
        if (program := shutil.which(name)) and (version := _version(program, rb"GNU patch \S+")):
            return Judge(version, program)
    if (program := shutil.which("git")) and (version := _version(program, rb"git version \S+")):
        return Judge(f"git apply {version.split()[-1]}", program, is_git=True)
    return Judge(SECOND_APPLIER)


def judge_series(
    judge: Judge, files: Mapping[str, TextFile], patches: Sequence[SeriesPatch], fuzz: int = 0
) -> dict[str, TextFile]:
    """Give the files as the judge leaves them. Raises CannotJudgeError, naming the patch.

    Only GNU patch knows fuzz.
    """
    if judge.program is None:
        return apply_series(files, patches)
    joined = patches if judge.is_git else _join(patches)
    if len(joined) < len(patches):
        with contextlib.suppress(CannotJudgeError):
            return _apply_all(judge, files, joined, fuzz)
    return _apply_all(judge, files, patches, fuzz)


def _join(patches: Sequence[SeriesPatch]) -> list[SeriesPatch]:
    """Make one patch of those that follow each other, because each run of a program takes time.

    GNU patch reads a file of many patches as if they came one by one. It does not if there are
    git's headers, with which it writes files later, or if a patch ends within a line.
    """
    joined: list[SeriesPatch] = []
    for patch in patches:
        is_plain = not (patch.is_reversed or _GIT_HEADER.search(patch.data))
        is_plain = is_plain and patch.data.endswith(b"\n")
        last = joined[-1] if joined else None
        if last and is_plain and last.strip == patch.strip and last.name == _JOINED:
            joined[-1] = replace(last, data=last.data + patch.data)
        else:
            joined.append(replace(patch, name=_JOINED) if is_plain else patch)
    return joined


def _apply_all(
    judge: Judge, files: Mapping[str, TextFile], patches: Sequence[SeriesPatch], fuzz: int
) -> dict[str, TextFile]:
    with tempfile.TemporaryDirectory(prefix="freebsd-port-judge-") as name:
        root = Path(name) / "tree"
        root.mkdir()
        _write(root, files)
        for patch in patches:
            if patch.data:
                _apply(judge, root, patch, fuzz)
        return _read(root)


def _version(program: str, pattern: bytes) -> str | None:
    done = subprocess.run(
        [program, "--version"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    match = re.match(pattern, done.stdout)
    return match[0].decode() if match and done.returncode == 0 else None


def _apply(judge: Judge, root: Path, patch: SeriesPatch, fuzz: int) -> None:
    reverse = ["-R"] if patch.is_reversed else []
    if judge.is_git:
        words = ["apply", "--whitespace=nowarn", f"-p{patch.strip}", *reverse, "-"]
    else:
        words = ["-f", "-s", f"-F{fuzz}", f"-p{patch.strip}", *reverse]
        words += ["--no-backup-if-mismatch", "-r", "-"]
    done = subprocess.run(
        [str(judge.program), *words],
        cwd=root,
        env=_environment(root.parent),
        input=patch.data,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        said = done.stdout.decode("utf-8", "backslashreplace").strip().splitlines()
        raise CannotJudgeError(f"{patch.name}: {said[-1] if said else 'it failed'}")


def _environment(room: Path) -> dict[str, str]:
    """Leave out everything of the user's that changes what the programs do."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "TMPDIR": str(room),
        "HOME": str(room),
        "GIT_CEILING_DIRECTORIES": str(room),
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def _write(root: Path, files: Mapping[str, TextFile]) -> None:
    for name, file in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(0o755 if file.is_executable else 0o644)


def _read(root: Path) -> dict[str, TextFile]:
    found: dict[str, TextFile] = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            is_executable = bool(path.stat().st_mode & 0o111)
            name = path.relative_to(root).as_posix()
            found[name] = TextFile(path.read_bytes(), is_executable)
    return found
