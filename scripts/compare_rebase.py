#!/usr/bin/env python3
"""Rebase Debian's real series with freebsd-port and with git, and compare every hunk and byte.

    scripts/compare_rebase.py [--keep] [PACKAGE/OLD/NEW ...]

The series is the one that the package has in the suite OLD. It is rebased from OLD's upstream
source to NEW's, which is that of another suite, or an sdist of the package index when NEW is
PROJECT==VERSION. Sources are downloaded into build/debian-sources through a private apt
configuration; what is there already is used again. Nothing of the system is changed.

A patch that `git rebase` takes cleanly must not be a conflict here, a hunk must not be in conflict
only here, and where both are clean the tree after the patch must be the same, to the byte and the
mode. Our patches are applied with GNU patch, without fuzz. Exit status 0 when all of that is so, 1
when not, 2 when a tool is missing or fewer than ten series could be compared.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/helpers")]

from beside_git import Comparison, compare  # noqa: E402

SOURCES = ROOT / "build" / "debian-sources"
SUITES = ("bullseye", "bookworm", "trixie", "sid")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
LEAST = 10
"""Fewer series than this prove nothing."""

CASES = (
    "jinja2/bookworm/trixie",
    "lighttpd/trixie/sid",
    "mutt/bullseye/bookworm",
    "mutt/bookworm/trixie",
    "nginx/bullseye/bookworm",
    "nginx/bookworm/trixie",
    "busybox/bullseye/bookworm",
    "busybox/bookworm/trixie",
    "busybox/trixie/sid",
    "redis/bullseye/bookworm",
    "redis/bookworm/trixie",
    "rsync/bullseye/bookworm",
    "rsync/bookworm/trixie",
    "python-pip/bullseye/bookworm",
    "python-pip/bookworm/trixie",
    "pillow/bookworm/trixie",
    "openssh/bullseye/bookworm",
    "openssh/bookworm/trixie",
    "python-django/bullseye/bookworm",
    "python-django/bookworm/trixie",
    "curl/bullseye/bookworm",
    "curl/bookworm/trixie",
)


class UnavailableError(Exception):
    """A source that cannot be had."""


@dataclass(frozen=True)
class Case:
    """A series, and the version that it is rebased to."""

    package: str
    old: str
    new: str

    @classmethod
    def parse(cls, word: str) -> Case:
        """Read PACKAGE/OLD/NEW."""
        package, old, new = word.split("/")
        return cls(package, old, new)


def main() -> int:
    """Compare the cases named, print a table, give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=CASES, metavar="PACKAGE/OLD/NEW")
    parser.add_argument("--keep", action="store_true", help="keep the unpacked trees")
    parser.add_argument("--mirror", default="http://deb.debian.org/debian", metavar="URL")
    options = parser.parse_args()
    missing = [tool for tool in ("git", "patch", "apt-get", "tar") if not shutil.which(tool)]
    if missing:
        print(f"error: not installed: {', '.join(missing)}", file=sys.stderr)
        return 2
    apt = prepare_apt(options.mirror)
    print(f"{'':<34}{'patches by git':>24}{'hunks':>7}{'git':>6}   ours, by hunk")
    print(f"{'series':<34}{'clean':>8}{'conflict':>9}{'gone':>7}{'':>7}{'conf.':>6}"
          f"{'as is':>8}{'merged':>7}{'moved':>6}{'has it':>7}{'conf.':>6}{'s':>6}")  # fmt: skip
    compared = bad = 0
    for word in options.cases:
        case = Case.parse(word)
        work = SOURCES / "rebase" / word.replace("/", "-")
        shutil.rmtree(work, ignore_errors=True)
        try:
            begun = time.monotonic()
            found = run_case(apt, case, work)
        except UnavailableError as error:
            print(f"{word:<34} not compared: {error}", flush=True)
            continue
        compared += 1
        bad += bool(found.faults)
        print_row(word, found, time.monotonic() - begun)
        if not options.keep:
            shutil.rmtree(work)
    print(f"{compared} series compared, {bad} with a difference")
    if bad:
        return 1
    return 0 if compared >= min(LEAST, len(options.cases)) and compared else 2


def print_row(word: str, found: Comparison, seconds: float) -> None:
    """Print the numbers of one series, and each fault below them."""
    by_git = [row.by_git for row in found.rows]
    hunks = sum(row.hunks for row in found.rows)
    print(
        f"{word:<34}{by_git.count('clean'):>8}{by_git.count('conflict'):>9}"
        f"{by_git.count('dropped'):>7}{hunks:>7}{sum(r.git_conflicts for r in found.rows):>6}"
        f"{found.count('exact', 'offset'):>8}{found.count('merged'):>7}{found.count('moved'):>6}"
        f"{found.count('upstreamed'):>7}{found.count('conflict'):>6}{seconds:>6.0f}",
        flush=True,
    )
    for fault in found.faults:
        print(f"  DIFFERS {fault}")


def prepare_apt(mirror: str) -> list[str]:
    """Give a private apt-get that knows the sources of every suite, with fresh lists."""
    place = SOURCES / "apt"
    for name in ("lists/partial", "cache/archives/partial", "state"):
        (place / name).mkdir(parents=True, exist_ok=True)
    signed = f"[signed-by={KEYRING}]"
    lines = [f"deb-src {signed} {mirror} {suite} main\n" for suite in SUITES]
    (place / "sources.list").write_text("".join(lines))
    settings = {
        "Dir::Etc::sourcelist": place / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State": place / "state",
        "Dir::State::lists": place / "lists",
        "Dir::Cache": place / "cache",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in settings.items())]
    done = subprocess.run([*apt, "update"], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"warning: apt-get update: {done.stderr.strip()[-300:]}", file=sys.stderr)
    return apt


def run_case(apt: list[str], case: Case, work: Path) -> Comparison:
    """Unpack both versions and the series, and compare."""
    old = download(apt, case.package, case.old)
    debian = next(iter(old.glob("*.debian.tar.*")), None)
    if debian is None:
        raise UnavailableError(f"no debian.tar in {case.old}")
    work.mkdir(parents=True)
    unpack_upstream(old, work / "old")
    if "==" in case.new:
        unpack(find_sdist(case.new), work / "new")
    else:
        unpack_upstream(download(apt, case.package, case.new), work / "new")
    subprocess.run(["tar", "-xf", debian, "-C", work], check=True)
    patches = work / "debian" / "patches"
    return compare(patches / "series", patches, work / "old", work / "new", work / "compared")


def download(apt: list[str], package: str, suite: str) -> Path:
    """Fetch a source package; a mirror may lack a file of it that is not needed here."""
    directory = SOURCES / package / suite
    if not any(directory.glob("*.orig.tar.*")):
        directory.mkdir(parents=True, exist_ok=True)
        command = [*apt, "source", "--download-only", f"{package}/{suite}"]
        subprocess.run(command, cwd=directory, capture_output=True, check=False)
    return directory


def unpack_upstream(directory: Path, target: Path) -> None:
    """Unpack the upstream archives of a source package, further components in their places."""
    main_archive = [path for path in directory.glob("*.orig.tar.*") if path.suffix != ".asc"]
    if not main_archive:
        raise UnavailableError(f"no upstream source in {directory.name}")
    unpack(main_archive[0], target)
    for path in sorted(directory.glob("*.orig-*.tar.*")):
        if path.suffix != ".asc":
            unpack(path, target / path.name.partition(".orig-")[2].partition(".tar")[0])


def unpack(archive: Path, target: Path) -> None:
    """Unpack an archive without its top directory."""
    target.mkdir(parents=True, exist_ok=True)
    command = ["tar", "-xf", archive, "-C", target, "--strip-components=1"]
    subprocess.run(command, check=True)


def find_sdist(requirement: str) -> Path:
    """Download an sdist with pip, once."""
    directory = SOURCES / "sdists" / requirement
    if not any(directory.glob("*.tar.gz")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary=:all:", "--dest", str(directory), requirement]
        subprocess.run(command, capture_output=True, check=False)
    found = next(iter(directory.glob("*.tar.gz")), None)
    if found is None:
        raise UnavailableError(f"no sdist of {requirement}")
    return found


if __name__ == "__main__":
    sys.exit(main())
