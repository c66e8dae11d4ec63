"""`releases` and what stands behind it: outdated, add, and the rows for a CI."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import pytest
from command_line import Run, Said
from made_wheel import make_wheel, save_index
from small_project import SmallProject

from freebsd_port.cli.commands.releases import command
from freebsd_port.cli.main import main

VERBS = command.list_commands(click.Context(command))

ASKING = "... asking the index about nova, oslo.privsep, oslo.messaging, oslo.rootwrap\n"


@pytest.fixture
def index(project: SmallProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An index with the pins of the small project and a point release of nova."""
    save_index(project.root / "files", tmp_path / "index")
    make_wheel(tmp_path / "newer", "nova", "1.1")
    save_index(tmp_path / "newer", tmp_path / "index")
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    toml = project.root / "releases/2026.2/release.toml"
    own = f"=={sys.version_info.major}.{sys.version_info.minor}.*"
    toml.write_text(toml.read_text().replace(">=3.8", own))
    return tmp_path / "index"


def publish_release(tmp_path: Path, version: str) -> None:
    make_wheel(tmp_path / version, "nova", version)
    save_index(tmp_path / version, tmp_path / "index")


def test_a_matrix_has_a_row_a_release_on_one_line(run: Run, project: SmallProject) -> None:
    said = run("releases", "matrix")
    (row,) = said.json["include"]
    assert said.out.count("\n") == 1
    assert row["pythons"][:2] == ["3.8", "3.9"]
    assert {**row, "pythons": []} == {
        **{"release": "2026.2", "python": "3.8", "pythons": []},
        **{"carried": False, "new": False, "pins": ""},
    }
    (project.root / "releases/2026.2/series.lock").write_text("")
    assert run("releases", "matrix").json["include"][0]["carried"] is True


def test_what_stands_behind_releases_needs_no_options_of_the_list(run: Run) -> None:
    said = run("releases", "--venv", "here", "outdated")
    assert said.status == 2
    assert said.err.startswith("error: --venv does not go before outdated\n")
    assert run("releases", "nope").err == (
        "error: no verb 'nope'\n  try:   freebsd-port releases --help\n"
    )


def test_a_newer_point_release_is_told_with_the_next_command(run: Run, index: Path) -> None:
    text = (
        "2026.2  nova 1.0 -> 1.1\n"
        "  try:   freebsd-port releases add 2026.2 --pin nova=1.1\n"
        "1 release: 1 behind a point release, 0 new on the index\n"
    )
    assert run("releases", "outdated") == Said(0, text, ASKING)
    assert run("releases", "outdated", "--exit-code").status == 3


def test_a_new_release_is_told_with_the_next_command(run: Run, index: Path, tmp_path: Path) -> None:
    publish_release(tmp_path, "2.0")
    out = run("releases", "outdated").out
    assert "\n2027.1  a new release: nova 2.0\n" in f"\n{out}"
    assert "freebsd-port releases add 2027.1 --pin nova=2.0 --constraints FILE\n" in out
    matrix = run("releases", "matrix", "--outdated").json["include"]
    assert [(row["release"], row["new"], row["pins"]) for row in matrix] == [
        ("2026.2", False, "nova=1.1"),
        ("2027.1", True, "nova=2.0"),
    ]
    assert {row["python"] for row in matrix} == {f"3.{sys.version_info.minor}"}


def test_outdated_tells_a_machine_the_same(run: Run, index: Path) -> None:
    for words in (("outdated", "--json"), ("--json", "outdated", "-q")):
        found = run("releases", *words).json
        assert (found["verb"], found["outdated"], found["new"]) == ("releases outdated", True, [])
        assert found["releases"] == [
            {
                "name": "2026.2",
                "pins": [{"distribution": "nova", "pinned": "1.0", "newest": "1.1"}],
                "try": "freebsd-port releases add 2026.2 --pin nova=1.1",
            }
        ]


def test_outdated_without_an_index_fails(run: Run) -> None:
    said = run("releases", "outdated", "--exit-code")
    assert said.status == 5
    assert "error: the index gave nothing of nova" in said.err


def test_pins_are_moved_and_the_next_command_is_a_rebase(run: Run, index: Path) -> None:
    said = run("releases", "add", "2026.2", "--pin", "nova=1.1", "-q")
    assert said == Said(0, "", "")
    assert run("releases", "outdated", "--exit-code", "-v").out == (
        "2026.2  up to date\n1 release: 0 behind a point release, 0 new on the index\n"
    )


def test_what_add_did_is_printed(run: Run, index: Path) -> None:
    out = run("releases", "add", "2026.2", "--pin", "nova=1.1").out
    assert out.startswith("2026.2 nova 1.0 -> 1.1\nwrote PROJECT/releases/2026.2/")
    assert out.endswith("2026.2: 4 packages locked\n  try:   freebsd-port rebase --to 2026.2\n")


def test_a_release_is_added_with_constraints_from_a_file(
    run: Run, index: Path, tmp_path: Path
) -> None:
    publish_release(tmp_path, "2.0")
    file = tmp_path / "upper.txt"
    file.write_text("oslo.privsep===1.0\noslo.messaging===1.0\noslo.rootwrap===1.0\nkq===3\n")
    words = ("add", "2027.1", "--pin", "nova=2.0", "--constraints", file, "--json")
    done = run("releases", *words).json
    assert (done["ok"], done["model"], done["locked"]) == (True, "2026.2", 4)
    assert done["pins"]["nova"] == "2.0"
    assert done["moved"][0] == {"distribution": "nova", "before": None, "version": "2.0"}
    assert done["try"] == "freebsd-port rebase --to 2027.1"
    assert [one["name"] for one in run("releases", "--json").json["releases"]] == [
        *("2026.2", "2027.1"),
    ]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("2026.2",), "nothing to change: name a version with --pin"),
        (("2026.2", "--pin", "nova"), "'nova' is not a pin"),
        (("2027.1", "--pin", "nova=2.0"), "a new release needs the upper-constraints of 2027.1"),
        ((), "missing argument 'NAME'"),
    ],
)
def test_words_that_cannot_be_meant_exit_with_2(
    run: Run, words: tuple[str, ...], what: str
) -> None:
    said = run("releases", "add", *words)
    assert said.status == 2
    assert said.err.startswith(f"error: {what}\n")


@pytest.mark.parametrize("name", VERBS)
def test_the_help_of_each_has_examples(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["releases", name, "--help"])
    shown = capfd.readouterr().out
    assert f"Usage: freebsd-port releases {name} " in shown
    assert f"  freebsd-port releases {name} " in shown.partition("Examples:")[2]
    for option in ("--json", "--quiet", "--verbose", "--project"):
        assert option in shown


@pytest.mark.parametrize("name", VERBS)
def test_each_refuses_an_unknown_option_in_json(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["releases", name, "--json", "--no-such-option"])
    out, err = capfd.readouterr()
    assert err == ""
    assert json.loads(out)["problems"][0]["hint"] == f"freebsd-port releases {name} --help"
