"""The wheels of a release as one tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_wheel import make_wheel

from freebsd_port.engine.core.text.file import PathError
from freebsd_port.openstack.store.python.wheels import Wheel, WheelTree, cache_directory, find_wheel


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WheelTree:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    wheels: list[Wheel] = []
    for name in ("nova", "oslo.privsep"):
        pin = make_wheel(tmp_path / "files", name)
        entry = cache_directory() / "wheels" / pin.sha256 / pin.wheel
        entry.parent.mkdir(parents=True)
        (tmp_path / "files" / pin.wheel).rename(entry)
        wheel = find_wheel(pin)
        assert wheel is not None
        wheels.append(wheel)
    return WheelTree(tuple(wheels))


def test_members_of_every_wheel_are_read(tree: WheelTree) -> None:
    for path in ("nova/__init__.py", "oslo_privsep/__init__.py"):
        state = tree.read(path)
        assert state is not None
        assert (state.content, state.mode) == (b"version = '1.0'\n", 0o644)
    assert "nova-1.0.dist-info/RECORD" in tree.paths()


def test_what_no_wheel_has_is_none(tree: WheelTree) -> None:
    assert tree.read("nova/absent.py") is None


def test_directories_are_those_above_members(tree: WheelTree) -> None:
    assert tree.has_directory("nova")
    assert tree.has_directory("")
    assert not tree.has_directory("nova/__init__.py")
    assert not tree.has_directory("neutron")


@pytest.mark.parametrize("path", ["../nova/__init__.py", "/etc/passwd"])
def test_an_unsafe_path_is_refused(tree: WheelTree, path: str) -> None:
    with pytest.raises(PathError, match="may not be patched"):
        tree.read(path)
