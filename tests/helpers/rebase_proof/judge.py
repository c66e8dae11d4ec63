"""Rebases one case with the command, and judges what it made of every patch.

Nothing of freebsd_port is imported: the command is a black box, its patches are applied with GNU
patch, the merges compared are git's, the functions are found by ast and tokenize, and the names by
ruff's pyflakes rules.
"""

from __future__ import annotations

import difflib
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .cases import (
    Answer,
    Chain,
    Command,
    Misapplied,
    Project,
    Wheel,
    build_chain,
    copy_project,
    read_wheel,
    write_wheel,
)
from .code_units import (
    Bag,
    Files,
    Unit,
    bag_of,
    meanings,
    net_change,
    parse_fault,
    spans,
    token_list,
    unit_texts,
)
from .git_side import Git, regions
from .refactorings import Plan, Refactoring, Subject


@dataclass
class Old:
    """A release that has the series, with everything that is asked of it more than once."""

    release: str
    chain: Chain
    nets: dict[str, dict[Unit, Bag]]
    """What each patch changes, by function."""

    findings: Counter[str]
    """What pyflakes finds only with the series on."""

    trees: dict[frozenset[str], dict[str, tuple[str, str]]] = field(default_factory=dict)
    """Git's trees before and after each patch, by the files that were asked for."""

    @property
    def paths(self) -> list[str]:
        """Name the files that the series changes."""
        start, end = self.chain.start, self.chain.end
        return sorted(p for p in {*start, *end} if start.get(p) is not end.get(p))


def load_old(project: Project, release: str, command: Command, work: Path) -> Old:
    """Read the wheels of a release, and put its series on with GNU patch."""
    files: Files = {}
    for pin in project.wheels(release).values():
        files |= read_wheel(command.cache / "freebsd-port/wheels" / pin["sha256"] / pin["wheel"])
    chain = build_chain(project, release, files, work / "applied")
    nets = {name: net_change(*_around(chain, name)) for name in chain.names}
    found = new_findings(chain.start, chain.end)
    return Old(release, chain, nets, found)


def _around(chain: Chain, name: str) -> tuple[Files, Files]:
    """Give what a patch changed before and after it; files that are the same are left out."""
    before, after = chain.before(name), chain.states[chain.names.index(name)]
    paths = [p for p in {*before, *after} if before.get(p) is not after.get(p)]
    return (
        {p: before[p] for p in paths if p in before},
        {p: after[p] for p in paths if p in after},
    )


def subject_of(old: Old) -> Subject:
    """Give what refactorings are planned on."""
    paths = old.paths
    start = {p: old.chain.start[p] for p in paths if p in old.chain.start}
    end = {p: old.chain.end[p] for p in paths if p in old.chain.end}
    touched, near = set(), {}
    for path in start:
        if not path.endswith(".py") or path not in end:
            continue
        before, after = unit_texts(start[path]), unit_texts(end[path])
        for name, text in before.items():
            if name and not name.endswith(".") and after.get(name, text) != text:
                touched.add((path, name))
                near[(path, name)] = _names_near(text, after[name])
    steps = tuple({p: state[p] for p in paths if p in state} for state in old.chain.states)
    return Subject(start, end, frozenset(touched), near, steps)


def _names_near(before: bytes, after: bytes) -> frozenset[str]:
    one, two = before.splitlines(), after.splitlines()
    names: set[str] = set()
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    for word, start, stop, from_, to in matcher.get_opcodes():
        if word != "equal":
            for line in (*one[max(start - 2, 0) : stop + 2], *two[from_:to]):
                names.update(re.findall(r"[A-Za-z]\w*", line.decode("utf-8", "replace")))
    return frozenset(names)


# --- one case -----------------------------------------------------------------------------------


@dataclass
class Fault:
    """Something that is not as it should be."""

    kind: str
    """wrong, lost, name, parse, git, apply, json, again."""

    patch: str
    text: str
    is_told: bool = False
    """Whether the command said that somebody has to look."""


@dataclass
class Verdict:
    """What a case came to."""

    name: str
    what: str
    patches: int = 0
    hunks: int = 0
    conflicts: dict[str, list[str]] = field(default_factory=dict)
    """The reasons of each patch in conflict."""

    followers: list[str] = field(default_factory=list)
    """Patches that stop only because an earlier one was left out."""

    conflict_hunks: int = 0
    git_conflicts: dict[str, list[str]] = field(default_factory=dict)
    """By old release, the patches that a plain `git rebase` with --skip has in conflict."""

    git_regions: dict[str, int] = field(default_factory=dict)
    structural: dict[str, int] = field(default_factory=dict)
    """By old release, git's conflicting patches that a syntax-aware merge would leave."""

    stricter: list[str] = field(default_factory=list)
    """Patches in conflict here that git takes."""

    outcomes: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seconds: float = 0.0
    compared: int = 0
    """Patches whose result is git's, byte for byte."""

    better: int = 0
    """Patches that are as the ideal has them where git's clean merge is not."""

    @property
    def silent(self) -> list[str]:
        """Name what is wrong though nobody was told: each patch once, else what it is."""
        told = {one.patch for one in self.faults if one.is_told and one.patch}
        found = {one.patch or one.text for one in self.faults if not one.is_told}
        return sorted(found - told)

    def least_git(self) -> int:
        """Count git's conflicts from the neighbour with the fewest."""
        return min((len(one) for one in self.git_conflicts.values()), default=0)

    def least_structural(self) -> int:
        return min(self.structural.values(), default=0)


@dataclass
class Bench:
    """What all cases share."""

    project: Project
    command: Command
    git: Git
    work: Path
    olds: dict[str, Old] = field(default_factory=dict)

    def old(self, release: str) -> Old:
        if release not in self.olds:
            self.olds[release] = load_old(self.project, release, self.command, self.work)
        return self.olds[release]


def judge_refactoring(bench: Bench, refactoring: Refactoring, old_name: str, new: str) -> Verdict:
    """Refactor a release, rebase the series from it as published, and judge."""
    old = bench.old(old_name)
    subject = subject_of(old)
    plan = refactoring.plan(subject)
    made = refactoring.carry_out(subject.old, plan)
    tree = {**old.chain.start, **made}
    for path in made:
        fault = parse_fault(path, made[path])
        assert fault is None, f"the refactoring {refactoring.name} breaks {fault}"
    wheels = _make_wheels(bench, refactoring.name, tree)
    verdict = Verdict(refactoring.name, refactoring.what)
    run = _rebase(bench, verdict, new, wheels, ("--from", old_name))
    if run is None:
        return verdict
    project, rows = run
    chain = _apply(bench, verdict, project, new, tree)
    if chain is None:
        return verdict
    ideal = refactoring.carry_out(subject.patched, plan) if refactoring.has_ideal else {}
    _judge_common(bench, verdict, chain, [old], rows, new_findings(tree, ideal))
    if refactoring.is_move_in_file:
        verdict.structural = dict.fromkeys(verdict.structural, 0)
    if refactoring.has_ideal:
        _judge_ideal(verdict, chain, ideal, old, refactoring, plan, rows)
    else:
        skipped = _contained(refactoring, plan, old)
        _judge_patches(verdict, chain, [old], rows, skipped)
    if refactoring.must_tell and plan:
        _judge_told(verdict, old, plan, rows)
    return verdict


def judge_release(
    bench: Bench, name: str, wheels: Sequence[Wheel], neighbours: Sequence[str]
) -> Verdict:
    """Rebase to a real release, as nobody told from where, and judge."""
    tree: Files = {}
    for one in wheels:
        tree |= read_wheel(one.path)
        bench.command.keep(one.path, one.sha256)
    nova = next(one for one in wheels if one.distribution == "nova")
    verdict = Verdict(f"nova {nova.version}", f"between {' and '.join(neighbours)}")
    run = _rebase(bench, verdict, name, wheels, ())
    if run is None:
        return verdict
    project, rows = run
    chain = _apply(bench, verdict, project, name, tree)
    if chain is None:
        return verdict
    olds = [bench.old(one) for one in neighbours]
    _judge_common(bench, verdict, chain, olds, rows, Counter())
    _judge_patches(verdict, chain, olds, rows, frozenset())
    return verdict


def _make_wheels(bench: Bench, name: str, tree: Files) -> list[Wheel]:
    """Make the four wheels of a refactored release."""
    tops = {"nova": "nova/", "oslo.privsep": "oslo_privsep/", "oslo.messaging": "oslo_messaging/",
            "oslo.rootwrap": "oslo_rootwrap/"}  # fmt: skip
    wheels = []
    for distribution, top in tops.items():
        files = {path: data for path, data in tree.items() if path.startswith(top)}
        one = write_wheel(bench.work / "wheels" / name, distribution, "34.0.0.9", files)
        bench.command.keep(one.path, one.sha256)
        wheels.append(one)
    return wheels


Rows = dict[str, dict[str, Any]]
"""The rows of the command's JSON by patch."""

OPEN = ("conflict", "waiting", "left")
"""States of a patch that is not on the new release; `waiting` ones only need another one first."""


def _rebase(
    bench: Bench, verdict: Verdict, new: str, wheels: Sequence[Wheel], words: Sequence[str]
) -> tuple[Project, Rows] | None:
    """Rebase; patches in conflict are switched off, and the rest is made in a second run."""
    first: Rows = {}
    off: set[str] = set()
    for _ in range(4):
        project = copy_project(bench.project.root, bench.work / "project")
        project.add_release(new, wheels)
        project.switch_off(new, off)
        answer = bench.command.run(
            "rebase", "--project", str(project.root), "--to", new, "--offline", *words
        )
        rows = _rows(answer)
        if rows is None:
            verdict.faults.append(Fault("crash", "", f"{json.dumps(answer.shown)[-600:]}"))
            return None
        if not first:
            first = rows
            verdict.seconds = answer.seconds
            _note(verdict, rows)
        conflicts = {name for name, row in rows.items() if row["state"] in OPEN}
        if (answer.status == 3) != bool(conflicts):
            verdict.faults.append(Fault("json", "", f"exit status {answer.status}: {conflicts}"))
        if not conflicts:
            for name in first:
                if first[name]["state"] not in OPEN and name in rows:
                    first[name] = {**rows[name], **_told_of(first[name], rows[name])}
            _judge_again(bench, verdict, project, new, words)
            return project, first
        for name in conflicts - first.keys():
            first[name] = rows[name]
        for name in conflicts - off:
            if name in first and first[name]["state"] not in OPEN:
                first[name] = rows[name]
                _note_conflict(verdict, name, rows[name])
        off |= conflicts
    verdict.faults.append(Fault("json", "", f"patches stay in conflict though off: {sorted(off)}"))
    return None


def _told_of(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    """Join the remarks of two runs."""
    return {
        key: [*value, *(v for v in two.get(key, []) if v not in value)]
        for key, value in one.items()
        if isinstance(value, list) and key != "hunks"
    }


def _rows(answer: Answer) -> Rows | None:
    releases = answer.shown.get("releases")
    if not releases:
        return None
    return {row["name"]: row for row in releases[0]["patches"]}


def _note(verdict: Verdict, rows: Rows) -> None:
    for name, row in rows.items():
        verdict.patches += row["state"] != "off"
        verdict.hunks += len(row["hunks"])
        for hunk in row["hunks"]:
            outcome = hunk["outcome"]
            verdict.outcomes[outcome] = verdict.outcomes.get(outcome, 0) + 1
        if row["state"] in OPEN:
            _note_conflict(verdict, name, row)


def _note_conflict(verdict: Verdict, name: str, row: dict[str, Any]) -> None:
    reasons = [
        f"{hunk['path']}:{hunk['line']}: {hunk['reason']}"
        for hunk in row["hunks"] if hunk["outcome"] == "conflict"
    ]  # fmt: skip
    if row["state"] == "waiting":
        verdict.followers.append(name)
        return
    verdict.conflicts[name] = reasons
    verdict.conflict_hunks += len(reasons)


def remarks(row: dict[str, Any]) -> str:
    """Give what a row says besides outcomes, as one text; empty when there is nothing."""
    found = [
        json.dumps(value) for key, value in row.items()
        if key not in ("hunks", "causes") and isinstance(value, list | dict) and value
    ]  # fmt: skip
    found += [h["reason"] for h in row["hunks"] if "read it" in h["reason"]]
    return " ".join(found)


def _judge_again(
    bench: Bench, verdict: Verdict, project: Project, new: str, words: Sequence[str]
) -> None:
    """A second run must write nothing."""
    answer = bench.command.run(
        "rebase", "--project", str(project.root), "--to", new, "--offline", *words
    )
    written = (answer.shown.get("releases") or [{}])[0].get("written", ["?"])
    if answer.status or written:
        verdict.faults.append(
            Fault("again", "", f"a second run ends with {answer.status}, and writes {written}")
        )


def _apply(bench: Bench, verdict: Verdict, project: Project, new: str, tree: Files) -> Chain | None:
    try:
        return build_chain(project, new, tree, bench.work / "applied")
    except Misapplied as error:
        verdict.faults.append(Fault("apply", "", str(error)))
        return None


def _judge_common(
    bench: Bench,
    verdict: Verdict,
    chain: Chain,
    olds: Sequence[Old],
    rows: Rows,
    excused: Counter[str],
) -> None:
    """Judge what needs no ideal: it parses, no new name is missing, git's bytes, every hunk.

    `excused` are the findings that the ideal has too.
    """
    for path, content in chain.end.items():
        if chain.start.get(path) is not content:
            fault = parse_fault(path, content)
            if fault and not parse_fault(path, chain.start.get(path, b"")):
                verdict.faults.append(Fault("parse", "", fault))
    found = new_findings(chain.start, chain.end) - olds[0].findings - excused
    for one in olds[1:]:
        found -= one.findings
    for text in found.elements():
        patches = _patches_with(text, chain)
        verdict.faults.append(_told(Fault("name", patches, text), rows, text))
    known = {name for one in olds for name in one.chain.names}
    for name in known - rows.keys():
        verdict.faults.append(Fault("lost", name, "the command does not mention this patch"))
    for name in known & rows.keys():
        counts = [_count_hunks(bench, one, name) for one in olds if name in one.chain.names]
        told = len(rows[name]["hunks"])
        if rows[name]["state"] in ("kept", "rewritten", "upstreamed") and told not in counts:
            text = f"{told} hunks are reported of {' or '.join(map(str, counts))}"
            verdict.faults.append(_told(Fault("lost", name, text), rows, name))
    concerned = _concerned(chain, olds)
    _compare_with_git(bench, verdict, chain, olds, rows, concerned)
    for one in olds:
        _rebase_with_git(bench, verdict, chain.start, one, concerned)


def _patches_with(text: str, chain: Chain) -> str:
    """Name the first patch that adds what a finding quotes to the function of the finding."""
    place, _, rest = text.partition(": ")
    path, _, name = place.partition(" ")
    names = [word for number, word in enumerate(rest.split("`")) if number % 2]
    for patch in chain.names:
        for unit, bag in net_change(*_around(chain, patch)).items():
            is_there = unit == (path, "" if name == "(module)" else name)
            if is_there and any(bag[word] > 0 for word in names):
                return patch
    return ""


def _count_hunks(bench: Bench, old: Old, name: str) -> int:
    patch = dict(bench.project.patches(old.release))[name]
    return sum(line.startswith(b"@@ ") for line in patch.read_bytes().splitlines())


def _told(fault: Fault, rows: Rows, text: str) -> Fault:
    """Say that a fault was told if a remark has the name that the text quotes."""
    names = [word for number, word in enumerate(text.split("`")) if number % 2] or [text]
    said = " ".join(remarks(row) for row in rows.values())
    fault.is_told = any(name in said for name in names)
    return fault


def new_findings(before: Files, after: Files) -> Counter[str]:
    """Count what pyflakes, as ruff has it, finds only afterwards."""
    paths = [p for p in after if p.endswith(".py") and before.get(p) is not after[p]]
    found = _findings({p: after[p] for p in paths})
    return found - _findings({p: before[p] for p in paths if p in before})


def _findings(files: Files) -> Counter[str]:
    if not files:
        return Counter()
    with tempfile.TemporaryDirectory() as name:
        for number, content in enumerate(files.values()):
            (Path(name) / f"f{number}.py").write_bytes(content)
        ruff = Path(sys.executable).with_name("ruff")
        words = ["check", "--isolated", "--no-cache", "--select", "F", "--output-format", "json"]
        done = subprocess.run([ruff, *words, name], capture_output=True, check=False)
    paths, contents = list(files), list(files.values())
    found: Counter[str] = Counter()
    for one in json.loads(done.stdout):
        number = int(Path(one["filename"]).stem[1:])
        unit = unit_at(contents[number], one["location"]["row"])
        found[f"{paths[number]} {unit}: {one['code']} {one['message']}"] += 1
    return found


def unit_at(content: bytes, row: int) -> str:
    """Name the function at a 1-based line, or say that it is in none."""
    try:
        known = spans(content)
    except SyntaxError:
        known = []
    return next((name for name, start, end in known if start < row <= end), "(module)")


# --- git ----------------------------------------------------------------------------------------


Paths = frozenset[str]


def _concerned(chain: Chain, olds: Sequence[Old]) -> Paths:
    """Name the files that a merge of any patch reads.

    These are the files that patches touch, and for git's search for renames those that came or
    went between the releases.
    """
    starts = [chain.start, *(one.chain.start for one in olds)]
    everywhere = set.intersection(*(set(one) for one in starts))
    found = set.union(*(set(one) for one in starts)) - everywhere
    found.update(path for one in olds for path in one.paths)
    found.update(p for p, data in chain.end.items() if data is not chain.start.get(p))
    return frozenset(found)


def _only(files: Files, paths: Paths) -> Files:
    return {path: files[path] for path in paths if path in files}


def _compare_with_git(
    bench: Bench, verdict: Verdict, chain: Chain, olds: Sequence[Old], rows: Rows, paths: Paths
) -> None:
    """Where git merges a patch cleanly, from one of the neighbours, its bytes must be ours."""
    git = bench.git
    at = _only(chain.start, paths)
    tree = git.tree(at)
    for name in rows:
        is_here = name in chain.names
        after = _only(chain.states[chain.names.index(name)], paths) if is_here else at
        after_tree = git.tree(after, near=(tree, at)) if is_here else tree
        if rows[name]["state"] in ("kept", "rewritten", "upstreamed", "conflict"):
            bases = [_trees_of(bench, one, name, paths) for one in olds if name in one.chain.names]
            _compare_patch(git, verdict, name, bases, rows[name], tree, after_tree)
        at, tree = after, after_tree


def _compare_patch(
    git: Git,
    verdict: Verdict,
    name: str,
    bases: Sequence[tuple[str, str]],
    row: dict[str, Any],
    before: str,
    after: str,
) -> None:
    merges = [git.merge(base, ours, before) for base, ours in bases]
    results = [merge.tree for merge in merges if not merge.conflicts]
    if not results:
        return
    if row["state"] == "conflict":
        verdict.stricter.append(name)
    elif after in results:
        verdict.compared += 1
    else:
        paths = git.differing(after, results[0])
        fault = Fault("git", name, f"git is clean and differs in {', '.join(paths)}")
        fault.is_told = bool(remarks(row)) or any(
            hunk["outcome"] == "moved" for hunk in row["hunks"]
        )
        verdict.faults.append(fault)


def _trees_of(bench: Bench, old: Old, name: str, paths: Paths) -> tuple[str, str]:
    """Give the trees before and after a patch on its own release, each stored once."""
    known = old.trees.setdefault(paths, {})
    if not known:
        at = _only(old.chain.start, paths)
        tree = bench.git.tree(at)
        for one, state in zip(old.chain.names, old.chain.states, strict=True):
            files = _only(state, paths)
            after = bench.git.tree(files, near=(tree, at))
            known[one] = (tree, after)
            at, tree = files, after
    return known[name]


def _rebase_with_git(bench: Bench, verdict: Verdict, start: Files, old: Old, paths: Paths) -> None:
    """Do what `git rebase` and `--skip` do, and count conflicts."""
    git = bench.git
    tree = git.tree(_only(start, paths))
    conflicts, count, left = [], 0, 0
    for name in old.chain.names:
        base, ours = _trees_of(bench, old, name, paths)
        merge = git.merge(base, ours, tree)
        if not merge.conflicts:
            tree = merge.tree
            continue
        conflicts.append(name)
        is_structural = True
        for path in merge.conflicts:
            found = regions(git.read(merge.tree, path) or b"")
            count += max(len(found), 1)
            is_structural &= bool(found) and all(
                merges_by_syntax(base_, ours_, theirs) for theirs, base_, ours_ in found
            )
        left += not is_structural
    verdict.git_conflicts[old.release] = conflicts
    verdict.git_regions[old.release] = count
    verdict.structural[old.release] = left


def merges_by_syntax(base: list[bytes], ours: list[bytes], theirs: list[bytes]) -> bool:
    """Tell whether a syntax-aware merge, as mergiraf documents its own, would settle a conflict.

    It settles changes of different syntax elements, whatever the layout, and insertions at one
    place where the order does not matter, which in Python are imports. Here an element is a
    token: that is finer than mergiraf's nodes, so this counts in its favour.
    """
    sides = [b"".join(one) for one in (base, ours, theirs)]
    if not sides[0].strip() and all(
        line.strip().startswith((b"import ", b"from ")) or not line.strip()
        for line in (*ours, *theirs)
    ):
        return True
    one, two, three = (token_list(side) for side in sides)
    if two == three or one in (two, three):
        return True
    ours_edits, theirs_edits = _edits(one, two), _edits(one, three)
    return not any(
        a[0] <= b[1] and b[0] <= a[1] and not (a[1] == b[0] and a[0] < a[1] and b[0] < b[1])
        and not (b[1] == a[0] and a[0] < a[1] and b[0] < b[1])
        for a in ours_edits for b in theirs_edits
    )  # fmt: skip


def _edits(before: list[str], after: list[str]) -> list[tuple[int, int]]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [(a, b) for word, a, b, _, _ in matcher.get_opcodes() if word != "equal"]


# --- what the result means ------------------------------------------------------------------------


def _judge_ideal(
    verdict: Verdict,
    chain: Chain,
    ideal: Files,
    old: Old,
    refactoring: Refactoring,
    plan: Plan,
    rows: Rows,
) -> None:
    """Compare each function with the same refactoring of the patched tree."""
    out = {name for name, row in rows.items() if row["state"] in OPEN}
    excused: set[Unit] = set()
    for name in out & old.nets.keys():
        excused |= {refactoring.moves(unit, plan) for unit in old.nets[name]} | set(old.nets[name])
    differing: list[Difference] = []
    by_unit: dict[Unit, list[str]] = {}
    for name, net in old.nets.items():
        for unit in net:
            by_unit.setdefault(refactoring.moves(unit, plan), []).append(name)
    for path in sorted({*ideal, *(p for p in chain.end if chain.end[p] is not chain.start.get(p))}):
        if not path.endswith(".py"):
            continue
        if ideal.get(path, chain.start.get(path)) == chain.end.get(path):
            continue
        wanted = refactoring.common(meanings(ideal.get(path, chain.start.get(path, b""))))
        try:
            got = refactoring.common(meanings(chain.end.get(path, b"")))
        except SyntaxError:
            continue  # reported already
        names = [
            name for name in sorted({*wanted, *got})
            if wanted.get(name) != got.get(name) and (path, name) not in excused
            if name or path in old.chain.start  # the imports of a new module are pyflakes' matter
        ]  # fmt: skip
        differing += [((path, one), wanted.get(one), got.get(one)) for one in names]
    for unit, one, other in differing:
        if _is_beside(unit, one, other, differing, plan):
            continue
        patches = by_unit.get(unit) or _patches_of(chain, unit)
        start = unit_texts(chain.start.get(unit[0], b"")).get(unit[1])
        end = unit_texts(chain.end.get(unit[0], b"")).get(unit[1])
        text = f"{unit[0]} {unit[1] or '(module)'}: not as the refactored patched tree has it"
        text += "" if start != end else ", nothing was changed in it"
        for patch in patches or [""]:
            is_told = patch in rows and bool(remarks(rows[patch]))
            verdict.faults.append(Fault("wrong", patch, text, is_told))
    wrong = {fault.patch for fault in verdict.faults if fault.kind == "wrong"}
    better = [f for f in verdict.faults if f.kind == "git" and f.patch not in wrong]
    verdict.better += len(better)
    verdict.faults = [one for one in verdict.faults if one not in better]


Difference = tuple[Unit, str | None, str | None]
"""A unit with its meaning in the ideal and in the result."""


def _is_beside(
    unit: Unit, wanted: str | None, got: str | None, differing: list[Difference], plan: Plan
) -> bool:
    """Tell whether a function that the series adds went with the moved ones around it.

    The new base class is as good a place as the class itself.
    """
    owner, _, name = unit[1].rpartition(".")
    is_moved = any(one[1] == owner.removesuffix("Support") and owner for one in plan)
    if not is_moved or (wanted is None) == (got is None):
        return False
    return any(
        (one, two) == (got, wanted) and other[1].rpartition(".")[2] == name
        and other[1].rpartition(".")[0].removesuffix("Support") == owner.removesuffix("Support")
        for other, one, two in differing
    )  # fmt: skip


def _patches_of(chain: Chain, unit: Unit) -> list[str]:
    """Name the patches that change a unit of the new release."""
    path, name = unit
    found = []
    for patch in chain.names:
        before, after = _around(chain, patch)
        if path in before or path in after:
            one = unit_texts(before.get(path, b"")).get(name)
            if one != unit_texts(after.get(path, b"")).get(name):
                found.append(patch)
    return found


def _contained(refactoring: Refactoring, plan: Plan, old: Old) -> frozenset[str]:
    """Name the patches that the refactored release has already."""
    chosen = plan.get(("", ""))
    if refactoring.name not in ("upstreamed", "reworded") or not isinstance(chosen, tuple):
        return frozenset()
    return frozenset(old.chain.names[number] for number in chosen[0])


def _judge_patches(
    verdict: Verdict, chain: Chain, olds: Sequence[Old], rows: Rows, contained: frozenset[str]
) -> None:
    """Compare what each patch changes, function by function, with what it changed before."""
    for name, row in rows.items():
        if row["state"] not in ("kept", "rewritten", "upstreamed"):
            continue
        wanted = [old.nets[name] for old in olds if name in old.nets]
        if name in contained:
            wanted.append({})
        if not wanted:
            continue
        got = net_change(*_around(chain, name)) if name in chain.names else {}
        if got in wanted:
            continue
        before = chain.before(name) if name in chain.names else chain.start
        faults = [_compare_nets(one, got, row, before) for one in wanted]
        if all(faults):
            text = min((one for one in faults if one), key=len)
            verdict.faults.append(Fault("wrong", name, text, bool(remarks(row))))


def _compare_nets(
    wanted: dict[Unit, Bag], got: dict[Unit, Bag], row: dict[str, Any], before: Files
) -> str | None:
    """Say how two changes differ, or None where the outcomes of the hunks explain it."""
    outcomes = {hunk["outcome"] for hunk in row["hunks"]}
    lines = []
    for unit in sorted({*wanted, *got}):
        one, two = wanted.get(unit, Counter()), got.get(unit, Counter())
        if one == two:
            continue
        path, name = unit
        missing, more = _difference(one, two), _difference(two, one)
        if "upstreamed" in outcomes and not more:
            there = bag_of(unit_texts(before.get(path, b"")).get(name, b""))
            if all(there[token] >= count for token, count in missing.items() if count > 0):
                continue
        if "moved" in outcomes and _total(wanted) == _total(got):
            continue
        lines.append(f"{path} {name or '(module)'}: lacks {_show(missing)}, has {_show(more)}")
    return "; ".join(lines) or None


def _difference(one: Bag, two: Bag) -> Bag:
    """Give what of one is not in two, signs and all."""
    found: Bag = Counter()
    for token in {*one, *two}:
        count = one[token] - two[token]
        if count > 0:
            found[token] = count
    return found


def _total(net: dict[Unit, Bag]) -> Bag:
    total: Bag = Counter()
    for bag in net.values():
        for token, count in bag.items():
            total[token] += count
    return Counter({token: count for token, count in total.items() if count})


def _show(bag: Bag) -> str:
    words = [f"{token} x{count}" if count > 1 else token for token, count in bag.items()]
    return " ".join(words[:12]) + (" ..." if len(words) > 12 else "") if words else "nothing more"


def _judge_told(verdict: Verdict, old: Old, plan: Plan, rows: Rows) -> None:
    """Where the release handles our condition first, somebody has to be told."""
    for unit in plan:
        patches = [name for name, net in old.nets.items() if unit in net]
        for name in patches:
            row = rows.get(name)
            if row and (row["state"] in OPEN or remarks(row)):
                break
        else:
            text = f"{unit[0]} {unit[1]}: the release returns before our branch, nothing says so"
            verdict.faults.append(Fault("unsaid", ", ".join(patches), text))
