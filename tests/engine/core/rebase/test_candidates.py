"""Rebasing a patch from two versions: which result is taken, and what a person has to choose."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from drawn_diffs import unified
from memory_tree import MemoryTree

from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.rebase.candidates import Candidates
from freebsd_port.engine.core.rebase.conflict import read_resolutions
from freebsd_port.engine.core.rebase.merge import Clash
from freebsd_port.engine.core.rebase.outcome import RebasedPatch
from freebsd_port.engine.core.rebase.rebaser import Rebaser
from freebsd_port.engine.core.rebase.tree_version import Version
from freebsd_port.engine.core.series.series import SeriesEntry

ENTRY = SeriesEntry(name="p", strip=1, reverse=False, comment="", line=1)
HEADER = b"Subject: greet\n\nWhy.\n\n"
MIDDLE = b"".join(b"\n\ndef gap%d():\n    return %d\n" % (n, n) for n in range(6))
GREET = b"def greet(who):\n    text = 'hello'\n    return text + who\n"
LEAVE = b"\n\ndef leave():\n    word = 'bye'\n    return word\n"
OLD = GREET + MIDDLE
NEW = GREET + MIDDLE + LEAVE
LOUD = b"'HELLO'"


def diff(before: bytes, after: bytes) -> Patch:
    body = unified(before, after, 3)
    return parse_patch("p", HEADER + body.replace(b"a/f", b"a/m.py").replace(b"b/f", b"b/m.py"))


class Series:
    """One file on an older, a newer and a new version, and the patches made for the first two."""

    def __init__(self, older: bytes, newer: bytes, new: bytes) -> None:
        self.older, self.newer, self.new = older, newer, new
        self.known: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}
        self.made: list[str] = []
        self.candidates = self.start()

    def start(self) -> Candidates:
        other = Version(MemoryTree({"m.py": self.new}))

        def maker(name: str, base: bytes) -> Rebaser:
            self.made.append(name)
            version = Version(MemoryTree({"m.py": base}))
            return Rebaser(version, other, name, "new", None, self.recall)

        return Candidates(
            other, [lambda: maker("newer", self.newer), lambda: maker("older", self.older)]
        )

    def recall(self, clash: Clash) -> tuple[bytes, ...] | None:
        return self.known.get(clash.ours + clash.theirs)

    def rebase(
        self,
        newer: bytes | None,
        older: bytes | None,
        settled: dict[str, bytes] | None = None,
        name: str = "p",
    ) -> RebasedPatch:
        """Rebase the patches that make these of the newer and the older version."""
        patches = [
            None if after is None else diff(before, after)
            for before, after in ((self.newer, newer), (self.older, older))
        ]
        entry = SeriesEntry(name=name, strip=1, reverse=False, comment="", line=1)
        return self.candidates.rebase(entry, patches, None, settled, is_own=False)

    def result(self) -> bytes:
        return b"".join(self.candidates.other.lines("m.py") or [])


def loud(text: bytes) -> bytes:
    return text.replace(b"'hello'", LOUD)


def reasons(done: RebasedPatch) -> list[str]:
    return [hunk.reason for hunk in done.hunks if hunk.outcome == "conflict"]


def test_the_one_that_has_no_conflict_is_taken() -> None:
    changed = OLD.replace(b"text = 'hello'", b"text = _('hello')")
    series = Series(OLD, changed, OLD)
    done = series.rebase(changed.replace(b"'hello'", b"'Hello'"), loud(OLD))
    assert (done.state, done.source, done.differences) == ("rewritten", "older", ())
    assert series.result() == loud(OLD)


def test_two_results_that_are_equal_are_no_choice() -> None:
    series = Series(OLD.replace(b"\n    return text", b"  # greets\n    return text"), OLD, OLD)
    done = series.rebase(loud(OLD), loud(series.older))
    assert (done.state, done.differences) == ("rewritten", ())


def test_a_release_is_not_read_if_the_other_one_leaves_no_doubt() -> None:
    series = Series(OLD, OLD, b"# a line\n" + OLD)
    series.rebase(loud(OLD), loud(OLD))
    assert series.made == ["newer"]
    series = Series(OLD, OLD, OLD)
    series.rebase(loud(OLD), OLD.replace(b"'hello'", b"'Hello'"))
    assert series.made == ["newer", "older"]


def test_of_two_results_the_one_from_the_version_with_the_same_function_is_taken() -> None:
    longer = OLD.replace(b"text = 'hello'\n", b"text = 'hello'\n    text = text.title()\n")
    series = Series(OLD, longer + b"# end\n", OLD + b"# the end\n")
    wanted = OLD.replace(b"def greet(who):\n", b"def greet(who):\n    who = who.strip()\n")
    other = series.newer.replace(b"def greet(who):\n", b"def greet(who):\n    who = who.lower()\n")
    done = series.rebase(other, wanted)
    assert (done.state, done.source) == ("rewritten", "older")
    (difference,) = done.differences
    assert (difference.decided, difference.version, difference.line) == ("older", "newer", 2)
    assert (difference.taken, difference.other) == (
        (b"    who = who.strip()\n",),
        (b"    who = who.lower()\n",),
    )
    assert series.result() == wanted + b"# the end\n"


def test_a_hunk_of_code_that_only_the_newer_version_has_is_not_lost() -> None:
    series = Series(OLD, NEW, NEW)
    done = series.rebase(loud(NEW).replace(b"'bye'", b"'BYE'"), loud(OLD))
    assert (done.state, done.source) == ("rewritten", "newer")
    assert b"'BYE'" in series.result()


def test_the_same_definition_at_another_place_is_no_choice() -> None:
    series = Series(NEW, NEW, NEW)
    limit = b"LIMIT = 3\n\n\n"
    first, last = limit + NEW, NEW.replace(b"def leave", limit + b"def leave")
    done = series.rebase(first, last)
    assert (done.state, done.source, done.differences) == ("rewritten", "newer", ())
    assert series.result() == first
    line = b"    print(LIMIT)\n"
    early, late = (NEW.replace(one, line + one) for one in (b"    text =", b"    return text"))
    assert Series(NEW, NEW, NEW).rebase(early, late).state == "conflict"


def test_the_place_of_a_definition_is_that_of_the_version_with_the_same_code() -> None:
    older = b"import os\nimport typing\n\n\n" + OLD
    newer = older.replace(b"import typing\n", b"")
    series = Series(older, newer, older + b"# the end\n")
    ours = b"import os\nimport sys\n"
    done = series.rebase(*(text.replace(b"import os\n", ours) for text in (newer, older)))
    assert (done.state, done.source) == ("rewritten", "older")
    assert series.result() == series.new.replace(b"import os\n", ours)


def test_what_only_one_patch_changes_in_code_that_both_have_is_for_a_person() -> None:
    series = Series(NEW, NEW, NEW)
    done = series.rebase(loud(NEW), loud(NEW).replace(b"'bye'", b"'BYE'"))
    assert done.state == "conflict"
    assert reasons(done) == ["only the patch from older changes this"]
    (file,) = done.work
    assert file.content.endswith(
        b"def leave():\n"
        b"<<<<<<< ours: p, from newer\n    word = 'bye'\n"
        b"||||||| base: new\n    word = 'bye'\n"
        b"=======\n    word = 'BYE'\n"
        b">>>>>>> theirs: from older\n"
        b"    return word\n"
    )
    assert LOUD in file.content
    assert series.result() == NEW


def test_a_hunk_that_only_the_one_with_more_conflicts_has_is_offered() -> None:
    new = NEW.replace(b"return 1\n", b"return one()\n")
    series = Series(NEW, NEW, new)
    newer = loud(NEW).replace(b"return 1\n", b"return 10\n").replace(b"'bye'", b"'BYE'")
    done = series.rebase(newer, loud(NEW))
    assert (done.state, done.source) == ("conflict", "older")
    assert reasons(done) == ["only the patch from newer changes this"]


def test_both_in_conflict_stop_at_the_one_with_fewer_and_offer_what_the_other_has() -> None:
    new = NEW.replace(b"return 1\n", b"return one()\n").replace(b"return 4\n", b"return four()\n")
    series = Series(NEW, NEW, new)
    newer = NEW.replace(b"return 1\n", b"return 10\n").replace(b"return 4\n", b"return 40\n")
    older = NEW.replace(b"return 4\n", b"return 44\n")
    done = series.rebase(newer.replace(b"'bye'", b"'BYE'"), older)
    assert (done.state, done.source) == ("conflict", "older")
    assert reasons(done) == ["new changed the same lines", "only the patch from newer changes this"]
    (file,) = done.work
    assert b"<<<<<<< ours: p\n    return 44\n||||||| base: older\n" in file.content
    assert b"<<<<<<< ours: p, from older\n    word = 'bye'\n||||||| base: new\n" in file.content


def test_a_choice_is_settled_by_hand_and_made_the_same_way_the_next_time() -> None:
    series = Series(NEW, NEW, NEW)
    texts = (loud(NEW).replace(b"'bye'", b"'Bye'"), loud(NEW).replace(b"'bye'", b"'BYE'"))
    done = series.rebase(*texts)
    assert reasons(done) == ["the patches from newer and older differ here"]
    wanted = texts[1]
    for clash, lines in read_resolutions(done.work[0], wanted):
        series.known[clash.ours + clash.theirs] = lines
    for settled in ({"m.py": wanted}, None):
        series.candidates = series.start()
        done = series.rebase(*texts, settled)
        assert (done.state, series.result()) == ("rewritten", wanted)
    assert [one.decided for one in done.differences] == [None]


def test_the_text_that_the_new_version_has_of_its_own_needs_no_choice() -> None:
    series = Series(NEW, NEW, NEW)
    own = diff(NEW, NEW.replace(b"'bye'", b"'own'"))
    patches = [diff(NEW, loud(NEW)), diff(NEW, NEW.replace(b"'bye'", b"'BYE'"))]
    done = series.candidates.rebase(ENTRY, patches, own)
    assert (done.state, done.text) == ("kept", None)
    assert series.result() == NEW.replace(b"'bye'", b"'own'")


def test_a_patch_that_one_version_goes_without_comes_from_the_other() -> None:
    series = Series(OLD, NEW, OLD)
    done = series.rebase(None, loud(OLD))
    assert (done.state, done.source) == ("rewritten", "older")


def conflicts(texts: Sequence[bytes], new: bytes) -> list[RebasedPatch]:
    """Rebase patches that make each text of the one before from one version only."""
    other = Version(MemoryTree({"m.py": new}))

    def make() -> Rebaser:
        version = Version(MemoryTree({"m.py": texts[0]}))
        return Rebaser(version, other, "old", "new", None, lambda clash: None)

    candidates = Candidates(other, [make])
    done = []
    for number, (before, after) in enumerate(pairwise(texts), 1):
        entry = SeriesEntry(name=f"p{number}", strip=1, reverse=False, comment="", line=number)
        patch = diff(before, after)
        done.append(candidates.rebase(entry, [patch], patch))
    return done


def test_a_patch_that_changes_lines_of_one_in_conflict_waits_for_it() -> None:
    clashing = NEW.replace(b"text = 'hello'", b"text = _('hello')")
    one = NEW.replace(b"'hello'\n", b"_('hi')\n    text += ' '\n    text += '!'\n    lines = 1\n")
    two = one.replace(b"    text += '!'\n", b"    text += '?'\n")
    first, later = conflicts([NEW, one, two], clashing)
    assert (first.state, later.state, later.causes) == ("conflict", "waiting", ("p1",))


def test_a_patch_of_lines_that_one_in_conflict_puts_in_waits() -> None:
    helper = b"\n\ndef shout(text):\n    return text.upper()\n"
    one = loud(NEW) + helper
    two = one.replace(b"text.upper()", b"text.upper() + '!'")
    clashing = NEW.replace(b"text = 'hello'", b"text = _('hello')")
    first, later = conflicts([NEW, one, two], clashing)
    assert (first.state, later.state, later.causes) == ("conflict", "waiting", ("p1",))
    assert reasons(later) == ["only because p1 is not on yet"]
    assert not later.is_rebased


def test_a_conflict_of_its_own_is_one_although_an_earlier_patch_is_in_conflict() -> None:
    two = loud(NEW).replace(b"word = 'bye'", b"word = 'BYE'")
    new = NEW.replace(b"'hello'", b"_('hello')").replace(b"'bye'", b"_('bye')")
    first, later = conflicts([NEW, loud(NEW), two], new)
    assert (first.state, later.state, later.causes) == ("conflict", "conflict", ())
