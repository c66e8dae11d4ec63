"""`check`: every finding about a project at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from small_project import GREET, LEAVE, WHO, SmallProject, small_project

from freebsd_port.engine.core.apply.plan import Plan
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.text.file import Tree
from freebsd_port.engine.store.judge.programs import find_judge
from freebsd_port.errors import UsageError
from freebsd_port.openstack.ops.inspect.check import CheckResult, check_project, lock_series
from freebsd_port.openstack.ops.inspect.plan_on_wheels import Goal


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    made = small_project(tmp_path, monkeypatch)
    assert lock(made).findings == ()
    return made


def check(project: SmallProject, release: str | None = None) -> CheckResult:
    return check_project(project.project, release, is_offline=True, progress=lambda message: None)


def lock(project: SmallProject, release: str | None = None) -> CheckResult:
    return lock_series(project.project, release, is_offline=True, progress=lambda message: None)


def what(result: CheckResult) -> list[str]:
    return [finding.what for finding in result.findings]


def test_a_project_in_which_all_agrees_has_no_finding(project: SmallProject) -> None:
    result = check(project)
    assert (result.patches, result.releases, result.uncarried) == (3, ("2026.2",), ())
    assert (result.findings, result.written) == ((), ())


def test_a_lock_that_is_up_to_date_is_not_written_again(project: SmallProject) -> None:
    assert lock(project).written == ()
    project.project.series_lock("2026.2").unlink()
    assert lock(project).written == (project.project.series_lock("2026.2"),)


def test_no_lock_is_written_while_there_is_a_finding(project: SmallProject) -> None:
    file = project.project.series_lock("2026.2")
    file.unlink()
    who = project.patch(WHO)
    who.write_bytes(who.read_bytes().replace(b"Origin: vendor\n", b""))
    result = lock(project)
    assert (what(result), result.written) == (["the header has no Origin"], ())
    assert not file.exists()


def test_findings_of_every_kind_come_together(project: SmallProject) -> None:
    (project.root / "patches/nova/stray.patch").write_bytes(project.patch(GREET).read_bytes())
    who = project.patch(WHO)
    who.write_bytes(who.read_bytes().replace(b"Origin: vendor\n", b"").replace(b"'anyb", b"'someb"))
    project.project.requirements("2026.2").write_text("# nothing\n")
    found = what(check(project))
    assert "nova/stray.patch is not in the series" in found
    assert "the header has no Origin" in found
    assert "the lock has no nova, release.toml pins 1.0" in found
    assert "series.lock and the series disagree on oslo_privsep/who.py" in found


def test_every_hunk_that_does_not_fit_is_a_finding(project: SmallProject) -> None:
    for name in (WHO, LEAVE):
        patch = project.patch(name)
        patch.write_bytes(patch.read_bytes().replace(b" def ", b" deaf "))
    assert what(check(project)) == [
        f"hunk 1 of 1 in {WHO} does not fit",
        f"hunk 1 of 2 in {LEAVE} does not fit",
        f"hunk 2 of 2 in {LEAVE} does not fit",
    ]


def test_a_lock_is_not_written_over_hunks_that_do_not_fit(project: SmallProject) -> None:
    before = project.project.series_lock("2026.2").read_bytes()
    patch = project.patch(WHO)
    patch.write_bytes(patch.read_bytes().replace(b" def ", b" deaf "))
    assert lock(project).written == ()
    assert project.project.series_lock("2026.2").read_bytes() == before


@pytest.mark.parametrize("series", ["one.patch\none.patch\n", "one.patch -x\n", None])
def test_a_series_that_cannot_be_read_does_not_stop_the_check(
    project: SmallProject, series: str | None
) -> None:
    if series is None:
        (project.root / "series").unlink()
    else:
        (project.root / "series").write_text(series)
    who = project.patch(WHO)
    who.write_bytes(who.read_bytes().replace(b"Origin: vendor\n", b""))
    found = what(check(project))
    assert any("series" in one or "option" in one for one in found)
    assert "the header has no Origin" in found


def test_a_missing_wheel_is_a_finding(project: SmallProject, tmp_path: Path) -> None:
    for path in (tmp_path / "cache/freebsd-port/wheels").glob("*/nova-*.whl"):
        path.unlink()
    assert what(check(project)) == ["offline, and not in the cache: nova-1.0-py3-none-any.whl"]


def test_a_damaged_series_lock_is_a_finding(project: SmallProject) -> None:
    project.project.series_lock("2026.2").write_text("what?\n")
    assert what(check(project)) == ["not a line of a series.lock"]


def test_a_release_without_its_requirements_is_a_finding_and_the_rest_is_looked_at(
    project: SmallProject,
) -> None:
    project.project.requirements("2026.2").unlink()
    project.project.series_lock("2026.2").write_text("")
    found = what(check(project))
    assert found[0] == "release 2026.2 has no requirements.txt"
    assert "series.lock and the series disagree on nova/greet.py" in found


def test_an_unknown_release_is_refused(project: SmallProject) -> None:
    with pytest.raises(UsageError, match=r"no release '2031\.1'"):
        check(project, "2031.1")


def test_a_plan_that_lost_a_change_is_found_by_the_judge_and_no_lock_is_written(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project.project.series_lock("2026.2")
    place.unlink()

    def lose_one(tree: Tree, patches: Goal) -> Plan:
        plan = plan_series(tree, patches)
        return replace(plan, edits=plan.edits[1:])

    monkeypatch.setattr("freebsd_port.engine.core.apply.option_sets.plan_series", lose_one)
    result = lock(project)
    problem = f"{find_judge().name} gives a different result than freebsd-port"
    assert (what(result), result.written, place.exists()) == ([problem], (), False)
    place.write_text("")
    assert problem in what(check(project))
