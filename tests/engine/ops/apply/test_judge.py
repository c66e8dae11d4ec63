"""A plan is judged by a program that shares no code with it: what it lost or changed is found."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest
from memory_tree import MemoryTree
from quilt_cases import BACK, GIT, PLAIN, TEN

from freebsd_port.engine.core.apply.overlay import AppliedPatch
from freebsd_port.engine.core.apply.plan import Edit, Plan
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.judge.second_applier import SeriesPatch, TextFile
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import FileState, hash_bytes
from freebsd_port.engine.ops.apply.judge import judge_plan
from freebsd_port.engine.ops.target.patch_source import GoalPatch
from freebsd_port.engine.store.judge.programs import (
    SECOND_APPLIER,
    Judge,
    find_judge,
    judge_series,
)

JUDGES = [
    Judge(SECOND_APPLIER),
    *([Judge("git apply", shutil.which("git"), is_git=True)] if shutil.which("git") else []),
    *([find_judge()] if find_judge().program and not find_judge().is_git else []),
]
TREE = MemoryTree({"f": TEN, "d/other": b"x\n"})
SERIES = (GIT + PLAIN + GIT + BACK + GIT + PLAIN, b"--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+n\n")


def goal(*patches: bytes) -> list[GoalPatch]:
    found = []
    for number, data in enumerate(patches, 1):
        name = f"{number}.patch"
        entry = SeriesEntry(name, 1, False, "", number)
        found.append(GoalPatch(entry, data, AppliedPatch(name, hash_bytes(data))))
    return found


def plan_of(patches: list[GoalPatch]) -> Plan:
    read = [(one.entry, parse_patch(one.entry.name, one.data)) for one in patches]
    return plan_series(TREE, read)


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_a_right_plan_has_no_problem(judge: Judge) -> None:
    patches = goal(*SERIES)
    judgement = judge_plan(TREE, patches, plan_of(patches), judge)
    assert (judgement.judge, judgement.problems) == (judge.name, ())


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_a_plan_that_lost_a_change_or_a_file_is_found_by_path(judge: Judge) -> None:
    patches = goal(*SERIES)
    plan = plan_of(patches)
    kept = tuple(edit for edit in plan.edits if edit.path != "f")
    judgement = judge_plan(TREE, patches, replace(plan, edits=kept), judge)
    assert [problem.where for problem in judgement.problems] == ["f"]
    judgement = judge_plan(TREE, patches, Plan((), ()), judge)
    assert [problem.where for problem in judgement.problems] == ["f", "new"]


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_a_wrong_byte_and_a_wrong_mode_are_found(judge: Judge) -> None:
    patches = goal(*SERIES)
    plan = plan_of(patches)
    for after in (FileState(b"m\n", None), FileState(b"n\n", 0o755)):
        edits = (*(edit for edit in plan.edits if edit.path == "f"), Edit("new", None, after))
        judgement = judge_plan(TREE, patches, replace(plan, edits=edits), judge)
        assert [problem.where for problem in judgement.problems] == ["new"]


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_a_patch_that_the_judge_does_not_take_is_named(judge: Judge) -> None:
    patches = goal(SERIES[1], PLAIN.replace(b"-line 5", b"-line x"))
    (problem,) = judge_plan(TREE, patches, Plan((), ()), judge).problems
    assert problem.what == f"{judge.name} does not apply the series"
    assert "2.patch" in str(problem.where)


def test_names_in_prose_that_lead_out_of_the_tree_are_not_read(tmp_path) -> None:
    patches = goal(b"--- ../../etc/passwd is what it read\n--- /etc/passwd too\n" + PLAIN)
    assert judge_plan(TREE, patches, plan_of(patches)).problems == ()


@pytest.mark.skipif(not find_judge().knows_fuzz, reason="GNU patch is not installed")
def test_patches_that_are_judged_in_one_run_give_what_they_give_one_by_one(monkeypatch) -> None:
    runs = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **more: runs.append(a) or run(*a, **more))
    judge = find_judge()
    shorter = b"prose\n\nIndex: f\n--- a/f\n+++ b/f\n@@ -1 +0,0 @@\n-line 1\n"
    cut = b"\n\\ No newline at end of file\n"
    files = {"f": TextFile(TEN), "d/other": TextFile(b"x\n")}
    patches = [
        SeriesPatch("1", shorter),
        SeriesPatch("2", b"Subject: two\n\n" + PLAIN),
        SeriesPatch("3", b"--- a/d/other\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"),
        SeriesPatch("4", b"--- /dev/null\n+++ b/d/other\n@@ -0,0 +1 @@\n+y" + cut),
        SeriesPatch("5", b"--- d/other\n+++ d/other\n@@ -1 +1 @@\n-y" + cut + b"+z\n", 0),
    ]
    one_by_one = files
    for patch in patches:
        one_by_one = judge_series(judge, one_by_one, [patch])
    runs.clear()
    assert judge_series(judge, files, patches) == one_by_one
    assert one_by_one["d/other"] == TextFile(b"z\n")
    assert len(runs) == 2  # another strip level is another run
