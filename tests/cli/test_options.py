"""Patches under an option: on where it is asked for, kept, locked, reviewed and rebased."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Run
from rebase_project import FITTING, SETTINGS, rebase_project
from small_project import POLITE, WHO_TEXT, SmallProject

from freebsd_port.openstack.ops.inspect.check import lock_series
from freebsd_port.openstack.ops.rebase import rebase as ops

QUEUES, XEN = "nova/queues.patch", "nova/xen.patch"
WITH_QUEUES = POLITE.replace("def gap1", "def queues():\n    return 2\n\n\ndef gap1")
WITH_XEN = WITH_QUEUES.replace("'goodbye'", "'goodbye from xen'")
CHECK = """\
import pytest
pytestmark = pytest.mark.patch("nova/queues.patch")
def test_queues():
    from nova import greet
    assert greet.queues() == 2
"""


def add_options(project: SmallProject) -> None:
    project.save_patch(QUEUES, "nova/greet.py", POLITE, WITH_QUEUES)
    project.save_patch(XEN, "nova/greet.py", WITH_QUEUES, WITH_XEN)
    project.save_check("nova/test_queues.py", CHECK)
    with (project.root / "series").open("a") as series:
        series.write(f"{QUEUES}  # option queues\n{XEN}  # option xen\n")


@pytest.fixture
def optional(project: SmallProject, run: Run) -> SmallProject:
    add_options(project)
    assert run("series", "lock", "--offline").status == 0
    return project


def greet(project: SmallProject) -> str:
    return (project.packages / "nova/greet.py").read_text()


def test_an_environment_keeps_the_options_that_it_was_patched_with(
    run: Run, optional: SmallProject
) -> None:
    assert run("apply").status == 0
    assert greet(optional) == POLITE
    assert run("apply", "--option", "queues").out.endswith(
        "now 4 patches applied, up to nova/queues.patch, 2 files written\n"
    )
    assert greet(optional) == WITH_QUEUES
    assert run("apply").out == "nothing to do: 4 patches applied, up to nova/queues.patch\n"
    status = json.loads(run("status", "--json").out)
    assert (status["complete"], status["options"]) == (True, ["queues"])
    assert ", with the option queues\n" in run("status").out
    assert run("check", "--offline", "--venv", optional.packages).status == 0


def test_the_options_named_take_the_place_of_those_before(run: Run, optional: SmallProject) -> None:
    run("apply", "--option", "queues", "--option", "xen")
    assert greet(optional) == WITH_XEN
    run("apply", "--option", "xen")
    assert greet(optional) == POLITE.replace("'goodbye'", "'goodbye from xen'")
    assert run("pop", "-a").status == 0
    run("apply")
    assert greet(optional) == POLITE


def test_the_lock_judges_what_an_option_makes_of_a_file(run: Run, optional: SmallProject) -> None:
    patch = optional.patch(QUEUES)
    patch.write_bytes(patch.read_bytes().replace(b"return 2", b"return 3"))
    assert run("apply").status == 0
    said = run("apply", "--option", "queues")
    assert (said.status, said.err.splitlines()[0]) == (
        1,
        "error: nova/greet.py differs from what series.lock records",
    )
    assert [line for line in run("check", "--offline").err.splitlines() if "error" in line] == [
        f"error: series.lock and the series disagree on nova/greet.py with the option {names}"
        for names in ("queues", "queues and xen")
    ]


def test_options_that_apply_only_together_are_refused(run: Run, project: SmallProject) -> None:
    add_options(project)
    four = WITH_QUEUES.replace("return 2", "return 4")
    project.save_patch(XEN, "nova/greet.py", WITH_QUEUES, four)
    said = run("series", "lock", "--offline")
    assert "with the option xen: hunk 1 of 2 in nova/xen.patch does not fit" in said.err
    assert (said.status, project.project.series_lock("2026.2").exists()) == (1, False)


def test_a_patch_under_an_option_stands_behind_the_others(run: Run, project: SmallProject) -> None:
    (project.root / "series").write_text(
        "oslo.privsep/who-am-i.patch # option who\nnova/greet-loudly.patch\n"
        "nova/leave-politely.patch\n"
    )
    assert (
        "error: oslo.privsep/who-am-i.patch is under an option and stands before a patch that is "
        "not\n  where: series:1\n" in run("series", "lock", "--offline").err
    )


def test_verify_runs_the_checks_of_the_options_that_are_applied(
    run: Run, optional: SmallProject
) -> None:
    words = ("--platform", "linux", "--json")
    run("apply")
    assert QUEUES not in run("verify", *words).out
    run("apply", "--option", "queues")
    patches = {one["patch"]: one for one in json.loads(run("verify", *words).out)["patches"]}
    assert patches[QUEUES]["checks"]["linux"]["passed"] == 1


@pytest.mark.parametrize("words", [("status", "--all"), ("review",), ("series",)])
def test_what_looks_at_the_series_shows_the_patches_under_every_option(
    run: Run, optional: SmallProject, words: tuple[str, ...]
) -> None:
    more = () if words == ("series",) else ("--offline",)
    assert QUEUES in run(*words, *more).out
    assert XEN in run(*words, *more).out


def test_a_dry_run_on_the_wheels_takes_the_options_that_are_named(
    run: Run, optional: SmallProject, tmp_path: Path
) -> None:
    optional.packages.rename(tmp_path / "elsewhere")
    words = ("apply", "--dry-run", "--offline")
    assert QUEUES not in run(*words).out
    assert QUEUES in run(*words, "--option", "queues").out


def test_a_rebase_carries_the_patches_under_every_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = rebase_project(tmp_path, monkeypatch)
    add_options(made.small)
    made.add_release("2026.1", FITTING, WHO_TEXT)
    lock_series(made.project, "2026.2", is_offline=True, progress=lambda message: None)
    done = ops.start_rebase(made.project, "2026.1", None, SETTINGS)
    assert [patch.state for patch in done.carried.patches] == ["kept"] * 3 + ["rewritten", "kept"]
    lock = made.project.series_lock("2026.1").read_text()
    assert [line for line in lock.splitlines() if line.startswith("[")] == [
        "[queues]",
        "[xen]",
        "[queues xen]",
    ]
    assert made.problems() == []
