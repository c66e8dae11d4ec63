"""The judge of `make prove-rebase` is judged: what is wrong on purpose must be found."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from rebase_proof.cases import Chain, is_off
from rebase_proof.code_units import functions, meanings, net_change, unit_texts
from rebase_proof.git_side import Git, regions
from rebase_proof.judge import (
    Old,
    Verdict,
    _compare_nets,
    _judge_ideal,
    _judge_patches,
    merges_by_syntax,
    new_findings,
    subject_of,
)
from rebase_proof.refactorings import REFACTORINGS, Refactoring, find_refactoring

ROOT = Path(__file__).resolve().parent.parent

BEFORE = b'''\
"""A driver."""
import os
import sys

LIMITS = {
    'small': 1,
    'large': 2,
}


def find(name, where=None):
    """Find it."""
    path = os.path.join(where, name)
    if not os.path.exists(path):
        raise ValueError('no %s in %s' % (name, where))
    return path


class Driver:
    """Drives."""

    def start(self, guest):
        """Start a guest."""
        # first of all
        domain = self.look_up(guest)
        flags = 0
        domain.create(flags)
        return domain

    def stop(self, guest):
        domain = self.look_up(guest)
        if domain:
            domain.destroy()

    def look_up(self, guest):
        return guest
'''

AFTER = (
    BEFORE.replace(b"        flags = 0\n", b"        flags = 1 if self.is_small else 0\n")
    .replace(b"import sys\n", b"import stat\nimport sys\n")
    .replace(
        b"            domain.destroy()\n",
        b"            if sys.platform == 'freebsd':\n                domain.undefine()\n"
        b"            domain.destroy()\n",
    )
    .replace(b"    path = os", b"    where = where or os.curdir\n    path = os")
    .replace(b"    def look_up", b"    @property\n    def is_small(self):\n"
                             b"        return bool(stat)\n\n    def look_up")
)  # fmt: skip
PATH = "nova/driver.py"


def make_old() -> Old:
    chain = Chain({PATH: BEFORE}, ["a.patch"], [{PATH: AFTER}])
    return Old("1", chain, {"a.patch": net_change({PATH: BEFORE}, {PATH: AFTER})}, Counter())


def row(**more: object) -> dict[str, object]:
    hunk = {"outcome": "merged", "reason": "", "path": PATH, "line": 1}
    return {"name": "a.patch", "state": "kept", "hunks": [hunk], "missing": [], **more}


def judge_patch(start: bytes, end: bytes, **more: object) -> Verdict:
    verdict = Verdict("x", "")
    chain = Chain({PATH: start}, ["a.patch"], [{PATH: end}])
    _judge_patches(verdict, chain, [make_old()], {"a.patch": row(**more)}, frozenset())
    return verdict


def judge_ideal(refactoring: Refactoring, end: bytes, **more: object) -> Verdict:
    verdict, old = Verdict("x", ""), make_old()
    subject = subject_of(old)
    plan = refactoring.plan(subject)
    start = refactoring.carry_out(subject.old, plan)
    ideal = refactoring.carry_out(subject.patched, plan)
    chain = Chain(start, ["a.patch"], [{**start, PATH: end}])
    _judge_ideal(verdict, chain, ideal, old, refactoring, plan, {"a.patch": row(**more)})
    return verdict


@pytest.mark.parametrize("one", REFACTORINGS, ids=lambda one: one.name)
def test_refactoring_changes_the_text_and_both_trees_still_parse(one: Refactoring) -> None:
    subject = subject_of(make_old())
    if one.name in ("upstreamed", "reworded"):
        subject = subject_of(make_old())
    plan = one.plan(subject)
    for files in (subject.old, subject.patched):
        made = one.carry_out(files, plan)
        for content in made.values():
            ast.parse(content)
        if one.has_ideal or files is subject.old:
            assert made != files


@pytest.mark.parametrize("name", ["black", "quotes", "dict-order", "swapped", "comments"])
def test_refactoring_of_the_layout_keeps_the_meaning(name: str) -> None:
    one, subject = find_refactoring(name), subject_of(make_old())
    made = one.carry_out(subject.old, one.plan(subject))
    assert meanings(made[PATH]) == meanings(BEFORE)


def test_right_result_has_no_fault() -> None:
    one, subject = find_refactoring("with"), subject_of(make_old())
    ideal = one.carry_out(subject.patched, one.plan(subject))[PATH]
    assert judge_ideal(one, ideal).faults == []
    assert judge_patch(BEFORE, AFTER).faults == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"flags = 1 if self.is_small else 0", b"flags = 0"),  # lost
        (b"'freebsd'", b"'linux'"),  # another value
        (b"domain.undefine()\n", b"domain.undefine()\n                domain.undefine()\n"),
    ],
)
def test_wrong_line_is_found_by_both_ways_of_judging(right: bytes, wrong: bytes) -> None:
    one, subject = find_refactoring("comments"), subject_of(make_old())
    ideal = one.carry_out(subject.patched, one.plan(subject))[PATH]
    assert right in ideal
    (fault,) = judge_ideal(one, ideal.replace(right, wrong)).faults
    assert fault.kind == "wrong"
    assert "Driver.st" in fault.text
    assert not fault.is_told
    verdict = judge_patch(BEFORE, AFTER.replace(right, wrong))
    assert verdict.silent == ["a.patch"]
    assert "Driver.st" in verdict.faults[0].text


def test_lines_in_another_function_are_found() -> None:
    line = b"    where = where or os.curdir\n"
    end = AFTER.replace(line, b"").replace(
        b"        return domain\n", line + b"        return domain\n"
    )
    end = end.replace(
        b"    where = where or os.curdir\n        return",
        b"        where = where or os.curdir\n        return",
    )
    (fault,) = judge_patch(BEFORE, end).faults
    assert "find" in fault.text
    assert "Driver.start" in fault.text


def test_statement_outside_of_the_new_block_is_found() -> None:
    one, subject = find_refactoring("with"), subject_of(make_old())
    ideal = one.carry_out(subject.patched, one.plan(subject))[PATH]
    line, block = b"    where = where or os.curdir\n", b"    with contextlib.ExitStack():\n"
    inside = block + b"    " + line
    assert inside in ideal
    (fault,) = judge_ideal(one, ideal.replace(inside, line + block)).faults
    assert "find" in fault.text


def test_remark_of_the_command_makes_a_fault_told() -> None:
    end = AFTER.replace(b"'freebsd'", b"'linux'")
    verdict = judge_patch(BEFORE, end, missing=[{"name": "x"}])
    assert [one.is_told for one in verdict.faults] == [True]
    assert verdict.silent == []


def test_hunk_that_is_called_upstreamed_and_is_not_there_is_found() -> None:
    net = net_change({PATH: BEFORE}, {PATH: AFTER})
    upstreamed = {"hunks": [{"outcome": "upstreamed"}]}
    assert _compare_nets(net, {}, upstreamed, {PATH: AFTER}) is None
    assert _compare_nets(net, {}, upstreamed, {PATH: BEFORE}) is not None


def test_new_pyflakes_finding_is_found() -> None:
    after = AFTER.replace(
        b"self.look_up(guest)\n        flags", b"self.look_up(gest)\n        flags"
    )
    assert not new_findings({PATH: BEFORE}, {PATH: AFTER})
    assert [text.split("`")[1] for text in new_findings({PATH: BEFORE}, {PATH: after})] == ["gest"]


def test_quick_reader_finds_the_functions_that_ast_finds() -> None:
    checked = 0
    for path in sorted((ROOT / "freebsd_port/engine/core").rglob("*.py")):
        content = path.read_bytes()
        known = {one.name for one in functions(ast.parse(content))}
        found = {name for name in unit_texts(content) if name and not name.endswith(".")}
        assert found == known, path
        assert b"".join(unit_texts(content).values()).count(b"\n") == content.count(b"\n")
        checked += len(known)
    assert checked > 500


def test_tags_of_the_series() -> None:
    assert is_off("not 2025.1: it has them", "2025.1")
    assert is_off("since 2024.1: none before", "2023.1")
    assert not is_off("since 2024.1: none before, not 2025.1", "2025.1")
    assert is_off("since 2024.1", "xena")


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "is_settled"),
    [
        ("f(a, b)\n", "f(a, b, c)\n", "f(\n    a,\n    b,\n)\n", True),
        ("f(a, b)\n", "f(a, c)\n", "g(a, b)\n", True),
        ("x = 1\n", "x = 2\n", "x = 3\n", False),
        ("", "import a\n", "import b\n", True),
        ("", "a = 1\n", "b = 1\n", False),
    ],
)
def test_estimate_of_a_syntax_aware_merge(
    base: str, ours: str, theirs: str, is_settled: bool
) -> None:
    sides = [text.encode().splitlines(keepends=True) for text in (base, ours, theirs)]
    assert merges_by_syntax(*sides) is is_settled


def test_merges_are_those_of_git_rebase(tmp_path: Path) -> None:
    """A chain of merge-tree with skipping ends in the tree of `git rebase` with --skip."""
    lines = [b"%d\n" % number for number in range(40)]
    old = b"".join(lines)
    states, files = [], old
    for number in (5, 12, 20, 30):
        files = files.replace(b"\n%d\n" % number, b"\nours %d\n" % number)
        states.append(files)
    new = old.replace(b"\n12\n", b"\ntheirs\n").replace(b"\n1\n", b"\n1\n1.5\n")
    git = Git(tmp_path / "bare")
    tree, base, conflicts = git.tree({"f": new}), git.tree({"f": old}), []
    for number, state in enumerate(states):
        ours = git.tree({"f": state})
        merge = git.merge(base, ours, tree)
        base = ours
        if merge.conflicts:
            conflicts.append(number)
            assert [len(one) for one in regions(git.read(merge.tree, "f") or b"")[0]] == [1, 1, 1]
        else:
            tree = merge.tree
    work = tmp_path / "work"
    work.mkdir()

    def run(*words: str) -> int:
        env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_EDITOR": "true"}
        name = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
        return subprocess.run(["git", *name, *words], cwd=work, env=env, capture_output=True,
                              check=False).returncode  # fmt: skip

    run("init", "-q", "-b", "start")
    for content in (old, *states):
        (work / "f").write_bytes(content)
        run("add", "f")
        assert run("commit", "-q", "-m", "x") == 0
    run("branch", "topic")
    run("checkout", "-q", "-b", "new", "start~4")
    (work / "f").write_bytes(new)
    assert run("commit", "-q", "-am", "new") == 0
    assert run("rebase", "--onto", "new", "start~4", "topic") == 1
    assert run("rebase", "--skip") == 0
    assert conflicts == [1]
    assert (work / "f").read_bytes() == git.read(tree, "f")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_rebase_over_some_refactorings_is_never_silently_wrong(tmp_path: Path) -> None:
    """The whole proof is `make prove-rebase`."""
    found = tmp_path / "found.json"
    cases = ["annotations", "wrapper", "upstreamed"]
    done = subprocess.run(
        [sys.executable, "scripts/prove_rebase.py", "--json", found, *cases],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    rows = {row["name"]: row for row in json.loads(found.read_text())}
    assert list(rows) == cases, done.stderr
    assert [fault for row in rows.values() for fault in row["faults"] if not fault["is_told"]] == []
    assert rows["annotations"]["conflicts"] == {}
    assert all(
        len(row["conflicts"]) * 4 <= len(row["git_conflicts"]["2026.2"]) for row in rows.values()
    )
