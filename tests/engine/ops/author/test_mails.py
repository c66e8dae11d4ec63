"""Every kind of mail, read by `import` and by `git am`: the same commit, the same files."""

from __future__ import annotations

from pathlib import Path

import pytest
from beside_quilt import differences, snapshot
from mail_cases import CASES, FILES, MailCase
from mail_repository import MailRepository, RefusedMail
from small_overlay import write_tree

from freebsd_port.engine.core.exchange.mailbox import Mail, read_mails
from freebsd_port.engine.core.patch.patch import split_patch
from freebsd_port.engine.ops.apply.apply import Distance, push_patches
from freebsd_port.engine.ops.author.import_patch import ImportOptions, Incoming, import_patches
from freebsd_port.engine.ops.target.workspace import open_tree
from freebsd_port.errors import PortError

_CRUD = " .,:;<>\"\\'"
"""What git takes off the ends of a name when it makes a commit."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> MailRepository:
    return MailRepository(write_tree(tmp_path_factory.mktemp("git"), FILES))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mail_is_taken_as_git_am_takes_it(
    case: MailCase, repository: MailRepository, tmp_path: Path
) -> None:
    workspace = open_tree(write_tree(tmp_path / "tree", FILES), None, tmp_path / "patches")
    has_scissors = "--scissors" in case.options
    options = ImportOptions("2026-11-25", has_scissors=has_scissors)
    incoming = [Incoming("mail", case.data)]
    if case.is_refused:
        with pytest.raises(RefusedMail):
            repository.take(case.data, *case.options)
        with pytest.raises(PortError, match="not in the charset that it names"):
            import_patches(workspace, incoming, options)
        return
    commits = repository.take(case.data, *case.options)
    mails = read_mails(case.data, has_scissors=has_scissors)
    assert len(mails) == len(commits) > 0
    for mail, commit in zip(mails, commits, strict=True):
        assert mail.subject == commit.subject
        assert _as_in_a_commit(mail.author) == commit.author
        if case.unlike != "message":
            assert mail.message.decode() == commit.body
        assert mail.when is None if case.is_dateless else _raw_date(mail) == commit.date
    taken = import_patches(workspace, incoming, options)
    push_patches(workspace, Distance(is_all=True))
    assert differences(snapshot(tmp_path / "tree"), repository.files()) == []
    for one, mail in zip(taken, mails, strict=True):
        _, prose = split_patch(one.text.read_bytes())[0].split(b"\n\n", 1)
        lines = [line.removeprefix(b"| ") for line in prose.strip(b"\n").split(b"\n")]
        assert lines == mail.message.split(b"\n")


def test_there_are_as_many_kinds_of_mail_as_mails_differ_in() -> None:
    assert len({(case.data, case.options) for case in CASES}) == len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


def _as_in_a_commit(author: str) -> str:
    name, _, address = author.rpartition(" <")
    return f"{name.strip(_CRUD)} <{address}"


def _raw_date(mail: Mail) -> str:
    assert mail.when is not None
    return f"{int(mail.when.timestamp())} {mail.when:%z}"
