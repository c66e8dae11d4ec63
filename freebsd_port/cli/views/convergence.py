"""What `apply`, `push`, `pop` and a dry run on the pinned wheels print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from freebsd_port.cli.options import Common
from freebsd_port.cli.render import count, note_done, paint, print_json, problem_rows, say

if TYPE_CHECKING:
    from freebsd_port.engine.core.apply.plan import HunkOutcome, PatchOutcome, Plan
    from freebsd_port.engine.ops.apply.converge import Convergence


def show_convergence(common: Common, verb: str, done: Convergence) -> None:
    """Print the outcome as JSON or as lines."""
    if not done.is_noop and not done.is_dry_run:
        note_done(_total(done))
    if common.as_json:
        print_json(convergence_json(verb, done))
        return
    if common.verbosity < 0:
        return
    if done.is_recovered:
        say(paint("an interrupted command was finished or undone first", "warn"))
    for name in done.forgotten:
        say(paint(f"left {name} alone: another version is installed now", "warn"))
    for name in done.reinstalled:
        say(paint(f"{name} was reinstalled: its patches are applied again", "warn"))
    for copy in done.kept:
        say(f"kept a copy: {copy}")
    if done.is_noop:
        say(f"nothing to do: {_position(done)}")
        return
    _show_patches(common, done)
    if common.verbosity > 0:
        for path in done.written:
            say(f"  {'would write' if done.is_dry_run else 'wrote'} {path}")
    say(_total(done))


def _show_patches(common: Common, done: Convergence) -> None:
    before = {patch.name: patch for patch in done.before}
    after = {patch.name: patch for patch in done.after}
    would = "would " if done.is_dry_run else ""
    for patch in reversed(done.before):
        if patch.name not in after:
            say(f"{paint(f'{would}pop    ', 'warn')} {patch.name}")
    for outcome in done.outcomes:
        old = before.get(outcome.name)
        if old == after[outcome.name] and common.verbosity <= 0:
            continue
        word = "push   " if old is None else "keep   " if old == after[outcome.name] else "refresh"
        say(f"{paint(would + word, 'good')} {outcome.name}{displaced(outcome.hunks)}")
        for omission in outcome.omissions:
            say(paint(f"    line {omission.line}: {omission.what}", "warn"))
        if common.verbosity > 0:
            for hunk in outcome.hunks:
                say(paint(f"    {_hunk_line(hunk)}", "dim"))


def displaced(hunks: tuple[HunkOutcome, ...]) -> str:
    """Give the remark after a patch's name about hunks that are placed elsewhere."""
    from freebsd_port.engine.core.apply.place import Placement

    moved = [h for h in hunks if isinstance(h.result, Placement) and h.result.kind != "exact"]
    return paint(f" ({count(len(moved), 'hunk')} displaced)", "warn") if moved else ""


def _hunk_line(hunk: HunkOutcome) -> str:
    from freebsd_port.engine.core.apply.place import Placement

    result = hunk.result
    if not isinstance(result, Placement):
        return f"{hunk.path}: hunk {hunk.number} of {hunk.total} does not fit"
    text = f"{hunk.path}:{result.line} hunk {hunk.number} of {hunk.total} {result.kind}"
    if result.offset:
        text += f" {result.offset:+d}"
    return text + (f" fuzz {result.fuzz}" if result.fuzz else "")


def _total(done: Convergence) -> str:
    word = "would be" if done.is_dry_run else "now"
    return f"{word} {_position(done)}, {count(len(done.written), 'file')} written"


def _position(done: Convergence) -> str:
    if not done.after:
        return "no patch is applied"
    return f"{count(len(done.after), 'patch')} applied, up to {done.after[-1].name}"


def convergence_json(verb: str, done: Convergence) -> dict[str, Any]:
    """Give it as JSON has it."""
    return {
        "ok": True,
        "verb": verb,
        "root": str(done.root),
        "dry_run": done.is_dry_run,
        "changed": not done.is_noop,
        "recovered": done.is_recovered,
        "patches": [patch.name for patch in done.after],
        "before": [patch.name for patch in done.before],
        "written": list(done.written),
        "kept": [str(path) for path in done.kept],
        "forgotten": list(done.forgotten),
        "reinstalled": list(done.reinstalled),
        "left_out": [
            {"patch": outcome.name, "line": omission.line, "what": omission.what}
            for outcome in done.outcomes
            for omission in outcome.omissions
        ],
        "hunks": [row for outcome in done.outcomes for row in _hunk_rows(outcome)],
    }


def _hunk_rows(outcome: PatchOutcome) -> list[dict[str, Any]]:
    from freebsd_port.engine.core.apply.place import Placement

    return [
        {
            "patch": outcome.name,
            "path": hunk.path,
            "hunk": hunk.number,
            "line": hunk.result.line,
            "offset": hunk.result.offset,
            "fuzz": hunk.result.fuzz,
            "placement": hunk.result.kind,
        }
        for hunk in outcome.hunks
        if isinstance(hunk.result, Placement)
    ]


def show_sources(common: Common, verb: str, *, is_offline: bool, fails: bool) -> None:
    """Print how the series applies to the release's wheels; with `fails`, exit 1 if it does not."""
    from freebsd_port.openstack.core.release.release import COMPUTE, venv_command
    from freebsd_port.openstack.ops.inspect.plan_on_wheels import plan_sources

    project = common.project()
    release = project.load_release(common.release).for_role(common.role or COMPUTE)
    plan = plan_sources(
        project, release, common.options, is_offline=is_offline, progress=common.progress
    )
    if common.as_json:
        print_json(_as_json(verb, release.name, plan))
    elif common.verbosity >= 0:
        role = "" if release.role == COMPUTE else f" for the role {release.role}"
        say(f"release {release.name} has no environment{role}; this is the series on its wheels")
        for outcome in plan.patches:
            look = "good" if outcome.is_clean else "bad"
            word = "fits" if outcome.is_clean else "does not fit"
            say(f"  {paint(f'{word:12}', look)} {outcome.name}{displaced(outcome.hunks)}")
            for problem in outcome.problems:
                say(paint(f"      {problem.what}: {problem.where}", "dim"))
        fitting = sum(outcome.is_clean for outcome in plan.patches)
        say(
            f"{fitting} of {count(len(plan.patches), 'patch')} fit; try: "
            f"{venv_command(release.name, release.role)}"
        )
    if fails and plan.problems:
        click.get_current_context().exit(1)


def _as_json(verb: str, release: str, plan: Plan) -> dict[str, object]:
    return {
        "ok": not plan.problems,
        "verb": verb,
        "release": release,
        "place": None,
        "patches": [
            {
                "name": outcome.name,
                "state": "fits" if outcome.is_clean else "does not fit",
                "problems": problem_rows(outcome.problems),
            }
            for outcome in plan.patches
        ],
    }
