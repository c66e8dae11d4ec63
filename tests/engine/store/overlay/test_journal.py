"""One transaction: what it writes, in which order, and what it leaves of itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from small_overlay import snapshot, write_tree

from freebsd_port.engine.core.apply.overlay import STATE_FILE, OverlayError
from freebsd_port.engine.core.text.file import STATE_DIRECTORY, FileState, hash_bytes
from freebsd_port.engine.store.overlay.journal import Write, commit, recover
from freebsd_port.engine.store.overlay.originals import find_pristine
from freebsd_port.engine.store.overlay.state import is_pending


def content(data: bytes, mode: int | None = 0o644) -> FileState:
    return FileState(data, mode)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", {"a.py": b"old\n", "gone/b.py": b"old\n"})


WRITES = (
    Write("a.py", hash_bytes(b"old\n"), content(b"new\n", 0o755)),
    Write("gone/b.py", hash_bytes(b"old\n"), None),
    Write("new/deep/c.py", None, content(b"new\n"), 0o755),
)


def test_files_state_and_originals_are_all_there_afterwards(root: Path) -> None:
    digest = hash_bytes(b"old\n")
    commit(root, WRITES, b"state", {digest: b"old\n"})
    found = snapshot(root)
    assert sorted(found) == ["a.py", "new", "new/deep", "new/deep/c.py"]
    assert found["a.py"] == (0o100755, b"new\n")
    assert (root / STATE_FILE).read_bytes() == b"state"
    assert find_pristine(root, digest) == b"old\n"
    assert sorted(os.listdir(root / STATE_DIRECTORY)) == ["pristine", "state.json"]
    assert not is_pending(root)
    assert not recover(root)


def test_no_state_leaves_no_directory(root: Path) -> None:
    commit(root, (), b"state", {hash_bytes(b"x"): b"x"})
    commit(root, WRITES, None)
    assert not (root / STATE_DIRECTORY).exists()


def test_a_file_may_take_the_place_of_a_directory_and_back(root: Path) -> None:
    digest = hash_bytes(b"old\n")
    commit(
        root,
        (Write("gone", None, content(b"file\n")), Write("gone/b.py", digest, None)),
        b"state",
    )
    assert (root / "gone").read_bytes() == b"file\n"
    commit(
        root,
        (
            Write("gone", hash_bytes(b"file\n"), None),
            Write("gone/b.py", None, content(b"old\n"), 0o755),
        ),
        None,
    )
    assert (root / "gone/b.py").read_bytes() == b"old\n"


def test_a_change_of_mode_alone_is_carried_out(root: Path) -> None:
    digest = hash_bytes(b"old\n")
    commit(root, (Write("a.py", digest, content(b"old\n", 0o755)),), b"state")
    assert (root / "a.py").stat().st_mode & 0o777 == 0o755


def test_originals_are_on_disk_before_the_change_has_happened(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hash_bytes(b"old\n")
    rename = os.rename

    def look(source: Path, destination: Path) -> None:
        if Path(destination).name == "journal":
            assert find_pristine(root, digest) == b"old\n"
            assert (root / "a.py").read_bytes() == b"old\n"
        rename(source, destination)

    monkeypatch.setattr(os, "rename", look)
    commit(root, WRITES, b"state", {digest: b"old\n"})
    assert (root / "a.py").read_bytes() == b"new\n"


def test_everything_named_is_synced_before_the_journal_goes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: dict[int, str] = {}
    events: list[str] = []
    real_open, fsync, rename = os.open, os.fsync, os.rename

    def note_open(path: Path, *rest: int) -> int:
        descriptor = real_open(path, *rest)
        opened[descriptor] = str(path).removeprefix(f"{root}")
        return descriptor

    def note_sync(descriptor: int) -> None:
        events.append(opened[descriptor])
        fsync(descriptor)

    def note_rename(source: Path, destination: Path) -> None:
        events.append(Path(destination).name.upper())
        rename(source, destination)

    monkeypatch.setattr(os, "open", note_open)
    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "rename", note_rename)
    commit(root, WRITES, b"state", {hash_bytes(b"old\n"): b"old\n"})
    staged = events[: events.index("JOURNAL")]
    carried = events[events.index("JOURNAL") : events.index("STAGING")]
    state = f"/{STATE_DIRECTORY}"
    assert {f"{state}/staging/{n}" for n in ("0", "2", "state", "index.json")} <= set(staged)
    assert {f"{state}/pristine", f"{state}/staging"} <= set(staged)
    assert {state, "", "/new/deep"} <= set(carried)


def test_rubbish_of_an_earlier_attempt_is_no_obstacle(root: Path) -> None:
    write_tree(root, {f"{STATE_DIRECTORY}/staging/0": b"half"})
    assert is_pending(root)
    assert recover(root)
    assert not (root / STATE_DIRECTORY).exists()
    write_tree(root, {f"{STATE_DIRECTORY}/pristine/{'0' * 64}.partial": b"half"})
    assert not is_pending(root)
    assert not recover(root)
    assert not (root / STATE_DIRECTORY).exists()


def test_a_journal_without_index_is_named(root: Path) -> None:
    (root / STATE_DIRECTORY / "journal").mkdir(parents=True)
    with pytest.raises(OverlayError, match="no index") as caught:
        recover(root)
    assert str(root / STATE_DIRECTORY) in str(caught.value.hint)


def test_the_state_can_be_read_by_who_can_read_the_tree_and_nobody_else(tmp_path: Path) -> None:
    for mode, directory, file in ((0o755, 0o755, 0o644), (0o700, 0o700, 0o600)):
        root = write_tree(tmp_path / str(mode), {"a.py": b"old\n"})
        root.chmod(mode)
        umask = os.umask(0o077)
        try:
            commit(root, WRITES[:1], b"state", {hash_bytes(b"old\n"): b"old\n"})
        finally:
            os.umask(umask)
        state = root / STATE_DIRECTORY
        modes = [p.stat().st_mode & 0o777 for p in (state, state / "pristine", root / STATE_FILE)]
        assert modes == [directory, directory, file]
        assert {p.stat().st_mode & 0o777 for p in (state / "pristine").iterdir()} == {file}
