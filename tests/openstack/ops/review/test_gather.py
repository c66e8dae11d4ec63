"""The facts of a small series over several releases, from real wheels and real patch files."""

from __future__ import annotations

from pathlib import Path

import pytest
from rebase_project import CLASHING, FITTING, UPSTREAMED, RebaseProject, rebase_project
from small_overlay import diff
from small_project import GREET, HEADER, LEAVE, NAMES, NOVA_TEXT, PLATFORM, RELEASE, WHO

from freebsd_port.engine.core.review.facts import HunkFacts, HunkOnRelease, SeriesFacts
from freebsd_port.engine.core.series.series import SeriesError
from freebsd_port.engine.ops.apply.apply import apply_series
from freebsd_port.errors import ProblemsError
from freebsd_port.openstack.ops.proof.verify import verify_target
from freebsd_port.openstack.ops.review.gather import gather_review
from freebsd_port.openstack.store.python.environment import EnvironmentUnusableError
from freebsd_port.openstack.store.python.wheels import WheelError

OLDER = "2025.1"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RebaseProject:
    return rebase_project(tmp_path, monkeypatch)


def gather(made: RebaseProject, release: str | None = None, **words: object) -> SeriesFacts:
    return gather_review(
        made.project,
        release,
        is_offline=True,
        progress=lambda message: None,
        **words,  # type: ignore[arg-type]
    )


def hunks(facts: SeriesFacts) -> list[HunkFacts]:
    return [hunk for patch in facts.patches for hunk in patch.hunks]


def placements(facts: SeriesFacts, release: str) -> list[HunkOnRelease]:
    return [one for hunk in hunks(facts) for one in hunk.placements if one.release == release]


def write_variant(made: RebaseProject, name: str, old: str, new: str) -> None:
    stem = name.removesuffix(".patch")
    text = HEADER.format(subject="x").encode() + diff("nova/greet.py", old.encode(), new.encode())
    made.small.patch(f"{stem}@{OLDER}.patch").write_bytes(text)


def test_hunks_have_their_place_and_scope_on_the_newest_release(made: RebaseProject) -> None:
    facts = gather(made)
    assert (facts.release, facts.releases) == (RELEASE, (RELEASE,))
    assert [patch.name for patch in facts.patches] == list(NAMES)
    assert [(h.patch, h.path, h.number, h.total, h.scope, h.line) for h in hunks(facts)] == [
        (WHO, "oslo_privsep/who.py", 1, 1, "who", 1),
        (GREET, "nova/greet.py", 1, 1, "greet", 1),
        (LEAVE, "nova/greet.py", 1, 2, "greet", 1),
        (LEAVE, "nova/greet.py", 2, 2, "leave", 19),
    ]
    assert {one.state for one in placements(facts, RELEASE)} == {"exact"}


def test_files_are_given_as_each_patch_finds_and_leaves_them(made: RebaseProject) -> None:
    _, greet, leave = gather(made).patches
    (first,), (second,) = greet.files, leave.files
    assert b"".join(first.before or ()).decode() == NOVA_TEXT
    assert first.after == second.before
    assert b"name.strip()" in b"".join(second.after or ())


def test_a_release_that_takes_the_same_text_tells_where_it_lands(made: RebaseProject) -> None:
    made.add_release(OLDER, FITTING)
    facts = gather(made)
    assert facts.releases == (OLDER, RELEASE)
    assert [(o.state, o.line, o.offset, o.counterpart) for o in placements(facts, OLDER)] == [
        ("exact", 1, 0, None),
        ("exact", 1, 0, None),
        ("exact", 1, 0, None),
        ("offset", 20, 1, None),
    ]


def test_what_does_not_fit_is_a_miss_and_what_is_there_already_says_so(
    made: RebaseProject,
) -> None:
    made.add_release(OLDER, UPSTREAMED)
    facts = gather(made)
    greet = placements(facts, OLDER)[1]
    assert (greet.state, greet.line, greet.is_held) == ("miss", None, True)
    assert greet.reason == "the file already has the new side"
    assert "2025.1 holds 1 of 1 hunks already" in facts.patches[1].upstream


def test_a_text_of_its_own_is_matched_hunk_by_hunk(made: RebaseProject) -> None:
    made.add_release(OLDER, CLASHING)
    loud = CLASHING.replace("f'hello {name}'", "f'hello {name}'.upper()")
    write_variant(made, GREET, CLASHING, loud)
    write_variant(made, LEAVE, loud, loud.replace("return 'bye'", "return 'goodbye'"))
    facts = gather(made)
    _, greet, strip, bye = placements(facts, OLDER)
    own = {h.patch: h.id for h in hunks(gather(made, OLDER))}
    assert (greet.state, greet.counterpart) == ("rewritten", own[GREET])
    assert greet.file == f"nova/greet-loudly@{OLDER}.patch"
    assert (strip.state, strip.counterpart) == ("gone", None)
    assert (bye.state, bye.counterpart) == ("exact", None)
    assert own[LEAVE] == hunks(facts)[3].id


def test_the_older_release_can_be_the_one_that_is_shown(made: RebaseProject) -> None:
    made.add_release(OLDER, CLASHING)
    loud = CLASHING.replace("f'hello {name}'", "f'hello {name}'.upper()")
    write_variant(made, GREET, CLASHING, loud)
    facts = gather(made, OLDER)
    greet = facts.patches[1]
    assert greet.file == f"nova/greet-loudly@{OLDER}.patch"
    assert [(one.release, one.state) for one in greet.hunks[0].placements] == [
        (OLDER, "exact"),
        (RELEASE, "rewritten"),
    ]


def test_a_patch_that_is_off_has_no_hunks_there_and_the_reason(made: RebaseProject) -> None:
    made.add_release(OLDER)
    series = made.project.series
    series.write_text(series.read_text().replace(WHO, f"{WHO}  # not {OLDER}: who knows there"))
    (one,) = gather(made, patches=[WHO]).patches
    assert next((o.state, o.reason) for o in one.hunks[0].placements) == (
        "off",
        f"not {OLDER}: who knows there",
    )
    assert f"{OLDER} goes without it" in one.upstream
    (there,) = gather(made, OLDER, patches=[WHO]).patches
    assert (there.is_off, there.hunks) == (True, ())
    assert "who knows there" in there.upstream


def test_a_release_whose_wheels_are_not_here_is_unknown(made: RebaseProject) -> None:
    made.add_release(OLDER)
    for pin in made.project.load_release(OLDER).pins:
        (made.cache / "freebsd-port/wheels" / pin.sha256 / pin.wheel).unlink()
    assert {one.state for one in placements(gather(made), OLDER)} == {"unknown"}
    with pytest.raises(WheelError, match="offline"):
        gather(made, OLDER)


def test_one_patch_alone_has_the_same_facts_as_in_the_whole(made: RebaseProject) -> None:
    made.add_release(OLDER, FITTING)
    whole = {patch.name: patch for patch in gather(made).patches}
    for name in NAMES:
        assert gather(made, patches=[name]).patches == (whole[name],)


def test_equal_hunks_are_told_apart_whether_or_not_both_are_shown(made: RebaseProject) -> None:
    between = "".join(f"    line{number} = {number}\n" for number in range(12))
    text = f"def greet(name):\n    go()\n{between}    go()\n"
    half = text.replace("go()", "run()", 1)
    made.add_release("2027.1", text)
    made.small.save_patch(GREET, "nova/greet.py", text, half)
    made.small.save_patch(LEAVE, "nova/greet.py", half, half.replace("go()", "run()"))
    _, first, second = hunks(gather(made))
    assert first.scope == second.scope == "greet"
    assert second.id == f"{first.id}-2"
    assert hunks(gather(made, patches=[LEAVE]))[0].id == second.id


def test_the_checks_that_ran_a_hunk_are_told_while_its_text_is_the_one_applied(
    made: RebaseProject,
) -> None:
    assert {hunk.checks for hunk in hunks(gather(made))} == {None}
    apply_series(made.small.workspace())
    verify_target(
        made.project, made.small.workspace(), platforms=(PLATFORM,), progress=lambda message: None
    )
    facts = gather(made)
    assert [hunk.checks for hunk in hunks(facts)] == [
        ("test_who_am_i.test_who",),
        ("test_greet_loudly.test_greet",),
        ("test_greet_loudly.test_greet",),
        ("test_leave_politely.test_leave",),
    ]
    assert [hunk.missed for hunk in hunks(facts)] == [()] * 4
    text = made.small.patch(WHO).read_text()
    made.small.patch(WHO).write_text(text.replace("went wrong", "ended badly"))
    assert [hunk.checks is None for hunk in hunks(gather(made))] == [True, False, False, False]


def test_an_environment_that_was_named_and_is_none_is_an_error(
    made: RebaseProject, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentUnusableError):
        gather(made, venv=tmp_path / "nowhere")


def test_findings_are_on_the_hunk_that_they_are_about(made: RebaseProject) -> None:
    text = NOVA_TEXT.replace("'hello ' + name", "'hello'")
    made.small.save_patch(GREET, "nova/greet.py", NOVA_TEXT, text)
    (patch,) = gather(made, patches=[GREET]).patches
    assert [one.rule for one in patch.hunks[0].findings] == ["linux-changed"]
    assert patch.hunks[0].findings[0].file == f"patches/{GREET}"
    assert patch.findings == ()


def test_a_patch_that_is_missing_or_cannot_be_read_is_named(made: RebaseProject) -> None:
    made.small.patch(WHO).unlink()
    with pytest.raises(ProblemsError) as caught:
        gather(made)
    assert caught.value.problems[0].what == f"the series names {WHO}, which does not exist"
    made.small.patch(WHO).mkdir()
    with pytest.raises(SeriesError, match="the patch cannot be read: is a directory"):
        gather(made)
