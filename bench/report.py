"""The outcome as tables for people and as JSON for machines."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from os import cpu_count
from typing import Any

from bench.process import Costs
from bench.rounds import SeriesResult
from bench.targets import OURS, Verdict
from bench.whole import WholeResult


def render_tables(
    whole: WholeResult | None, results: Mapping[int, SeriesResult], verdicts: Sequence[Verdict]
) -> str:
    """Give everything as Markdown tables, which also read well on a terminal."""
    parts = [_heading()]
    if whole is not None:
        parts.append(_whole_table(whole))
    parts += [_series_table(result) for result in results.values()]
    if verdicts:
        parts.append(_verdict_table(verdicts))
    return "\n\n".join(parts)


def render_json(
    whole: WholeResult | None, results: Mapping[int, SeriesResult], verdicts: Sequence[Verdict]
) -> dict[str, Any]:
    """Give everything with every single run; seconds and bytes."""
    return {
        "date": _today(),
        "python": platform.python_version(),
        "cpus": cpu_count(),
        "whole": _runs(whole.steps) if whole else {},
        "not_measured": whole.not_measured if whole else {},
        "series": [
            {
                "patches": result.count,
                "steps": _runs(result.steps),
                "absent": list(result.absent),
                "left_out": list(result.left_out),
            }
            for result in results.values()
        ],
        "targets": [asdict(verdict) for verdict in verdicts],
        "ok": all(verdict.holds is not False for verdict in verdicts),
    }


def _runs(steps: Mapping[str, Costs]) -> dict[str, Any]:
    return {label: [asdict(run) for run in costs.runs] for label, costs in steps.items()}


def _today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def _heading() -> str:
    return (
        f"{_today()}, {platform.system()} {platform.machine()}, {cpu_count()} CPUs, "
        f"Python {platform.python_version()}; medians of whole processes"
    )


def _whole_table(whole: WholeResult) -> str:
    rows = [
        [label, _seconds(c.wall), _seconds(c.fastest), _seconds(c.cpu), _megabytes(c.peak)]
        for label, c in whole.steps.items()
    ]
    rows += [[label, reason, "", "", ""] for label, reason in whole.not_measured.items()]
    return _table(["whole command", "wall s", "fastest s", "CPU s", "peak MB"], rows)


def _series_table(result: SeriesResult) -> str:
    ours = result.steps[OURS].cpu
    rows = [
        [
            label,
            _seconds(costs.cpu),
            _seconds(costs.wall),
            _megabytes(costs.peak),
            f"{costs.cpu / ours:.2f}",
            str(len(costs.runs)),
        ]
        for label, costs in result.steps.items()
    ]
    rows += [[label, "absent", "", "", "", "0"] for label in result.absent]
    rows += [[label, "left out", "", "", "", "0"] for label in result.left_out]
    head = [f"{result.count} patches", "CPU s", "wall s", "peak MB", f"CPU / {OURS}", "runs"]
    return _table(head, rows)


def _verdict_table(verdicts: Sequence[Verdict]) -> str:
    words = {True: "PASS", False: "MISS", None: "-"}
    rows = [[v.name, v.limit, v.found, words[v.holds]] for v in verdicts]
    return _table(["target", "limit", "found", ""], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    ruled = [head, ["-" * width for width in widths], *rows]
    return "\n".join(f"| {' | '.join(map(str.ljust, row, widths))} |" for row in ruled)


def _seconds(value: float) -> str:
    return f"{value:.3f}"


def _megabytes(value: int) -> str:
    return f"{value / 1e6:.0f}"
