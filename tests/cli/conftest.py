"""Runs the command line in this process, on a small project."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Run, Said
from small_project import SmallProject, small_project

from freebsd_port.cli.main import main


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    return small_project(tmp_path, monkeypatch)


@pytest.fixture
def run(project: SmallProject, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a verb on the small project; its path is printed as PROJECT."""

    def call(verb: str, *words: str | Path) -> Said:
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            main([verb, "--project", str(project.root), *map(str, words)])
        out, err = capfd.readouterr()
        root = str(project.root)
        status = left.value.code
        assert isinstance(status, int)
        return Said(status, out.replace(root, "PROJECT"), err.replace(root, "PROJECT"))

    return call
