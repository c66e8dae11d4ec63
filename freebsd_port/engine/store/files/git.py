"""Files as a git revision has them, read without touching the checkout, and the user's git name."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from freebsd_port.engine.core.text.file import FileState
from freebsd_port.errors import PortError

_BLOBS = (b"100644", b"100755")
_LOCAL = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE"),
    *("GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
)
"""What a hook of git has set for its own repository. Source: git-rev-parse(1), --local-env-vars."""


class GitError(PortError):
    """No git, no repository, or nothing there by this name."""


def read_revision(root: Path, revision: str, is_wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Give the regular files of a directory whose paths are wanted, as a commit has them.

    Keys are relative to `root`, which may lie anywhere in a repository. `revision` is anything
    that git takes for a commit. Raises GitError.
    """
    found = _read_files(root, revision, is_wanted)
    return {path: state.content for path, state in found.items()}


def read_whole_revision(directory: Path, revision: str) -> dict[str, FileState]:
    """Give every regular file of the repository around a directory, by its path from the top.

    Raises GitError.
    """
    top = _run(directory, ["rev-parse", "--show-toplevel"]).removesuffix(b"\n")
    return _read_files(Path(os.fsdecode(top)), revision, lambda path: True)


def _read_files(
    root: Path, revision: str, is_wanted: Callable[[str], bool]
) -> dict[str, FileState]:
    commit = _find_commit(root, revision)
    listed = _run(root, ["ls-tree", "-r", "-z", commit]).split(b"\0")
    names: list[tuple[str, int]] = []
    blobs: list[bytes] = []
    for row in filter(None, listed):
        about, _, name = row.partition(b"\t")
        mode, _, blob = about.split(b" ")
        path = name.decode("utf-8", "surrogateescape")
        if mode in _BLOBS and is_wanted(path):
            names.append((path, int(mode, 8) & 0o777))
            blobs.append(blob + b"\n")
    contents = _read_blobs(_run(root, ["cat-file", "--batch"], b"".join(blobs)))
    if len(contents) != len(names):
        raise GitError("git does not have every file of the revision", where=revision)
    return {
        path: FileState(content, mode)
        for (path, mode), content in zip(names, contents, strict=True)
    }


def _find_commit(root: Path, revision: str) -> str:
    _run(root, ["rev-parse", "--git-dir"])
    words = ["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"]
    try:
        if not revision.startswith("-"):
            return _run(root, words).decode().strip()
    except GitError:
        pass
    raise GitError(f"no commit is named {revision!r}", where=str(root), hint="git log --oneline")


def _run(root: Path, words: Sequence[str], given: bytes = b"") -> bytes:
    """Run git in a directory; what the caller's own git is at work on plays no part."""
    env = {name: value for name, value in os.environ.items() if name not in _LOCAL}
    env |= {"GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, env=env, input=given, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise GitError("revisions need git, which is not installed", hint="install git") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it gave no reason"]
        raise GitError(
            f"git cannot read the revision: {said[0].removeprefix('fatal: ')}",
            where=str(root),
            hint="run the command on a checkout, or name one with --project",
        )
    return done.stdout


def _read_blobs(output: bytes) -> list[bytes]:
    """Cut what `git cat-file --batch` printed. Source: git-cat-file(1), "BATCH OUTPUT"."""
    found: list[bytes] = []
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        about = output[at:end].split(b" ")
        at = end + 1
        if len(about) == 3:
            size = int(about[2])
            found.append(output[at : at + size])
            at += size + 1
    return found


def find_git_user(directory: Path) -> str | None:
    """Give git's user.name as it is set for a directory, or None without git or a name."""
    return _read_setting(directory, "user.name")


def find_git_author(directory: Path) -> str | None:
    """Give `Name <address>` as git is set for a directory; None if it lacks one of the two."""
    name, address = (_read_setting(directory, f"user.{one}") for one in ("name", "email"))
    return f"{name} <{address}>" if name and address else None


def _read_setting(directory: Path, name: str) -> str | None:
    try:
        asked = subprocess.run(
            ["git", "config", name],
            cwd=directory,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except OSError:
        return None
    return asked.stdout.decode("utf-8", "replace").strip() or None
