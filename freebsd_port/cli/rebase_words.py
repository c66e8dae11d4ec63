"""The words of a rebase's command line, and which of them exclude each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click


@dataclass(frozen=True, slots=True)
class Asked:
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
