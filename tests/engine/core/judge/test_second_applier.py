"""The applier that judges where there is no program: it knows little, and says so."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from quilt_cases import BACK, GIT, HUNK, PLAIN, SHARED, SWAP, TEN

import freebsd_port
from freebsd_port.engine.core.judge.second_applier import (
    CannotJudgeError,
    SeriesPatch,
    TextFile,
    apply_series,
)

FIVE = TEN.replace(b"line 5", b"line five")
MOVE = b"diff --git a/f b/g\nsimilarity index 90%\nrename from f\nrename to g\n--- a/f\n+++ b/g\n"


def judged(*patches: bytes, **files: bytes) -> dict[str, bytes]:
    before = {name: TextFile(content) for name, content in files.items()}
    series = [SeriesPatch(f"{number}.patch", data) for number, data in enumerate(patches, 1)]
    return {name: file.content for name, file in apply_series(before, series).items()}


def test_it_imports_nothing_of_what_it_judges() -> None:
    source = Path(freebsd_port.__file__).parent / "engine/core/judge/second_applier.py"
    tree = ast.parse(source.read_bytes())
    names = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [name for name in names if name and name.startswith("freebsd_port")]


@pytest.mark.parametrize(
    ("patches", "after"),
    [
        ((PLAIN,), {"f": FIVE}),
        ((PLAIN, BACK), {"f": TEN}),
        ((PLAIN + BACK + PLAIN,), {"f": FIVE}),
        ((GIT + PLAIN + GIT + BACK + GIT + PLAIN,), {"f": FIVE}),
        ((SHARED,), {"f": FIVE.replace(b"line 2", b"line two")}),
        ((MOVE + HUNK,), {"g": FIVE}),
        ((PLAIN.replace(b"a/f", b'"a/\\146"').replace(b"b/f", b'"b/f"'),), {"f": FIVE}),
        ((b"--- /dev/null\n+++ b/d/n\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n",),
         {"f": TEN, "d/n": b"x"}),
        ((GIT + PLAIN + b"diff --git a/f b/h\ncopy from f\ncopy to h\n",), {"f": FIVE, "h": TEN}),
        ((b"diff --git a/n b/n\nnew file mode 100644\nindex 000..e69de29\n",),
         {"f": TEN, "n": b""}),
    ],
)  # fmt: skip
def test_it_makes_the_files_that_the_patches_say(
    patches: tuple[bytes, ...], after: dict[str, bytes]
) -> None:
    assert judged(*patches, f=TEN) == after


def test_two_files_may_swap_their_names() -> None:
    assert judged(SWAP, f=TEN, g=b"other\n") == {"g": FIVE, "f": b"other\n"}


def test_it_goes_by_the_nearest_place() -> None:
    assert judged(PLAIN, f=b"new\n" * 3 + TEN) == {"f": b"new\n" * 3 + FIVE}


def test_a_mode_and_a_reversed_patch_are_known() -> None:
    mode = GIT + b"old mode 100644\nnew mode 100755\n"
    after = apply_series({"f": TextFile(TEN)}, [SeriesPatch("1", mode)])
    assert after["f"].is_executable
    back = apply_series({"f": TextFile(FIVE)}, [SeriesPatch("1", PLAIN, is_reversed=True)])
    assert back == {"f": TextFile(TEN)}


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        (PLAIN.replace(b"-line 5", b"-line 6"), "the hunk at line 4 has no place"),
        (PLAIN.replace(b"/f", b"/g"), "g is not there"),
        (PLAIN[:-3], "a hunk is cut off"),
        (PLAIN.replace(b"-4,3", b"-4,2"), "other lines than its header counts"),
        (PLAIN.replace(b" line 4", b"?line 4"), "is no mark of a line"),
        (GIT + b"GIT binary patch\n", "a binary patch"),
        (b"--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n", "f is there already"),
        (b"--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-line 1\n", "not empty after its removal"),
    ],
)
def test_what_it_does_not_know_it_refuses_by_name(patch: bytes, reason: str) -> None:
    with pytest.raises(CannotJudgeError, match=r"1\.patch") as caught:
        judged(patch, f=TEN)
    assert reason in str(caught.value)
