"""Single writes: modes, other file systems, bytecode, and what is never followed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from small_overlay import write_tree

from freebsd_port.engine.store.files.write import (
    describe_refusal,
    is_directory,
    make_directories,
    place_file,
    remove_bytecode,
    remove_directory,
    remove_empty_parents,
    write_new,
)
from freebsd_port.errors import PortError


def mode_of(path: Path) -> int:
    return path.lstat().st_mode & 0o7777


def test_a_new_file_gets_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        write_new(tmp_path / "a", b"x", 0o644, None)
        write_new(tmp_path / "b", b"x", None, None)
        make_directories(tmp_path / "c" / "d", 0o755)
        make_directories(tmp_path / "e", None)
    finally:
        os.umask(umask)
    assert [mode_of(tmp_path / n) for n in ("a", "b", "c", "c/d", "e")] == [
        *(0o644, 0o600, 0o755, 0o755, 0o700)
    ]


def test_a_file_or_link_that_is_there_is_never_written_through(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    (tmp_path / "dangling").symlink_to(tmp_path / "absent")
    for name in ("victim", "link", "dangling"):
        with pytest.raises(FileExistsError):
            write_new(tmp_path / name, b"x", None, None)
    assert (tmp_path / "victim").read_bytes() == b"mine"
    assert not (tmp_path / "absent").exists()


def test_a_short_write_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:3]))
    write_new(tmp_path / "a", b"0123456789", None, None)
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_a_file_reaches_another_file_system_in_one_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace
    (tmp_path / "sub").mkdir()
    staged, target = tmp_path / "staged", tmp_path / "sub" / "a.py"
    staged.write_bytes(b"new")
    staged.chmod(0o751)
    target.write_bytes(b"old")
    (tmp_path / "sub" / ".a.py.freebsd-port").write_bytes(b"half of an earlier att")

    def refuse(source: Path, destination: Path) -> None:
        if Path(source).parent != Path(destination).parent:
            raise OSError(errno.EXDEV, "cross-device link")
        assert target.read_bytes() == b"old"
        replace(source, destination)

    monkeypatch.setattr(os, "replace", refuse)
    place_file(staged, target)
    assert (target.read_bytes(), mode_of(target)) == (b"new", 0o751)
    assert os.listdir(tmp_path / "sub") == ["a.py"]
    assert not staged.exists()


def test_only_the_bytecode_of_the_module_itself_goes(tmp_path: Path) -> None:
    gone = [
        *("a.cpython-311.pyc", "a.cpython-311.opt-1.pyc", "a.pypy39.pyc"),
        *("a.cpython-311.pyc.140234", "a.cpython-313t.opt-2.pyc"),
    ]
    kept = ["ab.cpython-311.pyc", "a_b.cpython-311.pyc", "a.cpython-311.py", "a.txt"]
    write_tree(tmp_path / "pkg/__pycache__", dict.fromkeys((*gone, *kept), b""))
    remove_bytecode(tmp_path / "pkg/a.py")
    assert sorted(os.listdir(tmp_path / "pkg/__pycache__")) == sorted(kept)


def test_an_emptied_bytecode_directory_goes_and_a_linked_one_is_not_looked_into(
    tmp_path: Path,
) -> None:
    write_tree(tmp_path, {"pkg/__pycache__/a.cpython-311.pyc": b"", "x/a.cpython-311.pyc": b""})
    remove_bytecode(tmp_path / "pkg/a.py")
    assert os.listdir(tmp_path / "pkg") == []
    (tmp_path / "pkg/__pycache__").symlink_to(tmp_path / "x")
    remove_bytecode(tmp_path / "pkg/a.py")
    remove_bytecode(tmp_path / "absent/a.py")
    remove_bytecode(tmp_path / "x/notes.txt")
    assert os.listdir(tmp_path / "x") == ["a.cpython-311.pyc"]


def test_removing_a_directory_follows_no_link(tmp_path: Path) -> None:
    write_tree(tmp_path, {"victim/a": b"", "gone/b/c": b""})
    (tmp_path / "gone/link").symlink_to(tmp_path / "victim")
    (tmp_path / "planted").symlink_to(tmp_path / "victim")
    for name in ("gone", "planted", "absent"):
        remove_directory(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == ["victim"]
    assert os.listdir(tmp_path / "victim") == ["a"]


def test_emptied_directories_go_up_to_the_root_and_gone_ones_are_no_obstacle(
    tmp_path: Path,
) -> None:
    (tmp_path / "root/a/b/c").mkdir(parents=True)
    (tmp_path / "root/a/b/c").rmdir()
    remove_empty_parents(tmp_path / "root/a/b/c/file", tmp_path / "root")
    assert os.listdir(tmp_path / "root") == []
    write_tree(tmp_path / "root", {"a/kept": b""})
    (tmp_path / "root/a/b").mkdir()
    remove_empty_parents(tmp_path / "root/a/b/file", tmp_path / "root")
    assert os.listdir(tmp_path / "root/a") == ["kept"]


def test_a_link_is_no_directory_of_ours(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    assert is_directory(tmp_path)
    assert not is_directory(tmp_path / "absent")
    assert not is_directory(tmp_path / "file" / "below")
    with pytest.raises(PortError, match="link is a symbolic link"):
        is_directory(tmp_path / "link")
    with pytest.raises(PortError, match="file is not a directory"):
        is_directory(tmp_path / "file")


def test_a_refusal_names_the_file_or_else_the_tree(tmp_path: Path) -> None:
    named = describe_refusal(OSError(errno.EIO, "Input/output error", "/x/y"), tmp_path)
    assert (named.what, named.where) == ("cannot write: input/output error", "/x/y")
    assert describe_refusal(OSError(errno.EIO, "x"), tmp_path).where == str(tmp_path)
