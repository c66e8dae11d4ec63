"""`lock`: fix every package of a release by hash, and judge the lock for FreeBSD and Linux."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.core.dependencies import Difference, parse_dependencies, render_dependencies
from freebsd_port.core.markers import pythons_of
from freebsd_port.core.release import Release
from freebsd_port.core.requirement import (
    Locked,
    locked_by_name,
    parse_locked,
    parse_wanted,
    without_locked,
)
from freebsd_port.errors import PortError
from freebsd_port.ops.lock_problems import (
    PACKAGES,
    TESTS,
    Lock,
    LockError,
    LockFiles,
    find_differences,
    find_problems,
)
from freebsd_port.ops.venv import choose_interpreter
from freebsd_port.store.project import Project, save_if_changed
from freebsd_port.store.wheels import Progress

if TYPE_CHECKING:
    from freebsd_port.store.compiler import Compiler

_HEADER = """\
# The packages of one release, with the hash of every file the index has for them.
# Made from requirements.in: freebsd-port lock --release {name}
"""
_TEST_HEADER = """\
# What upstream's own tests need beside requirements.txt, with the hash of every file the index
# has for it. Made from test-requirements.in: freebsd-port lock --release {name}
"""


@dataclass(frozen=True, slots=True)
class LockResult:
    """A release's lock and what is to be known about it."""

    release: Release
    locked: tuple[Locked, ...]
    tests: tuple[Locked, ...]
    """What upstream's tests need beside it; empty for a release without test-requirements.in."""

    differences: tuple[Difference, ...]
    """Between the platforms, or from the lock; those with is_problem stop an installation."""

    problems: tuple[PortError, ...]
    """Contradictions between the files of the release, and each difference that is a problem."""

    changed: tuple[Path, ...]
    """The files that this wrote anew; empty when they were up to date, and for a check."""


def lock_release(
    project: Project, release: Release, *, progress: Progress | None = None
) -> LockResult:
    """Lock a release with pip-tools in the oldest Python of its range, then judge the lock.

    Asks the index; raises LockError for packaged data, and what the store raises.
    """
    from freebsd_port.store.compiler import open_compiler

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
        made = _lock_packages(compiler, directory, release, tell)
        if (directory / TESTS.source).is_file():
            made |= _lock_tests(compiler, directory, release, tell, made[PACKAGES.lock])
    changed = (
        directory / name for name, data in made.items() if save_if_changed(directory / name, data)
    )
    return _judge(project, release, tuple(changed))


def check_lock(project: Project, release: Release) -> LockResult:
    """Judge a release's lock as it is, without an index.

    Raises LockError when one of its files is missing.
    """
    return _judge(project, release, ())


def _lock_packages(
    compiler: Compiler, directory: Path, release: Release, tell: Progress
) -> dict[str, bytes]:
    """Make the lock of the environment; gives the content of each file by name."""
    from freebsd_port.store.compiler import compile_requirements

    header = _HEADER.format(name=release.name)
    data = compile_requirements(compiler, directory / PACKAGES.source, header)
    return _describe(compiler, PACKAGES, data, tell)


def _lock_tests(
    compiler: Compiler, directory: Path, release: Release, tell: Progress, packages: bytes
) -> dict[str, bytes]:
    """Make the lock of what the tests need beside the environment's."""
    from freebsd_port.store.compiler import compile_requirements

    tell("locking what upstream's own tests need beside it")
    data = compile_requirements(
        compiler,
        directory / TESTS.source,
        _TEST_HEADER.format(name=release.name),
        beside={PACKAGES.lock: packages},
    )
    known = locked_by_name(parse_locked(packages, PACKAGES.lock))
    return _describe(compiler, TESTS, without_locked(data, known.keys()), tell)


def _describe(
    compiler: Compiler, files: LockFiles, data: bytes, tell: Progress
) -> dict[str, bytes]:
    from freebsd_port.store.compiler import describe_locked

    locked = parse_locked(data, files.lock)
    tell(f"asking the index about {len(locked)} packages")
    dependencies = describe_locked(compiler, locked, data)
    return {files.lock: data, files.dependencies: render_dependencies(dependencies)}


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
        raise LockError(
            f"release {release.name} has no {path.name}",
            where=str(path),
            hint=f"freebsd-port lock --release {release.name}",
        ) from error


def _judge(project: Project, release: Release, changed: tuple[Path, ...]) -> LockResult:
    directory = project.release_directory(release.name)
    packages = _load(directory, PACKAGES, release)
    has_tests = any((directory / name).is_file() for name in (TESTS.source, TESTS.lock))
    tests = _load(directory, TESTS, release) if has_tests else None
    differences = find_differences(release, packages, tests)
    problems = find_problems(release, packages, tests, differences, directory)
    beside = tests.locked if tests else ()
    return LockResult(release, packages.locked, beside, differences, problems, changed)
