"""Versions of a source: directories, archives and revisions read the same."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from freebsd_port.engine.store.files.git import GitError
from freebsd_port.engine.store.files.source_tree import (
    SourceError,
    open_source,
    resolve_source,
)
from freebsd_port.errors import UsageError

FILES = {"setup.py": (b"x\n", 0o644), "lib/run": (b"#!/bin/sh\n", 0o755), "empty": (b"", 0o644)}


def make_directory(root: Path) -> Path:
    for name, (content, mode) in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
    return root


def found(word: str) -> dict[str, tuple[bytes, int | None]]:
    tree = open_source(resolve_source(word)).tree
    states = {path: tree.read(path) for path in tree.paths()}
    return {path: (state.content, state.mode) for path, state in states.items() if state}


def git(root: Path, *words: str) -> None:
    identity = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        identity |= {f"GIT_{who}_NAME": "T", f"GIT_{who}_EMAIL": "t@example.org"}
    subprocess.run(["git", *words], cwd=root, env=os.environ | identity, check=True)


def test_a_directory_is_read_without_links_and_without_what_tools_keep_there(
    tmp_path: Path,
) -> None:
    root = make_directory(tmp_path / "hello-1.0")
    (root / "link").symlink_to("setup.py")
    for name in (".git", ".pc", "lib/.svn"):
        (root / name).mkdir()
        (root / name / "x").write_text("x")
    assert found(str(root)) == FILES
    assert open_source(str(root)).label == "hello-1.0"
    assert open_source(str(root)).tree.has_directory("lib")


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_a_tar_file_is_read_without_its_top_directory(tmp_path: Path, suffix: str) -> None:
    make_directory(tmp_path / "hello-1.0")
    path = tmp_path / f"hello_1.0.orig.{suffix}"
    kind = suffix.rpartition(".")[2].replace("tar", "")
    with tarfile.open(path, f"w:{kind}") as archive:  # type: ignore[call-overload]
        archive.add(tmp_path / "hello-1.0", "./hello-1.0")
        evil = tarfile.TarInfo("hello-1.0/../../evil")
        evil.size = 1
        archive.addfile(evil, io.BytesIO(b"x"))
        link = tarfile.TarInfo("hello-1.0/link")
        link.type, link.linkname = tarfile.SYMTYPE, "setup.py"
        archive.addfile(link)
    assert found(str(path)) == FILES
    source = open_source(str(path))
    assert (source.label, source.tree.has_directory("lib")) == ("hello_1.0.orig", True)
    assert not source.tree.has_directory("hello-1.0")


def test_a_zip_file_is_an_sdist_and_a_wheel_keeps_its_directories(tmp_path: Path) -> None:
    for name in ("hello-1.0.zip", "hello-1.0-py3-none-any.whl"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("hello/a.py", b"a\n")
            archive.writestr("hello/b/", b"")
    assert found(str(tmp_path / "hello-1.0.zip")) == {"a.py": (b"a\n", 0o600)}
    assert set(found(str(tmp_path / "hello-1.0-py3-none-any.whl"))) == {"hello/a.py"}


def test_a_revision_is_read_from_here_or_from_a_repository_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_directory(tmp_path / "at@home")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "x")
    git(root, "tag", "v1")
    (root / "setup.py").write_text("later\n")
    assert found(f"git:{root}@v1") == FILES
    monkeypatch.chdir(root / "lib")
    word = resolve_source("git:v1")
    assert found("git:v1") == found("git:HEAD@{0}") == FILES
    monkeypatch.chdir(tmp_path)
    assert found(word) == FILES
    assert open_source(word).label == "v1"
    with pytest.raises(GitError, match="no commit is named 'v2'"):
        open_source(f"git:{root}@v2")


def test_what_is_no_tree_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such tree") as error:
        resolve_source(str(tmp_path / "nowhere"))
    assert error.value.where == str(tmp_path / "nowhere")
    (tmp_path / "x.tar.gz").write_bytes(b"\x1f\x8bno")
    (tmp_path / "x.txt").write_bytes(b"no archive")
    for name in ("x.tar.gz", "x.txt"):
        with pytest.raises(SourceError, match="the archive cannot be read"):
            open_source(str(tmp_path / name))
