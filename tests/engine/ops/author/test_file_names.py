"""Files with any name: what `refresh` writes is read by us, by GNU patch and by git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from authoring import run_ours
from beside_quilt import differences, snapshot

NAMES = (
    "a b",
    "dir with blanks/and  two",
    " leading",
    "trailing ",
    "tab\there",
    "line\nfeed",
    'quo"te',
    "back\\slash",
    "bell\x07 and \x1b[31mred",
    "right\u202eleft",
    os.fsdecode(b"caf\xe9 latin"),
    "x b/x",
    "-dash",
    "é",
)
BEFORE = b"one\ntwo\n"


def change(kind: str, path: Path) -> None:
    """Make one kind of change, to a file that is there except where it comes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "edit":
        path.write_bytes(b"one\n2\n")
    elif kind == "mode":
        path.chmod(0o755)
    elif kind == "edit and mode":
        path.write_bytes(b"one\n2\n")
        path.chmod(0o755)
    elif kind == "removed":
        path.unlink()
    else:
        path.write_bytes(b"" if kind == "new and empty" else b"x\n")


def begin(root: Path, kind: str, name: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not kind.startswith("new"):
        path.write_bytes(BEFORE)


@pytest.mark.parametrize(
    "kind", ["edit", "mode", "edit and mode", "removed", "new", "new and empty"]
)
@pytest.mark.parametrize("strip", [1, 0])
def test_every_name_comes_back(kind: str, strip: int, tmp_path: Path) -> None:
    (tmp_path / "patches").mkdir()
    (tmp_path / "patches/series").write_bytes(f"a.patch -p{strip}\n".encode())
    (tmp_path / "patches/a.patch").write_bytes(b"")
    for name in NAMES:
        for side in ("tree", "git", "gnu"):
            begin(tmp_path / side, kind, name)

    def ours(*words: str) -> None:
        done = run_ours(tmp_path, words, b"")
        assert done.status == 0, done

    before = snapshot(tmp_path / "tree")
    ours("push", "-a")
    ours("add", "--", *NAMES)
    for name in NAMES:
        change(kind, tmp_path / "tree" / name)
    ours("refresh")
    after = snapshot(tmp_path / "tree")
    text = tmp_path / "patches/a.patch"
    ours("pop", "-a")
    assert differences(files_of(snapshot(tmp_path / "tree")), files_of(before)) == []
    ours("push", "-a")
    assert differences(files_of(snapshot(tmp_path / "tree")), files_of(after)) == []
    for judge in (
        ["git", "apply", f"-p{strip}", "--whitespace=nowarn"],
        ["patch", f"-p{strip}", "-s", "-f", "-i"],
    ):
        side = tmp_path / ("git" if judge[0] == "git" else "gnu")
        done = subprocess.run([*judge, text], cwd=side, capture_output=True, check=False)
        assert done.returncode == 0, done
        assert differences(files_of(snapshot(side)), files_of(after)) == []


def files_of(found: dict[str, tuple[str, bytes]]) -> dict[str, tuple[str, bytes]]:
    return {path: one for path, one in found.items() if not one[0].startswith("d")}


@pytest.mark.parametrize(
    "text",
    [
        b"diff --git a/a b b/a b\nold mode 100644\nnew mode 100755\n",
        b"diff --git a/a b b/c d\nsimilarity index 100%\nrename from a b\nrename to c d\n",
        b'diff --git a/a b "b/c\\td"\nrename from a b\nrename to "c\\td"\n',
        b"diff --git a/a b b/e f\ncopy from a b\ncopy to e f\n",
        b"diff --git a/n w b/n w\nnew file mode 100644\nindex 0000000..e69de29\n",
        b"diff --git a/a b b/c d\nrename from a b\nrename to c d\n--- a/a b\t\n+++ b/c d\t\n"
        b"@@ -1,2 +1,2 @@\n one\n-two\n+2\n",
    ],
)
def test_a_patch_of_gits_with_blanks_in_names_is_read_as_git_reads_it(
    text: bytes, tmp_path: Path
) -> None:
    for side in ("tree", "git"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "a b").write_bytes(BEFORE)
    (tmp_path / "patches").mkdir()
    (tmp_path / "patches/series").write_bytes(b"a.patch\n")
    (tmp_path / "patches/a.patch").write_bytes(text)
    done = run_ours(tmp_path, ("push", "-a"), b"")
    assert done.status == 0, done
    subprocess.run(["git", "apply", tmp_path / "patches/a.patch"], cwd=tmp_path / "git", check=True)
    assert differences(snapshot(tmp_path / "tree"), snapshot(tmp_path / "git")) == []
