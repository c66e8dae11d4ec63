"""A campaign: the mutants of a series on an environment, and what the checks say to each."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

from proof import copy_distributions

from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.apply.provenance import trace_hunks
from freebsd_port.engine.core.patch.header import native_lines, parse_header
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.overlay.state import BaseTree, load_state
from freebsd_port.openstack.core.proof.coverage import statement_lines
from freebsd_port.openstack.core.release.platform import EMULATED, LINUX
from freebsd_port.openstack.ops.proof.proof_record import require_current, require_patched
from freebsd_port.openstack.ops.proof.test_tools import check_setup
from freebsd_port.openstack.ops.series import open_environment
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.proof.checks import (
    CheckError,
    CheckSetup,
    fresh_bytecode,
    run_checks,
)
from freebsd_port.openstack.store.python.environment import read_environment
from mutants.mutating import Mutation, find_mutations

HERE = Path(__file__).resolve().parent
PLATFORMS = (EMULATED[-1], LINUX)
Explained = frozenset[tuple[str, str, str]]
"""Patch, code before and code after of mutants that make no difference."""
SECONDS = 4.0
"""What the checks of other patches may take for one mutant; the patch's own all run."""
CAMPAIGN_SECONDS = 4 * 3600.0
LIMIT_SECONDS = 20.0
"""What a mutant's checks may take beyond four times what they take without it."""


@dataclass(slots=True)
class Mutant:
    """One mistake, and what came of it."""

    patch: str
    path: str
    number: int
    """Among the mutations of the file."""

    line: int
    statement: int
    """Line at which the statement begins."""

    before: str
    after: str
    outcome: str = "unrun"
    """unrun, survived, programs or killed.

    `programs`: it survived in forks, where a program or a fresh import might notice it.
    """

    check: str = ""
    """What killed it."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What mutants.toml names it by."""
        return (self.patch, self.before, self.after)


@dataclass(slots=True)
class Campaign:
    """All mutants of some patches of a series."""

    project: Project
    workspace: Workspace
    lines: dict[str, tuple[int, ...]]
    mutants: list[Mutant] = field(default_factory=list)

    @classmethod
    def plan(
        cls, project: Project, release: str, venv: Path, patches: Sequence[str] = ()
    ) -> Campaign:
        """Find the mutants of the patches, of all by default. The environment must be patched."""
        workspace = open_environment(project, release, venv)
        root = workspace.target.root
        state = load_state(root)
        require_patched(workspace, state)
        goal = require_current(workspace, state)
        read = [(each.entry, parse_patch(each.entry.name, each.data)) for each in goal]
        plan = plan_series(BaseTree(root, state), read, max_fuzz=state.fuzz)
        contents = {edit.path: edit.after.content for edit in plan.edits if edit.after}
        owners: dict[str, dict[int, str]] = {}
        excused = {
            patch.name: frozenset(native_lines(parse_header(patch.changes[0].preamble)))
            for _, patch in read
        }
        for hunk in trace_hunks(read, plan):
            text = contents[hunk.path].decode().splitlines()
            for line in hunk.added:
                if text[line - 1].strip() not in excused[hunk.patch]:
                    owners.setdefault(hunk.path, {})[line] = hunk.patch
        self = cls(project, workspace, {})
        for path, by_line in owners.items():
            if path.endswith(".py"):
                self.lines[path] = tuple(sorted(by_line))
                self._add(path, by_line, contents[path], patches)
        return self

    def _add(
        self, path: str, by_line: dict[int, str], source: bytes, patches: Sequence[str]
    ) -> None:
        found = find_mutations(ast.parse(source), self.lines[path])
        starts = statement_lines(source)
        for number, one in enumerate(found):
            patch = by_line[one.line]
            if not patches or patch in patches:
                self.mutants.append(
                    Mutant(
                        patch,
                        path,
                        number,
                        one.line,
                        starts.get(one.line, one.line),
                        one.before,
                        one.after,
                    )
                )

    def sample(self, every: int) -> Campaign:
        """Keep every Nth mutant."""
        return replace(self, mutants=self.mutants[::every])

    @property
    def total(self) -> int:
        """Count the mutants."""
        return len(self.mutants)

    def percent(self, explained: Explained = frozenset()) -> float:
        """Give how many percent of the mutants that differ from the original were killed."""
        killed = sum(one.outcome == "killed" for one in self.mutants)
        counted = killed + len(self.unexplained(explained))
        return 100.0 * killed / counted if counted else 100.0

    def run(self, progress: Callable[[str], None], kept: Path | None = None) -> None:
        """Run all of them; first in forks on each platform, then what is left from disk.

        With `kept`, what an earlier run killed is not run, and what this one kills is added.
        """
        if kept is not None:
            self._recall(kept)
        try:
            self._run(progress)
        finally:
            if kept is not None:
                self._keep(kept)

    def _run(self, progress: Callable[[str], None]) -> None:
        setup = replace(
            check_setup(self.project, self.workspace, progress),
            patches=tuple(p.name for p in load_state(self.workspace.target.root).patches),
            timeout_seconds=CAMPAIGN_SECONDS,
        )
        with fresh_bytecode(setup) as bytecode:
            setup = replace(setup, bytecode=bytecode)
            for platform in PLATFORMS:
                for directory, mine in self._by_directory(self._left()).items():
                    progress(f"{directory} on {platform}: {len(mine)} mutants")
                    self._run_forked(setup, directory, platform, mine)
            self._run_from_disk(setup, progress)

    def _recall(self, kept: Path) -> None:
        """Take over what an earlier run killed, where file and mutation are the same still."""
        if kept.is_file():
            known = json.loads(kept.read_text("utf-8"))
            for one in self.mutants:
                if check := known.get(self._identity(one)):
                    one.outcome, one.check = "killed", check

    def _keep(self, kept: Path) -> None:
        """Write what was killed, and by which check, for `_recall`."""
        known = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
        known.update(
            (self._identity(one), one.check) for one in self.mutants if one.outcome == "killed"
        )
        kept.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", "utf-8")

    def _identity(self, one: Mutant) -> str:
        content = (self.workspace.target.root / one.path).read_bytes()
        return f"{hashlib.sha256(content).hexdigest()} {one.path} {one.number}"

    def _left(self) -> list[Mutant]:
        return [one for one in self.mutants if one.outcome != "killed"]

    @staticmethod
    def _by_directory(mutants: Iterable[Mutant]) -> dict[str, list[Mutant]]:
        found: dict[str, list[Mutant]] = {}
        for one in mutants:
            found.setdefault(re.sub("[-.]", "_", one.patch.partition("/")[0]), []).append(one)
        return found

    def _run_forked(
        self, setup: CheckSetup, directory: str, platform: str, mine: list[Mutant]
    ) -> None:
        root = self.workspace.target.root
        paths = sorted({one.path for one in mine})
        with tempfile.TemporaryDirectory(prefix="fp-mutants-") as name:
            request, answer = Path(name) / "request.json", Path(name) / "answer"
            value = {
                "mutants": [
                    {
                        "path": str(root / one.path),
                        "module": one.path.removesuffix(".py").replace("/", "."),
                        "number": one.number,
                        "statement": one.statement,
                        "patch": one.patch,
                    }
                    for one in mine
                ],
                "lines": {str(root / path): self.lines[path] for path in paths},
                "seconds": SECONDS,
                "limit": LIMIT_SECONDS,
                "jobs": os.cpu_count() or 1,
                "answer": str(answer),
            }
            request.write_text(json.dumps(value), "utf-8")
            options = f"-p mutants_plugin --limit={CAMPAIGN_SECONDS}"
            added = {"PYTEST_ADDOPTS": options, "FREEBSD_PORT_MUTANTS": str(request)}
            with mock.patch.dict(os.environ, added):
                patches = tuple(dict.fromkeys(one.patch for one in mine))
                narrow = replace(setup, beside=(*setup.beside, HERE), only=patches)
                try:
                    run_checks(narrow, directory, platform, tuple(paths))
                finally:
                    self._read_answer(answer, mine)

    @staticmethod
    def _read_answer(answer: Path, mine: list[Mutant]) -> None:
        """Note what came of the mutants, of those that were run before an interruption."""
        if not answer.is_file():
            return
        for line in answer.read_text("utf-8").splitlines():
            index, outcome, check = json.loads(line)
            if outcome == "killed" or mine[index].outcome != "programs":
                mine[index].outcome = outcome if outcome != "unrun" else mine[index].outcome
                mine[index].check = check

    def _run_from_disk(self, setup: CheckSetup, progress: Callable[[str], None]) -> None:
        left = [one for one in self.mutants if one.outcome in ("programs", "unrun")]
        if not left:
            return
        release = self.project.load_release(self.workspace.release)
        environment = read_environment(self.workspace.target.root)
        with tempfile.TemporaryDirectory(prefix="fp-mutants-") as name:
            copy = Path(name)
            copy_distributions(environment, release, copy)
            slow = replace(setup, packages=copy, is_on_path=False)
            for number, one in enumerate(left, 1):
                progress(f"from disk: {number} of {len(left)}, {one.patch}")
                self._run_one_from_disk(replace(slow, only=(one.patch,)), one)

    def _run_one_from_disk(self, setup: CheckSetup, one: Mutant) -> None:
        file = setup.packages / one.path
        whole = file.read_bytes()
        tree = ast.parse(whole)
        mutation: Mutation = find_mutations(tree, self.lines[one.path])[one.number]
        mutation.make()
        file.write_text(ast.unparse(tree), "utf-8")
        _forget_bytecode(setup, file)
        directory = re.sub("[-.]", "_", one.patch.partition("/")[0])
        try:
            for platform in PLATFORMS:
                with mock.patch.dict(os.environ, {"PYTEST_ADDOPTS": "--exitfirst"}):
                    run = run_checks(setup, directory, platform, ())
                if run.failures:
                    one.outcome, one.check = "killed", run.failures[0].check
                    return
                if run.passed:
                    one.outcome = "survived"
        except CheckError as error:
            one.outcome, one.check = "killed", str(error)
        finally:
            file.write_bytes(whole)
            _forget_bytecode(setup, file)

    def unexplained(self, explained: Explained) -> list[Mutant]:
        """Give the survivors that nothing explains."""
        return [one for one in self._left() if one.key not in explained]

    def stale(self, explained: Explained) -> tuple[tuple[str, str, str], ...]:
        """Give what is explained of these patches and does not survive."""
        patches = {one.patch for one in self.mutants}
        left = {one.key for one in self._left()}
        return tuple(sorted(key for key in explained - left if key[0] in patches))

    def report(self, explained: Explained) -> list[str]:
        """Give a line for each patch, with its survivors below."""
        lines = []
        for patch in dict.fromkeys(one.patch for one in self.mutants):
            mine = [one for one in self.mutants if one.patch == patch]
            left = [one for one in mine if one.outcome != "killed"]
            lines.append(f"{patch:50} {len(mine) - len(left):4} of {len(mine):4} killed")
            for one in left:
                word = "explained" if one.key in explained else one.outcome
                lines.append(f"  {word} {one.path}:{one.line}: {one.before}  ->  {one.after}")
        unexplained = len(self.unexplained(explained))
        explained_here = len(self._left()) - unexplained
        lines.append(
            f"{self.percent(explained):.1f} % killed, {unexplained} survived, "
            f"{explained_here} make no difference"
        )
        return lines


def _forget_bytecode(setup: CheckSetup, file: Path) -> None:
    """Remove what was compiled of a file: Python would know it by time and size only."""
    assert setup.bytecode is not None
    for compiled in setup.bytecode.rglob(f"{file.stem}.*.pyc"):
        compiled.unlink()


def read_explained(path: Path) -> Explained:
    """Read which survivors are explained, by patch, code before and code after."""
    if not path.is_file():
        return frozenset()
    value = tomllib.loads(path.read_text("utf-8"))
    for one in value.get("survivor", []):
        assert one["why"].strip(), one
    return frozenset((o["patch"], o["before"], o["after"]) for o in value.get("survivor", []))
