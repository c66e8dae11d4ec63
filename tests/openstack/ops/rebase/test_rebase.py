"""Rebase: what it writes, where it stops, and that no other release notices."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rebase_project import (
    CLASHING,
    FITTING,
    MERGED,
    SETTINGS,
    TODAY,
    UPSTREAMED,
    WITHOUT_GAP,
    RebaseProject,
    rebase_project,
    rebasing,
)
from small_project import GREET, LEAVE, NOVA_TEXT, WHO

from freebsd_port.engine.core.rebase.outcome import RebaseError
from freebsd_port.engine.ops.rebase import flow
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.openstack.ops.inspect.check import lock_series
from freebsd_port.openstack.ops.rebase import rebase as ops
from freebsd_port.openstack.ops.rebase.rebase import UnfinishedError
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.wheels import WheelError

LEAVE_OLDER = "patches/nova/leave-politely@2026.1.patch"
LEAVE_OLD = "patches/nova/leave-politely@2026.2.patch"
LOCK = "releases/2026.1/series.lock"
FINISHED = CLASHING.replace("f'hello {name}'", "f'HELLO {name}'")
"""What a person makes of the first conflict with CLASHING."""

FINISHED_TWICE = FINISHED.replace("name):\n", "name):\n    name = name.strip()\n").replace(
    "return 'bye'", "return 'goodbye'"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RebaseProject:
    return rebase_project(tmp_path, monkeypatch)


def rebase(project: RebaseProject, new: str, old: str | None = None) -> ops.Rebased:
    return ops.start_rebase(project.project, new, old, SETTINGS)


def states(done: ops.Rebased) -> list[str]:
    return [patch.state for patch in done.carried.patches]


def test_a_series_that_fits_needs_a_lock_and_nothing_else(project: RebaseProject) -> None:
    project.add_release("2026.1", FITTING)
    before = project.bytes()
    done = rebase(project, "2026.1")
    assert (done.carried.old, states(done)) == ("2026.2", ["kept", "kept", "kept"])
    assert done.written == (LOCK,)
    after = project.bytes()
    assert {path for path in after if after[path] != before.get(path)} == {LOCK}
    assert project.problems() == []


def test_an_older_release_gets_a_variant_and_a_second_run_changes_nothing(
    project: RebaseProject,
) -> None:
    project.add_release("2026.1", MERGED)
    newest = project.texts("2026.2")
    done = rebase(project, "2026.1")
    assert done.written == (LEAVE_OLDER, LOCK)
    assert project.texts("2026.2") == newest
    assert f"Last-Update: {TODAY}\n".encode() in dict(project.texts("2026.1"))[LEAVE]
    assert project.problems() == []
    once = project.bytes()
    again = ops.start_rebase(project.project, "2026.1", None, replace(SETTINGS, today="2030-01-01"))
    assert again.written == ()
    assert project.bytes() == once
    assert not (project.root / ".rebase").exists()


def test_a_newer_release_takes_the_patch_and_the_text_before_becomes_a_variant(
    project: RebaseProject,
) -> None:
    project.add_release("2027.1", MERGED)
    before = project.texts("2026.2")
    done = rebase(project, "2027.1")
    assert done.written == (
        f"patches/{LEAVE}",
        LEAVE_OLD,
        "releases/2027.1/series.lock",
    )
    assert project.texts("2026.2") == before
    assert (project.root / LEAVE_OLD).read_bytes() == dict(before)[LEAVE]
    assert project.problems() == []
    assert rebase(project, "2027.1").written == ()


def test_there_and_back_leaves_the_first_release_its_texts(project: RebaseProject) -> None:
    project.add_release("2027.1", MERGED)
    before = project.texts("2026.2")
    rebase(project, "2027.1")
    assert rebase(project, "2026.2", "2027.1").written == ()
    assert project.texts("2026.2") == before


def test_what_the_release_has_is_switched_off_there_in_the_series(project: RebaseProject) -> None:
    project.add_release("2026.1", UPSTREAMED)
    done = rebase(project, "2026.1")
    assert states(done) == ["kept", "upstreamed", "kept"]
    assert done.written == (LOCK, "series")
    series = (project.root / "series").read_text()
    assert series == f"{WHO}\n{GREET}   # not 2026.1: 2026.1 has it\n{LEAVE}\n"
    assert project.problems() == []
    again = rebase(project, "2026.1")
    assert (states(again), again.written) == (["kept", "off", "kept"], ())


def test_a_tag_keeps_the_tags_that_the_line_has(project: RebaseProject) -> None:
    series = f"{WHO}\n{GREET}   # since 2025.1\n{LEAVE}\n"
    (project.root / "series").write_text(series)
    project.add_release("2026.1", UPSTREAMED)
    project.add_release("2025.1")
    project.add_release("2024.1")
    rebase(project, "2026.1")
    line = (project.root / "series").read_text().splitlines()[1]
    assert line == f"{GREET}   # since 2025.1, not 2026.1: 2026.1 has it"
    assert GREET not in dict(project.texts("2024.1"))


def test_a_conflict_keeps_what_is_done_and_waits_with_markers(project: RebaseProject) -> None:
    project.add_release("2026.1", CLASHING)
    done = rebase(project, "2026.1")
    assert states(done) == ["kept", "conflict", "conflict"]
    assert done.unfinished == (project.work("2026.1"),)
    assert project.work("2026.1").read_text().startswith(
        "def greet(name):\n"
        f"<<<<<<< ours: {GREET}\n    return ('hello ' + name).upper()\n"
        "||||||| base: 2026.2\n    return 'hello ' + name\n"
        "=======\n    return f'hello {name}'\n"
        ">>>>>>> theirs: 2026.1\n"
    )  # fmt: skip
    assert not project.project.series_lock("2026.1").exists()
    found = flow.read_rebase(project.root)
    assert found is not None
    assert (found[0].stopped, found[1]) == (GREET, (project.work("2026.1"),))


def test_continue_goes_from_conflict_to_conflict_to_the_end(project: RebaseProject) -> None:
    project.add_release("2026.1", CLASHING)
    newest = project.texts("2026.2")
    rebase(project, "2026.1")
    project.finish("2026.1", FINISHED)
    done = flow.continue_rebase(rebasing(project))
    assert states(done) == ["kept", "rewritten", "conflict"]
    project.finish("2026.1", FINISHED_TWICE)
    done = flow.continue_rebase(rebasing(project))
    assert done.written == (
        "patches/nova/greet-loudly@2026.1.patch",
        LEAVE_OLDER,
        LOCK,
    )
    assert project.problems() == []
    assert project.texts("2026.2") == newest
    assert flow.read_rebase(project.root) is None
    assert rebase(project, "2026.1").written == ()


def test_what_is_not_finished_is_named_with_its_line(project: RebaseProject) -> None:
    project.add_release("2026.1", CLASHING)
    rebase(project, "2026.1")
    before = project.bytes()
    with pytest.raises(UnfinishedError) as told:
        flow.continue_rebase(rebasing(project))
    (problem,) = told.value.problems
    assert (problem.what, problem.where, told.value.exit_code) == (
        "a conflict marker is left",
        f"{project.work('2026.1')}:2",
        3,
    )
    project.finish("2026.1", "def greet(name):\n=======\n")
    with pytest.raises(UnfinishedError) as told:
        flow.continue_rebase(rebasing(project))
    assert told.value.problems[0].what.startswith("it does not parse, line 2: ")
    assert project.bytes() == before


def test_files_that_were_removed_with_their_directory_are_laid_out_anew(
    project: RebaseProject,
) -> None:
    project.add_release("2026.1", CLASHING)
    rebase(project, "2026.1")
    marked = project.work("2026.1").read_text()
    project.finish("2026.1", "spoilt\n")
    shutil.rmtree(project.root / ".rebase/2026.1/work")
    done = flow.continue_rebase(rebasing(project))
    assert done.unfinished == (project.work("2026.1"),)
    assert project.work("2026.1").read_text() == marked
    project.finish("2026.1", FINISHED)
    assert states(flow.continue_rebase(rebasing(project))) == [
        "kept",
        "rewritten",
        "conflict",
    ]


def test_another_file_of_the_release_may_be_put_beside_those_to_finish(
    project: RebaseProject,
) -> None:
    project.add_release("2026.1", CLASHING)
    rebase(project, "2026.1")
    project.finish("2026.1", FINISHED)
    project.finish("2026.1", "LOUD = True\n", "nova/__init__.py")
    project.finish("2026.1", "left by an editor\n", "nova/greet.py~")
    flow.continue_rebase(rebasing(project))
    text = (project.root / "patches/nova/greet-loudly@2026.1.patch").read_text()
    assert "+++ b/nova/__init__.py\n@@ -0,0 +1 @@\n+LOUD = True\n" in text
    assert "editor" not in text


def test_skip_says_in_the_series_that_the_patch_is_off_there(project: RebaseProject) -> None:
    project.add_release("2026.1", NOVA_TEXT.replace("'hello ' + name", "f'hello {name}'  # f"))
    rebase(project, "2026.1")
    done = flow.skip_patch(rebasing(project), "greets\n by itself")
    assert states(done) == ["kept", "off", "conflict"]
    done = flow.skip_patch(rebasing(project), None)
    assert states(done) == ["kept", "off", "off"]
    assert (project.root / "series").read_text() == (
        f"{WHO}\n{GREET}   # not 2026.1: greets by itself\n"
        f"{LEAVE}   # not 2026.1: left out in a rebase from 2026.2\n"
    )
    assert project.problems() == []


@pytest.mark.parametrize("steps", [0, 1])
def test_abort_puts_back_every_byte(project: RebaseProject, steps: int) -> None:
    project.add_release("2027.1", CLASHING, who="import os\n\n\ndef who():\n    return 'linux'\n")
    before = project.bytes()
    rebase(project, "2027.1")
    for _ in range(steps):
        project.finish("2027.1", FINISHED)
        flow.continue_rebase(rebasing(project))
    assert (project.bytes() != before) is bool(steps)
    flow.abort_rebase(rebasing(project))
    assert project.bytes() == before
    assert flow.read_rebase(project.root) is None


def test_a_conflict_that_was_settled_before_is_settled_alike(project: RebaseProject) -> None:
    project.add_release("2026.1", CLASHING)
    project.add_release("2025.1", "# still older\n" + CLASHING)
    rebase(project, "2026.1")
    for text in (FINISHED, FINISHED_TWICE):
        project.finish("2026.1", text)
        flow.continue_rebase(rebasing(project))
    done = rebase(project, "2025.1", "2026.2")
    assert done.carried.conflict is None
    reasons = {hunk.reason for patch in done.carried.patches for hunk in patch.hunks}
    assert "resolved as before" in reasons
    assert dict(project.texts("2025.1"))[GREET].count(b"+    return f'HELLO {name}'\n") == 1
    assert project.problems() == []


def test_only_carries_one_patch_and_writes_no_lock_where_there_was_none(
    project: RebaseProject,
) -> None:
    project.add_release("2026.1", MERGED)
    settings = replace(SETTINGS, only="leave-politely")
    done = ops.start_rebase(project.project, "2026.1", None, settings)
    assert done.written == (LEAVE_OLDER,)
    assert states(done) == ["kept", "kept", "rewritten"]
    rebase(project, "2026.1")
    assert project.problems() == []
    (project.root / LEAVE_OLDER).unlink()
    done = ops.start_rebase(project.project, "2026.1", None, settings)
    assert done.written == (LEAVE_OLDER,)
    assert project.problems() == []


def test_a_dry_run_says_what_it_would_write_and_writes_nothing(project: RebaseProject) -> None:
    project.add_release("2026.1", MERGED)
    before = project.bytes()
    dry = replace(SETTINGS, is_dry=True)
    done = ops.start_rebase(project.project, "2026.1", None, dry)
    assert (done.written, done.planned) == ((), (LEAVE_OLDER, LOCK))
    assert project.bytes() == before
    assert not (project.root / ".rebase").exists()


def test_all_goes_outwards_and_passes_by_a_release_with_a_conflict(project: RebaseProject) -> None:
    project.add_release("2027.1", FITTING)
    project.add_release("2026.1", MERGED)
    project.add_release("2025.1", CLASHING)
    project.add_release("2024.1", MERGED)
    done = ops.rebase_all(project.project, SETTINGS)
    ways = [(one.carried.old, one.carried.new, one.carried.conflict is None) for one in done]
    assert ways == [
        ("2026.2", "2026.1", True),
        ("2026.1", "2025.1", False),
        ("2026.1", "2024.1", True),
        ("2026.2", "2027.1", True),
    ]
    assert project.problems() == []
    assert flow.read_rebase(project.root) is None
    assert not any("2025.1" in path for path in project.bytes() if "series.lock" in path)


def test_the_release_to_carry_from_is_the_nearest_that_has_the_series(
    project: RebaseProject,
) -> None:
    for name in ("2025.1", "2026.1", "2027.1"):
        project.add_release(name, FITTING)
    assert rebase(project, "2025.1").carried.old == "2026.2"
    assert rebase(project, "2026.1").carried.old == "2026.2"
    assert rebase(project, "2027.1").carried.old == "2026.2"
    assert rebase(project, "2025.1").carried.old == "2026.1"
    assert rebase(project, "2025.1", "2027.1").carried.old == "2027.1"


def test_a_rebase_that_stopped_keeps_others_from_beginning(project: RebaseProject) -> None:
    project.add_release("2026.1", CLASHING)
    project.add_release("2025.1")
    rebase(project, "2026.1")
    for new in ("2026.1", "2025.1"):
        with pytest.raises(RebaseError, match=f"to 2026.1 is in progress, stopped at {GREET}"):
            rebase(project, new)
    flow.abort_rebase(rebasing(project))
    assert rebase(project, "2025.1").written


def test_without_a_rebase_there_is_nothing_to_go_on_with(project: RebaseProject) -> None:
    assert flow.read_rebase(project.root) is None
    for action in (
        lambda: flow.continue_rebase(rebasing(project)),
        lambda: flow.skip_patch(rebasing(project), None),
        lambda: flow.abort_rebase(rebasing(project)),
    ):
        with pytest.raises(RebaseError, match="no rebase is in progress"):
            action()


def test_a_patch_that_was_changed_meanwhile_is_not_guessed_at(project: RebaseProject) -> None:
    project.add_release("2026.1", CLASHING)
    rebase(project, "2026.1")
    (project.root / "series").write_text(f"{WHO}\n")
    with pytest.raises(RebaseError, match="no longer in conflict"):
        flow.continue_rebase(rebasing(project))


def test_what_the_release_does_not_take_as_it_is_cannot_be_carried(project: RebaseProject) -> None:
    project.add_release("2026.1")
    series = project.root / "series"
    for line, what in (
        (f"{WHO} -R\n", "a reversed patch"),
        ("../who.patch\n", "climbs out"),
        ("nova/escape.patch\n", "climbs out"),
        ("nova/misfit.patch\n", "hunk 1 of 1 does not fit"),
    ):
        series.write_text(line)
        texts = {
            "escape": "--- /dev/null\n+++ b/nova/../../evil.py\n@@ -0,0 +1 @@\n+x\n",
            "misfit": "--- a/nova/greet.py\n+++ b/nova/greet.py\n@@ -1 +1 @@\n-not there\n+x\n",
        }
        for name, text in texts.items():
            (project.root / f"patches/nova/{name}.patch").write_text(text)
        before = project.bytes()
        with pytest.raises(PortError, match=what):
            rebase(project, "2026.1")
        assert project.bytes() == before
        assert not (project.root / ".rebase").exists()


def test_a_patch_that_is_a_link_is_not_written_through(project: RebaseProject) -> None:
    project.add_release("2027.1", MERGED)
    patch, elsewhere = project.root / "patches" / LEAVE, project.root / "elsewhere.patch"
    patch.rename(elsewhere)
    patch.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    with pytest.raises(RebaseError, match="it is a link"):
        rebase(project, "2027.1")
    assert (patch.is_symlink(), elsewhere.read_bytes()) == (True, before)


def test_a_wheel_that_is_not_the_pinned_one_stops_everything(project: RebaseProject) -> None:
    project.add_release("2026.1", MERGED)
    before = project.bytes()
    wheels = project.cache / "freebsd-port/wheels"
    (pin,) = (p for p in project.project.load_release("2026.1").pins if p.distribution == "nova")
    (wheels / pin.sha256 / pin.wheel).write_bytes(b"not the wheel")
    with pytest.raises(WheelError, match="offline, and not in the cache: nova"):
        rebase(project, "2026.1")
    with pytest.raises(WheelError, match="pip could not download nova"):
        ops.start_rebase(project.project, "2026.1", None, replace(SETTINGS, is_offline=False))
    assert project.bytes() == before
    assert not (project.root / ".rebase").exists()


def test_a_project_that_cannot_be_written_is_told_of_before_anything_is_written(
    project: RebaseProject,
) -> None:
    project.add_release("2026.1", MERGED)
    before = project.bytes()
    (project.root / ".rebase").write_text("a file in the way")
    with pytest.raises(PortError, match="not a directory"):
        rebase(project, "2026.1")
    assert project.bytes() == before
    packaged = Project(project.root, is_packaged=True)
    with pytest.raises(RebaseError, match="inside an installed package"):
        ops.start_rebase(packaged, "2026.1", None, SETTINGS)


def test_a_state_from_elsewhere_names_no_file_outside(project: RebaseProject) -> None:
    project.add_release("2026.1", CLASHING)
    rebase(project, "2026.1")
    state = project.root / ".rebase/2026.1/state.json"
    outside = project.root.parent / "outside"
    outside.write_text("stays")
    for saved in ('"saved": {"../outside": false}', f'"saved": {{"{outside}": false}}'):
        state.write_text(state.read_text().replace('"saved": {}', saved))
        with pytest.raises(RebaseError, match="cannot be read"):
            flow.abort_rebase(rebasing(project))
        state.write_text(state.read_text().replace(saved, '"saved": {}'))
    assert outside.read_text() == "stays"
    flow.abort_rebase(rebasing(project))


def test_a_patch_that_only_the_new_release_takes_must_fit_there(project: RebaseProject) -> None:
    (project.root / "series").write_text(f"{WHO}\n{GREET}   # until 2026.1\n")
    (project.root / "patches" / LEAVE).unlink()
    project.add_release("2026.1")
    lock_series(project.project, "2026.2", is_offline=True, progress=lambda m: None)
    assert states(rebase(project, "2026.1")) == ["kept", "kept"]
    assert project.problems() == []
    project.add_release("2025.1", CLASHING)
    project.project.series_lock("2026.1").unlink()
    with pytest.raises(RebaseError, match=r"off on 2026\.2 and does not apply"):
        rebase(project, "2025.1", "2026.2")


def test_a_patch_that_the_release_between_has_is_carried_from_the_nearest_that_takes_it(
    project: RebaseProject,
) -> None:
    project.add_release("2026.1", UPSTREAMED)
    project.add_release("2025.1", NOVA_TEXT.replace("\n\n\ndef gap0", "\n\n# a gap\n\ndef gap0"))
    project.add_release("2024.1", CLASHING)
    assert states(rebase(project, "2026.1")) == ["kept", "upstreamed", "kept"]
    done = rebase(project, "2025.1")
    assert (done.carried.old, states(done)) == ("2026.1", ["kept", "rewritten", "rewritten"])
    assert GREET in dict(project.texts("2025.1"))
    assert project.problems() == []
    done = rebase(project, "2024.1", "2026.1")
    assert done.carried.conflict is not None
    assert b"||||||| base: 2025.1\n" in done.carried.conflict.work[0].content
    for text in (FINISHED, FINISHED_TWICE):
        project.finish("2024.1", text)
        flow.continue_rebase(rebasing(project))
    assert project.problems() == []


def test_a_patch_file_that_is_missing_is_named(project: RebaseProject) -> None:
    project.add_release("2026.1")
    (project.root / "patches" / LEAVE).unlink()
    with pytest.raises(ProblemsError) as told:
        rebase(project, "2026.1")
    assert "does not exist" in told.value.problems[0].what


def test_a_text_that_another_release_made_is_not_taken_on_trust(project: RebaseProject) -> None:
    project.add_release("2026.1", CLASHING)
    rebase(project, "2026.1")
    for text in (FINISHED, FINISHED_TWICE):
        project.finish("2026.1", text)
        flow.continue_rebase(rebasing(project))
    shutil.rmtree(project.root / ".rebase/resolutions")
    project.add_release("2025.1", CLASHING)
    assert rebase(project, "2025.1", "2026.2").carried.conflict is not None
    flow.abort_rebase(rebasing(project))
    assert rebase(project, "2025.1").written == ("releases/2025.1/series.lock",)


def test_a_text_of_its_own_that_fits_no_more_gives_way_and_is_named(
    project: RebaseProject,
) -> None:
    project.add_release("2026.1", MERGED)
    rebase(project, "2026.1")
    own = project.root / LEAVE_OLDER
    good = own.read_text()
    own.write_text(good.replace("\n-    return", "\n-    never", 1))
    done = rebase(project, "2026.1")
    name = LEAVE_OLDER.removeprefix("patches/")
    assert [patch.displaced for patch in done.carried.patches] == [None, None, name]
    assert own.read_text() == good


def test_a_text_that_cannot_be_read_is_named_by_its_own_file(project: RebaseProject) -> None:
    project.add_release("2026.1", MERGED)
    rebase(project, "2026.1")
    own = project.root / LEAVE_OLDER
    own.write_text(own.read_text().replace(" @@", "9 @@"))
    with pytest.raises(PortError, match="counts") as told:
        rebase(project, "2026.1")
    assert (told.value.where or "").startswith(LEAVE_OLDER.removeprefix("patches/") + ":")


def test_a_name_that_the_release_does_not_have_is_told_of_by_the_patch_and_by_check(
    project: RebaseProject,
) -> None:
    project.read_gap()
    assert project.problems() == []
    project.add_release("2026.1", WITHOUT_GAP)
    done = rebase(project, "2026.1")
    assert states(done) == ["kept", "kept", "kept"]
    told = {p.name: [(m.path, m.name) for m in p.missing] for p in done.carried.patches}
    assert told == {WHO: [], GREET: [], LEAVE: [("nova/greet.py", "gap2")]}
    (problem,) = project.problems()
    assert f"2026.1 has no gap2, which {LEAVE} reads" in problem
    assert rebase(project, "2026.1").carried.patches[2].missing  # and as long as it stays so


def test_a_name_that_a_patch_in_conflict_may_yet_bind_is_not_told_of(
    project: RebaseProject,
) -> None:
    binding = NOVA_TEXT.replace("'hello ' + name", "gap2(name)") + "\n\ngap2 = str.upper\n"
    project.small.save_patch(GREET, "nova/greet.py", NOVA_TEXT, binding)
    reading = binding.replace("return 'bye'", "return gap2('bye')")
    project.small.save_patch(LEAVE, "nova/greet.py", binding, reading)
    gone = WITHOUT_GAP.replace("'hello ' + name", "f'hello {name}'")
    project.add_release("2026.1", gone)
    done = rebase(project, "2026.1")
    assert states(done)[1] == "conflict"
    assert [patch.missing for patch in done.carried.patches] == [(), (), ()]
