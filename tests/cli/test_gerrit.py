"""`export gerrit`, `verify gerrit`, and what `check` says of patches that are ready."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Run
from git_environment import GIT_ENVIRONMENT
from small_project import FILES, GREET, RELEASE, WHO, SmallProject
from upstream_tests import (
    ADDED_TEST,
    NOTE_NAME,
    READY_HEADER,
    TEST_WHO,
    make_ready,
    upstream_project,
)

from freebsd_port.openstack.core.upstream.change import change_id

TEST = "oslo_privsep.tests.test_who.WhoTestCase.test_is_not_only_linux"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    python = Path(sys.executable)
    monkeypatch.setattr(
        "freebsd_port.openstack.ops.proof.upstream.target_python", lambda _: (python, "3.11.7")
    )
    monkeypatch.setattr(
        "freebsd_port.openstack.ops.upstream.changes.find_git_author",
        lambda directory: "Jo Porter <jo@example.com>",
    )
    return upstream_project(tmp_path, monkeypatch)


def test_git_am_makes_one_commit_of_code_test_and_note(
    run: Run, project: SmallProject, tmp_path: Path
) -> None:
    make_ready(project, tmp_path)
    mail = run("export", "gerrit", WHO).out
    clone = tmp_path / "oslo.privsep"
    text = TEST_WHO.format(flag=str(tmp_path / "flag"))
    files = {**FILES["oslo.privsep"], "oslo_privsep/tests/test_who.py": text.encode()}
    for path, data in files.items():
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_bytes(data)

    def git(*words: str, given: str = "") -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=clone,
            env={**os.environ, **GIT_ENVIRONMENT},
            input=given,
            text=True,
            capture_output=True,
            check=True,
        )
        return done.stdout

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "7.10.0")
    git("am", "--signoff", given=mail)
    assert git("show", "--format=", "--name-only").split() == [
        "oslo_privsep/tests/test_who.py",
        "oslo_privsep/who.py",
        NOTE_NAME,
    ]
    message = git("log", "-1", "--format=%an <%ae>%n%B")
    subject, prose = (READY_HEADER.split("\n")[0], READY_HEADER.split("\n\n")[1])
    lines = message.split("\n")
    assert lines[:4] == ["Jo Porter <jo@example.com>", subject.partition(" ")[2], "", prose]
    assert lines[5] == f"Change-Id: {change_id(WHO)}"
    assert lines[6].startswith("Signed-off-by: ")
    assert "must be a patch" not in message


def test_an_export_says_why_there_is_nothing_to_send(
    run: Run, project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("export", "gerrit").err.startswith("error: no patch is ready for upstream\n")
    directory = make_ready(project, tmp_path)
    said = run("export", "gerrit", GREET)
    assert (said.status, said.err) == (
        2,
        f"error: no patch that is ready for upstream is {GREET}\n  try:   choose one of {WHO}\n",
    )
    monkeypatch.setattr(
        "freebsd_port.openstack.ops.upstream.changes.find_git_author", lambda directory: None
    )
    assert run("export", "gerrit").err.startswith("error: git does not know your name and address")
    (directory / NOTE_NAME).unlink()
    said = run("export", "gerrit")
    assert said.status == 1
    assert f"error: {WHO}: it is ready for upstream and has no release note\n" in said.err


def test_changes_of_two_distributions_are_refused(
    run: Run, project: SmallProject, tmp_path: Path
) -> None:
    directory = make_ready(project, tmp_path)
    greet = project.patch(GREET)
    _, _, body = greet.read_text().partition("--- ")
    greet.write_text(f"{READY_HEADER}--- {body}")
    other = project.root / "patches/nova/greet-loudly.upstream"
    (other / "nova/tests").mkdir(parents=True)
    (other / "nova/tests/test_greet.py").write_text("")
    (other / NOTE_NAME).parent.mkdir(parents=True)
    (other / NOTE_NAME).write_bytes((directory / NOTE_NAME).read_bytes())
    said = run("export", "gerrit")
    assert said.status == 2
    assert said.err.startswith(
        "error: the changes belong to several repositories: nova, oslo.privsep\n"
        "  try:   freebsd-port export gerrit nova\n"
    )
    assert run("export", "gerrit", "nova").status == 0


def test_check_reports_what_a_ready_patch_lacks(
    run: Run, project: SmallProject, tmp_path: Path
) -> None:
    project.project.test_requirements(RELEASE).unlink()  # it is not one that check accepts
    run("series", "lock")
    assert run("check").status == 0
    directory = make_ready(project, tmp_path)
    assert run("check").status == 0
    tests = directory / "tests.patch"
    tests.write_bytes(tests.read_bytes().replace(b"def test_of_freebsd", b"def test_of_netbsd"))
    (directory / NOTE_NAME).unlink()
    (project.root / "patches/nova/greet-loudly.upstream").mkdir()
    said = run("check", "--json")
    assert said.status == 1
    assert [one["what"].partition(": hunk")[0] for one in said.json["problems"]] == [
        f"{WHO}: it is ready for upstream and has no release note",
        "nova/greet-loudly.upstream belongs to no patch that is ready for upstream",
        f"{WHO}: tests do not apply",
    ]


def test_files_for_upstream_follow_their_patch_when_it_is_renamed_and_deleted(
    run: Run, project: SmallProject, tmp_path: Path
) -> None:
    directory = make_ready(project, tmp_path)
    files = {path.relative_to(directory): path.read_bytes() for path in files_below(directory)}
    moved = directory.with_name("anybody.upstream")
    moved.mkdir()
    said = run("rename", "-P", WHO, "oslo.privsep/anybody.patch")
    assert (said.status, "anybody.patch already exists" in said.err) == (1, True)
    assert directory.is_dir()
    moved.rmdir()
    told = run("rename", "-P", WHO, "oslo.privsep/anybody.patch", "--json").json
    assert len(told["texts"]) == 3
    assert not directory.exists()
    assert {path.relative_to(moved): path.read_bytes() for path in files_below(moved)} == files
    assert "oslo_privsep/tests/test_who.py" in run("export", "gerrit", "oslo.privsep").out
    run("delete", "anybody")
    assert moved.is_dir()
    run("import", str(project.root / "patches/oslo.privsep/anybody.patch"))
    for _ in range(2):  # the second backup replaces the first
        shutil.copytree(moved, tmp_path / "again", dirs_exist_ok=True)
        patch = moved.with_suffix(".patch").read_bytes()
        assert run("delete", "-r", "--backup", "anybody").status == 0
        assert not moved.exists()
        kept = moved.with_name("anybody.upstream~")
        assert {path.relative_to(kept): path.read_bytes() for path in files_below(kept)} == files
        assert not [one for one in run("check", "--json").json["problems"] if "~" in str(one)]
        shutil.copytree(tmp_path / "again", moved)
        moved.with_suffix(".patch").write_bytes(patch)
        series = project.root / "series"
        series.write_text("oslo.privsep/anybody.patch\n" + series.read_text())
    told = run("delete", "-r", "anybody", "--json").json
    assert (len(told["removed"]), moved.exists()) == (3, False)


def files_below(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def test_the_tests_of_a_change_fail_without_its_patch_and_pass_with_it(
    run: Run, project: SmallProject, tmp_path: Path
) -> None:
    make_ready(project, tmp_path)
    run("apply")
    said = run("verify", "gerrit", "-v")
    assert said.status == 0
    assert said.out.splitlines() == [
        f"{WHO}: 1 test, 1 of them failed without the patch",
        f"  {TEST}: without the patch failed AssertionError: + anybody",
        "1 change, 1 test: 1 without the patch failed, 0 problems",
    ]
    found = run("verify", "gerrit", "--json", WHO).json
    assert found["changes"] == [
        {
            "patch": WHO,
            "ok": True,
            "tests": [
                {
                    "test": TEST,
                    "without": "failed",
                    "message": "AssertionError: + anybody",
                    "with": "passed",
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        (ADDED_TEST.replace('who.who(), "anybody"', "1, 1"), "every test passes without the patch"),
        (ADDED_TEST.replace("anybody", "nobody"), f"{TEST} does not pass with the patch: failed: "),
        ("\n    x = 1\n", "it changes no test"),
    ],
)
def test_a_test_that_proves_nothing_fails_the_run(
    run: Run, project: SmallProject, tmp_path: Path, added: str, problem: str
) -> None:
    make_ready(project, tmp_path, added)
    run("apply")
    said = run("verify", "gerrit", "--json")
    assert said.status == 1
    (found,) = said.json["problems"]
    assert found["what"].startswith(problem)
    assert found["where"] == WHO


def test_the_target_is_left_as_it_is(run: Run, project: SmallProject, tmp_path: Path) -> None:
    make_ready(project, tmp_path)
    run("apply")
    before = {path: path.read_bytes() for path in project.packages.rglob("*.py")}
    run("verify", "gerrit")
    assert before == {path: path.read_bytes() for path in project.packages.rglob("*.py")}
    assert not os.path.exists(project.packages / "releasenotes")
