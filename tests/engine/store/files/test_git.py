"""Reading revisions of real repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from programs import needs

from freebsd_port.engine.store.files.git import GitError, read_revision


def git(root: Path, *words: str) -> None:
    identity = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        identity |= {f"GIT_{who}_NAME": "T", f"GIT_{who}_EMAIL": "t@example.org"}
    subprocess.run(["git", *words], cwd=root, env=os.environ | identity, check=True)


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "x")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    return root


def everything(path: str) -> bool:
    return True


ODD = b'new\nline \xff "quoted" \xc3\xa9'


def test_files_come_as_the_revision_has_them_whatever_their_names(repository: Path) -> None:
    names = [os.fsdecode(ODD), "-dash", "a b", "patches/x.patch"]
    (repository / "patches").mkdir()
    for name in names:
        (repository / name).write_bytes(b"one\r\n\0" + os.fsencode(name))
    (repository / "empty").write_bytes(b"")
    (repository / "link").symlink_to("empty")
    commit(repository)
    (repository / "a b").write_bytes(b"later")
    found = read_revision(repository, "HEAD", everything)
    assert found == {name: b"one\r\n\0" + os.fsencode(name) for name in names} | {"empty": b""}
    assert list(read_revision(repository, "HEAD", lambda path: path == "a b")) == ["a b"]
    assert read_revision(repository, "HEAD", lambda path: False) == {}


def test_a_project_may_lie_below_the_root_of_the_repository(repository: Path) -> None:
    (repository / "port").mkdir()
    (repository / "port/series").write_bytes(b"x")
    (repository / "other").write_bytes(b"y")
    commit(repository)
    assert read_revision(repository / "port", "HEAD", everything) == {"series": b"x"}


@pytest.mark.parametrize("revision", ["nobody", "", "-h", "--all", "HEAD..HEAD", "HEAD:series"])
def test_what_is_no_commit_is_said(repository: Path, revision: str) -> None:
    (repository / "series").write_bytes(b"x")
    commit(repository)
    with pytest.raises(GitError, match="no commit is named"):
        read_revision(repository, revision, everything)


@needs("git")
def test_a_directory_without_a_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        read_revision(tmp_path, "HEAD", everything)


def test_a_machine_without_git_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="need git, which is not installed"):
        read_revision(tmp_path, "HEAD", everything)


def test_what_a_hook_has_set_plays_no_part(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "series").write_bytes(b"x")
    commit(repository)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert read_revision(repository, "HEAD", everything) == {"series": b"x"}
