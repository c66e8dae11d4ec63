"""`venv`: make the environment of a release, or see that it is made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from freebsd_port.engine.core.progress import counting
from freebsd_port.errors import PortError
from freebsd_port.openstack.core.release.release import COMPUTE, Release, lock_command
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.environment import (
    Environment,
    EnvironmentUnusableError,
    InstalledError,
    Mark,
    clear_environment,
    find_installed,
    find_mark,
    hold_environment,
    is_vacant,
    read_environment,
    save_mark,
)

if TYPE_CHECKING:
    from freebsd_port.openstack.store.python.installer import Installer, Interpreter
    from freebsd_port.openstack.store.python.wheels import Progress

Outcome = Literal["made", "updated", "kept"]


class VenvError(PortError):
    """An environment that cannot be made, or must not be touched."""


@dataclass(frozen=True, slots=True)
class VenvResult:
    """The environment, and what it took."""

    environment: Environment
    release: Release
    """Narrowed to the role."""

    outcome: Outcome
    """Kept when it was there already and holds what the release's lock asks for."""


def make_environment(
    project: Project,
    release: Release,
    root: Path,
    *,
    role: str = COMPUTE,
    python: str | None = None,
    installer: Installer | None = None,
    progress: Progress | None = None,
) -> VenvResult:
    """Bring an environment to the lock of a release's role, making it if it is not there.

    What an earlier call left unfinished is made again from nothing; when only the lock changed,
    packages are exchanged in place, so what was installed beside them stays. `python` is a
    path, a command or a version; `installer` None takes uv if it is there, otherwise pip. A
    directory that this did not make is never touched.

    Raises VenvError, ReleaseError for an unknown role, and what the store raises.
    """
    release = release.for_role(role)
    lock = _read_lock(project, release, role)
    mark = Mark(release.name, hashlib.sha256(lock).hexdigest(), "ready", role)
    if (kept := _find_ready(root, release, mark)) is not None:
        _require_same_python(kept, python)
        return VenvResult(kept, release, "kept")
    from freebsd_port.openstack.store.python.installer import choose_installer

    chosen = choose_installer(installer)
    tell = progress or (lambda message: None)
    with hold_environment(root):
        if (kept := _find_ready(root, release, mark)) is not None:
            _require_same_python(kept, python)
            return VenvResult(kept, release, "kept")
        return _converge(project, release, root, mark, _Choices(python, chosen, tell))


def choose_interpreter(release: Release, python: str | None = None) -> Interpreter:
    """Return the Python to make a release's environment with: the named one, or one of the range.

    Raises VenvError when the named one is out of the range or none is here.
    """
    from freebsd_port.openstack.store.python.installer import (
        find_interpreter,
        require_named_interpreter,
    )

    if python is not None:
        named = require_named_interpreter(python)
        if not release.allows_python(named.version):
            raise VenvError(
                f"{_what(release)} needs Python {release.python}, and this is {named.version}",
                where=str(named.path),
                hint="name another with PYTHON= or --python, or leave the choice to freebsd-port",
            )
        return named
    found = find_interpreter(release.python)
    if found is None:
        raise VenvError(
            f"{_what(release)} needs Python {release.python}, and none was found",
            where="PATH and pyenv's versions",
            hint="install one, or name one with PYTHON= or --python; status works without",
        )
    return found


def _what(release: Release) -> str:
    """Name the release, and the role if it is not the default, in a message."""
    tail = "" if release.role in (None, COMPUTE) else f", role {release.role},"
    return f"release {release.name}{tail}"


def _read_lock(project: Project, release: Release, role: str) -> bytes:
    path = project.requirements(release.name, role)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise VenvError(
            f"{_what(release)} has no locked requirements",
            where=str(path),
            hint=lock_command(release.name, role),
        ) from error


def _find_ready(root: Path, release: Release, mark: Mark) -> Environment | None:
    """Return the environment if it is what the lock asks for; reads only."""
    if find_mark(root) != mark:
        return None
    try:
        environment = read_environment(root)
        installed = find_installed(environment.packages, [pin.distribution for pin in release.pins])
    except (EnvironmentUnusableError, InstalledError):
        return None
    if environment.python is None or not environment.python.exists():
        return None
    versions = {name: one.version for name, one in installed.items()}
    if versions != {pin.distribution: pin.version for pin in release.pins}:
        return None
    return environment


@dataclass(frozen=True, slots=True)
class _Choices:
    python: str | None
    installer: Installer
    progress: Progress


def _converge(
    project: Project, release: Release, root: Path, mark: Mark, choices: _Choices
) -> VenvResult:
    from freebsd_port.openstack.store.python.installer import (
        check_packages,
        create_environment,
        install_requirements,
    )

    unfinished = replace(mark, state="unfinished")
    outcome: Outcome = "updated" if _is_updatable(root, mark) else "made"
    if outcome == "made":
        interpreter = choose_interpreter(release, choices.python)
        choices.progress(f"making an environment with Python {interpreter.version}")
        clear_environment(root, unfinished)
        with counting(choices.progress, "making the environment"):
            create_environment(root, interpreter)
    environment = read_environment(root)
    _require_same_python(environment, choices.python)
    save_mark(root, unfinished)
    own_python = environment.root / "bin" / "python"
    requirements = project.requirements(release.name, mark.role)
    install_requirements(own_python, requirements, choices.installer, choices.progress)
    choices.progress("checking that the packages agree")
    with counting(choices.progress, "checking the packages"):
        check_packages(own_python)
    save_mark(root, mark)
    return VenvResult(environment, release, outcome)


def _is_updatable(root: Path, wanted: Mark) -> bool:
    """Whether it is a finished environment of ours for this role, with a Python that is there.

    Raises VenvError for a directory that is not ours to touch.
    """
    mark = find_mark(root)
    if mark is None:
        if not is_vacant(root):
            raise VenvError(
                "something that freebsd-port did not make is in the way",
                where=str(root),
                hint="name another place with VENV= or --venv, or remove it",
            )
        return False
    if mark.role != wanted.role:
        raise VenvError(
            f"the environment is for the role {mark.role}, not {wanted.role}",
            where=str(root),
            hint=f"--role {mark.role}, or another place with VENV= or --venv",
        )
    if mark.release != wanted.release:
        raise VenvError(
            f"the environment is for release {mark.release}, not {wanted.release}",
            where=str(root),
            hint=f"--release {mark.release}, or another place with VENV= or --venv",
        )
    if mark.state != "ready":
        return False
    try:
        environment = read_environment(root)
    except EnvironmentUnusableError:
        return False
    return environment.python is not None and environment.python.exists()


def _require_same_python(environment: Environment, python: str | None) -> None:
    if python is None or environment.version is None:
        return
    from freebsd_port.openstack.store.python.installer import require_named_interpreter

    named = require_named_interpreter(python)
    if named.version != environment.version:
        raise VenvError(
            f"the environment has Python {environment.version}, not {named.version}",
            where=str(environment.root),
            hint="remove it to make it with another Python, or name another place with VENV=",
        )
