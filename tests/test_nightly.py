"""CI's night, from end to end: the index has a new nova, and in the morning there is a change.

Everything is real but the code host, whose command line only notes what it is asked for, and
`make`, because the tool is installed already. The index is a directory of small wheels.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from xml.etree import ElementTree

import pytest
from made_wheel import make_wheel, save_index
from rebase_project import FITTING, MERGED, RebaseProject, rebase_project
from small_project import LEAVE

from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS

ROOT = Path(__file__).resolve().parents[1]
OWN = f"3.{sys.version_info.minor}"
NEW = "2027.1"
TOOL = f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m freebsd_port "$@"\n'
HOST = '#!/bin/sh\necho "gh $*" >>"$CALLS"\n'
LOCAL = {"GIT_CONFIG_GLOBAL": os.devnull, "PIP_CONFIG_FILE": os.devnull}

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Night:
    """A checkout with its origin, and the index that it asks."""

    made: RebaseProject
    root: Path
    place: Path

    def publish(self, nova: str) -> None:
        """Put nova 2.0 with this text on the index, for our Python only."""
        files = self.place / "new"
        make_wheel(
            files, "nova", "2.0", files={"nova/__init__.py": b"", "nova/greet.py": nova.encode()}
        )
        save_index(files, self.place / "index", python=f"=={OWN}.*")

    def run(self, *words: str, **more: str) -> tuple[int, str]:
        """Run a command in the checkout; gives the exit status and standard output."""
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        env = os.environ | LOCAL | {"PATH": path, "CALLS": str(self.place / "calls")} | more
        done = subprocess.run(
            words, cwd=self.root, env=env, stdout=subprocess.PIPE, text=True, check=False
        )
        return done.returncode, done.stdout

    def git(self, *words: str) -> str:
        status, out = self.run("git", *words)
        assert status == 0, words
        return out

    def matrix(self) -> list[dict[str, object]]:
        """Give the rows of the job matrix."""
        status, out = self.run(".venv/bin/freebsd-port", "releases", "matrix", "--outdated")
        assert status == 0
        rows = json.loads(out)["include"]
        assert isinstance(rows, list)
        return rows

    def rebase(self, release: str, *pins: str) -> tuple[int, str]:
        """Do what the job of a release does; gives the exit status and the summary."""
        status, _ = self.run(
            ".ci/rebase", release, *pins,
            REPORT=str(self.place / "report"), CONSTRAINTS=(self.place / "constraints").as_uri(),
        )  # fmt: skip
        return status, (self.place / "report/summary.md").read_text("utf-8")

    def propose(self, release: str, status: int) -> list[str]:
        """Open the change; gives what the code host was asked for."""
        summary = str(self.place / "report/summary.md")
        assert self.run(".ci/propose", release, str(status), summary)[0] == 0
        return (self.place / "calls").read_text("utf-8").splitlines()


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    made = rebase_project(tmp_path, monkeypatch)
    monkeypatch.delenv("PIP_NO_INDEX")
    (tools,) = (made.cache / "freebsd-port/tools").iterdir()
    for name in ("_pytest", "py.py", "iniconfig", "packaging", "pluggy", "pygments"):
        site = Path(str(distribution("pytest").locate_file("")))
        (tools / name).symlink_to(site / name)  # the environment that is made has none of them
    save_index(made.root / "files", tmp_path / "index")
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    fixed = [name for name in PATCHED_DISTRIBUTIONS if name != "nova"]
    (tmp_path / "constraints").mkdir()
    (tmp_path / "constraints" / NEW).write_text("".join(f"{name}===1.0\n" for name in fixed))
    shutil.copytree(ROOT / ".ci", made.root / ".ci")
    for name, text in {
        ".venv/bin/freebsd-port": TOOL, "bin/gh": HOST, "bin/make": "#!/bin/sh\n",
    }.items():  # fmt: skip
        path = made.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    (made.root / ".gitignore").write_text("/.venv/\n/.venvs/\n/bin/\n/files/\n/.rebase/\n")
    made_night = Night(made, made.root, tmp_path)
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "origin")], check=True)
    made_night.git("init", "-q", "-b", "main")
    made_night.git("config", "user.name", "t")
    made_night.git("config", "user.email", "t@t")
    made_night.git("remote", "add", "origin", str(tmp_path / "origin"))
    made_night.git("add", "-A")
    made_night.git("commit", "-qm", "first")
    return made_night


def test_a_new_nova_becomes_a_change_with_patches_a_report_and_the_review(night: Night) -> None:
    assert [row for row in night.matrix() if row["pins"]] == []
    night.publish(MERGED)
    (row,) = [row for row in night.matrix() if row["pins"]]
    assert (row["release"], row["new"], row["python"], row["pins"]) == (NEW, True, OWN, "nova=2.0")
    status, summary = night.rebase(NEW, "nova=2.0")
    assert status == 0, summary
    assert f"Verified on {NEW}: every check passed." in summary
    assert f"`{LEAVE}` | rewritten: " in summary
    report = night.place / "report"
    (suite,) = ElementTree.parse(report / "rebase.xml").getroot()
    assert suite.get("failures") == "0"
    assert json.loads((report / "rebase.json").read_bytes())["ok"] is True
    assert NEW in (report / "review/index.html").read_text("utf-8")
    assert len(list((report / "review/patches").iterdir())) == 3

    calls = night.propose(NEW, status)
    assert calls[-1].startswith(f"gh pr create --head rebase/{NEW} --title Rebase the series to ")
    assert calls[-1].endswith(f"--body-file {report}/summary.md")
    pushed = night.git("diff", "--name-only", "main", f"origin/rebase/{NEW}").split()
    assert f"patches/{LEAVE}" in pushed
    assert f"patches/{LEAVE.replace('.patch', '@2026.2.patch')}" in pushed
    assert {f"releases/{NEW}/{name}" for name in ("release.toml", "series.lock")} <= set(pushed)
    assert {path.split("/")[0] for path in pushed} == {"patches", "releases"}
    assert f'python = ">={OWN}' in night.git(
        "show", f"origin/rebase/{NEW}:releases/{NEW}/release.toml"
    )


def test_what_merges_and_fails_its_checks_is_a_red_change_that_names_them(night: Night) -> None:
    night.publish(f"{FITTING}\n\nleave = str\n")
    status, summary = night.rebase(NEW, "nova=2.0")
    assert status == 4, summary
    assert f"🔴 **The checks fail** on {NEW}: 1 check\n" in summary, summary
    assert "test_leave" in summary
    calls = night.propose(NEW, status)
    assert f"--title 🔴 Rebase the series to {NEW}: checks fail" in calls[-1]
    assert f"releases/{NEW}/series.lock" in night.git(
        "ls-tree", "-r", "--name-only", f"origin/rebase/{NEW}"
    )


def test_without_the_constraints_nothing_changes_and_the_report_says_why(night: Night) -> None:
    night.publish(MERGED)
    (night.place / "constraints" / NEW).unlink()
    status, summary = night.rebase(NEW, "nova=2.0")
    assert status == 5
    assert "**Not rebased**, exit status 5" in summary
    assert night.git("status", "--porcelain", "--", "series", "patches", "releases") == ""


def test_without_the_index_nothing_changes_and_the_report_says_why(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", (night.place / "nowhere").as_uri())
    status, summary = night.rebase(NEW, "nova=2.0")
    assert status == 5
    assert "    error: the index " in summary
    assert night.git("status", "--porcelain", "--", "series", "patches", "releases") == ""
