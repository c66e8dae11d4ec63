"""The checks asked which of two clean results of a patch is right, before anything is written.

The environment of the release carries each result for as long as its checks run; the project's
files are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from freebsd_port.engine.core.rebase.outcome import RebasedPatch, Trial
from freebsd_port.engine.core.rebase.progress import RebaseState
from freebsd_port.engine.ops.apply.apply import apply_series
from freebsd_port.engine.ops.apply.converge import Options, converge
from freebsd_port.engine.ops.rebase.flow import RebasedSeries
from freebsd_port.engine.ops.target.patch_source import PatchSource, load_series
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.errors import PortError
from freebsd_port.openstack.ops.proof.proof_record import require_current
from freebsd_port.openstack.ops.proof.verify import verify_target
from freebsd_port.openstack.ops.rebase.proof import (
    NoEnvironmentError,
    name_problems,
    open_release,
)
from freebsd_port.openstack.ops.series import EnvironmentWorkspace, project_source
from freebsd_port.openstack.store.project.project import Project

Rebase = Callable[[RebaseState], RebasedSeries]


def choose_by_checks(
    project: Project,
    state: RebaseState,
    carried: RebasedSeries,
    rebase: Rebase,
    *,
    is_offline: bool,
    progress: Callable[[str], None],
) -> tuple[RebaseState, RebasedSeries]:
    """Take of two clean results of a patch the one whose checks pass, if only one's do.

    Where the code decided, the other result is tried if a check fails; where a person has to
    choose, both are. Otherwise everything stays as it is. Patches in conflict are left out of the
    trials. Gives the state with what was taken, and the series rebased so, with its trials.
    """
    if not _find_open(state, carried, ()):
        return state, carried
    try:
        workspace = open_release(project, state.new, is_offline=is_offline, progress=progress)
    except NoEnvironmentError as error:
        progress(f"the checks cannot choose between two results: {error.what}")
        return state, carried
    found: dict[str, tuple[Trial, ...]] = {}
    with _put_back(workspace):
        tester = _Tester(project, workspace, progress)
        while fresh := _find_open(state, carried, found):
            trials, taken = _ask(tester, state, carried, fresh, rebase)
            found |= trials
            if taken:
                state = replace(state, taken={**state.taken, **taken})
                carried = rebase(state)
    patches = tuple(replace(one, trials=found.get(one.name, ())) for one in carried.patches)
    return state, replace(carried, patches=patches)


def _find_open(
    state: RebaseState, carried: RebasedSeries, asked: Collection[str]
) -> list[RebasedPatch]:
    """Find the patches with two clean results that the checks have not been asked about."""
    return [
        patch
        for patch in carried.patches
        if patch.alternative is not None and patch.name not in (*asked, *state.taken)
    ]


def _ask(
    tester: _Tester,
    state: RebaseState,
    carried: RebasedSeries,
    patches: list[RebasedPatch],
    rebase: Rebase,
) -> tuple[dict[str, tuple[Trial, ...]], dict[str, str]]:
    """Try the results of some patches; give the trials, and what is to be taken otherwise."""
    firsts = {one.name: one.source or state.old for one in patches}
    choices = {one.name: firsts[one.name] for one in patches if one.state == "conflict"}
    tried = replace(state, taken={**state.taken, **choices})
    first = tester.run(rebase(tried) if choices else carried, firsts)
    seconds = {
        one.name: one.alternative
        for one in patches
        if one.alternative and (one.name in choices or first[one.name].is_bad)
    }
    second: dict[str, Trial] = {}
    if seconds:
        tried = replace(state, taken={**state.taken, **choices, **seconds})
        second = tester.run(rebase(tried), seconds)
    taken: dict[str, str] = {}
    for name, other in second.items():
        if other.is_good and first[name].is_bad:
            taken[name] = other.version
        elif name in choices and first[name].is_good and other.is_bad:
            taken[name] = first[name].version
    trials = {name: (first[name], *([second[name]] if name in second else [])) for name in first}
    return trials, taken


class _Tester:
    """Puts a rebased series on an environment and runs the checks of some of its patches."""

    def __init__(
        self,
        project: Project,
        workspace: EnvironmentWorkspace,
        progress: Callable[[str], None],
    ) -> None:
        self.project = project
        self.workspace = workspace
        self.progress = progress

    def run(self, carried: RebasedSeries, versions: Mapping[str, str]) -> dict[str, Trial]:
        """Give a trial of each patch, named with the version that its result is from."""
        on = {patch.name for patch in carried.patches if patch.is_rebased}
        names = tuple(name for name in versions if name in on)
        missing = {
            name: Trial(version, reason="it is in conflict then")
            for name, version in versions.items()
            if name not in names
        }
        if not names:
            return missing
        where = ", ".join(f"{name} from {versions[name]}" for name in names)
        self.progress(f"running the checks of {where}")
        try:
            counts = self._verify(carried, names)
        except PortError as error:
            reason = name_problems(error)
            return {n: Trial(versions[n], reason=reason) for n in names} | missing
        return {name: Trial(versions[name], *counts[name]) for name in names} | missing

    def _verify(self, carried: RebasedSeries, names: tuple[str, ...]) -> dict[str, tuple[int, int]]:
        """Count the checks of each patch that passed and failed; raises as apply and verify do."""
        with TemporaryDirectory() as directory:
            source = self._save(carried, Path(directory))
            target = self.workspace.target
            trial = replace(
                self.workspace,
                target=target.without_lock(),
                source=source,
                has_series_lock=False,
            )
            apply_series(trial)
            applied = {patch.name for patch in load_state(target.root).patches}
            asked = tuple(name for name in names if name in applied)
            counts = dict.fromkeys(names, (0, 0))
            if asked:
                done = verify_target(self.project, trial, patches=asked, progress=self.progress)
                for report in done.patches:
                    numbers = report.checks.values()
                    passed, failed = sum(n[0] for n in numbers), sum(n[1] for n in numbers)
                    counts[report.patch] = (passed, failed)
            return counts

    def _save(self, carried: RebasedSeries, directory: Path) -> PatchSource:
        """Write the series as it would be on the release, without what is left out there."""
        entries = {entry.name: entry for entry in load_series(self.project.series).entries}
        own = project_source(self.project, carried.new)
        takes = self.workspace.source.takes
        lines = []
        for patch in carried.patches:
            entry, text = entries[patch.name], patch.text
            if patch.state not in ("kept", "rewritten") or (takes and not takes(entry)):
                continue
            if text is None:
                (goal,) = own.load_patches((entry,))
                text = goal.data
            place = directory / "patches" / patch.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)
            lines.append(f"{patch.name} -p{entry.strip}\n")
        series = directory / "series"
        series.write_text("".join(lines), "utf-8")
        return PatchSource(series, directory / "patches", carried.new, directories=own.directories)


@contextmanager
def _put_back(workspace: EnvironmentWorkspace) -> Iterator[None]:
    """Put on again afterwards what the environment has on; nothing, if the texts are gone."""
    target = workspace.target
    before = load_state(target.root)
    try:
        goal = require_current(workspace, before) if before.patches else ()
    except PortError:
        goal = ()
    try:
        yield
    finally:
        if load_state(target.root).patches != before.patches:
            options = Options(before.fuzz, release=before.release)
            converge(target.without_lock(), goal, options)
