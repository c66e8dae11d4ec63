#!/usr/bin/env python3
"""Prove the rebase on real releases and on refactorings, judged by code that shares none with it.

    scripts/prove_rebase.py [--tree DIR] [--json FILE] [--markdown FILE] [--list] [CASE ...]

A case is a refactoring by name, or `nova-VERSION` of a release in tests/data/rebase-proof.toml;
none are all of them. `--tree` judges the freebsd_port of another checkout, with the series here.
The wheels of real releases are downloaded once into build/rebase-proof.

Exit status 0 when no result is silently wrong and the goals are met, 1 when not, 2 when a tool or
a wheel is missing.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/helpers"))

from rebase_proof.cases import Command, Wheel, copy_project  # noqa: E402
from rebase_proof.git_side import Git  # noqa: E402
from rebase_proof.judge import (  # noqa: E402
    Bench,
    Verdict,
    judge_refactoring,
    judge_release,
)
from rebase_proof.refactorings import REFACTORINGS, find_refactoring  # noqa: E402

PLACE = ROOT / "build" / "rebase-proof"
RELEASES = ROOT / "tests/data/rebase-proof.toml"
OLD = "2026.2"
NEW = "2027.1"


class UnavailableError(Exception):
    """A wheel that cannot be had."""


def main() -> int:
    """Judge the cases named, print a table, give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--tree", type=Path, default=ROOT, metavar="DIR")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    parser.add_argument("--list", action="store_true", help="name the cases")
    parser.add_argument("--conflicts", action="store_true", help="give the reason of each conflict")
    options = parser.parse_args()
    real = {f"nova-{one['nova']}": one for one in tomllib.loads(RELEASES.read_text())["release"]}
    every = [*(one.name for one in REFACTORINGS), *real]
    if options.list:
        print("\n".join(every))
        return 0
    unknown = [name for name in options.cases if name not in every]
    missing = [tool for tool in ("git", "patch") if not shutil.which(tool)]
    if unknown or missing:
        print(f"error: not known or not installed: {', '.join(unknown + missing)}", file=sys.stderr)
        return 2
    PLACE.mkdir(parents=True, exist_ok=True)
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="rebase-proof-") as name:
        bench = make_bench(Path(name), options.tree)
        print_head()
        for case in options.cases or every:
            try:
                if case in real:
                    verdict = run_release(bench, real[case])
                else:
                    verdict = judge_refactoring(bench, find_refactoring(case), OLD, NEW)
            except UnavailableError as error:
                print(f"{case:<22} not judged: {error}", flush=True)
                return 2
            verdicts.append(verdict)
            print_row(verdict, conflicts=options.conflicts)
            if options.json:
                options.json.write_text(render_json(verdicts))
    print_goals(verdicts)
    if options.markdown:
        options.markdown.write_text(render_markdown(verdicts))
    return 0 if all(is_met for _, _, is_met in goals(verdicts)) else 1


def make_bench(work: Path, tree: Path) -> Bench:
    """Lay out what the cases share: a copy of the project, a cache of wheels, a repository."""
    cache = work / "cache"
    command = Command(tree.resolve(), cache, Path(sys.executable))
    project = copy_project(ROOT, work / "start")
    for release in project.releases():
        for name, pin in project.wheels(release).items():
            path = find_wheel(name, pin["version"], pin["wheel"])
            command.keep(path, pin["sha256"])
    return Bench(project, command, Git(work / "git"), work)


def find_wheel(distribution: str, version: str, file: str | None = None) -> Path:
    """Give a wheel of the index, downloaded once."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    stem = distribution.replace(".", "[._]")
    for place in (PLACE / "wheels", home / "freebsd-port/wheels"):
        found = [*place.glob(f"{stem}-{version}-*.whl"), *place.glob(f"*/{stem}-{version}-*.whl")]
        if found:
            return found[0]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--pre"]
    command += [
        "--only-binary=:all:",
        "--dest",
        str(PLACE / "wheels"),
        f"{distribution}=={version}",
    ]
    subprocess.run(command, capture_output=True, check=False)
    found = [*(PLACE / "wheels").glob(f"{stem}-{version}-*.whl")]
    if not found:
        raise UnavailableError(f"no wheel of {distribution} {version}")
    return found[0]


def run_release(bench: Bench, case: dict[str, Any]) -> Verdict:
    """Judge a real release."""
    wheels = []
    for distribution in ("nova", "oslo.privsep", "oslo.messaging", "oslo.rootwrap"):
        path = find_wheel(distribution, case[distribution])
        wheels.append(Wheel(distribution, case[distribution], path, case["sha256"][distribution]))
    return judge_release(bench, case["name"], wheels, case["neighbours"])


# --- what is printed ------------------------------------------------------------------------------

HEAD = ("case", "patches", "hunks", "git", "syntax", "ours", "follow", "stricter", "= git",
        "silent", "told", "CPU s")  # fmt: skip


def cells(one: Verdict) -> tuple[str, ...]:
    """Give the numbers of a case."""
    return (
        one.name, str(one.patches), str(one.hunks), str(one.least_git()),
        str(one.least_structural()), str(len(one.conflicts)), str(len(one.followers)),
        str(len(one.stricter)), str(one.compared), str(len(one.silent)),
        str(len({f.patch for f in one.faults if f.is_told})), f"{one.seconds:.1f}",
    )  # fmt: skip


def print_head() -> None:
    """Print the names of the columns."""
    print(f"{HEAD[0]:<20}" + "".join(f"{word:>9}" for word in HEAD[1:]), flush=True)


def print_row(one: Verdict, *, conflicts: bool) -> None:
    """Print the numbers of one case, and what is wrong below them."""
    first, *rest = cells(one)
    print(f"{first:<20}" + "".join(f"{word:>9}" for word in rest), flush=True)
    for fault in one.faults:
        word = "told  " if fault.is_told else "SILENT"
        print(f"  {word} {fault.kind} {fault.patch}: {fault.text[:300]}", flush=True)
    for name, reasons in one.conflicts.items() if conflicts else ():
        print(f"  conflict {name}: {'; '.join(reasons)[:200]}", flush=True)


Goal = tuple[str, str, bool]


def goals(verdicts: list[Verdict]) -> list[Goal]:
    """Give each goal, what was measured, and whether it is met."""
    ours = sum(len(one.conflicts) for one in verdicts)
    git = sum(one.least_git() for one in verdicts)
    syntax = sum(one.least_structural() for one in verdicts)
    silent = sum(len(one.silent) for one in verdicts)
    plain = [one for one in verdicts if one.name in ("black", "annotations")]
    layout = sum(len(one.conflicts) for one in plain)
    return [
        ("silently wrong: 0", str(silent), silent == 0),
        ("conflicts: at most a quarter of git's", f"{ours} of {git}", ours * 4 <= git),
        ("conflicts: at most half of a syntax-aware merge's", f"{ours} of {syntax}",
         ours * 2 <= syntax),
        ("conflicts after black and annotations: 0", str(layout), layout == 0),
    ]  # fmt: skip


def print_goals(verdicts: list[Verdict]) -> None:
    """Print each goal."""
    for what, measured, is_met in goals(verdicts):
        print(f"{'met    ' if is_met else 'NOT MET'} {what}: {measured}")


def render_json(verdicts: list[Verdict]) -> str:
    """Give everything that was found."""
    return json.dumps([dataclasses.asdict(one) for one in verdicts], indent=1)


def render_markdown(verdicts: list[Verdict]) -> str:
    """Give the table for the documentation."""
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    lines += ["| " + " | ".join(cells(one)) + " |" for one in verdicts]
    lines += ["", "| goal | measured | met |", "|---|---|---|"]
    lines += [f"| {a} | {b} | {'yes' if c else 'no'} |" for a, b, c in goals(verdicts)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
