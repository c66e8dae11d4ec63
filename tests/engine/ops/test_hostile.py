"""Patches, trees and journals that mean harm are refused by name, with nothing written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from small_overlay import (
    DRIVER,
    diff,
    numbered,
    on_packages,
    on_tree,
    packages,
    patch,
    reopen,
    snapshot,
    write_tree,
)

from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.engine.store.overlay.state import is_pending
from freebsd_port.errors import PortError, ProblemsError

GOOD = patch("nova/good.patch", {"nova/driver.py": (DRIVER, numbered(3))})
HEADERS = b"--- a/%s\n+++ b/%s\n"
HUNK = b"@@ -1,1 +1,1 @@\n-line 1\n+line 1 owned\n"


def change_of(name: bytes) -> bytes:
    return b"--- %s\n+++ %s\n" % (name, name) + HUNK


RENAME = b"diff --git a/%s b/%s\nsimilarity index 100%%\nrename from %s\nrename to %s\n" % (
    b"oslo_privsep/driver.py",
    b"nova/driver2.py",
    b"oslo_privsep/driver.py",
    b"nova/driver2.py",
)
LINK = (
    b"diff --git a/nova/link.py b/nova/link.py\nnew file mode 120000\n"
    b"--- /dev/null\n+++ b/nova/link.py\n@@ -0,0 +1,1 @@\n+/etc/passwd\n"
)
REFUSED = {
    "absolute path, stripped": (change_of(b"/etc/passwd"), "does not exist.*/etc/passwd"),
    "climbing": (change_of(b"a/../../victim"), r"climbs out with '\.\.'"),
    "climbing from inside": (change_of(b"a/nova/../../victim"), r"climbs out with '\.\.'"),
    "the overlay's state": (change_of(b"a/.freebsd-port/state.json"), "keeps its own state"),
    "directory link": (change_of(b"a/nova/away/victim"), "'nova/away' is a symbolic link"),
    "file link": (change_of(b"a/nova/victim.py"), "it is a symbolic link"),
    "pipe": (change_of(b"a/nova/pipe.py"), "not a regular file"),
    "another distribution": (change_of(b"a/oslo_privsep/driver.py"), "belongs to oslo.privsep"),
    "rename out of another": (RENAME, "oslo_privsep/driver.py: it belongs to oslo.privsep"),
    "unpinned distribution": (change_of(b"a/other/driver.py"), "no pinned distribution owns"),
    "module at the top": (diff("evil.pth", None, b"import os\n"), "no pinned distribution owns"),
    "metadata": (change_of(b"a/nova-1.0.dist-info/METADATA"), "it is metadata"),
    "making a link": (LINK, "only regular files can be patched, the patch says mode 120000"),
    "long line": (
        HEADERS % (b"nova/driver.py", b"nova/driver.py")
        + b"@@ -1,1 +1,1 @@\n-line 1\n+"
        + b"x" * 100_000_000
        + b"\n",
        "a line is longer than 16 MB",
    ),
    "too many lines said": (
        HEADERS % (b"nova/driver.py", b"nova/driver.py") + HUNK.replace(b"-1,1", b"-1,999999999"),
        "shorter than its header says",
    ),
    "too few lines said": (
        HEADERS % (b"nova/driver.py", b"nova/driver.py") + HUNK + b"+line 2\n",
        "more lines than its header says at nova/hostile.patch:6",
    ),
    "lines of another kind": (
        HEADERS % (b"nova/driver.py", b"nova/driver.py") + b"@@ -1,2 +1,2 @@\n-line 1\nwhat\n",
        "do not match the counts",
    ),
    "long name": (change_of(b"a/nova/" + b"x" * 5000), "cannot be read: file name too long"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Packages beside a file that nobody may touch, with links to it."""
    root = tmp_path / "packages"
    root.mkdir()
    (tmp_path / "victim").write_bytes(numbered())
    packages(root)
    write_tree(root, {"other/__init__.py": b"", "other/driver.py": DRIVER})
    (root / "nova" / "away").symlink_to(tmp_path)
    (root / "nova" / "victim.py").symlink_to(tmp_path / "victim")
    os.mkfifo(root / "nova" / "pipe.py")
    return root


def problems_of(action: Callable[[], object]) -> list[PortError]:
    with pytest.raises(PortError) as caught:
        action()
    error = caught.value
    return list(error.problems) if isinstance(error, ProblemsError) else [error]


@pytest.mark.parametrize("kind", REFUSED)
def test_a_hostile_patch_is_refused_by_name_with_nothing_written(root: Path, kind: str) -> None:
    text, reason = REFUSED[kind]
    before = snapshot(root.parent, with_state=True)
    target = reopen(root)
    hostile = patch("nova/hostile.patch", text)
    found = problems_of(lambda: on_packages(target, GOOD, hostile))
    shown = "\n".join(f"{one.what} at {one.where}" for one in found)
    assert "nova/hostile.patch" in shown
    assert re.search(reason, shown)
    assert snapshot(root.parent, with_state=True) == before


def test_every_hostile_patch_is_named_at_once(root: Path) -> None:
    target = reopen(root)
    bad = [patch(f"nova/{n}.patch", REFUSED[k][0]) for n, k in enumerate(("climbing", "file link"))]
    torn = [patch(f"nova/torn{n}.patch", REFUSED["too many lines said"][0]) for n in range(2)]
    found = problems_of(lambda: on_packages(target, GOOD, *bad, *torn))
    assert [str(one.where).split(":")[0].removeprefix("patches/") for one in found] == [
        "nova/0.patch",
        "nova/1.patch",
        "nova/torn0.patch",
        "nova/torn1.patch",
    ]


def test_an_absolute_path_is_refused(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": numbered()})
    hostile = patch("p.patch", change_of(str(root / "a.py").encode()), strip=0)
    (found,) = problems_of(lambda: on_tree(root, hostile))
    assert "it is absolute" in found.what
    assert found.where == "patches/p.patch:1"


def test_a_device_is_never_opened(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    (root / "dev").mkdir(parents=True)
    os.mkfifo(root / "dev" / "tape")
    found = problems_of(lambda: on_tree(root, patch("p.patch", change_of(b"a/dev/tape"))))
    assert "not a regular file" in found[0].what
    assert on_tree(root, dry_run=True).is_noop


def test_two_spellings_of_one_path_are_one_file(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"pkg/a.py": numbered()})
    first = patch("first.patch", {"pkg/a.py": (numbered(), numbered(2))})
    text = diff("./pkg/./a.py", numbered(2), numbered(2, 9))
    on_tree(root, first, patch("second.patch", text))
    assert (root / "pkg/a.py").read_bytes() == numbered(2, 9)


@pytest.mark.parametrize("name", ["", "pristine", "journal"])
def test_a_planted_link_in_place_of_the_state_is_never_followed(tmp_path: Path, name: str) -> None:
    outside = write_tree(tmp_path / "outside", {"precious": b"one\n", "index.json": b"[]"})
    root = write_tree(tmp_path / "tree", {"a.py": numbered()})
    link = root / STATE_DIRECTORY / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside)
    if name == "pristine":
        write_tree(root, {f"{STATE_DIRECTORY}/state.json": EMPTY_STATE})
    before = snapshot(tmp_path, with_state=True)
    series = patch("p.patch", {"a.py": (numbered(), numbered(2))})
    (found,) = problems_of(lambda: on_tree(root, series))
    assert f"{link.name} is a symbolic link" in found.what
    assert snapshot(tmp_path, with_state=True) == before


EMPTY_STATE = json.dumps(
    {"format": 1, "release": None, "fuzz": 0, "patches": [], "files": [], "versions": {}}
).encode()


def journal_of(root: Path, row: dict[str, object], staged: bytes = b"owned\n") -> None:
    write_tree(
        root / STATE_DIRECTORY / "journal",
        {"0": staged, "index.json": json.dumps([row]).encode()},
    )


OWNED = "e1f7ee1fb7e1d5d5b9d8a8c1f5d6a8c8e1f7ee1fb7e1d5d5b9d8a8c1f5d6a8c8"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"path": "../victim"}, "climbs out"),
        ({"path": "/etc/passwd"}, "absolute"),
        ({"path": f"{STATE_DIRECTORY}/pristine/x"}, "its own state"),
        ({"staged": "../../../victim"}, "takes content from"),
        ({"after": "x"}, "no digest"),
        ({"directory_mode": -1}, "no permission bits"),
        ({"path": 7}, "no text"),
        ({"extra": 7}, "a field is missing, unknown"),
        ({}, "does not match its own digests"),
    ],
)
def test_a_journal_that_leads_elsewhere_is_not_carried_out(
    tmp_path: Path, row: dict[str, object], reason: str
) -> None:
    (tmp_path / "victim").write_bytes(b"precious\n")
    root = write_tree(tmp_path / "tree", {"a.py": numbered()})
    journal_of(root, {"path": "a.py", "before": None, "after": OWNED, "staged": "0"} | row)
    before = snapshot(tmp_path, with_state=True)
    (found,) = problems_of(lambda: on_tree(root))
    assert reason in found.what
    assert snapshot(tmp_path, with_state=True) == before
    assert is_pending(root)


@pytest.mark.parametrize("link", ["journal/0", "journal/index.json"])
def test_a_journal_with_links_in_it_is_not_carried_out(tmp_path: Path, link: str) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": numbered()})
    journal_of(root, {"path": "new.py", "before": None, "after": OWNED, "staged": "0"})
    (root / STATE_DIRECTORY / link).unlink()
    (root / STATE_DIRECTORY / link).symlink_to(tmp_path / "victim")
    (tmp_path / "victim").write_bytes(b"precious\n")
    problems_of(lambda: on_tree(root))
    assert not os.path.lexists(root / "new.py")
