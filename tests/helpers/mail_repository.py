"""A git repository that takes mailboxes: the judge of what a mail means."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from beside_quilt import snapshot
from small_overlay import write_tree

_FORM = "%an <%ae>%x00%ad%x00%s%x00%b%x01"


@dataclass(frozen=True)
class Commit:
    """What `git am` made of a mail."""

    author: str
    date: str
    """Seconds and zone."""

    subject: str
    body: str


class RefusedMail(Exception):
    """`git am` did not take it."""


class MailRepository:
    """One commit of a tree, and what mailboxes make of it, each from the start."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for words in (("init", "-q"), ("config", "core.autocrlf", "false"), ("add", "-A")):
            self._run(*words)
        self._run("commit", "-q", "-m", "before")
        self._run("tag", "before")

    def begin(self, files: Mapping[str, bytes]) -> None:
        """Begin anew with other files."""
        self._run("reset", "-q", "--hard", "before")
        for path, (kind, _) in self.files().items():
            if not kind.startswith("d"):
                (self.root / path).unlink()
        write_tree(self.root, files)
        self._run("add", "-A")
        self._run("commit", "-q", "--allow-empty", "-m", "other files")
        self._run("tag", "-f", "before")

    def take(self, mailbox: bytes, *options: str) -> list[Commit]:
        """Give the commits of a mailbox in order. Raises RefusedMail."""
        self._run("reset", "-q", "--hard", "before")
        try:
            self._run("am", "-q", *options, stdin=mailbox)
        except RefusedMail:
            self._run("am", "--abort")
            raise
        log = self._run("log", "--reverse", "--date=raw", f"--format={_FORM}", "before..")
        entries = [entry.lstrip("\n").split("\0") for entry in log.decode().split("\x01")[:-1]]
        return [
            Commit(author, date, subject, body.removesuffix("\n"))
            for author, date, subject, body in entries
        ]

    def files(self) -> dict[str, tuple[str, bytes]]:
        """Give the files as the last mailbox left them."""
        return snapshot(self.root)

    def _run(self, *words: str, stdin: bytes = b"") -> bytes:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GIT_DIR": f"{self.root}.git",
            "GIT_WORK_TREE": str(self.root),
            "GIT_CONFIG_NOSYSTEM": "1",
            "TZ": "UTC",
            "GIT_AUTHOR_NAME": "nobody",
            "GIT_AUTHOR_EMAIL": "nobody@example.com",
            "GIT_COMMITTER_NAME": "nobody",
            "GIT_COMMITTER_EMAIL": "nobody@example.com",
        }
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=env, input=stdin, capture_output=True, check=False
        )
        if done.returncode != 0:
            raise RefusedMail(words, done.stderr)
        return done.stdout
