"""A file through the series: every version follows from the one before it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from made_review import made_review, text_of

from freebsd_port.engine.core.review.facts import FileFacts, PatchFacts
from freebsd_port.engine.core.review.site.site import FileHistory, follow_files

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d"]), max_size=8)


def bare(number: int, before: list[bytes], after: list[bytes]) -> PatchFacts:
    """A patch of which only the file's two versions are known, as where no hunk has its place."""
    facts = made_review({"x": b"a\n"}, [("p", text_of("s", "x", b"a\n", b"b\n"))]).patches[0]
    files = (FileFacts("x", tuple(before), tuple(after)),)
    return replace(facts, name=str(number), files=files, hunks=())


def versions(history: FileHistory) -> list[list[bytes]]:
    found = [list(history.base)]
    for steps in history.steps:
        lines = list(found[-1])
        for step in reversed(steps):
            lines[step.start : step.start + step.removed] = step.added
        found.append(lines)
    return found


@given(st.lists(st.tuples(LINES, LINES), min_size=1, max_size=4))
def test_each_patch_begins_and_ends_with_its_versions_whatever_its_hunks_say(
    pairs: list[tuple[list[bytes], list[bytes]]],
) -> None:
    patches = [bare(number, before, after) for number, (before, after) in enumerate(pairs)]
    histories, begins = follow_files(patches)
    found = versions(histories["x"])
    for (before, after), begin in zip(pairs, begins, strict=True):
        assert found[begin["x"]] == before
        assert found[begin["x"] + 1] == after


def test_hunks_that_have_their_places_are_kept_as_blocks_of_their_own() -> None:
    old = b"".join(b"%d\n" % n for n in range(40))
    new = old.replace(b"\n5\n", b"\nfive\nand\n").replace(b"\n30\n", b"\n")
    facts = made_review({"x": old}, [("p", text_of("s", "x", old, new))])
    ((steps,),) = (history.steps for history in follow_files(facts.patches)[0].values())
    assert [(step.start, step.removed, list(step.added)) for step in steps] == [
        (5, 1, [b"five\n", b"and\n"]),
        (30, 1, []),
    ]
