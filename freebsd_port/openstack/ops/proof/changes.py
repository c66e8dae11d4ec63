"""`verify gerrit`: the tests of each change for upstream, without and with its patch."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from freebsd_port.engine.core.progress import counted
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.errors import PortError
from freebsd_port.openstack.core.proof.outcomes import Ending, is_pass
from freebsd_port.openstack.core.upstream.change import Change, Edited
from freebsd_port.openstack.ops.proof.proof_record import require_current, require_patched
from freebsd_port.openstack.ops.proof.upstream import Baselines, require_linux
from freebsd_port.openstack.ops.upstream.changes import load_changes
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.proof.baseline import Baseline
from freebsd_port.openstack.store.proof.upstream_tests import run_only


@dataclass(frozen=True, slots=True)
class TestProof:
    """What came of one test of a change; None where the test could not even be loaded."""

    test: str
    without: Ending | None
    patched: Ending | None


@dataclass(frozen=True, slots=True)
class ChangeProof:
    """The tests of one change."""

    patch: str
    tests: tuple[TestProof, ...]

    @property
    def fails_without(self) -> tuple[TestProof, ...]:
        """Give the tests that do not pass without the patch."""
        return tuple(one for one in self.tests if not is_pass(one.without))

    @property
    def problems(self) -> tuple[PortError, ...]:
        """Say what is not proved."""
        found = [
            PortError(f"{one.test} does not pass with the patch: {_tell(one.patched)}")
            for one in self.tests
            if not is_pass(one.patched)
        ]
        if not self.tests:
            found.append(PortError("it changes no test"))
        elif not self.fails_without:
            found.append(PortError("every test passes without the patch too"))
        for problem in found:
            problem.where = self.patch
        return tuple(found)


def verify_changes(
    project: Project,
    workspace: Workspace,
    chosen: tuple[str, ...],
    *,
    progress: Callable[[str], None],
) -> tuple[ChangeProof, ...]:
    """Run the tests of the changes that are named, by default of all, on upstream's packages.

    Before each change, those before it are there, and nothing else of the series. Raises what
    load_changes raises, UpstreamError where upstream's tests cannot run, and VerifyError when the
    target is not as the series has it.
    """
    require_linux()
    state = load_state(workspace.target.root)
    require_patched(workspace, state)
    require_current(workspace, state)
    changes = load_changes(project, workspace, chosen)
    with tempfile.TemporaryDirectory(prefix="fp-", ignore_cleanup_errors=True) as name:
        baseline = Baselines(project, workspace, Path(name), progress).unpatched
        return tuple(
            _prove(baseline, change)
            for change in counted(progress, "running the tests of the changes", changes)
        )


def _prove(baseline: Baseline, change: Change) -> ChangeProof:
    """Run the tests of a change, then put the change on the baseline and run them again."""
    tests = change.find_tests()
    names = [name for found in tests.values() for name in found]
    _write(baseline, change.tests)
    without = run_only(baseline, tuple(tests), names, Event()) if names else {}
    _write(baseline, change.code)
    patched = run_only(baseline, tuple(tests), names, Event()) if names else {}
    proofs = (TestProof(name, without.get(name), patched.get(name)) for name in names)
    return ChangeProof(change.name, tuple(proofs))


def _write(baseline: Baseline, edits: tuple[Edited, ...]) -> None:
    for path, _, after in edits:
        place = baseline.packages / path
        if after is None:
            place.unlink()
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(after.content)


def _tell(ending: Ending | None) -> str:
    if ending is None:
        return "there is no such test"
    return f"{ending.outcome}: {ending.message}" if ending.message else ending.outcome
