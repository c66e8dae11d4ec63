"""The files in memory while a series runs, and git's reading of one patch."""

from __future__ import annotations

from memory_tree import MemoryTree

from freebsd_port.engine.core.apply.changed_file import ChangedFile
from freebsd_port.engine.core.apply.draft import Draft, DraftFile
from freebsd_port.engine.core.text.file import FileState

X, Y, Z = (DraftFile([text], None) for text in (b"x\n", b"y\n", b"z\n"))


def test_a_file_that_was_only_looked_at_stays_as_it_was() -> None:
    draft = Draft(MemoryTree({"f": b"a\n"}))
    assert draft.exists("f")
    assert not draft.exists("g")
    (_, before, after), absent = draft.changes()
    assert before == after == FileState(b"a\n", 0o644)
    assert absent == ("g", None, None)


F = ChangedFile("f", "f")


def write_git(draft: Draft, target: ChangedFile, file: DraftFile) -> None:
    draft.open(target, is_git=True)
    draft.write(target.path, file, is_new=False)


def test_a_plain_write_shows_at_once_and_a_git_one_when_the_patch_ends() -> None:
    draft = Draft(MemoryTree({"f": b"a\n"}))
    draft.open(F, is_git=False)
    draft.write("f", X, is_new=False)
    assert draft.open(F, is_git=False) is X
    write_git(draft, F, Y)
    assert draft.open(ChangedFile("f", "g"), is_git=True) is X
    draft.end_patch()
    assert draft.open(F, is_git=False) is Y


def test_git_diffs_that_come_back_to_a_file_see_what_each_before_wrote() -> None:
    draft = Draft(MemoryTree({"f": b"a\n"}))
    write_git(draft, F, X)
    assert draft.open(F, is_git=True) is X
    draft.write("f", Y, is_new=False)
    assert draft.open(F, is_git=True) is Y
    draft.write("f", Z, is_new=False)
    assert draft.open(F, is_git=True) is Z


def test_a_plain_diff_sees_what_git_diffs_wrote() -> None:
    draft = Draft(MemoryTree({"f": b"a\n"}))
    write_git(draft, F, X)
    assert draft.open(F, is_git=False) is X


def test_what_waits_is_not_there_for_the_choice_of_a_name() -> None:
    draft = Draft(MemoryTree({"f": b"a\n"}))
    write_git(draft, ChangedFile("f", "g"), X)
    draft.remove("f", draft.open(F, is_git=True))
    assert not draft.exists("g")
    assert not draft.exists("f")
    draft.end_patch()
    assert draft.exists("g")
    assert not draft.exists("f")


def test_a_removed_file_counts_as_gone_until_something_is_written_there() -> None:
    draft = Draft(MemoryTree({"f": b"a\n"}))
    draft.remove("f", draft.open(F, is_git=False))
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
