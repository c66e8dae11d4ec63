"""Rebase the series to another release, or any series to another tree."""

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
    fuzz_option,
    offline_option,
    output_options,
    pass_common,
    series_options,
)

SECTION = "Rebase"
PLACE = 1


if TYPE_CHECKING:
    from freebsd_port.engine.ops.rebase.flow import Rebased
    from freebsd_port.engine.ops.rebase.series import SeriesRebasing
    from freebsd_port.openstack.ops.rebase.proof import Proof
    from freebsd_port.openstack.ops.rebase.rebase import ReleaseRebasing
    from freebsd_port.openstack.store.project.project import Project

_COMMAND = "freebsd-port rebase"


@dataclass(frozen=True, slots=True)
class RebaseOptions:
    """The options of rebase itself."""

    new: str | None
    old: str | None
    is_all: bool
    new_tree: str | None
    old_tree: str | None
    output: Path | None
    fuzz: int | None
    dry_run: bool
    only: str | None
    action: str | None
    reason: str | None
    markdown: Path | None
    junit: Path | None
    verify: bool
    offline: bool

    def is_of_trees(self, common: Common) -> bool:
        """Tell whether any series is meant, and not the project's."""
        words = (self.new_tree, self.old_tree, self.output, self.fuzz)
        return common.names_series() or any(word is not None for word in words)

    def require_sense(self) -> None:
        """Raise UsageError for options that exclude each other."""
        if sum(map(bool, (self.new, self.is_all, self.action))) != 1:
            what = "give exactly one of --to, --all, --continue, --skip, --abort and --status"
            raise click.UsageError(what)
        if (self.only or self.old) and not self.new:
            raise click.UsageError("--from and --only need --to")
        if self.dry_run and (self.action or self.verify):
            raise click.UsageError("--dry-run needs --to or --all, and excludes --verify")
        if self.verify and self.action in ("abort", "status"):
            raise click.UsageError(f"--verify and --{self.action} exclude each other")

    def require_sense_of_trees(self) -> None:
        """Raise UsageError for words that exclude each other with any series."""
        if self.new or self.old or self.is_all or self.verify or self.offline:
            what = "--from, --to, --all, --verify and --offline are for the project's releases"
            raise click.UsageError(f"{what}; any other series needs --from-tree and --to-tree")
        trees = [tree for tree in (self.old_tree, self.new_tree) if tree is not None]
        if self.action and (trees or self.dry_run or self.only or self.fuzz is not None):
            raise click.UsageError(f"--{self.action} needs --series or --patches, and no tree")
        if not self.action and len(trees) != 2:
            what = "give --from-tree and --to-tree, or --continue, --skip, --abort, --status"
            raise click.UsageError(what)


_EPILOG = """\b
Examples:
  freebsd-port rebase --to 2026.1
  freebsd-port rebase --to 2027.1 --from 2026.2 --json --markdown summary.md --junit rebase.xml
  freebsd-port rebase --all --verify
  freebsd-port rebase --continue
  freebsd-port rebase --patches debian/patches --from-tree ../foo-1.0 --to-tree foo-1.1.tar.gz
  freebsd-port rebase --patches debian/patches --from-tree git:v1.0 --to-tree git:v1.1

\b
A release that has its own variant of a patch keeps it as long as it applies. Delete the variant
to regenerate it.
Exit status: 0 done, 1 failed, 2 usage, 3 a conflict needs hand work, 4 done, and checks fail."""
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
    help="Rebase from this release only; by default from the nearest on each side.",
)
@click.option("--all", "is_all", is_flag=True, help="Rebase to every release.")
@click.option(
    "--from-tree",
    "old_tree",
    metavar="TREE",
    help="Tree that another series applies to: directory, archive, git:REV, git:REPOSITORY@REV.",
)
@click.option("--to-tree", "new_tree", metavar="TREE", help="Tree that it will apply to.")
@series_options
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the rebased series here; by default it replaces the old one.",
)
@fuzz_option("Allow this fuzz on --from-tree; by default 2, as quilt does.")
@click.option("-n", "--dry-run", is_flag=True, help="Show the outcome and write nothing.")
@click.option(
    "--only", metavar="PATCH", shell_complete=complete_patch, help="Rebase only this patch."
)
@click.option(
    "--continue", "action", flag_value="continue", help="Take the resolved files and go on."
)
@click.option(
    "--skip",
    "action",
    flag_value="skip",
    help="Leave the conflicting patch out on that release or tree.",
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
    """Each hunk is merged three ways between the pinned wheels of two releases.

    Each patch is tried from the nearest release on each side that has a series.lock, and the better
    result is taken. If both are clean but differ, and the code does not tell which is right, you
    choose.

    If everything is clean, the result is written: variants that differ, tags in the series, and
    series.lock. At a conflict, files with diff3-style markers are in .rebase; resolve them and run
    freebsd-port rebase --continue.

    With --series or --patches, rebase any quilt series from one tree to another. Its patches are
    replaced once the last one is done, or written to --output. If the new tree already contains a
    patch, its line in the series becomes a comment.
    """
    from freebsd_port.cli.views.rebase import show_abort, show_rebased, show_state
    from freebsd_port.engine.ops.rebase import flow

    asked = RebaseOptions(**words)
    if asked.reason and asked.action != "skip":
        raise click.UsageError("--reason needs --skip")
    rebasing: ReleaseRebasing | SeriesRebasing
    if asked.is_of_trees(common):
        rebasing = _open_series(common, asked)
    else:
        asked.require_sense()
        rebasing = _open_project(common, asked)
    if asked.action == "status":
        show_state(common, flow.read_rebase(rebasing.root), rebasing.command)
        return
    if asked.action == "abort":
        show_abort(common, flow.abort_rebase(rebasing))
        return
    done = _rebase(common, rebasing, asked)
    proofs = _prove(common, common.project(), done, asked) if asked.verify else ()
    show_rebased(
        common, done, proofs, markdown=asked.markdown, junit=asked.junit, command=rebasing.command
    )
    if any(one.carried.conflict for one in done):
        click.get_current_context().exit(3)
    if not all(proof.is_good for proof in proofs):
        click.get_current_context().exit(4)


def _open_project(common: Common, asked: RebaseOptions) -> ReleaseRebasing:
    from freebsd_port.openstack.ops.rebase.rebase import ReleaseRebasing, Settings

    today = date.today().isoformat()
    settings = Settings(today, asked.offline, common.progress, asked.only, asked.dry_run)
    return ReleaseRebasing(common.project(), settings, _COMMAND)


def _open_series(common: Common, asked: RebaseOptions) -> SeriesRebasing:
    from freebsd_port.engine.ops.rebase.series import SeriesRebasing, find_place

    asked.require_sense_of_trees()
    if asked.output is not None and not asked.dry_run:
        command = f"{_COMMAND} --output {asked.output}"
        return SeriesRebasing(asked.output.absolute(), True, command, common.progress)
    words = [_COMMAND]
    words += [f"--series {common.series}"] if common.series is not None else []
    words += [f"--patches {common.patches}"] if common.patches is not None else []
    place = find_place(common.series, common.patches)
    return SeriesRebasing(place.root, False, " ".join(words), common.progress)


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


def _rebase(
    common: Common, rebasing: ReleaseRebasing | SeriesRebasing, asked: RebaseOptions
) -> tuple[Rebased, ...]:
    from freebsd_port.engine.ops.rebase import flow
    from freebsd_port.openstack.ops.rebase import rebase as ops

    if asked.action == "continue":
        return (flow.continue_rebase(rebasing),)
    if asked.action == "skip":
        return (flow.skip_patch(rebasing, asked.reason),)
    if not isinstance(rebasing, ops.ReleaseRebasing):
        return (_rebase_series(common, rebasing, asked),)
    settings = rebasing.settings
    if asked.new:
        return (ops.start_rebase(rebasing.project, asked.new, asked.old, settings),)
    return ops.rebase_all(rebasing.project, settings)


def _rebase_series(common: Common, rebasing: SeriesRebasing, asked: RebaseOptions) -> Rebased:
    from freebsd_port.engine.core.apply.place import QUILT_FUZZ
    from freebsd_port.engine.ops.rebase.series import SeriesRequest, find_place, start_series

    request = SeriesRequest(
        find_place(common.series, common.patches),
        asked.old_tree or "",
        asked.new_tree or "",
        asked.only,
        QUILT_FUZZ if asked.fuzz is None else asked.fuzz,
        asked.dry_run,
    )
    return start_series(rebasing, request)
