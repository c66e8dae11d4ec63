"""`lock`: fix every package of a release by hash, and judge the lock for FreeBSD and Linux."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from freebsd_port.core.dependencies import (
    Dependency,
    Difference,
    compare_platforms,
    parse_dependencies,
    render_dependencies,
)
from freebsd_port.core.markers import pythons_of
from freebsd_port.core.release import Release, normalised_name
from freebsd_port.core.requirement import Locked, locked_by_name, parse_locked, parse_wanted
from freebsd_port.errors import PortError
from freebsd_port.ops.venv import choose_interpreter
from freebsd_port.store.project import Project, save_if_changed
from freebsd_port.store.wheels import Progress

_HEADER = """\
# The packages of one release, with the hash of every file the index has for them.
# Made from requirements.in: freebsd-port lock --release {name}
"""


class LockError(PortError):
    """A lock that is not there, cannot be written, or contradicts the release."""


@dataclass(frozen=True, slots=True)
class LockResult:
    """A release's lock and what is to be known about it."""

    release: Release
    locked: tuple[Locked, ...]
    differences: tuple[Difference, ...]
    """Between the platforms, or from the lock; those with is_problem stop an installation."""

    problems: tuple[PortError, ...]
    """Contradictions between release.toml, requirements.in and the lock, and each
    difference that is a problem."""

    changed: tuple[Path, ...]
    """The files that this wrote anew; empty when they were up to date, and for a check."""


def lock_release(
    project: Project, release: Release, *, progress: Progress | None = None
) -> LockResult:
    """Lock a release with pip-tools in the oldest Python of its range, then judge the lock.

    Asks the index; raises LockError for packaged data, and what the store raises.
    """
    from freebsd_port.store.compiler import compile_requirements, describe_locked, open_compiler

    tell = progress or (lambda message: None)
    directory = project.release_directory(release.name)
    if project.is_packaged:
        raise LockError(
            "the releases inside an installed package are not to be locked again",
            where=str(directory),
            hint="run the command in a checkout",
        )
    oldest = pythons_of(release)[0]
    with open_compiler(choose_interpreter(release, oldest), tell) as compiler:
        tell(f"locking {release.name} for Python {oldest}; this takes minutes")
        header = _HEADER.format(name=release.name)
        requirements = compile_requirements(compiler, directory, header)
        path = project.requirements(release.name)
        locked = parse_locked(requirements, str(path))
        tell(f"asking the index about {len(locked)} packages")
        dependencies = describe_locked(compiler, locked, requirements)
    changed = [
        target
        for target, data in (
            (path, requirements),
            (directory / "dependencies.toml", render_dependencies(dependencies)),
        )
        if save_if_changed(target, data)
    ]
    return _judge(project, release, locked, dependencies, tuple(changed))


def check_lock(project: Project, release: Release) -> LockResult:
    """Judge a release's lock as it is, without an index.

    Raises LockError when one of its files is missing.
    """
    path = project.requirements(release.name)
    locked = parse_locked(_read(path, release), str(path))
    described = project.release_directory(release.name) / "dependencies.toml"
    dependencies = parse_dependencies(_read(described, release), str(described))
    return _judge(project, release, locked, dependencies, ())


def _read(path: Path, release: Release) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise LockError(
            f"release {release.name} has no {path.name}",
            where=str(path),
            hint=f"freebsd-port lock --release {release.name}",
        ) from error


def _judge(
    project: Project,
    release: Release,
    locked: tuple[Locked, ...],
    dependencies: tuple[Dependency, ...],
    changed: tuple[Path, ...],
) -> LockResult:
    directory = project.release_directory(release.name)
    source = directory / "requirements.in"
    wanted = parse_wanted(_read(source, release), str(source))
    differences = compare_platforms(wanted, dependencies, pythons_of(release))
    problems = [
        *_pin_problems(release, wanted, locked, directory),
        *_coverage_problems(locked, dependencies, directory),
        *(_problem(one, directory) for one in differences if one.is_problem),
    ]
    return LockResult(release, locked, differences, tuple(problems), changed)


def _pin_problems(
    release: Release, wanted: tuple[str, ...], locked: tuple[Locked, ...], directory: Path
) -> list[PortError]:
    """What release.toml says about a distribution and the other two files do not."""
    problems: list[PortError] = []
    by_name = locked_by_name(locked)
    hint = f"freebsd-port lock --release {release.name}"
    for pin in release.pins:
        if f"{pin.distribution}=={pin.version}" not in wanted:
            problems.append(
                LockError(
                    f"release.toml pins {pin.distribution} {pin.version}, requirements.in does not",
                    where=str(directory / "requirements.in"),
                )
            )
        found = by_name.get(normalised_name(pin.distribution))
        if found is None or found.version != pin.version:
            what = f"{found.distribution} {found.version}" if found else f"no {pin.distribution}"
            problems.append(
                LockError(
                    f"the lock has {what}, release.toml pins {pin.version}",
                    where=str(directory / "requirements.txt"),
                    hint=hint,
                )
            )
        elif pin.sha256 not in found.sha256:
            problems.append(
                LockError(
                    f"the lock does not have the hash of {pin.wheel}",
                    where=str(directory / "requirements.txt"),
                    hint=hint,
                )
            )
    return problems


def _coverage_problems(
    locked: tuple[Locked, ...], dependencies: tuple[Dependency, ...], directory: Path
) -> list[PortError]:
    in_lock = {(normalised_name(one.distribution), one.version) for one in locked}
    described = {(normalised_name(one.distribution), one.version) for one in dependencies}
    return [
        LockError(
            f"{name} {version} is in only one of requirements.txt and dependencies.toml",
            where=str(directory),
            hint="freebsd-port lock makes both",
        )
        for name, version in sorted(in_lock ^ described)
    ]


_TEXT = {
    "not locked": "needs {name}, and the lock does not have it",
    "other version": "needs another version of {name} than the lock has",
    "not installable": "can install {name} neither from a wheel nor from source",
}


def _problem(difference: Difference, directory: Path) -> PortError:
    text = _TEXT[difference.kind].format(name=difference.distribution)
    asked = ", ".join(
        f"{need.requirement} of {need.wanted_by or 'requirements.in'}" for need in difference.needs
    )
    return LockError(
        f"{difference.system} with Python {', '.join(difference.pythons)} {text}: {asked}",
        where=str(directory / "requirements.txt"),
    )
