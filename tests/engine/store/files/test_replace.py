"""Notes are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freebsd_port.engine.store.files import write


def test_a_note_is_made_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "verified.json"
    write.replace_file(path, b"one")
    write.replace_file(path, b"two")
    assert (path.read_bytes(), os.listdir(tmp_path)) == (b"two", ["verified.json"])


def test_what_a_kill_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "verified.json"
    (tmp_path / "verified.json.partial").write_bytes(b"ha")
    write.replace_file(path, b"whole")
    assert (path.read_bytes(), os.listdir(tmp_path)) == (b"whole", ["verified.json"])


def test_a_write_that_fails_leaves_the_note_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "verified.json"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "write_new", full)
    with pytest.raises(OSError, match="No space"):
        write.replace_file(path, b"new")
    assert path.read_bytes() == b"old"
