"""Status, push, pop, series and the workspace they open, on a small project."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_project import GREET, LEAVE, NAMES, WHO, SmallProject, small_project

from freebsd_port.engine.core.series.series import SeriesError
from freebsd_port.engine.ops.apply.apply import Distance, apply_series, pop_patches, push_patches
from freebsd_port.engine.ops.target.workspace import open_tree
from freebsd_port.errors import ProblemsError, UsageError
from freebsd_port.openstack.ops.inspect.listing import list_series
from freebsd_port.openstack.ops.inspect.status import (
    OUT_OF_ORDER,
    Status,
    find_status_faults,
    read_status,
)
from freebsd_port.openstack.ops.series import load_lock, open_environment
from freebsd_port.openstack.store.python.environment import EnvironmentUnusableError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    return small_project(tmp_path, monkeypatch)


def states(status: Status) -> list[str]:
    return [patch.state for patch in status.patches]


def test_status_follows_push_and_pop(project: SmallProject) -> None:
    assert states(read_status(project.workspace())) == ["unapplied"] * 3
    push_patches(project.workspace(), Distance(count=2))
    assert states(read_status(project.workspace())) == ["applied", "applied", "unapplied"]
    push_patches(project.workspace(), Distance(is_all=True))
    assert read_status(project.workspace()).is_complete
    pop_patches(project.workspace(), Distance())
    assert states(read_status(project.workspace())) == ["applied", "applied", "unapplied"]


def test_status_tells_a_patch_whose_text_changed(project: SmallProject) -> None:
    apply_series(project.workspace())
    patch = project.patch(GREET)
    patch.write_bytes(b"More: said\n" + patch.read_bytes())
    status = read_status(project.workspace())
    assert states(status) == ["applied", "changed", "applied"]
    assert not status.is_complete


def test_status_tells_a_patch_that_the_series_does_not_have(project: SmallProject) -> None:
    apply_series(project.workspace())
    (project.root / "series").write_text(f"{WHO}\n{GREET}\n")
    assert [(p.name, p.state) for p in read_status(project.workspace()).patches][-1] == (
        LEAVE,
        "foreign",
    )


def test_status_tells_a_distribution_replaced_under_the_overlay(project: SmallProject) -> None:
    apply_series(project.workspace())
    old = project.packages / "nova-1.0.dist-info"
    new = old.rename(project.packages / "nova-2.0.dist-info")
    metadata = new / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 2.0"))
    status = read_status(project.workspace())
    assert status.replaced == (("nova", "1.0", "2.0"),)
    assert not status.is_complete


def test_status_tells_an_order_that_is_not_the_series(project: SmallProject) -> None:
    apply_series(project.workspace())
    assert read_status(project.workspace()).is_in_order
    (project.root / "series").write_text(f"{GREET}\n{WHO}\n{LEAVE}\n")
    status = read_status(project.workspace())
    assert states(status) == ["applied"] * 3
    assert (status.is_in_order, status.is_complete) == (False, False)
    assert OUT_OF_ORDER in [fault.what for fault in find_status_faults(status)]
    (project.root / "series").write_text(f"{WHO}\n{LEAVE}\n")
    assert read_status(project.workspace()).is_in_order  # the foreign one is told as such


def test_status_tells_an_environment_that_holds_another_release(project: SmallProject) -> None:
    assert read_status(project.workspace()).unpinned == ()
    (info,) = project.packages.glob("oslo?rootwrap-1.0.dist-info")
    info = info.rename(info.with_name(info.name.replace("1.0", "0.9")))
    metadata = info / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 0.9"))
    status = read_status(project.workspace())
    assert status.unpinned == (("oslo.rootwrap", "1.0", "0.9"),)
    assert not status.is_complete
    assert "the release pins oslo.rootwrap 1.0" in find_status_faults(status)[-1].what


def test_a_name_that_is_no_patch_is_told_before_that_all_are_on(project: SmallProject) -> None:
    apply_series(project.workspace())
    with pytest.raises(SeriesError, match="no patch in the series is named nova/nope"):
        push_patches(project.workspace(), Distance(name="nova/nope"))


def test_push_stops_at_the_end_of_the_series(project: SmallProject) -> None:
    done = push_patches(project.workspace(), Distance(count=99))
    assert [patch.name for patch in done.after] == list(NAMES)
    with pytest.raises(UsageError, match="nothing to push"):
        push_patches(project.workspace(), Distance())


def test_pop_stops_at_the_bottom(project: SmallProject) -> None:
    apply_series(project.workspace())
    assert pop_patches(project.workspace(), Distance(count=99)).after == ()
    with pytest.raises(UsageError, match="nothing to pop"):
        pop_patches(project.workspace(), Distance())


def test_a_patch_above_is_not_popped_to_nor_one_below_pushed_to(project: SmallProject) -> None:
    push_patches(project.workspace(), Distance(name=GREET))
    with pytest.raises(UsageError, match="is not on"):
        pop_patches(project.workspace(), Distance(name=LEAVE))
    with pytest.raises(UsageError, match="is on already"):
        push_patches(project.workspace(), Distance(name=WHO))


def test_all_come_off_without_a_series(project: SmallProject) -> None:
    before = (project.packages / "nova/greet.py").read_bytes()
    apply_series(project.workspace())
    (project.root / "series").unlink()
    assert pop_patches(project.workspace(), Distance(is_all=True)).after == ()
    assert (project.packages / "nova/greet.py").read_bytes() == before


def test_push_refuses_when_what_is_on_is_not_the_start_of_the_series(
    project: SmallProject,
) -> None:
    apply_series(project.workspace())
    (project.root / "series").write_text(f"{GREET}\n{WHO}\n{LEAVE}\n")
    with pytest.raises(SeriesError, match="not the first of the series") as caught:
        pop_patches(project.workspace(), Distance())
    assert caught.value.hint == "bring it to the series with: freebsd-port apply"
    assert str(caught.value.where).endswith(f"{WHO}, {GREET}, {LEAVE}")


def test_an_empty_series_is_refused(project: SmallProject) -> None:
    (project.root / "series").write_text("# nothing yet\n")
    with pytest.raises(SeriesError, match="the series is empty"):
        apply_series(project.workspace())


def test_the_list_has_what_each_header_says(project: SmallProject) -> None:
    listed = list_series(project.project, "2026.2")
    assert [(one.name, one.subject, one.forwarded, one.files, one.hunks) for one in listed] == [
        (WHO, "who-am-i", "no", ("oslo_privsep/who.py",), 1),
        (GREET, "greet-loudly", "no", ("nova/greet.py",), 1),
        (LEAVE, "leave-politely", "no", ("nova/greet.py",), 2),
    ]


def test_the_list_leaves_out_what_is_off_and_takes_the_variant(project: SmallProject) -> None:
    (project.root / "series").write_text(f"{WHO} # not 2026.2: fixed\n{GREET}\n")
    variant = project.patch(GREET.replace(".patch", "@2026.2.patch"))
    project.patch(GREET).rename(variant)
    (one,) = list_series(project.project, "2026.2")
    assert (one.name, one.text) == (GREET, variant)


def test_every_missing_patch_is_named(project: SmallProject) -> None:
    for name in (WHO, LEAVE):
        project.patch(name).unlink()
    with pytest.raises(ProblemsError) as caught:
        list_series(project.project, "2026.2")
    assert [problem.where for problem in caught.value.problems] == [
        f"{project.root}/series:1",
        f"{project.root}/series:3",
    ]


def test_an_environment_is_opened_by_release_or_by_path(project: SmallProject) -> None:
    workspace = project.workspace()
    assert (workspace.release, workspace.place) == ("2026.2", project.packages)
    elsewhere = project.packages.rename(project.root / "elsewhere")
    assert open_environment(project.project, None, elsewhere).target.root == elsewhere
    with pytest.raises(EnvironmentUnusableError, match="no environment"):
        project.workspace()


def test_a_release_without_series_lock_has_none(project: SmallProject) -> None:
    assert load_lock(project.project, "2026.2") is None


def test_a_tree_takes_the_series_beside_its_patches_or_the_patches_beside_its_series(
    tmp_path: Path,
) -> None:
    opened = open_tree(tmp_path, None, tmp_path / "patches")
    assert opened.source.series_file == tmp_path / "patches/series"
    opened = open_tree(tmp_path, tmp_path / "debian/series", None)
    assert opened.source.patches == tmp_path / "debian"
    assert opened.release is None


def test_a_tree_that_is_not_there_or_without_a_series_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--tree needs"):
        open_tree(tmp_path, None, None)
    with pytest.raises(UsageError, match="no such directory"):
        open_tree(tmp_path / "absent", None, tmp_path)
