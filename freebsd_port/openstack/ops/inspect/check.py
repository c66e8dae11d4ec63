"""`check`: series, files, headers, locks, pins and names agree; every finding at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.apply.option_sets import OptionPlans, plan_options
from freebsd_port.engine.core.apply.plan import Plan
from freebsd_port.engine.core.apply.series_lock import (
    LockedFile,
    SeriesLockError,
    render_lock,
    write_lock_command,
)
from freebsd_port.engine.core.progress import counted
from freebsd_port.engine.core.series.variant import variant_name
from freebsd_port.engine.core.source.findings import Fault, examine
from freebsd_port.engine.core.source.missing_names import Missing
from freebsd_port.engine.core.text.file import split_lines
from freebsd_port.engine.ops.apply.judge import judge_plan
from freebsd_port.engine.ops.target.patch_source import load_series
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.errors import PortError, ProblemsError, UsageError
from freebsd_port.openstack.core.release.release import Release
from freebsd_port.openstack.core.release.series_lint import lint_patch, lint_roles, lint_series
from freebsd_port.openstack.core.upstream import SUFFIX
from freebsd_port.openstack.ops.inspect.plan_on_wheels import Goal, read_patches, read_sources
from freebsd_port.openstack.ops.inspect.status import find_status_faults, read_status
from freebsd_port.openstack.ops.release.requirements_lock import check_lock
from freebsd_port.openstack.ops.series import load_lock
from freebsd_port.openstack.ops.upstream.changes import find_change_faults
from freebsd_port.openstack.store.project.decisions import load_decisions
from freebsd_port.openstack.store.project.project import Project, save_if_changed
from freebsd_port.openstack.store.python.wheels import WheelTree


class MeaningError(PortError):
    """What a patch means on a release is wrong there, although it applies."""


def meaning_findings(
    release: str, tree: WheelTree, goal: Goal, plan: Plan
) -> tuple[MeaningError, ...]:
    """Find missing names and other faults in a plan of the series over the release's wheels."""
    after = {
        edit.path: split_lines(edit.after.content) if edit.after else None for edit in plan.edits
    }
    files = {
        edit.path: (
            split_lines(edit.before.content) if edit.before else [],
            after[edit.path] or [],
        )
        for edit in plan.edits
    }

    def read(path: str) -> Sequence[bytes] | None:
        if path not in after:
            state = tree.read(path)
            after[path] = split_lines(state.content) if state else None
        return after[path]

    found = examine(files, read)
    if not found.missing and not found.faults:
        return ()
    lines = [(entry.name, patch.changed_lines()) for entry, patch in reversed(goal)]

    def name_patch(text: bytes) -> str:
        return next((name for name, known in lines if text in known), "series")

    def finding(what: str, one: Missing | Fault, name: str) -> MeaningError:
        hint = f"give the patch a variant for it: patches/{variant_name(name, release)}"
        return MeaningError(what, where=f"{one.path}:{one.line}", hint=hint)

    findings = []
    for missing in found.missing:
        name = name_patch(missing.text)
        what = f"{release} has no {missing.name}, which {name} reads"
        findings.append(finding(what, missing, name))
    for fault in found.faults:
        name = name_patch(fault.text)
        findings.append(finding(f"{name} on {release}: {fault.reason}", fault, name))
    return tuple(findings)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was looked at, and what is wrong."""

    patches: int
    releases: tuple[str, ...]
    """Releases looked at, oldest first."""

    uncarried: tuple[str, ...]
    """Those without a series.lock: the series was not rebased to them yet."""

    findings: tuple[PortError, ...]
    written: tuple[Path, ...] = ()
    judge: str | None = None
    """Who computed the series once more, None when it was computed for no release."""


def check_project(
    project: Project,
    release: str | None = None,
    *,
    is_offline: bool = False,
    progress: Callable[[str], None],
) -> CheckResult:
    """Look at the series and one release, or all of them.

    Needs the pinned wheels of releases that have a series.lock, from the cache or the index.
    """
    names = project.release_names()
    chosen = (project.load_release(release).name,) if release else names
    locked = tuple(name for name in chosen if project.series_lock(name).exists())
    patches = _read_patches(project)
    findings = _lint_project(project, patches, chosen)
    judge: str | None = None
    for name in counted(progress, "checking the releases", locked):
        with _collected(findings):
            lock = load_lock(project, name)
            plan = _plan_release(project, name, is_offline=is_offline, progress=progress)
            findings += _lock_findings(name, lock or (), plan.files)
            findings += plan.meaning
            judge = plan.judge
            if name == project.default_release():
                findings += find_change_faults(project, plan.tree)
    uncarried = tuple(name for name in chosen if name not in locked)
    findings += _default_findings(project, uncarried)
    return CheckResult(len(patches), chosen, uncarried, tuple(findings), judge=judge)


def lock_series(
    project: Project,
    release: str | None = None,
    *,
    is_offline: bool = False,
    progress: Callable[[str], None],
) -> CheckResult:
    """Write series.lock of one release; or of the newest, and of each that has one already.

    Nothing is written while there is a finding. Missing names and the like are excepted: `check`
    reports them, and the lock vouches for the bytes. Needs the pinned wheels, from the cache or
    the index.
    """
    if project.is_packaged:
        raise UsageError(
            "the series was installed with the package, where nothing is written",
            where=str(project.root),
            hint="name a checkout with --project DIR",
        )
    names = project.release_names()
    chosen = (project.load_release(release).name,) if release else names
    newest = project.default_release()
    locked = tuple(
        name for name in chosen if release or name == newest or project.series_lock(name).exists()
    )
    patches = _read_patches(project)
    findings = _lint_project(project, patches, locked)
    plans: list[_ReleasePlan] = []
    for name in counted(progress, "planning the series", locked):
        with _collected(findings):
            plans.append(_plan_release(project, name, is_offline=is_offline, progress=progress))
    written: list[Path] = []
    for plan in plans if not findings else ():
        path = project.series_lock(plan.release)
        written += [path] if save_if_changed(path, render_lock(plan.files)) else []
    findings += [one for plan in plans for one in plan.meaning]
    uncarried = tuple(name for name in chosen if name not in locked)
    judge = plans[-1].judge if plans else None
    return CheckResult(len(patches), chosen, uncarried, tuple(findings), tuple(written), judge)


@dataclass(frozen=True, slots=True)
class _ReleasePlan:
    """What the series makes of the wheels of one release."""

    release: str
    tree: WheelTree
    files: tuple[LockedFile, ...]
    meaning: tuple[MeaningError, ...]
    judge: str
    """Who computed the series once more."""


def _plan_release(
    project: Project, name: str, *, is_offline: bool, progress: Callable[[str], None]
) -> _ReleasePlan:
    """Raise ProblemsError if the series does not apply, or the judge makes other files of it.

    Raises what reading the wheels raises as well.
    """
    progress(f"planning the series on the wheels of {name}")
    release = project.load_release(name)
    options = load_series(project.series).options
    tree, texts = read_sources(project, release, options, is_offline=is_offline, progress=progress)
    goal = read_patches(texts)
    plans = plan_options(tree, goal)
    if plans.problems:
        raise ProblemsError(plans.problems)
    base = [one for one in texts if one.entry.option is None]
    judgements = [judge_plan(tree, base, plans.base)]
    if plans.whole is not plans.base:
        judgements.append(judge_plan(tree, texts, plans.whole))
    problems = [problem for one in judgements for problem in one.problems]
    if problems:
        raise ProblemsError(tuple(problems))
    meaning = _meaning_of_all(name, tree, goal, plans)
    return _ReleasePlan(name, tree, plans.files, meaning, judgements[0].judge)


def _meaning_of_all(
    name: str, tree: WheelTree, goal: Goal, plans: OptionPlans
) -> tuple[MeaningError, ...]:
    """Find what is wrong without options, and with all of them, each thing once."""
    base = tuple(one for one in goal if one[0].option is None)
    found = list(meaning_findings(name, tree, base, plans.base))
    if plans.whole is not plans.base:
        known = {one.what for one in found}
        optional = meaning_findings(name, tree, goal, plans.whole)
        found += [one for one in optional if one.what not in known]
    return tuple(found)


def _lint_project(
    project: Project, patches: Mapping[str, bytes], releases: Sequence[str]
) -> list[PortError]:
    """Find what is wrong with the texts, and with the requirements locks of these releases."""
    findings = _lint_texts(project, patches)
    for name in releases:
        with _collected(findings):
            release = project.load_release(name)
            for role in release.role_names:
                with _collected(findings):
                    findings += check_lock(project, release, role).problems
    return findings


def _lint_texts(project: Project, patches: Mapping[str, bytes]) -> list[PortError]:
    """Find what is wrong with the series, the decisions and the patches in themselves."""
    findings: list[PortError] = []
    with _collected(findings):
        series = load_series(project.series)
        findings += lint_series(series, patches, _load_releases(project))
        findings += lint_roles(series, patches)
    with _collected(findings):
        load_decisions(project)
    for name, content in patches.items():
        findings += lint_patch(name, content)
    return findings


def _load_releases(project: Project) -> tuple[Release, ...]:
    return tuple(project.load_release(name) for name in project.release_names())


def check_reviews(
    project: Project, release: str | None, *, is_offline: bool, progress: Callable[[str], None]
) -> tuple[PortError, ...]:
    """Find each hunk that is not approved as it is, on one release or on all that are carried."""
    from freebsd_port.openstack.ops.review.decide import find_unreviewed

    findings: list[PortError] = []
    with _collected(findings):
        findings += find_unreviewed(project, release, is_offline=is_offline, progress=progress)
    return tuple(findings)


def check_workspace(open_workspace: Callable[[], Workspace]) -> tuple[PortError, ...]:
    """Find where an environment is not as the series leaves it; that it is none is a finding."""
    findings: list[PortError] = []
    with _collected(findings):
        findings += find_status_faults(read_status(open_workspace()))
    return tuple(findings)


@contextmanager
def _collected(findings: list[PortError]) -> Iterator[None]:
    """Make findings of the errors raised inside, so that the check goes on."""
    try:
        yield
    except ProblemsError as error:
        findings += error.problems
    except PortError as error:
        findings.append(error)


def _read_patches(project: Project) -> dict[str, bytes]:
    """Give every patch file below patches/ by its name there, sorted."""
    return {
        path.relative_to(project.patches).as_posix(): path.read_bytes()
        for path in sorted(project.patches.rglob("*.patch"))
        if not path.parent.name.removesuffix("~").endswith(SUFFIX)
    }


def _default_findings(project: Project, uncarried: tuple[str, ...]) -> list[PortError]:
    name = project.default_release()
    if name not in uncarried:
        return []
    return [
        SeriesLockError(
            f"the default release {name} has no series.lock",
            where=str(project.series_lock(name)),
            hint=write_lock_command(name),
        )
    ]


def _lock_findings(
    release: str, lock: tuple[LockedFile, ...], planned: tuple[LockedFile, ...]
) -> list[PortError]:
    known = {(entry.options, entry.path): entry for entry in lock}
    found = {(entry.options, entry.path): entry for entry in planned}
    return [
        SeriesLockError(
            f"series.lock and the series disagree on {path}"
            + (f" with the option {' and '.join(options)}" if options else ""),
            where=f"releases/{release}/series.lock",
            hint=f"if you meant the change: {write_lock_command(release)}",
        )
        for options, path in sorted(set(known) | set(found))
        if known.get((options, path)) != found.get((options, path))
    ]
