"""The verbs that take any series: the documentation's transcript, and what they refuse."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from small_project import CHECKOUT
from transcript import matches, read_transcripts, replay

from freebsd_port.cli.main import main
from freebsd_port.engine.core.apply.plan import Plan
from freebsd_port.engine.store.judge.programs import find_judge

DATA = CHECKOUT / "tests/data/any_series"
PATCHES = ("--patches", "debian/patches")
TREES = ("--from-tree", "../hello-1.0", "--to-tree", "../hello-1.1")


@pytest.fixture
def hello(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the example's packaging; the two versions of the source are beside it."""
    shutil.copytree(DATA, tmp_path / "data")
    monkeypatch.chdir(tmp_path / "data/hello")
    return tmp_path / "data/hello"


def run(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capfd.readouterr()
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out, err = capfd.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, out, err


def test_the_rebase_in_the_documentation_is_what_happens(hello: Path) -> None:
    (transcript,) = read_transcripts((CHECKOUT / "docs/any-series.md").read_text("utf-8"))
    own = f"{sys.executable} -m freebsd_port"
    commands = [step.command.replace("freebsd-port", own) for step in transcript.steps]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    for step, output in zip(transcript.steps, replay(commands, hello, environment), strict=True):
        assert matches(step.output, output), f"$ {step.command}\n{output}"
    assert not (hello / "debian/patches/.rebase").exists()


def test_a_conflict_is_status_3_and_every_report_has_it(
    hello: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    reports = ("--markdown", "rebase.md", "--junit", "rebase.xml")
    status, out, _ = run(capfd, "rebase", *PATCHES, *TREES, "--json", *reports)
    value = json.loads(out)
    (release,) = value["releases"]
    assert (status, value["ok"], release["stopped"]) == (3, False, "capital.patch")
    assert [patch["state"] for patch in release["patches"]] == [
        "upstreamed", "conflict", "rewritten",
    ]  # fmt: skip
    assert "| `capital.patch` | **conflict**: 1 conflict |" in (hello / "rebase.md").read_text()
    (suite,) = ElementTree.parse(hello / "rebase.xml").getroot()
    assert suite.get("failures") == "1"
    status, out, _ = run(capfd, "rebase", *PATCHES, "--status")
    assert "stopped at capital.patch\n" in out
    status, out, _ = run(capfd, "rebase", *PATCHES, "--skip", "--reason", "not now")
    assert status == 0
    assert (hello / "debian/patches/series").read_text() == (
        "# spelling.patch: hello-1.1 has it\n# capital.patch: not now\nfarewell.patch\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        (*PATCHES, "--to", "2026.1"),
        (*PATCHES, "--to-tree", "../hello-1.1"),
        (*PATCHES, "--continue", "--to-tree", "../hello-1.1"),
        (*PATCHES, "--from-tree", "../hello-1.0", "--to-tree", "nowhere"),
        TREES,
        (*PATCHES, *TREES, "--verify"),
        (*PATCHES, *TREES, "--output", "."),
    ],
)
def test_what_makes_no_sense_with_any_series_is_status_2(
    hello: Path, capfd: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    before = {path: path.read_bytes() for path in hello.rglob("*") if path.is_file()}
    assert run(capfd, "rebase", *words)[0] == 2
    assert {path: path.read_bytes() for path in hello.rglob("*") if path.is_file()} == before


def test_the_verbs_that_look_need_no_project(
    hello: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tree = ("--tree", "../hello-1.0")
    assert run(capfd, "series", *PATCHES)[1] == "spelling.patch\ncapital.patch\nfarewell.patch\n"
    assert run(capfd, "check", *tree, *PATCHES)[:2] == (
        0, f"computed once more by {find_judge().name}\n3 patches on hello-1.0: 0 findings\n",
    )  # fmt: skip
    status, out, _ = run(capfd, "check", "--tree", "../hello-1.1", *PATCHES, "--json")
    assert (status, len(json.loads(out)["problems"])) == (1, 2)  # fuzz lets one apply
    status, out, _ = run(capfd, "graph", *tree, *PATCHES, "--json")
    value = json.loads(out)
    assert (status, value["release"], len(value["needs"])) == (0, None, 1)
    (hello / "other").mkdir()
    shutil.copytree(hello / "debian/patches", hello / "other/patches")
    status, out, _ = run(capfd, "interdiff", "debian/patches", "other/patches", "--exit-code")
    assert (status, out.endswith("3 patches: 3 same\n")) == (0, True)


def test_a_review_of_a_tree_keeps_its_decisions_beside_the_patches(
    hello: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("review", "--tree", "../hello-1.0", *PATCHES)
    status, out, _ = run(capfd, *words, "--json")
    value = json.loads(out)
    assert (status, value["release"], value["counts"]["hunks"]) == (0, "hello-1.0", 3)
    status, _, _ = run(capfd, *words, "--approve", "capital.patch", "--by", "Jo Porter")
    decided = (hello / "debian/patches/decisions").read_text()
    assert (status, decided.count("approved ")) == (0, 1)
    status, out, _ = run(capfd, *words, "--unreviewed", "--json")
    assert {patch["name"] for patch in json.loads(out)["patches"]} == {
        "spelling.patch", "farewell.patch",
    }  # fmt: skip
    elsewhere = ("--decisions", "mine", "--approve", "farewell.patch", "--by", "Jo Porter")
    assert run(capfd, *words, *elsewhere)[0] == 0
    assert (hello / "mine").is_file()
    assert (hello / "debian/patches/decisions").read_text() == decided
    assert run(capfd, *words, "--since", "2026.1")[0] == 2


def test_a_series_that_loses_a_change_is_found_by_the_judge(
    hello: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = "freebsd_port.engine.ops.inspect.check.plan_series"
    monkeypatch.setattr(place, lambda tree, patches, max_fuzz: Plan((), ()))
    status, out, _ = run(capfd, "check", "--tree", "../hello-1.0", *PATCHES, "--json")
    problems = json.loads(out)["problems"]
    assert status == 1
    assert {one["what"] for one in problems} == {
        f"{find_judge().name} gives a different result than freebsd-port"
    }
