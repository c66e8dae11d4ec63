"""`releases add`: a new release, or other pins for one that is here; all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from freebsd_port.engine.core.progress import counting
from freebsd_port.engine.store.files.lock import locked
from freebsd_port.errors import PortError, ProblemsError, UsageError
from freebsd_port.openstack.core.release.markers import pythons_of
from freebsd_port.openstack.core.release.new_release import (
    edit_release,
    find_constrained,
    fit_pythons,
    nearest_release,
    render_constraints,
    render_release,
    render_requirements,
    require_release_name,
)
from freebsd_port.openstack.core.release.published import Published, find_wheel_of, release_line
from freebsd_port.openstack.core.release.release import (
    COMPUTE,
    PATCHED_DISTRIBUTIONS,
    Pin,
    Release,
    ReleaseError,
    parse_release,
)
from freebsd_port.openstack.core.release.requirements import (
    RequirementError,
    packages_of,
    parse_locked,
)
from freebsd_port.openstack.ops.release.requirements_lock import (
    LockResult,
    lock_release,
    read_known,
)
from freebsd_port.openstack.store.project.project import Project, save_if_changed
from freebsd_port.openstack.store.project.staged_release import commit_release, staged_release
from freebsd_port.openstack.store.python.index import list_published
from freebsd_port.openstack.store.python.wheels import Progress

_CONSTRAINTS = "upper-constraints.txt"


@dataclass(frozen=True, slots=True)
class Constraints:
    """The content of an upper-constraints file, and what it is called in messages."""

    data: bytes
    where: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a release is to be made of; None and nothing mean: as before, or as the nearest."""

    versions: Mapping[str, str]
    """By published name."""

    python: str | None = None
    codename: str | None = None
    constraints: Constraints | None = None
    requires: tuple[str, ...] = ()
    """More lines of requirements.in."""


@dataclass(frozen=True, slots=True)
class AddedRelease:
    """What came of it."""

    release: Release
    model: str
    """The release that requirements.in was taken from; the release itself when it was here."""

    moved: tuple[tuple[str, str | None, str], ...]
    """(distribution, version before or None, version) of each pin that is another now."""

    locks: tuple[LockResult, ...]
    """Of each role, compute first."""

    changed: tuple[Path, ...]


def add_release(project: Project, name: str, wishes: Wishes, progress: Progress) -> AddedRelease:
    """Make the directory of a release, or move the pins of one, with a lock of its packages.

    Everything is made beside `releases` first; on any error nothing is changed. Of a release that
    is here the files are replaced one by one, release.toml last: after a kill, the same command
    finishes. Raises UsageError for wishes that cannot be meant, ReleaseError for a wheel that the
    index does not have or whose Pythons are others, and what the index and the lock raise.
    """
    if project.is_packaged:
        raise UsageError(
            "the releases inside an installed package cannot be changed",
            where=str(project.root),
            hint="run the command in a checkout",
        )
    names = project.release_names()
    is_new = require_release_name(name) not in names
    model = project.load_release(nearest_release(name, names) if is_new else name)
    if is_new and wishes.constraints is None:
        raise UsageError(
            f"a new release needs the upper-constraints of {name}",
            hint=f"download https://releases.openstack.org/constraints/upper/{name} "
            "and name it with --constraints FILE",
        )
    release = _shape(model, name, wishes, is_new=is_new)
    versions = _choose_versions(release, model, wishes, is_new)
    may_narrow = is_new and wishes.python is None
    release = _pin(release, model, versions, progress, may_narrow=may_narrow)
    with locked(project.root), staged_release(project, name, model.name) as staged:
        _write(staged, release, wishes)
        if is_new:
            _seed(staged, project, name)
        locks = _lock(staged, project, release, progress)
        changed = commit_release(staged, project, name)
    before = {} if is_new else {pin.distribution: pin.version for pin in model.pins}
    moved = tuple(
        (pin.distribution, before.get(pin.distribution), pin.version)
        for pin in release.pins
        if before.get(pin.distribution) != pin.version
    )
    return AddedRelease(release, model.name, moved, locks, changed)


def _shape(model: Release, name: str, wishes: Wishes, *, is_new: bool) -> Release:
    """Give the release with its Pythons and codename, and the model's pins still.

    A new release has the pins and locks of the role compute only.
    """
    codename = wishes.codename or (name if is_new else model.codename)
    shaped = replace(model, name=name, codename=codename, python=wishes.python or model.python)
    if is_new:
        shaped = replace(shaped, pins=shaped.pins_of(PATCHED_DISTRIBUTIONS), roles=())
    parse_release(render_release(shaped), name)  # the range is the user's
    if not pythons_of(shaped):
        raise UsageError(f"no Python 3 is in the range {shaped.python}")
    return shaped


def _choose_versions(
    release: Release, model: Release, wishes: Wishes, is_new: bool
) -> dict[str, str]:
    """Give the version of every distribution: named, else constrained, else as before."""
    versions = {} if is_new else {pin.distribution: pin.version for pin in model.pins}
    if wishes.constraints is not None:
        data, where = wishes.constraints.data, wishes.constraints.where
        versions |= find_constrained(data, where, pythons_of(release)[0], _names(release))
    versions |= wishes.versions
    missing = [one for one in _names(release) if one not in versions]
    if missing:
        raise UsageError(
            f"no version of {', '.join(missing)}",
            hint=" ".join(f"--pin {one}=VERSION" for one in missing),
        )
    nova = model.require_pin("nova").version
    if not is_new and release_line("nova", versions["nova"]) != release_line("nova", nova):
        raise UsageError(
            f"nova {versions['nova']} is not a point release of {release.name}, which has {nova}",
            hint="add it as a release of its own, under another name",
        )
    return versions


def _pin(
    release: Release,
    model: Release,
    versions: Mapping[str, str],
    progress: Progress,
    *,
    may_narrow: bool,
) -> Release:
    """Give the release with its pins; asks the index for those that the model has not.

    `may_narrow` lets the Pythons of the wheels decide about the release's.
    """
    known = {(pin.distribution, pin.version): pin for pin in model.pins}
    asked = [one for one in _names(release) if (one, versions[one]) not in known]
    published: dict[str, tuple[Published, ...]] = {}
    if asked:
        progress(f"asking the index about {', '.join(asked)}")
        with counting(progress, "asking the index"):
            published = list_published(asked)
    if may_narrow:
        wheels = [find_wheel_of(versions[one], found) for one, found in published.items()]
        ranges = [wheel.python for wheel in wheels if wheel is not None and wheel.python]
        release = replace(release, python=fit_pythons(release.python, ranges))
    pins: list[Pin] = []
    problems: list[PortError] = []
    for one in _names(release):
        try:
            pins.append(
                known.get((one, versions[one]))
                or replace(
                    _find_pin(release, one, versions[one], published[one]),
                    fits=release.require_pin(one).fits,
                )
            )
        except ReleaseError as error:
            problems.append(error)
    if problems:
        raise ProblemsError(tuple(problems))
    return replace(release, pins=tuple(pins))


def _names(release: Release) -> tuple[str, ...]:
    """Name what a release pins."""
    return tuple(pin.distribution for pin in release.pins)


def _pythons_of(release: Release, distribution: str) -> tuple[str, ...]:
    """Give the Pythons of the roles that have a distribution, oldest first."""
    roles = (release.for_role(name) for name in release.role_names)
    pythons = {p for one in roles if one.find_pin(distribution) for p in pythons_of(one)}
    return tuple(one for one in pythons_of(release) if one in pythons)


def _find_pin(
    release: Release, distribution: str, version: str, published: Sequence[Published]
) -> Pin:
    wheel = find_wheel_of(version, published)
    if wheel is None or wheel.sha256 is None:
        raise ReleaseError(
            f"the index has no wheel of {distribution} {version}"
            + (" with a SHA-256" if wheel else ""),
            where="the package index that pip is set to",
            hint="freebsd-port releases outdated",
        )
    refused = [one for one in _pythons_of(release, distribution) if not wheel.allows_python(one)]
    if refused:
        raise ReleaseError(
            f"{distribution} {version} is not for Python {', '.join(refused)}, "
            f"its metadata says {wheel.python}",
            where=wheel.wheel,
            hint="name the Pythons of the release with --python RANGE",
        )
    return Pin(distribution, wheel.version, wheel.wheel, wheel.sha256)


def _write(staged: Project, release: Release, wishes: Wishes) -> None:
    """Write what a person writes: pins, requirements.in, constraints."""
    directory = staged.release_directory(release.name)
    for role in release.role_names:
        wanted = directory / packages_of(role).source
        more = wishes.requires if role == COMPUTE else ()
        pins = release.for_role(role).pins
        save_if_changed(wanted, render_requirements(wanted.read_bytes(), pins, more))
    if wishes.constraints is not None:
        given = wishes.constraints
        constraints = render_constraints(given.data, given.where, release.name)
        save_if_changed(directory / _CONSTRAINTS, constraints)
    file = directory / "release.toml"
    is_here = file.exists()
    data = edit_release(file.read_bytes(), release) if is_here else render_release(release)
    save_if_changed(file, data)


def _seed(staged: Project, project: Project, name: str) -> None:
    """Begin the lock with what other releases lock of the versions that the constraints fix.

    pip-compile then takes their hashes from there and does not ask the index for them again.
    """
    directory = staged.release_directory(name)
    fixed = set((directory / _CONSTRAINTS).read_text("utf-8").split("\n"))
    seed: dict[str, str] = {}
    for other in project.release_names():
        lock = project.requirements(other)
        try:
            locked = parse_locked(lock.read_bytes(), str(lock))
        except (OSError, RequirementError):
            continue  # its own check reports it
        for one in locked:
            if f"{one.distribution}==={one.version}" in fixed:
                hashes = "".join(f" \\\n    --hash=sha256:{sha256}" for sha256 in one.sha256)
                seed[one.distribution] = f"{one.distribution}=={one.version}{hashes}\n"
    staged.requirements(name).write_text("".join(seed[one] for one in sorted(seed)), "utf-8")


def _lock(
    staged: Project, project: Project, release: Release, progress: Progress
) -> tuple[LockResult, ...]:
    """Lock what is staged, role by role; messages name the place where it will be."""
    there, here = str(staged.root), str(project.root)
    try:
        known = read_known(project)
        results = tuple(
            lock_release(staged, release, role, known=known, progress=progress)
            for role in release.role_names
        )
        if problems := tuple(one for result in results for one in result.problems):
            raise ProblemsError(problems)
    except ProblemsError as error:
        for problem in error.problems:
            problem.where = problem.where and problem.where.replace(there, here)
            problem.hint = problem.hint or "add what is missing with --require NAME"
        raise
    return results
