"""What `check` and `series lock` print."""

from __future__ import annotations

import click

from freebsd_port.cli.context import Common
from freebsd_port.cli.render import (
    count,
    note_done,
    paint,
    print_error,
    print_json,
    problem_rows,
    say,
)
from freebsd_port.engine.ops.inspect.check import SeriesCheck
from freebsd_port.errors import PortError
from freebsd_port.openstack.ops.inspect.check import CheckResult


def show_check(
    common: Common, verb: str, result: CheckResult, findings: tuple[PortError, ...]
) -> None:
    """Print the findings and what was written; exit with 1 if there is a finding."""
    for path in result.written:
        note_done(f"wrote {path}")
    if common.as_json:
        print_json(
            {
                "ok": not findings,
                "verb": verb,
                "patches": result.patches,
                "releases": list(result.releases),
                "uncarried": list(result.uncarried),
                "judge": result.judge,
                "written": [str(path) for path in result.written],
                "problems": problem_rows(findings),
            }
        )
    else:
        for finding in findings:
            print_error(finding)
        if common.verbosity >= 0:
            for path in result.written:
                say(f"wrote {path}")
            for name in result.uncarried:
                say(paint(f"{name}: no series.lock, the series was not rebased to it", "dim"))
            if result.judge is not None:
                say(paint(f"computed once more by {result.judge}", "dim"))
            looked = f"{count(result.patches, 'patch')}, {count(len(result.releases), 'release')}"
            say(f"{looked}: {count(len(findings), 'finding')}")
    if findings:
        click.get_current_context().exit(1)


def show_series_check(common: Common, result: SeriesCheck) -> None:
    """Print the findings about a series that is not a project's; exit with 1 if there is one."""
    if common.as_json:
        print_json(
            {
                "ok": not result.findings,
                "verb": "check",
                "patches": result.patches,
                "applied": result.is_applied,
                "judge": result.judge,
                "problems": problem_rows(result.findings),
            }
        )
    else:
        for finding in result.findings:
            print_error(finding)
        if common.verbosity >= 0:
            if result.judge is not None:
                say(paint(f"computed once more by {result.judge}", "dim"))
            looked = count(result.patches, "patch")
            looked += f" on {common.tree_label()}" if result.is_applied else ", not applied"
            say(f"{looked}: {count(len(result.findings), 'finding')}")
    if result.findings:
        click.get_current_context().exit(1)
