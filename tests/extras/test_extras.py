"""`freebsd-port extras`: a wheel without a builder, installed, kept, and taken out again by pip."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from command_line import Run, project, run
from small_project import CHECKOUT, SmallProject

from freebsd_port.openstack.core.release.pure_wheel import make_pure_wheel
from freebsd_port.openstack.ops.release.extras import load_extras
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.installer import create_environment, require_interpreter
from freebsd_port.openstack.store.python.pure_wheel_file import save_wheel

__all__ = ["project", "run"]

PROJECT = {
    "name": "some-extras",
    "version": "1.0",
    "description": "of a test",
    "license": "Apache-2.0",
    "requires-python": ">=3.8",
    "entry-points": {"b": {"two": "m:n", "one": "m:o"}, "a": {"x": "m"}},
}


def test_the_same_files_give_the_same_wheel_and_its_record_is_right(tmp_path: Path) -> None:
    one = make_pure_wheel(PROJECT, {"m/b.py": b"b = 1\n", "m/__init__.py": b""})
    two = make_pure_wheel(PROJECT, {"m/__init__.py": b"", "m/b.py": b"b = 1\n"})
    (tmp_path / "two").mkdir()
    file = save_wheel(one, tmp_path)
    assert file.read_bytes() == save_wheel(two, tmp_path / "two").read_bytes()
    words = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target"]
    subprocess.run([*words, tmp_path / "there", file], check=True)
    rows = (tmp_path / "there/some_extras-1.0.dist-info/entry_points.txt").read_text()
    assert rows == "[a]\nx = m\n\n[b]\none = m:o\ntwo = m:n\n\n"


def test_the_wheel_holds_what_a_real_builder_puts_into_it(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(words, cwd=CHECKOUT / "extras", check=True, capture_output=True)
    (built,) = tmp_path.glob("*.whl")
    ours = load_extras(Project(CHECKOUT))
    assert built.name == ours.name
    with zipfile.ZipFile(built) as archive:
        names = {one.replace("/licenses", "") for one in archive.namelist()}
        assert names == set(ours.members)
        for path, content in ours.members.items():
            if path.endswith(".py"):
                assert archive.read(path) == content
            if path.endswith("entry_points.txt"):
                assert archive.read(path).split() == content.split()


@pytest.fixture
def venv(tmp_path: Path, project: SmallProject) -> Path:
    (project.root / "extras").symlink_to(CHECKOUT / "extras")
    create_environment(tmp_path / "venv", require_interpreter(Path(sys.executable)))
    return tmp_path / "venv"


def test_extras_are_installed_once_and_damaged_ones_again(run: Run, venv: Path) -> None:
    words = ("extras", "--venv", venv, "--json")
    first = json.loads(run(*words).out)
    assert (first["outcome"], first["modules"][-1]) == ("installed", "freebsd_port_extras.weights")
    assert json.loads(run(*words).out)["outcome"] == "kept"
    (module,) = venv.glob("lib/*/site-packages/freebsd_port_extras/weights.py")
    module.write_text("damaged\n")
    assert json.loads(run(*words).out)["outcome"] == "installed"
    pip = [venv / "bin/python", "-m", "pip", "uninstall", "-qy", "freebsd-port-extras"]
    subprocess.run(pip, check=True)
    assert not module.parent.exists()


def test_a_directory_without_python_and_a_project_without_extras_are_refused(
    run: Run, project: SmallProject, tmp_path: Path
) -> None:
    said = run("extras")
    assert said.status == 1
    assert said.err.startswith("error: extras need an environment with its own Python\n")
    create_environment(tmp_path / "venv", require_interpreter(Path(sys.executable)))
    said = run("extras", "--venv", tmp_path / "venv")
    assert (said.status, said.err.splitlines()[0]) == (1, "error: the project has no extras")
