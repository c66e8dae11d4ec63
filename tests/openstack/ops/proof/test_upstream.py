"""Comparing upstream's tests on both sides of a small patched project."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_project import GREET, NAMES, WHO, SmallProject
from upstream_tests import upstream_project

from freebsd_port.engine.ops.apply.apply import Distance, apply_series, push_patches
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.errors import UsageError
from freebsd_port.openstack.core.proof.outcomes import Ending
from freebsd_port.openstack.ops.proof.proof_record import VerifyError, find_upstream
from freebsd_port.openstack.ops.proof.upstream import UpstreamResult, compare_upstream
from freebsd_port.openstack.store.proof.upstream_tests import UpstreamError

ON_LINUX = "oslo_privsep.tests.test_who.WhoTestCase.test_who_on_linux"
FLAKY = "oslo_privsep.tests.test_who.WhoTestCase.test_that_is_flaky"
OF_FREEBSD = "oslo_privsep.tests.test_who.WhoTestCase.test_of_freebsd"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    return upstream_project(tmp_path, monkeypatch)


def compare(
    project: SmallProject, *words: str, again: bool = False, told: list[str] | None = None
) -> UpstreamResult:
    tell = (told if told is not None else []).append
    return compare_upstream(project.project, project.workspace(), words, again=again, progress=tell)


def files_of(project: SmallProject) -> dict[str, bytes]:
    return {
        str(path.relative_to(project.packages)): path.read_bytes()
        for path in project.packages.rglob("*")
        if path.is_file() and path.name != "upstream.json"
    }


def test_a_pass_that_a_patch_takes_is_named_with_what_it_did_alone(project: SmallProject) -> None:
    apply_series(project.workspace())
    before = files_of(project)
    result = compare(project)
    assert not result.is_good
    conf, privsep = sorted(result.comparisons, key=lambda one: one.suite)
    assert (conf.suite, conf.before, conf.after) == (
        "nova.conf",
        {"passed": 1, "skipped": 1},
        {"passed": 1, "skipped": 1},
    )
    assert (privsep.suite, privsep.before) == ("oslo.privsep", {"passed": 3, "failed": 1})
    (lost,) = privsep.lost
    assert (lost.test, lost.before) == (ON_LINUX, Ending("passed"))
    assert lost.alone is not None
    assert [one.outcome for one in lost.alone if one] == ["passed", "failed"]
    assert [change.test for change in privsep.gained] == [OF_FREEBSD]
    assert files_of(project) == before


def test_no_pass_is_lost_where_the_patches_leave_the_tests_alone(project: SmallProject) -> None:
    project.save_patch(
        WHO,
        "oslo_privsep/who.py",
        "def who():\n    return 'linux'\n",
        "def who():\n    # by any other name\n    return 'linux'\n",
    )
    apply_series(project.workspace())
    result = compare(project, "oslo.privsep")
    assert result.is_good
    assert [one.suite for one in result.comparisons] == ["oslo.privsep"]


def test_a_test_that_passes_alone_is_unsteady_and_not_lost(
    project: SmallProject, tmp_path: Path
) -> None:
    apply_series(project.workspace())
    (tmp_path / "flag").touch()
    told: list[str] = []
    (privsep,) = compare(project, "oslo.privsep", told=told).comparisons
    assert [change.test for change in privsep.unsteady] == [FLAKY]
    assert privsep.unsteady[0].alone == (Ending("passed"), Ending("passed"))
    assert [change.test for change in privsep.lost] == [ON_LINUX]
    assert "oslo.privsep: 2 lost, running each alone on both sides" in told


def test_the_unpatched_side_runs_once_for_the_same_wheels_and_conditions(
    project: SmallProject,
) -> None:
    apply_series(project.workspace())
    assert compare(project, "nova.conf").known == ()
    told: list[str] = []
    ((distribution, time),) = compare(project, "nova.conf", told=told).known
    assert distribution == "nova"
    assert f"nova, unpatched: known from {time}" in told
    assert not any("nova, unpatched: running" in line for line in told)
    assert compare(project, "nova.conf", again=True).known == ()
    with project.project.test_requirements("2026.2").open("a") as lock:
        lock.write("# another text\n")
    with pytest.raises(Exception, match="cannot be fetched"):
        compare(project, "nova.conf")


def test_what_was_found_is_kept_suite_by_suite_for_this_state(project: SmallProject) -> None:
    push_patches(project.workspace(), Distance(name=WHO))
    root = project.packages
    compare(project, "nova.conf")
    compare(project, "oslo.privsep")
    privsep, conf = sorted(
        find_upstream(root, load_state(root)), key=lambda one: one.suite, reverse=True
    )
    assert (conf.suite, conf.passed, conf.lost) == ("nova.conf", 1, ())
    assert (privsep.suite, privsep.passed, privsep.lost) == ("oslo.privsep", 3, (ON_LINUX,))
    push_patches(project.workspace(), Distance(name=GREET))
    assert find_upstream(root, load_state(root)) == ()


def test_it_needs_patches_that_are_on_and_current(project: SmallProject) -> None:
    with pytest.raises(VerifyError, match="no patch is applied"):
        compare(project)
    apply_series(project.workspace())
    project.patch(NAMES[0]).write_bytes(b"More-Said: yes\n" + project.patch(NAMES[0]).read_bytes())
    with pytest.raises(VerifyError, match="changed since it was applied"):
        compare(project)


def test_on_another_system_it_says_where_to_run_it(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_series(project.workspace())
    monkeypatch.setattr("freebsd_port.openstack.ops.proof.upstream.own_system", lambda: "FreeBSD")
    with pytest.raises(UpstreamError, match="for Linux, and this is FreeBSD") as caught:
        compare(project)
    assert "freebsd-port verify" in str(caught.value.hint)


def test_a_release_that_does_not_say_what_its_tests_need_is_refused(project: SmallProject) -> None:
    apply_series(project.workspace())
    project.project.test_requirements("2026.2").unlink()
    with pytest.raises(UpstreamError, match=r"nothing says what upstream's tests need on"):
        compare(project)


def test_suites_that_the_target_does_not_have_are_refused(project: SmallProject) -> None:
    apply_series(project.workspace())
    with pytest.raises(UpstreamError, match=r"the target has no tests of oslo\.messaging"):
        compare(project, "oslo.messaging")
    with pytest.raises(UsageError, match="no suite 'all-of-it'"):
        compare(project, "all-of-it")
