"""The alignment that a merge works with is git's own; the judge is `git diff`."""

from __future__ import annotations

import random
import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freebsd_port.engine.core.text.align import chunks
from freebsd_port.engine.core.text.git_diff import Alignment, LineIndex, align_as_git
from freebsd_port.engine.core.text.splice import Splice, apply_splices

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"}\n", b"\n", b"c\n", b"d\n"]), max_size=24)
RANGES = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def chunks_of_git(old: list[bytes], new: list[bytes]) -> list[tuple[int, int, int, int]]:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "old").write_bytes(b"".join(old))
        Path(directory, "new").write_bytes(b"".join(new))
        words = ["--no-index", "--histogram", "--no-indent-heuristic", "-U0", "old", "new"]
        done = subprocess.run(
            ["git", "-c", "core.attributesFile=/dev/null", "diff", *words],
            cwd=directory,
            capture_output=True,
            check=False,
        )
    found = []
    for match in RANGES.finditer(done.stdout):
        sides = []
        for first, count in ((match[1], match[2]), (match[3], match[4])):
            number = 1 if count is None else int(count)
            start = int(first) - (number > 0)
            sides += [start, start + number]
        found.append((sides[0], sides[1], sides[2], sides[3]))
    return found


@settings(max_examples=200, deadline=None)
@given(LINES, LINES)
def test_the_changed_lines_are_those_that_git_finds(old: list[bytes], new: list[bytes]) -> None:
    found = chunks(align_as_git(old, new), len(old), len(new))
    ours = [(c.start, c.stop, c.other_start, c.other_stop) for c in found]
    assert ours == chunks_of_git(old, new)


@pytest.mark.parametrize("edits", [1, 3, 40, 400])
def test_long_files_with_few_and_many_changes_are_aligned_as_git_does(edits: int) -> None:
    dice = random.Random(edits)
    frequent = [b"\n", b"    )\n", b"    return None\n"] + [b"    x = %d\n" % n for n in range(40)]
    old = [
        dice.choice(frequent) if dice.random() < 0.4 else b"    line %d\n" % number
        for number in range(3000)
    ]
    new = list(old)
    for _ in range(edits):
        at, size = dice.randrange(len(new) - 30), dice.randrange(30)
        copied = dice.randrange(len(old) - 30)
        new[at : at + dice.randrange(4)] = [
            *old[copied : copied + size],
            dice.choice([*frequent, b"    only here\n"]),
        ]
    found = chunks(align_as_git(old, new), len(old), len(new))
    ours = [(c.start, c.stop, c.other_start, c.other_stop) for c in found]
    assert ours == chunks_of_git(old, new)


@given(LINES, LINES)
def test_lines_that_are_paired_are_equal(old: list[bytes], new: list[bytes]) -> None:
    for block in align_as_git(old, new):
        paired = new[block.other : block.other + block.count]
        assert old[block.base : block.base + block.count] == paired


def test_a_line_that_stands_very_often_does_not_stop_it() -> None:
    old = [b"x\n"] * 200
    new = [b"x\n"] * 90 + [b"y\n"] + [b"x\n"] * 110
    found = chunks(align_as_git(old, new), len(old), len(new))
    assert sum(c.other_stop - c.other_start for c in found) == 1
    assert sum(c.stop - c.start for c in found) == 0


@settings(max_examples=100, deadline=None)
@given(LINES, LINES, st.data())
def test_an_index_that_follows_changes_aligns_as_a_new_one(
    old: list[bytes], new: list[bytes], data: st.DataObject
) -> None:
    index = LineIndex(old)
    for _ in range(data.draw(st.integers(0, 6))):
        start = data.draw(st.integers(0, len(old)))
        stop = data.draw(st.integers(start, len(old)))
        lines = data.draw(LINES)
        assert index.replace(start, old[start:stop], lines)
        old = [*old[:start], *lines, *old[stop:]]
    assert align_as_git(old, new, index) == align_as_git(old, new)


def test_an_index_tells_when_no_label_is_left_between_two_lines() -> None:
    index = LineIndex([b"a\n", b"b\n"])
    changes = [index.replace(1, [], [b"x\n"]) for _ in range(40)]
    assert changes[0]
    assert not changes[-1]


@st.composite
def splices(draw: st.DrawFn, count: int) -> list[Splice]:
    """Draw changes of a version with so many lines, in order."""
    places = sorted(draw(st.lists(st.integers(0, count), max_size=6)))
    pairs = zip(places[::2], places[1::2], strict=False)
    made = [Splice(start, stop, tuple(draw(LINES)[:4])) for start, stop in pairs]
    return [one for n, one in enumerate(made) if not n or made[n - 1].stop < one.start]


@settings(max_examples=150, deadline=None)
@given(LINES, LINES, st.data())
def test_an_alignment_that_follows_changes_of_both_versions_is_that_of_a_new_one(
    old: list[bytes], new: list[bytes], data: st.DataObject
) -> None:
    alignment = Alignment()
    for _ in range(data.draw(st.integers(1, 5))):
        assert alignment.blocks(old, new) == align_as_git(old, new)
        for _ in range(data.draw(st.integers(0, 2))):
            made = data.draw(splices(len(old)))
            alignment.change_old(made)
            old = apply_splices(old, made)
        made = data.draw(splices(len(new)))
        alignment.change_new(made)
        new = apply_splices(new, made)
    assert alignment.blocks(old, new) == align_as_git(old, new)


def test_an_alignment_follows_many_changes_of_long_files() -> None:
    dice = random.Random(1)
    old = [b"    line %d\n" % dice.randrange(900) for _ in range(1500)]
    new = list(old)
    alignment = Alignment()
    for _ in range(60):
        for lines, follow in ((old, alignment.change_old), (new, alignment.change_new)):
            start = dice.randrange(len(lines))
            stop = min(start + dice.randrange(3), len(lines))
            put = tuple(b"    line %d\n" % dice.randrange(900) for _ in range(dice.randrange(4)))
            follow([Splice(start, stop, put)])
            lines[start:stop] = put
        assert alignment.blocks(old, new) == align_as_git(old, new)


def test_an_alignment_sees_the_newline_that_a_last_line_gets() -> None:
    old, new = [b"a\n", b"b"], [b"a\n", b"b\n"]
    alignment = Alignment()
    assert [one.count for one in alignment.blocks(old, new)] == [1]
    made = [Splice(2, 2, (b"c\n",))]
    alignment.change_old(made)
    old = apply_splices(old, made)
    assert [one.count for one in alignment.blocks(old, new)] == [2]
