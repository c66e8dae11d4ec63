"""A whole project in a few files: a release, three patches, their checks, and packages to patch."""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest
from made_wheel import make_wheel, save_release
from small_overlay import diff

from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS, Pin
from freebsd_port.openstack.core.release.requirements import Dependency, render_dependencies
from freebsd_port.openstack.ops.series import open_environment
from freebsd_port.openstack.store.project.project import Project

CHECKOUT = Path(__file__).resolve().parents[2]
RELEASE = "2026.2"
PLATFORM = "linux" if sys.platform.startswith("linux") else "native"
WHO, GREET, LEAVE = NAMES = (
    "oslo.privsep/who-am-i.patch",
    "nova/greet-loudly.patch",
    "nova/leave-politely.patch",
)
HEADER = """\
Subject: {subject}
Origin: vendor
Forwarded: no
Drop-When: upstream does it by itself
Last-Update: 2026-11-21

On FreeBSD this went wrong in a way that takes more than ten words to tell.

"""
_GAP = "".join(f"\n\ndef gap{number}():\n    return {number}\n" for number in range(4))
WHO_TEXT = "def who():\n    return 'linux'\n"
NOVA_TEXT = (
    f"def greet(name):\n    return 'hello ' + name\n{_GAP}\n\ndef leave():\n    return 'bye'\n"
)
LOUD = NOVA_TEXT.replace("'hello ' + name", "('hello ' + name).upper()")
POLITE = LOUD.replace("name):\n", "name):\n    name = name.strip()\n").replace(
    "return 'bye'", "return 'goodbye'"
)
FILES = {
    "nova": {"nova/__init__.py": b"", "nova/greet.py": NOVA_TEXT.encode()},
    "oslo.privsep": {"oslo_privsep/__init__.py": b"", "oslo_privsep/who.py": WHO_TEXT.encode()},
}
CHECKS = {
    "oslo_privsep/test_who_am_i.py": f"""\
import pytest
pytestmark = pytest.mark.patch("{WHO}")
def test_who():
    from oslo_privsep import who
    assert who.who() == "anybody"
""",
    "nova/test_greet_loudly.py": f"""\
import pytest
pytestmark = pytest.mark.patch("{GREET}")
def test_greet():
    from nova import greet
    assert greet.greet("you") == "HELLO YOU"
""",
    "nova/test_leave_politely.py": f"""\
import pytest
pytestmark = pytest.mark.patch("{LEAVE}")
def test_leave():
    from nova import greet
    assert greet.leave() == "goodbye"
""",
}


@dataclass(frozen=True)
class SmallProject:
    """The project, and where its things are."""

    root: Path
    pins: tuple[Pin, ...]

    @property
    def project(self) -> Project:
        return Project(self.root)

    @property
    def packages(self) -> Path:
        """Where `--release` looks for the environment: here a plain directory of packages."""
        return self.root / ".venvs" / RELEASE

    @property
    def checks(self) -> Path:
        return self.root / "tests" / "port"

    def workspace(self) -> Workspace:
        return open_environment(self.project, None, None)

    def patch(self, name: str) -> Path:
        return self.root / "patches" / name

    def save_patch(self, name: str, path: str, old: str, new: str) -> None:
        header = HEADER.format(subject=name.rpartition("/")[2].removesuffix(".patch"))
        self.patch(name).parent.mkdir(parents=True, exist_ok=True)
        self.patch(name).write_bytes(header.encode() + diff(path, old.encode(), new.encode()))

    def save_check(self, name: str, text: str) -> None:
        (self.checks / name).parent.mkdir(parents=True, exist_ok=True)
        (self.checks / name).write_text(text)


def make_project(
    root: Path, cache: Path, more: Mapping[str, Mapping[str, bytes]] | None = None
) -> SmallProject:
    """Write it all; `cache` gets the wheels, and the tools of the checks.

    `more` are further files of distributions, such as tests that upstream ships.
    """
    files = root / "files"
    pins = tuple(
        make_wheel(files, name, files={**FILES[name], **(more or {}).get(name, {})})
        if name in FILES
        else make_wheel(files, name)
        for name in PATCHED_DISTRIBUTIONS
    )
    save_release(root, RELEASE, pins)
    made = SmallProject(root, pins)
    dependencies = [Dependency(pin.distribution, pin.version, ("pure",), ()) for pin in pins]
    (root / "releases" / RELEASE / "dependencies.toml").write_bytes(
        render_dependencies(dependencies)
    )
    for pin in pins:
        with zipfile.ZipFile(files / pin.wheel) as archive:
            archive.extractall(made.packages)
        (cache / "freebsd-port/wheels" / pin.sha256).mkdir(parents=True)
        shutil.copy(files / pin.wheel, cache / "freebsd-port/wheels" / pin.sha256)
    (root / "series").write_text("".join(f"{name}\n" for name in NAMES))
    made.save_patch(WHO, "oslo_privsep/who.py", WHO_TEXT, WHO_TEXT.replace("linux", "anybody"))
    made.save_patch(GREET, "nova/greet.py", NOVA_TEXT, LOUD)
    made.save_patch(LEAVE, "nova/greet.py", LOUD, POLITE)
    for name, text in CHECKS.items():
        made.save_check(name, text)
    for name in ("conftest.py", "pytest.ini", "requirements.txt"):
        shutil.copy(CHECKOUT / "tests/port" / name, made.checks)
    (root / "freebsd_port").mkdir()
    (root / "freebsd_port/in_target").symlink_to(CHECKOUT / "freebsd_port/in_target")
    _link_tools(made, cache)
    return made


def _link_tools(made: SmallProject, cache: Path) -> None:
    """Put the pytest that runs us where `verify` would install it."""
    digest = hash_bytes((made.checks / "requirements.txt").read_bytes())[:16]
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    tools = cache / "freebsd-port/tools" / f"{minor}-{digest}"
    tools.mkdir(parents=True)
    site = Path(str(distribution("pytest").locate_file("")))
    (tools / "pytest").symlink_to(site / "pytest")
    kept = CHECKOUT / "build/bytecode-of-tests"  # or each test that runs checks compiles pytest
    kept.mkdir(parents=True, exist_ok=True)
    (cache / "freebsd-port/bytecode").symlink_to(kept)


def link_upstream_tools(made: SmallProject, cache: Path) -> None:
    """Lock what upstream's tests need, here nothing, as if it had been fetched already."""
    lock = made.project.test_requirements(RELEASE)
    lock.write_text("oslotest==1.0 --hash=sha256:" + "0" * 64 + "\n")
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    tools = cache / f"freebsd-port/tools/{minor}-{hash_bytes(lock.read_bytes())[:16]}"
    (tools / "oslotest").mkdir(parents=True)


def small_project(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: Mapping[str, Mapping[str, bytes]] | None = None,
) -> SmallProject:
    """Make one with a cache of its own; no index is ever asked."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for name in ("NO_COLOR", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    return make_project(tmp_path / "project", tmp_path / "cache", more)
