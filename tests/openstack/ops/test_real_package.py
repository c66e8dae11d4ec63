"""A real distribution, installed by a real pip, stays a good citizen with patches on it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from small_overlay import on_packages, patch, record, snapshot

from freebsd_port.engine.core.apply.record import hex_to_record, record_paths
from freebsd_port.engine.core.text.file import STATE_DIRECTORY, hash_bytes
from freebsd_port.errors import ProblemsError
from freebsd_port.openstack.ops.environment import EnvironmentTarget
from freebsd_port.openstack.store.project.project import find_project
from freebsd_port.openstack.store.python.environment import read_environment
from freebsd_port.openstack.store.python.wheels import Wheel, require_wheels

RELEASE = find_project().load_release("2026.2")
PIN = RELEASE.require_pin("oslo.rootwrap")
NEW = "oslo_rootwrap/freebsd/limits.py"
NEEDED = ("debtcollector", "pbr", "setuptools", "typing-extensions", "wrapt")
"""What oslo.rootwrap imports or asks for, and what those do; the lock has their versions."""

ASK = """
import importlib.metadata as m, json
d = m.distribution("oslo.rootwrap")
print(json.dumps([d.version, sorted(str(f) for f in d.files if not f.locate().exists())]))
"""


@pytest.fixture(scope="module")
def wheel() -> Wheel:
    """The pinned wheel, from the cache or the index."""
    return require_wheels([PIN])[0]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, wheel: Wheel) -> Path:
    """A virtual environment with the pinned oslo.rootwrap and what that needs."""
    directory = tmp_path_factory.mktemp("real")
    environment = directory / "environment"
    seeded = ("--no-setuptools", "--no-wheel") if sys.version_info < (3, 12) else ()
    subprocess.run(
        [sys.executable, "-m", "virtualenv", "--quiet", *seeded, environment], check=True
    )
    (directory / "needed.txt").write_text(locked_lines())
    run(environment, "install", "-q", "--no-deps", "-r", str(directory / "needed.txt"))
    file = wheel_file(wheel, directory)
    run(environment, "install", "-q", "--no-index", str(file))
    return environment


def locked_lines() -> str:
    """Take what is needed out of the release's hash-locked requirements."""
    text = find_project().requirements("2026.2").read_text()
    entries = re.split(r"\n(?=[a-z])", text)
    return "\n".join(e for e in entries if e.partition("==")[0] in NEEDED) + "\n"


def wheel_file(wheel: Wheel, directory: Path) -> Path:
    """Write the verified wheel out again, under its name."""
    path = directory / wheel.pin.wheel
    with zipfile.ZipFile(path, "w") as archive:
        for name in wheel.paths():
            archive.writestr(name, wheel.read(name))
    return path


def run(environment: Path, *arguments: str) -> str:
    """Call the environment's own pip."""
    python = str(environment / "bin" / "python")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", *arguments],
        env=clean,
        check=True,
        text=True,
        capture_output=True,
    ).stdout


@pytest.fixture
def target(template: Path, tmp_path: Path) -> EnvironmentTarget:
    """A copy of the environment, to be changed."""
    environment = tmp_path / "environment"
    shutil.copytree(template, environment, symlinks=True)
    packages = read_environment(environment).packages
    return EnvironmentTarget(packages, RELEASE, None, environment)


def series(wheel: Wheel) -> tuple[object, ...]:
    """One patch on two modules, and one that brings a package of its own."""
    cmd, wrapper = wheel.read("oslo_rootwrap/cmd.py"), wheel.read("oslo_rootwrap/wrapper.py")
    changed = {
        "oslo_rootwrap/cmd.py": (cmd, cmd.replace(b"import sys\n", b"import sys\n\nPATCHED = 1\n")),
        "oslo_rootwrap/wrapper.py": (wrapper, wrapper + b"\n\nPATCHED = 2\n"),
    }
    return (
        patch("oslo.rootwrap/change.patch", changed),
        patch(
            "oslo.rootwrap/add.patch",
            {
                "oslo_rootwrap/freebsd/__init__.py": (None, b"# of the port\n"),
                NEW: (None, b"LIMIT = 3\n"),
            },
        ),
    )


def put_on(target: EnvironmentTarget, wheel: Wheel) -> None:
    on_packages(target, *series(wheel))  # type: ignore[arg-type]


def python(target: EnvironmentTarget, code: str) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    command = [str(target.venv / "bin" / "python"), "-c", code]
    return subprocess.run(command, env=clean, check=True, text=True, capture_output=True).stdout


def test_record_follows_the_files_and_no_other_row_moves(
    target: EnvironmentTarget, wheel: Wheel
) -> None:
    path = record(target.root, "oslo.rootwrap", PIN.version)
    before = path.read_bytes().splitlines()
    put_on(target, wheel)
    after = path.read_bytes().splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=False) if old != new]
    assert [new.split(b",")[0] for _, new in changed] == [
        b"oslo_rootwrap/cmd.py",
        b"oslo_rootwrap/wrapper.py",
    ]
    assert [row.split(b",")[0].decode() for row in after[len(before) :]] == [
        "oslo_rootwrap/freebsd/__init__.py",
        NEW,
    ]
    for row in (*(new for _, new in changed), *after[len(before) :]):
        name, digest, size = row.decode().split(",")
        content = (target.root / name).read_bytes()
        assert (digest, size) == (hex_to_record(hash_bytes(content)), str(len(content)))


def test_stale_bytecode_goes_and_the_new_code_runs(target: EnvironmentTarget, wheel: Wheel) -> None:
    cache = target.root / "oslo_rootwrap/__pycache__"
    assert list(cache.glob("cmd.*.pyc"))
    kept = sorted(one.name for one in cache.glob("filters.*.pyc"))
    put_on(target, wheel)
    assert not list(cache.glob("cmd.*.pyc"))
    assert sorted(one.name for one in cache.glob("filters.*.pyc")) == kept != []
    code = "from oslo_rootwrap import cmd; from oslo_rootwrap.freebsd import limits; "
    assert python(target, code + "print(cmd.PATCHED, limits.LIMIT)") == "1 3\n"
    on_packages(target)
    assert python(target, "from oslo_rootwrap import cmd; print(hasattr(cmd, 'PATCHED'))") == (
        "False\n"
    )


def test_pip_and_importlib_find_nothing_amiss(target: EnvironmentTarget, wheel: Wheel) -> None:
    put_on(target, wheel)
    assert run(target.venv, "check") == "No broken requirements found.\n"
    shown = run(target.venv, "show", "-f", "oslo.rootwrap")
    assert NEW in shown
    version, missing = json.loads(python(target, ASK))
    assert version == PIN.version
    assert [one for one in missing if not one.endswith(".pyc")] == []


def test_pip_uninstalls_the_patched_package_and_leaves_nothing_of_it(
    target: EnvironmentTarget, wheel: Wheel
) -> None:
    put_on(target, wheel)
    python(target, "import oslo_rootwrap.freebsd.limits, oslo_rootwrap.cmd")
    run(target.venv, "uninstall", "--yes", "oslo.rootwrap")
    assert [path.name for path in target.root.glob("oslo*")] == []
    assert not (target.venv / "bin" / "oslo-rootwrap").exists()
    done = on_packages(target)
    assert done.forgotten == ("oslo.rootwrap",)
    assert not (target.root / STATE_DIRECTORY).exists()
    assert [path.name for path in target.root.glob("oslo*")] == []


def test_popping_all_gives_back_every_byte_of_the_wheel(
    target: EnvironmentTarget, wheel: Wheel
) -> None:
    before = snapshot(target.root)
    put_on(target, wheel)
    python(target, "import oslo_rootwrap.freebsd.limits, oslo_rootwrap.cmd")
    on_packages(target)
    after = snapshot(target.root, with_state=True)
    assert {p: f for p, f in after.items() if not p.endswith(".pyc")} == {
        p: f for p, f in before.items() if not p.endswith(".pyc")
    }
    listed = {path: field for path, field in record_paths(wheel.record()).items() if field}
    assert len(listed) > 20
    for path, field in listed.items():
        assert hex_to_record(hash_bytes((target.root / path).read_bytes())) == field


def test_a_real_reinstall_gets_the_patches_again(
    target: EnvironmentTarget, wheel: Wheel, tmp_path: Path
) -> None:
    put_on(target, wheel)
    file = str(wheel_file(wheel, tmp_path))
    run(target.venv, "install", "-q", "--no-index", "--no-deps", "--force-reinstall", file)
    assert not (target.root / NEW).exists()
    done = on_packages(target, *series(wheel))  # type: ignore[arg-type]
    assert done.reinstalled == ("oslo.rootwrap",)
    assert (target.root / NEW).exists()
    run(target.venv, "install", "-q", "--no-index", "--no-deps", "--force-reinstall", file)
    fresh = snapshot(target.root)
    on_packages(target)
    assert snapshot(target.root, with_state=True) == fresh


def test_a_missing_or_other_version_is_named_with_the_next_command(
    target: EnvironmentTarget, wheel: Wheel
) -> None:
    metadata = record(target.root, "oslo.rootwrap", PIN.version).parent
    other = metadata.with_name("oslo_rootwrap-7.10.1.dist-info")
    metadata.rename(other)
    text = (other / "METADATA").read_text("utf-8").replace("7.10.0", "7.10.1")
    (other / "METADATA").write_text(text, "utf-8")
    for there in ("oslo.rootwrap 7.10.1", "no oslo.rootwrap"):
        with pytest.raises(ProblemsError) as caught:
            put_on(target, wheel)
        error = caught.value.problems[0]
        assert error.what == "the environment does not hold the pinned release"
        assert error.where == f"{there} in {target.venv}, release 2026.2 pins 7.10.0"
        assert error.hint == "freebsd-port venv --release 2026.2"
        shutil.rmtree(other, ignore_errors=True)
