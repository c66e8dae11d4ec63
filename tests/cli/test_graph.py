"""`graph` on the command line."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from command_line import Run
from small_project import GREET, LEAVE, NAMES, WHO, SmallProject

from freebsd_port.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


def test_needs_are_listed_below_each_patch(run: Run) -> None:
    said = run("graph", "--offline")
    assert (said.status, said.err) == (0, "")
    assert said.out == (
        f"{LEAVE}\n    needs   {GREET}  nova/greet.py\n"
        "3 patches: 1 need, 0 by context and 0 by name only; 1 independent\n"
    )
    shown = run("graph", "-v").out
    assert f"{WHO}\n{GREET}\n{LEAVE}\n" in shown
    assert "        nova/greet.py: hunk 1 meets hunk 1, needs\n" in shown


def test_a_patch_has_a_tree_of_what_it_needs_and_of_what_needs_it(run: Run) -> None:
    assert run("graph", "leave-politely").out == f"{LEAVE}\n    needs   {GREET}  nova/greet.py\n"
    assert run("graph", WHO).out == f"{WHO}\n    needs no other patch\n"
    reverse = run("graph", "--reverse", GREET).out
    assert reverse == f"{GREET}\n    needs   {LEAVE}  nova/greet.py\n"
    assert run("graph", "--reverse", LEAVE).out == f"{LEAVE}\n    no patch needs it\n"


def test_a_patch_that_stands_below_two_is_spread_out_once(run: Run, project: SmallProject) -> None:
    text = "one\ntwo\nthree\nfour\n"
    steps = [text, text.replace("one", "1"), text.replace("one", "11"), text.replace("one", "111")]
    base = "def who():\n    return 'linux'\n"
    names = [f"oslo.privsep/s{n}.patch" for n in range(3)]
    for name, (old, new) in zip(names, pairwise(steps), strict=True):
        project.save_patch(name, "oslo_privsep/who.py", base + old, base + new)
    project.save_patch(WHO, "oslo_privsep/who.py", base, base + text)
    (project.root / "series").write_text("".join(f"{name}\n" for name in (WHO, *names)))
    lines = run("graph", "-v", "s2").out.splitlines()
    assert sum(line.endswith(" (see above)") for line in lines) == 1
    needs = run("graph", "--json").json["needs"]
    assert sum(need["follows"] for need in needs) == 3
    assert [need["on"] for need in needs if need["patch"] == names[2]] == [WHO, *names[:2]]


def test_json_has_every_need_and_where_hunks_meet(run: Run) -> None:
    said = run("graph", "--json")
    assert (said.json["ok"], said.json["release"]) == (True, "2026.2")
    assert said.json["patches"] == list(NAMES)
    (need,) = said.json["needs"]
    assert need == {
        "patch": LEAVE,
        "on": GREET,
        "kind": "needs",
        "names": [],
        "follows": False,
        "contacts": [{"path": "nova/greet.py", "hunk": 1, "on_hunk": 1, "kind": "needs"}],
    }
    assert run("graph", "--json", WHO).json["patches"] == [WHO]


def test_the_graph_is_printed_for_graphviz(run: Run) -> None:
    assert run("graph", "--dot").out.startswith('digraph "needs of the series on 2026.2" {\n')


@pytest.mark.parametrize(
    ("words", "status", "what"),
    [
        (["--reverse"], 2, "--reverse needs a PATCH"),
        (["--json", "--dot"], 2, "--json and --dot exclude each other"),
        (["nobody"], 1, "no patch in the series is named nobody"),
        (["--release", "none"], 2, "no release 'none'"),
    ],
)
def test_what_cannot_be_meant_is_said(run: Run, words: list[str], status: int, what: str) -> None:
    said = run("graph", *words)
    assert said.status == status
    assert what in said.out + said.err


def test_every_hunk_that_does_not_fit_is_told(run: Run, project: SmallProject) -> None:
    for name in (WHO, GREET):
        text = project.patch(name).read_text()
        project.patch(name).write_text(text.replace("return", "returns"))
    said = run("graph")
    assert (said.status, said.out) == (1, "")
    assert f"error: hunk 1 of 1 in {WHO} does not fit" in said.err
    assert f"error: hunk 1 of 1 in {GREET} does not fit" in said.err


def test_a_hostile_name_does_not_reach_the_terminal(run: Run, project: SmallProject) -> None:
    hostile = "nova/\x1b[31mred\u202e.patch"
    project.patch(LEAVE).rename(project.patch(hostile))
    (project.root / "series").write_text(f"{WHO}\n{GREET}\n{hostile}\n", "utf-8")
    for words in ([], ["-v"], [hostile], ["--dot"]):
        said = run("graph", *words)
        assert said.status == 0
        assert "\x1b" not in said.out
        assert "red" in said.out


def test_the_real_series_has_a_graph(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["graph", "--project", str(ROOT), "privsep-no-new-privs"])
    assert left.value.code == 0
    out = capfd.readouterr().out
    assert "    needs   oslo.privsep/privsep-drop-privs-no-caps.patch" in out
