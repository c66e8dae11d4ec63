"""Which pgrep glance-scrubber runs."""

import os
import shutil

import pytest
from glance.cmd import scrubber

pytestmark = pytest.mark.patch("glance/scrubber-pgrep-path.patch")


@pytest.fixture
def ran(monkeypatch):
    """The programs that the scrubber runs; none runs, and no other scrubber is found."""
    programs = []

    class Process:
        def __init__(self, command, **_options):
            programs.append(command[0])

        def communicate(self):
            return b"", None

    monkeypatch.setattr(scrubber.subprocess, "Popen", Process)
    return programs


@pytest.fixture
def bare_usr_bin(monkeypatch, tmp_path):
    """/usr/bin without pgrep, as on FreeBSD, and PATH with another directory."""
    real = shutil.which

    def which(name, path=None):
        return real(name, path=path.replace("/usr/bin", str(tmp_path / "empty")))

    monkeypatch.setattr(shutil, "which", which)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_pgrep_is_found_in_path_where_usr_bin_has_none(ran, bare_usr_bin):
    program = bare_usr_bin / "pgrep"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert not scrubber.scrubber_already_running()
    assert set(ran) == {str(program)}


def test_without_any_pgrep_the_error_names_the_one_of_linux(ran, bare_usr_bin):
    assert not scrubber.scrubber_already_running()
    assert set(ran) == {"/usr/bin/pgrep"}


@pytest.mark.on_linux
def test_linux_takes_usr_bin_before_path(ran, monkeypatch, tmp_path):
    program = tmp_path / "pgrep"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    assert not scrubber.scrubber_already_running()
    if os.path.exists("/usr/bin/pgrep"):
        assert set(ran) == {"/usr/bin/pgrep"}
