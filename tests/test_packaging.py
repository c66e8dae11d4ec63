"""The wheel and the sdist hold all that the command needs, and work outside the checkout.

Nothing is asked of an index: hatchling builds here, and the fresh environment takes its
dependencies from this one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKED = ("series", "patches", "releases", "tests/port")


def hatchling(source: Path, kind: str, directory: Path) -> Path:
    """Build one distribution and give the file."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(directory)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    (built,) = directory.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hatchling(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin directory of a fresh environment that holds the wheel."""
    root = tmp_path_factory.mktemp("fresh") / "venv"
    subprocess.run([sys.executable, "-m", "virtualenv", "-q", str(root)], check=True)
    python = root / "bin" / "python"
    install = ["install", "-q", "--no-index", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([str(python), "-m", "pip", *install, str(wheel)], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([str(python), "-c", where], capture_output=True, text=True, check=True)
    own = sysconfig.get_path("purelib")
    (Path(site.stdout.strip()) / "dependencies.pth").write_text(f"{own}\n")
    return root / "bin"


def run(installed: Path, cwd: Path, *words: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(installed / words[0]), *words[1:]],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def tracked(*under: str) -> set[str]:
    """Files of the checkout below these, without what was compiled or left by an editor."""
    found = set()
    for name in under:
        path = ROOT / name
        for file in [path] if path.is_file() else path.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts and file.name[0] != ".":
                found.add(file.relative_to(ROOT).as_posix())
    return found


def test_the_wheel_is_pure_and_holds_the_series_the_releases_and_the_checks(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    data = {f"freebsd_port/data/{name}" for name in tracked(*PACKED)}
    assert data - names == set()
    profiles, assets = "in_target/emulation/profiles", "engine/store/site/site_assets"
    assert {f"freebsd_port/{profiles}/freebsd-{v}.json" for v in ("13.1", "14.5")} <= names
    assert {f"freebsd_port/{assets}/review.{kind}" for kind in ("css", "js")} <= names
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []
    extra = {n for n in names if n.startswith("freebsd_port/data/")} - data
    assert extra == set()


def test_a_wheel_made_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    sdist = hatchling(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked")
    (source,) = (tmp_path / "unpacked").iterdir()
    again = hatchling(source, "wheel", tmp_path / "again")

    def contents(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    assert contents(again) == contents(wheel)


def test_the_installed_command_uses_its_own_data(installed: Path, tmp_path: Path) -> None:
    lines = run(installed, tmp_path, "freebsd-port", "releases").splitlines()
    data = installed.parent / "lib"
    assert lines[0].startswith(f"project {data}")
    assert lines[0].endswith("/freebsd_port/data (installed with the package, read-only)")
    assert [line.split()[0] for line in lines[1:-1]] == [
        *("xena", "2023.1", "2024.1", "2025.1", "2026.1"),
    ]
    assert lines[-1].startswith("* 2026.2")
    text = run(installed, tmp_path, "freebsd-port", "series", "--json")
    assert str(installed.parent / "lib") in text
    assert str(ROOT) not in text
    listed = run(installed, tmp_path, "freebsd-port", "series").splitlines()
    assert {f"patches/{name}" for name in listed} <= tracked("patches")
    assert "0 problems" in run(installed, tmp_path, "freebsd-port", "lock", "--check")


def test_the_installed_command_applies_to_a_tree(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "patches").mkdir()
    (tmp_path / "tree/a").write_text("one\n")
    (tmp_path / "patches/series").write_text("two.patch\n")
    (tmp_path / "patches/two.patch").write_text("--- a/a\n+++ b/a\n@@ -1 +1 @@\n-one\n+two\n")
    words = ("apply", "--tree", "tree", "--patches", "patches")
    assert "push    two.patch" in run(installed, tmp_path, "freebsd-port", *words)
    assert (tmp_path / "tree/a").read_text() == "two\n"


def test_the_installed_module_runs(installed: Path, tmp_path: Path) -> None:
    script = run(installed, tmp_path, "freebsd-port", "--version")
    assert run(installed, tmp_path, "python", "-m", "freebsd_port", "--version") == script
    assert script.startswith("freebsd-port ")
