"""Projects with releases to rebase to: wheels of real releases, and wheels with a refactoring."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import resource
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .code_units import Files

DISTRIBUTIONS = ("nova", "oslo.privsep", "oslo.messaging", "oslo.rootwrap")

Json = dict[str, Any]


@dataclass(frozen=True)
class Wheel:
    """A wheel on disk."""

    distribution: str
    version: str
    path: Path
    sha256: str


def read_wheel(path: Path) -> Files:
    """Read what a wheel has outside of tests and its metadata."""
    with zipfile.ZipFile(path) as archive:
        return {
            one.filename: archive.read(one)
            for one in archive.infolist()
            if not one.is_dir() and is_of_interest(one.filename)
        }


def is_of_interest(path: str) -> bool:
    """Leave tests, translations and metadata out: nothing of the series is there."""
    return not re.search(r"(^|/)tests?/|/locale/|\.dist-info/|\.data/", path)


def write_wheel(directory: Path, distribution: str, version: str, files: Files) -> Wheel:
    """Make a wheel of these files."""
    name = distribution.replace(".", "_")
    info = f"{name}-{version}.dist-info"
    content = dict(files)
    content[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n".encode()
    )
    content[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = []
    for path, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(data)}\n")
    content[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\n"]).encode()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for inner, data in content.items():
            archive.writestr(zipfile.ZipInfo(inner, (2026, 1, 1, 0, 0, 0)), data)
    return Wheel(distribution, version, path, hashlib.sha256(path.read_bytes()).hexdigest())


@dataclass(frozen=True)
class Command:
    """How freebsd-port is called: of which checkout, with which cache."""

    root: Path
    """The checkout whose freebsd_port is run."""

    cache: Path
    """XDG_CACHE_HOME with every wheel."""

    python: Path

    def keep(self, wheel: Path, sha256: str) -> None:
        """Put a wheel where the command finds it without an index."""
        place = self.cache / "freebsd-port/wheels" / sha256
        if not place.exists():
            place.mkdir(parents=True)
            os.link(wheel, place / wheel.name)

    def run(self, *words: str) -> Answer:
        """Run a verb; give its exit status, its JSON, and the seconds of CPU that it took."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [self.python, "-m", "freebsd_port", *words, "--json"],
            cwd=self.root,
            env=os.environ | {"XDG_CACHE_HOME": str(self.cache), "PYTHONPATH": str(self.root)},
            capture_output=True,
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        try:
            shown = json.loads(done.stdout)
        except ValueError:
            shown = {"error": done.stderr.decode("utf-8", "replace")[-2000:]}
        return Answer(done.returncode, shown, seconds, done.stderr.decode("utf-8", "replace"))


@dataclass(frozen=True)
class Answer:
    """What a verb did."""

    status: int
    shown: Json
    seconds: float
    errors: str


@dataclass(frozen=True)
class SeriesLine:
    """A line of the series."""

    name: str
    tags: str


@dataclass(frozen=True)
class Project:
    """A copy of the project, read by this proof in its own way."""

    root: Path

    def lines(self) -> list[SeriesLine]:
        """Read the series."""
        found = []
        for line in (self.root / "series").read_text().splitlines():
            name, _, tags = line.partition("#")
            if name.strip():
                found.append(SeriesLine(name.split()[0], tags.strip()))
        return found

    def releases(self) -> list[str]:
        """Give the releases, oldest first."""
        return sorted((path.name for path in (self.root / "releases").iterdir()), key=release_key)

    def wheels(self, release: str) -> dict[str, Json]:
        """Give the pins of a release."""
        data = tomllib.loads((self.root / "releases" / release / "release.toml").read_text())
        pins: dict[str, Json] = data["pins"]
        return pins

    def patches(self, release: str) -> list[tuple[str, Path]]:
        """Give name and file of each patch that a release has, in order."""
        order = self.releases()
        found = []
        for line in self.lines():
            if "option " in line.tags or is_off(line.tags, release):
                continue
            stem = line.name.removesuffix(".patch")
            variants = (
                self.root / "patches" / f"{stem}@{later}.patch"
                for later in order[order.index(release) :]
            )
            file = next((one for one in variants if one.exists()), None)
            found.append((line.name, file or self.root / "patches" / line.name))
        return found

    def switch_off(self, release: str, names: Iterable[str]) -> None:
        """Leave patches out on one release, as a person does with --skip."""
        series = self.root / "series"
        made = []
        for line in series.read_text().splitlines(keepends=True):
            if line.split()[:1] and line.split()[0] in names:
                head, _, tags = line.rstrip("\n").partition("#")
                more = f" {tags.strip()}" if tags else ": in conflict"
                line = f"{head.rstrip()}   # not {release}{more}\n"
            made.append(line)
        series.write_text("".join(made))

    def add_release(self, name: str, wheels: Sequence[Wheel]) -> None:
        """Add a release with these pins."""
        place = self.root / "releases" / name
        place.mkdir()
        text = 'codename = "Proof"\npython = ">=3.9"\n'
        for one in wheels:
            text += f'\n[pins."{one.distribution}"]\nversion = "{one.version}"\n'
            text += f'wheel = "{one.path.name}"\nsha256 = "{one.sha256}"\n'
        (place / "release.toml").write_text(text)


def release_key(name: str) -> tuple[int, int, int, str]:
    """Sort releases: names first, then years."""
    found = re.fullmatch(r"(\d{4})\.(\d+)", name)
    return (1, int(found[1]), int(found[2]), name) if found else (0, 0, 0, name)


def is_off(tags: str, release: str) -> bool:
    """Tell whether the tags of a line leave a patch out on a release."""
    here = release_key(release)
    for word, name in re.findall(r"\b(not|since|until) (\S+)", tags.partition(":")[0]):
        there = release_key(name)
        if word == "not" and name == release:
            return True
        if (word == "since" and here < there) or (word == "until" and here > there):
            return True
    return False


def copy_project(source: Path, target: Path) -> Project:
    """Copy what a rebase reads and writes."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(source / "series", target / "series")
    for name in ("patches", "releases"):
        shutil.copytree(source / name, target / name)
    return Project(target)


PATCHED = re.compile(r"^\+\+\+ b/(\S+)", re.M)


def paths_of(patch: Path) -> list[str]:
    """Give the files that a patch names."""
    return PATCHED.findall(patch.read_text("utf-8", "surrogateescape"))


class Misapplied(Exception):
    """GNU patch did not take a patch."""


def apply_patch(files: Files, patch: Path, work: Path, *, fuzz: int = 0) -> Files:
    """Apply with GNU patch, in a directory that has only the files of this patch."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for path in paths_of(patch):
        if path in files:
            place = work / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(files[path])
    words = ["patch", "-p1", f"-F{fuzz}", "-s", "-f", "-N", "--no-backup-if-mismatch", "-i", patch]
    done = subprocess.run(words, cwd=work, capture_output=True, check=False)
    if done.returncode:
        raise Misapplied(f"{patch.name}: {(done.stdout + done.stderr).decode()[:400]}")
    made = dict(files)
    for path in paths_of(patch):
        place = work / path
        if place.exists():
            made[path] = place.read_bytes()
        else:
            made.pop(path, None)
    return made


@dataclass
class Chain:
    """A tree after each patch of a series."""

    start: Files
    names: list[str] = field(default_factory=list)
    states: list[Files] = field(default_factory=list)

    @property
    def end(self) -> Files:
        """Give the tree with the whole series on."""
        return self.states[-1] if self.states else self.start

    def before(self, name: str) -> Files:
        """Give the tree on which a patch is put."""
        at = self.names.index(name)
        return self.states[at - 1] if at else self.start


def build_chain(project: Project, release: str, start: Files, work: Path) -> Chain:
    """Apply every patch of a release; raises Misapplied."""
    chain = Chain(start)
    files = start
    for name, patch in project.patches(release):
        files = apply_patch(files, patch, work)
        chain.names.append(name)
        chain.states.append(files)
    return chain
