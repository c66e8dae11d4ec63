"""What was promised, held against what was measured. Source: the issue that set the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.process import Costs
from bench.rebasing import ALL, GIT_ONE, ONE
from bench.reviewing import SECONDS as REVIEW_SECONDS
from bench.rounds import SeriesResult

SECONDS = {
    "--help": 0.12,
    "status": 0.35,
    "make patch with nothing to do": 0.35,
    "apply the real series": 0.6,
    ONE: 1.5,
    ALL: 6.0,
    **REVIEW_SECONDS,
}
"""Wall time of the whole process, median."""

LONG = 1000
SHORT = 100
OURS = "freebsd-port apply"
AT_LEAST = (
    (OURS, "quilt push -a", 30.0),
    ("freebsd-port pop -a", "quilt pop -a", 100.0),
    (OURS, "git am", 15.0),
)
"""(ours, theirs, how many times as fast), in CPU time at 1,000 patches."""

GIT_APPLY = 2.5
GROWTH = 12.0
PEAK = 200_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """One limit and what was found."""

    name: str
    limit: str
    found: str
    holds: bool | None
    """None when it could not be measured."""


def judge_whole(steps: Mapping[str, Costs], not_measured: Mapping[str, str]) -> list[Verdict]:
    """Hold wall times against the limits in seconds."""
    verdicts: list[Verdict] = []
    for label, limit in SECONDS.items():
        costs = steps.get(label)
        if costs is None:
            found = not_measured.get(label, "not measured")
            verdicts.append(Verdict(label, f"<= {limit} s", found, None))
            continue
        found = f"{costs.wall:.3f} s, fastest {costs.fastest:.3f}"
        verdicts.append(Verdict(label, f"<= {limit} s", found, costs.wall <= limit))
    return [*verdicts, _against_git_rebase(steps)]


def _against_git_rebase(steps: Mapping[str, Costs]) -> Verdict:
    name, limit = f"{ONE} against git rebase", "<= its CPU"
    if ONE not in steps or GIT_ONE not in steps:
        return Verdict(name, limit, "not measured", None)
    ratio = steps[ONE].cpu / steps[GIT_ONE].cpu
    return Verdict(name, limit, f"{ratio:.2f} times", ratio <= 1)


def judge_series(results: Mapping[int, SeriesResult]) -> list[Verdict]:
    """Hold ratios, growth and memory against the limits; needs the long series."""
    long = results.get(LONG)
    if long is None:
        return []
    verdicts = [_faster(long, ours, theirs, times) for ours, theirs, times in AT_LEAST]
    verdicts.append(_against_git_apply(long))
    if SHORT in results:
        growth = long.steps[OURS].cpu / results[SHORT].steps[OURS].cpu
        limit, name = f"<= {GROWTH:g} times", f"{OURS}: {LONG} patches against {SHORT}"
        verdicts.append(Verdict(name, limit, f"{growth:.1f} times", growth <= GROWTH))
    peak = max(costs.peak for label, costs in long.steps.items() if label.startswith("freebsd"))
    found = f"{peak / 1e6:.0f} MB"
    verdicts.append(Verdict("peak memory", f"< {PEAK / 1e6:.0f} MB", found, peak < PEAK))
    return verdicts


def _faster(result: SeriesResult, ours: str, theirs: str, times: float) -> Verdict:
    name, limit = f"{ours} against {theirs}", f">= {times:g} times as fast"
    if theirs not in result.steps:
        return Verdict(name, limit, _why_not(result, theirs), None)
    ratio = result.steps[theirs].cpu / result.steps[ours].cpu
    return Verdict(name, limit, f"{ratio:.1f} times", ratio >= times)


def _against_git_apply(result: SeriesResult) -> Verdict:
    theirs = "git apply, one call"
    name, limit = f"{OURS} against one git apply", f"<= {GIT_APPLY:g} times its CPU"
    if theirs not in result.steps:
        return Verdict(name, limit, _why_not(result, theirs), None)
    ratio = result.steps[OURS].cpu / result.steps[theirs].cpu
    return Verdict(name, limit, f"{ratio:.2f} times", ratio <= GIT_APPLY)


def _why_not(result: SeriesResult, label: str) -> str:
    return "left out by --quick" if label in result.left_out else "absent here"
