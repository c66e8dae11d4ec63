"""`review` on a small project: what it prints, how it looks, what it refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from command_line import Run
from own_terminal import COMMAND, on_terminal
from rebase_project import RebaseProject
from small_project import (
    CHECKOUT,
    GREET,
    LEAVE,
    NAMES,
    NOVA_TEXT,
    RELEASE,
    WHO,
    WHO_TEXT,
    SmallProject,
)

from freebsd_port.cli.main import main

IDS = re.compile(r"^([0-9a-f]{12}) ", re.MULTILINE)


def ids(run: Run, *words: str) -> list[str]:
    return [
        hunk["id"]
        for patch in run("review", *words, "--offline", "--json").json["patches"]
        for hunk in patch["hunks"]
    ]


def test_without_a_word_it_gives_an_overview(run: Run) -> None:
    said = run("review", "--offline")
    assert (said.status, said.err) == (0, "")
    assert said.out == (
        "                             hunks  reviewed  findings\n"
        "oslo.privsep/who-am-i.patch      1         0         1\n"
        "nova/greet-loudly.patch          1         0         -\n"
        "nova/leave-politely.patch        2         0         1\n"
        "3 patches, 4 hunks on 2026.2; 0 reviewed, 4 not; 2 findings\n"
        "freebsd-port review PATCH shows its hunks\n"
    )


def test_an_overview_names_each_hunk_when_asked(run: Run) -> None:
    first, second = ids(run, LEAVE)
    rows = run("review", "-v", "--offline").out.splitlines()
    assert rows[rows.index("nova/leave-politely.patch        2         0         1") + 1 :][:2] == [
        f"    {first}  hunk 1 of 2  nova/greet.py:1 in greet, not reviewed",
        f"    {second}  hunk 2 of 2  nova/greet.py:19 in leave, not reviewed",
    ]


def test_a_patch_is_shown_with_its_prose_and_its_hunks(run: Run) -> None:
    said = run("review", "who-am-i", "--offline")
    name = ids(run, WHO)[0]
    assert said.out == (
        f"{WHO}\n"
        "who-am-i\n"
        "not forwarded; drop when upstream does it by itself\n"
        "\n"
        "On FreeBSD this went wrong in a way that takes more than ten words to tell.\n"
        "\n"
        f"{name}  hunk 1 of 1  oslo_privsep/who.py:1 in who\n"
        "    2026.2 exact\n"
        "    checks: not measured, see freebsd-port verify\n"
        "    not reviewed\n"
        "    warning linux-changed: Linux runs different code instead of `return 'linux'`: put the "
        f"new code behind a test of what is there (patches/{WHO}:13)\n"
        "1 1  def who():\n"
        "2   -    return 'linux'\n"
        "  2 +    return 'anybody'\n"
    )


def test_both_sides_stand_beside_each_other(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    rows = run("review", WHO, "--side-by-side", "--offline").out.splitlines()[-2:]
    left = ("def who():", "    return 'linux'")
    assert rows == [
        f"1  {left[0]:35} | 1  def who():",
        f"2 -{left[1]:35} | 2 +    return 'anybody'",
    ]


def test_half_a_screen_is_not_spent_on_the_indentation_of_all_lines(
    run: Run, project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = "".join(f"        line{number} = {number}\n" for number in range(9))
    old = f"def who():\n    if True:\n{old}"
    project.save_patch(WHO, "oslo_privsep/who.py", old, old.replace("line4 = 4", "line4 = 'x'"))
    monkeypatch.setenv("COLUMNS", "80")
    split = run("review", WHO, "--side-by-side", "--offline").out
    assert re.search(r"^ 4  line1 = 1 +\|  4  line1 = 1$", split, re.MULTILINE)
    assert "        line1 = 1\n" in run("review", WHO, "--unified", "--offline").out


def test_a_wide_terminal_gets_both_sides(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, is_split in (("119", False), ("120", True)):
        monkeypatch.setenv("COLUMNS", columns)
        assert (" | " in run("review", WHO, "--offline").out) is is_split
    assert " | " not in run("review", WHO, "--unified", "--offline").out


def test_no_row_is_wider_than_the_terminal_and_none_begins_in_the_number_column(
    project: SmallProject,
) -> None:
    words = " ".join(f"word{number}" for number in range(40))
    new = WHO_TEXT.replace("'linux'", f"'{words}'  # {'x' * 100}")
    project.save_patch(WHO, "oslo_privsep/who.py", WHO_TEXT, new)
    text = project.patch(WHO).read_text()
    project.patch(WHO).write_text(text.replace("\n---", f"\n\n{words}\n---", 1))
    here = ["--offline", "--project", str(project.root)]
    for asked in ([WHO, "--unified"], ["-v"], [WHO, "--side-by-side"]):
        shown = on_terminal(["review", *asked, *here], COLUMNS="80", PAGER="")
        rows = [click.unstyle(row) for row in shown.splitlines()]
        assert max(map(len, rows)) <= 80
        if asked == [WHO, "--unified"]:
            start = next(n for n, row in enumerate(rows) if row.startswith("  2 +    return"))
            rest = rows[start + 1 : -1]
            assert rest
            assert all(row.startswith("    ") for row in rest)
            added = " ".join([rows[start][4:], *(row[4:] for row in rest)])
            assert re.findall(r"word\d+", added) == words.split()


@pytest.mark.parametrize("columns", ["80", "30"])
def test_the_grid_of_all_releases_fits_the_terminal(
    run: Run, project: SmallProject, tmp_path: Path, columns: str
) -> None:
    made = RebaseProject(project, tmp_path / "cache")
    for release in ("2023.1", "2024.1", "2024.2", "2025.1", "2025.2", "2026.1"):
        made.add_release(release, NOVA_TEXT)
    here = ["--offline", "--project", str(project.root)]
    shown = on_terminal(["status", "--all", *here], COLUMNS=columns, NO_COLOR="1")
    grid = shown.splitlines()[:7]
    releases = ["2023.1", "2024.1", "2024.2", "2025.1", "2025.2", "2026.1", RELEASE]
    assert grid[0].split() == releases
    assert (grid[2], grid[4]) == ("oslo.privsep", "nova")
    assert grid[3].split() == ["who-am-i", *["="] * 7]
    assert grid[5].split()[0] == ("greet-loudly" if columns == "80" else "greet-l...")
    assert max(map(len, grid)) <= (80 if columns == "80" else 12 + 7 * 7)


def test_a_hunk_is_named_by_the_start_of_its_id(run: Run) -> None:
    first, second = ids(run, LEAVE)
    assert IDS.findall(run("review", second[:6], "--offline").out) == [second]
    assert ids(run, second, WHO) == [*ids(run, WHO), second]
    assert first not in run("review", second, "--offline").out


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("nothing", "no patch in the series is named nothing, and no hunk"),
        ("0123456789ab", "no hunk is named 0123456789ab"),
    ],
)
def test_a_word_that_means_nothing_is_refused(run: Run, word: str, what: str) -> None:
    said = run("review", word, "--offline")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"error: {what}\n")


def test_a_start_that_many_hunks_have_is_refused_with_their_names(
    run: Run, project: SmallProject
) -> None:
    between = "".join(f"    line{number} = {number}\n" for number in range(12))
    text = f"def who():\n    go()\n{between}    go()\n"
    project.save_patch(WHO, "oslo_privsep/who.py", text, text.replace("go()", "run()"))
    for path in project.root.glob("files/oslo_privsep*.whl"):
        assert path.is_file()
    names = ids(run, WHO)
    assert names[1] == f"{names[0]}-2"
    said = run("review", names[0][:8], "--offline")
    assert said.status == 2
    assert f"2 hunks start with {names[0][:8]}: {names[0]}, {names[1]}" in said.err
    assert run("review", names[0], "--offline").status == 0


def test_decisions_are_written_shown_and_forgotten(run: Run, project: SmallProject) -> None:
    first, second = ids(run, LEAVE)
    said = run("review", "--approve", first[:8], "--by", "Jo", "--note", "fine", "--offline")
    assert (said.status, said.out) == (0, f"approved  {first}  {LEAVE}\n1 decision recorded\n")
    shown = run("review", LEAVE, "--offline").out
    assert re.search(r"approved by Jo on \d{4}-\d\d-\d\d: fine", shown)
    assert "2 hunks" not in shown
    assert IDS.findall(run("review", LEAVE, "--unreviewed", "--offline").out) == [second]
    assert run("review", "--request-changes", LEAVE, "--by", "Kim", "--offline").status == 0
    assert (
        run("review", "--offline")
        .out.splitlines()[-2]
        .startswith("3 patches, 4 hunks on 2026.2; 2 reviewed, 2 not; changes requested for 2")
    )
    assert run("review", "--reset", LEAVE, "--offline", "--json").json["decided"] == [
        {"id": one, "patch": LEAVE, "verdict": "reset"} for one in (first, second)
    ]
    assert "Jo" not in (project.root / "decisions").read_text()


def test_another_releases_text_is_held_against_the_one_that_is_shown(
    run: Run, project: SmallProject, tmp_path: Path
) -> None:
    made = RebaseProject(project, tmp_path / "cache")
    for release in ("2024.1", "2025.1"):
        made.add_release(release, NOVA_TEXT)
    other = NOVA_TEXT.replace("'hello ' + name", "('hello ' + name).title()")
    project.save_patch(GREET.replace(".", "@2025.1."), "nova/greet.py", NOVA_TEXT, other)
    (own,) = ids(run, "greet-loudly", "--release", "2025.1")
    told = (
        f"    differences from {own}, the variant for {{}}:\n"
        "    - +    return ('hello ' + name).title()\n"
        "    + +    return ('hello ' + name).upper()\n"
    )
    since = run("review", GREET, "--since", "2025.1", "--offline").out
    assert since.endswith(told.format("2025.1"))
    assert f"2024.1 rewritten as {own}, 2025.1 rewritten as {own}, 2026.2 exact" in since
    four = since[since.index("    rewritten on 2025.1: the variant changes other lines\n") :]
    names = [line.strip() for line in four.splitlines() if line.startswith("      ")]
    assert [one for one in names if one in ("base", "ours", "theirs", "result")] == [
        "base",
        "ours",
        "theirs",
        "result",
    ]
    assert four.index("theirs") < four.index(".title()")
    (hunk,) = run("review", GREET, "--offline", "--json").json["patches"][0]["hunks"]
    merge = next(one["merge"] for one in hunk["landings"] if one["release"] == "2025.1")
    assert (merge["outcome"], ".title()" in merge["result"]) == ("rewritten", True)
    assert ".upper()" in merge["ours"]
    verbose = run("review", GREET, "-v", "--offline").out
    assert verbose.endswith(told.format("2024.1, 2025.1"))
    assert "differences from" not in run("review", GREET, "--offline").out


def test_only_what_a_filter_leaves_is_decided_about(run: Run) -> None:
    first, second = ids(run, LEAVE)
    run("review", "--request-changes", first, "--by", "Jo", "--offline")
    said = run("review", "--approve", LEAVE, "--unreviewed", "--by", "Jo", "--offline", "--json")
    assert [one["id"] for one in said.json["decided"]] == [second]
    words = ("--approve", LEAVE, "--since", RELEASE, "--by", "Jo", "--offline", "--json")
    assert run("review", *words).json["decided"] == []


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--approve", "--by", "Jo"], "no hunk is named"),
        (["--approve", WHO], "the reviewer has no name: give --by NAME"),
        (
            ["--approve", "--reset", WHO, "--by", "Jo"],
            "--approve, --request-changes and --reset",
        ),
        (["--since", "2024.9"], "no release '2024.9'"),
    ],
)
def test_what_cannot_be_meant_is_refused(run: Run, words: list[str], what: str) -> None:
    said = run("review", *words, "--offline")
    assert said.status == 2
    assert said.err.startswith(f"error: {what}")


def test_a_damaged_file_of_decisions_is_told_with_its_line(run: Run, project: SmallProject) -> None:
    (project.root / "decisions").write_text("# mine\nyes to all\n")
    said = run("review", "--offline")
    assert said.status == 1
    assert said.err == (
        "error: the line is not a decision\n"
        "  where: PROJECT/decisions:2\n"
        "  try:   write it as VERDICT HUNK CONTENT DATE PATCH FILE:SCOPE NAME: NOTE, or remove "
        "the line\n"
    )


def test_a_decision_goes_to_the_checkout_that_one_stands_in(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package runs from our own checkout, and that is not where the user is."""
    monkeypatch.delenv("FREEBSD_PORT_PROJECT", raising=False)
    monkeypatch.chdir(project.root / "patches" / "nova")
    with pytest.raises(SystemExit, match="0"):
        main(["review", "--approve", GREET, "--by", "Jo", "--offline"])
    assert GREET in (project.root / "decisions").read_text()
    assert not (CHECKOUT / "decisions").exists()


def test_check_demands_reviews_only_when_asked(run: Run) -> None:
    assert run("series", "lock", "--offline").status == 0
    said = run("check", "--require-reviewed", "--offline")
    assert said.status == 1
    assert said.err.count("was not reviewed") == 4
    assert run("review", "--approve", *NAMES, "--by", "Jo", "--offline").status == 0
    assert run("check", "--require-reviewed", "--offline").status == 0


def test_json_has_every_fact(run: Run) -> None:
    said = run("review", "--offline", "--json").json
    assert (said["ok"], said["verb"], said["release"]) == (True, "review", RELEASE)
    assert said["counts"]["hunks"] == 4
    hunk = said["patches"][1]["hunks"][0]
    assert hunk["patch"] == GREET
    assert hunk["diff"].startswith("@@ -1,5 +1,5 @@\n def greet(name):\n-")
    assert hunk["landings"][0]["state"] == "exact"
    assert (hunk["checks"], hunk["decision"], hunk["scope"]) == (None, None, "greet")
    assert said["patches"][2]["hunks"][1]["findings"][0]["rule"] == "linux-changed"


def test_findings_come_as_sarif(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "findings.sarif"
    assert run("review", "--sarif", file, "-q", "--offline").out == ""
    log = json.loads(file.read_text())
    (one,) = log["runs"]
    assert (log["version"], len(one["results"])) == ("2.1.0", 2)
    place = one["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == f"patches/{WHO}"
    assert place["region"]["startLine"] == 13


HOSTILE = "name = '\x1b]0;owned\x07\x1b[31m \u202e\u2066'  # \x08\x00\x9b"


def test_hostile_text_is_shown_and_never_obeyed(run: Run, project: SmallProject) -> None:
    new = f"def who():\n    {HOSTILE}\n    return 'linux'\n"
    project.save_patch(WHO, "oslo_privsep/who.py", "def who():\n    return 'linux'\n", new)
    text = project.patch(WHO).read_text()
    project.patch(WHO).write_text(text.replace("went wrong", "went \x1b[2J wrong\u202e"))
    for look in ("--unified", "--side-by-side"):
        shown = run("review", WHO, look, "--offline").out
        assert set(re.findall(r"[^\n -~]", shown)) == set()
        assert "went <^[>[2J wrong<U+202E>" in shown
        if look == "--unified":
            line = "'<^[>]0;owned<^G><^[>[31m <U+202E><U+2066>'  # <^H><^@><U+009B>"
            assert line in shown
    on_tty = on_terminal(["review", WHO, "--offline", "--project", str(project.root)], PAGER="")
    assert "\x1b]0;" not in on_tty
    assert "\x1b[2J" not in on_tty
    assert "bidi-control" in on_tty


def test_a_line_of_a_megabyte_is_cut(run: Run, project: SmallProject) -> None:
    new = f"def who():\n    x = '{'y' * 1_000_000}'\n    return 'linux'\n"
    project.save_patch(WHO, "oslo_privsep/who.py", "def who():\n    return 'linux'\n", new)
    for look in ("--unified", "--side-by-side"):
        shown = run("review", WHO, look, "--offline").out
        assert len(shown) < 10_000
        assert "998010 more characters" in shown.replace("\n", "")


def test_words_that_differ_and_sides_have_colours(project: SmallProject) -> None:
    words = ["review", WHO, "--offline", "--unified", "--project", str(project.root)]
    shown = on_terminal(words, PAGER="")
    assert "\x1b[31m\x1b[7mlinux\x1b[0m" in shown
    assert "\x1b[32m\x1b[7manybody\x1b[0m" in shown
    assert "\x1b[31m\x1b[1mreturn\x1b[0m" in shown
    assert "\x1b" not in on_terminal(words, PAGER="", NO_COLOR="1")


def test_a_pager_gets_what_does_not_fit_and_a_pipe_never_one(
    project: SmallProject, tmp_path: Path
) -> None:
    pager = tmp_path / "pager"
    pager.write_text('#!/bin/sh\necho "paged:"\ncat\n')
    pager.chmod(0o755)
    words = ["review", WHO, "--offline", "--unified", "--project", str(project.root)]
    assert "paged:" in on_terminal(words, PAGER=str(pager), LINES="10")
    assert "paged:" not in on_terminal(words, PAGER=str(pager), LINES="60")
    assert "paged:" not in on_terminal([*words, "--no-pager"], PAGER=str(pager), LINES="10")
    done = subprocess.run(
        [*COMMAND, *words],
        capture_output=True,
        check=True,
        env={**os.environ, "PAGER": str(pager), "LINES": "10"},
    )
    assert b"paged:" not in done.stdout
    assert b"\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("variables", "has_colours"),
    [({}, True), ({"LESS": "-R"}, True), ({"LESS": "-F"}, False), ({"NO_COLOR": "1"}, False)],
)
def test_less_gets_colours_where_it_takes_them(
    project: SmallProject, tmp_path: Path, variables: dict[str, str], has_colours: bool
) -> None:
    less = tmp_path / "less"
    less.write_text('#!/bin/sh\necho "flags: $LESS"\ncat\n')
    less.chmod(0o755)
    words = ["review", WHO, "--offline", "--unified", "--project", str(project.root)]
    shown = on_terminal(words, PAGER=str(less), LINES="10", **{"LESS": "", **variables})
    assert "flags: -R" in shown or not has_colours
    assert ("\x1b[31m" in shown) is has_colours


def complete(project: SmallProject, word: str) -> set[str]:
    words = f"freebsd-port review --project {project.root} {word}"
    env = {
        **os.environ,
        "_FREEBSD_PORT_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": "4",
    }
    code = "from freebsd_port.cli.main import cli; cli(prog_name='freebsd-port')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env=env)
    return {line.partition(",")[2] for line in done.stdout.decode().splitlines()}


def test_patches_and_hunks_are_completed(run: Run, project: SmallProject) -> None:
    assert complete(project, "nova/le") == {LEAVE}
    name = ids(run, LEAVE)[1]
    assert complete(project, name[:5]) == {name}
