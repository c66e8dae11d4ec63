"""Reading what is on a tree, its files as found, and the tree as it was before."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_overlay import write_tree

from freebsd_port.engine.core.apply.overlay import (
    STATE_FILE,
    OverlayError,
    OverlayFile,
    OverlayState,
    render_state,
)
from freebsd_port.engine.core.text.file import STATE_DIRECTORY, hash_bytes
from freebsd_port.engine.store.files.tree import DirectoryTree
from freebsd_port.engine.store.files.write import NewFiles
from freebsd_port.engine.store.overlay.originals import (
    find_pristine,
    load_pristine,
    place_pristine,
    prune_pristine,
    stage_pristine,
)
from freebsd_port.engine.store.overlay.state import BaseTree, inspect_files, load_state
from freebsd_port.errors import PortError

OLD, NEW = hash_bytes(b"old"), hash_bytes(b"new")


def entry(path: str, before: str | None = OLD, after: str | None = NEW) -> OverlayFile:
    return OverlayFile(path, before, after, 0o640 if before else None, None)


def keep(root: Path, originals: dict[str, bytes]) -> None:
    with NewFiles() as files:
        staged = stage_pristine(root, originals, 0o755, (0, 0), files)
    place_pristine(staged)


def test_a_tree_without_overlay_has_an_empty_state(tmp_path: Path) -> None:
    assert load_state(tmp_path) == OverlayState()
    (tmp_path / STATE_DIRECTORY).mkdir()
    assert load_state(tmp_path) == OverlayState()


def test_a_state_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    write_tree(tmp_path, {"elsewhere/state.json": render_state(OverlayState())})
    (tmp_path / STATE_DIRECTORY).mkdir()
    (tmp_path / STATE_FILE).symlink_to(tmp_path / "elsewhere/state.json")
    with pytest.raises(OverlayError, match="cannot be read: it is a symbolic link"):
        load_state(tmp_path)
    (tmp_path / STATE_FILE).unlink()
    (tmp_path / STATE_DIRECTORY).rmdir()
    (tmp_path / STATE_DIRECTORY).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PortError, match="symbolic link"):
        load_state(tmp_path)


def test_each_file_is_found_in_one_of_five_conditions(tmp_path: Path) -> None:
    write_tree(tmp_path, {"patched": b"new", "pristine": b"old", "edited": b"x", "dir/a": b""})
    (tmp_path / "unsafe").symlink_to("patched")
    names = ("patched", "pristine", "edited", "gone", "unsafe")
    files = (*map(entry, names), entry("removed", OLD, None), entry("not yet", None, NEW))
    found = inspect_files(
        DirectoryTree(tmp_path), OverlayState(files=(*files, entry("dir", OLD, None)))
    )
    assert [one.kind for one in found] == [*names, "patched", "pristine", "patched"]
    assert found[4].fault is not None
    assert "symbolic link" in found[4].fault.what


def test_the_base_is_the_original_where_there_is_one(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": b"new", "added": b"new", "other": b"other"})
    (tmp_path / STATE_DIRECTORY).mkdir()
    keep(tmp_path, {OLD: b"old"})
    base = BaseTree(tmp_path, OverlayState(files=(entry("a"), entry("added", None))))
    original, other = base.read("a"), base.read("other")
    assert original is not None
    assert (original.content, original.mode) == (b"old", 0o640)
    assert base.read("added") is None
    assert other is not None
    assert other.content == b"other"


@pytest.mark.parametrize("damage", [b"", b"other", None])
def test_a_damaged_original_is_taken_from_a_tree_that_has_it_again(
    tmp_path: Path, damage: bytes | None
) -> None:
    write_tree(tmp_path, {"a": b"new", f"{STATE_DIRECTORY}/pristine/x": b""})
    if damage is not None:
        (tmp_path / STATE_DIRECTORY / "pristine" / OLD).write_bytes(damage)
    base = BaseTree(tmp_path, OverlayState(files=(entry("a"),)))
    with pytest.raises(OverlayError, match="gone" if damage is None else "damaged"):
        base.read("a")
    (tmp_path / "a").write_bytes(b"old")
    found = base.read("a")
    assert found is not None
    assert found.content == b"old"
    keep(tmp_path, {OLD: b"old"})
    assert load_pristine(tmp_path, OLD) == b"old"


def test_an_original_behind_a_link_is_none(tmp_path: Path) -> None:
    write_tree(tmp_path, {"elsewhere": b"old", f"{STATE_DIRECTORY}/pristine/x": b""})
    (tmp_path / STATE_DIRECTORY / "pristine" / OLD).symlink_to(tmp_path / "elsewhere")
    assert find_pristine(tmp_path, OLD) is None


def test_originals_that_nothing_needs_go(tmp_path: Path) -> None:
    (tmp_path / STATE_DIRECTORY).mkdir()
    keep(tmp_path, {OLD: b"old", NEW: b"new"})
    prune_pristine(tmp_path, OverlayState(files=(entry("a"),)))
    assert find_pristine(tmp_path, OLD) == b"old"
    assert find_pristine(tmp_path, NEW) is None
