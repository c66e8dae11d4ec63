"""What `series check-order` prints: each prefix that fails, and what is proved of the others."""

from __future__ import annotations

from typing import Any

import click

from freebsd_port.cli.options import Common
from freebsd_port.cli.render import count, paint, print_error, print_json, problem_rows, say
from freebsd_port.openstack.ops.inspect.check_order import (
    OrderReport,
    OrderRequest,
    PrefixReport,
    check_order,
)

_FAILS = {"apply": "does not apply", "compile": "does not compile", "import": "does not import"}


def check_and_show(
    common: Common, platforms: tuple[str, ...], *, is_imported: bool, is_offline: bool
) -> None:
    """Prove each prefix, and exit with 1 when one fails or the imports could not be tried."""
    project = common.project()
    request = OrderRequest(
        project.load_release(common.release).name,
        common.options,
        common.venv,
        common.role,
        platforms,
        is_imported,
        is_offline,
    )
    report = check_order(project, request, common.progress)
    if common.as_json:
        print_json(_as_json(report))
    elif common.verbosity >= 0 or not report.is_proved:
        _show(report, is_verbose=common.verbosity > 0)
        if report.unproved is not None:
            print_error(report.unproved)
    if not report.is_proved:
        click.get_current_context().exit(1)


def _show(report: OrderReport, *, is_verbose: bool) -> None:
    last: set[str] = set()
    for prefix in report.prefixes:
        lines = [f"{_FAILS[one.stage]}: {one.what}: {one.where}" for one in prefix.problems]
        if lines or is_verbose:
            word = paint("good", "good") if prefix.is_good else paint("fails", "bad")
            say(f"{prefix.number:4} {word} {prefix.patch}")
        for line in lines:
            say(f"         {'still ' if line in last else ''}{line}")
        last = set(lines)
    say(_summary(report))


def _summary(report: OrderReport) -> str:
    total = len(report.prefixes)
    parts = [f"{count(sum(one.is_good for one in report.prefixes), 'prefix')} of {total} good"]
    for stage in _FAILS:
        failing = sum(any(p.stage == stage for p in one.problems) for one in report.prefixes)
        if failing:
            parts.append(f"{failing} failing to {stage}")
    standing = sum(
        one.stands_on is not None and all(p.stage != "apply" for p in one.problems)
        for one in report.prefixes
    )
    if standing:
        parts.append(f"{standing} on a patch that does not apply")
    proved = f"imported on {', '.join(report.platforms)}" if report.platforms else "not imported"
    return f"{', '.join(parts)}; {proved}"


def _as_json(report: OrderReport) -> dict[str, Any]:
    unproved = [] if report.unproved is None else [report.unproved]
    return {
        "ok": report.is_proved,
        "verb": "series check-order",
        "release": report.release,
        "imported_on": list(report.platforms),
        "prefixes": [_prefix_json(prefix) for prefix in report.prefixes],
        "problems": problem_rows(unproved),
    }


def _prefix_json(prefix: PrefixReport) -> dict[str, Any]:
    return {
        "patch": prefix.patch,
        "number": prefix.number,
        "good": prefix.is_good,
        "stands_on": prefix.stands_on,
        "problems": [
            {"stage": one.stage, "what": one.what, "where": one.where} for one in prefix.problems
        ],
    }
