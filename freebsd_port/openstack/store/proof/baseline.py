"""A baseline of a target: its own copies of the pinned distributions, all else from the target.

Tests run in it without touching the target, and a process that the tests start, be it with a
cleaned environment as sudo does it, finds the same packages: by the baseline's Python, not by
PYTHONPATH.
"""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.apply.record import record_paths
from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.errors import PortError, system_words
from freebsd_port.openstack.store.python.environment import Installed, read_environment
from freebsd_port.openstack.store.python.wheels import pip_complaint

_SCRIPT = """\
#!{python}
import sys
from {module} import {name}
sys.exit({call}())
"""


class BaselineError(PortError):
    """A baseline could not be made."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """An environment that stands in for the target."""

    root: Path
    python: Path
    packages: Path
    """Where its own copies are."""


def make_baseline(
    root: Path,
    python: Path,
    target: Path,
    installed: Iterable[Installed],
    beside: tuple[Path, ...] = (),
) -> Baseline:
    """Make one in an empty directory; the overlay's state is copied with the distributions.

    `target` is the target's directory of packages, `beside` are further ones, which come after
    the copies and before the target. Raises BaselineError.
    """
    done = subprocess.run(
        [str(python), "-m", "venv", "--without-pip", "--symlinks", str(root)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BaselineError(
            f"no environment could be made: {pip_complaint(done.stderr or done.stdout)}",
            where=f"{root} with {python}",
            hint=f"see what it says with: {python} -m venv --without-pip DIRECTORY",
        )
    baseline = Baseline(root, root / "bin" / "python", read_environment(root).packages)
    try:
        for one in installed:
            _copy_files(one, baseline.packages)
            _write_scripts(one, baseline)
        if (target / STATE_DIRECTORY).is_dir():
            shutil.copytree(target / STATE_DIRECTORY, baseline.packages / STATE_DIRECTORY)
        lines = [f"import site; site.addsitedir({str(place)!r})" for place in (*beside, target)]
        (baseline.packages / "baseline.pth").write_text("\n".join(lines) + "\n", "utf-8")
    except OSError as error:
        raise BaselineError(
            f"the target cannot be copied: {system_words(error)}",
            where=str(error.filename or root),
        ) from error
    return baseline


def _copy_files(one: Installed, to: Path) -> None:
    """Copy what RECORD lists below the packages, bytecode with its times included."""
    made: set[str] = set()
    for path in record_paths((one.dist_info / "RECORD").read_bytes()):
        source = one.root / path
        if path.startswith(("..", "/")) or not source.is_file():
            continue
        directory = os.path.dirname(path)
        if directory not in made:
            (to / directory).mkdir(parents=True, exist_ok=True)
            made.add(directory)
        shutil.copy2(source, to / path)


def _write_scripts(one: Installed, baseline: Baseline) -> None:
    """Write the distribution's commands anew, so that they run the baseline's Python."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    parser.read(one.dist_info / "entry_points.txt", "utf-8")
    if not parser.has_section("console_scripts"):
        return
    for command, entry in parser["console_scripts"].items():
        module, _, call = entry.partition("[")[0].strip().partition(":")
        path = baseline.root / "bin" / command
        name = call.partition(".")[0]
        path.write_text(
            _SCRIPT.format(python=baseline.python, module=module, name=name, call=call), "utf-8"
        )
        path.chmod(0o755)
