"""What is kept of a proof beside the overlay's state: of upstream's tests, and hunk by hunk.

With it: what must hold before anything can be proved. That all checks passed is `verified`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freebsd_port.engine.core.apply.overlay import OverlayState
from freebsd_port.engine.core.text.file import STATE_DIRECTORY, split_lines
from freebsd_port.engine.store.files.tree import DirectoryTree
from freebsd_port.engine.store.files.write import describe_refusal, remove_file, replace_file
from freebsd_port.engine.store.overlay.state import inspect_files
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.openstack.core.release.platform import mode_of
from freebsd_port.openstack.ops.proof.verified import digest_state, save_note, utc_now

if TYPE_CHECKING:
    from freebsd_port.engine.ops.target.patch_source import GoalPatch
    from freebsd_port.engine.ops.target.workspace import Workspace
    from freebsd_port.openstack.core.proof.coverage import HunkCoverage
    from freebsd_port.openstack.core.proof.outcomes import Comparison
    from freebsd_port.openstack.store.proof.report import CheckRun


_UPSTREAM_NOTE = f"{STATE_DIRECTORY}/upstream.json"


class VerifyError(PortError):
    """There is nothing that could be verified."""


@dataclass(frozen=True, slots=True)
class SuiteVerdict:
    """What `verify upstream` last found of one suite."""

    suite: str
    time: str
    """UTC, ISO 8601, to the second."""

    passed: int
    """Tests that passed on the unpatched side."""

    lost: tuple[str, ...]
    unsteady: tuple[str, ...]


def find_upstream(root: Path, state: OverlayState) -> tuple[SuiteVerdict, ...]:
    """Give what upstream's tests said of exactly this state, one verdict for each suite run."""
    try:
        value = json.loads((root / _UPSTREAM_NOTE).read_bytes())
        if value["state"] != digest_state(state):
            return ()
        return tuple(
            SuiteVerdict(**{**one, "lost": tuple(one["lost"]), "unsteady": tuple(one["unsteady"])})
            for one in value["suites"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def save_upstream(root: Path, state: OverlayState, comparisons: Iterable[Comparison]) -> None:
    """Keep it beside what is known of other suites on this state; raises WriteError."""
    now = utc_now()
    verdicts = {one.suite: one for one in find_upstream(root, state)}
    for one in comparisons:
        lost, unsteady = (
            tuple(change.test for change in changes) for changes in (one.lost, one.unsteady)
        )
        verdicts[one.suite] = SuiteVerdict(
            one.suite, now, one.before.get("passed", 0), lost, unsteady
        )
    suites = [asdict(one) for one in verdicts.values()]
    save_note(root / _UPSTREAM_NOTE, {"state": digest_state(state), "suites": suites})


def require_patched(workspace: Workspace, state: OverlayState) -> None:
    """Raise VerifyError when no patch is applied, and for files that the patches left otherwise.

    ProblemsError when there are more findings than one.
    """
    if not state.patches:
        raise VerifyError(
            "no patch is applied, so there is nothing to verify",
            where=str(workspace.place),
            hint="freebsd-port apply",
        )
    problems = tuple(
        VerifyError(
            f"{condition.entry.path} changed since the series was applied",
            where=str(workspace.place),
            hint="freebsd-port status",
        )
        for condition in inspect_files(DirectoryTree(workspace.target.root), state)
        if condition.kind != "patched"
    )
    if problems:
        raise ProblemsError(problems)


def require_current(workspace: Workspace, state: OverlayState) -> tuple[GoalPatch, ...]:
    """Give the patches that are on, with their text; raises when the series has others now."""
    entries = workspace.entries()[: workspace.position(state)]
    goal = workspace.source.load_patches(entries)
    for patch, applied in zip(goal, state.patches, strict=True):
        if patch.applied != applied:
            raise VerifyError(
                f"{applied.name} changed since it was applied",
                where=str(workspace.place),
                hint="freebsd-port apply",
            )
    return goal


_HUNK_CHECKS = f"{STATE_DIRECTORY}/hunks.json"
HunkKey = tuple[str, str, int]
"""Patch, path, and number within the file change, 1-based."""


@dataclass(frozen=True, slots=True)
class HunkChecks:
    """What ran of one hunk."""

    checks: tuple[str, ...]
    """Sorted; `import` stands for running at import."""

    missed: tuple[str, ...]
    """Added lines that no check ran, stripped."""

    modes: tuple[str, ...] = ()
    """For each check, whether it ran `emulated`, `native` or both: `emulated, native`."""


def find_modes(runs: Iterable[CheckRun]) -> Mapping[str, str]:
    """Give each check that was recorded the modes that it ran in."""
    found: dict[str, set[str]] = {}
    for run in runs:
        names = {name for lines in run.executed.values() for ran in lines.values() for name in ran}
        for name in names:
            found.setdefault(name, set()).add(mode_of(run.platform))
    return {name: ", ".join(sorted(modes)) for name, modes in found.items()}


def save_hunk_checks(
    root: Path, state: OverlayState, hunks: Iterable[HunkCoverage], modes: Mapping[str, str]
) -> None:
    """Keep what was measured of this state, which is on, with the checks' modes.

    Raises WriteError.
    """
    hunks = tuple(hunks)
    try:
        lines = {
            path: split_lines((root / path).read_bytes())
            for path in {one.hunk.path for one in hunks if one.missed}
        }
        rows = [
            {
                "patch": one.hunk.patch,
                "path": one.hunk.path,
                "number": one.hunk.number,
                "checks": list(one.checks),
                "modes": [modes.get(name, "") for name in one.checks],
                "missed": [_text(lines[one.hunk.path][line - 1]) for line in one.missed],
            }
            for one in hunks
        ]
        value = {"state": digest_state(state), "hunks": rows}
        replace_file(root / _HUNK_CHECKS, (json.dumps(value, indent=1) + "\n").encode())
    except OSError as error:
        raise describe_refusal(error, root / _HUNK_CHECKS) from error


def find_hunk_checks(root: Path, state: OverlayState) -> Mapping[HunkKey, HunkChecks]:
    """Give what was measured of exactly this state; empty when nothing was."""
    try:
        value = json.loads((root / _HUNK_CHECKS).read_bytes())
        if value["state"] != digest_state(state):
            return {}
        return {
            (row["patch"], row["path"], row["number"]): HunkChecks(
                tuple(row["checks"]), tuple(row["missed"]), tuple(row["modes"])
            )
            for row in value["hunks"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def drop_hunk_checks(root: Path) -> None:
    """Forget what was measured of an earlier state; raises WriteError."""
    try:
        remove_file(root / _HUNK_CHECKS)
    except OSError as error:
        raise describe_refusal(error, root / _HUNK_CHECKS) from error


def _text(line: bytes) -> str:
    return line.strip().decode("utf-8", "replace")
