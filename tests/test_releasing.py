"""What a release consists of: the changelog, the build that is tried, and the git hooks."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
HOOKS = YAML(typ="safe").load(ROOT / ".pre-commit-config.yaml")
EXAMPLE = """\
# Changelog

## [Unreleased]

### Fixed

- Later.

## [1.2.0] - 2026-11-30

### Added

- [One thing](docs/one.md), [two](https://example.org/two).

### Fixed

- Another.

## [1.1.0] - 2026-10-01

- Older.

[1.2.0]: https://example.org/1.2.0
"""


def test_the_changelog_starts_with_what_is_unreleased_and_dates_each_version() -> None:
    first, *versions = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert first == "[Unreleased]"
    for heading in versions:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading), heading


def test_a_version_of_the_changelog_has_sections_in_their_order_and_none_is_empty() -> None:
    for version in re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]:
        parts = re.split(r"^### ", version, flags=re.MULTILINE)[1:]
        titles = [part.partition("\n")[0] for part in parts]
        assert titles == [title for title in SECTIONS if title in titles]
        assert all(re.search(r"^- ", part, re.MULTILINE) for part in parts)


def test_each_version_of_the_changelog_has_a_link() -> None:
    for name in re.findall(r"^## \[(.+?)\]", CHANGELOG, re.MULTILINE):
        assert re.search(rf"^\[{re.escape(name)}\]: https://", CHANGELOG, re.MULTILINE), name


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A directory with the scripts, a changelog, and a stand-in for Python that builds nothing."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "CHANGELOG.md").write_text(EXAMPLE)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    python = tmp_path / ".venv/bin/python"
    python.write_text(
        "#!/bin/sh\n"
        'echo "$*" >>calls\n'
        '[ "$2" != build ] || { mkdir dist; echo >dist/freebsd_port-1.1.9-py3-none-any.whl; }\n'
    )
    python.chmod(0o755)
    return tmp_path


def run(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=checkout, capture_output=True, text=True, check=False)


def test_the_notes_of_a_release_are_its_part_of_the_changelog(checkout: Path) -> None:
    done = run(checkout, "scripts/release-notes", "1.2.0")
    assert done.stdout == (
        "### Added\n\n"
        "- [One thing](https://github.com/freebsd-port/freebsd-port/blob/v1.2.0/docs/one.md), "
        "[two](https://example.org/two).\n\n"
        "### Fixed\n\n- Another.\n"
    )
    assert run(checkout, "scripts/release-notes", "1.1.0").stdout == "- Older.\n"


@pytest.mark.parametrize("version", ["1.2", "2.0.0", "Unreleased"])
def test_a_version_without_a_part_in_the_changelog_is_refused(checkout: Path, version: str) -> None:
    for script in ("release-notes", "dist"):
        done = run(checkout, f"scripts/{script}", version)
        assert done.returncode == 1
        assert f"error: CHANGELOG.md has no section for {version}\n" in done.stderr
    assert not (checkout / "calls").exists()


def test_a_build_of_another_version_than_the_tag_is_refused(checkout: Path) -> None:
    done = run(checkout, "scripts/dist", "1.2.0")
    assert done.returncode == 1
    assert "error: the build does not have the version 1.2.0\n" in done.stderr
    assert "freebsd_port-1.1.9-py3-none-any.whl\n" in done.stderr


needs_pre_commit = pytest.mark.skipif(
    sys.platform.startswith("freebsd"), reason="pre-commit is installed on Linux only"
)


@needs_pre_commit
def test_pre_commit_accepts_the_hooks() -> None:
    program = Path(sys.executable).with_name("pre-commit")
    command = [str(program), "validate-config", str(ROOT / ".pre-commit-config.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_hooks_run_only_programs_of_the_projects_own_environment() -> None:
    (repository,) = HOOKS["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "unsupported"
        assert hook["entry"].startswith(".venv/bin/")


def test_the_programs_of_the_hooks_that_judge_style_are_pinned() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for name in ("ruff", "mypy"):
        assert re.search(rf'"{name}==[\d.]+; ', text)


@needs_pre_commit
def test_a_commit_with_a_mistake_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for name in (".pre-commit-config.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/one.py").write_text("import os\n\nprint( 'x' )\n")
    for words in (("init", "-q"), ("add", "scripts", ".pre-commit-config.yaml", "pyproject.toml")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    program = Path(sys.executable).with_name("pre-commit")
    done = run(tmp_path, str(program), "run", "ruff-check", "--files", "scripts/one.py")
    assert done.returncode == 1
    assert "D100" in done.stdout
    done = run(tmp_path, str(program), "run", "ruff-format", "--files", "scripts/one.py")
    assert done.returncode == 1
    assert (tmp_path / "scripts/one.py").read_text().endswith('print("x")\n')
