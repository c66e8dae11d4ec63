"""Carry the series to another release by three-way merge."""

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

SECTION = "Carry"
PLACE = 1

if TYPE_CHECKING:
    from freebsd_port.openstack.ops.rebase.proof import Proof
    from freebsd_port.openstack.ops.rebase.rebase import Rebased
    from freebsd_port.openstack.store.project.project import Project


@dataclass(frozen=True, slots=True)
class RebaseOptions:
    """The words of the command line that are rebase's own."""

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
        """Raise UsageError for words that exclude each other."""
        if sum(map(bool, (self.new, self.is_all, self.action))) != 1:
            what = "give one of --to, --all, --continue, --skip, --abort, --status"
            raise click.UsageError(what)
        if self.reason and self.action != "skip":
            raise click.UsageError("--reason goes with --skip")
        if (self.only or self.old) and not self.new:
            raise click.UsageError("--from and --only go with --to")
        if self.dry_run and (self.action or self.verify):
            raise click.UsageError("--dry-run goes with --to and --all, and without --verify")
        if self.verify and self.action in ("abort", "status"):
            raise click.UsageError(f"--verify does not go with --{self.action}")


_EPILOG = """\b
Examples:
  freebsd-port rebase --to 2026.1
  freebsd-port rebase --to 2027.1 --from 2026.2 --json --markdown summary.md --junit rebase.xml
  freebsd-port rebase --all --verify
  freebsd-port rebase --continue

\b
A release of its own text for a patch keeps it while it fits; remove the file to carry it anew.
Exit status: 0 done, 1 failed, 2 usage, 3 a conflict needs hand work."""
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("rebase", epilog=_EPILOG)
@click.option(
    "--to", "new", metavar="NAME", shell_complete=complete_release, help="Release to carry to."
)
@click.option(
    "--from",
    "old",
    metavar="NAME",
    shell_complete=complete_release,
    help="Release to carry from; the nearest that has the series unless given.",
)
@click.option("--all", "is_all", is_flag=True, help="Carry to every release here.")
@click.option("-n", "--dry-run", is_flag=True, help="Report, write nothing.")
@click.option(
    "--only", metavar="PATCH", shell_complete=complete_patch, help="Carry this patch, no other."
)
@click.option("--continue", "action", flag_value="continue", help="Take the finished files, go on.")
@click.option("--skip", "action", flag_value="skip", help="Leave the patch in conflict out there.")
@click.option("--reason", metavar="TEXT", help="Why it is left out; goes into the series.")
@click.option("--abort", "action", flag_value="abort", help="Put back every byte of before.")
@click.option("--status", "action", flag_value="status", help="Say where the rebase stands.")
@click.option("--verify", is_flag=True, help="Then run the checks, where that can be done here.")
@click.option("--markdown", type=_FILE, metavar="FILE", help="Write a summary for a change there.")
@click.option("--junit", type=_FILE, metavar="FILE", help="Write a JUnit report there.")
@offline_option
@output_options
@pass_common
def command(common: Common, **words: Any) -> None:
    """Carry the series to another release, each hunk by a three-way merge of the pinned wheels.

    What is clean is written: texts that differ, tags in the series, series.lock. At a conflict
    the files with diff3-style markers wait below .rebase; finish them and go on with --continue.
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
    """Run the checks of each release that the whole series is on now."""
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
