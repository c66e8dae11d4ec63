"""Getting wheels: the cache, its verification, and what pip is asked for."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from made_wheel import make_wheel

from freebsd_port.engine.core.apply.record import record_paths
from freebsd_port.openstack.core.release.release import Pin
from freebsd_port.openstack.store.project.project import find_project
from freebsd_port.openstack.store.python.wheels import (
    WheelError,
    cache_directory,
    find_wheel,
    require_wheels,
)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index that is a directory, and a cache that is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    return tmp_path / "index"


def entry_of(pin: Pin) -> Path:
    return cache_directory() / "wheels" / pin.sha256 / pin.wheel


def test_wheels_come_in_the_order_of_the_pins_and_stay_in_the_cache(index: Path) -> None:
    pins = [make_wheel(index, "oslo.privsep"), make_wheel(index, "nova")]
    told: list[str] = []
    wheels = require_wheels(pins, progress=told.append)
    assert [
        wheel.read(f"{name}/__init__.py")
        for wheel, name in zip(wheels, ["oslo_privsep", "nova"], strict=True)
    ] == [b"version = '1.0'\n"] * 2
    assert told == ["downloading oslo.privsep 1.0, nova 1.0"]
    for path in index.iterdir():
        path.unlink()
    assert require_wheels(pins, is_offline=True, progress=told.append) == wheels
    assert len(told) == 1


def test_nothing_but_the_wheels_is_left_in_the_cache(index: Path) -> None:
    pin = make_wheel(index, "nova")
    require_wheels([pin])
    files = [path for path in (cache_directory() / "wheels").rglob("*") if path.is_file()]
    assert files == [entry_of(pin)]


def test_a_wheel_gives_its_members_and_its_record(index: Path) -> None:
    (wheel,) = require_wheels([make_wheel(index, "nova")])
    assert wheel.paths()[0] == "nova/__init__.py"
    assert list(record_paths(wheel.record())) == list(wheel.paths())
    with pytest.raises(WheelError, match=r"no nova/absent\.py in nova 1\.0"):
        wheel.read("nova/absent.py")


def test_a_wheel_on_the_index_with_another_hash_is_refused(index: Path) -> None:
    pin = make_wheel(index, "nova")
    (index / pin.wheel).write_bytes((index / pin.wheel).read_bytes() + b"\0")
    with pytest.raises(WheelError, match=r"could not download nova 1\.0") as caught:
        require_wheels([pin])
    assert pin.sha256 in caught.value.what
    assert not entry_of(pin).exists()


def test_a_version_the_index_does_not_have_is_refused_by_name(index: Path) -> None:
    make_wheel(index, "nova", "1.0")
    pin = Pin("nova", "2.0", "nova-2.0-py3-none-any.whl", "0" * 64)
    with pytest.raises(WheelError, match=r"could not download nova 2\.0: No matching"):
        require_wheels([pin])


def test_offline_without_the_wheel_says_which_is_missing(index: Path) -> None:
    pin = make_wheel(index, "nova")
    with pytest.raises(WheelError, match=r"offline.*nova-1\.0-py3-none-any\.whl") as caught:
        require_wheels([pin], is_offline=True)
    assert caught.value.hint == "run the command once without --offline"


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut short"])
def test_a_damaged_entry_is_downloaded_again(index: Path, damage: bytes) -> None:
    pin = make_wheel(index, "nova")
    require_wheels([pin])
    entry_of(pin).write_bytes(damage)
    assert find_wheel(pin) is None
    require_wheels([pin])
    assert entry_of(pin).read_bytes() == (index / pin.wheel).read_bytes()


def test_offline_a_damaged_entry_is_as_good_as_none(index: Path) -> None:
    pin = make_wheel(index, "nova")
    require_wheels([pin])
    data = entry_of(pin).read_bytes()
    entry_of(pin).write_bytes(data[:-1] + b"\1")
    with pytest.raises(WheelError, match="offline"):
        require_wheels([pin], is_offline=True)


def test_what_is_read_is_what_was_verified(index: Path) -> None:
    pin = make_wheel(index, "nova")
    (wheel,) = require_wheels([pin])
    entry_of(pin).write_bytes(b"changed after it was opened")
    assert wheel.read("nova/__init__.py") == b"version = '1.0'\n"


def test_a_cache_that_cannot_be_written_is_named_with_a_way_out(
    index: Path, tmp_path: Path
) -> None:
    pin = make_wheel(index, "nova")
    (tmp_path / "cache").write_text("a file where the cache should be")
    with pytest.raises(WheelError, match="cannot be written") as caught:
        require_wheels([pin])
    assert "XDG_CACHE_HOME" in str(caught.value.hint)


def test_a_read_only_cache_serves_what_it_has(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin = make_wheel(index, "nova")
    require_wheels([pin])

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(30, "Read-only file system")

    for name in ("mkdir", "replace", "unlink"):
        monkeypatch.setattr(os, name, refuse)
    (wheel,) = require_wheels([pin])
    assert wheel.pin == pin
    with pytest.raises(WheelError, match="cannot be written: read-only file system"):
        require_wheels([make_wheel(index, "oslo.privsep")])


def test_a_wrong_file_name_in_the_pin_is_told_from_the_right_one(index: Path) -> None:
    pin = make_wheel(index, "nova")
    wrong = Pin("nova", "1.0", "nova-1.0-py2-none-any.whl", pin.sha256)
    with pytest.raises(WheelError, match="under another name") as caught:
        require_wheels([wrong])
    assert caught.value.where == pin.wheel


def test_a_relative_cache_directory_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", "/home/operator")
    assert cache_directory() == Path("/home/operator/.cache/freebsd-port")


def test_a_pinned_wheel_comes_from_the_index_and_is_what_its_record_says() -> None:
    pin = find_project().load_release("2026.2").require_pin("oslo.rootwrap")
    (wheel,) = require_wheels([pin])
    assert set(record_paths(wheel.record())) == set(wheel.paths())
    assert b"setrlimit" in wheel.read("oslo_rootwrap/cmd.py")


def test_another_hash_names_the_package_and_both_hashes(index: Path) -> None:
    pin = make_wheel(index, "nova")
    wrong = replace(pin, sha256="0" * 64)
    with pytest.raises(WheelError) as caught:
        require_wheels([wrong])
    told = f"nova 1.0 has sha256 {pin.sha256}, not {wrong.sha256}, which is pinned"
    assert caught.value.what == f"pip could not download nova 1.0: {told}"
    require_wheels([pin])
    entry_of(pin).write_bytes(b"damaged")
    with pytest.raises(WheelError) as caught:
        require_wheels([pin], is_offline=True)
    found = hashlib.sha256(b"damaged").hexdigest()
    assert caught.value.what == (
        f"offline, and not in the cache: {pin.wheel} "
        f"(sha256 {found} is there, {pin.sha256} is pinned)"
    )
