"""Laws of reading and applying, on generated input; the arbiter of the last one is GNU patch."""

from __future__ import annotations

import difflib
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from memory_tree import MemoryTree

from freebsd_port.core.patch import parse_patch, render_patch
from freebsd_port.core.place import Placement
from freebsd_port.core.plan import Plan
from freebsd_port.core.planner import plan_series
from freebsd_port.core.series import SeriesEntry
from freebsd_port.errors import PortError

FORWARD = SeriesEntry(name="p", strip=1, reverse=False, comment="", line=1)
BACKWARD = SeriesEntry(name="p", strip=1, reverse=True, comment="", line=1)


def carry_out(files: dict[str, bytes], plan: Plan) -> dict[str, bytes]:
    """Give the files as the plan leaves them."""
    after = dict(files)
    for edit in plan.edits:
        after.pop(edit.path, None)
        if edit.after is not None:
            after[edit.path] = edit.after.content
    return after


LINES = st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n", b"x\r\n", b"caf\xe9\n", b" a\n", b"-\n"])


@st.composite
def contents(draw: st.DrawFn, min_size: int = 0) -> bytes:
    """Draw a file of few different lines, so that many places look alike."""
    content = b"".join(draw(st.lists(LINES, min_size=min_size, max_size=16)))
    if content and draw(st.booleans()):
        return content.removesuffix(b"\n").removesuffix(b"\r")
    return content


@st.composite
def variants(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw the file with up to three runs of lines taken out or put in."""
    lines = content.splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(lines)))
        lines[at : at + draw(st.integers(0, 2))] = draw(st.lists(LINES, max_size=2))
    for index, line in enumerate(lines[:-1]):
        if not line.endswith(b"\n"):
            lines[index] = line + b"\n"
    return b"".join(lines)


def unified(old: bytes, new: bytes, context: int, shift: int = 0) -> bytes:
    """Give a unified diff of path f; `shift` lines are added to every position."""
    split_old, split_new = old.splitlines(keepends=True), new.splitlines(keepends=True)
    text = [b"--- a/f\n+++ b/f\n"]
    matcher = difflib.SequenceMatcher(None, split_old, split_new, autojunk=False)
    for group in matcher.get_grouped_opcodes(context):
        _, i1, _, j1, _ = group[0]
        _, _, i2, _, j2 = group[-1]
        ranges = [(i1, i2 - i1), (j1, j2 - j1)]
        first, second = (
            b"%d,%d" % (start + bool(count) + (shift if start or count else 0), count)
            for start, count in ranges
        )
        text.append(b"@@ -" + first + b" +" + second + b" @@\n")
        for kind, i1, i2, j1, j2 in group:
            sides = [(b" ", split_old[i1:i2])] if kind == "equal" else []
            sides = sides or [(b"-", split_old[i1:i2]), (b"+", split_new[j1:j2])]
            for marker, lines in sides:
                for line in lines:
                    end = b"" if line.endswith(b"\n") else b"\n\\ No newline at end of file\n"
                    text.append(marker + line + end)
    return b"".join(text)


PIECES = st.sampled_from(
    [b"--- a/f\n", b"+++ b/f\n", b"@@ -1,2 +1,2 @@\n", b"@@ -1 +1 @@\n", b"@@ -0,0 +1 @@ def x\n",
     b" a\n", b"-b\n", b"+c\n", b"\n", b"# note\n", b"\\ No newline at end of file\n", b"-- \n",
     b"diff --git a/f b/f\n", b"old mode 100644\n", b"new mode 100755\n", b"rename from f\n",
     b"Index: f\n", b"Subject: text\r\n", b"caf\xe9", b"\0\n"]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=16).map(b"".join) | st.binary(max_size=200))
def test_whatever_parses_renders_to_the_same_bytes(data: bytes) -> None:
    try:
        patch = parse_patch("p", data)
    except PortError:
        return
    assert render_patch(patch) == data


@settings(max_examples=300)
@given(st.data())
def test_a_diff_with_context_applies_exactly_and_its_reverse_gives_the_old_file(data) -> None:
    old = data.draw(contents(min_size=1))
    new = data.draw(variants(old))
    assume(new and old != new)
    patch = parse_patch("p", unified(old, new, data.draw(st.integers(0, 4))))
    pushed = plan_series(MemoryTree({"f": old}), [(FORWARD, patch)])
    assert carry_out({"f": old}, pushed) == {"f": new}
    popped = plan_series(MemoryTree({"f": new}), [(BACKWARD, patch)])
    assert carry_out({"f": new}, popped) == {"f": old}
    both = plan_series(MemoryTree({"f": old}), [(FORWARD, patch), (BACKWARD, patch)])
    assert both.edits == ()


@given(st.dictionaries(st.sampled_from("fgh"), contents()))
def test_an_empty_series_changes_nothing(files: dict[str, bytes]) -> None:
    assert plan_series(MemoryTree(files), []) == Plan((), ())


def _is_gnu_patch() -> bool:
    program = shutil.which("patch")
    if program is None:
        return False
    done = subprocess.run([program, "--version"], capture_output=True, check=False)
    return done.stdout.startswith(b"GNU patch")


def run_gnu_patch(content: bytes, patch: bytes, fuzz: int, *options: str) -> bytes | None:
    """Give the file as GNU patch leaves it, None when it fails."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "f").write_bytes(content)
        command = ["patch", "-p1", "-f", "-s", f"--fuzz={fuzz}", "-r", "-", *options]
        done = subprocess.run(
            [*command, "--no-backup-if-mismatch"],
            cwd=directory,
            input=patch,
            capture_output=True,
            check=False,
        )
        return Path(directory, "f").read_bytes() if done.returncode == 0 else None


def run_plan(content: bytes, patch: bytes, fuzz: int, entry: SeriesEntry) -> tuple[Plan, bytes]:
    """Give the plan and the file as it leaves it."""
    plan = plan_series(
        MemoryTree({"f": content}), [(entry, parse_patch("p", patch))], max_fuzz=fuzz
    )
    return plan, carry_out({"f": content}, plan)["f"]


def glues_lines(plan: Plan, content: bytes) -> bool:
    """Tell whether fuzz let go of context after a last line without newline.

    There GNU patch puts an added line onto that last line; see docs/quilt-differences.md.
    """
    hunks = [hunk.result for outcome in plan.patches for hunk in outcome.hunks]
    is_fuzzy = any(isinstance(result, Placement) and result.fuzz for result in hunks)
    return is_fuzzy and not content.endswith(b"\n")


@pytest.mark.skipif(not _is_gnu_patch(), reason="the patch on this machine is not GNU patch")
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data())
def test_gnu_patch_puts_every_hunk_on_the_same_line_and_fails_on_the_same_ones(data) -> None:
    old = data.draw(contents())
    new = data.draw(variants(old))
    assume(old != new)
    target = data.draw(variants(old))
    shift = data.draw(st.sampled_from([0, 0, 1, 2, 5]))
    patch = unified(old, new, data.draw(st.integers(0, 3)), shift)
    fuzz = data.draw(st.integers(0, 3))
    entry, options = data.draw(st.sampled_from([(FORWARD, ()), (BACKWARD, ("-R",))]))
    plan, ours = run_plan(target, patch, fuzz, entry)
    assume(not glues_lines(plan, target))
    expected = run_gnu_patch(target, patch, fuzz, *options)
    assert (None if plan.problems else ours) == expected
