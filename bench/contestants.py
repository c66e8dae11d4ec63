"""The tools that put the generated series on: how each is prepared, and the commands it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.series import GeneratedSeries

PATCH_LOOP = 'while read -r name; do patch -p1 -s -i "$1/$name"; done < "$1/series"'
_AUTHOR = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
GIT = ("git", *_AUTHOR, "-c", "gc.auto=0", "-c", "commit.gpgsign=false")


@dataclass(frozen=True, slots=True)
class Step:
    """One command to measure."""

    label: str
    command: tuple[str, ...]
    is_on: bool
    """Whether the series is on afterwards; the files are held against that."""

    is_slow: bool = False
    """Measured once, and not with --quick, when the series is long."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One tool in its own copy of the tree."""

    program: str
    steps: tuple[Step, ...]
    reset: Callable[[Path], None]
    """Takes away in a tree what only this tool leaves; the files are put back for all alike."""

    prepare: Callable[[Path], None] = lambda tree: None
    """Done once, with the pristine files in place."""

    @property
    def is_present(self) -> bool:
        """Tell whether its program can be run here."""
        return shutil.which(self.program) is not None


def own_command() -> tuple[str, ...]:
    """Give the command as a user runs it, or through Python where no script is installed."""
    script = Path(sys.executable).with_name("freebsd-port")
    return (str(script),) if script.exists() else (sys.executable, "-m", "freebsd_port")


def process_environment(home: Path) -> Mapping[str, str]:
    """Keep the user's settings for git and quilt out of it, and let Python keep its bytecode."""
    return {
        "PYTHONDONTWRITEBYTECODE": "",
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }


def write_patches(directory: Path, series: GeneratedSeries) -> None:
    """Write the patch files and the series that orders them."""
    directory.mkdir(parents=True)
    for name, text in series.patches:
        (directory / name).write_bytes(text)
    (directory / "series").write_text("".join(f"{name}\n" for name, _ in series.patches))


def make_contestants(patches: Path) -> tuple[Contestant, ...]:
    """Describe every tool, ours first, for a directory that write_patches made."""
    files = tuple(str(patches / line) for line in (patches / "series").read_text().split())
    return (
        _ours(patches),
        _quilt(patches),
        Contestant(
            "git",
            (Step("git am", (*GIT, "am", "-q", *files), True),),
            _reset_repository,
            _make_repository,
        ),
        Contestant(
            "git",
            (Step("git apply, one call", (*GIT, "apply", *files), True),),
            lambda tree: None,
        ),
        Contestant(
            "patch",
            (Step("patch, one a patch", ("sh", "-ec", PATCH_LOOP, "sh", str(patches)), True),),
            lambda tree: None,
        ),
    )


def _ours(patches: Path) -> Contestant:
    own, where = own_command(), ("--tree", ".", "--patches", str(patches))
    return Contestant(
        own[0],
        (
            Step("freebsd-port apply", (*own, "apply", "-q", *where), True),
            Step("freebsd-port apply again", (*own, "apply", "-q", *where), True),
            Step("freebsd-port status", (*own, "status", *where), True),
            Step("freebsd-port pop -a", (*own, "pop", "-a", "-q", *where), False),
            Step("freebsd-port push -a", (*own, "push", "-a", "-q", *where), True),
        ),
        lambda tree: shutil.rmtree(tree / ".freebsd-port", ignore_errors=True),
    )


def _quilt(patches: Path) -> Contestant:
    quilt = ("env", f"QUILT_PATCHES={patches}", "quilt", "--quiltrc", "-")
    return Contestant(
        "quilt",
        (
            Step("quilt push -a", (*quilt, "push", "-a", "-q"), True),
            Step("quilt pop -a", (*quilt, "pop", "-a", "-q"), False, is_slow=True),
        ),
        lambda tree: shutil.rmtree(tree / ".pc", ignore_errors=True),
    )


def _make_repository(tree: Path) -> None:
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "as released")):
        subprocess.run([*GIT, *words], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*GIT, "tag", "released"], cwd=tree, check=True)


def _reset_repository(tree: Path) -> None:
    subprocess.run([*GIT, "reset", "-q", "--hard", "released"], cwd=tree, check=True)
