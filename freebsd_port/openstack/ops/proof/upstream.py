"""`verify upstream`: upstream's own tests on unpatched and patched packages, compared.

Both sides run in baseline environments: copies of the target, one with every patch popped.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Event

from freebsd_port.engine.core.progress import counting
from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.ops.apply.apply import Distance, pop_patches
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.openstack.core.proof.outcomes import (
    Change,
    Comparison,
    Outcomes,
    compare,
    is_pass,
    module_of,
)
from freebsd_port.openstack.core.proof.suites import (
    Suite,
    choose_suites,
    find_modules,
    of_distributions,
)
from freebsd_port.openstack.core.release.release import Release
from freebsd_port.openstack.ops.environment import EnvironmentTarget
from freebsd_port.openstack.ops.proof.proof_record import (
    require_current,
    require_patched,
    save_upstream,
)
from freebsd_port.openstack.ops.proof.test_tools import find_upstream_tools, target_python
from freebsd_port.openstack.ops.proof.verified import utc_now
from freebsd_port.openstack.ops.series import open_environment
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.proof.baseline import Baseline, make_baseline
from freebsd_port.openstack.store.proof.own import own_system
from freebsd_port.openstack.store.proof.upstream_tests import (
    KnownOutcomes,
    UpstreamError,
    digest_key,
    find_known,
    has_sudo,
    run_alone,
    run_tests,
    runner_digest,
    save_known,
)
from freebsd_port.openstack.store.python.environment import find_installed


class Baselines:
    """Makes either side when it is first asked for, below a directory that the caller removes."""

    def __init__(
        self,
        project: Project,
        workspace: Workspace,
        directory: Path,
        progress: Callable[[str], None],
    ) -> None:
        self._project = project
        self._workspace = workspace
        self._directory = directory
        self._progress = progress
        self.tools = _require_tools(project, workspace, progress)
        self.conditions = describe_conditions(project, workspace)

    @cached_property
    def patched(self) -> Baseline:
        """The side with the target's patches on."""
        return self._make("p")

    @cached_property
    def unpatched(self) -> Baseline:
        """The side with every patch off, byte for byte as the wheels have it."""
        baseline = self._make("u")
        source = self._workspace.source
        role = _pinned(self._project, self._workspace).role
        bare = open_environment(self._project, source.release, baseline.root, source.options, role)
        pop_patches(bare, Distance(is_all=True))
        return baseline

    def _make(self, name: str) -> Baseline:
        root = self._workspace.target.root
        pins = _pinned(self._project, self._workspace).pins
        python, _ = target_python(self._workspace)
        self._progress("copying the pinned distributions")
        installed = find_installed(root, [pin.distribution for pin in pins]).values()
        return make_baseline(self._directory / name, python, root, installed, (self.tools,))


def describe_conditions(project: Project, workspace: Workspace) -> dict[str, object]:
    """Give what the outcome of a test on unpatched packages can depend on, the machine aside."""
    release = _pinned(project, workspace)
    tests = project.test_requirements(release.name).read_bytes()
    return {
        "system": own_system(),
        "python": target_python(workspace)[1],
        "wheels": [pin.sha256 for pin in release.pins],
        "packages": sorted(path.name for path in workspace.target.root.glob("*.dist-info")),
        "tests": hash_bytes(tests),
        "runner": runner_digest(),
    }


def _pinned(project: Project, workspace: Workspace) -> Release:
    """Give the release of a workspace, narrowed to the role of its environment."""
    target = workspace.target
    if isinstance(target, EnvironmentTarget):
        return target.release
    return project.load_release(workspace.release)


def _require_tools(project: Project, workspace: Workspace, progress: Callable[[str], None]) -> Path:
    tools = find_upstream_tools(project, workspace, progress)
    if tools is None:
        name = str(workspace.release)
        raise UpstreamError(
            f"nothing says what upstream's tests need on release {name}",
            where=str(project.test_requirements(name)),
            hint=f"write test-requirements.in, then: freebsd-port lock --release {name}",
        )
    return tools


ALONE_AT_MOST = 40
"""With more lost passes than this, no test is run again alone: that is no flaky test."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class UpstreamResult:
    """What came of it, suite by suite."""

    comparisons: tuple[Comparison, ...]
    known: tuple[tuple[str, str], ...]
    """Distributions whose unpatched side was known, and since when."""

    python: str
    processes: int
    """Side by side, on either side."""

    has_sudo: bool
    """Whether tests that start a privileged helper could do so."""

    @property
    def is_good(self) -> bool:
        """Tell whether tests passed in every suite, and no pass was lost."""
        return bool(self.comparisons) and all(one.is_good for one in self.comparisons)


@dataclass(frozen=True, slots=True)
class _Job:
    """The suites of one distribution, which run together."""

    distribution: str
    suites: tuple[tuple[Suite, tuple[str, ...]], ...]
    """With the modules of each."""

    @property
    def modules(self) -> tuple[str, ...]:
        return tuple(sorted({name for _, modules in self.suites for name in modules}))


def compare_upstream(
    project: Project,
    workspace: Workspace,
    words: Iterable[str],
    *,
    again: bool = False,
    progress: Progress,
) -> UpstreamResult:
    """Run suites, named or by group, on both sides, and keep what came of it with the overlay.

    `again` runs the unpatched side even where its outcome is known. Raises UsageError for an
    unknown suite, UpstreamError where upstream's tests cannot run, VerifyError when the target is
    not as the series has it.
    """
    asked = choose_suites(words)
    pins = _pinned(project, workspace).pins
    suites = of_distributions(asked, {pin.distribution for pin in pins})
    if not suites:
        raise UpstreamError(
            f"the environment has no distribution of {', '.join(one.name for one in asked)}",
            where=str(workspace.place),
            hint="name the environment of a role that has it with --role NAME",
        )
    require_linux()
    root = workspace.target.root
    state = load_state(root)
    require_patched(workspace, state)
    require_current(workspace, state)
    processes = os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="fp-", ignore_cleanup_errors=True) as name:
        baselines = Baselines(project, workspace, Path(name), progress)
        runner = _Runner(baselines, processes, again, progress)
        comparisons: list[Comparison] = []
        for job in _find_jobs(suites, root):
            comparisons += runner.compare(job)
        conditions = describe_conditions(project, workspace)
    order = [suite.name for suite in suites]
    comparisons.sort(key=lambda one: order.index(one.suite))
    save_upstream(root, state, comparisons)
    return UpstreamResult(
        tuple(comparisons), tuple(runner.known), str(conditions["python"]), processes, has_sudo()
    )


def require_linux() -> None:
    """Raise UpstreamError elsewhere."""
    if own_system() != "Linux":
        raise UpstreamError(
            f"upstream's tests are for Linux, and this is {own_system()}",
            hint="run it in a checkout on Linux; here: freebsd-port verify",
        )


def _find_jobs(suites: tuple[Suite, ...], root: Path) -> list[_Job]:
    """Look which modules the suites have in this release; one without any is left out."""
    jobs: dict[str, list[tuple[Suite, tuple[str, ...]]]] = {}
    for suite in suites:
        top = suite.roots[0].partition(".")[0]
        below = (path.relative_to(root) for path in (root / top).rglob("test_*.py"))
        modules = find_modules(suite, (path.as_posix()[:-3].replace("/", ".") for path in below))
        if modules:
            jobs.setdefault(suite.distribution, []).append((suite, modules))
    if not jobs:
        names = ", ".join(suite.name for suite in suites)
        raise UpstreamError(
            f"the target has no tests of {names}",
            where=str(root),
            hint="install the distributions from their wheels, which bring them",
        )
    return [_Job(distribution, tuple(found)) for distribution, found in jobs.items()]


class _Runner:
    """Runs jobs on both sides."""

    def __init__(
        self, baselines: Baselines, processes: int, again: bool, progress: Progress
    ) -> None:
        self.known: list[tuple[str, str]] = []
        self._baselines = baselines
        self._processes = processes
        self._again = again
        self._progress = progress
        self._stop = Event()

    def compare(self, job: _Job) -> list[Comparison]:
        """Give a comparison for each suite of a job; what seems lost is run again, alone."""
        before = self._unpatched(job)
        after = self._run(job, is_patched=True)
        found = []
        for suite, modules in job.suites:
            mine = tuple(_only(modules, job.modules, side) for side in (before, after))
            found.append(compare(suite.name, *mine))
        lost = [change for one in found for change in one.lost]
        if not lost or len(lost) > ALONE_AT_MOST:
            return found
        self._progress(f"{job.distribution}: {len(lost)} lost, running each alone on both sides")
        return [
            replace(one, changes=tuple(self._recheck(change, job) for change in one.changes))
            for one in found
        ]

    def _unpatched(self, job: _Job) -> Outcomes:
        key = digest_key(
            {
                **self._baselines.conditions,
                "modules": job.modules,
                "processes": self._processes,
                "sudo": has_sudo(),
            }
        )
        known = None if self._again else find_known(key)
        if known is not None:
            self.known.append((job.distribution, known.time))
            self._progress(f"{job.distribution}, unpatched: known from {known.time}")
            return known.outcomes
        outcomes = self._run(job, is_patched=False)
        save_known(key, KnownOutcomes(utc_now(), outcomes))
        return outcomes

    def _run(self, job: _Job, *, is_patched: bool) -> Outcomes:
        side = f"{job.distribution}, {'patched' if is_patched else 'unpatched'}"
        self._progress(f"{side}: running {', '.join(suite.name for suite, _ in job.suites)}")

        baseline = self._baselines.patched if is_patched else self._baselines.unpatched
        with TestCount(self._progress, side) as count:
            return run_tests(
                baseline, job.modules, shards=self._processes, tell=count.tell, stop=self._stop
            )

    def _recheck(self, change: Change, job: _Job) -> Change:
        """Run a test that seems lost alone, first unpatched and then patched."""
        if not is_pass(change.before):
            return change
        module = module_of(change.test, job.modules)
        modules = job.modules if module is None else (module,)
        unpatched, patched = (
            run_alone(baseline, modules, change.test, self._stop)
            for baseline in (self._baselines.unpatched, self._baselines.patched)
        )
        return replace(change, alone=(unpatched, patched))


class TestCount:
    """Counts tests: how many there are is known only when all are loaded."""

    def __init__(self, progress: Progress, side: str) -> None:
        self._progress = progress
        self._side = side
        self._done = 0
        self._tasks = ExitStack()
        self._advance: Callable[[], None] | None = None

    def __enter__(self) -> TestCount:
        self._tasks.enter_context(counting(self._progress, f"{self._side}: loading"))
        return self

    def __exit__(self, *_: object) -> None:
        self._tasks.close()

    def tell(self, done: int, total: int | None) -> None:
        """Hear how many tests have run, of how many once that is known."""
        if total and self._advance is None:
            self._tasks.close()
            task = counting(self._progress, f"{self._side}: tests", total)
            self._advance = self._tasks.enter_context(task)
        while self._advance is not None and self._done < done:
            self._done += 1
            self._advance()


def _only(modules: tuple[str, ...], all_modules: tuple[str, ...], outcomes: Outcomes) -> Outcomes:
    """Give the outcomes of the tests that are in some of the modules.

    What is in none of the job's modules, such as a test of an imported class, goes with the first.
    """
    return {
        name: one
        for name, one in outcomes.items()
        if (module_of(name, all_modules) or all_modules[0]) in modules
    }
