"""`interdiff` on the command line, with releases and with a real repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from command_line import Run
from rebase_project import FITTING, RebaseProject
from small_project import GREET, LEAVE, LOUD, NAMES, NOVA_TEXT, WHO, WHO_TEXT, SmallProject

from freebsd_port.cli.main import main

OLD = "2026.1"


def commit(root: Path) -> None:
    who = {
        f"GIT_{one}_{what}": "t" for one in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    env = os.environ | who | {"GIT_CONFIG_GLOBAL": os.devnull}
    for words in (["init", "-q"], ["add", "series", "patches", "releases"],
                  ["commit", "-q", "-m", "x"]):  # fmt: skip
        subprocess.run(["git", *words], cwd=root, env=env, check=True)


@pytest.fixture
def repository(project: SmallProject) -> SmallProject:
    """The small project with one commit, and nothing changed since."""
    commit(project.root)
    return project


def test_nothing_changed(run: Run, repository: SmallProject) -> None:
    said = run("interdiff", "HEAD", "--exit-code")
    assert (said.status, said.err) == (0, "")
    assert said.out == "--- HEAD\n+++ the working tree\n3 patches: 3 same\n"


def test_a_changed_hunk_shows_its_change_and_the_header_its_fields(
    run: Run, repository: SmallProject
) -> None:
    louder = LOUD.replace(".upper()", ".upper() + '!'")
    repository.save_patch(GREET, "nova/greet.py", NOVA_TEXT, louder)
    text = repository.patch(GREET).read_text().replace("Forwarded: no", "Forwarded: yes")
    repository.patch(GREET).write_text(text)
    said = run("interdiff", "HEAD", "--exit-code")
    assert (said.status, said.err) == (1, "")
    assert (
        said.out
        == f"""\
--- HEAD
+++ the working tree
{GREET}: changed
    - Forwarded: no
    + Forwarded: yes
    changed      nova/greet.py hunk 1 of 1
        -    return 'hello ' + name
      - +    return ('hello ' + name).upper()
      + +    return ('hello ' + name).upper() + '!'
3 patches: 1 changed, 2 same
"""
    )
    assert run("interdiff", "HEAD").status == 0
    assert run("interdiff", "HEAD", "-q", "--exit-code").out == ""
    stat = run("interdiff", "HEAD", "--stat").out.splitlines()
    assert stat[2] == f"{GREET} | changed; hunks: 1 changed"
    assert "         def greet(name):\n" in run("interdiff", "HEAD", "-v").out


def test_patches_come_go_move_and_change_their_names(run: Run, repository: SmallProject) -> None:
    new = "nova/leave-kindly.patch"
    repository.patch(LEAVE).rename(repository.patch(new))
    repository.patch(WHO).unlink()
    fresh = "oslo.privsep/nobody.patch"
    repository.save_patch(fresh, "oslo_privsep/who.py", WHO_TEXT, WHO_TEXT + "\nNOBODY = 0\n")
    (repository.root / "series").write_text(f"{new}\n{GREET} # not xena: why\n{fresh}\n")
    out = run("interdiff", "HEAD", "HEAD").out
    assert out.endswith("3 patches: 3 same\n")
    assert (
        run("interdiff", "HEAD").out
        == f"""\
--- HEAD
+++ the working tree
{new}: changed, renamed from {LEAVE}
{GREET}: changed, moved after {new}
    + tags: not xena: why
{fresh}: added
    added        oslo_privsep/who.py hunk 1 of 1
{WHO}: dropped
4 patches: 1 added, 2 changed, 1 dropped
"""
    )


def test_releases_are_compared_by_the_texts_they_take_and_where_they_land(
    run: Run, project: SmallProject, tmp_path: Path
) -> None:
    RebaseProject(project, tmp_path / "cache").add_release(OLD, FITTING)
    name = f"nova/leave-politely@{OLD}.patch"
    text = project.patch(LEAVE).read_text().replace("goodbye", "farewell")
    project.patch(name).write_text(text)
    tagged = (project.root / "series").read_text().replace(WHO, f"{WHO}   # not {OLD}: not there")
    (project.root / "series").write_text(tagged)
    said = run("interdiff", OLD, "2026.2", "--exit-code")
    assert (said.status, said.err) == (1, "")
    assert (
        said.out
        == f"""\
--- {OLD}
+++ 2026.2
{WHO}: switched on
    added        oslo_privsep/who.py hunk 1 of 1
{LEAVE}: changed
    variant of {OLD}: {name}; of 2026.2: {LEAVE}
    changed      nova/greet.py hunk 2 of 2: line 21, +1 on {OLD}
        -    return 'bye'
      - +    return 'farewell'
      + +    return 'goodbye'
3 patches: 1 changed, 1 on, 1 same
"""
    )
    shown = run("interdiff", OLD, "2026.2", "-v").out
    assert f"hunk 2 of 2: line 21, +1 on {OLD}; line 20 on 2026.2\n" in shown
    revision = ["--release", OLD]
    commit(project.root)
    project.patch(name).write_text(text.replace("farewell", "so long"))
    assert run("interdiff", "HEAD", "--exit-code").status == 0
    assert "+ +    return 'so long'" in run("interdiff", "HEAD", *revision).out


def test_a_hunk_without_a_place_is_told_though_the_text_is_the_same(
    run: Run, project: SmallProject, tmp_path: Path
) -> None:
    made = RebaseProject(project, tmp_path / "cache")
    made.add_release(OLD, who="def who():\n    return 'nobody'\n")
    out = run("interdiff", OLD, "2026.2").out
    assert (
        f"{WHO}: same\n    the same     oslo_privsep/who.py hunk 1 of 1: does not fit {OLD}" in out
    )
    assert "same; hunks: 1 not placed" in run("interdiff", OLD, "2026.2", "--stat").out
    (who, *_) = run("interdiff", OLD, "2026.2", "--json").json["patches"]
    (hunk,) = who["hunks"]
    assert (hunk["old"][0]["fits"], hunk["new"][0]["fits"]) == (False, True)
    for pin in made.project.load_release(OLD).pins:
        (tmp_path / "cache/freebsd-port/wheels" / pin.sha256 / pin.wheel).unlink()
    said = run("interdiff", OLD, "2026.2", "--offline")
    assert said.status == 0
    assert "where hunks are placed is not known: offline, and not in the cache" in said.out


def test_json_has_every_patch_field_and_line(run: Run, repository: SmallProject) -> None:
    text = repository.patch(LEAVE).read_text()
    repository.patch(LEAVE).write_text(text.replace("'goodbye'", "'good day'"))
    found = run("interdiff", "HEAD", "--json").json
    assert (found["ok"], found["same"], found["releases"]) == (True, False, ["2026.2", "2026.2"])
    assert [patch["status"] for patch in found["patches"]] == ["same", "same", "changed"]
    (first, second) = found["patches"][2]["hunks"]
    assert (first["state"], second["state"]) == ("same", "changed")
    assert second["lines"] == [
        {"side": "both", "mark": "-", "text": "    return 'bye'", "words": []},
        {"side": "old", "mark": "+", "text": "    return 'goodbye'", "words": [[12, 19]]},
        {"side": "new", "mark": "+", "text": "    return 'good day'", "words": [[12, 20]]},
    ]
    assert second["new"] == [
        {"path": "nova/greet.py", "hunk": 2, "total": 2, "fits": None, "line": None, "offset": None}
    ]


@pytest.mark.parametrize(
    ("words", "status", "what"),
    [
        (["nobody"], 1, "no commit is named 'nobody'"),
        (["2026.2"], 2, "2026.2 is a release, and it is compared with another release"),
        (["2026.2", "HEAD"], 2, "2026.2 is a release, and it is compared with another release"),
        ([], 2, "missing argument 'OLD'"),
        (["HEAD", "--release", "none"], 2, "no release 'none'"),
        (["2026.2", "2026.2", "--release", "2026.2"], 2, "--release is for revisions only"),
    ],
)
def test_what_cannot_be_meant_is_said(
    run: Run, repository: SmallProject, words: list[str], status: int, what: str
) -> None:
    said = run("interdiff", *words)
    assert (said.status, said.out) == (status, "")
    assert what in said.err


def test_a_project_without_git_is_said(
    run: Run, project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.root.parent))
    said = run("interdiff", "HEAD")
    assert (said.status, said.out) == (1, "")
    assert "error: git cannot read the revision: not a git repository" in said.err
    assert "  try:   run the command on a checkout" in said.err


def test_every_text_that_cannot_be_read_is_told(run: Run, repository: SmallProject) -> None:
    repository.patch(WHO).unlink()
    repository.patch(GREET).write_text("nothing\n")
    said = run("interdiff", "HEAD")
    assert said.status == 1
    assert f"the series names {WHO}, which does not exist" in said.err
    assert f"the working tree: patches/{GREET}" in said.err


def test_hostile_text_does_not_reach_the_terminal(run: Run, repository: SmallProject) -> None:
    evil = "\x1b[2J\u202eevil\x07"
    path = repository.patch(LEAVE)
    data = path.read_text("utf-8").replace("Subject: ", f"Subject: {evil}")
    data = data.replace("went wrong", f"went {evil} wrong").replace("'goodbye'", f"'{evil}'")
    path.write_bytes(data.encode() + b"@@ -30,0 +31,1 @@\n+\xff\xfe\n")
    (repository.root / "series").write_text(
        "".join(f"{name}\n" for name in NAMES[:-1]) + f"{LEAVE} # {evil}\n", "utf-8"
    )
    for words in ([], ["-v"], ["--stat"]):
        said = run("interdiff", "HEAD", *words)
        assert said.status == 0
        assert not set("\x1b\u202e\x07") & set(said.out)
    assert "<^[>[2J<U+202E>evil<^G>" in run("interdiff", "HEAD").out
    assert "+ +<\\xFF><\\xFE>" in run("interdiff", "HEAD").out
    assert run("interdiff", "HEAD", "--json").json["same"] is False


def test_the_real_series_is_that_of_its_commit(capfd: pytest.CaptureFixture[str]) -> None:
    root = Path(__file__).resolve().parents[2]
    with pytest.raises(SystemExit) as left:
        main(["interdiff", "--project", str(root), "--offline", "2026.2", "2026.2", "--exit-code"])
    assert left.value.code == 0
    names = (root / "series").read_text().count(".patch")
    assert f"{names} patches: " in capfd.readouterr().out
