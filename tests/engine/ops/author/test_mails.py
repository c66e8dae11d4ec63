"""Every kind of mail, read by `import` and by `git am`: the same commit, the same files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from beside_quilt import differences, snapshot
from mail_cases import CASES, FILES, MailCase
from small_overlay import write_tree

from freebsd_port.engine.core.exchange.mailbox import Mail, read_mails
from freebsd_port.engine.core.patch.patch import split_patch
from freebsd_port.engine.ops.apply.apply import Distance, push_patches
from freebsd_port.engine.ops.author.import_patch import ImportOptions, Incoming, import_patches
from freebsd_port.engine.ops.target.workspace import open_tree
from freebsd_port.errors import PortError

_FORM = "%an%x00%ae%x00%ad%x00%s%x00%b%x01"
_CRUD = " .,:;<>\"\\'"
"""What git takes off the ends of a name when it makes a commit."""


def git(root: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "TZ": "UTC",
        "GIT_AUTHOR_NAME": "nobody",
        "GIT_AUTHOR_EMAIL": "nobody@example.com",
        "GIT_COMMITTER_NAME": "nobody",
        "GIT_COMMITTER_EMAIL": "nobody@example.com",
    }
    return subprocess.run(
        ["git", *words], cwd=root, env=env, input=stdin, capture_output=True, check=False
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_tree(tmp_path_factory.mktemp("git"), FILES)
    for words in (("init", "-q"), ("config", "core.autocrlf", "false"), ("add", "-A")):
        assert git(root, *words).returncode == 0
    assert git(root, "commit", "-q", "-m", "before").returncode == 0
    assert git(root, "tag", "before").returncode == 0
    return root


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mail_is_taken_as_git_am_takes_it(
    case: MailCase, repository: Path, tmp_path: Path
) -> None:
    git(repository, "reset", "-q", "--hard", "before")
    done = git(repository, "am", "-q", *case.options, stdin=case.data)
    assert (done.returncode != 0) is case.is_refused, done.stderr

    workspace = open_tree(write_tree(tmp_path / "tree", FILES), None, tmp_path / "patches")
    has_scissors = "--scissors" in case.options
    options = ImportOptions("2026-11-25", has_scissors=has_scissors)
    incoming = [Incoming("mail", case.data)]
    if case.is_refused:
        git(repository, "am", "--abort")
        with pytest.raises(PortError, match="not in the charset that it names"):
            import_patches(workspace, incoming, options)
        return
    mails = read_mails(case.data, has_scissors=has_scissors)
    log = git(repository, "log", "--reverse", "--date=raw", f"--format={_FORM}", "before..")
    commits = [entry.lstrip("\n").split("\0") for entry in log.stdout.decode().split("\x01")[:-1]]
    assert len(mails) == len(commits) > 0
    for mail, (name, address, when, subject, body) in zip(mails, commits, strict=True):
        assert mail.subject == subject
        assert _author(mail) == (name, address)
        if case.unlike != "message":
            assert mail.message.decode() == body.strip("\n")
        assert mail.when is None if case.is_dateless else _raw_date(mail) == when
    taken = import_patches(workspace, incoming, options)
    push_patches(workspace, Distance(is_all=True))
    ours, theirs = snapshot(tmp_path / "tree"), snapshot(repository)
    kept = {path: one for path, one in theirs.items() if not path.startswith(".git")}
    assert differences(ours, kept) == []
    for one, mail in zip(taken, mails, strict=True):
        _, prose = split_patch(one.text.read_bytes())[0].split(b"\n\n", 1)
        assert [line.removeprefix(b"| ") for line in prose.strip(b"\n").split(b"\n")] == (
            mail.message.split(b"\n")
        )


def test_there_are_as_many_kinds_of_mail_as_mails_differ_in() -> None:
    assert len({(case.data, case.options) for case in CASES}) == len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


def _author(mail: Mail) -> tuple[str, str]:
    name, _, address = mail.author.rpartition(" <")
    return name.strip(_CRUD), address.removesuffix(">")


def _raw_date(mail: Mail) -> str:
    assert mail.when is not None
    return f"{int(mail.when.timestamp())} {mail.when:%z}"
