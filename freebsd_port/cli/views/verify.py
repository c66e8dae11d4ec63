"""What verify, and apply --verify, print of what was proved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from freebsd_port.cli.options import Common
from freebsd_port.cli.render import count, paint, print_json, problem_rows, say
from freebsd_port.errors import PortError
from freebsd_port.openstack.core.release.platform import mode_of
from freebsd_port.openstack.ops.proof.verify import Verification, verify_target

if TYPE_CHECKING:
    from freebsd_port.engine.ops.target.workspace import Workspace
    from freebsd_port.openstack.core.proof.coverage import HunkCoverage
    from freebsd_port.openstack.core.proof.patch_report import PatchReport

_NOTHING_PASSED = "no check passed, so nothing was proved"


def verify_and_show(
    common: Common,
    workspace: Workspace,
    *,
    platforms: tuple[str, ...],
    again: bool,
    patches: tuple[str, ...] = (),
    every_line: bool = False,
    with_long: bool = False,
    junit: Path | None = None,
    before: dict[str, Any] | None = None,
) -> None:
    """Run the checks, print what came of them, and leave with 1 when something failed.

    `before` is what the verb did until now; in JSON it becomes one document with the rest. With
    `every_line` an added line that no check ran is a failure. `with_long` runs the long checks too.
    """
    result = verify_target(
        common.project(),
        workspace,
        platforms=platforms,
        patches=patches,
        again=again,
        every_line=every_line,
        with_long=with_long,
        progress=common.progress,
    )
    is_good = result.is_good and (result.has_every_line or not every_line)
    if junit is not None:
        from freebsd_port.cli.views.report_file import save_report
        from freebsd_port.cli.views.verify_junit import render_junit

        save_report(junit, render_junit(result, every_line=every_line))
    if common.as_json:
        found = verification_json(result, every_line=every_line)
        print_json(
            found
            if before is None
            else {
                **before,
                "ok": found["ok"],
                "problems": found["problems"],
                "verification": found,
            }
        )
    elif common.verbosity >= 0 or not is_good:
        show_verification(result, verbose=common.verbosity > 0)
    if not is_good:
        click.get_current_context().exit(1)


def show_verification(result: Verification, *, verbose: bool) -> None:
    """Print the runs, what failed, and the hunks that no check ran."""
    if result.known is not None:
        known = result.known
        where = ", ".join(known.platforms)
        say(
            f"verified {known.time}: {count(known.passed, 'check')} passed on {where}, nothing "
            "changed since"
        )
        return
    for run in result.runs:
        look = "bad" if run.failures else "good"
        numbers = f"{run.passed} passed, {len(run.failures)} failed, {len(run.skipped)} skipped"
        say(f"{run.distribution:15} {paint(numbers, look)}  {paint(run.header, 'dim')}")
        for failure in run.failures:
            say(f"  {paint('failed', 'bad')}  {failure.check}: {_first_line(failure.message)}")
        for skip in run.skipped:
            say(f"  {paint('skipped', 'warn')} {skip.check}: {_first_line(skip.message)}")
    _show_hunks(result, verbose=verbose)
    _show_total(result)
    for problem in _nothing_proved(result):
        say(paint(problem.what, "bad"))


def _show_total(result: Verification) -> None:
    passed = sum(run.passed for run in result.runs)
    failed = sum(len(run.failures) for run in result.runs)
    platforms = ", ".join(dict.fromkeys(run.platform for run in result.runs))
    total = f"{count(passed, 'check')} passed, {failed} failed on {platforms}"
    run = sum(covered.is_covered for covered in result.hunks)
    lines, ran = (sum(getattr(one, n) for one in result.patches) for n in ("added", "executed"))
    excused = sum(len(one.excused) for one in result.patches)
    total += f"; {run} of {count(len(result.hunks), 'hunk')} run by checks"
    total += f", {ran} of {count(lines, 'added line')}"
    total += f", {excused} only on FreeBSD" if excused else ""
    say(total)


def _show_hunks(result: Verification, *, verbose: bool) -> None:
    for covered in result.hunks:
        hunk = covered.hunk
        name = f"{hunk.patch} {hunk.path} hunk {hunk.number} of {hunk.total}"
        lines = ", ".join(map(str, covered.missed))
        if not covered.is_run:
            say(f"{paint('not run', 'bad')} {name}: lines {lines}")
        elif covered.missed:
            say(f"{paint('partly', 'warn')}  {name}: lines {lines} not run")
        elif verbose and covered.excused:
            lines = ", ".join(map(str, covered.excused))
            say(f"{paint('native', 'dim')}  {name}: lines {lines} run only on FreeBSD")
        elif verbose:
            say(f"{paint('run', 'good')}     {name}: {', '.join(covered.checks) or 'no statement'}")


def _problems(result: Verification, *, every_line: bool) -> list[PortError]:
    """Give each failed check, or that there was none, and each line not run, as an error."""
    problems = [
        PortError(
            f"{failure.check} failed: {_first_line(failure.message)}",
            where=f"{run.distribution} on {run.platform}",
        )
        for run in result.runs
        for failure in run.failures
    ]
    problems += _nothing_proved(result)
    if every_line:
        problems += [
            PortError(f"no check runs a line of {one.patch}", where=f"{path}:{line}")
            for one in result.patches
            for path, line in one.missed
        ]
    return problems


def _nothing_proved(result: Verification) -> list[PortError]:
    """Give an error if no check passed, or none of a patch that was asked for."""
    if result.is_good or any(run.failures for run in result.runs):
        return []
    if result.unproved:
        return [PortError(f"no check of {name} passed") for name in result.unproved]
    return [PortError(_NOTHING_PASSED)]


def _first_line(message: str) -> str:
    return message.splitlines()[0] if message else "no message"


def verification_json(result: Verification, *, every_line: bool = False) -> dict[str, Any]:
    """Give it as JSON has it."""
    from dataclasses import asdict

    problems = _problems(result, every_line=every_line)
    return {
        "ok": not problems,
        "verb": "verify",
        "problems": problem_rows(problems),
        "known": asdict(result.known) if result.known else None,
        "runs": [
            {
                "distribution": run.distribution,
                "platform": run.platform,
                "mode": mode_of(run.platform),
                "header": run.header,
                "passed": run.passed,
                "failed": [asdict(failure) for failure in run.failures],
                "skipped": [asdict(skip) for skip in run.skipped],
                "checks": [
                    {"check": one.check, "outcome": one.outcome, "mode": mode_of(run.platform)}
                    for one in run.cases
                ],
                "patches": {
                    name: {"passed": good, "failed": bad}
                    for name, (good, bad) in sorted(run.patches.items())
                },
            }
            for run in result.runs
        ],
        "patches": [_patch_json(one) for one in result.patches],
        "hunks": [_hunk_json(covered) for covered in result.hunks],
    }


def _hunk_json(covered: HunkCoverage) -> dict[str, Any]:
    return {
        "patch": covered.hunk.patch,
        "path": covered.hunk.path,
        "hunk": covered.hunk.number,
        "added": list(covered.hunk.added),
        "statements": covered.statements,
        "executed": covered.executed,
        "missed": list(covered.missed),
        "excused": list(covered.excused),
        "checks": list(covered.checks),
    }


def _patch_json(one: PatchReport) -> dict[str, Any]:
    return {
        "patch": one.patch,
        "checks": {
            platform: {"run": passed + failed, "passed": passed, "failed": failed}
            for platform, (passed, failed) in one.checks.items()
        },
        "hunks": {"total": len(one.hunks), "covered": sum(hunk.is_covered for hunk in one.hunks)},
        "lines": {
            "added": one.added,
            "covered": one.executed,
            "uncovered": [{"path": path, "line": line} for path, line in one.missed],
            "native_only": [{"path": path, "line": line} for path, line in one.excused],
        },
        "upstream": {
            "unchanged": list(one.unchanged),
            "changed": list(one.changed),
            "not_compared": list(one.not_compared),
        },
    }
