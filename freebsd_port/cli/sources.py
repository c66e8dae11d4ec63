"""What `status` and `apply --dry-run` print where there is no environment: the plan on wheels."""

from __future__ import annotations

import click

from freebsd_port.cli.options import Common
from freebsd_port.cli.render import count, paint, print_json, problem_rows, say
from freebsd_port.cli.summary import displaced
from freebsd_port.core.plan import Plan


def show_sources(common: Common, verb: str, *, is_offline: bool, fails: bool) -> None:
    """Print how the series lies on the release's wheels; with `fails`, exit 1 when it does not."""
    from freebsd_port.ops.sources import plan_sources

    project = common.project()
    release = project.load_release(common.release).name
    plan = plan_sources(project, release, is_offline=is_offline, progress=common.progress)
    if common.as_json:
        print_json(_as_json(verb, release, plan))
    elif common.verbosity >= 0:
        say(f"release {release}: no environment; the series on its wheels")
        for outcome in plan.patches:
            look = "good" if outcome.is_clean else "bad"
            word = "fits" if outcome.is_clean else "does not fit"
            say(f"  {paint(f'{word:12}', look)} {outcome.name}{displaced(outcome.hunks)}")
            for problem in outcome.problems:
                say(paint(f"      {problem.what}: {problem.where}", "dim"))
        fitting = sum(outcome.is_clean for outcome in plan.patches)
        say(
            f"{fitting} of {count(len(plan.patches), 'patch')} fit; try: freebsd-port venv "
            f"--release {release}"
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
