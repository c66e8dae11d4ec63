"""Which decision holds: of a hunk that stayed, that moved, and that changed its meaning."""

from __future__ import annotations

from collections.abc import Mapping

from memory_tree import MemoryTree
from small_overlay import diff

from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.review.decisions import Standing, decide, match_decisions
from freebsd_port.engine.core.review.facts import Decision, HunkFacts
from freebsd_port.engine.core.review.on_release import (
    SeriesWalk,
    WalkedHunk,
    WalkedPatch,
    number_patches,
)
from freebsd_port.engine.core.series.series import SeriesEntry

NAME, OTHER = "nova/a.patch", "nova/b.patch"
PATH = "nova/host.py"
GAP = "".join(f"\n\ndef gap{number}():\n    return {number}\n" for number in range(3))
OLD = f"def first():\n    go(1)\n{GAP}\n\ndef last():\n    go(9)\n"
NEW = OLD.replace("go(1)", "run(1)").replace("go(9)", "run(9)")


def lay(*patches: tuple[str, str, str]) -> tuple[WalkedPatch, ...]:
    """Lay patches, each a name and its text before and after, over the first one's file."""
    layer = SeriesWalk(MemoryTree({PATH: patches[0][1].encode()}))
    return number_patches(
        layer.lay(
            SeriesEntry(name, 1, False, "", 1),
            parse_patch(name, diff(PATH, old.encode(), new.encode())),
        )
        for name, old, new in patches
    )


def of(laid: WalkedHunk, patch: str = NAME, on: str = "2026-11-25") -> Decision:
    return Decision(laid.id, laid.content, patch, laid.path, laid.scope, "approved", "Jo", on, "")


def alive(*laid: WalkedPatch) -> Mapping[str, set[str]]:
    return {patch.name: {hunk.content for hunk in patch.hunks} for patch in laid}


def test_a_decision_holds_for_its_hunk_and_no_other() -> None:
    (patch,) = lay((NAME, OLD, NEW))
    first, last = patch.hunks
    standing = match_decisions((patch,), [of(first)], alive(patch))
    assert standing == {first.id: Standing(of(first)), last.id: Standing()}


def test_lines_and_context_may_change() -> None:
    (before,) = lay((NAME, OLD, NEW))
    (after,) = lay((NAME, f"import os\n\n\n{OLD}", f"import os\n\n\n{NEW}"))
    assert [hunk.line for hunk in before.hunks] != [hunk.line for hunk in after.hunks]
    decisions = [of(hunk) for hunk in before.hunks]
    standing = match_decisions((after,), decisions, alive(after))
    assert [one.decision for one in standing.values()] == decisions


def test_a_hunk_that_moved_to_another_function_asks_again_and_says_what_was_decided() -> None:
    (before,) = lay((NAME, OLD, NEW))
    moved = [text.replace("def first", "def renamed") for text in (OLD, NEW)]
    (after,) = lay((NAME, moved[0], moved[1]))
    assert after.hunks[0].id != before.hunks[0].id
    standing = match_decisions((after,), [of(before.hunks[0])], alive(after))
    assert standing[after.hunks[0].id] == Standing(None, of(before.hunks[0]))


def test_a_hunk_that_changed_asks_again_and_says_what_was_decided() -> None:
    (before,) = lay((NAME, OLD, NEW))
    (after,) = lay((NAME, OLD, NEW.replace("run(1)", "run(11)")))
    standing = match_decisions((after,), [of(hunk) for hunk in before.hunks], alive(after))
    assert standing == {
        after.hunks[0].id: Standing(None, of(before.hunks[0])),
        after.hunks[1].id: Standing(of(before.hunks[1])),
    }


def test_the_latest_of_what_was_decided_is_told() -> None:
    versions = [lay((NAME, OLD, NEW.replace("run(1)", f"run({n})")))[0] for n in (2, 3, 4)]
    decisions = [of(versions[0].hunks[0]), of(versions[1].hunks[0], on="2026-12-01")]
    standing = match_decisions(versions[2:], decisions, alive(versions[2]))
    assert standing[versions[2].hunks[0].id].outdated == decisions[1]


def test_a_changed_hunk_of_a_function_that_is_gone_asks_again() -> None:
    (before,) = lay((NAME, OLD, NEW))
    moved = [text.replace("def first", "def renamed") for text in (OLD, NEW)]
    (after,) = lay((NAME, moved[0], moved[1].replace("run(1)", "run(11)")))
    standing = match_decisions((after,), [of(before.hunks[0])], alive(after))
    assert standing[after.hunks[0].id].outdated == of(before.hunks[0])


def test_what_was_decided_of_another_releases_text_is_not_outdated() -> None:
    (shown,) = lay((NAME, OLD, NEW))
    (variant,) = lay((NAME, OLD, NEW.replace("run(1)", "run(11)")))
    both = {NAME: alive(shown)[NAME] | alive(variant)[NAME]}
    standing = match_decisions((shown,), [of(variant.hunks[0])], both)
    assert standing[shown.hunks[0].id] == Standing()


RENAMED = [one.replace("def first", "def renamed") for one in (OLD, NEW)]


def test_a_hunk_that_went_to_another_patch_keeps_its_decision() -> None:
    (before,) = lay((NAME, OLD, NEW))
    (after,) = lay((OTHER, OLD, NEW))
    standing = match_decisions((after,), [of(before.hunks[0])], {NAME: ()})
    assert standing[after.hunks[0].id].decision == of(before.hunks[0])


def test_what_another_patch_still_has_was_not_decided_of_this_one() -> None:
    (variant,) = lay((NAME, OLD, NEW))
    (other,) = lay((OTHER, RENAMED[0], RENAMED[1]))
    standing = match_decisions((other,), [of(variant.hunks[0])], alive(variant))
    assert standing[other.hunks[0].id] == Standing()


def test_a_decision_of_one_hunk_does_not_hold_for_two() -> None:
    (before,) = lay((NAME, OLD, NEW))
    twice = OLD.replace("go(9)", "go(1)")
    (after,) = lay((NAME, twice, twice.replace("go(1)", "run(1)")))
    standing = match_decisions((after,), [of(before.hunks[0])], alive(after))
    assert [one.decision is not None for one in standing.values()] == [True, False]


def test_what_was_decided_in_another_function_is_not_told() -> None:
    (before,) = lay((NAME, OLD, NEW))
    (after,) = lay((NAME, OLD, NEW.replace("run(1)", "run(11)").replace("run(9)", "run(99)")))
    first, last = before.hunks
    decisions = [of(first), of(last, on="2026-12-01")]
    standing = match_decisions((after,), decisions, alive(after))
    assert [one.outdated for one in standing.values()] == decisions


def test_of_two_equal_hunks_each_is_decided_by_itself() -> None:
    twice = OLD.replace("go(9)", "go(1)")
    (patch,) = lay((NAME, twice, twice.replace("go(1)", "run(1)")))
    first, last = patch.hunks
    assert first.content == last.content
    standing = match_decisions((patch,), [of(first)], alive(patch))
    assert standing == {first.id: Standing(of(first)), last.id: Standing()}


def facts(laid: WalkedHunk, standing: Standing) -> HunkFacts:
    return HunkFacts(
        *(laid.id, laid.content, NAME, laid.path, laid.number, laid.total, laid.scope),  # type: ignore[arg-type]
        *(laid.hunk, laid.line, (), None, (), (), standing.decision, standing.outdated),  # type: ignore[arg-type]
    )


def test_a_new_decision_takes_the_place_of_the_outdated_one() -> None:
    (before,) = lay((NAME, OLD, NEW))
    (after,) = lay((NAME, OLD, NEW.replace("run(1)", "run(11)")))
    past = [of(hunk) for hunk in before.hunks]
    standing = match_decisions((after,), past, alive(after))
    hunk = facts(after.hunks[0], standing[after.hunks[0].id])
    assert decide(past, [of(after.hunks[0])], [hunk]) == (past[1], of(after.hunks[0]))
    assert decide(past, [], [hunk]) == (past[1],)


def test_a_decision_of_a_moved_hunk_goes_under_its_new_id() -> None:
    (before,) = lay((NAME, OLD, NEW))
    moved = [text.replace("def first", "def renamed") for text in (OLD, NEW)]
    (after,) = lay((NAME, moved[0], moved[1]))
    past = [of(before.hunks[0])]
    standing = match_decisions((after,), past, alive(after))
    hunk = facts(after.hunks[0], standing[after.hunks[0].id])
    assert decide(past, [of(after.hunks[0])], [hunk]) == (of(after.hunks[0]),)
