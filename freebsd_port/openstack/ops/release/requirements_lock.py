"""`lock`: fix every package of a role by hash, and judge the lock for FreeBSD and Linux."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.engine.core.progress import counting
from freebsd_port.errors import PortError
from freebsd_port.openstack.core.release.markers import pythons_of
from freebsd_port.openstack.core.release.release import (
    COMPUTE,
    Release,
    lock_command,
    normalised_name,
)
from freebsd_port.openstack.core.release.requirements import (
    TESTS,
    DependenciesError,
    Dependency,
    LockDifference,
    Locked,
    LockFiles,
    RequirementError,
    compare_platforms,
    locked_by_name,
    packages_of,
    parse_dependencies,
    parse_locked,
    parse_wanted,
    render_dependencies,
    without_locked,
)
from freebsd_port.openstack.ops.release.venv import choose_interpreter
from freebsd_port.openstack.store.project.project import Project, save_if_changed
from freebsd_port.openstack.store.python.wheels import Progress

if TYPE_CHECKING:
    from freebsd_port.openstack.store.python.pip_tools import Compiler


class RequirementsLockError(PortError):
    """A lock that is not there, cannot be written, or contradicts the release."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The content of a LockFiles."""

    files: LockFiles
    wanted: tuple[str, ...]
    locked: tuple[Locked, ...]
    dependencies: tuple[Dependency, ...]


def find_differences(
    release: Release, packages: Lock, tests: Lock | None
) -> tuple[LockDifference, ...]:
    """Compare the platforms; what the tests need is judged together with the packages."""
    pythons = pythons_of(release)
    own = compare_platforms(packages.wanted, packages.dependencies, pythons)
    if tests is None:
        return own
    both = compare_platforms(
        (*packages.wanted, *tests.wanted),
        (*packages.dependencies, *tests.dependencies),
        pythons,
    )
    known = {(one.kind, one.system, one.distribution) for one in own}
    return (
        *own,
        *(one for one in both if (one.kind, one.system, one.distribution) not in known),
    )


def find_problems(
    release: Release,
    packages: Lock,
    tests: Lock | None,
    differences: tuple[LockDifference, ...],
    directory: Path,
) -> tuple[PortError, ...]:
    """Give every contradiction between the files of a role, and between them and a platform."""
    problems = [
        *_pin_problems(release, packages, directory),
        *_coverage_problems(packages, directory),
    ]
    if tests is not None:
        problems += _coverage_problems(tests, directory)
        problems += _double_problems(release, packages, tests, directory)
    problems += [_problem(one, packages.files, directory) for one in differences if one.is_problem]
    return tuple(problems)


def _pin_problems(release: Release, packages: Lock, directory: Path) -> list[PortError]:
    """What release.toml says about a distribution and the other two files do not."""
    problems: list[PortError] = []
    by_name = locked_by_name(packages.locked)
    for pin in release.pins:
        if f"{pin.distribution}=={pin.version}" not in packages.wanted:
            problems.append(
                RequirementsLockError(
                    f"release.toml pins {pin.distribution} {pin.version}, "
                    f"{packages.files.source} does not",
                    where=str(directory / packages.files.source),
                )
            )
        found = by_name.get(normalised_name(pin.distribution))
        what = None
        if found is None or found.version != pin.version:
            has = f"{found.distribution} {found.version}" if found else f"no {pin.distribution}"
            what = f"the lock has {has}, release.toml pins {pin.version}"
        elif pin.sha256 not in found.sha256:
            what = f"the lock does not have the hash of {pin.wheel}"
        if what is not None:
            problems.append(_stale(what, release, directory / packages.files.lock))
    return problems


def _double_problems(
    release: Release, packages: Lock, tests: Lock, directory: Path
) -> list[PortError]:
    """What both locks have: it would hide the target's own, patches included."""
    in_packages = locked_by_name(packages.locked)
    return [
        _stale(
            f"{one.distribution} is in {packages.files.lock} too",
            release,
            directory / tests.files.lock,
        )
        for one in tests.locked
        if normalised_name(one.distribution) in in_packages
    ]


def _stale(what: str, release: Release, path: Path) -> RequirementsLockError:
    return RequirementsLockError(
        what, where=str(path), hint=lock_command(release.name, release.role)
    )


def _coverage_problems(lock: Lock, directory: Path) -> list[PortError]:
    in_lock = {(normalised_name(one.distribution), one.version) for one in lock.locked}
    described = {(normalised_name(one.distribution), one.version) for one in lock.dependencies}
    return [
        RequirementsLockError(
            f"{name} {version} is in only one of {lock.files.lock} and {lock.files.dependencies}",
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


def _problem(difference: LockDifference, files: LockFiles, directory: Path) -> PortError:
    text = _TEXT[difference.kind].format(name=difference.distribution)
    asked = ", ".join(
        f"{need.requirement} of {need.wanted_by or files.source}" for need in difference.needs
    )
    return RequirementsLockError(
        f"{difference.system} with Python {', '.join(difference.pythons)} {text}: {asked}",
        where=str(directory / files.lock),
    )


_HEADER = """\
# The packages of one release, with the hash of every file the index has for them.
# Made from requirements.in: freebsd-port lock --release {name}
"""
_ROLE_HEADER = """\
# The packages of the role {role}, with the hash of every file the index has for them.
# Made from {source}: freebsd-port lock --release {name} --role {role}
"""
_TEST_HEADER = """\
# What upstream's own tests need beside requirements.txt, with the hash of every file the index
# has for it. Made from test-requirements.in: freebsd-port lock --release {name}
"""


@dataclass(frozen=True, slots=True)
class LockResult:
    """The lock of one role of a release, and what is to be known about it."""

    release: Release
    """Narrowed to the role."""

    locked: tuple[Locked, ...]
    tests: tuple[Locked, ...]
    """What upstream's tests need in addition; only of compute, and only with
    test-requirements.in."""

    differences: tuple[LockDifference, ...]
    """Between the platforms, or from the lock; those with is_problem stop an installation."""

    problems: tuple[PortError, ...]
    """Contradictions between the files of the role, and each difference that is a problem."""

    changed: tuple[Path, ...]
    """The files that this wrote anew; empty when they were up to date, and for a check."""


Known = Mapping[tuple[str, str, frozenset[str]], Dependency]
"""What locks say of (name, version, hashes) of a distribution."""


def read_known(project: Project) -> Known:
    """Read what the locks of all releases know, so that the index need not be asked again."""
    found: dict[tuple[str, str, frozenset[str]], Dependency] = {}
    for name in project.release_names():
        directory = project.release_directory(name)
        for files in (*_role_files(directory), TESTS):
            try:
                locked = parse_locked((directory / files.lock).read_bytes(), files.lock)
                text = (directory / files.dependencies).read_bytes()
                described = parse_dependencies(text, files.dependencies)
            except (OSError, RequirementError, DependenciesError):
                continue  # its own check reports it
            hashes = {(one.distribution, one.version): one.sha256 for one in locked}
            for one in described:
                key = one.distribution, one.version
                if key in hashes:
                    found[(*key, frozenset(hashes[key]))] = one
    return found


def _role_files(directory: Path) -> list[LockFiles]:
    """Give the files of each role that has a lock in a release's directory, compute first."""
    stems = sorted(path.stem for path in directory.glob("requirements*.txt"))
    return [packages_of(stem.removeprefix("requirements").strip("-") or COMPUTE) for stem in stems]


def lock_release(
    project: Project,
    release: Release,
    role: str = COMPUTE,
    *,
    known: Known | None = None,
    progress: Progress | None = None,
) -> LockResult:
    """Lock a role with pip-tools in the oldest Python of its range, then judge the lock.

    Asks the index, except for what is `known`, by default what the project's own locks know.
    Raises LockError for packaged data, ReleaseError for an unknown role, and what the store
    raises.
    """
    from freebsd_port.openstack.store.python.pip_tools import open_compiler

    tell = progress or (lambda message: None)
    release = release.for_role(role)
    files = packages_of(role)
    directory = project.release_directory(release.name)
    if project.is_packaged:
        raise RequirementsLockError(
            "the releases inside an installed package cannot be locked again",
            where=str(directory),
            hint="run the command in a checkout",
        )
    oldest = pythons_of(release)[0]
    with open_compiler(choose_interpreter(release, oldest), tell) as compiler:
        what = release.name if role == COMPUTE else f"{role} of {release.name}"
        tell(f"locking {what} for Python {oldest}; this takes minutes")
        with counting(tell, f"locking {what}"):
            described = _Describer(compiler, read_known(project) if known is None else known, tell)
            made = _lock_packages(described, files, directory, release)
            if role == COMPUTE and (directory / TESTS.source).is_file():
                made |= _lock_tests(described, directory, release, made[files.lock])
    changed = (
        directory / name for name, data in made.items() if save_if_changed(directory / name, data)
    )
    return _judge(project, release, tuple(changed))


def check_lock(project: Project, release: Release, role: str = COMPUTE) -> LockResult:
    """Judge the lock of a release's role as it is, without an index.

    Raises LockError when one of its files is missing, and ReleaseError for an unknown role.
    """
    return _judge(project, release.for_role(role), ())


@dataclass(frozen=True, slots=True)
class _Describer:
    """Says of locked distributions what their metadata and the index say."""

    compiler: Compiler
    known: Known
    tell: Progress

    def describe(self, files: LockFiles, data: bytes) -> dict[str, bytes]:
        """Give the lock and what is known of it, by the names of the files."""
        from freebsd_port.openstack.store.python.pip_tools import describe_locked

        locked = parse_locked(data, files.lock)
        found = {
            one: self.known.get((one.distribution, one.version, frozenset(one.sha256)))
            for one in locked
        }
        new = [one for one, known in found.items() if known is None]
        if new:
            self.tell(f"asking the index about {len(new)} of {len(locked)} packages")
            old = {normalised_name(one.distribution) for one, known in found.items() if known}
            answer = describe_locked(self.compiler, new, without_locked(data, old))
            found |= dict(zip(new, answer, strict=True))
        dependencies = [one for one in found.values() if one is not None]
        return {files.lock: data, files.dependencies: render_dependencies(dependencies)}


def _lock_packages(
    described: _Describer, files: LockFiles, directory: Path, release: Release
) -> dict[str, bytes]:
    """Make the lock of the environment; gives the content of each file by name."""
    from freebsd_port.openstack.store.python.pip_tools import compile_requirements

    text = _HEADER if release.role == COMPUTE else _ROLE_HEADER
    header = text.format(name=release.name, role=release.role, source=files.source)
    data = compile_requirements(described.compiler, directory / files.source, header)
    return described.describe(files, data)


def _lock_tests(
    described: _Describer, directory: Path, release: Release, packages: bytes
) -> dict[str, bytes]:
    """Make the lock of what the tests need beside the environment's."""
    from freebsd_port.openstack.store.python.pip_tools import compile_requirements

    described.tell("locking what upstream's own tests need in addition")
    data = compile_requirements(
        described.compiler,
        directory / TESTS.source,
        _TEST_HEADER.format(name=release.name),
        beside={packages_of(COMPUTE).lock: packages},
    )
    known = locked_by_name(parse_locked(packages, packages_of(COMPUTE).lock))
    return described.describe(TESTS, without_locked(data, known.keys()))


def _load(directory: Path, files: LockFiles, release: Release) -> Lock:
    source, lock, described = (
        directory / name for name in (files.source, files.lock, files.dependencies)
    )
    return Lock(
        files,
        parse_wanted(_read(source, release), str(source)),
        parse_locked(_read(lock, release), str(lock)),
        parse_dependencies(_read(described, release), str(described)),
    )


def _read(path: Path, release: Release) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise RequirementsLockError(
            f"release {release.name} has no {path.name}",
            where=str(path),
            hint=lock_command(release.name, release.role),
        ) from error


def _judge(project: Project, release: Release, changed: tuple[Path, ...]) -> LockResult:
    directory = project.release_directory(release.name)
    role = release.role or COMPUTE
    packages = _load(directory, packages_of(role), release)
    has_tests = role == COMPUTE and any(
        (directory / name).is_file() for name in (TESTS.source, TESTS.lock)
    )
    tests = _load(directory, TESTS, release) if has_tests else None
    differences = find_differences(release, packages, tests)
    problems = find_problems(release, packages, tests, differences, directory)
    beside = tests.locked if tests else ()
    return LockResult(release, packages.locked, beside, differences, problems, changed)
