"""A plan judged: another program computes the series once more, and every byte must agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from freebsd_port.engine.core.apply.plan import Plan
from freebsd_port.engine.core.judge.second_applier import CannotJudgeError, SeriesPatch, TextFile
from freebsd_port.engine.core.text.file import FileState, PathError, Tree
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.engine.store.judge.programs import Judge, find_judge, judge_series
from freebsd_port.errors import PortError

_NAMES = re.compile(
    rb"^(?:---|\+\+\+|Index:|diff --git|(?:rename|copy) (?:from|to)) (.*)$", re.MULTILINE
)


class JudgeError(PortError):
    """The judge's result of the series differs from the plan's."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who judged a plan, and where the two differ."""

    judge: str
    problems: tuple[JudgeError, ...]


def judge_plan(
    tree: Tree,
    goal: Sequence[GoalPatch],
    plan: Plan,
    judge: Judge | None = None,
    *,
    fuzz: int = 0,
) -> Judgement:
    """Compute the result of the patches once more, and compare it with a clean plan.

    Only files that the patches name are looked at; they are written to a directory of their own.
    """
    judge = judge or find_judge()
    paths = {edit.path for edit in plan.edits} | set(_named_paths(goal))
    paths |= {path for outcome in plan.patches for path in outcome.paths}
    before = {path: _as_text(state) for path, state in _read_all(tree, paths)}
    patches = [
        SeriesPatch(one.entry.name, one.data, one.entry.strip, one.entry.reverse) for one in goal
    ]
    try:
        judged = judge_series(judge, before, patches, fuzz)
    except CannotJudgeError as error:
        return Judgement(
            judge.name, (JudgeError(f"{judge.name} does not apply the series", where=str(error)),)
        )
    planned = dict(before)
    for edit in plan.edits:
        planned.pop(edit.path, None)
        if edit.after is not None:
            planned[edit.path] = _as_text(edit.after)
    differing = sorted(
        path for path in planned.keys() | judged.keys() if planned.get(path) != judged.get(path)
    )
    return Judgement(
        judge.name,
        tuple(
            JudgeError(
                f"{judge.name} gives a different result than freebsd-port",
                where=path,
                hint="do not use the series as it is; report the patches of this file",
            )
            for path in differing
        ),
    )


def _as_text(state: FileState) -> TextFile:
    return TextFile(state.content, bool((state.mode or 0) & 0o111))


def _read_all(tree: Tree, paths: Iterable[str]) -> Iterator[tuple[str, FileState]]:
    for path in sorted(paths):
        try:
            state = tree.read(path)
        except PathError:
            continue  # a name in the prose that no patch may touch
        if state is not None:
            yield path, state


def _named_paths(goal: Sequence[GoalPatch]) -> Iterator[str]:
    """Give what may be a path in any header line, read in the crudest way."""
    for one in goal:
        for line in _NAMES.findall(one.data):
            for word in line.split(b"\t")[0].split():
                parts = word.decode("utf-8", "surrogateescape").split("/")
                for strip in (0, one.entry.strip):
                    path = "/".join(parts[strip:])
                    if path and ".." not in parts and not path.startswith("/"):
                        yield path
