"""The wheel and the sdist hold all that the command needs, and work outside the checkout.

Nothing is asked of an index: hatchling builds here, and the fresh environment takes its
dependencies from this one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = tomllib.loads((ROOT / "tox.toml").read_text("utf-8"))["env_list"]
PACKED = ("series", "patches", "releases", "tests/port", "extras")


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
    assert "freebsd_port/py.typed" in names
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


def metadata(wheel: Path) -> dict[str, list[str]]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        message = message_from_bytes(archive.read(name))
    found: dict[str, list[str]] = {"Description": [str(message.get_payload())]}
    for key, value in message.items():
        found.setdefault(key, []).append(value)
    return found


def test_the_metadata_say_where_the_project_is_and_for_whom(wheel: Path) -> None:
    found = metadata(wheel)
    urls = dict(one.split(", ") for one in found["Project-URL"])
    assert {"Homepage", "Documentation", "Changelog", "Issues", "Source"} <= urls.keys()
    assert all(url.startswith("https://github.com/freebsd-port/") for url in urls.values())
    assert "Typing :: Typed" in found["Classifier"]
    assert "Operating System :: POSIX :: BSD :: FreeBSD" in found["Classifier"]
    tested = {f"3.{env[3:]}" for env in ENVIRONMENTS if env.startswith("py3")}
    said = {one.rpartition(" ")[2] for one in found["Classifier"] if " :: 3." in one}
    assert said == tested


def test_the_readme_on_pypi_has_no_link_that_leads_nowhere(wheel: Path) -> None:
    (text,) = metadata(wheel)["Description"]
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert len(targets) > 10
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []
    base = "https://github.com/freebsd-port/freebsd-port/blob/main/"
    linked = [target.removeprefix(base) for target in targets if target.startswith(base)]
    assert [name for name in linked if not (ROOT / name.partition("#")[0]).is_file()] == []


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """What the build reads to find the version, and nothing else."""
    root = tmp_path / "source"
    (root / "freebsd_port").mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", "freebsd_port/__init__.py"):
        shutil.copy(ROOT / name, root / name)
    return root


def git(root: Path, *words: str) -> None:
    author = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *author, *words], cwd=root, check=True, capture_output=True)


def commit(root: Path, message: str) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", message)


def built_version(root: Path) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "version"],
        cwd=root,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_version_is_that_of_the_tag_and_is_counted_from_it(source: Path) -> None:
    git(source, "init", "--quiet")
    commit(source, "first")
    assert re.fullmatch(r"0\.1\.0\.dev1\+g[0-9a-f]+", built_version(source))
    git(source, "tag", "v1.2.3")
    assert built_version(source) == "1.2.3"
    commit(source, "second")
    assert re.fullmatch(r"1\.2\.4\.dev1\+g[0-9a-f]+", built_version(source))


def test_a_source_without_git_has_a_version_that_is_older_than_the_first(source: Path) -> None:
    assert built_version(source) == "0.1.0.dev0"


def test_an_sdist_keeps_its_version_without_git(source: Path, tmp_path: Path) -> None:
    for name in ("series", "patches/a", "releases/a", "tests/port/a"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("")
    git(source, "init", "--quiet")
    commit(source, "first")
    git(source, "tag", "v1.2.3")
    sdist = hatchling(source, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert built_version(unpacked) == "1.2.3"


def test_the_installed_command_prints_the_version_of_the_wheel(
    wheel: Path, installed: Path, tmp_path: Path
) -> None:
    (expected,) = metadata(wheel)["Version"]
    assert run(installed, tmp_path, "freebsd-port", "--version") == f"freebsd-port {expected}\n"


def try_wheel(wheel: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the script of `make dist`; its environment takes the dependencies from this one."""
    (cwd / ".venv").symlink_to(sys.prefix)
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PYTHONPATH": sysconfig.get_path("purelib")}
    return subprocess.run(
        [str(ROOT / "scripts/try-wheel"), str(wheel)],
        cwd=cwd,
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_passes_what_is_tried_before_it_is_published(wheel: Path, tmp_path: Path) -> None:
    done = try_wheel(wheel, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "now no patch is applied" in done.stdout


def test_a_wheel_that_lacks_the_series_does_not(wheel: Path, tmp_path: Path) -> None:
    broken = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(broken, "w") as rest:
        for one in whole.infolist():
            if one.filename != "freebsd_port/data/series":
                rest.writestr(one, whole.read(one))
    done = try_wheel(broken, tmp_path)
    assert done.returncode != 0
    assert "now no patch is applied" not in done.stdout
