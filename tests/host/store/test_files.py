"""What was written on a host is known by digest, and nothing else is taken for it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from freebsd_port.host.core.service_files import HostFile
from freebsd_port.host.store import files
from freebsd_port.host.store.files import HostFileError, HostFiles

SCRIPT = HostFile("/usr/local/etc/rc.d/nova_api", 0o555, b"#!/bin/sh\n")
HOOK = HostFile("/usr/local/etc/libvirt/hooks/bhyve", 0o755, b"#!/bin/sh\nexit 0\n")
BOTH = (HOOK, SCRIPT)


def kinds(root: Path) -> list[str]:
    host = HostFiles(root, "services")
    return [host.look(file.path).kind for file in BOTH]


def everything(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


NOTE = "var/db/freebsd-port/services.json"
PLACES = {file.path.lstrip("/") for file in BOTH}


def test_a_file_is_absent_ours_edited_or_foreign(tmp_path: Path) -> None:
    assert kinds(tmp_path) == ["absent", "absent"]
    HostFiles(tmp_path, "services").write(BOTH, BOTH)
    assert kinds(tmp_path) == ["ours", "ours"]
    place = HostFiles(tmp_path, "services").place(HOOK.path)
    assert place.stat().st_mode & 0o777 == 0o755
    place.write_text("edited")
    assert kinds(tmp_path) == ["edited", "ours"]
    (tmp_path / NOTE).unlink()
    assert kinds(tmp_path) == ["foreign", "foreign"]
    assert everything(tmp_path) == PLACES


def test_a_copy_is_kept_once_for_each_content_and_only_for_its_owner(tmp_path: Path) -> None:
    host = HostFiles(tmp_path, "services")
    host.write((HOOK,), (HOOK,))
    host.place(HOOK.path).write_text("one")
    copy = host.keep(host.look(HOOK.path))
    assert host.keep(host.look(HOOK.path)) == copy
    assert (copy.read_text(), copy.stat().st_mode & 0o777) == ("one", 0o600)
    host.place(HOOK.path).write_text("two")
    assert host.keep(host.look(HOOK.path)) != copy


def test_removing_takes_files_and_their_note(tmp_path: Path) -> None:
    host = HostFiles(tmp_path, "services")
    host.write(BOTH, BOTH)
    host.remove((HOOK.path,))
    assert everything(tmp_path) == {SCRIPT.path.lstrip("/"), NOTE}
    HostFiles(tmp_path, "services").remove((SCRIPT.path,))
    assert everything(tmp_path) == set()


@pytest.mark.parametrize("number", range(1, 4))
def test_a_disk_that_is_full_leaves_nothing_half_written(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    HostFiles(tmp_path, "services").write((SCRIPT,), (SCRIPT,))
    new = (HOOK, HostFile(SCRIPT.path, 0o555, b"#!/bin/sh\n# newer\n"))
    writes = 0
    real = os.write

    def write(file: int, data: bytes) -> int:
        nonlocal writes
        writes += 1
        if writes == number:
            raise OSError(28, "No space left on device")
        return real(file, data)

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(HostFileError, match="no space left on device"):
        HostFiles(tmp_path, "services").write(new, new)
    monkeypatch.undo()
    assert everything(tmp_path) == {SCRIPT.path.lstrip("/"), NOTE}
    assert (tmp_path / SCRIPT.path.lstrip("/")).read_bytes() == SCRIPT.content


def test_a_kill_between_two_files_leaves_only_what_is_known_to_be_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced: list[str] = []
    real = os.replace

    class KilledError(BaseException):
        pass

    def replace(old: Path, new: Path) -> None:
        if new.name == "nova_api":
            raise KilledError
        replaced.append(new.name)
        real(old, new)

    monkeypatch.setattr(files.os, "replace", replace)
    with pytest.raises(KilledError):
        HostFiles(tmp_path, "services").write(BOTH, BOTH)
    monkeypatch.undo()
    assert kinds(tmp_path) == ["ours", "absent"]
    HostFiles(tmp_path, "services").write((SCRIPT,), BOTH)
    assert kinds(tmp_path) == ["ours", "ours"]
    assert everything(tmp_path) == PLACES | {NOTE}


def test_what_is_no_file_is_not_touched(tmp_path: Path) -> None:
    place = HostFiles(tmp_path, "services").place(HOOK.path)
    place.parent.mkdir(parents=True)
    place.symlink_to("/etc/passwd")
    with pytest.raises(HostFileError, match="not a file is in the way"):
        HostFiles(tmp_path, "services").look(HOOK.path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"files": []}', "\x00"])
def test_a_note_that_cannot_be_read_is_told(text: str, tmp_path: Path) -> None:
    note = tmp_path / NOTE
    note.parent.mkdir(parents=True)
    note.write_text(text)
    with pytest.raises(HostFileError, match="cannot be read"):
        HostFiles(tmp_path, "services")


def test_nothing_is_written_where_nothing_changes(tmp_path: Path) -> None:
    HostFiles(tmp_path, "services").write(BOTH, BOTH)
    before = (tmp_path / NOTE).stat()
    HostFiles(tmp_path, "services").write((), BOTH)
    after = (tmp_path / NOTE).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert set(json.loads((tmp_path / NOTE).read_bytes())["files"]) == {f.path for f in BOTH}
