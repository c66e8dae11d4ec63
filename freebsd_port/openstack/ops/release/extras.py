"""`extras`: install the project's own modules that services load without a patch."""

from __future__ import annotations

import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from freebsd_port.errors import PortError
from freebsd_port.openstack.core.release.pure_wheel import PureWheel, make_pure_wheel
from freebsd_port.openstack.store.project.project import Project, ProjectError
from freebsd_port.openstack.store.python.environment import Environment, hold_environment
from freebsd_port.openstack.store.python.installer import install_wheel
from freebsd_port.openstack.store.python.pure_wheel_file import save_wheel


class ExtrasError(PortError):
    """Extras that cannot be installed."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What was installed, and where."""

    distribution: str
    version: str
    outcome: Literal["installed", "kept"]
    """Kept when the same files were there already."""

    modules: tuple[str, ...]
    """Dotted names, sorted."""


def install_extras(project: Project, environment: Environment) -> Extras:
    """Bring an environment to the extras of the project; whatever was there of them is replaced.

    Raises ExtrasError for a directory of packages, which has no Python, and what reading the
    project and the installer raise.
    """
    python = environment.python
    if python is None:
        raise ExtrasError(
            "extras need an environment with its own Python",
            where=str(environment.root),
            hint=f"pip install --target {environment.root} {project.extras}",
        )
    wheel = load_extras(project)
    outcome: Literal["installed", "kept"] = "kept"
    with hold_environment(environment.root):
        if not _is_installed(environment.packages, wheel):
            with tempfile.TemporaryDirectory(prefix="freebsd-port-") as name:
                install_wheel(python, save_wheel(wheel, Path(name)))
            outcome = "installed"
    modules = sorted(
        path.removesuffix(".py").replace("/", ".")
        for path in wheel.members
        if path.endswith(".py") and not path.endswith("__init__.py")
    )
    return Extras(wheel.distribution, wheel.version, outcome, tuple(modules))


def load_extras(project: Project) -> PureWheel:
    """Make the wheel of the project's extras in memory; raises ProjectError if there are none."""
    root = project.extras
    try:
        settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
        packages = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        files = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for package in packages
            for path in sorted((root / package).rglob("*.py"))
        }
    except OSError as error:
        raise ProjectError("the project has no extras", where=str(root)) from error
    return make_pure_wheel(settings["project"], files)


def _is_installed(packages: Path, wheel: PureWheel) -> bool:
    """Tell whether each file of the wheel is there as it is, but RECORD, which pip writes anew."""
    for path, content in wheel.members.items():
        place = packages / path
        if path.endswith(".dist-info/RECORD"):
            continue
        if not place.is_file() or place.read_bytes() != content:
            return False
    return True
