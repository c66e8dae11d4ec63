"""Laws of reading and applying, on generated input; the arbiter of the last one is GNU patch."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from drawn_diffs import contents, unified, variants
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from memory_tree import MemoryTree

from freebsd_port.engine.core.apply.place import Placement
from freebsd_port.engine.core.apply.plan import Plan
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.patch import parse_patch, render_patch
from freebsd_port.engine.core.series.series import SeriesEntry
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
