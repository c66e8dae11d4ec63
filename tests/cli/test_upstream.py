"""What `verify upstream` prints, as text and as JSON, and its exit status."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import pytest
from command_line import Run
from small_project import PLATFORM, SmallProject
from upstream_tests import upstream_project

from freebsd_port.cli.complete import complete_suite

ON_LINUX = "oslo_privsep.tests.test_who.WhoTestCase.test_who_on_linux"
OF_FREEBSD = "oslo_privsep.tests.test_who.WhoTestCase.test_of_freebsd"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    monkeypatch.setattr("freebsd_port.openstack.ops.proof.upstream.has_sudo", lambda: False)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr("freebsd_port.openstack.ops.proof.upstream.target_python", _target_python)
    return upstream_project(tmp_path, monkeypatch)


def _target_python(workspace: object) -> tuple[Path, str]:
    return Path(sys.executable), "3.11.7"


def test_suites_without_a_lost_pass_end_well(run: Run) -> None:
    run("apply")
    said = run("verify", "upstream", "nova.conf")
    assert said.status == 0
    assert said.out == (
        "nova.conf                unpatched: 1 passed, 1 skipped; patched: 1 passed, 1 skipped\n"
        "1 suite: 1 passed unpatched, of these 0 lost, 0 unsteady; 0 gained "
        "(Python 3.11.7, 2 processes at a time, no sudo without a password)\n"
    )
    assert "... nova, unpatched: running nova.conf" in said.err
    again = run("verify", "upstream", "nova.conf").out
    assert "\nnova: unpatched result of 20" in again
    assert run("verify", "upstream", "-q", "nova.conf").out == ""


def test_a_lost_pass_is_named_and_the_status_is_1(run: Run) -> None:
    run("apply")
    said = run("verify", "upstream", "fast")
    assert said.status == 1
    assert said.out.splitlines()[:3] == [
        "oslo.privsep             unpatched: 3 passed, 1 failed; patched: 3 passed, 1 failed",
        f"  lost      {ON_LINUX}: failed: AssertionError: + linux; "
        "alone: unpatched passed, patched failed",
        f"  gained    {OF_FREEBSD}",
    ]
    assert said.out.splitlines()[-1].startswith(
        "2 suites: 4 passed unpatched, of these 1 lost, 0 unsteady; 1 gained"
    )


def test_json_has_every_suite_and_each_lost_pass_as_a_problem(run: Run) -> None:
    run("apply")
    said = run("verify", "upstream", "fast", "--json")
    found = said.json
    assert (said.status, found["ok"], found["verb"]) == (1, False, "verify upstream")
    (problem,) = found["problems"]
    assert problem["what"].startswith(f"lost a pass: {ON_LINUX}: failed: ")
    assert problem["where"] == "oslo.privsep"
    upstream = found["upstream"]
    assert (upstream["processes"], upstream["sudo"], upstream["unpatched_known_from"]) == (
        2,
        False,
        {},
    )
    privsep, conf = upstream["suites"]
    assert conf == {
        "suite": "nova.conf",
        "ok": True,
        "unpatched": {"passed": 1, "skipped": 1},
        "patched": {"passed": 1, "skipped": 1},
        "lost": [],
        "unsteady": [],
        "gained": [],
        "left_out": [],
    }
    assert privsep["gained"] == [OF_FREEBSD]
    (lost,) = privsep["lost"]
    assert (lost["test"], lost["before"]["outcome"]) == (ON_LINUX, "passed")
    assert lost["alone"]["unpatched"]["outcome"] == "passed"
    assert lost["alone"]["patched"]["outcome"] == "failed"


def test_verify_repeats_what_upstreams_suites_said_of_this_state(run: Run) -> None:
    run("apply")
    run("verify", "upstream", "fast", "-q")
    who, greet, _ = run("verify", "--json", "--platform", PLATFORM).json["patches"]
    assert (who["upstream"]["unchanged"], who["upstream"]["changed"]) == ([], ["oslo.privsep"])
    assert greet["upstream"]["unchanged"] == ["nova.conf"]
    run("pop")
    who, _ = run("verify", "--json", "--platform", PLATFORM).json["patches"]
    assert who["upstream"]["not_compared"] == ["oslo.privsep"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--again",), "no such option '--again'"),
        (("upstream", "--if-changed"), "no such option '--if-changed'"),
        (("--every-line", "upstream"), "--every-line does not go before upstream"),
        (("upstream", "nova.qemu"), "no suite 'nova.qemu' of upstream's tests"),
    ],
)
def test_words_that_do_not_go_together_are_refused(
    run: Run, words: tuple[str, ...], what: str
) -> None:
    run("apply")
    said = run("verify", *words)
    assert said.status == 2
    assert said.err.startswith(f"error: {what}\n")


def test_the_shell_completes_suites_and_groups() -> None:
    context = click.Context(click.Command("verify"))
    parameter = click.Argument(["suites"])
    assert complete_suite(context, parameter, "fa") == ["fast"]
    assert complete_suite(context, parameter, "oslo.p") == ["oslo.privsep"]
    assert "nova.virt.libvirt" in complete_suite(context, parameter, "nova.virt.l")
