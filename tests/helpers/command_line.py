"""Runs the command line in this process, on a small project, and keeps what it printed.

A directory of tests gets the fixtures by importing them in its conftest.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from manual.json_keys import load_json_keys
from small_project import SmallProject, small_project

from freebsd_port.cli.main import cli, main

KEYS = load_json_keys()


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        require_declared(value)
        return value


def require_declared(document: dict[str, Any]) -> None:
    """See that docs/json-keys.toml, which the reference is made from, knows each key."""
    # A matrix names no verb: its form is GitHub's. Nor does an error: it may not know the verb.
    verb = document.get("verb", "releases matrix" if "include" in document else "document")
    assert KEYS.undeclared(verb, document) == []


Run = Callable[..., Said]
"""Runs a verb with these words on a small project."""


def every_verb(group: click.Group = cli, before: str = "") -> list[str]:
    """Name the verbs of a group and of the groups below it: `status`, `host services install`."""
    found = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        found.append(f"{before}{name}")
        if isinstance(command, click.Group):
            found += every_verb(command, f"{before}{name} ")
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    return small_project(tmp_path, monkeypatch)


@pytest.fixture
def run(
    project: SmallProject, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run a verb on the small project; its path is printed as PROJECT.

    However slow the machine is, nothing is printed because of it.
    """
    monkeypatch.setattr("freebsd_port.cli.progress.LINE_SECONDS", float("inf"))

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
