"""Three-way merge of splices; the arbiter is git merge-file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freebsd_port.engine.core.rebase.merge import Clash, MergeResult, Present, merge_splices
from freebsd_port.engine.core.text.align import align_lines, chunks
from freebsd_port.engine.core.text.splice import Splice, apply_splices

Lines = list[bytes]


def lines(text: str) -> Lines:
    return [f"{word}\n".encode() for word in text.split()]


def splices_of(base: Lines, ours: Lines) -> list[Splice]:
    return [
        Splice(c.start, c.stop, tuple(ours[c.other_start : c.other_stop]))
        for c in chunks(align_lines(base, ours), len(base), len(ours))
    ]


def merge(base: Lines, ours: Lines, theirs: Lines) -> tuple[MergeResult, ...]:
    return merge_splices(base, theirs, align_lines(base, theirs), splices_of(base, ours))


def make(theirs: Lines, results: tuple[MergeResult, ...]) -> Lines | None:
    """Give the merged file, None where there is a clash."""
    if any(isinstance(result, Clash) for result in results):
        return None
    return apply_splices(theirs, [result for result in results if isinstance(result, Splice)])


def test_a_splice_follows_its_lines() -> None:
    base = lines("a b c d e f")
    results = merge(base, lines("a b c D e f"), lines("new a b c d e f"))
    assert results == (Splice(4, 5, (b"D\n",)),)


def test_a_splice_that_the_other_version_has_is_present() -> None:
    assert merge(lines("a b c"), lines("a B c"), lines("z a B c")) == (Present(2),)


@pytest.mark.parametrize("theirs", ["a X c d", "a b X d", "X b c d", "a c d"])
def test_a_change_that_overlaps_or_touches_clashes(theirs: str) -> None:
    (result,) = merge(lines("a b c d"), lines("a B c d"), lines(theirs))
    assert isinstance(result, Clash)


def test_a_clash_holds_the_three_texts_and_the_splices_that_it_is_about() -> None:
    base, ours, theirs = lines("a b c d e"), lines("a B c D e"), lines("a 1 2 3 e")
    first, second = merge(base, ours, theirs)
    assert first is second
    assert first == Clash(
        1, 4, tuple(lines("b c d")), tuple(lines("B c D")), tuple(lines("1 2 3")), (0, 1)
    )


def test_a_last_line_without_newline_is_another_line() -> None:
    base, theirs = [b"a\n", b"b"], [b"a\n", b"b\n", b"c\n"]
    (result,) = merge(base, [b"a\n", b"B"], theirs)
    assert isinstance(result, Clash)


@st.composite
def versions(draw: st.DrawFn) -> tuple[Lines, Lines, Lines]:
    """Draw a base whose lines are all different, and two variants of it."""
    base = [b"line %d\n" % number for number in range(draw(st.integers(1, 14)))]

    def variant() -> Lines:
        made = list(base)
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(made)))
            new = draw(st.lists(st.sampled_from([b"x\n", b"y\n", b"z\n"]), max_size=2))
            made[at : at + draw(st.integers(0, 2))] = new
        return made

    return base, variant(), variant()


def git_merge_file(base: Lines, ours: Lines, theirs: Lines) -> Lines | None:
    """Give what git makes of it, None for a conflict."""
    with tempfile.TemporaryDirectory() as directory:
        for name, content in (("ours", ours), ("base", base), ("theirs", theirs)):
            Path(directory, name).write_bytes(b"".join(content))
        done = subprocess.run(
            ["git", "merge-file", "-p", "ours", "base", "theirs"],
            cwd=directory,
            capture_output=True,
            check=False,
        )
    return None if done.returncode else done.stdout.splitlines(keepends=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")
@settings(max_examples=400, deadline=None)
@given(versions())
def test_git_merges_to_the_same_wherever_both_are_clean(
    drawn: tuple[Lines, Lines, Lines],
) -> None:
    base, ours, theirs = drawn
    merged, expected = make(theirs, merge(base, ours, theirs)), git_merge_file(base, ours, theirs)
    if merged is not None and expected is not None:
        assert merged == expected


@given(versions())
def test_merging_with_an_unchanged_side_gives_the_other_one(
    drawn: tuple[Lines, Lines, Lines],
) -> None:
    base, ours, theirs = drawn
    assert make(base, merge(base, ours, base)) == ours
    assert make(theirs, merge(base, base, theirs)) == theirs
    assert make(ours, merge(base, ours, ours)) == ours
