"""`python -m bench`: measure, print tables, and fail when a target is missed."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.nova import load_wheels, read_targets
from bench.process import CommandError
from bench.rebasing import measure_rebase
from bench.report import render_json, render_tables
from bench.reviewing import measure_review
from bench.rounds import SeriesResult, measure_series
from bench.targets import judge_series, judge_whole
from bench.whole import WholeResult, measure_make, measure_whole
from freebsd_port.errors import PortError


def main() -> int:
    """Measure what was asked for; give 0 when all measured targets hold, else 1."""
    asked = _parser().parse_args()

    def progress(message: str) -> None:
        if not asked.quiet:
            print(f"... {message}", file=sys.stderr, flush=True)

    whole: WholeResult | None = None
    results: dict[int, SeriesResult] = {}
    try:
        wheels = load_wheels(progress)
        if asked.only != "series":
            with tempfile.TemporaryDirectory(prefix="freebsd-port-bench-") as name:
                whole = measure_whole(wheels, asked.rounds * 3, Path(name), progress)
                if not asked.quick:
                    steps, unmeasured = measure_make(Path(name), progress)
                    whole.steps.update(steps)
                    whole.not_measured.update(unmeasured)
                whole.steps.update(measure_rebase(asked.rounds, Path(name), progress))
                reviewed, unmeasured = measure_review(
                    wheels[0], asked.rounds, Path(name) / "review", progress
                )
                whole.steps.update(reviewed)
                whole.not_measured.update(unmeasured)
        targets = read_targets(wheels[0])
        for count in asked.sizes if asked.only != "whole" else ():
            with tempfile.TemporaryDirectory(prefix="freebsd-port-bench-") as name:
                results[count] = measure_series(
                    wheels[0],
                    targets,
                    count,
                    asked.rounds,
                    Path(name),
                    is_quick=asked.quick,
                    progress=progress,
                )
    except (CommandError, PortError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    verdicts = judge_whole(whole.steps, whole.not_measured) if whole else []
    verdicts += judge_series(results)
    if asked.json:
        print(json.dumps(render_json(whole, results, verdicts), indent=1))
    else:
        print(render_tables(whole, results, verdicts))
    return int(any(verdict.holds is False for verdict in verdicts))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure freebsd-port beside quilt, git and patch, in a temporary directory. "
        "Installs nothing; a tool that is not here is reported as absent.",
        epilog="Exit status: 0 all measured targets hold, 1 one is missed or a command failed. "
        "Example: python -m bench --quick --only series --sizes 10 100",
    )
    parser.add_argument(
        "--only", choices=("whole", "series"), help="whole commands, or generated series, only"
    )
    parser.add_argument(
        "--sizes",
        type=_size,
        nargs="+",
        default=[10, 100, 1000, 10_000],
        metavar="N",
        help="lengths of the generated series (default: 10 100 1000 10000)",
    )
    parser.add_argument(
        "--rounds",
        type=_size,
        default=5,
        metavar="N",
        help="runs of each command, three times as many of whole commands (default: 5)",
    )
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes")
    parser.add_argument("--json", action="store_true", help="print every run as JSON")
    parser.add_argument("-q", "--quiet", action="store_true", help="print no progress")
    return parser


def _size(word: str) -> int:
    number = int(word)
    if not 1 <= number <= 10_000:
        raise argparse.ArgumentTypeError("choose from 1 to 10000")
    return number


sys.exit(main())
