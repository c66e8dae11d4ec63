"""Deciding about hunks: what the file holds then, what asks again, and what a check demands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rebase_project import FITTING, SETTINGS, RebaseProject, rebase_project
from small_project import GREET, LEAVE, NAMES, RELEASE, WHO

from freebsd_port.engine.core.review.decisions import DecisionError
from freebsd_port.engine.core.review.facts import HunkFacts, SeriesFacts
from freebsd_port.engine.ops.review.decide import Choice
from freebsd_port.errors import ProblemsError
from freebsd_port.openstack.ops.rebase.rebase import start_rebase
from freebsd_port.openstack.ops.review.decide import decide_hunks, find_unreviewed
from freebsd_port.openstack.ops.review.gather import gather_review
from freebsd_port.openstack.store.project.project import ProjectError, find_project


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RebaseProject:
    return rebase_project(tmp_path, monkeypatch)


def gather(made: RebaseProject, release: str | None = None) -> SeriesFacts:
    return gather_review(made.project, release, is_offline=True, progress=lambda message: None)


def hunks(made: RebaseProject, release: str | None = None) -> list[HunkFacts]:
    return [hunk for patch in gather(made, release).patches for hunk in patch.hunks]


def decide(
    made: RebaseProject, choice: Choice, *names: str, note: str = "", by: str = "Jo"
) -> None:
    facts = gather(made)
    ids = [hunk.id for patch in facts.patches for hunk in patch.hunks if patch.name in names]
    decide_hunks(made.project, facts, ids, choice, by=by, note=note)


def unreviewed(made: RebaseProject) -> list[str]:
    found = find_unreviewed(made.project, is_offline=True, progress=lambda message: None)
    return [str(one) for one in found]


def words(made: RebaseProject) -> list[str]:
    """The lines of the file, with ids, digests and dates left out."""
    lines = made.project.decisions.read_text().splitlines()
    return [
        re.sub(r"( [0-9a-f-]{12,}){2} \d{4}-\d\d-\d\d", "", line)
        for line in lines
        if not line.startswith("#")
    ]


def test_decisions_are_kept_in_the_order_of_the_series(made: RebaseProject) -> None:
    decide(made, "changes-requested", LEAVE, note="why\nthe blanks?")
    decide(made, "approved", WHO)
    assert words(made) == [
        f"approved {WHO} oslo_privsep/who.py:who Jo",
        f"changes-requested {LEAVE} nova/greet.py:greet Jo: why the blanks?",
        f"changes-requested {LEAVE} nova/greet.py:leave Jo: why the blanks?",
    ]
    assert [hunk.decision and hunk.decision.verdict for hunk in hunks(made)] == [
        "approved",
        None,
        "changes-requested",
        "changes-requested",
    ]


def test_the_same_decisions_make_the_same_bytes(made: RebaseProject) -> None:
    decide(made, "approved", *NAMES)
    once = made.project.decisions.read_bytes()
    made.project.decisions.unlink()
    for name in reversed(NAMES):
        decide(made, "approved", name)
    assert made.project.decisions.read_bytes() == once
    decide(made, "approved", WHO)
    assert made.project.decisions.read_bytes() == once


def test_a_later_decision_takes_the_place_and_a_reset_takes_it_away(made: RebaseProject) -> None:
    decide(made, "changes-requested", WHO)
    decide(made, "approved", WHO, by="Kim")
    assert words(made) == [f"approved {WHO} oslo_privsep/who.py:who Kim"]
    decide(made, "reset", WHO)
    assert words(made) == []
    assert hunks(made)[0].decision is None


def test_a_hunk_that_changed_asks_again_and_one_that_only_moved_does_not(
    made: RebaseProject,
) -> None:
    decide(made, "approved", *NAMES)
    for name, old, new in (
        (GREET, "+    return ('hello ' + name).upper()", "+    return ('hello ' + name).title()"),
        (LEAVE, "     return ('hello ' + name).upper()", "     return ('hello ' + name).title()"),
    ):
        text = made.small.patch(name).read_text()
        assert old in text
        made.small.patch(name).write_text(text.replace(old, new))
    who, greet, *leave = hunks(made)
    assert (greet.decision, greet.outdated is not None) == (None, True)
    assert all(hunk.decision is not None for hunk in (who, *leave))
    assert unreviewed(made) == [f"hunk {greet.id} of {GREET} changed since Jo approved it"]
    decide(made, "approved", GREET)
    assert len(words(made)) == 4
    assert unreviewed(made) == []


def test_a_rebase_that_only_moves_hunks_asks_for_nothing(made: RebaseProject) -> None:
    decide(made, "approved", *NAMES)
    made.add_release("2027.1", FITTING)
    start_rebase(made.project, "2027.1", None, SETTINGS)
    assert [hunk.decision is not None for hunk in hunks(made, "2027.1")] == [True] * 4
    assert unreviewed(made) == []


def test_a_check_names_every_hunk_that_is_not_approved(made: RebaseProject) -> None:
    assert len(unreviewed(made)) == 4
    decide(made, "approved", WHO, GREET)
    decide(made, "changes-requested", LEAVE, note="too loud")
    first, second = unreviewed(made)
    assert re.fullmatch(f"Jo requested changes to hunk [0-9a-f]{{12}} of {LEAVE}: too loud", first)
    assert second != first


def test_a_check_of_a_release_the_series_was_not_carried_to_demands_nothing(
    made: RebaseProject,
) -> None:
    decide(made, "approved", *NAMES)
    made.add_release("2025.1", "def other():\n    pass\n")
    assert unreviewed(made) == []
    made.project.series_lock(RELEASE).unlink()
    decide(made, "reset", *NAMES)
    assert unreviewed(made) == []


def test_a_file_that_cannot_be_read_is_not_written_over(made: RebaseProject) -> None:
    facts = gather(made)
    made.project.decisions.write_text("approved of everything\n")
    ids = [facts.patches[0].hunks[0].id]
    with pytest.raises(ProblemsError):
        decide_hunks(made.project, facts, ids, "approved", by="Jo")
    assert made.project.decisions.read_text() == "approved of everything\n"
    with pytest.raises(ProblemsError) as caught:
        unreviewed(made)
    assert caught.value.problems[0].where == f"{made.project.decisions}:1"


def test_a_name_that_the_file_cannot_hold_writes_nothing(made: RebaseProject) -> None:
    with pytest.raises(DecisionError):
        decide(made, "approved", WHO, by="Jo: Porter")
    assert not made.project.decisions.exists()


def test_a_project_inside_the_package_is_not_decided_about(made: RebaseProject) -> None:
    from dataclasses import replace

    facts = gather(made)
    packaged = replace(find_project(made.root), is_packaged=True)
    with pytest.raises(ProjectError, match="inside an installed package"):
        decide_hunks(packaged, facts, [facts.patches[0].hunks[0].id], "approved", by="Jo")
