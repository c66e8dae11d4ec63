"""The checks of a release after a rebase, where its environment is there or can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from freebsd_port.engine.ops.apply.apply import apply_series
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.openstack.ops.proof.verify import Verification, verify_target
from freebsd_port.openstack.ops.release.venv import VenvError, make_environment
from freebsd_port.openstack.ops.series import EnvironmentWorkspace, open_environment
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.environment import EnvironmentUnusableError
from freebsd_port.openstack.store.python.installer import InstallerError


class NoEnvironmentError(PortError):
    """A release whose checks have nothing to run in."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved of a release, or why nothing was."""

    release: str
    verification: Verification | None
    reason: str | None = None
    """Why there are no results; None when the checks ran."""

    is_broken: bool = False
    """Whether the series could not be applied or verified, although there is an environment."""

    @property
    def is_good(self) -> bool:
        """Tell whether nothing failed; that there was nothing to run them in is no failure."""
        return not self.is_broken and (self.verification is None or self.verification.is_good)

    def failures(self) -> tuple[tuple[str, str], ...]:
        """Give each check that failed, once for all platforms, and the first line of why."""
        runs = self.verification.runs if self.verification is not None else ()
        found: dict[str, str] = {}
        for failure in (failure for run in runs for failure in run.failures):
            found.setdefault(failure.check, failure.message.strip().partition("\n")[0])
        return tuple(found.items())


def prove_release(
    project: Project, release: str, *, is_offline: bool, progress: Callable[[str], None]
) -> Proof:
    """Bring the release's environment to the series and run the checks in it.

    An environment that is not there is made, unless offline. What apply and verify raise is a
    reason here: the rebase is written by then, and its reports must be too.
    """
    try:
        workspace = open_release(project, release, is_offline=is_offline, progress=progress)
    except NoEnvironmentError as error:
        return Proof(release, None, error.what)
    try:
        apply_series(workspace)
        return Proof(release, verify_target(project, workspace, again=False, progress=progress))
    except PortError as error:
        return Proof(release, None, name_problems(error), is_broken=True)


def open_release(
    project: Project, release: str, *, is_offline: bool, progress: Callable[[str], None]
) -> EnvironmentWorkspace:
    """Open the release's environment, made if it is not there, unless offline.

    Raises NoEnvironmentError, which says why there is none.
    """
    root = project.environment(release)
    if is_offline and not root.exists():
        raise NoEnvironmentError("offline, and it has no environment")
    try:
        if not is_offline:
            make_environment(project, project.load_release(release), root, progress=progress)
        return open_environment(project, release, None)
    except (VenvError, InstallerError, EnvironmentUnusableError) as error:
        raise NoEnvironmentError(error.what) from error


def name_problems(error: PortError) -> str:
    """Say in one line what was raised."""
    problems = error.problems if isinstance(error, ProblemsError) else (error,)
    return "; ".join(one.what for one in problems)
