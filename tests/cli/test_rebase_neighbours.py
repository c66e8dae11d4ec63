"""The verb rebase between two releases that have the series: what it tries, reports and asks."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import Run
from rebase_project import CLASHING, RebaseProject, rebase_project
from small_project import GREET, LOUD, NOVA_TEXT, SmallProject

from freebsd_port.openstack.ops.inspect.check import lock_series

GREET_OLD = GREET.replace(".patch", "@2025.1.patch")
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
    return made


@pytest.fixture
def project(made: RebaseProject) -> SmallProject:
    return made.small


def add_older(made: RebaseProject, before: str, after: str) -> None:
    """Add 2025.1 with this text, and a variant of the second patch for it."""
    made.add_release("2025.1", before)
    made.small.save_patch(GREET_OLD, "nova/greet.py", before, after)
    later = GREET.replace("greet-loudly", "leave-politely@2025.1")
    polite = after.replace("return 'bye'", "return 'goodbye'")
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
    place = "nova/greet.py:2"
    told = "2026.2 and 2025.1 have it differently: choose"
    assert said.status == 3
    assert f"  differs    {place}: {told}\n" in said.out
    assert "  <     return ('hello ' + name).upper()\n" in said.out
    assert "  >     return ('hello ' + name).title()\n" in said.out
    assert f"stopped at {GREET}" in said.out
    assert CHOICE in Path(WORK).read_text()
    markdown = Path("r.md").read_text()
    assert "## Where the two releases differ: 2026.2 and 2025.1 to 2026.1" in markdown
    assert f"`{GREET}`, `{place}`: {told}" in markdown
    assert "From 2025.1:\n\n````python\n    return ('hello ' + name).title()\n````" in markdown
    case = next(c for c in ElementTree.parse("r.xml").iter("testcase") if c.get("name") == GREET)
    assert case.find("failure") is not None
    assert case.findtext("system-out") == f"{place}: {told}"
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
