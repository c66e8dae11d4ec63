"""Reading a directory as a plan may: regular files only, no links, no surprises."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from small_overlay import write_tree

from freebsd_port.engine.core.text.file import PathError
from freebsd_port.engine.store.files.tree import DirectoryTree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_tree(tmp_path / "tree", {"pkg/a.py": b"one\r\ntwo", "pkg/empty": b""})
    (root / "pkg/a.py").chmod(0o751)
    (tmp_path / "victim").write_bytes(b"precious")
    (root / "link.py").symlink_to("pkg/a.py")
    (root / "out").symlink_to(tmp_path)
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    return root


def test_a_file_comes_with_all_its_bytes_and_its_mode(root: Path) -> None:
    state = DirectoryTree(root).read("pkg/a.py")
    assert state is not None
    assert (state.content, state.mode) == (b"one\r\ntwo", 0o751)
    empty = DirectoryTree(root).read("pkg/empty")
    assert empty is not None
    assert empty.content == b""


@pytest.mark.parametrize("path", ["absent", "absent/deep/a.py", "pkg/a.py/below", "pkg/a.py/b/c"])
def test_what_is_not_there_is_none(root: Path, path: str) -> None:
    assert DirectoryTree(root).read(path) is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/etc/passwd", "absolute"),
        ("../victim", "climbs out"),
        (".freebsd-port/state.json", "its own state"),
        ("link.py", "symbolic link"),
        ("loop", "symbolic link"),
        ("out/victim", "'out' is a symbolic link"),
        ("out/tree/pkg/a.py", "'out' is a symbolic link"),
        ("loop/a", "'loop' is a symbolic link"),
        ("pipe", "not a regular file"),
        ("pkg", "not a regular file"),
        ("x" * 300, "cannot be read: file name too long"),
        (f"{'x' * 300}/a", "cannot be read: file name too long"),
    ],
)
def test_everything_else_is_refused_by_name(root: Path, path: str, reason: str) -> None:
    with pytest.raises(PathError, match=reason) as caught:
        DirectoryTree(root).read(path)
    assert path[:5] in caught.value.what or path.partition("/")[0][:5] in caught.value.what


def test_a_socket_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(PathError, match="not a regular file"):
            DirectoryTree(root).read("socket")


def test_directories_are_known_and_links_are_none(root: Path) -> None:
    tree = DirectoryTree(root)
    assert tree.has_directory("")
    assert tree.has_directory("pkg")
    assert not tree.has_directory("pkg/a.py")
    assert not tree.has_directory("absent/deep")
    with pytest.raises(PathError):
        tree.has_directory("out")


def test_a_file_that_may_not_be_read_is_refused_by_name(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PathError, match=r"'pkg/a\.py' cannot be read: permission denied"):
        DirectoryTree(root).read("pkg/a.py")
