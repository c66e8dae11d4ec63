"""The files in memory while a series runs, and git's reading of one patch."""

from __future__ import annotations

from memory_tree import MemoryTree

from freebsd_port.engine.core.apply.changed_file import ChangedFile
from freebsd_port.engine.core.apply.draft import Draft, DraftFile
from freebsd_port.engine.core.text.file import FileState

X = DraftFile([b"x\n"], None)


def test_a_file_that_was_only_looked_at_stays_as_it_was() -> None:
    draft = Draft(MemoryTree({"f": b"a\n"}))
    assert draft.exists("f")
    assert not draft.exists("g")
    (_, before, after), absent = draft.changes()
    assert before == after == FileState(b"a\n", 0o644)
    assert absent == ("g", None, None)


def test_a_plain_write_shows_at_once_and_a_git_one_when_the_patch_ends() -> None:
    draft = Draft(MemoryTree({"f": b"a\n"}))
    draft.begin(is_git=False)
    draft.write("f", X, is_new=False)
    assert draft.open(ChangedFile("f", "f")) == X
    draft.begin(is_git=True)
    y = DraftFile([b"y\n"], None)
    draft.open(ChangedFile("f", "f"))
    draft.write("f", y, is_new=False)
    assert draft.open(ChangedFile("f", "g")) == X
    draft.end_patch()
    assert draft.open(ChangedFile("f", "f")) == y


def test_a_git_patch_that_comes_back_to_a_file_sees_what_it_wrote() -> None:
    draft = Draft(MemoryTree({"f": b"a\n"}))
    draft.begin(is_git=True)
    draft.open(ChangedFile("f", "f"))
    draft.write("f", X, is_new=False)
    assert draft.open(ChangedFile("f", "f")) == X


def test_a_removed_file_counts_as_gone_until_something_is_written_there() -> None:
    draft = Draft(MemoryTree({"f": b"a\n"}))
    draft.remove("f")
    assert not draft.exists("f")
    draft.write("f", X, is_new=True)
    draft.end_patch()
    assert draft.exists("f")


def test_a_made_directory_is_there_for_the_next_patch() -> None:
    draft = Draft(MemoryTree({}))
    assert not draft.has_directory("d/e")
    draft.write("d/e/f", X, is_new=True)
    assert draft.has_directory("d/e")
    assert draft.has_directory("d")
    assert not draft.has_directory("d/e/f")
