"""The project on disk: where the series, the patches, the releases and the checks are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.store.files.write import replace_file
from freebsd_port.errors import PortError, UsageError, system_words
from freebsd_port.openstack.core.release.release import (
    COMPUTE,
    Release,
    parse_release,
    release_order,
)
from freebsd_port.openstack.core.release.requirements import packages_of

VARIABLE = "FREEBSD_PORT_PROJECT"
"""Environment variable that names the project."""

_PACKAGE = Path(__file__).resolve().parents[3]


class ProjectError(PortError):
    """A directory that does not hold what a project holds."""


@dataclass(frozen=True, slots=True)
class Project:
    """The files that make up a port: one directory, in a checkout or inside the package."""

    root: Path
    """Absolute."""

    is_packaged: bool = False
    """Whether the root is data installed with the package, which nothing may write to."""

    @property
    def series(self) -> Path:
        """The file that orders the patches."""
        return self.root / "series"

    @property
    def patches(self) -> Path:
        """The directory of the patches, one directory a distribution below it."""
        return self.root / "patches"

    @property
    def decisions(self) -> Path:
        """What reviewers decided; not every project has it."""
        return self.root / "decisions"

    @property
    def checks(self) -> Path:
        """The checks that run inside a patched environment."""
        return self.root / "tests" / "port"

    @property
    def extras(self) -> Path:
        """The distribution with what services load without a patch."""
        return self.root / "extras"

    def release_directory(self, release: str) -> Path:
        """Where one release's release.toml, requirements and series.lock are."""
        return self.root / "releases" / release

    def requirements(self, release: str, role: str = COMPUTE) -> Path:
        """The hash-locked requirements of one role of a release."""
        return self.release_directory(release) / packages_of(role).lock

    def test_requirements(self, release: str) -> Path:
        """What upstream's own tests need beside those, hash-locked; not every release has it."""
        return self.release_directory(release) / "test-requirements.txt"

    def series_lock(self, release: str) -> Path:
        """What the series makes of the files of one release."""
        return self.release_directory(release) / "series.lock"

    def environments(self) -> Path:
        """Where environments are made: beside the project, or here when it is packaged data."""
        return (Path.cwd() if self.is_packaged else self.root) / ".venvs"

    def environment(self, release: str, role: str = COMPUTE) -> Path:
        """The environment of a release's role when the user names none."""
        return self.environments() / (release if role == COMPUTE else f"{release}-{role}")

    def release_names(self) -> tuple[str, ...]:
        """Every release that has a release.toml, oldest first.

        Raises ProjectError when there is none.
        """
        releases = str(self.root / "releases")
        try:
            names = os.listdir(releases)
        except OSError:
            names = []
        found = [name for name in names if os.path.exists(f"{releases}/{name}/release.toml")]
        if not found:
            raise ProjectError(
                "no release found",
                where=str(self.root / "releases"),
                hint="name another project with --project DIR",
            )
        return tuple(sorted(found, key=release_order))

    def default_release(self) -> str:
        """The newest release."""
        return self.release_names()[-1]

    def load_release(self, name: str | None = None) -> Release:
        """Read a release's pins; None means the newest.

        Raises UsageError for a release that is not here, and what parse_release raises.
        """
        chosen = self.default_release() if name is None else name
        if "/" not in chosen and chosen not in ("", ".", ".."):
            try:
                data = (self.release_directory(chosen) / "release.toml").read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                pass
            else:
                return parse_release(data, chosen)
        raise UsageError(
            f"no release {chosen!r}",
            where=str(self.root / "releases"),
            hint=f"choose one of {', '.join(self.release_names())}",
        )


def find_project(root: Path | None = None) -> Project:
    """Return the project named, else the one around the working directory, else the installed one.

    `root` comes first, then FREEBSD_PORT_PROJECT, then the nearest directory from the working
    directory upwards that has series, patches/ and releases/, then the data that was installed
    with the package. The checkout that the package runs from is not tried: a command works on
    what the user named, or stands in.

    Raises UsageError when a named directory has no releases, and ProjectError when there is no
    project.
    """
    named = root or os.environ.get(VARIABLE)
    if named:
        if not (Path(named) / "releases").is_dir():
            raise UsageError(
                "not a project: it has no releases directory",
                where=str(named) if root else f"{named}, from {VARIABLE}",
                hint="name the directory that holds series, patches and releases",
            )
        return Project(Path(named).resolve())
    here = Path.cwd()
    for directory in (here, *here.parents):
        project = Project(directory)
        directories = (directory / "releases", project.patches)
        if project.series.is_file() and all(path.is_dir() for path in directories):
            return project
    if (_PACKAGE / "data" / "releases").is_dir():
        return Project(_PACKAGE / "data", is_packaged=True)
    raise ProjectError(
        "no project in this directory or above it",
        where=str(here),
        hint=f"name one with --project DIR, or set {VARIABLE}",
    )


def save_if_changed(path: Path, data: bytes) -> bool:
    """Replace a file of the project in one step; False when it has this content already.

    Raises ProjectError when it cannot be written.
    """
    if path.is_file() and path.read_bytes() == data:
        return False
    try:
        replace_file(path, data)
    except OSError as error:
        raise ProjectError(f"cannot be written: {system_words(error)}", where=str(path)) from error
    return True
