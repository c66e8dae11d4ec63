"""Files that somebody changed under the overlay are never written over unasked."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from small_overlay import (
    DRIVER,
    numbered,
    on_packages,
    on_tree,
    packages,
    patch,
    reopen,
    snapshot,
    write_tree,
)

from freebsd_port.engine.core.apply.overlay import OverlayError
from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.engine.store.overlay.state import is_pending, load_state
from freebsd_port.errors import PortError, ProblemsError

FIRST = patch("first.patch", {"a.py": (DRIVER, numbered(2)), "b.py": (DRIVER, numbered(2))})
SECOND = patch("second.patch", {"a.py": (numbered(2), numbered(2, 9)), "n.py": (None, b"one\n")})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with both patches on."""
    root = write_tree(tmp_path / "tree", {"a.py": DRIVER, "b.py": DRIVER, "c.py": DRIVER})
    on_tree(root, FIRST, SECOND)
    return root


def problems_of(action: Callable[[], object]) -> tuple[PortError, ...]:
    with pytest.raises(ProblemsError) as caught:
        action()
    return caught.value.problems


@pytest.mark.parametrize("goal", [(), (FIRST,), (FIRST, SECOND)])
def test_every_file_edited_by_hand_or_missing_is_named_and_left(
    root: Path, goal: tuple[object, ...]
) -> None:
    (root / "a.py").write_bytes(b"mine\n")
    (root / "b.py").unlink()
    before = snapshot(root, with_state=True)
    found = problems_of(lambda: on_tree(root, *goal))  # type: ignore[arg-type]
    assert [one.what for one in found] == ["a.py was edited by hand", "b.py was removed"]
    assert all("--force" in str(one.hint) for one in found)
    assert snapshot(root, with_state=True) == before


def test_force_keeps_a_copy_and_says_where(root: Path) -> None:
    (root / "a.py").write_bytes(b"mine\n")
    (root / "a.py").chmod(0o640)
    (root / "b.py").unlink()
    done = on_tree(root, FIRST, SECOND, force=True)
    (copy,) = done.kept
    assert copy.name.startswith("a.py.orig-")
    assert copy.read_bytes() == b"mine\n"
    assert copy.stat().st_mode & 0o777 == 0o640
    assert (root / "a.py").read_bytes() == numbered(2, 9)
    assert (root / "b.py").read_bytes() == numbered(2)
    (root / "a.py").write_bytes(b"mine again\n")
    done = on_tree(root, force=True)
    assert (root / "a.py").read_bytes() == DRIVER
    assert [one.read_bytes() for one in done.kept] == [b"mine again\n"]
    assert copy.read_bytes() == b"mine\n"


def test_a_dry_run_with_force_keeps_nothing_and_writes_nothing(root: Path) -> None:
    (root / "a.py").write_bytes(b"mine\n")
    before = snapshot(root, with_state=True)
    done = on_tree(root, force=True, dry_run=True)
    assert (done.kept, done.written) == ((), ("a.py", "b.py", "n.py"))
    assert snapshot(root, with_state=True) == before


def test_a_file_that_became_a_link_is_refused_even_with_force(root: Path, tmp_path: Path) -> None:
    (tmp_path / "cache.py").write_bytes(numbered(2, 9))
    (root / "a.py").unlink()
    (root / "a.py").symlink_to(tmp_path / "cache.py")
    for force in (False, True):
        (found,) = problems_of(lambda force=force: on_tree(root, force=force))  # type: ignore[misc]
        assert "'a.py' may not be patched: it is a symbolic link" in found.what
        assert "--link-mode copy" in str(found.hint)
    assert (tmp_path / "cache.py").read_bytes() == numbered(2, 9)


def test_a_file_in_the_place_of_a_directory_that_comes_back_is_refused(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"d/h": b"h\n", "a.py": DRIVER})
    on_tree(root, patch("gone.patch", {"d/h": (b"h\n", None)}))
    (root / "d").write_bytes(b"mine\n")
    before = snapshot(root, with_state=True)
    with pytest.raises(PortError, match="'d/h' cannot be made: 'd' is a file") as caught:
        on_tree(root)
    assert caught.value.where == str(root)
    assert caught.value.hint == "move that file"
    assert snapshot(root, with_state=True) == before
    (root / "d").unlink()
    on_tree(root)
    assert (root / "d/h").read_bytes() == b"h\n"


def test_hard_links_into_a_cache_are_broken_and_never_written_through(tmp_path: Path) -> None:
    cache = write_tree(tmp_path / "cache", {"a.py": DRIVER, "b.py": DRIVER})
    root = tmp_path / "tree"
    root.mkdir()
    for name in ("a.py", "b.py"):
        os.link(cache / name, root / name)
    on_tree(root, FIRST)
    assert (root / "a.py").read_bytes() == numbered(2)
    assert snapshot(cache) == snapshot(
        write_tree(tmp_path / "same", {"a.py": DRIVER, "b.py": DRIVER})
    )
    assert not (root / "a.py").samefile(cache / "a.py")
    on_tree(root)
    assert (cache / "a.py").read_bytes() == (root / "a.py").read_bytes() == DRIVER


def test_packages_that_are_links_into_a_cache_are_refused_with_the_way_out(tmp_path: Path) -> None:
    target = packages(tmp_path / "packages")
    cached = tmp_path / "driver.py"
    (target.root / "nova/driver.py").rename(cached)
    (target.root / "nova/driver.py").symlink_to(cached)
    series = patch("nova/p.patch", {"nova/driver.py": (DRIVER, numbered(2))})
    (found,) = problems_of(lambda: on_packages(target, series))
    assert "symbolic link" in found.what
    assert found.where == "patches/nova/p.patch:1"
    assert "--link-mode copy" in str(found.hint)
    assert cached.read_bytes() == DRIVER


def test_a_file_that_differs_from_the_wheel_before_any_patch_is_refused(tmp_path: Path) -> None:
    target = packages(tmp_path / "packages")
    (target.root / "nova/driver.py").write_bytes(numbered(12))
    before = snapshot(target.root, with_state=True)
    series = patch("nova/p.patch", {"nova/driver.py": (DRIVER, numbered(2))})
    for force in (False, True):
        (found,) = problems_of(
            lambda force=force: on_packages(reopen(target.root), series, force=force)  # type: ignore[misc]
        )
        assert found.what == "nova/driver.py is not the file that its distribution installed"
    assert snapshot(target.root, with_state=True) == before


def test_a_lost_original_stops_what_needs_it_and_nothing_is_written(root: Path) -> None:
    kept = root / STATE_DIRECTORY / "pristine" / str(load_state(root).files[0].before)
    for damage in (lambda: kept.write_bytes(b"other"), kept.unlink):
        damage()
        before = snapshot(root, with_state=True)
        with pytest.raises(OverlayError, match=r"kept original .* is (gone|damaged)") as caught:
            on_tree(root)
        assert "reinstall" in str(caught.value.hint)
        assert snapshot(root, with_state=True) == before
    for name in ("a.py", "b.py"):
        (root / name).write_bytes(DRIVER)
    assert on_tree(root, FIRST, SECOND).written == ("a.py", "b.py")
    assert kept.read_bytes() == DRIVER


def test_an_edit_between_the_kill_and_the_next_command_survives(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("freebsd_port.engine.store.overlay.journal.carry_out", die)
        with pytest.raises(KeyboardInterrupt):
            on_tree(root)
    assert is_pending(root)
    for name in ("a.py", "n.py"):
        (root / name).write_bytes(b"mine\n")
    assert on_tree(root).is_recovered
    assert (root / "a.py").read_bytes() == (root / "n.py").read_bytes() == b"mine\n"
    assert (root / "b.py").read_bytes() == DRIVER


def test_an_edit_at_the_very_moment_of_writing_is_left_and_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from freebsd_port.engine.store.overlay import journal

    commit = journal.commit

    def edit_first(*arguments: object) -> None:
        (root / "a.py").write_bytes(b"mine\n")
        commit(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "commit", edit_first)
    with pytest.raises(OverlayError, match=r"a\.py: changed by somebody else"):
        on_tree(root, FIRST)
    monkeypatch.undo()
    assert (root / "a.py").read_bytes() == b"mine\n"
    (found,) = problems_of(lambda: on_tree(root, FIRST))
    assert found.what == "a.py was edited by hand"
