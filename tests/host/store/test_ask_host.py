"""Asking this machine: commands, files and peers, none of which may stop the rest."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from freebsd_port.host.core.recording import Questions, Ran
from freebsd_port.host.store import ask_host as host_questions
from freebsd_port.host.store.ask_host import ask_host


def quiet(message: str) -> None:
    pass


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_commands_answer_with_status_and_both_streams() -> None:
    words = python("import sys; print('out'); sys.exit('err')")
    host = ask_host(Questions(commands=(words, ("/no/such/program",))), Path("/"), quiet)
    assert host.run(*words) is not None
    assert host.run(*words).status == 1  # type: ignore[union-attr]
    assert sorted(host.run(*words).output.split()) == ["err", "out"]  # type: ignore[union-attr]
    assert host.value(*words) is None
    assert host.run("/no/such/program") is None


def test_a_command_that_hangs_is_ended_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_questions, "COMMAND_SECONDS", 0.2)
    words = python("import time; time.sleep(600)")
    assert ask_host(Questions(commands=(words,)), Path("/"), quiet).run(*words) == Ran(
        124, "no answer in 0.2 seconds"
    )


def test_files_are_there_or_not_and_short_texts_are_read(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("kld_list\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "long").write_bytes(b"x" * 70_000)
    names = ("text", "binary", "long", "", "missing")
    asked = tuple(str(tmp_path / name) for name in names)
    files = ask_host(Questions(files=asked), Path("/"), quiet).files
    assert files == dict(zip(asked[:4], ("kld_list\n", "", "", ""), strict=True))


def test_who_listens_answers_and_who_does_not_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        there, nobody = server.getsockname(), silent.getsockname()
        addresses = ask_host(Questions(addresses=(there, nobody)), Path("/"), quiet).addresses
    assert addresses == {there: "", nobody: "connection refused"}
