"""What the tests on a real patched environment share: where it is, and its unpatched baseline."""

import os
import shutil
from pathlib import Path

import pytest

from freebsd_port.openstack.core.release.release import Release
from freebsd_port.openstack.ops.series import find_role
from freebsd_port.openstack.store.project.project import Project, find_project
from freebsd_port.openstack.store.python.environment import (
    Environment,
    find_installed,
    read_environment,
)

VARIABLE = "FREEBSD_PORT_TEST_VENV"


def require_environment() -> tuple[Project, Release, Environment]:
    """The environment that `make patch` made and `make test` names."""
    place = os.environ.get(VARIABLE)
    if not place:
        pytest.skip(f"{VARIABLE} names no patched environment: run this through make test")
    project = find_project()
    release = project.load_release(os.environ.get("FREEBSD_PORT_TEST_RELEASE"))
    role = find_role(Path(place), None)
    return project, release.for_role(role), read_environment(Path(place).absolute())


def copy_distributions(environment: Environment, release: Release, to: Path) -> None:
    """Copy the pinned distributions, and the overlay's state, into a directory of packages."""
    for found in find_installed(
        environment.packages, (pin.distribution for pin in release.pins)
    ).values():
        shutil.copytree(found.dist_info, to / found.dist_info.name)
        top = (found.dist_info / "RECORD").read_text().splitlines()
        packages = {line.split("/")[0] for line in top if line.split(",")[0].endswith(".py")}
        for name in packages:
            shutil.copytree(
                environment.packages / name,
                to / name,
                ignore=shutil.ignore_patterns("__pycache__"),
                dirs_exist_ok=True,
            )
    state = environment.packages / ".freebsd-port"
    shutil.copytree(state, to / ".freebsd-port")
