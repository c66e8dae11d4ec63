#!/usr/bin/env python3
"""Apply Debian's real series with quilt and with freebsd-port, and compare every byte and mode.

    scripts/compare_quilt.py [--keep] [PACKAGE ...]

Downloads the source packages with `apt-get source --download-only` into build/debian-sources;
what is there already is used again. Where apt knows no source packages, those of Debian 12 come
through a configuration of apt's below that directory. Exit status 0 when everything is identical,
1 when not, 2 when a package or a tool is not to be had. Nothing of the system is changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/helpers")]

from beside_quilt import (  # noqa: E402
    differences,
    pop_with_us,
    push_with_quilt,
    push_with_us,
    snapshot,
)

from freebsd_port.engine.ops.target.patch_source import PatchSource  # noqa: E402

PACKAGES = (
    *("glibc", "systemd", "qemu", "curl", "libvirt", "samba", "openssh", "nginx", "exim4"),
    *("sudo", "rsync", "cups", "bash", "grub2", "lvm2", "busybox", "wpa", "ghostscript", "krb5"),
    *("util-linux", "vim", "openssl", "gdb", "python3.11", "perl", "cron"),
)
SOURCES = ROOT / "build" / "debian-sources"
APT = SOURCES / "apt"
APT_CONFIG = """\
Dir::State::lists "{apt}/lists";
Dir::Cache "{apt}/cache";
Dir::Etc::sourcelist "{apt}/sources.list";
Dir::Etc::sourceparts "-";
"""
DEBIAN = "deb-src http://deb.debian.org/debian bookworm main\n"


def main() -> int:
    """Compare the packages named, print a table, give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", default=PACKAGES, metavar="PACKAGE")
    parser.add_argument("--keep", action="store_true", help="keep the unpacked trees")
    options = parser.parse_args()
    missing = [tool for tool in ("quilt", "patch", "apt-get", "tar") if not shutil.which(tool)]
    if missing:
        print(f"error: not installed: {', '.join(missing)}", file=sys.stderr)
        return 2
    print(f"{'package':<12}{'fuzz':>5}{'patches':>9}{'files':>8}{'result':>12}"
          f"{'quilt s':>10}{'ours s':>9}{'ratio':>7}")  # fmt: skip
    is_same = True
    for package in options.packages:
        if not download(package):
            return 2
        for fuzz in (None, 0):
            is_same &= compare(package, fuzz)
        if not options.keep:
            shutil.rmtree(SOURCES / package / "trees")
    return 0 if is_same else 1


def download(package: str) -> bool:
    """Fetch the source package unless it is there; say what is wrong when that fails."""
    directory = SOURCES / package
    if any(directory.glob("*.dsc")):
        return True
    directory.mkdir(parents=True, exist_ok=True)
    words = ("source", "--download-only", "-qq", package)
    done = run_apt(*words, directory=directory)
    if done.returncode and "deb-src" in done.stderr and "APT_CONFIG" not in os.environ:
        done = configure_apt()
        if done.returncode == 0:
            done = run_apt(*words, directory=directory)
    if done.returncode:
        reason = done.stderr.strip()
        print(f"error: the sources of {package} cannot be had\n{reason}", file=sys.stderr)
    return done.returncode == 0


def run_apt(*words: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run apt-get quietly."""
    return subprocess.run(
        ["apt-get", *words],
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


def configure_apt() -> subprocess.CompletedProcess[str]:
    """Let apt keep lists of source packages of its own, and fetch them."""
    for name in ("lists/partial", "cache/archives/partial"):
        (APT / name).mkdir(parents=True, exist_ok=True)
    (APT / "sources.list").write_text(DEBIAN)
    (APT / "apt.conf").write_text(APT_CONFIG.format(apt=APT))
    os.environ["APT_CONFIG"] = str(APT / "apt.conf")
    return run_apt("update", "-qq", directory=APT)


def unpack(package: str) -> Path:
    """Unpack the upstream tarball, further components, and Debian's directory; once."""
    directory = SOURCES / package
    tree = directory / "trees" / "pristine"
    if tree.exists():
        return tree
    tree.mkdir(parents=True)
    upstream = sorted(directory.glob("*.orig.tar.*[!c]"))
    for archive, target in (
        *((path, tree) for path in upstream),
        *(
            (path, tree / path.name.partition(".orig-")[2].partition(".tar")[0])
            for path in sorted(directory.glob("*.orig-*.tar.*[!c]"))
        ),
    ):
        target.mkdir(exist_ok=True)
        command = ["tar", "-xf", str(archive), "-C", str(target), "--strip-components=1"]
        subprocess.run(command, check=True)
    for archive in directory.glob("*.debian.tar.*"):
        subprocess.run(["tar", "-xf", str(archive), "-C", str(tree)], check=True)
    return tree


def copies(package: str) -> Iterator[Path]:
    """Give two fresh copies of the unpacked package."""
    pristine = unpack(package)
    for name in ("by-quilt", "by-us"):
        copy = pristine.with_name(name)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(pristine, copy, symlinks=True)
        yield copy


def compare(package: str, fuzz: int | None) -> bool:
    """Apply the series both ways, take ours off again, print a row; tell whether all agrees."""
    by_quilt, by_us = copies(package)
    pristine = unpack(package)
    patches = pristine / "debian" / "patches"
    quilt = push_with_quilt(by_quilt, patches / "series", patches, fuzz)
    ours = push_with_us(by_us, patches / "series", patches, fuzz)
    found = snapshot(by_us)
    differing = differences(snapshot(by_quilt), found)
    result = "identical"
    if (quilt.status == 0) != (ours.status == 0):
        result, differing = "STATUS", [quilt.said[-500:], ours.said[-500:]]
    elif differing:
        result = "DIFFERS"
    elif ours.status == 0:
        pop_with_us(by_us)
        differing = differences(
            snapshot(pristine, directory_modes=False), snapshot(by_us, directory_modes=False)
        )
        result = "POP DIFFERS" if differing else result
    count = len(PatchSource(patches / "series", patches).load_series().entries)
    print(f"{package:<12}{'-' if fuzz is None else fuzz:>5}{count:>9}{len(found):>8}{result:>12}"
          f"{quilt.seconds:>10.2f}{ours.seconds:>9.2f}"
          f"{quilt.seconds / max(ours.seconds, 0.01):>7.1f}", flush=True)  # fmt: skip
    for line in differing[:20]:
        print(f"  {line}")
    return result == "identical"


if __name__ == "__main__":
    sys.exit(main())
