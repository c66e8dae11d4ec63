"""What was promised, held against what was measured. Source: the issue that set the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.process import Costs
from bench.rebasing import ALL, ALL_ANEW, GIT_SAME, LONG_ONE, ONE, SAME
from bench.reviewing import SECONDS as REVIEW_SECONDS
from bench.rounds import SeriesResult
from bench.whole import FRESH_PATCH, NOTHING, TEST

SECONDS = {
    "--help": 0.12,
    "status": 0.07,
    NOTHING: 0.10,
    "apply the real series": 0.12,
    FRESH_PATCH: 90.0,
    TEST: 360.0,
    ONE: 0.5,
    SAME: 0.5,
    ALL: 3.0,
    ALL_ANEW: 3.0,
    LONG_ONE: 6.0,
    **REVIEW_SECONDS,
}
"""Wall time of the whole process, median."""

LONGEST = 10_000
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
PEAK = {LONG: 200_000_000, LONGEST: 300_000_000}
"""Bytes resident at most of any command of ours, by patches."""
REBASE_PEAK = 150_000_000
"""Bytes resident at most of a rebase of a long generated series."""


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
    return [*verdicts, _rebase_peak(steps), _against_git_rebase(steps)]


def _rebase_peak(steps: Mapping[str, Costs]) -> Verdict:
    name, limit = f"peak memory, {LONG_ONE}", f"< {REBASE_PEAK / 1e6:.0f} MB"
    if LONG_ONE not in steps:
        return Verdict(name, limit, "not measured", None)
    peak = steps[LONG_ONE].peak
    return Verdict(name, limit, f"{peak / 1e6:.0f} MB", peak < REBASE_PEAK)


def _against_git_rebase(steps: Mapping[str, Costs]) -> Verdict:
    name, limit = f"{SAME} against git rebase", "<= its CPU"
    if SAME not in steps or GIT_SAME not in steps:
        return Verdict(name, limit, "not measured", None)
    ratio = steps[SAME].cpu / steps[GIT_SAME].cpu
    return Verdict(name, limit, f"{ratio:.2f} times", ratio <= 1)


def judge_series(results: Mapping[int, SeriesResult]) -> list[Verdict]:
    """Hold ratios, growth and memory against the limits; needs the long series."""
    verdicts: list[Verdict] = []
    if LONG in results:
        verdicts += [
            _faster(results[LONG], ours, theirs, times) for ours, theirs, times in AT_LEAST
        ]
        verdicts.append(_against_git_apply(results[LONG]))
    verdicts += _growth(results, LONG, SHORT) + _peak(results, LONG)
    return verdicts + _growth(results, LONGEST, LONG) + _peak(results, LONGEST)


def _growth(results: Mapping[int, SeriesResult], long: int, short: int) -> list[Verdict]:
    if long not in results or short not in results:
        return []
    growth = results[long].steps[OURS].cpu / results[short].steps[OURS].cpu
    name = f"{OURS}: {long} patches against {short}"
    return [Verdict(name, f"<= {GROWTH:g} times", f"{growth:.1f} times", growth <= GROWTH)]


def _peak(results: Mapping[int, SeriesResult], count: int) -> list[Verdict]:
    if count not in results:
        return []
    steps = results[count].steps.items()
    peak = max(costs.peak for label, costs in steps if label.startswith("freebsd"))
    limit = PEAK[count]
    name, found = f"peak memory, {count} patches", f"{peak / 1e6:.0f} MB"
    return [Verdict(name, f"< {limit / 1e6:.0f} MB", found, peak < limit)]


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
