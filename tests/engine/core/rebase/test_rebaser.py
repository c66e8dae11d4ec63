"""Rebasing a patch to another release: every outcome, and the law that ties both releases."""

from __future__ import annotations

from itertools import pairwise

from drawn_diffs import unified
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from memory_tree import MemoryTree

from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.rebase.merge import Clash
from freebsd_port.engine.core.rebase.outcome import RebasedPatch
from freebsd_port.engine.core.rebase.rebaser import Rebaser
from freebsd_port.engine.core.rebase.tree_version import Version
from freebsd_port.engine.core.series.series import SeriesEntry

ENTRY = SeriesEntry(name="p", strip=1, reverse=False, comment="", line=1)
HEADER = b"Subject: greet\nLast-Update: 2020-01-01\nX-Own: kept\n\nWhy.\n\n"

MODULE = b"""\
import os

LIMIT = 3


class Host:
    def greet(self, who):
        text = 'hello %s' % who
        self.log(text)
        return text

    def leave(self):
        self.log('bye')
        self.closed = True
        return None


def main():
    host = Host()
    host.greet('world')
    host.leave()
"""
GREETED = MODULE.replace(b"'hello %s' % who", b"'good day %s' % who")
LEFT = MODULE.replace(b"self.log('bye')", b"self.log('farewell')")


def rebase(
    new: dict[str, bytes],
    after: bytes = GREETED,
    *,
    base: bytes = MODULE,
    current: bytes | None = None,
    settled: dict[str, bytes] | None = None,
    recall: dict[tuple[bytes, ...], tuple[bytes, ...]] | None = None,
    is_wary: bool = True,
) -> RebasedPatch:
    """Carry the diff from `base` to `after` of pkg/m.py to a release with these files."""
    diff = HEADER + unified(base, after, 3).replace(b"a/f", b"a/pkg/m.py").replace(
        b"b/f", b"b/pkg/m.py"
    )
    patch = parse_patch("p", diff)
    rebaser = Rebaser(
        Version(MemoryTree({"pkg/m.py": base})),
        Version(MemoryTree(new)),
        "old",
        "new",
        "2026-11-21",
        lambda clash: (recall or {}).get(clash.ours),
        is_wary,
    )
    return rebaser.rebase(ENTRY, patch, parse_patch("p", current) if current else patch, settled)


def outcome(done: RebasedPatch) -> tuple[str, str, str]:
    (hunk,) = done.hunks
    return done.state, hunk.outcome, hunk.reason


def patched(files: dict[str, bytes], text: bytes) -> dict[str, bytes]:
    """Apply a patch without fuzz; every hunk must fit where its header says."""
    plan = plan_series(MemoryTree(files), [(ENTRY, parse_patch("p", text))])
    assert plan.problems == ()
    made = dict(files)
    for edit in plan.edits:
        made.pop(edit.path, None)
        if edit.after:
            made[edit.path] = edit.after.content
    return made


def test_the_same_file_keeps_the_text() -> None:
    done = rebase({"pkg/m.py": MODULE})
    assert outcome(done) == ("kept", "exact", "the same lines at the same place")
    assert done.text is None


def test_lines_further_down_keep_the_text_too() -> None:
    done = rebase({"pkg/m.py": b"# new\n# lines\n" + MODULE})
    assert outcome(done) == ("kept", "offset", "the same lines, 2 further down")


def test_a_change_in_the_context_is_merged_and_written_anew_below_the_whole_header() -> None:
    new = MODULE.replace(b"        return text\n", b"        return str(text)\n")
    done = rebase({"pkg/m.py": new})
    assert outcome(done) == ("rewritten", "merged", "the lines around it changed")
    assert done.text is not None
    assert done.text.startswith(HEADER.replace(b"2020-01-01", b"2026-11-21"))
    assert patched({"pkg/m.py": new}, done.text) == {
        "pkg/m.py": new.replace(b"'hello %s' % who", b"'good day %s' % who")
    }


def test_a_change_of_the_next_statement_is_merged_by_statements() -> None:
    new = MODULE.replace(b"self.log(text)", b"self.log.info(text)")
    done = rebase({"pkg/m.py": new})
    reason = "merged by statements: the lines around it changed"
    assert outcome(done) == ("rewritten", "merged", reason)
    (hunk,) = done.hunks
    assert (hunk.scope, hunk.new_scope) == ("Host.greet", "Host.greet")
    assert hunk.sides is not None
    changed = b"        text = 'good day %s' % who\n"
    assert changed in (hunk.sides.result or ())
    assert b"        self.log.info(text)\n" in (hunk.sides.result or ())
    assert done.text is not None
    assert patched({"pkg/m.py": new}, done.text) == {
        "pkg/m.py": new.replace(b"'hello %s' % who", b"'good day %s' % who")
    }


LEGACY = MODULE.replace(b"def greet(", b"def _greet_legacy(")
EDITED = b"""\
    def greet(self, who):
        text = 'hello %s' % self.check(who)
        self.log.info(text)
        return str(text)

"""


def test_a_hunk_goes_to_the_name_that_still_stands_and_not_to_a_copy_of_the_old_text() -> None:
    new = LEGACY.replace(b"    def _greet_legacy", EDITED + b"    def _greet_legacy")
    put_in = b"        self.count(who)\n        self.log"
    done = rebase({"pkg/m.py": new}, MODULE.replace(b"        self.log(text)", put_in + b"(text)"))
    (hunk,) = done.hunks
    assert (hunk.outcome, hunk.scope, hunk.new_scope) == ("merged", "Host.greet", "Host.greet")
    assert hunk.reason.startswith("Host.greet changed, and its old text is under another name")
    assert done.text is not None
    good = EDITED.replace(b"        self.log", put_in)
    assert patched({"pkg/m.py": new}, done.text) == {"pkg/m.py": new.replace(EDITED, good)}


def test_a_long_signature_hides_no_copy_of_the_old_text() -> None:
    head, long = b"def greet(self, who):", b"def greet(\n        self,\n        who,\n    ):"
    old, edited = MODULE.replace(head, long), EDITED.replace(head, long)
    copy = old.replace(b"def greet(", b"def _greet_legacy(")
    new = copy.replace(b"    def _greet_legacy", edited + b"    def _greet_legacy")
    put_in = b"        self.count(who)\n        self.log"
    ours = old.replace(b"        self.log(text)", put_in + b"(text)")
    done = rebase({"pkg/m.py": new}, ours, base=old)
    (hunk,) = done.hunks
    assert (hunk.outcome, hunk.scope, hunk.new_scope) == ("merged", "Host.greet", "Host.greet")


def test_a_name_that_stands_with_another_text_is_a_conflict_and_no_copy_is_changed() -> None:
    other = b"    def greet(self, who):\n        return self.helper.greet(who)\n\n"
    done = rebase({"pkg/m.py": LEGACY.replace(b"    def _greet", other + b"    def _greet")})
    assert outcome(done)[:2] == ("conflict", "conflict")


def test_a_body_that_moved_out_of_a_thin_wrapper_is_followed() -> None:
    wrapper = b"    def greet(self, who):\n        return self._greet_legacy(who)\n\n"
    done = rebase({"pkg/m.py": LEGACY.replace(b"    def _greet", wrapper + b"    def _greet")})
    reason = "Host.greet is Host._greet_legacy there"
    assert outcome(done) == ("rewritten", "moved", reason)
    assert done.hunks[0].has_new_scope


DECORATED = MODULE.replace(b"    def leave(self):", b"    @property\n    def leave(self):")


def test_an_end_of_a_method_right_before_a_decorated_one_parses() -> None:
    after = DECORATED.replace(b"        return text\n\n", b"        self.log('end')\n")
    new = DECORATED.replace(b"        text = 'hello %s' % who\n", b"        text = 'hi %s' % who\n")
    for is_wary in (True, False):
        done = rebase({"pkg/m.py": new}, after, base=DECORATED, is_wary=is_wary)
        assert done.state in ("kept", "rewritten")
        assert all("parse" not in hunk.reason for hunk in done.hunks)
    end = DECORATED.replace(b"        return text\n\n", b"        return text\n")
    after = end.replace(b"        return text\n", b"        return text\n        self.log('end')\n")
    new = end.replace(b"        self.log(text)\n", b"        self.log.info(text)\n")
    done = rebase({"pkg/m.py": new}, after, base=end)
    assert outcome(done)[1:] == ("merged", "the lines around it changed")


def test_what_the_release_has_in_other_words_is_upstreamed_and_shown() -> None:
    after = MODULE.replace(b"        return text\n", b"        return self.clean(text, 'all')\n")
    new = MODULE.replace(
        b"        return text\n",
        b'        return self.clean(\n            text, "all"\n        )\n',
    )
    done = rebase({"pkg/m.py": new}, after)
    assert outcome(done) == ("upstreamed", "upstreamed", "new has it, worded differently")
    sides = done.hunks[0].sides
    assert sides is not None
    assert b"        return self.clean(text, 'all')\n" in sides.ours
    assert sides.result == sides.theirs


def test_a_renamed_function_is_said_to_have_moved() -> None:
    new = MODULE.replace(b"def greet(", b"def welcome(").replace(b"host.greet(", b"host.welcome(")
    done = rebase({"pkg/m.py": new})
    assert outcome(done) == ("rewritten", "moved", "Host.greet is Host.welcome there")
    assert done.hunks[0].scope == "Host.greet"


def test_a_function_that_stayed_where_it_was_is_not_said_to_have_moved() -> None:
    after = MODULE.replace(b"    host.leave()\n", b"    host.leave('all')\n")
    new = MODULE + b"\n\ndef more():\n    return 1\n"  # touches the changed line
    done = rebase({"pkg/m.py": new}, after)
    reason = "merged by statements: the lines around it changed"
    assert outcome(done) == ("rewritten", "merged", reason)
    assert done.text is not None
    assert patched({"pkg/m.py": new}, done.text)["pkg/m.py"] == after + new[len(MODULE) :]


def test_a_function_that_stands_elsewhere_in_the_file_is_found() -> None:
    leave = MODULE[MODULE.index(b"    def leave") : MODULE.index(b"\n\ndef main")]
    new = MODULE.replace(b"\n" + leave, b"").replace(
        b"class Host:\n", b"class Host:\n" + leave + b"\n"
    )
    greeting = MODULE[MODULE.index(b"    def greet") : MODULE.index(b"\n    def leave")]
    new = new.replace(greeting, b"").replace(leave, leave + b"\n" + greeting)
    done = rebase({"pkg/m.py": new}, LEFT)
    assert done.state in ("rewritten", "kept")
    assert done.hunks[0].outcome in ("moved", "merged", "offset")
    text = done.text or b""
    if text:
        assert patched({"pkg/m.py": new}, text)["pkg/m.py"].count(b"farewell") == 1


def test_a_function_that_went_to_another_file_is_found_there() -> None:
    greeting = MODULE[MODULE.index(b"    def greet") : MODULE.index(b"\n    def leave")]
    rest = MODULE.replace(greeting + b"\n", b"")
    mixin = b"class Greeter:\n" + greeting
    files = {"pkg/m.py": rest, "pkg/greeter.py": mixin, "other/greeter.py": mixin}
    done = rebase(files)
    assert outcome(done) == (
        "rewritten",
        "moved",
        "Host.greet is Greeter.greet in pkg/greeter.py there",
    )
    assert done.text is not None
    made = patched(files, done.text)
    assert made["pkg/greeter.py"] == mixin.replace(b"'hello %s' % who", b"'good day %s' % who")
    assert made["pkg/m.py"] == rest


def test_a_renamed_file_is_found() -> None:
    done = rebase({"pkg/host.py": MODULE, "pkg/n.py": b"x = 1\n"})
    assert done.state == "rewritten"
    assert done.hunks[0].path == "pkg/host.py"
    assert done.text is not None
    assert patched({"pkg/host.py": MODULE}, done.text) == {"pkg/host.py": GREETED}


def test_a_file_that_only_imports_the_new_one_is_followed_to_it() -> None:
    shim = b"# Kept for what imports the old name.\nfrom pkg.host import *\n"
    done = rebase({"pkg/m.py": shim, "pkg/host.py": MODULE, "pkg/n.py": MODULE})
    assert done.state == "rewritten"
    assert done.hunks[0].path == "pkg/host.py"
    assert done.text is not None
    assert patched({"pkg/host.py": MODULE}, done.text) == {"pkg/host.py": GREETED}


def test_what_the_release_has_is_upstreamed() -> None:
    done = rebase({"pkg/m.py": b"# new\n" + GREETED})
    assert outcome(done) == ("upstreamed", "upstreamed", "new has it")
    assert done.text is None


def test_a_patch_of_which_the_release_has_a_hunk_keeps_the_other() -> None:
    both = GREETED.replace(b"host.leave()", b"host.leave('now')")
    done = rebase({"pkg/m.py": GREETED}, both)
    assert done.state == "rewritten"
    assert [hunk.outcome for hunk in done.hunks] == ["upstreamed", "exact"]
    assert done.text is not None
    assert patched({"pkg/m.py": GREETED}, done.text) == {"pkg/m.py": both}


def test_a_conflict_shows_base_ours_and_theirs() -> None:
    new = MODULE.replace(b"'hello %s' % who", b"f'hello {who}'")
    done = rebase({"pkg/m.py": new})
    assert outcome(done) == ("conflict", "conflict", "new changed the same lines")
    (work,) = done.work
    assert (work.path, work.before) == ("pkg/m.py", new)
    assert (
        b"<<<<<<< ours: p\n        text = 'good day %s' % who\n"
        b"||||||| base: old\n        text = 'hello %s' % who\n"
        b"=======\n        text = f'hello {who}'\n>>>>>>> theirs: new\n"
    ) in work.content


def test_a_file_that_is_gone_is_a_conflict() -> None:
    done = rebase({"pkg/n.py": b"x = 1\n"})
    assert outcome(done) == ("conflict", "conflict", "new has no pkg/m.py")
    assert done.work[0].before is None


def test_what_a_person_made_of_a_conflict_becomes_the_patch() -> None:
    new = MODULE.replace(b"'hello %s' % who", b"f'hello {who}'")
    settled = new.replace(b"f'hello", b"f'good day")
    done = rebase({"pkg/m.py": new}, settled={"pkg/m.py": settled})
    assert outcome(done) == ("rewritten", "merged", "resolved by hand")
    assert done.text is not None
    assert patched({"pkg/m.py": new}, done.text) == {"pkg/m.py": settled}


def test_a_clash_that_was_settled_before_is_settled_alike() -> None:
    new = MODULE.replace(b"'hello %s' % who", b"f'hello {who}'")
    ours, lines = (
        (b"        text = 'good day %s' % who\n",),
        (b"        text = f'good day {who}'\n",),
    )
    done = rebase({"pkg/m.py": new}, recall={ours: lines})
    assert outcome(done) == ("rewritten", "merged", "resolved as before")
    assert done.text is not None
    assert b"+" + lines[0] in done.text


def test_what_was_settled_before_changes_no_more_lines_than_it_has_to() -> None:
    new = MODULE.replace(b"'hello %s' % who", b"f'hello {who}'")
    ours = (b"        text = 'good day %s' % who\n",)
    theirs = b"        text = f'hello {who}'\n"
    done = rebase({"pkg/m.py": new}, recall={ours: (b"        # good day\n", theirs)})
    assert done.text is not None
    changed = [line for line in done.text.splitlines() if line[:1] in (b"+", b"-")]
    assert changed[2:] == [b"+        # good day"]


def test_a_clash_that_was_settled_by_leaving_it_is_no_patch() -> None:
    new = MODULE.replace(b"'hello %s' % who", b"f'hello {who}'")
    ours = (b"        text = 'good day %s' % who\n",)
    done = rebase({"pkg/m.py": new}, recall={ours: (b"        text = f'hello {who}'\n",)})
    assert (done.state, done.text) == ("upstreamed", None)


def test_a_text_of_its_own_that_fits_is_kept() -> None:
    new = MODULE.replace(b"'hello %s' % who", b"f'hello {who}'")
    own = unified(new, new.replace(b"f'hello", b"f'good day"), 3).replace(b"/f\n", b"/pkg/m.py\n")
    done = rebase({"pkg/m.py": new}, current=HEADER + own)
    assert outcome(done) == ("kept", "exact", "the release has its own variant")


def test_a_merge_that_would_not_parse_is_a_conflict() -> None:
    base = b"def f():\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n    return a\n"
    after = base.replace(b"    d = 4\n", b"    d = 4\n    try:\n        e()\n")
    after = after.replace(b"    return a\n", b"    finally:\n        pass\n    return a\n")
    new = base.replace(b"    c = 3\n", b"    c = 33\n")
    done = rebase({"pkg/m.py": new}, after.replace(b"    finally:\n        pass\n", b""), base=base)
    assert done.hunks[0].reason == "with it pkg/m.py would not parse"
    assert done.state == "conflict"


def test_what_git_would_take_is_only_told_where_a_rebase_is_not_wary() -> None:
    base = b"def f():\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n    return a\n"
    after = base.replace(b"    d = 4\n", b"    d = 4\n    try:\n        e()\n")
    new = base.replace(b"    c = 3\n", b"    c = 33\n")
    done = rebase({"pkg/m.py": new}, after, base=base, is_wary=False)
    reason = "with it pkg/m.py does not parse: read it"
    assert outcome(done) == ("rewritten", "merged", reason)


def test_lines_that_come_to_stand_in_another_function_are_a_conflict_or_told() -> None:
    new = MODULE.replace(b"    def greet(self, who):\n", b"    def leave(self, who):\n")
    new = new.replace(b"    def leave(self):\n", b"    def gone(self):\n")
    after = MODULE.replace(b"return text\n", b"return text.title()\n")
    assert rebase({"pkg/m.py": new}, after).state == "conflict"
    done = rebase({"pkg/m.py": new}, after, is_wary=False)
    assert done.hunks[0].reason == "its lines end up in Host.leave, not in Host.greet: read it"


LOCKED = b"""\
class Host:
    def send(self, event):
        # one at a time, and in order
        try:
            self.put(event)
        finally:
            self.count(event)

    @staticmethod
    def sort(events):
        return sorted(events)
"""
FIRST = b"        # one at a time, and in order\n"


def wrapped(module: bytes, head: bytes = b"        with self.lock:\n", tail: bytes = b"") -> bytes:
    """Put the statements of Host.send into a block."""
    start, stop = module.index(FIRST) + len(FIRST), module.index(b"\n    @staticmethod")
    start = min(start, module.find(b"        if event") % len(module))
    body = module[start:stop].splitlines(keepends=True)
    inside = b"".join(b"    " + line if line.strip() else line for line in body)
    return module[:start] + head + inside + tail + module[stop:]


def made_of(done: RebasedPatch, new: bytes) -> str:
    """Give the new release's file with the patch on."""
    assert done.text is not None
    return patched({"pkg/m.py": new}, done.text)["pkg/m.py"].decode()


def test_an_end_of_a_function_goes_into_a_new_block_around_all_of_it() -> None:
    after = LOCKED.replace(b"(event)\n\n", b"(event)\n\n        return True\n\n")
    for tail in (b"", b"        finally:\n            pass\n"):
        head = b"        try:\n" if tail else b"        with self.lock:\n"
        new = wrapped(LOCKED, head, tail)
        done = rebase({"pkg/m.py": new}, after, base=LOCKED)
        assert made_of(done, new) == wrapped(after, head, tail).decode()
        done = rebase({"pkg/m.py": new}, after, base=LOCKED, is_wary=False)
        reason = "the release has put a new block around the lines next to it: read it"
        assert outcome(done)[1:] == ("merged", reason)


def test_a_new_block_with_the_head_of_the_old_one_takes_in_what_comes_before_that() -> None:
    guard = b"        if event is None:\n            return\n\n"
    after = LOCKED.replace(FIRST, FIRST + guard)
    new = wrapped(LOCKED, b"        try:\n", b"        finally:\n            self.end()\n")
    done = rebase({"pkg/m.py": new}, after, base=LOCKED)
    made = made_of(done, new)
    inside = b"".join(b"    " + one if one.strip() else one for one in guard.splitlines(True))
    assert made == new.replace(b"        try:\n", b"        try:\n" + inside, 1).decode()


def test_what_ours_puts_above_a_comment_goes_into_a_new_block_below_it() -> None:
    after = LOCKED.replace(FIRST, b"        self.begin()\n\n" + FIRST)
    new = wrapped(LOCKED)
    made = made_of(rebase({"pkg/m.py": new}, after, base=LOCKED), new)
    block = FIRST + b"        with self.lock:\n"
    assert made == new.replace(block, block + b"            self.begin()\n").decode()


def test_what_ours_puts_above_a_comment_goes_below_a_new_docstring() -> None:
    after = LOCKED.replace(FIRST, b"        self.begin()\n\n" + FIRST)
    new = LOCKED.replace(FIRST, FIRST + b"        'Send it.'\n")
    made = made_of(rebase({"pkg/m.py": new}, after, base=LOCKED), new)
    assert made == new.replace(b"it.'\n", b"it.'\n        self.begin()\n").decode()


def test_where_only_one_neighbour_is_in_a_new_block_a_clean_merge_of_lines_is_a_conflict() -> None:
    base = LOCKED.replace(FIRST, b"        self.begin()\n\n" + FIRST)
    after = base.replace(FIRST, b"        self.check(event)\n\n" + FIRST)
    done = rebase({"pkg/m.py": wrapped(base)}, after, base=base)
    reason = "the release has put a new block around the lines next to it"
    assert outcome(done) == ("conflict", "conflict", reason)


def test_a_hunk_is_merged_where_git_sees_it_and_not_where_it_is_written() -> None:
    base, new = b"top\nA\n}\nB\n", b"top\nA2\n}\nB\n"
    hunk = b"@@ -1,4 +1,6 @@\n top\n A\n+}\n+X\n }\n B\n"  # git adds the X and the } behind it
    patch = parse_patch("p", b"--- a/f\n+++ b/f\n" + hunk)
    rebaser = Rebaser(
        Version(MemoryTree({"f": base})), Version(MemoryTree({"f": new})),
        "old", "new", None, lambda clash: None,
    )  # fmt: skip
    assert rebaser.rebase(ENTRY, patch, patch).state == "rewritten"
    assert b"".join(rebaser.other.lines("f") or []) == b"top\nA2\n}\nX\n}\nB\n"


def test_a_hunk_that_both_sides_have_is_not_in_the_conflict_of_its_neighbour() -> None:
    base = b"".join(b"line %d\n" % number for number in range(20))
    after = base.replace(b"line 5\n", b"five\n").replace(b"line 14\n", b"fourteen\n")
    new = b"".join(b"other %d\n" % number for number in range(20))  # one change of all lines
    new = new.replace(b"other 14\n", b"fourteen\n")
    diff = unified(base, after, 3).replace(b"/f\n", b"/pkg/m.txt\n")
    patch = parse_patch("p", diff)
    rebaser = Rebaser(
        Version(MemoryTree({"pkg/m.txt": base})), Version(MemoryTree({"pkg/m.txt": new})),
        "old", "new", None, lambda clash: None,
    )  # fmt: skip
    done = rebaser.rebase(ENTRY, patch, patch)
    assert [hunk.outcome for hunk in done.hunks] == ["conflict", "upstreamed"]


def test_a_new_file_is_made_upstreamed_or_in_conflict() -> None:
    text = HEADER + b"--- /dev/null\n+++ b/pkg/new.py\n@@ -0,0 +1 @@\n+x = 1\n"
    for there, state in ((None, "kept"), (b"x = 1\n", "upstreamed"), (b"y = 1\n", "conflict")):
        files = {"pkg/m.py": MODULE} | ({"pkg/new.py": there} if there else {})
        rebaser = Rebaser(
            Version(MemoryTree({"pkg/m.py": MODULE})), Version(MemoryTree(files)),
            "old", "new", "2026-11-21", lambda clash: None,
        )  # fmt: skip
        patch = parse_patch("p", text)
        assert rebaser.rebase(ENTRY, patch, patch).state == state


def test_a_later_patch_stands_on_the_earlier_carried_ones() -> None:
    new = {"pkg/m.py": b"# new\n" + MODULE.replace(b"LIMIT = 3", b"LIMIT = 4")}
    rebaser = Rebaser(
        Version(MemoryTree({"pkg/m.py": MODULE})), Version(MemoryTree(new)),
        "old", "new", "2026-11-21", lambda clash: None,
    )  # fmt: skip
    second = GREETED.replace(b"'good day %s' % who", b"'good evening %s' % who.title()")
    for before, after in ((MODULE, GREETED), (GREETED, second)):
        diff = unified(before, after, 3).replace(b"/f\n", b"/pkg/m.py\n")
        patch = parse_patch("p", HEADER + diff)
        assert rebaser.rebase(ENTRY, patch, patch).state == "kept"
    made = b"".join(rebaser.other.lines("pkg/m.py") or [])
    assert made == new["pkg/m.py"].replace(b"'hello %s' % who", b"'good evening %s' % who.title()")


@st.composite
def releases(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """Draw a file, the file as a patch leaves it, and the file in another release."""
    base = [b"line %d\n" % number for number in range(draw(st.integers(1, 16)))]

    def variant() -> bytes:
        made = list(base)
        for _ in range(draw(st.integers(1, 3))):
            at = draw(st.integers(0, len(made)))
            words = st.sampled_from([b"x\n", b"y\n", b"line 2\n"])
            made[at : at + draw(st.integers(0, 2))] = draw(st.lists(words, max_size=2))
        return b"".join(made)

    return b"".join(base), variant(), variant()


@settings(max_examples=400, deadline=None)
@given(releases())
def test_the_carried_patch_makes_of_the_new_release_what_the_merge_makes(
    drawn: tuple[bytes, bytes, bytes],
) -> None:
    base, after, new = drawn
    assume(base != after and after and new)
    clashes: list[Clash] = []
    diff = unified(base, after, 3).replace(b"/f\n", b"/pkg/m.txt\n")
    patch = parse_patch("p", diff)
    rebaser = Rebaser(
        Version(MemoryTree({"pkg/m.txt": base})), Version(MemoryTree({"pkg/m.txt": new})),
        "old", "new", "2026-11-21", lambda clash: clashes.append(clash),
    )  # fmt: skip
    done = rebaser.rebase(ENTRY, patch, patch)
    made = b"".join(rebaser.other.lines("pkg/m.txt") or [])
    if done.state == "conflict":
        assert made == new
        assert clashes
    elif done.state == "upstreamed":
        assert made == new
    else:
        text = done.text or diff
        assert patched({"pkg/m.txt": new}, text).get("pkg/m.txt", b"") == made


TWICE = GREETED.replace(b"self.log('bye')", b"self.log('farewell')")


def several(*versions: bytes) -> bytes:
    """Give one patch with a diff of pkg/m.py for each step from version to version."""
    diffs = b"".join(unified(old, new, 3) for old, new in pairwise(versions))
    return HEADER + diffs.replace(b"a/f", b"a/pkg/m.py").replace(b"b/f", b"b/pkg/m.py")


def rebase_several(data: bytes, base: bytes, new: bytes) -> RebasedPatch:
    old, other = (Version(MemoryTree({"pkg/m.py": text})) for text in (base, new))
    patch = parse_patch("p", data)
    rebaser = Rebaser(old, other, "old", "new", "2026-11-21", lambda clash: None)
    return rebaser.rebase(ENTRY, patch, patch)


def test_several_diffs_of_one_file_that_fit_are_kept() -> None:
    done = rebase_several(several(MODULE, GREETED, TWICE, LEFT), MODULE, b"# new\n" + MODULE)
    assert (done.state, done.text) == ("kept", None)


def test_several_diffs_of_one_file_are_carried_as_what_they_make_together() -> None:
    new = MODULE.replace(b"return None", b"return True")
    done = rebase_several(several(MODULE, GREETED, TWICE), MODULE, new)
    assert done.state == "rewritten"
    assert done.text is not None
    assert done.text.count(b"\n--- ") == 1
    plan = plan_series(MemoryTree({"pkg/m.py": new}), [(ENTRY, parse_patch("p", done.text))])
    (edit,) = plan.edits
    assert edit.after is not None
    assert edit.after.content == TWICE.replace(b"return None", b"return True")


def test_a_file_that_the_patch_makes_and_then_edits_is_carried_whole() -> None:
    made = HEADER + b"--- /dev/null\n+++ b/pkg/n.py\n@@ -0,0 +1 @@\n+one = 1\n"
    edited = made + b"--- a/pkg/n.py\n+++ b/pkg/n.py\n@@ -1 +1 @@\n-one = 1\n+two = 2\n"
    old, other = (Version(MemoryTree({"pkg/m.py": MODULE})) for _ in range(2))
    rebaser = Rebaser(old, other, "old", "new", "2026-11-21", lambda clash: None)
    patch = parse_patch("p", edited)
    assert rebaser.rebase(ENTRY, patch, None).text == made.replace(b"one = 1", b"two = 2").replace(
        b"2020-01-01", b"2026-11-21"
    )
    assert other.lines("pkg/n.py") == [b"two = 2\n"]
