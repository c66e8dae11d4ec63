"""Rebase the series to another release with a three-way merge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from freebsd_port.cli.options import (
    Common,
    complete_patch,
    complete_release,
    offline_option,
    output_options,
    pass_common,
)

SECTION = "Rebase"
PLACE = 1


if TYPE_CHECKING:
    from freebsd_port.openstack.ops.rebase.proof import Proof
    from freebsd_port.openstack.ops.rebase.rebase import Rebased
    from freebsd_port.openstack.store.project.project import Project


@dataclass(frozen=True, slots=True)
class RebaseOptions:
    """The options of rebase itself."""

    new: str | None
    old: str | None
    is_all: bool
    dry_run: bool
    only: str | None
    action: str | None
    reason: str | None
    markdown: Path | None
    junit: Path | None
    verify: bool
    offline: bool

    def require_sense(self) -> None:
        """Raise UsageError for options that exclude each other."""
        if sum(map(bool, (self.new, self.is_all, self.action))) != 1:
            what = "give exactly one of --to, --all, --continue, --skip, --abort and --status"
            raise click.UsageError(what)
        if self.reason and self.action != "skip":
            raise click.UsageError("--reason needs --skip")
        if (self.only or self.old) and not self.new:
            raise click.UsageError("--from and --only need --to")
        if self.dry_run and (self.action or self.verify):
            raise click.UsageError("--dry-run needs --to or --all, and excludes --verify")
        if self.verify and self.action in ("abort", "status"):
            raise click.UsageError(f"--verify and --{self.action} exclude each other")


_EPILOG = """\b
Examples:
  freebsd-port rebase --to 2026.1
  freebsd-port rebase --to 2027.1 --from 2026.2 --json --markdown summary.md --junit rebase.xml
  freebsd-port rebase --all --verify
  freebsd-port rebase --continue

\b
A release that has its own variant of a patch keeps it as long as it applies. Delete the variant
to regenerate it.
Exit status: 0 done, 1 failed, 2 usage, 3 a conflict needs hand work."""
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("rebase", epilog=_EPILOG)
@click.option(
    "--to", "new", metavar="NAME", shell_complete=complete_release, help="Rebase to this release."
)
@click.option(
    "--from",
    "old",
    metavar="NAME",
    shell_complete=complete_release,
    help="Rebase from this release; by default the nearest that has a series.lock.",
)
@click.option("--all", "is_all", is_flag=True, help="Rebase to every release.")
@click.option("-n", "--dry-run", is_flag=True, help="Show the outcome and write nothing.")
@click.option(
    "--only", metavar="PATCH", shell_complete=complete_patch, help="Rebase only this patch."
)
@click.option(
    "--continue", "action", flag_value="continue", help="Take the resolved files and go on."
)
@click.option(
    "--skip", "action", flag_value="skip", help="Switch the conflicting patch off on that release."
)
@click.option("--reason", metavar="TEXT", help="Reason for --skip; recorded in the series.")
@click.option("--abort", "action", flag_value="abort", help="Restore every file as it was before.")
@click.option("--status", "action", flag_value="status", help="Show the state of the rebase.")
@click.option("--verify", is_flag=True, help="Then run the checks, if this machine can.")
@click.option("--markdown", type=_FILE, metavar="FILE", help="Write a summary in Markdown.")
@click.option("--junit", type=_FILE, metavar="FILE", help="Write a JUnit report.")
@offline_option
@output_options
@pass_common
def command(common: Common, **words: Any) -> None:
    """Each hunk is merged three ways between the pinned wheels of the two releases.

    If everything is clean, the result is written: variants that differ, tags in the series, and
    series.lock. At a conflict, files with diff3-style markers are in .rebase; resolve them and run
    freebsd-port rebase --continue.
    """
    from freebsd_port.cli.views.rebase import show_abort, show_rebased, show_state
    from freebsd_port.openstack.ops.rebase import rebase as ops

    asked = RebaseOptions(**words)
    asked.require_sense()
    project = common.project()
    if asked.action == "status":
        show_state(common, ops.read_rebase(project))
        return
    if asked.action == "abort":
        show_abort(common, ops.abort_rebase(project))
        return
    done = _carry(common, project, asked)
    proofs = _prove(common, project, done, asked) if asked.verify else ()
    show_rebased(common, done, proofs, markdown=asked.markdown, junit=asked.junit)
    if any(one.carried.conflict for one in done):
        click.get_current_context().exit(3)
    if any(proof.verification and not proof.verification.is_good for proof in proofs):
        click.get_current_context().exit(1)


def _prove(
    common: Common, project: Project, done: tuple[Rebased, ...], asked: RebaseOptions
) -> tuple[Proof, ...]:
    """Run the checks of each release that has the whole series now."""
    from freebsd_port.openstack.ops.rebase.proof import prove_release

    names = [one.carried.new for one in done if one.carried.is_whole]
    return tuple(
        prove_release(project, name, is_offline=asked.offline, progress=common.progress)
        for name in names
    )


def _carry(common: Common, project: Project, asked: RebaseOptions) -> tuple[Rebased, ...]:
    from freebsd_port.openstack.ops.rebase import rebase as ops

    settings = ops.Settings(
        date.today().isoformat(), asked.offline, common.progress, asked.only, asked.dry_run
    )
    if asked.action == "continue":
        return (ops.continue_rebase(project, settings),)
    if asked.action == "skip":
        return (ops.skip_patch(project, asked.reason, settings),)
    if asked.new:
        return (ops.start_rebase(project, asked.new, asked.old, settings),)
    return ops.rebase_all(project, settings)
