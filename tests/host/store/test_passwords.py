"""The file of passwords: private, whole, and never repeated in an error."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from freebsd_port.host.store.passwords import (
    PasswordFileError,
    make_password,
    named_passwords,
    read_passwords,
    save_passwords,
)


def test_what_is_saved_is_read_again_and_private(tmp_path: Path) -> None:
    path = tmp_path / "etc/passwords.toml"
    save_passwords(path, {"broker": 'a"\\b'})
    assert read_passwords(path) == {"broker": 'a"\\b'}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["passwords.toml"]


def test_the_same_passwords_do_not_write_the_file_again(tmp_path: Path) -> None:
    path = tmp_path / "passwords.toml"
    save_passwords(path, {"broker": "a"})
    before = path.stat().st_ino
    save_passwords(path, {"broker": "a"})
    assert path.stat().st_ino == before


def test_no_file_is_no_passwords(tmp_path: Path) -> None:
    assert read_passwords(tmp_path / "missing") == {}


def test_a_file_that_others_may_read_is_refused_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "passwords.toml"
    save_passwords(path, {"broker": "a"})
    path.chmod(0o640)
    with pytest.raises(PasswordFileError, match="users other than its owner") as caught:
        read_passwords(path)
    assert caught.value.hint == f"chmod 0600 {path}"


def test_the_environment_names_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREEBSD_PORT_PASSWORD_BROKER", "from outside")
    monkeypatch.setenv("FREEBSD_PORT_PASSWORD_DATABASE", "")
    assert named_passwords(["broker", "database", "identity"]) == {"broker": "from outside"}


def test_made_passwords_are_long_differ_and_need_no_quoting() -> None:
    made = {make_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(one) == 32 and one.replace("-", "").replace("_", "").isalnum() for one in made)
