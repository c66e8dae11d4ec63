"""The verb rebase: what it prints, writes and exits with."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import Run, Said
from rebase_project import (
    CLASHING,
    FITTING,
    MERGED,
    UPSTREAMED,
    WITHOUT_GAP,
    RebaseProject,
    rebase_project,
)
from small_project import CHECKOUT, GREET, LEAVE, WHO, SmallProject
from transcript import matches, read_transcripts, replay

CARRYING = "... rebasing the series from 2026.2 to 2026.1\n"
FINISHED = CLASHING.replace("f'hello {name}'", "f'HELLO {name}'")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RebaseProject:
    made = rebase_project(tmp_path, monkeypatch)
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def project(made: RebaseProject) -> SmallProject:
    return made.small


def test_a_rebase_says_what_became_of_each_patch_and_what_it_wrote(
    run: Run, made: RebaseProject
) -> None:
    made.add_release("2026.1", MERGED, who="def who():\n    return 'anybody'\n")
    assert run("rebase", "--to", "2026.1") == Said(
        0,
        "upstreamed oslo.privsep/who-am-i.patch  1 upstreamed\n"
        "  upstreamed oslo_privsep/who.py:2: 2026.1 has it\n"
        "rewritten  nova/leave-politely.patch  1 exact, 1 merged\n"
        "  merged     nova/greet.py:20: the lines around it changed\n"
        "wrote patches/nova/leave-politely@2026.1.patch\n"
        "wrote releases/2026.1/series.lock\n"
        "wrote series\n"
        "2026.2 to 2026.1: 1 kept, 1 rewritten, 1 upstreamed\n",
        CARRYING,
    )
    assert run("rebase", "--to", "2026.1", "-q") == Said(0, "", "")
    assert run("rebase", "--to", "2026.1") == Said(
        0,
        "off        oslo.privsep/who-am-i.patch\n2026.2 to 2026.1: 2 kept, 1 off\n",
        CARRYING,
    )


def test_verbose_shows_every_hunk_of_every_patch(run: Run, made: RebaseProject) -> None:
    made.add_release("2026.1", FITTING)
    assert run("rebase", "--to", "2026.1", "-v", "-n").out == (
        "kept       oslo.privsep/who-am-i.patch  1 exact\n"
        "  exact      oslo_privsep/who.py:1: the same lines at the same place\n"
        "kept       nova/greet-loudly.patch  1 exact\n"
        "  exact      nova/greet.py:1: the same lines at the same place\n"
        "kept       nova/leave-politely.patch  1 exact, 1 offset\n"
        "  exact      nova/greet.py:1: the same lines at the same place\n"
        "  offset     nova/greet.py:20: the same lines, 1 further down\n"
        "would write releases/2026.1/series.lock\n"
        "2026.2 to 2026.1: 3 kept\n"
    )


def test_a_conflict_is_walked_through_to_its_end(run: Run, made: RebaseProject) -> None:
    made.add_release("2026.1", CLASHING)
    stopped = (
        "stopped at nova/leave-politely.patch; resolve these files, then --continue:\n"
        "  .rebase/2026.1/work/nova/greet.py\n"
    )
    assert run("rebase", "--to", "2026.1") == Said(
        3,
        "conflict   nova/greet-loudly.patch  1 conflict\n"
        "  conflict   nova/greet.py:2: 2026.1 changed the same lines\n"
        "conflict   nova/leave-politely.patch  1 exact, 1 conflict\n"
        "  conflict   nova/greet.py:2: 2026.1 changed the same lines\n"
        "2026.2 to 2026.1: 1 kept, 2 conflict\n"
        + stopped.replace(LEAVE, GREET),
        CARRYING,
    )  # fmt: skip
    assert run("rebase", "--status").out == (
        "2026.2 to 2026.1, 0 patches resolved by hand\n"
        "stopped at nova/greet-loudly.patch\n"
        "  markers left in .rebase/2026.1/work/nova/greet.py\n"
        "conflicts to come: nova/leave-politely.patch\n"
    )
    assert run("rebase", "--continue") == Said(
        3,
        "",
        f"{CARRYING}error: a conflict marker is left\n"
        "  where: PROJECT/.rebase/2026.1/work/nova/greet.py:2\n"
        "  try:   finish the file, then: freebsd-port rebase --continue\n",
    )
    made.finish("2026.1", FINISHED)
    assert run("rebase", "--status").out.endswith(
        "  no marker is left: freebsd-port rebase --continue\n"
        "conflicts to come: nova/leave-politely.patch\n"
    )
    said = run("rebase", "--continue")
    assert (said.status, said.out.endswith(stopped)) == (3, True)
    assert "wrote patches/nova/greet-loudly@2026.1.patch\n" in said.out
    said = run("rebase", "--skip", "--reason", "no politeness there")
    assert said.status == 0
    assert said.out.endswith(
        "off        nova/leave-politely.patch\n"
        "wrote patches/nova/greet-loudly@2026.1.patch\n"
        "wrote releases/2026.1/series.lock\n"
        "wrote series\n"
        "2026.2 to 2026.1: 1 kept, 1 rewritten, 1 off\n"
    )
    assert run("rebase", "--status").out == "no rebase is in progress\n"
    assert made.problems() == []


def test_abort_names_what_it_put_back(run: Run, made: RebaseProject) -> None:
    made.add_release("2026.1", CLASHING, who="def who():\n    return 'anybody'\n")
    before = made.bytes()
    run("rebase", "--to", "2026.1")
    assert made.bytes() != before
    assert run("rebase", "--abort") == Said(0, "restored series\nthe rebase was aborted\n", "")
    assert made.bytes() == before
    assert run("rebase", "--abort") == Said(
        1, "", "error: no rebase is in progress\n  try:   freebsd-port rebase --to RELEASE\n"
    )


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ((), "give exactly one of --to, --all, --continue, --skip, --abort and --status"),
        (
            ("--to", "2026.1", "--all"),
            "give exactly one of --to, --all, --continue, --skip, --abort and",
        ),
        (("--continue", "--reason", "x"), "--reason needs --skip"),
        (("--all", "--from", "2026.2"), "--from and --only need --to"),
        (("--abort", "-n"), "--dry-run needs --to or --all, and excludes --verify"),
        (("--all", "-n", "--verify"), "--dry-run needs --to or --all, and excludes --verify"),
        (("--status", "--verify"), "--verify and --status exclude each other"),
        (("--to", "2031.1"), "no release '2031.1'"),
        (("--to", "2026.2", "--only", "nothing"), ""),
    ],
)
def test_a_rebase_that_cannot_be_meant_is_refused(
    run: Run, words: tuple[str, ...], error: str
) -> None:
    said = run("rebase", *words)
    assert said.err.startswith(f"error: {error}")
    assert (said.status, said.out) == (2 if error else 1, "")


def test_json_tells_every_hunk(run: Run, made: RebaseProject) -> None:
    made.add_release("2026.1", CLASHING)
    said = run("rebase", "--to", "2026.1", "--json")
    assert said.status == 3
    assert {key: said.json[key] for key in ("ok", "verb")} == {"ok": False, "verb": "rebase"}
    (release,) = said.json["releases"]
    patches = release.pop("patches")
    assert release == {
        "from": "2026.2",
        "beside": [],
        "to": "2026.1",
        "stopped": GREET,
        "written": [],
        "would_write": [],
        "unfinished": ["PROJECT/.rebase/2026.1/work/nova/greet.py"],
    }
    assert [(patch["name"], patch["state"]) for patch in patches] == [
        (WHO, "kept"), (GREET, "conflict"), (LEAVE, "conflict"),
    ]  # fmt: skip
    sides = patches[1]["hunks"][0].pop("sides")
    hello = "    return 'hello ' + name\n"
    assert sides["result"] is None
    assert sides["base"].count(hello) == 1
    assert sides["ours"] == sides["base"].replace("'hello ' + name", "('hello ' + name).upper()")
    assert sides["theirs"] == sides["base"].replace(hello, "    return f'hello {name}'\n")
    assert (sides["base_line"], sides["line"]) == (1, 1)
    assert patches[1]["hunks"] == [
        {
            "path": "nova/greet.py",
            "number": 1,
            "total": 1,
            "outcome": "conflict",
            "reason": "2026.1 changed the same lines",
            "line": 2,
            "scope": "greet",
            "new_scope": "greet",
        }
    ]
    status = run("rebase", "--status", "--json").json
    assert (status["stopped"], status["to"], len(status["unfinished"])) == (GREET, "2026.1", 1)
    assert run("rebase", "--abort", "--json").json == {
        "ok": True, "verb": "rebase", "restored": [],
    }  # fmt: skip
    assert run("rebase", "--status", "--json").json["to"] is None


def test_reports_are_written_for_a_change_request_and_for_a_ci(
    run: Run, made: RebaseProject, tmp_path: Path
) -> None:
    made.add_release("2026.1", UPSTREAMED)
    made.add_release("2025.1", who="def who():\n    return 'hurd'\n")
    markdown, junit = tmp_path / "summary.md", tmp_path / "rebase.xml"
    said = run("rebase", "--all", "--markdown", markdown, "--junit", junit)
    assert said.status == 3
    lines = markdown.read_text().splitlines()
    assert lines[2:7] == [
        "| patch | 2026.2 to 2026.1 | 2026.1 to 2025.1 |",
        "|---|---|---|",
        f"| `{WHO}` | kept: 1 exact | **conflict**: 1 conflict |",
        f"| `{GREET}` | upstreamed: 1 upstreamed | kept: 1 exact |",
        f"| `{LEAVE}` | kept: 2 exact | kept: 2 exact |",
    ]
    assert (
        f"| `{GREET}` | `nova/greet.py` 1/1 | upstreamed | 2026.1 has it |" in lines
    )  # fmt: skip
    suites = ElementTree.parse(junit).getroot()
    assert [(s.get("name"), s.get("tests"), s.get("failures")) for s in suites] == [
        ("2026.2 to 2026.1", "3", "0"),
        ("2026.1 to 2025.1", "3", "1"),
    ]
    said = run("rebase", "--to", "2026.1", "--markdown", tmp_path / "no" / "where.md")
    assert (said.status, "the report cannot be written" in said.err) == (1, True)


def test_verify_runs_the_checks_of_a_release_that_has_an_environment(
    run: Run, made: RebaseProject
) -> None:
    made.add_release("2026.1", MERGED)
    made.add_release("2025.1", FITTING)
    made.unpack("2026.1")
    said = run("rebase", "--all", "--offline", "--verify")
    assert said.status == 0
    assert "2025.1 not verified: offline, and it has no environment\n" in said.out
    assert re.search(r"^2026\.1:\n(.*\n)*[1-9]\d* checks passed, 0 failed on ", said.out, re.M)
    (made.small.checks / "nova/test_leave_politely.py").write_text(
        f"import pytest\npytestmark = pytest.mark.patch({LEAVE!r})\ndef test(): assert 0\n"
    )
    said = run("rebase", "--to", "2026.1", "--offline", "--verify", "--json")
    assert (said.status, said.json["ok"]) == (4, False)
    (verified,) = said.json["verified"]
    assert (verified["release"], verified["verification"]["ok"]) == ("2026.1", False)


def test_the_conflict_in_the_documentation_is_what_happens(made: RebaseProject) -> None:
    made.add_release("2026.1", CLASHING)
    (transcript,) = read_transcripts((CHECKOUT / "docs/rebase.md").read_text("utf-8"))
    own = f"{sys.executable} -m freebsd_port rebase --project . --offline"
    commands = [step.command.replace("freebsd-port rebase", own) for step in transcript.steps]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    for step, output in zip(
        transcript.steps, replay(commands, made.root, environment), strict=True
    ):
        assert matches(step.output, output), f"$ {step.command}\n{output}"


def test_a_missing_name_is_told_in_every_report(
    run: Run, made: RebaseProject, tmp_path: Path
) -> None:
    made.read_gap()
    made.add_release("2026.1", WITHOUT_GAP)
    markdown, junit = tmp_path / "summary.md", tmp_path / "rebase.xml"
    said = run("rebase", "--to", "2026.1", "--markdown", markdown, "--junit", junit)
    line = WITHOUT_GAP[: WITHOUT_GAP.index("return 'bye'")].count("\n") + 2
    assert said.status == 0
    assert f"  missing    nova/greet.py:{line}: 2026.1 has no gap2\n" in said.out
    assert said.out.endswith("2026.2 to 2026.1: 3 kept; 1 name missing\n")
    lines = markdown.read_text().splitlines()
    assert f"| `{LEAVE}` | kept: 2 exact, **names missing** |" in lines
    assert f"| `{LEAVE}` | `nova/greet.py:{line}` | `gap2` |" in lines
    (suite,) = ElementTree.parse(junit).getroot()
    (failure,) = suite.iter("failure")
    assert (suite.get("failures"), failure.get("message")) == (
        "1", f"missing: gap2 (nova/greet.py:{line})",
    )  # fmt: skip
    (release,) = run("rebase", "--to", "2026.1", "--json").json["releases"]
    assert [patch["missing"] for patch in release["patches"]] == [
        [], [], [{"path": "nova/greet.py", "line": line, "name": "gap2"}],
    ]  # fmt: skip
