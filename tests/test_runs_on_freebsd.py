"""The toolkit needs nothing of Linux: a whole session on an emulated host, and its wheels."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from small_project import NAMES, SmallProject, small_project

ROOT = Path(__file__).resolve().parents[1]
SESSION = """
import sys
sys.path.insert(0, {root!r})
sys.modules.update(dict.fromkeys({without!r}))
sys.executable = {python!r}
from freebsd_port.in_target.emulation import activate, load_profile
activate(load_profile({profile!r}))

import contextlib, io, json, os, platform
from freebsd_port.cli.main import main

def run(*words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([words[0], "--project", {project!r}, *words[1:]])
        except SystemExit as left:
            status = left.code
    said.append([" ".join(words), status, out.getvalue(), err.getvalue()])

said = []
host = [sys.platform[:7], platform.system(), os.path.exists("/proc/self"), hasattr(os, "splice")]
for line in {commands!r}:
    run(*line.split())
print(json.dumps([host, said]))
"""
COMMANDS = """\
releases
series -v
lock --check
series lock --offline
check --offline
apply --dry-run --json
push 2
status
verify --platform native
apply
apply
pop 1
status --json
pop -a
apply --tree {packages} --series {series} --patches {patches}
status --tree {packages} --series {series} --patches {patches}
pop -a --tree {packages} --series {series} --patches {patches}
venv
completion bash
review
review --json
interdiff 2026.2 2026.2
graph
host services install --root {host} --answers {answers}
host services status --root {host} --answers {answers}
host services remove --root {host}"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    return small_project(tmp_path, monkeypatch)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="on FreeBSD every test is this test"
)
@pytest.mark.parametrize(
    ("profile", "without"),
    [
        ("freebsd-13.1", "ssl _ssl sqlite3 _sqlite3"),
        ("freebsd-14.5", ""),
        ("freebsd-15.0-arm64", ""),
    ],
)
def test_a_session_runs_on_an_emulated_host_without_any_other_program(
    profile: str, without: str, project: SmallProject, tmp_path: Path
) -> None:
    """The recorded host of 13.1 has a Python without ssl and sqlite3."""
    before = snapshot(project.packages)
    (tmp_path / "bin").mkdir()
    commands = COMMANDS.format(
        packages=project.packages,
        series=project.root / "series",
        patches=project.root / "patches",
        host=tmp_path / "host",
        answers=answers_of_a_host(tmp_path),
    ).splitlines()
    script = SESSION.format(
        root=str(ROOT),
        without=without.split(),
        python=str(python_without(without.split(), tmp_path)),
        profile=profile,
        project=str(project.root),
        commands=commands,
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PATH": str(tmp_path / "bin"), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    host, said = json.loads(done.stdout)
    assert host == ["freebsd", "FreeBSD", False, False]
    statuses = {f"{number} {words}": status for number, (words, status, *_) in enumerate(said)}
    assert [words for words, status in statuses.items() if status != 0] == ["17 venv"], said
    assert "write   /usr/local/etc/rc.d/nova_compute" in said[23][2]
    assert said[17][3].startswith("error: something that freebsd-port did not make is in the way")
    status = json.loads(said[12][2])
    assert [patch["state"] for patch in status["patches"]] == ["applied", "applied", "unapplied"]
    assert said[9][2].endswith(f"now 3 patches applied, up to {NAMES[-1]}, 2 files written\n")
    assert snapshot(project.packages) == before


def python_without(modules: list[str], root: Path) -> Path:
    """Give a Python that lacks these modules, in what it starts as well."""
    (root / "blocked").mkdir()
    (root / "blocked/sitecustomize.py").write_text(
        f"import sys\nsys.modules.update(dict.fromkeys({modules!r}))\n"
    )
    (root / "venv").mkdir()
    (root / "venv/freebsd-port").touch(0o755)
    python = root / "venv/python"
    python.write_text(
        f'#!/bin/sh\nPYTHONPATH="{root}/blocked:$PYTHONPATH" exec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    return python


@pytest.mark.parametrize("name", ["ssl", "sqlite3"])
def test_every_module_of_the_toolkit_is_imported_without(name: str, tmp_path: Path) -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "freebsd_port").rglob("*.py"))
        if path.stem not in ("__init__", "__main__") and "data" not in path.parts
    ]
    script = f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)"
    done = subprocess.run(
        [python_without([name, f"_{name}"], tmp_path), "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_environment_that_needs_ssl_says_so(project: SmallProject, tmp_path: Path) -> None:
    words = ["venv", "--project", str(project.root), "--venv", str(tmp_path / "new")]
    done = subprocess.run(
        [python_without(["ssl", "_ssl"], tmp_path), "-m", "freebsd_port", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    *_, error, _, hint = done.stderr.splitlines()
    assert error.startswith("error: virtualenv failed: ModuleNotFoundError: ")
    assert hint == "  try:   install freebsd-port with a Python that has the module ssl"


def answers_of_a_host(root: Path) -> Path:
    """A host.toml that names an environment with nova's programs."""
    programs = root / "nova/bin"
    programs.mkdir(parents=True)
    for name in ("nova-compute", "gunicorn"):
        (programs / name).touch()
    (root / "host.toml").write_text(f'[nova]\nenvironment = "{root}/nova"\n')
    return root / "host.toml"


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file outside the overlay's own directory."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.relative_to(root).parts[0].startswith(".freebsd-port")
    }


def runtime_distributions() -> dict[str, Any]:
    """What pyproject asks for at run time, and what that asks for, as installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: dict[str, Any] = {}
    wanted = [Requirement(text) for text in project["dependencies"]]
    while wanted:
        requirement = wanted.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if name in found or not applies:
            continue
        found[name] = distribution(name)
        wanted += [Requirement(text) for text in found[name].requires or ()]
    return found


def test_every_runtime_dependency_is_pure_python() -> None:
    found = runtime_distributions()
    assert {"click", "filelock", "pip-tools", "virtualenv", "platformdirs"} <= set(found)
    impure = {
        name: tag
        for name, one in found.items()
        for tag in re.findall(r"^Tag: (.*)$", one.read_text("WHEEL") or "", re.MULTILINE)
        if not tag.endswith("-none-any")
    }
    assert impure == {}
    compiled = [
        str(file)
        for one in found.values()
        for file in one.files or ()
        if file.suffix in (".so", ".pyd", ".dylib")
    ]
    assert compiled == []


def test_no_module_of_the_toolkit_names_what_only_linux_has() -> None:
    """The emulation and its data aside, and the unit file for podman on Linux."""
    pattern = re.compile(
        r"/proc/|/sys/|os\.(sched_|setxattr|getxattr|listxattr|O_PATH|O_TMPFILE|memfd|pidfd)"
        r"|sendfile|epoll|inotify|fallocate"
    )
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "freebsd_port").rglob("*.py"))
        if not {"emulation", "data"} & set(path.relative_to(ROOT / "freebsd_port").parts)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line) and line != "Volume=/sys/fs/cgroup:/sys/fs/cgroup"
    ]
    assert named == []
