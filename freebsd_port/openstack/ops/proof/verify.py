"""`verify`: run the checks of what is on, on every platform, and say what they ran of each hunk."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.engine.core.apply.overlay import OverlayState
from freebsd_port.engine.core.progress import counting
from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.files.read import list_files, read_whole
from freebsd_port.engine.store.overlay.state import BaseTree, load_state
from freebsd_port.errors import ProblemsError
from freebsd_port.in_target import IN_TARGET
from freebsd_port.openstack.core.release.platform import (
    ARM64,
    EMULATED,
    FROM_HEADERS,
    LINUX,
    NATIVE,
)
from freebsd_port.openstack.core.release.release import normalised_name
from freebsd_port.openstack.ops.proof.proof_record import (
    VerifyError,
    drop_hunk_checks,
    find_hunk_checks,
    find_modes,
    find_upstream,
    require_current,
    require_patched,
    save_hunk_checks,
)
from freebsd_port.openstack.ops.proof.verified import (
    Verified,
    digest_state,
    find_verified,
    save_verified,
    utc_now,
)
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.proof.own import own_system

if TYPE_CHECKING:
    from freebsd_port.engine.core.patch.patch import Patch
    from freebsd_port.openstack.core.proof.coverage import HunkCoverage
    from freebsd_port.openstack.core.proof.patch_report import PatchReport
    from freebsd_port.openstack.store.proof.checks import CheckSetup
    from freebsd_port.openstack.store.proof.report import CheckRun


LIVES = "lives"
"""Directory of the checks that run nova's services with a guest; long, so on one platform."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was proved of a target."""

    runs: tuple[CheckRun, ...]
    hunks: tuple[HunkCoverage, ...]
    known: Verified | None = None
    """What had been proved before of exactly this; then nothing ran now."""

    patches: tuple[PatchReport, ...] = ()
    """Each patch that is applied, or was asked for, in order, with all that is known of it."""

    unproved: tuple[str, ...] = ()
    """Patches that were asked for, and of which no check passed."""

    @property
    def has_every_line(self) -> bool:
        """Tell whether some check ran each added line that can run here."""
        if self.known is not None:
            return self.known.has_every_line
        return not any(hunk.missed for hunk in self.hunks)

    @property
    def is_good(self) -> bool:
        """Tell whether no check failed, and of those that there are for a distribution one passed.

        Not when there was no check at all: then nothing was proved.
        """
        if self.known is not None:
            return True
        runs = [run for run in self.runs if not run.is_empty]
        names = {run.distribution for run in runs} - {LIVES}  # which may lack what they need
        passed = {run.distribution for run in runs if run.passed}
        is_proved = names <= passed and not self.unproved
        return bool(names) and is_proved and not any(run.failures for run in runs)


def verify_target(
    project: Project,
    workspace: Workspace,
    *,
    platforms: tuple[str, ...] = (),
    patches: tuple[str, ...] = (),
    again: bool = True,
    every_line: bool = False,
    with_long: bool = False,
    timeout_seconds: float | None = None,
    progress: Callable[[str], None],
) -> Verification:
    """Run the checks; `again` False is content with what was proved of the same state.

    With `every_line` that proof must also have found that the checks ran each added line. Only the
    checks of applied patches are run, and of `patches` if some are named; what is proved of some
    patches is not kept as a proof of the state. `with_long` adds those that take a minute or more,
    and the profiles from headers. `timeout_seconds` is for one distribution on one
    platform; None is longer than any takes. Raises VerifyError when no patch is applied, a named
    one is not, or what is applied is not as the series has it, and ProblemsError with every
    distribution whose checks could not be run.
    """
    root = workspace.target.root
    state = load_state(root)
    require_patched(workspace, state)
    goal = require_current(workspace, state)
    only = _choose_patches(workspace, state, patches)
    chosen = platforms or _default_platforms(with_long=with_long)
    checks = _digest_checks(project.checks)
    known = None if again else find_verified(root, state)
    if known is not None and _is_proof(known, checks, chosen, every_line=every_line):
        return Verification((), (), known)
    from freebsd_port.openstack.ops.proof.test_tools import check_setup  # not where all is proved
    from freebsd_port.openstack.store.proof.checks import TIMEOUT_SECONDS, fresh_bytecode

    setup = replace(
        check_setup(project, workspace, progress),
        patches=tuple(patch.name for patch in state.patches),
        only=only,
        with_long=with_long,
        timeout_seconds=TIMEOUT_SECONDS if timeout_seconds is None else timeout_seconds,
    )
    with fresh_bytecode(setup) as bytecode:
        runs = _run_all(replace(setup, bytecode=bytecode), state, chosen, progress)
    hunks = _cover(root, state, goal, runs)
    if only:
        hunks = tuple(covered for covered in hunks if covered.hunk.patch in only)
        unproved = tuple(name for name in only if not _passed(name, runs))
        return Verification(
            tuple(run for run in runs if not run.is_empty),
            hunks,
            patches=_report(root, state, only, runs, hunks),
            unproved=unproved,
        )
    names = tuple(patch.name for patch in state.patches)
    reports = _report(root, state, names, runs, hunks)
    verification = Verification(runs, hunks, patches=reports)
    if not find_hunk_checks(root, state):
        drop_hunk_checks(root)
    if verification.is_good:
        _keep(root, state, checks, chosen, verification)
    return verification


def _choose_patches(
    workspace: Workspace, state: OverlayState, words: tuple[str, ...]
) -> tuple[str, ...]:
    """Give the applied patches that the words name, in order."""
    series = workspace.source.load_series()
    named = {series.names[series.require_index(word)] for word in words}
    applied = tuple(patch.name for patch in state.patches if patch.name in named)
    for name in sorted(named.difference(applied)):
        raise VerifyError(
            f"{name} is not applied, so it cannot be verified",
            where=str(workspace.place),
            hint=f"freebsd-port push {name}",
        )
    return applied


def _passed(patch: str, runs: tuple[CheckRun, ...]) -> int:
    """Count the checks of a patch that passed, on all platforms."""
    return sum(run.patches.get(patch, (0, 0))[0] for run in runs)


def _default_platforms(*, with_long: bool) -> tuple[str, ...]:
    if own_system() == "FreeBSD":
        return (NATIVE,)
    return (*EMULATED, *((FROM_HEADERS, ARM64) if with_long else ()), LINUX)


def _is_proof(
    known: Verified, checks: str, platforms: tuple[str, ...], *, every_line: bool
) -> bool:
    """Tell whether an earlier verification answers what is asked now."""
    return (
        known.checks == checks
        and set(platforms) <= set(known.platforms)
        and (known.has_every_line or not every_line)
    )


def _digest_checks(checks: Path) -> str:
    """Hash the checks, and what emulates and measures for them, by name and content.

    A change in any of these asks for another run.
    """
    return hash_bytes(
        b"".join(
            f"{name} {hash_bytes(read_whole(root / name))}\n".encode()
            for root in (checks, IN_TARGET)
            for name in sorted(list_files(root))
            if not name.endswith(".pyc")
        )
    )


def _run_all(
    setup: CheckSetup,
    state: OverlayState,
    platforms: tuple[str, ...],
    progress: Callable[[str], None],
) -> tuple[CheckRun, ...]:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    from freebsd_port.openstack.store.proof.checks import CheckError, run_checks
    from freebsd_port.openstack.store.proof.report import CheckRun

    distributions = dict.fromkeys(patch.name.partition("/")[0] for patch in state.patches)
    measured = tuple(entry.path for entry in state.files if entry.path.endswith(".py"))
    jobs = [
        (_directory(name), platform)
        for name in distributions
        for platform in platforms
        if (setup.checks / _directory(name)).is_dir()
        and (platform != ARM64 or name == "nova")  # no other looks at the machine
    ]
    if "nova" in distributions and (setup.checks / LIVES).is_dir():  # the longest, so it is first;
        # and until nova's checks begin, in the order of the series, it has compiled nova
        jobs[:0] = [(LIVES, name) for name in platforms if name in (NATIVE, EMULATED[-1])]
    jobs = [job for job in jobs if not setup.only or _may_prove(setup.checks / job[0], setup.only)]

    stop = Event()

    def run(job: tuple[str, str]) -> CheckRun | CheckError:
        progress(f"checking {job[0]} on {job[1]}")
        try:
            return run_checks(setup, *job, measured, stop)
        except CheckError as error:
            return error
        finally:
            advance()

    with (
        counting(progress, "running the checks", len(jobs)) as advance,
        ThreadPoolExecutor(max_workers=(os.cpu_count() or 1) + 1) as pool,  # as some only wait
    ):
        try:
            done = list(pool.map(run, jobs))
        except BaseException:  # an interrupt: nobody waits for what still runs
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    problems = tuple(one for one in done if isinstance(one, CheckError))
    if problems:
        raise ProblemsError(problems)
    return tuple(one for one in done if isinstance(one, CheckRun))


def _directory(distribution: str) -> str:
    """Name the directory of a distribution's checks."""
    return normalised_name(distribution).replace("-", "_")


def _may_prove(directory: Path, patches: tuple[str, ...]) -> bool:
    """Tell whether checks in a directory may be of one of these patches: its own, or named there.

    Checks of a patch's distribution can name it without writing it out, those elsewhere do not.
    """
    if any(_directory(name.partition("/")[0]) == directory.name for name in patches):
        return True
    texts = [path.read_text("utf-8", "replace") for path in directory.rglob("*.py")]
    return any(name in text for name in patches for text in texts)


def _cover(
    root: Path, state: OverlayState, goal: tuple[GoalPatch, ...], runs: tuple[CheckRun, ...]
) -> tuple[HunkCoverage, ...]:
    """Replay the series over the originals to know each hunk's lines, and look which ran."""
    from freebsd_port.engine.core.apply.planner import plan_series
    from freebsd_port.engine.core.apply.provenance import trace_hunks
    from freebsd_port.engine.core.patch.patch import parse_patch
    from freebsd_port.openstack.core.proof.coverage import cover_hunk, merge_executed

    patches = [(each.entry, parse_patch(each.entry.name, each.data)) for each in goal]
    plan = plan_series(BaseTree(root, state), patches, max_fuzz=state.fuzz)
    contents = {edit.path: edit.after.content for edit in plan.edits if edit.after}
    executed = merge_executed(tuple(run.executed for run in runs))
    native = {patch.name: _native_lines(patch) for _, patch in patches}
    return tuple(
        cover_hunk(hunk, contents.get(hunk.path, b""), executed, native[hunk.patch])
        for hunk in trace_hunks(patches, plan)
    )


def _native_lines(patch: Patch) -> tuple[str, ...]:
    """Give the lines that the patch's header excuses here: none on FreeBSD, which can run them."""
    from freebsd_port.engine.core.patch.header import native_lines, parse_header

    if own_system() == "FreeBSD" or not patch.changes:
        return ()
    return native_lines(parse_header(patch.changes[0].preamble))


def _report(
    root: Path,
    state: OverlayState,
    names: tuple[str, ...],
    runs: tuple[CheckRun, ...],
    hunks: tuple[HunkCoverage, ...],
) -> tuple[PatchReport, ...]:
    from freebsd_port.openstack.core.proof.patch_report import report_patches

    checks: dict[str, dict[str, tuple[int, int]]] = {}
    for run in runs:
        checks.setdefault(run.platform, {}).update(run.patches)
    suites = {verdict.suite: not verdict.lost for verdict in find_upstream(root, state)}
    return report_patches(names, checks, hunks, suites)


def _keep(
    root: Path,
    state: OverlayState,
    checks: str,
    platforms: tuple[str, ...],
    verification: Verification,
) -> None:
    passed = sum(run.passed for run in verification.runs)
    uncovered = sum(not hunk.is_covered for hunk in verification.hunks)
    found = Verified(
        digest_state(state),
        checks,
        utc_now(),
        passed,
        platforms,
        len(verification.hunks),
        uncovered,
    )
    save_hunk_checks(root, state, verification.hunks, find_modes(verification.runs))
    save_verified(root, found)
