"""A small project with several releases, to carry its three patches between them."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from made_wheel import make_wheel, save_release
from small_project import (
    LEAVE,
    LOUD,
    NOVA_TEXT,
    POLITE,
    RELEASE,
    WHO_TEXT,
    SmallProject,
    small_project,
)

from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS
from freebsd_port.openstack.core.release.requirements import Dependency, render_dependencies
from freebsd_port.openstack.ops.inspect.check import check_project, lock_series
from freebsd_port.openstack.ops.rebase.rebase import ReleaseRebasing, Settings
from freebsd_port.openstack.ops.series import project_source
from freebsd_port.openstack.store.project.project import Project

TODAY = "2027-01-02"
SETTINGS = Settings(TODAY, True, lambda message: None)

FITTING = NOVA_TEXT.replace("def gap1", "# a line more\ndef gap1")
MERGED = NOVA_TEXT.replace("\n\n\ndef leave", "\n\n# the last one\n\ndef leave")
"""The context of a hunk differs, what it changes does not."""

CLASHING = NOVA_TEXT.replace("'hello ' + name", "f'hello {name}'")
"""Two patches clash with it: one changes the line, the other puts a line before it."""

UPSTREAMED = NOVA_TEXT.replace("'hello ' + name", "('hello ' + name).upper()")
WITHOUT_GAP = NOVA_TEXT.replace("def gap2", "def gap_two")
"""Every hunk fits, but a name is gone that the patch of read_gap reads."""

MARKED = "nova/greet.py"


@dataclass(frozen=True)
class RebaseProject:
    """The project, and what a test does to it."""

    small: SmallProject
    cache: Path

    @property
    def root(self) -> Path:
        return self.small.root

    @property
    def project(self) -> Project:
        return self.small.project

    def add_release(self, name: str, greet: str = NOVA_TEXT, who: str = WHO_TEXT) -> None:
        """Add a release with these texts; its wheels are in the cache."""
        files = {
            "nova": {"nova/__init__.py": b"", "nova/greet.py": greet.encode()},
            "oslo.privsep": {"oslo_privsep/__init__.py": b"", "oslo_privsep/who.py": who.encode()},
        }
        directory = self.root / "files" / name
        pins = tuple(
            make_wheel(directory, one, f"0.{name}", files=files.get(one))
            for one in PATCHED_DISTRIBUTIONS
        )
        save_release(self.root, name, pins)
        dependencies = [Dependency(pin.distribution, pin.version, ("pure",), ()) for pin in pins]
        (self.root / "releases" / name / "dependencies.toml").write_bytes(
            render_dependencies(dependencies)
        )
        for pin in pins:
            place = self.cache / "freebsd-port/wheels" / pin.sha256
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(directory / pin.wheel, place)

    def read_gap(self) -> None:
        """Let the last patch call a function of the module."""
        polite = POLITE.replace("return 'goodbye'", "return 'goodbye' * gap2()")
        self.small.save_patch(LEAVE, MARKED, LOUD, polite)
        lock_series(self.project, RELEASE, is_offline=True, progress=print)

    def unpack(self, release: str) -> None:
        """Put the release's packages where its environment is looked for."""
        for pin in self.project.load_release(release).pins:
            with zipfile.ZipFile(self.root / "files" / release / pin.wheel) as archive:
                archive.extractall(self.project.environment(release))

    def bytes(self) -> dict[str, bytes]:
        """Give every file that a rebase may write, by its path, and whatever else lies there."""
        places = (self.root / "patches", self.root / "releases", self.root / "series")
        files = [f for p in places for f in (p.rglob("*") if p.is_dir() else [p]) if f.is_file()]
        return {f.relative_to(self.root).as_posix(): f.read_bytes() for f in files}

    def texts(self, release: str) -> list[tuple[str, bytes]]:
        """Give the series as a release takes it."""
        source = project_source(self.project, release)
        return [(g.entry.name, g.data) for g in source.load_patches(source.load_series().entries)]

    def problems(self) -> list[str]:
        """Say what `check` finds: above all where a series.lock and the series disagree."""
        found = check_project(self.project, is_offline=True, progress=lambda message: None)
        return [str(one) for one in found.findings]

    def work(self, release: str, path: str = MARKED) -> Path:
        return self.root / ".rebase" / release / "work" / path

    def finish(self, release: str, text: str, path: str = MARKED) -> None:
        """Finish a file of a conflict as a person would."""
        self.work(release, path).write_text(text)


def rebase_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RebaseProject:
    """Make one whose series was carried to its newest release."""
    made = RebaseProject(small_project(tmp_path, monkeypatch), tmp_path / "cache")
    lock_series(made.project, RELEASE, is_offline=True, progress=lambda m: None)
    assert made.project.series_lock(RELEASE).exists()
    return made


def rebasing(made: RebaseProject) -> ReleaseRebasing:
    """Give the project as the course of a rebase takes it."""
    return ReleaseRebasing(made.project, SETTINGS)
