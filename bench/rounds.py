"""Rounds: every tool puts the same series on, one after the other, and then all of them again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.contestants import (
    Contestant,
    Step,
    make_contestants,
    process_environment,
    write_patches,
)
from bench.nova import lay_out, write_files
from bench.process import CommandError, Cost, Costs, run_measured
from bench.series import GeneratedSeries, generate_series
from freebsd_port.openstack.store.python.wheels import Wheel

LONG = 1000
"""From this many patches on, slow steps are run once."""

LONGEST = 10_000
"""From this many patches on only our own commands are run: for the others it takes hours."""

Progress = Callable[[str], None]


@dataclass(slots=True)
class SeriesResult:
    """What one length of series cost each tool."""

    count: int
    steps: dict[str, Costs]
    """By label, in the order of the contestants; absent tools and steps left out have none."""

    absent: tuple[str, ...] = ()
    """Labels of steps whose program is not here."""

    left_out: tuple[str, ...] = ()
    """Labels of slow steps that --quick left out."""


@dataclass(slots=True)
class _Field:
    """The trees in which the tools work, and what must be found there."""

    root: Path
    before: Mapping[str, bytes]
    series: GeneratedSeries
    runs: dict[str, list[Cost]] = field(default_factory=dict)


def measure_series(
    wheel: Wheel,
    targets: Mapping[str, bytes],
    count: int,
    rounds: int,
    root: Path,
    *,
    is_quick: bool,
    progress: Progress,
) -> SeriesResult:
    """Measure all tools with `count` patches below `root`.

    Every tool must leave the same bytes; raises CommandError when one does not.
    """
    series = generate_series(targets, count)
    write_patches(root / "patches", series)
    field_ = _Field(root, targets, series)
    contestants = make_contestants(root / "patches")[: 1 if count >= LONGEST else None]
    present = [(f"tree{n}", c) for n, c in enumerate(contestants) if c.is_present]
    for name, contestant in present:
        progress(f"{count} patches: preparing {contestant.steps[0].label}")
        lay_out((wheel,), root / name)
        contestant.prepare(root / name)
    left_out: dict[str, None] = {}
    for number in range(1, rounds + 1):
        for name, contestant in present:
            _restore(field_, root / name, contestant)
            for step in contestant.steps:
                if step.is_slow and count >= LONG and (is_quick or number > 1):
                    if is_quick:
                        left_out[step.label] = None
                    continue
                progress(f"{count} patches, round {number} of {rounds}: {step.label}")
                _measure(field_, root / name, step)
    return SeriesResult(
        count,
        {label: Costs(tuple(costs)) for label, costs in field_.runs.items()},
        tuple(step.label for c in contestants if not c.is_present for step in c.steps),
        tuple(left_out),
    )


def _restore(field_: _Field, tree: Path, contestant: Contestant) -> None:
    contestant.reset(tree)
    write_files(tree, {path: field_.before[path] for path in field_.series.after})
    os.sync()  # or the first fsync that is measured writes these copies to the disk


def _measure(field_: _Field, tree: Path, step: Step) -> None:
    cost = run_measured(step.command, cwd=tree, env=process_environment(field_.root))
    wanted = field_.series.after if step.is_on else field_.before
    wrong = [p for p in field_.series.after if (tree / p).read_bytes() != wanted[p]]
    if wrong:
        raise CommandError(f"{step.label} left other bytes in {', '.join(wrong[:3])}")
    field_.runs.setdefault(step.label, []).append(cost)
