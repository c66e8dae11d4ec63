"""`series check-order`: whether each prefix of the series applies, is Python, and imports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from freebsd_port.engine.core.apply.layers import (
    Prefix,
    find_syntax_fault,
    module_name,
    walk_prefixes,
)
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.progress import counting
from freebsd_port.engine.core.text.file import Tree
from freebsd_port.engine.ops.target.patch_source import load_series, options_or_all
from freebsd_port.errors import PortError
from freebsd_port.openstack.core.release.platform import EMULATED, NATIVE
from freebsd_port.openstack.core.release.release import Release, venv_command
from freebsd_port.openstack.ops.series import (
    find_place,
    find_role,
    patched_pins,
    role_source,
)
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.proof.import_prefixes import (
    ImportRunError,
    ImportStep,
    ImportTarget,
    run_imports,
)
from freebsd_port.openstack.store.proof.own import own_python, own_system
from freebsd_port.openstack.store.python.environment import (
    EnvironmentUnusableError,
    find_installed,
    read_environment,
)
from freebsd_port.openstack.store.python.wheels import Progress, WheelTree, require_wheels

Stage = Literal["apply", "compile", "import"]
_MINORS = range(6, 40)


class OrderError(PortError):
    """Why the imports were not tried."""


@dataclass(frozen=True, slots=True)
class PrefixProblem:
    """What is wrong with one prefix."""

    stage: Stage
    what: str
    where: str
    """A place in a patch, a file, or a module and its platform."""


@dataclass(frozen=True, slots=True)
class PrefixReport:
    """The series up to and with one patch."""

    patch: str
    number: int
    problems: tuple[PrefixProblem, ...]
    stands_on: str | None
    """An earlier patch that does not apply; then this prefix does not either."""

    @property
    def is_good(self) -> bool:
        """Tell whether all that was tried went well."""
        return not self.problems and self.stands_on is None


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What is known of every prefix."""

    release: str
    prefixes: tuple[PrefixReport, ...]
    platforms: tuple[str, ...]
    """Where the modules were imported."""

    unproved: PortError | None = None
    """Why they were not, though that was asked for."""

    @property
    def is_proved(self) -> bool:
        """Tell whether all that was asked for is so."""
        return self.unproved is None and all(prefix.is_good for prefix in self.prefixes)


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What is to be proved, and where."""

    release: str
    options: frozenset[str]
    venv: Path | None
    role: str | None
    platforms: tuple[str, ...]
    """Empty for FreeBSD, as itself or emulated."""

    is_imported: bool
    is_offline: bool


def check_order(project: Project, request: OrderRequest, progress: Progress) -> OrderReport:
    """Prove every prefix over the pinned wheels; each one that fails is in the report.

    The series is that of one role: the named one, or the one of the environment. Without options,
    the patches under every option are on. Raises what reading the series, its patches and the
    wheels raises.
    """
    catalogue = project.load_release(request.release)
    place = find_place(project, catalogue, request.venv, request.role)
    release = catalogue.for_role(find_role(place, request.role))
    options = options_or_all(load_series(project.series), request.options, project.series)
    source = role_source(project, release, options)
    goal = source.load_patches(source.load_series().entries)
    pins = patched_pins(project, release)
    wheels = require_wheels(pins, is_offline=request.is_offline, progress=progress)
    tree = WheelTree(wheels)
    patches = ((one.entry, parse_patch(one.entry.name, one.data)) for one in goal)
    prefixes = tuple(walk_prefixes(tree, patches))
    problems = {prefix.number: _misses(prefix) for prefix in prefixes}
    unproved: PortError | None = None
    platforms: tuple[str, ...] = ()
    if request.is_imported:
        platforms = request.platforms or _default_platforms()
        try:
            target = _find_interpreter(release, place)
            _import(prefixes, tree, target, platforms, problems, progress)
        except (EnvironmentUnusableError, OrderError, ImportRunError) as error:
            unproved, platforms = error, ()
    if not platforms:
        progress(f"compiling each of {len(prefixes)} prefixes")
    _compile(prefixes, _lowest_minor(release), problems, with_modules=not platforms)
    return OrderReport(release.name, _report(prefixes, problems), platforms, unproved)


Problems = dict[int, list[PrefixProblem]]
"""By the number of the prefix."""


def _misses(prefix: Prefix) -> list[PrefixProblem]:
    return [PrefixProblem("apply", one.what, one.where or "") for one in prefix.problems]


def _default_platforms() -> tuple[str, ...]:
    return (NATIVE,) if own_system() == "FreeBSD" else (EMULATED[-1],)


def _find_interpreter(release: Release, place: Path) -> ImportTarget:
    """Find the environment, whatever is on there; its packages are the pinned ones."""
    hint = f"{venv_command(release.name, release.role)}, or --no-import"
    try:
        environment = read_environment(place.absolute())
    except EnvironmentUnusableError as error:
        error.hint = hint
        raise
    names = [pin.distribution for pin in release.pins]
    found = find_installed(environment.packages, names)
    for pin in release.pins:
        version = found[pin.distribution].version if pin.distribution in found else "nothing"
        if version != pin.version:
            raise OrderError(
                f"the environment does not hold {pin.distribution} {pin.version}",
                where=f"{version} in {environment.root}",
                hint=hint,
            )
    return ImportTarget(environment.python or own_python(), environment.packages)


def _import(
    prefixes: Sequence[Prefix],
    tree: Tree,
    target: ImportTarget,
    platforms: Sequence[str],
    problems: Problems,
    progress: Progress,
) -> None:
    steps = _make_steps(prefixes, tree)
    for platform in platforms:
        progress(f"importing the modules of {len(steps)} prefixes on {platform}")

        with counting(progress, f"prefixes on {platform}", len(steps)) as advance:

            def tell(_done: int, advance: Callable[[], None] = advance) -> None:
                advance()

            failures = run_imports(target, steps, platform, tell)
        for failure in failures:
            where = f"{failure.module or 'the modules'} on {platform}"
            problem = PrefixProblem("import", failure.error, where)
            problems[prefixes[failure.step].number].append(problem)


def _make_steps(prefixes: Sequence[Prefix], tree: Tree) -> list[ImportStep]:
    """Give the files that each prefix changes; before the first one they are as released."""
    files: dict[str, bytes | None] = {}
    for path in dict.fromkeys(path for prefix in prefixes for path in prefix.files):
        state = tree.read(path)
        files[path] = None if state is None else state.content
    steps: list[ImportStep] = []
    touched: dict[str, bytes | None] = {}
    for prefix in prefixes:
        touched.update(prefix.files)
        names = [module_name(path) for path, data in touched.items() if data is not None]
        step = ImportStep(prefix.files, tuple(name for name in names if name))
        steps.append(step if steps else replace(step, files={**files, **prefix.files}))
    return steps


def _lowest_minor(release: Release) -> int:
    """Give the oldest Python 3 that the release takes, whose grammar the patches keep to."""
    return next((n for n in _MINORS if release.allows_python(f"3.{n}")), _MINORS[0])


def _compile(
    prefixes: Sequence[Prefix], minor: int, problems: Problems, *, with_modules: bool
) -> None:
    """Compile what each prefix changed; a fault lasts until a patch changes the file again."""
    faults: dict[str, str | None] = {}
    for prefix in prefixes:
        for path, data in prefix.files.items():
            is_wanted = path.endswith(".py") and (with_modules or module_name(path) is None)
            faults[path] = (
                find_syntax_fault(path, data, minor) if data is not None and is_wanted else None
            )
        problems[prefix.number] += (
            PrefixProblem("compile", fault, path) for path, fault in faults.items() if fault
        )


def _report(prefixes: Sequence[Prefix], problems: Problems) -> tuple[PrefixReport, ...]:
    reports = []
    broken: str | None = None
    for prefix in prefixes:
        found = tuple(problems[prefix.number])
        reports.append(PrefixReport(prefix.patch, prefix.number, found, broken))
        if prefix.problems and broken is None:
            broken = prefix.patch
    return tuple(reports)
