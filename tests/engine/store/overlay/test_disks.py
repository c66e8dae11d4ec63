"""Disks that are full, read-only, or several: with real file systems where the machine lets us.

The same refusals are injected at every call in test_faults, on every machine.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from private_mounts import make_read_only, mount, run_with_mounts
from small_overlay import numbered, on_tree, patch, snapshot, write_tree

from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.engine.ops.apply.converge import Convergence
from freebsd_port.engine.store.files.tree import DirectoryTree
from freebsd_port.engine.store.files.write import WriteError
from freebsd_port.engine.store.overlay.state import inspect_files, is_pending, load_state
from freebsd_port.errors import PortError

BIG = numbered(count=1000)
SERIES = (
    patch("first.patch", {f"pkg/m{n}.py": (BIG, numbered(500, count=1000)) for n in range(4)}),
    patch("second.patch", {"pkg/new/module.py": (None, b"one\n")}),
)
FILES = {f"pkg/m{n}.py": BIG for n in range(4)}


def refusal_of(root: Path, *goal: object) -> PortError | None:
    try:
        on_tree(root, *goal)  # type: ignore[arg-type]
    except PortError as error:
        return error
    return None


def fill_up(directory: Path) -> None:
    disk = mount(directory / "disk", kilobytes=512)
    root = write_tree(disk / "tree", FILES)
    before = snapshot(root)
    refused = done = 0
    for spare in range(0, 240, 4):
        with (disk / "ballast").open("wb") as ballast:
            room = os.statvfs(disk)
            ballast.write(b"\0" * max(room.f_bavail * room.f_frsize - spare * 1024, 0))
        error = refusal_of(root, *SERIES)
        (disk / "ballast").unlink()
        if error is None:
            done += 1
        else:
            refused += 1
            assert isinstance(error, WriteError)
            assert "no space left" in error.what
            assert "free some space" in str(error.hint)
            assert snapshot(root, with_state=True) == before
            on_tree(root, *SERIES)
        on_tree(root)
        assert snapshot(root, with_state=True) == before
    assert refused > 10
    assert done > 0


def test_a_full_disk_leaves_the_old_tree_and_the_next_command_ends_well(tmp_path: Path) -> None:
    run_with_mounts(fill_up, tmp_path)


def lock_up(directory: Path) -> None:
    disk = mount(directory / "disk")
    patched, plain = write_tree(disk / "patched", FILES), write_tree(disk / "plain", FILES)
    on_tree(patched, *SERIES)
    before = snapshot(disk)
    make_read_only(disk)
    require_readable(patched)
    assert on_tree(plain, *SERIES, dry_run=True).written == (*sorted(FILES), "pkg/new/module.py")
    assert on_tree(plain).is_noop
    for root, goal in ((patched, ()), (plain, SERIES)):
        error = refusal_of(root, *goal)
        assert isinstance(error, WriteError)
        assert "read-only file system" in error.what
        assert "name another place" in str(error.hint)
    assert snapshot(disk) == before


def require_readable(root: Path) -> None:
    """Show that what needs no change needs no right to write."""
    state = load_state(root)
    assert [one.name for one in state.patches] == ["first.patch", "second.patch"]
    assert {one.kind for one in inspect_files(DirectoryTree(root), state)} == {"patched"}
    assert not is_pending(root)
    assert on_tree(root, *SERIES).is_noop
    assert on_tree(root, dry_run=True).after == ()


def test_a_read_only_environment_can_be_looked_at_and_refuses_the_rest(tmp_path: Path) -> None:
    run_with_mounts(lock_up, tmp_path)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that every user can reach, unlike tmp_path."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    for path in directory.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(directory)


def as_somebody_else(root: Path) -> None:
    """Be a user who may not write: nobody, or for a user without rights the same one."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    else:
        for path in (root, *root.rglob("*")):
            if path.is_dir():
                path.chmod(0o555)


def test_who_may_not_write_can_look_and_is_told_whose_turn_it_is(shared: Path) -> None:
    umask = os.umask(0o077)
    try:
        root = write_tree(shared / "tree", FILES)
        for path in (root, *root.rglob("*")):
            path.chmod(0o755)
        on_tree(root, *SERIES[:1])
    finally:
        os.umask(umask)
    child = os.fork()
    if child == 0:
        status = 3
        try:
            as_somebody_else(root)
            assert on_tree(root, *SERIES[:1]).is_noop
            assert {c.kind for c in inspect_files(DirectoryTree(root), load_state(root))} == {
                "patched"
            }
            assert on_tree(root, dry_run=True).after == ()
            error = refusal_of(root)
            assert isinstance(error, WriteError)
            assert "run as the owner" in str(error.hint)
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [one.name for one in load_state(root).patches] == ["first.patch"]


def test_what_root_writes_belongs_to_the_owner_of_the_tree(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files to another user")
    root = write_tree(tmp_path / "tree", FILES)
    for path in (root, *root.rglob("*")):
        os.chown(path, 4321, 1234)
    on_tree(root, *SERIES)
    owners = {(p.lstat().st_uid, p.lstat().st_gid) for p in (root, *root.rglob("*"))}
    assert owners == {(4321, 1234)}
    assert (root / STATE_DIRECTORY / "pristine").is_dir()


def span_disks(directory: Path) -> None:
    root = write_tree(directory / "tree", {**FILES, "top.py": numbered()})
    shutil.move(root / "pkg", directory / "moved")
    mount(root / "pkg")
    shutil.copytree(directory / "moved", root / "pkg", dirs_exist_ok=True)
    (root / "pkg/m1.py").chmod(0o751)
    before = snapshot(root)
    done: Convergence = on_tree(root, *SERIES)
    assert len(done.written) == 5
    assert (root / "pkg/m1.py").stat().st_mode & 0o777 == 0o751
    assert (root / "pkg/new/module.py").read_bytes() == b"one\n"
    assert sorted(os.listdir(root / "pkg")) == [*(f"m{n}.py" for n in range(4)), "new"]
    on_tree(root)
    assert snapshot(root, with_state=True) == before


def test_a_tree_over_two_file_systems_is_changed_all_the_same(tmp_path: Path) -> None:
    run_with_mounts(span_disks, tmp_path)
