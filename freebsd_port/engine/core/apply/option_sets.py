"""The series with each set of options: what it makes of a tree, as series.lock records it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from freebsd_port.engine.core.apply.plan import Plan
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.apply.series_lock import LockedFile
from freebsd_port.engine.core.patch.change import named_paths
from freebsd_port.engine.core.patch.patch import Patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import Tree
from freebsd_port.errors import PortError

Goal = Sequence[tuple[SeriesEntry, Patch]]


class OptionError(PortError):
    """A patch that does not apply with one set of options, although it does with another."""


@dataclass(frozen=True, slots=True)
class OptionPlans:
    """What the series makes of a tree."""

    base: Plan
    """Without options."""

    whole: Plan
    """With every option; the same as `base` where the series has none."""

    files: tuple[LockedFile, ...]
    """Each file, once for each set of options that matters to it."""

    problems: tuple[PortError, ...]


def plan_options(tree: Tree, goal: Goal) -> OptionPlans:
    """Plan a series without options, with all, and with each set that shares a file.

    A set matters to a file when each of its options has a patch of the file: a set of options
    makes of a file what those of its options make that have a patch of it.
    """
    base = plan_series(tree, [one for one in goal if one[0].option is None])
    if base.problems or all(entry.option is None for entry, _ in goal):
        return OptionPlans(base, base, tuple(_locked(base)), base.problems)
    whole = plan_series(tree, goal)
    options = {entry.name: entry.option for entry, _ in goal}
    concerned: dict[str, set[str]] = {}
    for outcome in whole.patches:
        option = options[outcome.name]
        for path in outcome.paths if option is not None else ():
            concerned.setdefault(path, set()).add(option or "")
    every = set().union(*concerned.values())
    problems = list(_tell(whole, every))
    files = list(_locked(base))
    for chosen in _subsets(concerned.values()):
        paths = {path for path, names in concerned.items() if set(chosen) <= names}
        plan = whole if set(chosen) == every else plan_series(tree, _narrow(goal, chosen, paths))
        problems += _tell(plan, chosen) if plan is not whole else ()
        found = {one.path: one for one in _locked(plan)}
        for path in paths:
            state = tree.read(path)
            digest = state.sha256 if state else None
            one = found.get(path, LockedFile(path, digest, digest))
            files.append(replace(one, options=chosen))
    return OptionPlans(base, whole, tuple(files), tuple(problems))


def _subsets(groups: Iterable[Iterable[str]]) -> list[tuple[str, ...]]:
    """Give each set of options that have a file in common, the smaller ones first."""
    found = {
        subset
        for names in map(sorted, groups)
        for size in range(1, len(names) + 1)
        for subset in combinations(names, size)
    }
    return sorted(found, key=lambda subset: (len(subset), subset))


def _narrow(goal: Goal, options: Sequence[str], paths: set[str]) -> Goal:
    """Give what the patches that are on with these options do to these files."""
    narrowed = []
    for entry, patch in goal:
        if entry.option is not None and entry.option not in options:
            continue
        changes = tuple(
            change
            for change in patch.changes
            if not paths.isdisjoint(named_paths(change, entry.strip))
        )
        if changes:
            narrowed.append((entry, replace(patch, changes=changes)))
    return narrowed


def _tell(plan: Plan, options: Iterable[str]) -> Iterator[OptionError]:
    words = " and ".join(sorted(options))
    for problem in plan.problems:
        yield OptionError(f"with the option {words}: {problem.what}", where=problem.where)


def _locked(plan: Plan) -> Iterator[LockedFile]:
    for edit in plan.edits:
        before = edit.before.sha256 if edit.before else None
        yield LockedFile(edit.path, before, edit.after.sha256 if edit.after else None)
