"""The verb rebase between two releases that have the series: what it tries, reports and asks."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import Run
from rebase_project import CLASHING, SETTINGS, RebaseProject, rebase_project
from small_project import CHECKS, GREET, LOUD, NOVA_TEXT, PLATFORM, SmallProject

from freebsd_port.openstack.ops.inspect.check import lock_series
from freebsd_port.openstack.ops.rebase import trial
from freebsd_port.openstack.ops.rebase.rebase import start_rebase

GREET_OLD = GREET.replace(".patch", "@2025.1.patch")
PLACE = "nova/greet.py:2"
WORK = ".rebase/2026.1/work/nova/greet.py"
OLDER = NOVA_TEXT.replace("'hello ' + name", "f'hello {name}'")
TITLE = LOUD.replace(".upper()", ".title()")
CHOICE = """\
<<<<<<< ours: nova/greet-loudly.patch, from 2026.2
    return ('hello ' + name).upper()
||||||| base: 2026.1
    return 'hello ' + name
=======
    return ('hello ' + name).title()
>>>>>>> theirs: from 2025.1
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RebaseProject:
    made = rebase_project(tmp_path, monkeypatch)
    monkeypatch.chdir(made.root)
    monkeypatch.setattr(  # these checks are the same on each
        "freebsd_port.openstack.ops.proof.verify._default_platforms", lambda with_long: (PLATFORM,)
    )
    return made


@pytest.fixture
def project(made: RebaseProject) -> SmallProject:
    return made.small


def add_older(made: RebaseProject, before: str, after: str, *, strips: bool = False) -> None:
    """Add 2025.1 with this text, and a variant of the second patch for it."""
    made.add_release("2025.1", before)
    made.small.save_patch(GREET_OLD, "nova/greet.py", before, after)
    later = GREET.replace("greet-loudly", "leave-politely@2025.1")
    polite = after.replace("return 'bye'", "return 'goodbye'")
    if strips:
        head, rest = polite.split("\n", 1)
        polite = f"{head}\n    name = name.strip()\n{rest}"
    made.small.save_patch(later, "nova/greet.py", after, polite)
    lock_series(made.project, "2025.1", is_offline=True, progress=lambda message: None)
    assert made.project.series_lock("2025.1").exists()


def test_each_patch_comes_from_the_release_from_which_it_has_no_conflict(
    run: Run, made: RebaseProject
) -> None:
    add_older(made, OLDER, OLDER.replace("f'hello {name}'", "f'hello {name}'.upper()"))
    made.add_release("2026.1", OLDER)
    (row,) = json.loads(run("rebase", "--to", "2026.1", "-n", "--json").out)["releases"]
    assert (row["from"], row["beside"]) == ("2026.2", ["2025.1"])
    found = {one["name"]: (one["state"], one["source"]) for one in row["patches"]}
    assert found[GREET] == ("rewritten", "2025.1")
    assert "conflict" not in {state for state, _ in found.values()}
    (row,) = json.loads(run("rebase", "--to", "2026.1", "--from", "2026.2", "-n", "--json").out)[
        "releases"
    ]
    assert "conflict" in {one["state"] for one in row["patches"]}
    assert (row["beside"], {one["source"] for one in row["patches"]}) == ([], {None})


def test_two_patches_for_the_same_code_are_a_choice_with_both_in_every_report(
    run: Run, made: RebaseProject
) -> None:
    add_older(made, NOVA_TEXT, TITLE)
    made.add_release("2026.1")
    said = run("rebase", "--to", "2026.1", "--markdown", "r.md", "--junit", "r.xml")
    told = "2026.2 and 2025.1 have it differently: choose"
    assert said.status == 3
    assert f"  differs    {PLACE}: {told}\n" in said.out
    assert "  <     return ('hello ' + name).upper()\n" in said.out
    assert "  >     return ('hello ' + name).title()\n" in said.out
    assert f"stopped at {GREET}" in said.out
    assert CHOICE in Path(WORK).read_text()
    markdown = Path("r.md").read_text()
    assert "## Where the two releases differ: 2026.2 and 2025.1 to 2026.1" in markdown
    assert f"`{GREET}`, `{PLACE}`: {told}" in markdown
    assert "From 2025.1:\n\n````python\n    return ('hello ' + name).title()\n````" in markdown
    case = next(c for c in ElementTree.parse("r.xml").iter("testcase") if c.get("name") == GREET)
    assert case.find("failure") is not None
    asked = (
        "checks: not asked; they are with --verify, if the release has or can have an environment"
    )
    assert case.findtext("system-out") == f"{PLACE}: {told}\n{asked}"
    status = json.loads(run("rebase", "--status", "--json").out)
    assert (status["stopped"], status["beside"]) == (GREET, ["2025.1"])


def test_a_choice_that_was_made_is_written_and_is_made_the_same_way_again(
    run: Run, made: RebaseProject
) -> None:
    add_older(made, NOVA_TEXT, TITLE)
    made.add_release("2026.1")
    run("rebase", "--to", "2026.1")
    text = Path(WORK).read_text().replace(CHOICE, "    return ('hello ' + name).title()\n")
    Path(WORK).write_text(text)
    said = run("rebase", "--continue")
    while said.status == 3:  # the last patch differs as well
        marked = Path(WORK).read_text()
        start, rest = marked.split("<<<<<<< ours", 1)
        chosen, end = rest.split("=======\n", 1)[1].split(">>>>>>> theirs", 1)
        Path(WORK).write_text(start + chosen + end.split("\n", 1)[1])
        said = run("rebase", "--continue")
    assert said.status == 0
    assert made.problems() == []
    assert b".title()" in dict(made.texts("2026.1"))[GREET]
    made.project.series_lock("2026.1").unlink()
    for path in made.root.glob("patches/nova/*@2026.1.patch"):
        path.unlink()
    again = run("rebase", "--to", "2026.1")
    assert again.status == 0
    assert "have it differently; resolved before" in again.out
    assert b".title()" in dict(made.texts("2026.1"))[GREET]


def test_status_names_the_conflicts_to_come_and_no_patch_that_only_waits(
    run: Run, made: RebaseProject
) -> None:
    made.add_release("2026.1", CLASHING.replace("return 'bye'", "return 'farewell'"))
    said = run("rebase", "--to", "2026.1", "--json")
    found = {
        one["name"]: (one["state"], one["causes"])
        for one in json.loads(said.out)["releases"][0]["patches"]
    }
    status = json.loads(run("rebase", "--status", "--json").out)
    announced = [status["stopped"], *status["ahead"]]
    assert announced == [name for name, (state, _) in found.items() if state == "conflict"]
    assert len(announced) == 2
    assert f"conflicts to come: {status['ahead'][0]}\n" in run("rebase", "--status").out


def test_while_a_rebase_is_unfinished_other_verbs_say_how_to_finish_it(
    run: Run, made: RebaseProject
) -> None:
    made.add_release("2026.1", CLASHING)
    lock = made.project.series_lock("2026.2")
    lock.write_text(lock.read_text().replace("nova/greet.py", "nova/greeting.py"))
    problems = json.loads(run("check", "--offline", "--json").out)["problems"]
    assert any("freebsd-port series lock" in (one["hint"] or "") for one in problems)
    assert run("rebase", "--to", "2026.1", "--from", "2026.2").status == 3
    problems = json.loads(run("check", "--offline", "--json").out)["problems"]
    hints = {one["hint"] for one in problems}
    assert "freebsd-port rebase --continue" in hints
    assert not any("series lock" in (hint or "") for hint in hints)


def add_two_that_differ(made: RebaseProject, older: str) -> None:
    """Add 2026.1 with 2026.2's text and an environment, and 2025.1 with another patch."""
    title = older.replace("'hello ' + name", "('hello ' + name).title()")
    add_older(made, older, title, strips=True)
    made.add_release("2026.1")
    made.unpack("2026.1")


def expect_greeting(made: RebaseProject, words: str) -> None:
    """Let the check of the patch pass with this greeting only."""
    text = CHECKS["nova/test_greet_loudly.py"].replace("HELLO YOU", words)
    made.small.save_check("nova/test_greet_loudly.py", text)


ANNOTATED = NOVA_TEXT.replace("greet(name)", "greet(name: str) -> str")


def test_of_two_clean_results_the_one_whose_checks_pass_is_taken(
    run: Run, made: RebaseProject
) -> None:
    add_two_that_differ(made, ANNOTATED)
    expect_greeting(made, "Hello You")
    words = ("rebase", "--to", "2026.1", "--offline")
    dry = run(*words, "-n")
    assert f"  differs    {PLACE}: as 2026.2 has it, whose code is the same there" in dry.out
    assert "  checks     not asked; they are with --verify" in dry.out
    said = run(*words, "--verify", "--markdown", "r.md", "--junit", "r.xml")
    assert said.status == 0
    told = "as 2025.1 has it, whose checks pass; 2026.2 has it otherwise"
    assert f"  differs    {PLACE}: {told}\n" in said.out
    checks = re.search(r"^  checks     (.*)$", said.out, re.M)
    assert checks
    assert re.fullmatch(
        r"0 pass and ([1-9]) fail as 2026\.2 has it, \1 pass and 0 fail as 2025\.1 has it; "
        r"2025\.1 is taken",
        checks[1],
    )
    assert "wrote patches/nova/greet-loudly@2026.1.patch\n" in said.out
    assert b".title()" in dict(made.texts("2026.1"))[GREET]
    assert b".upper()" in dict(made.texts("2026.2"))[GREET]
    assert made.problems() == []
    assert f"`{GREET}`, checks: {checks[1]}\n" in Path("r.md").read_text()
    case = next(c for c in ElementTree.parse("r.xml").iter("testcase") if c.get("name") == GREET)
    assert case.findtext("system-out") == f"{PLACE}: {told}\nchecks: {checks[1]}"
    again = run(*words, "--verify")
    assert (again.status, "wrote" in again.out) == (0, False)


def test_json_tells_what_the_checks_of_both_results_came_to(run: Run, made: RebaseProject) -> None:
    add_two_that_differ(made, ANNOTATED)
    expect_greeting(made, "Hello You")
    said = run("rebase", "--to", "2026.1", "--offline", "--verify", "--json")
    _, patch, later = said.json["releases"][0]["patches"]
    (difference,) = patch["differences"]
    assert (patch["source"], patch["alternative"]) == ("2025.1", "2026.2")
    assert [difference[key] for key in ("decided", "by_checks", "version", "taken", "other")] == [
        "2025.1",
        True,
        "2026.2",
        ["    return ('hello ' + name).title()"],
        ["    return ('hello ' + name).upper()"],
    ]
    first, second = patch["trials"]
    number = first["failed"]
    assert number > 0
    assert first == {"version": "2026.2", "passed": 0, "failed": number, "reason": None}
    assert second == {"version": "2025.1", "passed": number, "failed": 0, "reason": None}
    assert (later["alternative"], later["trials"]) == (None, [])


def test_a_choice_between_two_texts_is_made_by_the_checks_if_only_one_passes(
    run: Run, made: RebaseProject
) -> None:
    add_two_that_differ(made, NOVA_TEXT)
    said = run("rebase", "--to", "2026.1", "--offline", "--verify")
    assert said.status == 0
    assert f"{PLACE}: as 2026.2 has it, whose checks pass; 2025.1 has it otherwise\n" in said.out
    assert b".upper()" in dict(made.texts("2026.1"))[GREET]
    assert made.problems() == []


@pytest.mark.parametrize(
    ("older", "words", "status", "told"),
    [
        (ANNOTATED, "neither", 4, r"0 pass and \d fail .*, 0 pass and \d fail .*; 2026\.2 stays"),
        (ANNOTATED, "HELLO YOU", 0, r"[1-9] pass and 0 fail as 2026\.2 has it; 2026\.2 stays"),
        (NOVA_TEXT, "neither", 3, r"0 pass and \d fail .*, 0 pass .*; they do not decide"),
    ],
    ids=["neither passes", "the present one passes", "neither passes, and a person has to choose"],
)
def test_checks_that_do_not_tell_two_results_apart_change_nothing(
    run: Run, made: RebaseProject, older: str, words: str, status: int, told: str
) -> None:
    add_two_that_differ(made, older)
    expect_greeting(made, words)
    said = run("rebase", "--to", "2026.1", "--offline", "--verify")
    assert said.status == status
    assert re.search(f"^  checks     {told}$", said.out, re.M)
    assert b".title()" not in dict(made.texts("2026.1"))[GREET]
    if status == 3:
        assert CHOICE in Path(WORK).read_text()


def test_without_an_environment_the_checks_are_not_asked_and_nothing_changes(
    run: Run, made: RebaseProject
) -> None:
    add_two_that_differ(made, ANNOTATED)
    shutil.rmtree(made.project.environment("2026.1"))
    said = run("rebase", "--to", "2026.1", "--offline", "--verify")
    assert said.status == 0
    why = "offline, and it has no environment"
    assert f"... the checks cannot choose between two results: {why}\n" in said.err
    assert "  checks     not asked; " in said.out
    assert b".upper()" in dict(made.texts("2026.1"))[GREET]


def test_a_rebase_that_stops_elsewhere_leaves_the_environment_as_it_was(
    run: Run, made: RebaseProject
) -> None:
    add_two_that_differ(made, ANNOTATED)
    made.add_release("2026.1", NOVA_TEXT.replace("return 'bye'", "return 'farewell'"))
    made.unpack("2026.1")
    expect_greeting(made, "Hello You")
    root = made.project.environment("2026.1")
    before = (root / "nova/greet.py").read_bytes()
    said = run("rebase", "--to", "2026.1", "--offline", "--verify")
    assert (said.status, "; 2025.1 is taken\n" in said.out) == (3, True)
    assert (root / "nova/greet.py").read_bytes() == before
    assert b".title()" in dict(made.texts("2026.1"))[GREET]
    assert run("rebase", "--skip").status == 0
    assert b".title()" in dict(made.texts("2026.1"))[GREET]


def test_an_interrupt_while_the_checks_are_asked_leaves_every_file_as_it_was(
    made: RebaseProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*words: object, **more: object) -> None:
        seen.append((root / "nova/greet.py").read_bytes())
        raise KeyboardInterrupt

    add_two_that_differ(made, ANNOTATED)
    root = made.project.environment("2026.1")
    before, original = made.bytes(), (root / "nova/greet.py").read_bytes()
    seen: list[bytes] = []
    monkeypatch.setattr(trial, "verify_target", interrupt)
    with pytest.raises(KeyboardInterrupt):
        start_rebase(made.project, "2026.1", None, replace(SETTINGS, asks_checks=True))
    assert b".upper()" in seen[0]
    assert made.bytes() == before
    assert (root / "nova/greet.py").read_bytes() == original
    assert not (made.root / ".rebase").exists()
